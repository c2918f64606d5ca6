/*
 * Judging the peer: its chain (RFC 5280), the use of its certificate (RFC 5924), its name (RFC 5922 7.3), and what is stapled
 * (RFC 6066 8). Called by OpenSSL from a session's handshake, on that session's loop.
 */
#include "stack/crypto/crypto_priv.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

enum { OCSP_SKEW = 300 /* seconds a responder's clock may be off */, JUDGED_MOST = 24 * 60 * 60 /* seconds ago */ };

static const struct trouble_row {
	int code;
	const char *text;
} trouble_rows[] = {
#define SIP_TLS_CERT_TROUBLE(code, text) { code, text },
#include "stack/crypto/tls_cert_trouble_table.h"
#undef SIP_TLS_CERT_TROUBLE
};

static const char *trouble_text(int code)
{
	for (size_t i = 0; i < SIP_COUNTOF(trouble_rows); i++)
		if (trouble_rows[i].code == code)
			return trouble_rows[i].text;
	return NULL;
}

static void tell(struct sip_tls_session *s, X509 *cert, const char *text, const char *detail)
{
	char room[256];
	struct sip_buf title;
	sip_buf_init_fixed(&title, room, sizeof(room));
	if (cert)
		sip__cert_put_title(cert, &title);
	if (!cert || title.err != SIP_OK) {
		sip_buf_clear(&title);
		SIP_BUF_LIT(&title, "the peer");
	}
	(void)sip__tls_session_because(s, SIP_E_DENIED, "the certificate of %.*s %s%s", (int)title.len, title.p, text, detail);
}

/* ---- chain and name ---------------------------------------------------------------------------------------------------- */

/* A certificate for SIP domains alone is for neither of the uses OpenSSL knows, and good (RFC 5924 5). */
static int on_chain_trouble(int ok, X509_STORE_CTX *chain)
{
	if (ok || X509_STORE_CTX_get_error(chain) != X509_V_ERR_INVALID_PURPOSE)
		return ok;
	if (!sip__cert_is_sip(X509_STORE_CTX_get_current_cert(chain)))
		return 0;
	X509_STORE_CTX_set_error(chain, X509_V_OK);
	return 1;
}

/* "… names evil.example, not sip.example.com" */
static void tell_name(struct sip_tls_session *s, X509 *cert)
{
	char room[256];
	struct sip_buf names;
	sip_buf_init_fixed(&names, room, sizeof(room));
	if (!sip__cert_identity(cert, 0, &names))
		SIP_BUF_LIT(&names, "no SIP domain");
	if (names.err != SIP_OK) {
		sip_buf_clear(&names);
		SIP_BUF_LIT(&names, "another");
	}
	(void)sip__tls_session_because(s, SIP_E_DENIED, "the certificate names %.*s, not %s", (int)names.len, names.p, s->name);
}

static bool is_named(struct sip_tls_session *s, X509 *cert)
{
	if (!sip__tls_session_is_client(s) || sip__cert_is_for(cert, sip_str_of(s->name), s->context->allows_wildcards))
		return true;
	tell_name(s, cert);
	return false;
}

/*
 * What is judged here, and the staple, nobody judges again when the session is resumed, and one that is brings a new ticket: so the
 * time of it stays with the session and goes on with all that come of it, in our tickets and in what a client remembers.
 */
static bool note_time(SSL_SESSION *session)
{
	int64_t now = sip__cert_time_now();
	return now >= 0 && SSL_SESSION_set1_ticket_appdata(session, &now, sizeof(now)) == 1;
}

bool sip__tls_verify_is_fresh(SSL_SESSION *session)
{
	void *noted = NULL;
	size_t len = 0;
	int64_t judged, now = sip__cert_time_now();
	(void)SSL_SESSION_get0_ticket_appdata(session, &noted, &len);
	if (len != sizeof(judged))
		return now >= 0;
	memcpy(&judged, noted, sizeof(judged));
	return now >= judged && now - judged <= JUDGED_MOST;
}

int sip__tls_verify(X509_STORE_CTX *chain, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct sip_tls_session *s = sip__tls_session_of(ssl);
	(void)arg;
	X509_STORE_CTX_set_verify_cb(chain, on_chain_trouble);
	int ok = X509_verify_cert(chain);
	if (ok > 0 && !is_named(s, X509_STORE_CTX_get0_cert(chain))) {
		X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
		return 0;
	}
	if (ok > 0 && note_time(SSL_get_session(ssl)))
		return 1;
	if (ok > 0)
		X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
	int code = X509_STORE_CTX_get_error(chain);
	const char *text = trouble_text(code);
	tell(s, X509_STORE_CTX_get_current_cert(chain), text ? text : "is not accepted: ", text ? "" : X509_verify_cert_error_string(code));
	return 0;
}

enum sip_err sip__tls_verify_resumed(struct sip_tls_session *s)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	if (!cert)
		return SIP_OK;
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
		tell(s, cert, trouble_text(X509_V_ERR_CERT_HAS_EXPIRED), "");
		return SIP_E_DENIED;
	}
	return is_named(s, cert) ? SIP_OK : SIP_E_DENIED;
}

/* ---- staples ----------------------------------------------------------------------------------------------------------- */

/* Is this answer about the certificate that `issuer` signed? Its hash is the responder's choice. */
static bool is_about(OCSP_SINGLERESP *single, X509 *cert, X509 *issuer)
{
	union { const OCSP_CERTID *known; OCSP_CERTID *id; } theirs = { OCSP_SINGLERESP_get0_id(single) };
	ASN1_OBJECT *hash = NULL;
	OCSP_id_get0_info(NULL, &hash, NULL, NULL, theirs.id);
	const EVP_MD *md = EVP_get_digestbyobj(hash);
	OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, cert, issuer) : NULL;
	bool is_same = ours && OCSP_id_cmp(ours, theirs.id) == 0;
	OCSP_CERTID_free(ours);
	return is_same;
}

/* What is wrong with the answer, or NULL; it follows "the certificate of NAME". */
static const char *check_answer(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer)
{
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		if (!is_about(single, cert, issuer))
			continue;
		int status = OCSP_single_get0_status(single, NULL, NULL, &from, &until);
		if (OCSP_check_validity(from, until, OCSP_SKEW, until ? -1 : SIP__STAPLE_AGE_MOST) != 1)
			return "has a stapled OCSP response that is out of date";
		if (status == V_OCSP_CERTSTATUS_REVOKED)
			return "has been revoked, says its stapled OCSP response";
		return status == V_OCSP_CERTSTATUS_GOOD ? NULL : "is not known to its OCSP responder";
	}
	return "has a stapled OCSP response about another";
}

static const char *check_staple(SSL *ssl, X509 *cert, const unsigned char *bytes, long len)
{
	const char *trouble = "has a stapled OCSP response that is broken";
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, len);
	OCSP_BASICRESP *basic = NULL;
	if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic && sk_X509_num(chain) > 0) {
		X509 *issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
		trouble = "has a stapled OCSP response nobody we trust has signed";
		if (OCSP_basic_verify(basic, chain, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), 0) == 1)
			trouble = check_answer(basic, cert, issuer);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return trouble;
}

static int judge_staple(struct sip_tls_session *s)
{
	const unsigned char *bytes = NULL;
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	/* Who resumes has been judged. */
	if (SSL_session_reused(s->ssl))
		return 1;
	long len = SSL_get_tlsext_status_ocsp_resp(s->ssl, &bytes);
	const char *trouble = NULL;
	if (!bytes || len <= 0)
		trouble = s->context->demands_staple ? "has no stapled OCSP response" : NULL;
	else
		trouble = cert ? check_staple(s->ssl, cert, bytes, len) : "is missing";
	if (trouble)
		tell(s, cert, trouble, "");
	return trouble == NULL;
}

static int staple(struct sip_tls_session *s)
{
	const struct sip__pair *pair = s->pair ? s->pair : s->context->own;
	if (!pair || pair->ocsp.len == 0)
		return SSL_TLSEXT_ERR_NOACK;
	/* One out of date would be refused where none is not. */
	int64_t now = sip__cert_time_now();
	if (now < 0 || now > pair->ocsp_until)
		return SSL_TLSEXT_ERR_NOACK;
	unsigned char *copy = OPENSSL_memdup(pair->ocsp.p, pair->ocsp.len); /* OpenSSL frees it */
	if (!copy)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	SSL_set_tlsext_status_ocsp_resp(s->ssl, copy, (long)pair->ocsp.len);
	return SSL_TLSEXT_ERR_OK;
}

int sip__tls_on_status(SSL *ssl, void *arg)
{
	struct sip_tls_session *s = sip__tls_session_of(ssl);
	(void)arg;
	return sip__tls_session_is_client(s) ? judge_staple(s) : staple(s);
}
