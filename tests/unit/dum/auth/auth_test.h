/* What the unit tests of dum/auth share: a client and a server without a wire between them. */
#ifndef TESTS_UNIT_DUM_AUTH_AUTH_TEST_H
#define TESTS_UNIT_DUM_AUTH_AUTH_TEST_H

#include "dum/auth/auth.h"
#include "tests/support/unit.h"

extern const struct unit_suite client_auth_suite, server_auth_suite;

#define RIG_NOW INT64_C(5000000)

struct rig {
	struct sip_rand rand;
	struct sip_digest_hash *h;
	struct sip_nonces *nonces;
	struct dum_profile *profile;
	struct dum_client_auth client;
	struct dum_server_auth server;
	struct sip_message *request, *response; /* the last ones */
};

/* Realm biloxi.com, bob's password is zanzibar at the server; the profile is empty. */
enum sip_err rig_open(struct rig *r) SIP_MUST_USE;
void rig_close(struct rig *r);
/* A new request with what the client puts on it before it is asked. */
enum sip_err rig_request(struct rig *r, const char *method, const char *body) SIP_MUST_USE;
enum sip_err rig_add_field(struct sip_message *m, enum sip_header id, const char *value) SIP_MUST_USE;
/* A response to it, with header lines of its own, each ended by a line end. */
enum sip_err rig_response(struct rig *r, unsigned status, const char *lines) SIP_MUST_USE;
/* Both steps of the server, with bob's HA1 of `password`. */
enum dum_server_auth_verdict rig_serve(struct rig *r, const char *password, int64_t now_us);
/* The server challenges the request; the client's word about it. */
enum sip_err rig_challenge(struct rig *r, bool is_stale, int64_t now_us) SIP_MUST_USE;
/* The n-th credentials on the request. */
bool rig_credentials(const struct rig *r, enum sip_header id, size_t n, struct sip_credentials *out);
enum sip_err rig_on_challenge(struct rig *r) SIP_MUST_USE;
enum sip_err rig_on_response(struct rig *r) SIP_MUST_USE;

#endif
