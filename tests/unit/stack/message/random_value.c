/* Random values, by the grammar of each type. RFC 3261 25.1. */
#include "tests/unit/stack/message/random_value.h"

#include <time.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define MARK "-_.!~*'()"
#define TOKEN LETTERS "-.!%*_+`'~"
#define WORD TOKEN "()<>:\\\"/[]?{}"

static uint64_t below(struct sip_rand *r, uint64_t n)
{
	return sip_rand_below(r, n);
}

/* Mostly short, now and then long. */
static size_t some(struct sip_rand *r)
{
	return 1 + (size_t)below(r, below(r, 40) ? 9 : 300);
}

static void put_of(struct sip_rand *r, struct sip_buf *b, const char *chars, size_t n)
{
	size_t len = strlen(chars);

	for (; n > 0; n--)
		sip_buf_put_char(b, chars[below(r, len)]);
}

static void put_escaped(struct sip_rand *r, struct sip_buf *b, const char *chars)
{
	for (size_t n = some(r); n > 0; n--) {
		if (below(r, 8))
			put_of(r, b, chars, 1);
		else
			sip_buf_putf(b, below(r, 2) ? "%%%02x" : "%%%02X", (unsigned)below(r, 256));
	}
}

void random_token(struct sip_rand *r, struct sip_buf *b)
{
	put_of(r, b, TOKEN, some(r));
}

static void put_utf8(struct sip_rand *r, struct sip_buf *b)
{
	static const char *const chars[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\x9e", "\xc2\xa0", "\xef\xbf\xbd" };

	sip_buf_put_z(b, chars[below(r, SIP_COUNTOF(chars))]);
}

static void put_quoted(struct sip_rand *r, struct sip_buf *b)
{
	SIP_BUF_LIT(b, "\"");
	for (size_t n = (size_t)below(r, below(r, 20) ? 12 : 400); n > 0; n--) {
		char c = (char)(' ' + below(r, 0x7f - ' '));
		switch (below(r, 8)) {
		case 0: put_utf8(r, b); break;
		case 1:
			/* Whatever is no line end. */
			c = (char)below(r, 0x80);
			c = c == '\r' || c == '\n' ? '"' : c;
			sip_buf_put_char(b, '\\');
			sip_buf_put_char(b, c);
			break;
		default: sip_buf_put_char(b, c == '"' || c == '\\' ? '\t' : c);
		}
	}
	SIP_BUF_LIT(b, "\"");
}

static void put_number(struct sip_rand *r, struct sip_buf *b, uint64_t most)
{
	for (uint64_t zeros = below(r, 12) ? 0 : below(r, 4); zeros > 0; zeros--)
		SIP_BUF_LIT(b, "0");
	sip_buf_put_u64(b, below(r, 4) ? below(r, most < 1000 ? most : 1000) : below(r, most));
}

/* White space may stand around separators. */
static void put_lws(struct sip_rand *r, struct sip_buf *b)
{
	static const char *const blanks[] = { "", "", "", "", " ", "  ", "\t", " \t " };

	sip_buf_put_z(b, blanks[below(r, SIP_COUNTOF(blanks))]);
}

static void put_separator(struct sip_rand *r, struct sip_buf *b, char c)
{
	put_lws(r, b);
	sip_buf_put_char(b, c);
	put_lws(r, b);
}

/* ---- hosts and URIs ------------------------------------------------------------------------------------------------------ */

static void put_ip4(struct sip_rand *r, struct sip_buf *b)
{
	sip_buf_putf(b, "%u.%u.%u.%u", (unsigned)below(r, 256), (unsigned)below(r, 256), (unsigned)below(r, 256), (unsigned)below(r, 256));
}

static void put_ip6(struct sip_rand *r, struct sip_buf *b)
{
	unsigned groups = 1 + (unsigned)below(r, 6);

	SIP_BUF_LIT(b, "[");
	for (unsigned i = 0; i < groups; i++)
		sip_buf_putf(b, below(r, 2) ? "%x:" : "%X:", (unsigned)below(r, 0x10000));
	SIP_BUF_LIT(b, ":");
	if (groups < 5 && below(r, 4) == 0)
		put_ip4(r, b);
	else if (below(r, 4))
		sip_buf_putf(b, "%x", (unsigned)below(r, 0x10000));
	SIP_BUF_LIT(b, "]");
}

static void put_name(struct sip_rand *r, struct sip_buf *b)
{
	for (uint64_t labels = below(r, 4); labels > 0; labels--) {
		put_of(r, b, LETTERS, 1 + (size_t)below(r, 5));
		put_of(r, b, LETTERS "-", (size_t)below(r, 8));
		put_of(r, b, LETTERS, 1);
		SIP_BUF_LIT(b, ".");
	}
	put_of(r, b, "abcxyzABC", 1);
	put_of(r, b, LETTERS "-", (size_t)below(r, 5));
	put_of(r, b, LETTERS, 1);
}

static void put_host(struct sip_rand *r, struct sip_buf *b)
{
	static void (*const kinds[])(struct sip_rand *, struct sip_buf *) = { put_ip4, put_ip6, put_name, put_name };

	kinds[below(r, SIP_COUNTOF(kinds))](r, b);
	if (below(r, 3) == 0)
		sip_buf_putf(b, ":%u", 1 + (unsigned)below(r, 65535));
}

static void put_uri_params(struct sip_rand *r, struct sip_buf *b)
{
	static const char *const known[] = { ";lr", ";transport=tcp", ";user=phone", ";ttl=5", ";method=INVITE", ";maddr=192.0.2.1", ";ob" };

	if (below(r, 3) == 0)
		sip_buf_put_z(b, known[below(r, SIP_COUNTOF(known))]);
	for (uint64_t n = below(r, 3) ? 0 : below(r, 6); n > 0; n--) {
		SIP_BUF_LIT(b, ";x");
		put_escaped(r, b, LETTERS MARK "[]/:&+$");
		if (!below(r, 3))
			continue;
		SIP_BUF_LIT(b, "=");
		put_escaped(r, b, LETTERS MARK "[]/:&+$");
	}
}

static void put_uri_headers(struct sip_rand *r, struct sip_buf *b)
{
	for (uint64_t i = 0, n = below(r, 5) ? 0 : below(r, 5); i < n; i++) {
		sip_buf_put_char(b, i ? '&' : '?');
		put_escaped(r, b, LETTERS MARK "[]/?:+$");
		SIP_BUF_LIT(b, "=");
		put_escaped(r, b, LETTERS MARK "[]/?:+$");
	}
}

static void put_sip_uri(struct sip_rand *r, struct sip_buf *b)
{
	static const char *const schemes[] = { "sip:", "sip:", "sips:", "SIP:" };

	sip_buf_put_z(b, schemes[below(r, SIP_COUNTOF(schemes))]);
	if (below(r, 4)) {
		put_escaped(r, b, LETTERS MARK "&=+$,;?/");
		if (below(r, 8) == 0) {
			SIP_BUF_LIT(b, ":");
			put_escaped(r, b, LETTERS MARK "&=+$,");
		}
		SIP_BUF_LIT(b, "@");
	}
	put_host(r, b);
	put_uri_params(r, b);
	put_uri_headers(r, b);
}

void random_uri(struct sip_rand *r, struct sip_buf *b)
{
	switch (below(r, 10)) {
	case 0:
		SIP_BUF_LIT(b, "tel:+");
		put_of(r, b, "0123456789", 1);
		put_of(r, b, "0123456789-.()", some(r));
		break;
	case 1:
		put_of(r, b, "uvw", 1 + (size_t)below(r, 4));
		put_of(r, b, LETTERS "+-.", (size_t)below(r, 5));
		SIP_BUF_LIT(b, ":");
		put_escaped(r, b, LETTERS MARK ";/?:@&=+$,");
		break;
	default: put_sip_uri(r, b);
	}
}

/* ---- parameters and values ----------------------------------------------------------------------------------------------- */

static void put_param_value(struct sip_rand *r, struct sip_buf *b)
{
	switch (below(r, 4)) {
	case 0: put_quoted(r, b); break;
	case 1: put_name(r, b); break;
	default: random_token(r, b);
	}
}

/* Names that mean nothing to anybody. */
static void put_params(struct sip_rand *r, struct sip_buf *b)
{
	for (uint64_t n = below(r, 3) ? 0 : below(r, 6); n > 0; n--) {
		put_separator(r, b, ';');
		SIP_BUF_LIT(b, "x");
		random_token(r, b);
		if (!below(r, 4))
			continue;
		put_separator(r, b, '=');
		put_param_value(r, b);
	}
}

void random_name_addr(struct sip_rand *r, struct sip_buf *b, bool with_tag)
{
	uint64_t kind = below(r, 4);

	if (kind == 0) {
		put_quoted(r, b);
		put_lws(r, b);
	} else if (kind == 1) {
		random_token(r, b);
		sip_buf_put_char(b, ' ');
		random_token(r, b);
		sip_buf_put_char(b, ' ');
	}
	if (kind == 3 && below(r, 2)) {
		SIP_BUF_LIT(b, "sip:");
		put_host(r, b);
	} else {
		SIP_BUF_LIT(b, "<");
		random_uri(r, b);
		SIP_BUF_LIT(b, ">");
	}
	if (with_tag) {
		put_separator(r, b, ';');
		SIP_BUF_LIT(b, "tag");
		put_separator(r, b, '=');
		random_token(r, b);
	}
	put_params(r, b);
}

void random_call_id(struct sip_rand *r, struct sip_buf *b)
{
	put_of(r, b, WORD, some(r));
	if (below(r, 2)) {
		SIP_BUF_LIT(b, "@");
		put_of(r, b, WORD, some(r));
	}
}

/* As a member of a list, where a quote or bracket would hide the comma. */
static void put_plain_call_id(struct sip_rand *r, struct sip_buf *b)
{
	put_of(r, b, TOKEN "():/?[]", some(r));
	SIP_BUF_LIT(b, "@");
	put_of(r, b, TOKEN, some(r));
}

void random_words(struct sip_rand *r, struct sip_buf *b)
{
	for (uint64_t n = below(r, 6); n > 0; n--) {
		if (below(r, 5) == 0)
			put_utf8(r, b);
		put_of(r, b, LETTERS MARK ",;:\"<>@/\\[]{}?=%&|^", some(r));
		if (n > 1)
			put_of(r, b, " \t", 1 + (size_t)below(r, 2));
	}
}

static void put_via(struct sip_rand *r, struct sip_buf *b)
{
	static const char *const transports[] = { "UDP", "TCP", "TLS", "SCTP", "WS", "WSS", "X-y" };

	sip_buf_putf(b, "%s/%s ", below(r, 8) ? "SIP/2.0" : "SIP / 2.0 ", transports[below(r, SIP_COUNTOF(transports))]);
	put_host(r, b);
	SIP_BUF_LIT(b, ";branch=z9hG4bK");
	random_token(r, b);
	if (below(r, 3) == 0)
		sip_buf_put_z(b, below(r, 2) ? ";rport" : ";rport=5062;received=192.0.2.7");
	put_params(r, b);
}

static void put_auth_params(struct sip_rand *r, struct sip_buf *b)
{
	for (uint64_t i = 0, n = 1 + below(r, 6); i < n; i++) {
		if (i)
			put_separator(r, b, ',');
		random_token(r, b);
		SIP_BUF_LIT(b, "=");
		if (below(r, 2))
			put_quoted(r, b);
		else
			random_token(r, b);
	}
}

static void put_media_type(struct sip_rand *r, struct sip_buf *b)
{
	random_token(r, b);
	put_separator(r, b, '/');
	random_token(r, b);
	put_params(r, b);
}

static void put_date(struct sip_rand *r, struct sip_buf *b)
{
	time_t t = (time_t)below(r, UINT64_C(4000000000));
	char text[64];
	struct tm tm;

	MUST(gmtime_r(&t, &tm));
	sip_buf_put(b, text, strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm));
}

static void put_numeric(struct sip_rand *r, struct sip_buf *b, enum sip_header id)
{
	put_number(r, b, id == SIP_HEADER_MAX_FORWARDS ? 256 : UINT32_MAX);
	if (id == SIP_HEADER_RETRY_AFTER && below(r, 3) == 0) {
		SIP_BUF_LIT(b, " (");
		put_of(r, b, LETTERS " \t,;:", some(r));
		SIP_BUF_LIT(b, ")");
	}
	if (id != SIP_HEADER_MAX_FORWARDS)
		put_params(r, b);
}

static void put_method(struct sip_rand *r, struct sip_buf *b)
{
	sip_buf_put_str(b, sip_method_names[below(r, SIP_METHOD_COUNT)]);
}

static void put_warning(struct sip_rand *r, struct sip_buf *b)
{
	sip_buf_putf(b, "%u ", 100 + (unsigned)below(r, 900));
	if (below(r, 2))
		put_host(r, b);
	else
		random_token(r, b);
	SIP_BUF_LIT(b, " ");
	put_quoted(r, b);
}

static void put_dialog_ref(struct sip_rand *r, struct sip_buf *b, enum sip_header id)
{
	bool is_target = id == SIP_HEADER_TARGET_DIALOG;

	put_plain_call_id(r, b);
	sip_buf_put_z(b, is_target ? ";local-tag=" : ";to-tag=");
	random_token(r, b);
	sip_buf_put_z(b, is_target ? ";remote-tag=" : ";from-tag=");
	random_token(r, b);
	if (id == SIP_HEADER_REPLACES && below(r, 3) == 0)
		SIP_BUF_LIT(b, ";early-only");
	put_params(r, b);
}

static void put_parsed_type(struct sip_rand *r, struct sip_buf *b, enum sip_header id)
{
	switch (sip_header_rows[id].type) {
	case SIP_VALUE_AUTH:
		random_token(r, b);
		SIP_BUF_LIT(b, " ");
		put_auth_params(r, b);
		break;
	case SIP_VALUE_AUTH_PARAMS: put_auth_params(r, b); break;
	case SIP_VALUE_MEDIA_TYPE: put_media_type(r, b); break;
	case SIP_VALUE_DIALOG_REF: put_dialog_ref(r, b, id); break;
	case SIP_VALUE_RACK:
		sip_buf_putf(b, "%u %u ", (unsigned)below(r, 1u << 31), (unsigned)below(r, 1u << 31));
		put_method(r, b);
		break;
	case SIP_VALUE_DATE: put_date(r, b); break;
	case SIP_VALUE_WARNING: put_warning(r, b); break;
	default: /* TIMESTAMP */
		sip_buf_putf(b, "%u", (unsigned)below(r, 1u << 31));
		if (below(r, 2))
			sip_buf_putf(b, ".%u", (unsigned)below(r, 1000));
		if (below(r, 2))
			sip_buf_putf(b, " %u.%u", (unsigned)below(r, 100), (unsigned)below(r, 1000));
	}
}

void random_value(struct sip_rand *r, struct sip_buf *b, enum sip_header id)
{
	switch (sip_header_rows[id].type) {
	case SIP_VALUE_TEXT: random_words(r, b); break;
	case SIP_VALUE_CALL_ID: put_plain_call_id(r, b); break;
	case SIP_VALUE_VIA: put_via(r, b); break;
	case SIP_VALUE_NAME_ADDR:
	case SIP_VALUE_CONTACT: random_name_addr(r, b, false); break;
	case SIP_VALUE_NUMBER: put_numeric(r, b, id); break;
	case SIP_VALUE_TOKEN:
		random_token(r, b);
		put_params(r, b);
		break;
	case SIP_VALUE_WORD:
		if (below(r, 2))
			put_quoted(r, b);
		else
			put_plain_call_id(r, b);
		put_params(r, b);
		break;
	case SIP_VALUE_PARAMS:
		SIP_BUF_LIT(b, "x=");
		put_param_value(r, b);
		put_params(r, b);
		break;
	default: put_parsed_type(r, b, id);
	}
}
