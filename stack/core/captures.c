/*
 * Captures of a stack: on all its wires, on one loop with a thread of its own while there are any (embedded: on the application's),
 * and the collector's name resolved there. Started and stopped by any thread, one at a time: the capture thread rests meanwhile, so
 * that what is on its loop is touched by one thread only.
 */
#include "stack/core/core_priv.h"

#include "dns/dns.h"

struct sip_stack_capture {
	struct sip_list node;        /* of the stack's captures */
	struct sip_stack *stack;     /* lent by the stack, which ends us before it ends */
	struct sip_capture *capture; /* owned */
	struct dns_resolver *resolver; /* owned; NULL: no collector */
	struct dns_locate *search;   /* owned; NULL: none under way */
	char *host;                  /* owned */
	uint16_t port;
	enum sip_transport_kind kind;
	unsigned turn;               /* which of its addresses is wanted */
};

/* ---- the collector's name ------------------------------------------------------------------------------------------ */

static void on_located(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct sip_stack_capture *k = arg;

	k->search = NULL;
	sip_capture_found(k->capture, err == SIP_OK && count ? &targets[k->turn % count].addr : NULL, err);
}

static void find_collector(void *arg, struct sip_capture *c, unsigned turn)
{
	struct sip_stack_capture *k = arg;
	struct dns_locate_options o = { .host = sip_str_of(k->host), .port = k->port, .kind = k->kind,
					.kinds = 1u << k->kind, .has_ipv4 = true, .has_ipv6 = true };
	enum sip_err err;

	k->turn = turn;
	if (k->search)
		return;
	err = dns_locate_start(k->resolver, &o, on_located, k, &k->search);
	if (err != SIP_OK)
		sip_capture_found(c, NULL, err);
}

static enum sip_err make_resolver(struct sip_stack_capture *k, const struct sip_capture_options *o)
{
	const struct sip_stack *s = k->stack;
	struct dns_options d;

	k->host = sip_strdup(o->host.p, o->host.len);
	if (!k->host)
		return SIP_E_NOMEM;
	k->port = o->port;
	k->kind = o->kind;
	dns_options_init(&d);
	d.loop = s->captures.loop;
	d.servers = s->o.dns_servers;
	d.hosts_path = s->o.hosts_path;
	d.source = s->o.dns_source;
	return dns_resolver_create(&d, &k->resolver);
}

/* ---- one capture: on the loop, or while nobody turns it ------------------------------------------------------------- */

static void end_capture(struct sip_stack_capture *k)
{
	struct sip_stack *s = k->stack;

	for (unsigned i = 0; k->capture && i < s->wire_count; i++)
		sip_capture_remove_wire(k->capture, s->wires[i].wire);
	if (k->search)
		dns_locate_cancel(&k->search);
	sip_capture_destroy(&k->capture);
	dns_resolver_destroy(&k->resolver);
	sip_list_remove(&k->node);
	sip_free(k->host);
	sip_free(k);
}

static enum sip_err make_capture(struct sip_stack *s, const struct sip_capture_options *o, struct sip_stack_capture **out)
{
	struct sip_stack_capture *k = sip_alloc_zero(sizeof *k);
	struct sip_capture_finder finder = { find_collector, k };
	enum sip_err err = SIP_OK;

	*out = k;
	if (!k)
		return SIP_E_NOMEM;
	k->stack = s;
	sip_list_add_tail(&s->captures.list, &k->node);
	if (o->host.len)
		err = make_resolver(k, o);
	if (err == SIP_OK)
		err = sip_capture_create(o, s->captures.loop, &finder, &k->capture);
	for (unsigned i = 0; err == SIP_OK && i < s->wire_count; i++)
		err = sip_capture_add_wire(k->capture, s->wires[i].wire);
	if (err == SIP_OK)
		return SIP_OK;
	end_capture(k);
	*out = NULL;
	return err;
}

/* ---- any thread ---------------------------------------------------------------------------------------------------- */

void sip__captures_init(struct sip_stack *s)
{
	pthread_mutex_init(&s->captures.lock, NULL);
	sip_list_init(&s->captures.list);
}

/* The thread rests. STATE: embedded, and another thread than ours turns the loop. */
static enum sip_err begin_change(struct sip_stack *s)
{
	enum sip_err err = SIP_OK;

	pthread_mutex_lock(&s->captures.lock);
	if (!s->captures.loop)
		err = sip__layout_capture_loop(s);
	if (err == SIP_OK)
		sip_thread_stop(&s->captures.thread);
	if (err == SIP_OK && !sip_loop_is_mine(s->captures.loop))
		err = SIP_E_STATE;
	if (err != SIP_OK)
		pthread_mutex_unlock(&s->captures.lock);
	return err;
}

/* It turns again, if there is anything to turn for. */
static enum sip_err end_change(struct sip_stack *s)
{
	enum sip_err err = SIP_OK;

	if (s->captures.has_thread && !sip_list_is_empty(&s->captures.list))
		err = sip_thread_start(&s->captures.thread, s->captures.loop);
	pthread_mutex_unlock(&s->captures.lock);
	return err;
}

static void tell_no_thread(const struct sip_stack *s, enum sip_err why)
{
	SIP_LOG(s->o.log, SIP_LOG_ERR, "capture", "no thread for the captures that are left: %s", sip_err_text(why));
}

enum sip_err sip_stack_capture_start(struct sip_stack *s, const struct sip_capture_options *o, struct sip_stack_capture **out)
{
	enum sip_err err, resumed;

	*out = NULL;
	MUST_BE(s, SIP__STACK_MAGIC);
	err = begin_change(s);
	if (err != SIP_OK)
		return err;
	err = make_capture(s, o, out);
	resumed = end_change(s);
	if (resumed == SIP_OK)
		return err;
	if (err != SIP_OK) {
		tell_no_thread(s, resumed);
		return err;
	}
	sip_stack_capture_stop(s, out);
	return resumed;
}

void sip_stack_capture_stop(struct sip_stack *s, struct sip_stack_capture **k)
{
	struct sip_stack_capture *capture = *k;
	enum sip_err err;

	*k = NULL;
	if (!capture)
		return;
	MUST_BE(s, SIP__STACK_MAGIC);
	err = begin_change(s);
	MUST(err == SIP_OK); /* embedded, and not the thread that turns the loop */
	end_capture(capture);
	err = end_change(s);
	if (err != SIP_OK)
		tell_no_thread(s, err);
}

void sip__captures_fini(struct sip_stack *s)
{
	sip_thread_stop(&s->captures.thread);
	while (!sip_list_is_empty(&s->captures.list))
		end_capture(SIP_CONTAINER(s->captures.list.next, struct sip_stack_capture, node));
	if (s->captures.loop)
		sip_loop_unref(&s->captures.loop);
	pthread_mutex_destroy(&s->captures.lock);
}
