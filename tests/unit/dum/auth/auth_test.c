/* Runs the unit tests of dum/auth; the rig they share. */
#include "tests/unit/dum/auth/auth_test.h"

#include <stdio.h>

enum sip_err rig_open(struct rig *r)
{
	struct sip_nonces_options o;
	enum sip_err err;

	memset(r, 0, sizeof *r);
	sip_rand_init_seed(&r->rand, 11);
	dum_client_auth_init(&r->client);
	err = sip_digest_hash_create(&r->h);
	sip_nonces_options_init(&o);
	o.rand = &r->rand;
	o.lifetime_us = 60000000;
	if (err == SIP_OK)
		err = sip_nonces_create(&o, &r->nonces);
	if (err == SIP_OK)
		err = dum_profile_create(NULL, &r->profile);
	dum_server_auth_init(&r->server, SIP_STR("biloxi.com"), r->nonces);
	return err;
}

void rig_close(struct rig *r)
{
	sip_message_unref(&r->request);
	sip_message_unref(&r->response);
	dum_client_auth_fini(&r->client);
	dum_profile_unref(&r->profile);
	sip_nonces_unref(&r->nonces);
	sip_digest_hash_destroy(&r->h);
}

static enum sip_err parse(const char *text, struct sip_message **out)
{
	struct sip_packet *packet = sip_packet_copy(text, strlen(text));
	enum sip_err err = packet ? sip_message_parse(packet, 0, strlen(text), &sip_limits_default, out) : SIP_E_NOMEM;

	sip_packet_unref(&packet);
	return err;
}

enum sip_err rig_request(struct rig *r, const char *method, const char *body)
{
	char text[2000];
	enum sip_err err;

	sip_message_unref(&r->request);
	snprintf(text, sizeof text,
		 "%s sip:bob@biloxi.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:bob@biloxi.com>;tag=1\r\n"
		 "To: <sip:bob@biloxi.com>\r\nCall-ID: 1\r\nCSeq: 1 %s\r\nContent-Length: %zu\r\n\r\n%s",
		 method, method, strlen(body), body);
	err = parse(text, &r->request);
	return err == SIP_OK ? dum_client_auth_add(&r->client, r->request, r->profile, r->h, &r->rand) : err;
}

enum sip_err rig_add_field(struct sip_message *m, enum sip_header id, const char *value)
{
	return sip_message_add(m, id, sip_str_of(value));
}

enum sip_err rig_response(struct rig *r, unsigned status, const char *lines)
{
	char text[6000];

	sip_message_unref(&r->response);
	snprintf(text, sizeof text,
		 "SIP/2.0 %u Whatever\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:bob@biloxi.com>;tag=1\r\n"
		 "To: <sip:bob@biloxi.com>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n",
		 status, lines);
	return parse(text, &r->response);
}

enum dum_server_auth_verdict rig_serve(struct rig *r, const char *password, int64_t now_us)
{
	struct dum_server_claim claim;
	char ha1[SIP_DIGEST_HEX_MAX];
	enum dum_server_auth_verdict verdict = dum_server_auth_check(&r->server, r->request, r->h, now_us, &claim);

	if (verdict != DUM_SERVER_AUTH_NEED_CREDENTIALS)
		return verdict;
	UNIT_STR(sip_str_make(claim.user, claim.user_len), "bob");
	if (sip_digest_ha1(r->h, claim.credentials.algorithm, SIP_STR("bob"), r->server.realm, sip_str_of(password), ha1) != SIP_OK)
		return DUM_SERVER_AUTH_FAILED;
	return dum_server_auth_verify(&r->server, r->request, &claim, sip_str_of(ha1), r->h, now_us);
}

enum sip_err rig_on_challenge(struct rig *r)
{
	return dum_client_auth_on_challenge(&r->client, r->response, r->request, r->profile, r->h);
}

enum sip_err rig_on_response(struct rig *r)
{
	return dum_client_auth_on_response(&r->client, r->response, r->request, r->profile, r->h);
}

enum sip_err rig_challenge(struct rig *r, bool is_stale, int64_t now_us)
{
	enum sip_err err;

	sip_message_unref(&r->response);
	err = sip_response_make(r->request, dum_server_auth_status(&r->server), NULL, SIP_STR("2"), &r->response);
	if (err == SIP_OK)
		err = dum_server_auth_put_challenges(&r->server, r->response, r->h, now_us, is_stale);
	return err == SIP_OK ? rig_on_challenge(r) : err;
}

bool rig_credentials(const struct rig *r, enum sip_header id, size_t n, struct sip_credentials *out)
{
	struct sip_str value;

	return sip_message_value(r->request, id, n, &value) && sip_credentials_parse(value, out) == SIP_OK;
}

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &client_auth_suite, &server_auth_suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
