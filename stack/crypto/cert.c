/*
 * The names in a certificate: which SIP domains it speaks for (RFC 5922 7.1), whether one of them is the domain one wants
 * (7.2), and whether it may be used in SIP (RFC 5924 5). No state, any thread.
 */
#include "stack/crypto/crypto_priv.h"

#include <openssl/x509v3.h>

/* false: enough. */
typedef bool (*name_fn)(void *arg, struct sip_str name);

static struct sip_str text_of(const ASN1_STRING *s)
{
	return sip_str_make((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* What may stand in a name we compare and show; no zero byte in the middle, above all. */
static bool is_name(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = sip_char_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (c == '\0' || !strchr(".-_*:[]", c)))
			return false;
	}
	return s.len > 0;
}

/* The hostpart of a SIP URI without a userpart: with one it names a person, no domain (RFC 5922 7.1). */
static bool domain_of_uri(struct sip_str uri, struct sip_str *domain)
{
	struct sip_str scheme = SIP_STR("sip:");
	if (!sip_str_starts_nocase(uri, scheme) || sip_str_find(uri, '@') < uri.len)
		return false;
	struct sip_str rest = sip_str_from(uri, scheme.len);
	size_t n = 0;
	bool in_brackets = false;
	for (; n < rest.len; n++) {
		char c = rest.p[n];
		if (c == ';' || c == '?' || (c == ':' && !in_brackets))
			break;
		in_brackets = (in_brackets || c == '[') && c != ']';
	}
	*domain = sip_str_make(rest.p, n);
	return is_name(*domain);
}

static bool uri_name(const GENERAL_NAME *g, struct sip_str *name)
{
	return g->type == GEN_URI && domain_of_uri(text_of(g->d.uniformResourceIdentifier), name);
}

static bool dns_name(const GENERAL_NAME *g, struct sip_str *name)
{
	if (g->type != GEN_DNS)
		return false;
	*name = text_of(g->d.dNSName);
	return is_name(*name);
}

/* Gives fn every name of one kind; how many there are. */
static size_t each_of(const GENERAL_NAMES *names, bool (*get)(const GENERAL_NAME *g, struct sip_str *name), name_fn fn,
		      void *arg, bool *is_enough)
{
	size_t count = 0;
	struct sip_str name;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !*is_enough; i++) {
		if (!get(sk_GENERAL_NAME_value(names, i), &name))
			continue;
		count++;
		*is_enough = !fn(arg, name);
	}
	return count;
}

/* The common name, allowed where there is no subjectAltName at all, "for backward compatibility" (7.1). */
static void common_name(X509 *cert, name_fn fn, void *arg)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return;
	struct sip_str name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (is_name(name))
		(void)fn(arg, name);
}

/* `has_all`: also the DNS names that are no SIP identities, because there is a SIP URI beside them. */
static void each_name(X509 *cert, bool has_all, name_fn fn, void *arg)
{
	int critical;
	bool is_enough = false;
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	if (!names) {
		if (critical == -1) /* there is none; else it is one nobody can read */
			common_name(cert, fn, arg);
		return;
	}
	if (each_of(names, uri_name, fn, arg, &is_enough) == 0 || has_all)
		each_of(names, dns_name, fn, arg, &is_enough);
	GENERAL_NAMES_free(names);
}

/* ---- comparing (7.2) --------------------------------------------------------------------------------------------------- */

struct wanted {
	struct sip_str domain;
	bool allows_wildcards;
	bool is_found;
};

static struct sip_str without_root(struct sip_str s)
{
	return s.len > 1 && s.p[s.len - 1] == '.' ? sip_str_make(s.p, s.len - 1) : s;
}

/* "*.example.com" for one label before example.com, and for no top-level domain as a whole. */
static bool is_covered(struct sip_str pattern, struct sip_str domain)
{
	size_t dot = sip_str_find(domain, '.');
	if (pattern.len < 3 || memcmp(pattern.p, "*.", 2) != 0 || dot == 0 || dot == domain.len)
		return false;
	struct sip_str parent = sip_str_from(pattern, 1);
	return sip_str_find(sip_str_from(parent, 1), '.') + 1 < parent.len && sip_str_eq_nocase(parent, sip_str_from(domain, dot));
}

static bool on_name(void *arg, struct sip_str name)
{
	struct wanted *w = arg;
	name = without_root(name);
	w->is_found = sip_str_eq_nocase(name, w->domain) || (w->allows_wildcards && is_covered(name, w->domain));
	return !w->is_found;
}

static struct sip_str addr_bytes(const struct sip_addr *a)
{
	if (sip_addr_family(a) == AF_INET)
		return sip_str_make((const char *)&a->u.in.sin_addr, sizeof(a->u.in.sin_addr));
	return sip_str_make((const char *)&a->u.in6.sin6_addr, sizeof(a->u.in6.sin6_addr));
}

static bool has_addr(X509 *cert, const struct sip_addr *addr)
{
	bool is_found = false;
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !is_found; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		is_found = g->type == GEN_IPADD && sip_str_eq(text_of(g->d.iPAddress), addr_bytes(addr));
	}
	GENERAL_NAMES_free(names);
	return is_found;
}

bool sip__cert_is_for(X509 *cert, struct sip_str domain, bool allows_wildcards)
{
	struct sip_addr addr;
	struct wanted w = { without_root(domain), allows_wildcards, false };
	each_name(cert, false, on_name, &w);
	if (!w.is_found && sip_addr_parse(&addr, domain, 0) == SIP_OK)
		w.is_found = has_addr(cert, &addr);
	return w.is_found;
}

/* ---- one after the other ----------------------------------------------------------------------------------------------- */

struct nth {
	size_t left;
	struct sip_buf *out;
	bool is_found;
};

static bool on_nth(void *arg, struct sip_str name)
{
	struct nth *n = arg;
	if (n->left-- > 0)
		return true;
	n->is_found = true;
	sip_buf_put_str(n->out, without_root(name));
	return false;
}

static bool put_nth(X509 *cert, bool has_all, size_t n, struct sip_buf *out)
{
	struct nth nth = { n, out, false };
	each_name(cert, has_all, on_nth, &nth);
	return nth.is_found;
}

bool sip__cert_identity(X509 *cert, size_t n, struct sip_buf *out)
{
	return put_nth(cert, false, n, out);
}

bool sip__cert_shown_name(X509 *cert, size_t n, struct sip_buf *out)
{
	return put_nth(cert, true, n, out);
}

void sip__cert_put_title(X509 *cert, struct sip_buf *out)
{
	char subject[128];
	if (sip__cert_identity(cert, 0, out))
		return;
	/* What is not printable comes out as \xHH. */
	X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof(subject));
	sip_buf_put_z(out, subject[0] ? subject : "nobody");
}

/* ---- what it is for (RFC 5924) ----------------------------------------------------------------------------------------- */

static bool is_sip_purpose(const ASN1_OBJECT *purpose)
{
	char text[40];
	OBJ_obj2txt(text, sizeof(text), purpose, 1);
	/* id-kp-sipDomain (4.1) */
	return strcmp(text, "1.3.6.1.5.5.7.3.20") == 0 || OBJ_obj2nid(purpose) == NID_anyExtendedKeyUsage;
}

bool sip__cert_is_sip(X509 *cert)
{
	bool is_found = false;
	EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; i < sk_ASN1_OBJECT_num(purposes) && !is_found; i++)
		is_found = is_sip_purpose(sk_ASN1_OBJECT_value(purposes, i));
	EXTENDED_KEY_USAGE_free(purposes);
	/* What OpenSSL asks of the key usage of those it knows, it must have as well. */
	return is_found && (X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT | KU_KEY_CERT_SIGN));
}
