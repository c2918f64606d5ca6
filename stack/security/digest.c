/*
 * The arithmetic of digest authentication. Runs on the caller's loop, keeps nothing.
 * RFC 7616 3.4.1 … 3.4.3, RFC 8760 2.3; RFC 2069 2.1.2 where there is no qop.
 */
#include "stack/security/security.h"

static void add_pair(struct sip_digest_hash *h, struct sip_str s)
{
	sip_digest_hash_add(h, SIP_STR(":"));
	sip_digest_hash_add(h, s);
}

enum sip_err sip_digest_ha1(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm, struct sip_str user,
			    struct sip_str realm, struct sip_str password, char out[SIP_DIGEST_HEX_MAX])
{
	sip_digest_hash_begin(h, algorithm);
	sip_digest_hash_add(h, user);
	add_pair(h, realm);
	add_pair(h, password);
	return sip_digest_hash_end_hex(h, out);
}

/* H(HA1:nonce:cnonce), RFC 7616 3.4.2. */
static enum sip_err session_ha1(struct sip_digest_hash *h, const struct sip_digest_input *in,
				char out[SIP_DIGEST_HEX_MAX])
{
	sip_digest_hash_begin(h, in->algorithm);
	sip_digest_hash_add(h, in->ha1);
	add_pair(h, in->nonce);
	add_pair(h, in->cnonce);
	return sip_digest_hash_end_hex(h, out);
}

/* H(A2), RFC 7616 3.4.3. */
static enum sip_err request_hash(struct sip_digest_hash *h, const struct sip_digest_input *in,
				 char out[SIP_DIGEST_HEX_MAX])
{
	char body[SIP_DIGEST_HEX_MAX];
	enum sip_err err;
	if (in->qop == SIP_QOP_AUTH_INT) {
		sip_digest_hash_begin(h, in->algorithm);
		sip_digest_hash_add(h, in->body);
		err = sip_digest_hash_end_hex(h, body);
		if (err != SIP_OK)
			return err;
	}
	sip_digest_hash_begin(h, in->algorithm);
	sip_digest_hash_add(h, in->method);
	add_pair(h, in->uri);
	if (in->qop == SIP_QOP_AUTH_INT)
		add_pair(h, sip_str_of(body));
	return sip_digest_hash_end_hex(h, out);
}

enum sip_err sip_digest_response(struct sip_digest_hash *h, const struct sip_digest_input *in,
				 char out[SIP_DIGEST_HEX_MAX])
{
	char session[SIP_DIGEST_HEX_MAX];
	char request[SIP_DIGEST_HEX_MAX];
	struct sip_str ha1 = in->ha1;
	enum sip_err err = request_hash(h, in, request);
	if (err == SIP_OK && in->is_session) {
		err = session_ha1(h, in, session);
		ha1 = sip_str_make(session, 2 * sip_digest_hash_size(in->algorithm));
	}
	if (err != SIP_OK)
		return err;
	sip_digest_hash_begin(h, in->algorithm);
	sip_digest_hash_add(h, ha1);
	add_pair(h, in->nonce);
	if (in->qop != SIP_QOP_NONE) {
		add_pair(h, in->nc);
		add_pair(h, in->cnonce);
		add_pair(h, in->qop == SIP_QOP_AUTH ? SIP_STR("auth") : SIP_STR("auth-int"));
	}
	add_pair(h, sip_str_of(request));
	return sip_digest_hash_end_hex(h, out);
}
