/* What stands inside of messages and files: URIs, header values, credentials, settings, DNS answers. */
#include "dns/dns_priv.h"
#include "repro/config/config.h"
#include "stack/base/escape.h"
#include "stack/security/challenge.h"
#include "stack/security/nonce.h"
#include "stack/transaction/transaction_priv.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct sip_hash_key key = { { 7, 9 } };

/* ---- URIs -------------------------------------------------------------------------------------------------------------- */

static void write_uri(const struct sip_uri *u)
{
	struct sip_uri again;
	struct sip_addr addr;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	sip_uri_put_aor(&b, u);
	sip_buf_fini(&b);
	sip_buf_init(&b, 0);
	sip_uri_put_request(&b, u);
	FUZZ_MUST(b.err == SIP_OK && b.len <= u->text.len + 1);
	FUZZ_MUST(sip_uri_parse(sip_buf_str(&b), &again) == SIP_OK);
	FUZZ_MUST(again.scheme == u->scheme && sip_str_eq(again.user, u->user));
	sip_buf_fini(&b);
	(void)sip_uri_transport(u);
	if (sip_uri_host_addr(u, 5060, &addr) == SIP_OK)
		FUZZ_MUST(sip_addr_port(&addr) != 0);
}

void fuzz_uri(struct sip_str in)
{
	struct sip_str first = in, second;
	struct sip_uri a, b;
	bool is_a, is_b;

	(void)fuzz_cut(&in, '\n', &first);
	second = in;
	is_a = sip_uri_parse(first, &a) == SIP_OK;
	is_b = sip_uri_parse(second, &b) == SIP_OK;
	if (is_a) {
		write_uri(&a);
		FUZZ_MUST(sip_uri_eq(&a, &a));
	}
	if (!is_a || !is_b)
		return;
	bool is_equal = sip_uri_eq(&a, &b);
	FUZZ_MUST(is_equal == sip_uri_eq(&b, &a));
	if (is_equal)
		FUZZ_MUST(sip_uri_hash(&key, &a) == sip_uri_hash(&key, &b));
}

/* ---- values ------------------------------------------------------------------------------------------------------------ */

static void read_lists(struct sip_str in)
{
	struct sip_str rest = in, a, b, text;
	bool is_quoted;
	size_t left;

	for (left = rest.len + 2; sip_list_value_next(&rest, &a); left--)
		FUZZ_MUST(left > 0);
	rest = in;
	for (left = rest.len + 2; sip_params_next(&rest, &a, &b); left--)
		FUZZ_MUST(left > 0);
	rest = in;
	for (left = rest.len + 2; sip_auth_value_next(&rest, &a, &b, &is_quoted); left--)
		FUZZ_MUST(left > 0);
	(void)sip_params_find(in, SIP_STR("x"), &text);
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
	(void)sip_host_scan(&s, &host, &port);
	(void)sip_scan_quoted(&s);
	(void)sip_scan_number(&s, 1000);
	(void)sip_scan_finish(&s);
	fuzz_either(sip_addr_parse(&addr, in, 1));
	fuzz_either(sip_addr_parse_port(&addr, in, 1));
	if (in.len <= sizeof raw)
		fuzz_either(sip_base64_decode(in, raw, &len));
	if (in.len <= sizeof raw)
		FUZZ_MUST(sip_quoted_decode(in, (char *)raw) <= in.len);
}

void fuzz_value(struct sip_str in)
{
	struct sip_via via;
	struct sip_name_addr a;
	struct sip_cseq cseq;
	struct sip_auth_value auth;
	struct sip_media_type media;
	struct sip_addr to;
	uint32_t n;

	if (sip_via_parse(in, &via) == SIP_OK) {
		FUZZ_MUST(via.host.len > 0);
		(void)sip_via_has_cookie(&via);
		fuzz_either(sip_response_addr(&via, &to));
	}
	if (sip_name_addr_parse(in, &a) == SIP_OK) {
		fuzz_either(sip_name_addr_q(&a, 1000, &n));
		FUZZ_MUST(a.is_star || a.uri.text.len > 0);
	}
	fuzz_either(sip_cseq_parse(in, &cseq));
	fuzz_either(sip_number_parse(in, UINT32_MAX, &n));
	fuzz_either(sip_auth_value_parse(in, &auth));
	fuzz_either(sip_media_type_parse(in, &media));
	(void)sip_call_id_is_valid(in);
	(void)sip_header_find(in);
	(void)sip_method_find(in);
	read_lists(in);
	read_scanned(in);
}

/* ---- DNS --------------------------------------------------------------------------------------------------------------- */

void fuzz_dns(struct sip_str in)
{
	static const enum dns_type types[] = { DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_SRV, DNS_TYPE_NAPTR };
	enum dns_type type = types[fuzz_byte(&in) % SIP_COUNTOF(types)];
	struct dns_rrset *set = NULL;
	uint16_t order[1024];
	struct sip_rand rand;

	if (dns__rr_parse(in, SIP_STR("a.test"), type, 0, &set) != SIP_OK)
		return;
	FUZZ_MUST(set != NULL && set->count <= SIP_COUNTOF(order));
	sip_rand_init_seed(&rand, 1);
	if (type == DNS_TYPE_SRV)
		(void)dns__order_srv(&rand, set, order);
	if (type == DNS_TYPE_NAPTR)
		(void)dns__order_naptr(set, order);
	dns_rrset_unref(&set);
}

/* ---- credentials ------------------------------------------------------------------------------------------------------- */

void fuzz_auth(struct sip_str in)
{
	struct sip_nonces_options no;
	struct sip_nonces *nonces = NULL;
	struct sip_digest_hash *hash = NULL;
	struct sip_credentials c;
	struct sip_challenge challenge;
	struct sip_buf b;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 1);
	sip_nonces_options_init(&no);
	no.rand = &rand;
	FUZZ_MUST(sip_digest_hash_create(&hash) == SIP_OK && sip_nonces_create(&no, &nonces) == SIP_OK);
	if (sip_credentials_parse(in, &c) == SIP_OK) {
		fuzz_either(sip_credentials_verify(&c, hash, SIP_STR("0123456789abcdef0123456789abcdef"), SIP_STR("INVITE"), in));
		(void)sip_nonces_peek(nonces, hash, c.realm, c.nonce, 5);
		(void)sip_nonces_check(nonces, hash, c.realm, c.nonce, c.nc, 5);
	}
	if (sip_challenge_parse(in, &challenge) == SIP_OK) {
		struct sip_credentials_input ci = { .user = in, .password = in, .method = SIP_STR_INIT("INVITE"),
						    .uri = SIP_STR_INIT("sip:a"), .cnonce = SIP_STR_INIT("c"), .nc = 1 };
		sip_buf_init(&b, 0);
		sip_challenge_put(&b, &challenge);
		FUZZ_MUST(b.err == SIP_OK);
		sip_buf_fini(&b);
		sip_buf_init(&b, 0);
		fuzz_either(sip_challenge_answer(&challenge, hash, &ci, &b));
		sip_buf_fini(&b);
	}
	sip_nonces_unref(&nonces);
	sip_digest_hash_destroy(&hash);
}

/* ---- settings ---------------------------------------------------------------------------------------------------------- */

static void on_issue(void *arg, const struct sip_settings_issue *issue)
{
	(void)arg;
	(void)issue;
}

void fuzz_settings(struct sip_str in)
{
	struct repro_config *config = NULL;
	char path[64];
	int fd = memfd_create("settings", MFD_CLOEXEC);

	FUZZ_MUST(fd >= 0 && write(fd, in.p ? in.p : "", in.len) == (ssize_t)in.len);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (repro_config_load(path, NULL, 0, on_issue, NULL, &config) == SIP_OK)
		FUZZ_MUST(config != NULL);
	repro_config_unref(&config);
	close(fd);
}

/* ---- branches ---------------------------------------------------------------------------------------------------------- */

void fuzz_branch(struct sip_str in)
{
	struct sip_packet *packet = fuzz_packet(in);
	struct sip_message *m = NULL;
	struct sip_str extra;
	struct sip__key k;
	enum sip_err err;
	uint64_t token;

	(void)sip__branch_parse(&key, in, &token, &extra);
	(void)sip_frame_datagram(packet, &sip_limits_default, &m, &err);
	if (m) {
		FUZZ_MUST(sip_shard_of(&key, 64, m) < 64);
		(void)sip__key_of(&key, m, &k);
	}
	sip_message_unref(&m);
	sip_packet_unref(&packet);
}
