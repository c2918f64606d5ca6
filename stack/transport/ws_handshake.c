/*
 * The heads of HTTP that open a WebSocket, of both roles: read strictly, answered by name (RFC 6455 4, RFC 7118 4.1).
 * No state, no input or output of its own; any thread.
 */
#include "stack/transport/ws_priv.h"

#include "stack/base/escape.h"
#include "stack/base/scan.h"
#include "stack/crypto/crypto.h"

enum { KEY_SIZE = 16, KEY_LEN = 24, STATUS_SWITCHING = 101 };
static const struct sip_str guid = SIP_STR_INIT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"); /* RFC 6455 1.3 */

/* ---- how HTTP begins --------------------------------------------------------------------------------------------- */

/* "http:" and "https:"; a SIP URI begins with neither, nor with "/" or "*". */
static enum sip__ws_guess guess_target(struct sip_str target)
{
	struct sip_str scheme = SIP_STR("http");

	if (target.p[0] == '/' || target.p[0] == '*')
		return SIP__WS_YES;
	if (target.len < scheme.len)
		scheme.len = target.len;
	if (!sip_str_starts_nocase(target, scheme))
		return SIP__WS_NO;
	return target.len > scheme.len ? SIP__WS_YES : SIP__WS_MORE;
}

enum sip__ws_guess sip__ws_looks_like_http(struct sip_str bytes)
{
	static const struct sip_str methods[] = {
		SIP_STR_INIT("GET "), SIP_STR_INIT("HEAD "), SIP_STR_INIT("POST "), SIP_STR_INIT("PUT "), SIP_STR_INIT("DELETE "),
		SIP_STR_INIT("OPTIONS "), SIP_STR_INIT("TRACE "), SIP_STR_INIT("PATCH "), SIP_STR_INIT("PRI "),
	};
	enum sip__ws_guess guess = bytes.len ? SIP__WS_NO : SIP__WS_MORE;

	for (size_t i = 0; bytes.len && i < SIP_COUNTOF(methods); i++) {
		size_t n = bytes.len < methods[i].len ? bytes.len : methods[i].len;

		if (memcmp(bytes.p, methods[i].p, n) != 0)
			continue;
		if (bytes.len > methods[i].len)
			return guess_target(sip_str_from(bytes, methods[i].len));
		guess = SIP__WS_MORE;
	}
	return guess;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static const struct answer_row {
	unsigned status;
	const char *reason;
	const char *fields; /* beyond those that every refusal has */
	const char *text;
} answers[SIP__WS_ANSWER_COUNT] = {
	[SIP__WS_ACCEPTED] = { 101, "Switching Protocols", "", "" },
	[SIP__WS_MALFORMED] = { 400, "Bad Request", "Connection: close\r\n", "This is no WebSocket handshake.\n" },
	[SIP__WS_NO_SIP] = { 400, "Bad Request", "Connection: close\r\n", "The sub-protocol \"sip\" must be asked for.\n" },
	[SIP__WS_ORIGIN] = { 403, "Forbidden", "Connection: close\r\n", "This origin is not allowed here.\n" },
	[SIP__WS_METHOD] = { 405, "Method Not Allowed", "Allow: GET\r\nConnection: close\r\n", "A WebSocket begins with GET.\n" },
	[SIP__WS_NO_UPGRADE] = { 426, "Upgrade Required",
				 "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n",
				 "This is a WebSocket for SIP.\n" },
	[SIP__WS_VERSION] = { 426, "Upgrade Required",
			      "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n",
			      "WebSocket's version is 13.\n" },
	[SIP__WS_TOO_LARGE] = { 431, "Request Header Fields Too Large", "Connection: close\r\n", "That is too much.\n" },
	[SIP__WS_NOT_SERVED] = { 400, "Bad Request", "Connection: close\r\n", "This port speaks SIP.\n" },
};

unsigned sip__ws_answer_status(enum sip__ws_answer answer)
{
	MUST((unsigned)answer < SIP__WS_ANSWER_COUNT);
	return answers[answer].status;
}

void sip__ws_put_refusal(struct sip_buf *b, enum sip__ws_answer answer)
{
	const struct answer_row *row = &answers[answer];

	MUST(answer != SIP__WS_ACCEPTED && (unsigned)answer < SIP__WS_ANSWER_COUNT);
	sip_buf_putf(b, "HTTP/1.1 %u %s\r\n%sContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", row->status, row->reason,
		     row->fields, strlen(row->text), row->text);
}

/* ---- a head ------------------------------------------------------------------------------------------------------ */

enum field {
	FIELD_HOST,
	FIELD_ORIGIN,
	FIELD_COOKIE,
	FIELD_KEY,
	FIELD_VERSION,
	FIELD_ACCEPT,
	FIELD_LENGTH,
	FIELD_CODING,
	FIELD_EXTENSIONS,
	FIELD_UPGRADE,
	FIELD_CONNECTION,
	FIELD_PROTOCOL,
	FIELD_COUNT
};
/* The fields that matter; the others must be well formed, no more. With a token it is a list, of which one piece matters. */
static const struct field_row {
	struct sip_str name;
	struct sip_str token;
	bool folds_case;
} fields[FIELD_COUNT] = {
	[FIELD_HOST] = { SIP_STR_INIT("Host"), { NULL, 0 }, false },
	[FIELD_ORIGIN] = { SIP_STR_INIT("Origin"), { NULL, 0 }, false },
	[FIELD_COOKIE] = { SIP_STR_INIT("Cookie"), { NULL, 0 }, false },
	[FIELD_KEY] = { SIP_STR_INIT("Sec-WebSocket-Key"), { NULL, 0 }, false },
	[FIELD_VERSION] = { SIP_STR_INIT("Sec-WebSocket-Version"), { NULL, 0 }, false },
	[FIELD_ACCEPT] = { SIP_STR_INIT("Sec-WebSocket-Accept"), { NULL, 0 }, false },
	[FIELD_LENGTH] = { SIP_STR_INIT("Content-Length"), { NULL, 0 }, false },
	[FIELD_CODING] = { SIP_STR_INIT("Transfer-Encoding"), { NULL, 0 }, false },
	[FIELD_EXTENSIONS] = { SIP_STR_INIT("Sec-WebSocket-Extensions"), SIP_STR_INIT("*"), false },
	[FIELD_UPGRADE] = { SIP_STR_INIT("Upgrade"), SIP_STR_INIT("websocket"), true },
	[FIELD_CONNECTION] = { SIP_STR_INIT("Connection"), SIP_STR_INIT("Upgrade"), true },
	[FIELD_PROTOCOL] = { SIP_STR_INIT("Sec-WebSocket-Protocol"), SIP_STR_INIT("sip"), false },
};

struct head {
	struct sip_str first;                /* the first line */
	unsigned counts[FIELD_COUNT];        /* lines with this name */
	struct sip_str values[FIELD_COUNT];  /* of the last of them */
	bool has_token[FIELD_COUNT];         /* any of them has it */
};

static bool has_piece(struct sip_str list, const struct field_row *row)
{
	struct sip_str piece;

	while (sip_str_cut(&list, ',', &piece)) {
		if (row->folds_case ? sip_str_eq_nocase(piece, row->token) : sip_str_eq(piece, row->token))
			return true;
	}
	return false;
}

/* A line up to CRLF, without it; what is no text (RFC 9110 5.5) breaks it, a lone CR or LF as well. */
static bool read_line(struct sip_scan *s, struct sip_str *line)
{
	const char *from = s->p;

	while (s->p < s->end && ((unsigned char)*s->p >= ' ' || *s->p == '\t') && *s->p != 0x7f)
		s->p++;
	*line = sip_str_make(from, (size_t)(s->p - from));
	return sip_scan_expect(s, '\r') && sip_scan_expect(s, '\n');
}

static bool note_field(struct head *h, struct sip_str name, struct sip_str value)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!sip_str_eq_nocase(name, fields[i].name))
			continue;
		h->counts[i]++;
		h->values[i] = value;
		h->has_token[i] |= fields[i].token.len && has_piece(value, &fields[i]);
		return h->counts[i] == 1 || fields[i].token.len > 0;
	}
	return true;
}

/* No space before the colon, no folded line (RFC 9112 5.1, 5.2): both are how requests are smuggled. */
static bool parse_head(struct sip_str text, struct head *h)
{
	struct sip_scan s;
	struct sip_str line;

	memset(h, 0, sizeof *h);
	sip_scan_init(&s, text);
	if (!read_line(&s, &h->first))
		return false;
	while (read_line(&s, &line) && line.len > 0) {
		size_t colon = sip_str_find(line, ':');
		const char *end = line.p + colon;

		if (colon == 0 || colon == line.len || sip_char_run(line.p, end, SIP_CC_TOKEN) != end ||
		    !note_field(h, sip_str_make(line.p, colon), sip_str_trim(sip_str_from(line, colon + 1))))
			return false;
	}
	return sip_scan_is_ok(&s) && s.p == s.end;
}

static bool cut_word(struct sip_str *rest, struct sip_str *word)
{
	size_t at = sip_str_find(*rest, ' ');

	*word = sip_str_make(rest->p, at);
	*rest = sip_str_from(*rest, at + 1);
	return word->len > 0;
}

static bool is_graphic(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	}
	return true;
}

static bool is_http_1(struct sip_str version)
{
	return version.len == 8 && memcmp(version.p, "HTTP/1.", 7) == 0 && sip_char_is(version.p[7], SIP_CC_DIGIT);
}

static enum sip_err put_accept(struct sip_buf *b, struct sip_str key)
{
	char text[KEY_LEN + 36];
	unsigned char hash[SIP_SHA1_SIZE];
	enum sip_err err;

	MUST(key.len == KEY_LEN && guid.len == sizeof text - KEY_LEN);
	memcpy(text, key.p, KEY_LEN);
	memcpy(text + KEY_LEN, guid.p, guid.len);
	err = sip_sha1(sip_str_make(text, sizeof text), hash);
	if (err != SIP_OK)
		return err;
	sip_base64_encode(b, hash, sizeof hash);
	return b->err;
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

static bool is_allowed(const struct sip__ws_policy *policy, const struct head *h)
{
	bool is_open = policy->origin_count == 0 || h->counts[FIELD_ORIGIN] == 0;

	for (size_t i = 0; !is_open && i < policy->origin_count; i++)
		is_open = sip_str_eq_nocase(h->values[FIELD_ORIGIN], policy->origins[i]);
	return is_open;
}

static bool is_key(struct sip_str key)
{
	unsigned char raw[KEY_LEN / 4 * 3];
	size_t len = 0;

	return key.len == KEY_LEN && sip_base64_decode(key, raw, &len) == SIP_OK && len == KEY_SIZE;
}

static enum sip__ws_answer judge(const struct head *h, struct sip_str method, struct sip_str path, struct sip_str version,
				 const struct sip__ws_policy *policy)
{
	if (!is_http_1(version) || !is_graphic(path))
		return SIP__WS_MALFORMED;
	if (!sip_str_eq(method, SIP_STR("GET")))
		return SIP__WS_METHOD;
	if (!h->has_token[FIELD_UPGRADE] || version.p[7] == '0')
		return SIP__WS_NO_UPGRADE;
	if (path.p[0] != '/' || h->values[FIELD_HOST].len == 0 || !h->has_token[FIELD_CONNECTION] || h->counts[FIELD_CODING] ||
	    (h->counts[FIELD_LENGTH] && !sip_str_eq(h->values[FIELD_LENGTH], SIP_STR("0"))))
		return SIP__WS_MALFORMED;
	if (!sip_str_eq(h->values[FIELD_VERSION], SIP_STR("13")))
		return SIP__WS_VERSION;
	if (!is_key(h->values[FIELD_KEY]))
		return SIP__WS_MALFORMED;
	if (h->values[FIELD_COOKIE].len > SIP__WS_COOKIE_MAX)
		return SIP__WS_TOO_LARGE;
	if (!h->has_token[FIELD_PROTOCOL] && !policy->takes_any_protocol)
		return SIP__WS_NO_SIP;
	return is_allowed(policy, h) ? SIP__WS_ACCEPTED : SIP__WS_ORIGIN;
}

static struct sip_str keep(char **at, struct sip_str s)
{
	struct sip_str kept = sip_str_make(*at, s.len);

	if (s.len)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return kept;
}

static struct sip__ws_request *keep_request(const struct head *h, struct sip_str path)
{
	struct sip_str host = h->values[FIELD_HOST], origin = h->values[FIELD_ORIGIN], cookie = h->values[FIELD_COOKIE];
	struct sip__ws_request *kept = sip_alloc(sizeof *kept + host.len + path.len + origin.len + cookie.len);
	char *at;

	if (!kept)
		return NULL;
	at = (char *)(kept + 1);
	kept->host = keep(&at, host);
	kept->path = keep(&at, path);
	kept->origin = keep(&at, origin);
	kept->cookie = keep(&at, cookie);
	return kept;
}

static enum sip_err put_acceptance(struct sip_buf *out, const struct head *h)
{
	enum sip_err err;

	SIP_BUF_LIT(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
	err = put_accept(out, h->values[FIELD_KEY]);
	if (h->has_token[FIELD_PROTOCOL])
		SIP_BUF_LIT(out, "\r\nSec-WebSocket-Protocol: sip");
	SIP_BUF_LIT(out, "\r\n\r\n");
	return err != SIP_OK ? err : out->err;
}

enum sip_err sip__ws_accept(struct sip_str text, const struct sip__ws_policy *policy, struct sip_buf *out,
			    struct sip__ws_request **kept, enum sip__ws_answer *answer)
{
	struct sip_str method, path, version;
	struct head h;
	enum sip_err err;

	*answer = SIP__WS_MALFORMED;
	if (parse_head(text, &h)) {
		version = h.first;
		if (cut_word(&version, &method) && cut_word(&version, &path))
			*answer = judge(&h, method, path, version, policy);
	}
	if (*answer != SIP__WS_ACCEPTED) {
		sip__ws_put_refusal(out, *answer);
		return out->err;
	}
	*kept = keep_request(&h, path);
	if (!*kept)
		return SIP_E_NOMEM;
	err = put_acceptance(out, &h);
	if (err != SIP_OK) {
		sip_free(*kept);
		*kept = NULL;
	}
	return err;
}

/* ---- the client -------------------------------------------------------------------------------------------------- */

static bool is_line(struct sip_str s)
{
	struct sip_scan scan;
	struct sip_str line;

	sip_scan_init(&scan, s);
	return !read_line(&scan, &line) && line.len == s.len;
}

static void put_field(struct sip_buf *b, enum field field, struct sip_str value)
{
	if (value.len == 0)
		return;
	sip_buf_put_str(b, fields[field].name);
	SIP_BUF_LIT(b, ": ");
	sip_buf_put_str(b, value);
	SIP_BUF_LIT(b, "\r\n");
}

enum sip_err sip__ws_ask(const struct sip__ws_target *target, struct sip_rand *rand, struct sip_buf *out,
			 char accept[SIP__WS_ACCEPT_LEN])
{
	struct sip_str resource = target->resource.len ? target->resource : SIP_STR("/");
	unsigned char raw[KEY_SIZE];
	char key[KEY_LEN];
	struct sip_buf fixed;
	enum sip_err err;

	if (target->host.len == 0 || !is_graphic(target->host) || resource.p[0] != '/' || !is_graphic(resource) ||
	    !is_line(target->origin) || !is_line(target->cookie))
		return SIP_E_INVAL;
	sip_rand_fill(rand, raw, sizeof raw);
	sip_buf_init_fixed(&fixed, key, sizeof key);
	sip_base64_encode(&fixed, raw, sizeof raw);
	SIP_BUF_LIT(out, "GET ");
	sip_buf_put_str(out, resource);
	SIP_BUF_LIT(out, " HTTP/1.1\r\n");
	put_field(out, FIELD_HOST, target->host);
	put_field(out, FIELD_UPGRADE, fields[FIELD_UPGRADE].token);
	put_field(out, FIELD_CONNECTION, fields[FIELD_CONNECTION].token);
	put_field(out, FIELD_KEY, sip_buf_str(&fixed));
	put_field(out, FIELD_VERSION, SIP_STR("13"));
	put_field(out, FIELD_PROTOCOL, fields[FIELD_PROTOCOL].token);
	put_field(out, FIELD_ORIGIN, target->origin);
	put_field(out, FIELD_COOKIE, target->cookie);
	SIP_BUF_LIT(out, "\r\n");
	sip_buf_init_fixed(&fixed, accept, SIP__WS_ACCEPT_LEN);
	err = put_accept(&fixed, sip_str_make(key, sizeof key));
	return err != SIP_OK ? err : out->err;
}

/* "HTTP/1.1 101 …"; the reason may be missing, not its space (RFC 9112 4), which many forget. */
static unsigned parse_status(struct sip_str line)
{
	struct sip_str version, status;
	uint32_t n;

	if (!cut_word(&line, &version) || !cut_word(&line, &status) || !is_http_1(version) || status.len != 3 ||
	    sip_str_to_u32(status, 599, &n) != SIP_OK || n < 100)
		return 0;
	return n;
}

/* We have offered no extension and one protocol, so nothing else may be chosen (RFC 6455 4.1). */
enum sip_err sip__ws_check_answer(struct sip_str text, const char accept[SIP__WS_ACCEPT_LEN], unsigned *status)
{
	struct head h;

	*status = parse_head(text, &h) ? parse_status(h.first) : 0;
	if (*status == 0)
		return SIP_E_SYNTAX;
	if (*status != STATUS_SWITCHING)
		return SIP_E_REFUSED;
	if (!h.has_token[FIELD_UPGRADE] || !h.has_token[FIELD_CONNECTION] || h.counts[FIELD_EXTENSIONS] ||
	    h.counts[FIELD_PROTOCOL] != 1 || !sip_str_eq(h.values[FIELD_PROTOCOL], fields[FIELD_PROTOCOL].token) ||
	    !sip_str_eq(h.values[FIELD_ACCEPT], sip_str_make(accept, SIP__WS_ACCEPT_LEN)))
		return SIP_E_SYNTAX;
	return SIP_OK;
}
