/* URIs: of all schemes, compared, hashed, written; telephone numbers; parameters and lists. RFC 3261 19.1, 25.1, RFC 3966. */
#include "stack/base/escape.h"
#include "tests/fuzz/fuzz.h"

static const struct sip_hash_key key = { { 7, 9 } };

/* ---- written and read again -------------------------------------------------------------------------------------------- */

/* Of its pieces, not of its text. */
static void put_whole(struct sip_buf *b, const struct sip_uri *u)
{
	sip_buf_put_str(b, u->scheme_text);
	sip_buf_put_char(b, ':');
	sip_buf_put_str(b, sip_uri_is_sip(u) || u->scheme == SIP_URI_TEL ? u->user : u->opaque);
	if (u->password.p) {
		sip_buf_put_char(b, ':');
		sip_buf_put_str(b, u->password);
	}
	if (u->has_user)
		sip_buf_put_char(b, '@');
	sip_buf_put_str(b, u->host);
	if (u->port)
		sip_buf_putf(b, ":%u", u->port);
	if (u->params.p) {
		sip_buf_put_char(b, ';');
		sip_buf_put_str(b, u->params);
	}
	if (u->headers.p) {
		sip_buf_put_char(b, '?');
		sip_buf_put_str(b, u->headers);
	}
}

static void write_whole(const struct sip_uri *u)
{
	struct sip_uri again;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	put_whole(&b, u);
	FUZZ_MUST(b.err == SIP_OK && sip_uri_parse(sip_buf_str(&b), &again) == SIP_OK);
	FUZZ_MUST(again.scheme == u->scheme && again.port == u->port && again.has_user == u->has_user);
	FUZZ_MUST(again.params_seen == u->params_seen && sip_str_eq(again.user, u->user));
	FUZZ_MUST(sip_str_eq(again.password, u->password) && sip_str_eq(again.host, u->host));
	FUZZ_MUST(sip_str_eq(again.params, u->params) && sip_str_eq(again.headers, u->headers));
	FUZZ_MUST(sip_uri_eq(&again, u) && sip_uri_eq(u, &again) && sip_uri_hash(&key, &again) == sip_uri_hash(&key, u));
	sip_buf_fini(&b);
}

static void write_request(const struct sip_uri *u)
{
	struct sip_uri again;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_uri_put_request(&b, u);
	FUZZ_MUST(b.err == SIP_OK && b.len <= u->text.len + 1);
	FUZZ_MUST(sip_uri_parse(sip_buf_str(&b), &again) == SIP_OK);
	FUZZ_MUST(again.scheme == u->scheme && sip_str_eq(again.user, u->user));
	FUZZ_MUST(!sip_uri_is_sip(u) || (!again.headers.p && !sip_uri_has_param(&again, SIP_URI_PARAM_METHOD)));
	sip_buf_fini(&b);
}

/* An address of record is its own, but for hosts that are none: they lose one dot each time. */
static void write_aor(const struct sip_uri *u)
{
	struct sip_uri aor;
	struct sip_buf b, c;

	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	sip_uri_put_aor(&b, u);
	FUZZ_MUST(b.err == SIP_OK && sip_uri_parse(sip_buf_str(&b), &aor) == SIP_OK);
	sip_uri_put_aor(&c, &aor);
	FUZZ_MUST(c.err == SIP_OK);
	bool is_odd = sip_str_ends_nocase(u->host, SIP_STR(".."));
	FUZZ_MUST(is_odd || sip_str_eq(sip_buf_str(&b), sip_buf_str(&c)));
	sip_buf_fini(&c);
	sip_buf_fini(&b);
}

static bool is_same_number(const struct sip_tel *a, const struct sip_tel *b)
{
	return sip_str_eq_nocase(a->number, b->number) && a->is_global == b->is_global && a->has_npdi == b->has_npdi &&
	       sip_str_eq_nocase(a->context, b->context) && sip_str_eq_nocase(a->ext, b->ext) &&
	       sip_str_eq_nocase(a->isub, b->isub) && sip_str_eq(a->rn, b->rn) && sip_str_eq(a->cic, b->cic) &&
	       sip_str_eq(a->tgrp, b->tgrp);
}

/* What is written is one again, means the same, and is written the same once more. */
static void write_tel_as(const struct sip_tel *tel, void (*put)(struct sip_buf *b, const struct sip_tel *t), bool is_same)
{
	struct sip_tel again;
	struct sip_uri uri;
	struct sip_buf b, c;

	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	put(&b, tel);
	FUZZ_MUST(b.err == SIP_OK && sip_uri_parse(sip_buf_str(&b), &uri) == SIP_OK && sip_tel_of(&uri, &again) == SIP_OK);
	FUZZ_MUST(!is_same || is_same_number(tel, &again));
	put(&c, &again);
	FUZZ_MUST(sip_str_eq(sip_buf_str(&b), sip_buf_str(&c)));
	sip_buf_fini(&c);
	sip_buf_fini(&b);
}

static void put_sip(struct sip_buf *b, const struct sip_tel *t)
{
	sip_tel_put_sip(b, t, SIP_STR("example.com:5070"));
}

static void write_tel(const struct sip_uri *u)
{
	struct sip_tel tel;
	struct sip_uri uri;
	struct sip_buf b;

	if (sip_tel_of(u, &tel) != SIP_OK && sip_tel_of_user(u, &tel) != SIP_OK)
		return;
	write_tel_as(&tel, sip_tel_put, u->scheme == SIP_URI_TEL);
	write_tel_as(&tel, put_sip, false);
	sip_buf_init(&b, 0);
	if (u->scheme == SIP_URI_TEL) {
		sip_tel_put(&b, &tel);
		FUZZ_MUST(sip_uri_parse(sip_buf_str(&b), &uri) == SIP_OK && sip_uri_eq(u, &uri));
		sip_buf_clear(&b);
	}
	sip_tel_put_number(&b, &tel);
	FUZZ_MUST(b.err == SIP_OK && b.len > 0 && b.len <= tel.number.len);
	sip_buf_fini(&b);
}

static void write_uri(const struct sip_uri *u)
{
	struct sip_addr addr;
	struct sip_str value;

	write_whole(u);
	write_request(u);
	write_aor(u);
	write_tel(u);
	(void)sip_uri_transport(u);
	(void)sip_uri_find_param(u, SIP_STR("lr"), &value);
	if (sip_uri_host_addr(u, 5060, &addr) == SIP_OK)
		FUZZ_MUST(sip_addr_port(&addr) != 0);
}

/* ---- two of them --------------------------------------------------------------------------------------------------------- */

static void compare(const struct sip_uri *a, const struct sip_uri *b)
{
	bool is_equal = sip_uri_eq(a, b);
	struct sip_buf x, y;

	FUZZ_MUST(is_equal == sip_uri_eq(b, a));
	if (!is_equal)
		return;
	FUZZ_MUST(sip_uri_hash(&key, a) == sip_uri_hash(&key, b));
	/* Who is the same is found under the same address of record. */
	sip_buf_init(&x, 0);
	sip_buf_init(&y, 0);
	sip_uri_put_aor(&x, a);
	sip_uri_put_aor(&y, b);
	FUZZ_MUST(sip_str_eq(sip_buf_str(&x), sip_buf_str(&y)));
	sip_buf_fini(&y);
	sip_buf_fini(&x);
}

void fuzz_uri(struct sip_str in)
{
	struct sip_str first = in;
	struct sip_uri a, b;
	bool is_a, is_b;

	(void)fuzz_cut(&in, '\n', &first);
	is_a = sip_uri_parse(first, &a) == SIP_OK;
	is_b = sip_uri_parse(in, &b) == SIP_OK;
	if (is_a) {
		write_uri(&a);
		FUZZ_MUST(sip_uri_eq(&a, &a));
	}
	if (is_b)
		write_uri(&b);
	if (is_a && is_b)
		compare(&a, &b);
}

/* ---- parameters and lists --------------------------------------------------------------------------------------------------- */

static void put_param(struct sip_buf *b, struct sip_str name, struct sip_str value, bool is_quoted, char between)
{
	if (b->len)
		sip_buf_put_char(b, between);
	sip_buf_put_str(b, name);
	if (!value.p)
		return;
	sip_buf_put_char(b, '=');
	if (is_quoted)
		sip_buf_put_char(b, '"');
	sip_buf_put_str(b, value);
	if (is_quoted)
		sip_buf_put_char(b, '"');
}

/* Those before the first that is broken. */
static void put_params(struct sip_buf *b, struct sip_str raw)
{
	struct sip_str name, value;

	while (sip_params_next(&raw, &name, &value))
		put_param(b, name, value, value.p && value.p > name.p && value.p[-1] == '"', ';');
}

static void put_auth_params(struct sip_buf *b, struct sip_str raw)
{
	struct sip_str name, value;
	bool is_quoted;

	while (sip_auth_value_next(&raw, &name, &value, &is_quoted))
		put_param(b, name, value, is_quoted, ',');
}

static void put_list(struct sip_buf *b, struct sip_str raw)
{
	struct sip_str value;

	while (sip_list_value_next(&raw, &value)) {
		FUZZ_MUST(value.len > 0);
		if (b->len)
			SIP_BUF_LIT(b, ", ");
		sip_buf_put_str(b, value);
	}
}

static void write_again(struct sip_str in, void (*put)(struct sip_buf *b, struct sip_str raw))
{
	struct sip_buf a, b;

	sip_buf_init(&a, 0);
	sip_buf_init(&b, 0);
	put(&a, in);
	put(&b, sip_buf_str(&a));
	FUZZ_MUST(a.err == SIP_OK && b.err == SIP_OK && sip_str_eq(sip_buf_str(&a), sip_buf_str(&b)));
	sip_buf_fini(&b);
	sip_buf_fini(&a);
}

static void read_rows(struct sip_str in)
{
	struct sip_str rest = in, name, value, first;
	uint32_t n = 0;

	while (sip_params_next(&rest, &name, &value))
		FUZZ_MUST(sip_params_find(in, name, &first) && first.len <= in.len);
	for (unsigned id = 0; id < SIP_PARAM_COUNT; id++) {
		bool is_there = sip_param_has(in, (enum sip_param)id);
		FUZZ_MUST(sip_param_find(sip_param_rows[id].name) == (enum sip_param)id);
		enum sip_err err = sip_param_number(in, (enum sip_param)id, 7, &n);
		FUZZ_MUST(is_there || (err == SIP_OK && n == 7));
	}
	if (sip_param_q(in, 1000, &n) == SIP_OK)
		FUZZ_MUST(n <= 1000);
	(void)sip_param_find(in);
	(void)sip_header_find(in);
	(void)sip_method_find(in);
}

static void read_scanned(struct sip_str in)
{
	struct sip_addr addr;
	struct sip_scan s;
	struct sip_str host;
	uint16_t port;
	unsigned char raw[512];
	size_t len = sizeof raw;

	sip_scan_init(&s, in);
	if (sip_host_scan(&s, &host, &port))
		FUZZ_MUST(host.len > 0 && sip_host_eq(host, host));
	(void)sip_scan_quoted(&s);
	(void)sip_scan_number(&s, 1000);
	(void)sip_scan_finish(&s);
	fuzz_either(sip_addr_parse(&addr, in, 1));
	fuzz_either(sip_addr_parse_port(&addr, in, 1));
	if (in.len > sizeof raw)
		return;
	fuzz_either(sip_base64_decode(in, raw, &len));
	FUZZ_MUST(sip_quoted_decode(in, (char *)raw) <= in.len);
}

void fuzz_params(struct sip_str in)
{
	write_again(in, put_params);
	write_again(in, put_auth_params);
	write_again(in, put_list);
	read_rows(in);
	read_scanned(in);
}
