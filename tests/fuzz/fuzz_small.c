/* Targets of a few lines: DNS answers, credentials, settings, branches. */
#include "dns/dns_priv.h"
#include "repro/config/config.h"
#include "stack/security/challenge.h"
#include "stack/security/nonce.h"
#include "stack/transaction/transaction_priv.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct sip_hash_key key = { { 7, 9 } };

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
