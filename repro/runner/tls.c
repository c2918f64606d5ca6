/*
 * Certificates, keys, authorities and revocation lists of all listeners, read as one: what the settings name makes a whole set of
 * contexts, or none. On the main thread; running transports are handed theirs.
 */
#include "repro/runner/runner_priv.h"

struct names { /* a comma list as C strings */
	struct sip_buf text;
	const char *list[REPRO_FILES_MAX];
	size_t count;
};

static enum sip_err names_split(struct names *n, const char *text)
{
	struct sip_str rest = sip_str_of(text), piece;

	memset(n, 0, sizeof *n);
	sip_buf_init(&n->text, 0);
	while (sip_str_cut(&rest, ',', &piece)) {
		sip_buf_put_str(&n->text, piece);
		sip_buf_put_char(&n->text, '\0');
	}
	if (n->text.err != SIP_OK)
		return n->text.err;
	for (size_t at = 0; at < n->text.len && n->count < REPRO_FILES_MAX; at += strlen(n->text.p + at) + 1)
		if (n->text.p[at])
			n->list[n->count++] = n->text.p + at;
	return SIP_OK;
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static enum sip_err load_keystore(const struct repro_settings *set, const struct repro_tls *t, struct sip_buf *why,
				  struct sip_keystore **out)
{
	struct sip_keystore_pair pair = { or_null(t->domain), t->certificate, or_null(t->key), or_null(t->passphrase), or_null(t->ocsp) };
	struct sip_keystore_options o;
	struct names files, folders, crls;
	enum sip_err err = names_split(&files, set->ca_file), second = names_split(&folders, set->ca_directory),
		     third = names_split(&crls, set->tls_crl);

	sip_keystore_options_init(&o);
	o.pairs = &pair;
	o.pair_count = t->certificate[0] ? 1 : 0;
	o.authorities = files.list;
	o.authority_count = files.count;
	o.authority_folders = folders.list;
	o.authority_folder_count = folders.count;
	o.folder = or_null(set->certificate_path);
	o.has_system_authorities = !files.count && !folders.count && !o.folder;
	o.crls = crls.list;
	o.crl_count = crls.count;
	if (err == SIP_OK && second == SIP_OK && third == SIP_OK)
		err = sip_keystore_load(&o, why, out);
	else
		err = SIP_E_NOMEM;
	sip_buf_fini(&files.text);
	sip_buf_fini(&folders.text);
	sip_buf_fini(&crls.text);
	return err;
}

static enum sip_err make_context(const struct repro_settings *set, const struct repro_listener *l, struct sip_keystore *keystore,
				 struct sip_tls_context *before, struct sip_buf *why, struct sip_tls_context **out)
{
	static const enum sip_tls_verify clients[] = {
		[REPRO_TLS_NONE] = SIP_TLS_VERIFY_NONE,
		[REPRO_TLS_OPTIONAL] = SIP_TLS_VERIFY_OPTIONAL,
		[REPRO_TLS_MANDATORY] = SIP_TLS_VERIFY_MANDATORY,
	};
	struct sip_tls_options o;

	sip_tls_options_init(&o);
	o.keystore = keystore;
	o.is_datagram = l->kind == SIP_TRANSPORT_DTLS;
	o.domain = sip_str_of(l->tls.domain);
	o.clients = clients[l->tls.clients];
	if (l->tls.method == REPRO_TLS_1_2 || o.is_datagram)
		o.ceiling = SIP_TLS_1_2;
	if (l->tls.method == REPRO_TLS_1_3)
		o.floor = SIP_TLS_1_3;
	o.ciphers = or_null(set->tls_ciphers);
	o.suites = or_null(set->tls_suites);
	o.allows_wildcards = set->tls_wildcards;
	o.keylog = or_null(set->tls_keylog);
	return sip_tls_context_create(&o, before, why, out);
}

static bool shows_the_same(const struct repro_tls *a, const struct repro_tls *b)
{
	return strcmp(a->domain, b->domain) == 0 && strcmp(a->certificate, b->certificate) == 0 && strcmp(a->key, b->key) == 0 &&
	       strcmp(a->passphrase, b->passphrase) == 0 && strcmp(a->ocsp, b->ocsp) == 0;
}

static bool is_the_same(const struct repro_listener *a, const struct repro_listener *b)
{
	return sip_transport_kinds[a->kind].is_stream == sip_transport_kinds[b->kind].is_stream && a->tls.clients == b->tls.clients &&
	       a->tls.method == b->tls.method && shows_the_same(&a->tls, &b->tls);
}

struct sip_tls_context *repro__tls_find(const struct repro__tls *t, const struct repro_listener *l)
{
	for (size_t i = 0; t->config && i < t->config->listener_count; i++)
		if (t->config->listeners[i].kind == l->kind && sip_addr_eq(&t->config->listeners[i].bind, &l->bind))
			return t->contexts[i];
	return NULL;
}

/* Listeners of the same settings share what is read and made of them. */
static enum sip_err load_listener(struct repro__tls *t, size_t i, struct sip_keystore **keystores, const struct repro__tls *before,
				  struct sip_buf *why)
{
	const struct repro_listener *all = t->config->listeners;
	enum sip_err err = SIP_OK;
	int64_t expires;

	for (size_t k = 0; k < i; k++) {
		if (t->contexts[k] && is_the_same(&all[i], &all[k])) {
			t->contexts[i] = t->contexts[k];
			sip_tls_context_ref(t->contexts[i]);
			return SIP_OK;
		}
		if (keystores[k] && !keystores[i] && shows_the_same(&all[i].tls, &all[k].tls)) {
			keystores[i] = keystores[k];
			sip_keystore_ref(keystores[i]);
		}
	}
	if (!keystores[i])
		err = load_keystore(&t->config->set, &all[i].tls, why, &keystores[i]);
	if (err != SIP_OK)
		return err;
	expires = sip_keystore_expires(keystores[i]);
	if (expires && (!t->expires_s || expires < t->expires_s))
		t->expires_s = expires;
	return make_context(&t->config->set, &all[i], keystores[i], before ? repro__tls_find(before, &all[i]) : NULL, why,
			    &t->contexts[i]);
}

enum sip_err repro__tls_load(struct repro__tls *t, struct repro_config *config, const struct repro__tls *before, struct sip_buf *why)
{
	struct sip_keystore *keystores[REPRO_LISTENERS_MAX] = { NULL };
	enum sip_err err = SIP_OK;

	memset(t, 0, sizeof *t);
	t->config = config;
	repro_config_ref(config);
	for (size_t i = 0; i < config->listener_count && err == SIP_OK; i++)
		if (sip_transport_kinds[config->listeners[i].kind].is_secure)
			err = load_listener(t, i, keystores, before, why);
	for (size_t i = 0; i < config->listener_count; i++)
		sip_keystore_unref(&keystores[i]);
	if (err == SIP_OK)
		return err;
	if (!why->len)
		sip_buf_put_z(why, sip_err_text(err));
	repro__tls_fini(t);
	return err;
}

void repro__tls_fini(struct repro__tls *t)
{
	for (size_t i = 0; t->config && i < t->config->listener_count; i++)
		sip_tls_context_unref(&t->contexts[i]);
	if (t->config)
		repro_config_unref(&t->config);
}
