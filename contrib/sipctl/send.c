/*
 * sipctl options|register|message: one request over an embedded stack, once more with credentials
 * when it is challenged. Also an example of how little a user of libstack has to write.
 */
#include "contrib/sipctl/sipctl.h"

#include "stack/core/core.h"
#include "stack/crypto/tls.h"
#include "stack/security/security.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 2000

struct wish { /* the command line */
	const char *verb, *uri, *proxy, *from, *contact, *text, *transport, *user, *password, *algorithm;
	const char *ca, *cert, *key; /* PEM files */
	unsigned long expires, timeout;
	bool is_verbose;
};

struct job {
	struct wish wish;
	struct sip_stack *stack;
	struct sip_user *user;
	struct sip_tls_context *tls, *dtls; /* owned; NULL: they are not needed */
	struct sip_uri uri;
	char method[16];
	char request_uri[TEXT_MAX];
	char target[TEXT_MAX];
	char from[TEXT_MAX];
	char to[TEXT_MAX];
	char call_id[32];
	uint32_t cseq;
	bool has_answered_challenge;
	bool is_done;
	int status; /* exit status */
};

static int usage(void)
{
	fputs("usage: sipctl options|register|message URI [--proxy URI] [--from URI] [--contact URI] [--text TEXT]\n"
	      "              [--transport udp|tcp|tls|ws|wss|dtls] [--user NAME] [--password PASSWORD]\n"
	      "              [--algorithm MD5|SHA-256 (what a REGISTER asks to be challenged with)]\n"
	      "              [--ca FILE (authorities; else the system's)] [--cert FILE [--key FILE]]\n"
	      "              [--expires SECONDS] [--timeout SECONDS] [--verbose]\n",
	      stderr);
	return 2;
}

static bool read_options(struct wish *w, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **text;
		unsigned long *number;
	} options[] = {
		{ "--proxy", &w->proxy, NULL },	    { "--from", &w->from, NULL },
		{ "--contact", &w->contact, NULL }, { "--text", &w->text, NULL },
		{ "--transport", &w->transport, NULL }, { "--user", &w->user, NULL },
		{ "--password", &w->password, NULL }, { "--expires", NULL, &w->expires },
		{ "--timeout", NULL, &w->timeout },	    { "--algorithm", &w->algorithm, NULL },
		{ "--ca", &w->ca, NULL }, { "--cert", &w->cert, NULL },
		{ "--key", &w->key, NULL },
	};

	for (int i = 1; i < argc; i++) {
		size_t n = 0;
		if (strcmp(argv[i], "--verbose") == 0) {
			w->is_verbose = true;
			continue;
		}
		if (argv[i][0] != '-') {
			if (w->uri)
				return false;
			w->uri = argv[i];
			continue;
		}
		while (n < SIP_COUNTOF(options) && strcmp(options[n].name, argv[i]) != 0)
			n++;
		if (n == SIP_COUNTOF(options) || ++i == argc)
			return false;
		if (options[n].text)
			*options[n].text = argv[i];
		else
			*options[n].number = strtoul(argv[i], NULL, 10);
	}
	return w->uri != NULL;
}

/* ---- the request ------------------------------------------------------------------------------------------------------- */

static bool join(char out[TEXT_MAX], const char *a, const char *b, const char *c)
{
	int n = snprintf(out, TEXT_MAX, "%s%s%s", a, b, c);

	return n > 0 && n < TEXT_MAX;
}

/* The domain alone, and how it is reached. */
static void put_registrar(struct job *j)
{
	struct sip_str transport = j->uri.param[SIP_URI_PARAM_TRANSPORT];
	struct sip_buf b;

	sip_buf_init_fixed(&b, j->request_uri, TEXT_MAX);
	sip_buf_putf(&b, "%.*s:%.*s", SIP_STR_ARG(j->uri.scheme_text), SIP_STR_ARG(j->uri.host));
	if (j->uri.port)
		sip_buf_putf(&b, ":%u", (unsigned)j->uri.port);
	if (sip_uri_has_param(&j->uri, SIP_URI_PARAM_TRANSPORT))
		sip_buf_putf(&b, ";transport=%.*s", SIP_STR_ARG(transport));
	sip_buf_z(&b);
}

/* Where it goes: the proxy, or what the request names; by the transport that is wished. */
static bool put_target(struct job *j)
{
	const struct wish *w = &j->wish;
	struct sip_str text = sip_str_of(w->proxy ? w->proxy : j->request_uri);
	struct sip_uri uri;
	struct sip_buf b;
	bool is_good;

	sip_buf_init_fixed(&b, j->target, TEXT_MAX - 1);
	if (sip_uri_parse(text, &uri) == SIP_OK)
		sip_uri_put_request(&b, &uri);
	else
		sip_buf_put_str(&b, text);
	if (w->transport)
		sip_buf_putf(&b, ";transport=%s", w->transport);
	is_good = b.err == SIP_OK;
	j->target[is_good ? b.len : 0] = '\0';
	sip_buf_fini(&b);
	return is_good;
}

static bool fill_texts(struct job *j, struct sip_rand *rand)
{
	const struct wish *w = &j->wish;
	bool is_register = strcmp(w->verb, "register") == 0;
	char tag[9] = { 0 };
	const char *from = w->from ? w->from : is_register ? w->uri : "sip:sipctl@localhost";

	sip_rand_token(rand, tag, 8);
	sip_rand_token(rand, j->call_id, 20);
	for (size_t i = 0; w->verb[i] && i < sizeof j->method - 1; i++)
		j->method[i] = (char)(w->verb[i] & ~0x20);
	if (!is_register && !join(j->request_uri, w->uri, "", ""))
		return false;
	if (is_register)
		put_registrar(j);
	return put_target(j) && snprintf(j->from, TEXT_MAX, "<%s>;tag=%s", from, tag) < TEXT_MAX && join(j->to, "<", w->uri, ">");
}

static enum sip_err make_request(struct job *j, struct sip_message **out)
{
	const struct wish *w = &j->wish;
	struct sip_request_options o;
	char contact[TEXT_MAX], expires[24];
	bool is_star;
	enum sip_err err;

	sip_request_options_init(&o);
	o.method = sip_str_of(j->method);
	o.uri = sip_str_of(j->request_uri);
	o.from = sip_str_of(j->from);
	o.to = sip_str_of(j->to);
	o.call_id = sip_str_of(j->call_id);
	o.cseq = ++j->cseq;
	o.max_forwards = 70;
	is_star = w->contact && strcmp(w->contact, "*") == 0;
	if (w->contact && join(contact, is_star ? "" : "<", w->contact, is_star ? "" : ">"))
		o.contact = sip_str_of(contact);
	if (w->text) {
		o.content_type = SIP_STR("text/plain");
		o.body = sip_str_of(w->text);
	}
	err = sip_request_make(&o, out);
	if (err != SIP_OK || strcmp(w->verb, "register") != 0 || !w->contact)
		return err;
	(void)snprintf(expires, sizeof expires, "%lu", w->expires);
	return sip_message_add(*out, SIP_HEADER_EXPIRES, sip_str_of(expires));
}

static void finish(struct job *j, int status)
{
	j->status = status;
	j->is_done = true;
	sip_loop_stop(sip_stack_loop(j->stack, 0));
}

static void fail(struct job *j, const char *what, enum sip_err err)
{
	fprintf(stderr, "sipctl: %s: %s\n", what, sip_err_text(err));
	finish(j, 1);
}

static void send_request(struct job *j, struct sip_message **m)
{
	struct sip_target target;
	uint64_t tx;
	enum sip_err err;

	sip_target_init(&target);
	target.uri = sip_str_of(j->target);
	err = sip_user_request(j->user, m, &target, 0, &tx);
	if (err != SIP_OK)
		fail(j, "cannot send", err);
}

/* ---- the response ------------------------------------------------------------------------------------------------------ */

static enum sip_err add_credentials(struct job *j, struct sip_message *m, const struct sip_message *response)
{
	bool is_proxy = sip_message_status(response) == 407;
	struct sip_credentials_input in = { 0 };
	struct sip_digest_hash *hash = NULL;
	struct sip_challenge challenge;
	char cnonce[17] = { 0 };
	struct sip_buf value;
	enum sip_err err;

	err = sip_challenge_choose(response, is_proxy ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE,
				   &challenge);
	if (err == SIP_OK)
		err = sip_digest_hash_create(&hash);
	if (err != SIP_OK)
		return err;
	sip_rand_token(sip_loop_rand(sip_user_loop(j->user)), cnonce, 16);
	in.user = j->wish.user ? sip_str_of(j->wish.user) : j->uri.user;
	in.password = sip_str_of(j->wish.password);
	in.method = sip_str_of(j->method);
	in.uri = sip_str_of(j->request_uri);
	in.body = sip_message_body(m);
	in.cnonce = sip_str_of(cnonce);
	in.nc = 1;
	sip_buf_init(&value, 8192);
	err = sip_challenge_answer(&challenge, hash, &in, &value);
	if (err == SIP_OK)
		err = sip_message_add(m, is_proxy ? SIP_HEADER_PROXY_AUTHORIZATION : SIP_HEADER_AUTHORIZATION,
				      sip_buf_str(&value));
	sip_buf_fini(&value);
	sip_digest_hash_destroy(&hash);
	return err;
}

/* Credentials without a nonce name the algorithm we would like: a registrar that offers MD5 only to be safe may go by it. */
static enum sip_err announce_algorithm(const struct job *j, struct sip_message *m)
{
	const struct wish *w = &j->wish;
	struct sip_str user = w->user ? sip_str_of(w->user) : j->uri.user;
	struct sip_buf b;
	enum sip_err err;

	if (!w->password || strcmp(w->verb, "register") != 0 || strcmp(w->algorithm, "MD5") == 0)
		return SIP_OK;
	sip_buf_init(&b, 8192);
	sip_buf_putf(&b, "Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"\", uri=\"%s\", response=\"\", algorithm=%s",
		     SIP_STR_ARG(user), SIP_STR_ARG(j->uri.host), j->request_uri, w->algorithm);
	err = b.err == SIP_OK ? sip_message_add(m, SIP_HEADER_AUTHORIZATION, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err;
}

static void answer_challenge(struct job *j, const struct sip_message *response)
{
	struct sip_message *m = NULL;
	enum sip_err err = make_request(j, &m);

	j->has_answered_challenge = true;
	if (err == SIP_OK)
		err = add_credentials(j, m, response);
	if (err == SIP_OK)
		send_request(j, &m);
	else
		fail(j, "cannot answer the challenge", err);
	sip_message_unref(&m);
}

static void print_response(const struct job *j, const struct sip_message *m)
{
	struct sip_field field;
	struct sip_str contact;

	printf("%u %.*s\n", sip_message_status(m), SIP_STR_ARG(sip_message_reason(m)));
	if (j->wish.is_verbose) {
		for (size_t i = 0; i < sip_message_field_count(m); i++) {
			sip_message_field(m, i, &field);
			printf("%.*s: %.*s\n", SIP_STR_ARG(field.name), SIP_STR_ARG(field.value));
		}
		return;
	}
	for (size_t i = 0; sip_message_value(m, SIP_HEADER_CONTACT, i, &contact); i++)
		printf("Contact: %.*s\n", SIP_STR_ARG(contact));
}

static void on_event(void *arg, struct sip_user_event *e)
{
	struct job *j = arg;
	unsigned status;

	if (e->kind != SIP_USER_RESPONSE || j->is_done)
		return;
	status = sip_message_status(e->message);
	if (status < 200)
		return;
	if ((status == 401 || status == 407) && e->why == SIP_OK && j->wish.password && !j->has_answered_challenge) {
		answer_challenge(j, e->message);
		return;
	}
	if (e->why != SIP_OK)
		fprintf(stderr, "sipctl: %s\n", sip_err_text(e->why));
	else
		print_response(j, e->message);
	finish(j, e->why == SIP_OK && status < 300 ? 0 : 1);
}

/* ---- around it --------------------------------------------------------------------------------------------------------- */

static bool wants_nothing(void *arg, const struct sip_message *request)
{
	(void)arg;
	(void)request;
	return false;
}

/* Without a port and a transport a name's NAPTR may say TLS (RFC 3263 4.1). */
static bool may_use_tls(const struct job *j)
{
	const struct wish *w = &j->wish;
	struct sip_uri next = j->uri;
	struct sip_addr host;
	enum sip_transport_kind kind;

	if (w->proxy && sip_uri_parse(sip_str_of(w->proxy), &next) != SIP_OK)
		return false;
	kind = w->transport ? sip_transport_kind_find(sip_str_of(w->transport)) : sip_uri_transport(&next);
	if (next.scheme == SIP_URI_SIPS || j->uri.scheme == SIP_URI_SIPS || w->ca || w->cert)
		return true;
	if (kind != SIP_TRANSPORT_NONE)
		return sip_transport_kinds[kind].is_secure;
	return !next.port && sip_uri_host_addr(&next, 0, &host) != SIP_OK;
}

/* To read what the system trusts takes longer than all the rest. Says what is the matter with a file. */
static enum sip_err make_tls(struct job *j)
{
	char text[600];
	struct sip_buf why;
	enum sip_err err;

	if (!may_use_tls(j))
		return SIP_OK;
	sip_buf_init_fixed(&why, text, sizeof text);
	err = sip_tls_context_load(j->wish.ca, j->wish.cert, j->wish.key, &why, &j->tls, &j->dtls);
	if (err != SIP_OK)
		fprintf(stderr, "sipctl: %s\n", sip_buf_z(&why));
	return err;
}

static enum sip_err add_transports(struct job *j)
{
	static const char *const anywhere[] = { "0.0.0.0", "::" };
	enum sip_err err = SIP_OK;

	for (unsigned kind = 0; kind < SIP_TRANSPORT_KIND_COUNT; kind++) {
		bool is_secure = sip_transport_kinds[kind].is_secure;
		for (size_t k = 0; k < SIP_COUNTOF(anywhere) && (j->tls || !is_secure); k++) {
			struct sip_transport_options o;
			enum sip_err added;
			sip_transport_options_init(&o, (enum sip_transport_kind)kind);
			o.tls = kind == SIP_TRANSPORT_DTLS ? j->dtls : is_secure ? j->tls : NULL;
			added = sip_addr_parse(&o.bind, sip_str_of(anywhere[k]), 0);
			if (added == SIP_OK)
				added = sip_stack_add_transport(j->stack, &o, NULL);
			if (k == 0 && added != SIP_OK) /* a host without IPv6 is a host all the same */
				err = added;
		}
	}
	return err;
}

static void on_deadline(void *arg)
{
	fail(arg, "no answer", SIP_E_TIMEOUT);
}

static enum sip_err start(struct job *j)
{
	struct sip_stack_options so;
	struct sip_user_options uo;
	enum sip_err err;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	err = sip_stack_create(&so, &j->stack);
	if (err != SIP_OK)
		return err;
	sip_user_options_init(&uo);
	uo.name = "sipctl";
	uo.wants = wants_nothing;
	uo.on_event = on_event;
	uo.arg = j;
	err = sip_stack_add_user(j->stack, &uo, &j->user);
	if (err == SIP_OK)
		err = make_tls(j);
	if (err == SIP_OK)
		err = add_transports(j);
	return err == SIP_OK ? sip_stack_start(j->stack) : err;
}

static void run(struct job *j)
{
	struct sip_loop *loop = sip_stack_loop(j->stack, 0);
	struct sip_timer deadline;
	struct sip_message *m = NULL;
	enum sip_err err = SIP_E_INVAL;

	sip_timer_init(&deadline, on_deadline, j);
	sip_loop_arm(loop, &deadline, SIP_SECONDS(j->wish.timeout));
	if (fill_texts(j, sip_loop_rand(loop)))
		err = make_request(j, &m);
	if (err == SIP_OK)
		err = announce_algorithm(j, m);
	if (err == SIP_OK)
		send_request(j, &m);
	else
		fail(j, "cannot make the request", err);
	sip_message_unref(&m);
	if (!j->is_done && sip_loop_run(loop) != SIP_OK)
		j->status = 1;
	sip_loop_disarm(loop, &deadline);
}

int sipctl_send(int argc, char **argv)
{
	struct job *j = sip_alloc_zero(sizeof *j);
	enum sip_err err;
	int status = 1;

	if (!j)
		return 1;
	j->wish.verb = argv[0];
	j->wish.algorithm = "SHA-256";
	j->wish.expires = 3600;
	j->wish.timeout = 35;
	if (!read_options(&j->wish, argc, argv) || sip_uri_parse(sip_str_of(j->wish.uri), &j->uri) != SIP_OK ||
	    !sip_uri_is_sip(&j->uri)) {
		sip_free(j);
		return usage();
	}
	err = start(j);
	if (err == SIP_OK) {
		run(j);
		status = j->status;
	} else {
		fprintf(stderr, "sipctl: cannot start: %s\n", sip_err_text(err));
	}
	sip_stack_destroy(&j->stack);
	sip_tls_context_unref(&j->tls);
	sip_tls_context_unref(&j->dtls);
	sip_free(j);
	return status;
}
