/*
 * c-ares on the loop: its descriptors are watched, its clock is one timer, its answers are handed on only
 * after it has returned, so that a call-back may destroy everything. One channel a resolver.
 */
#include "dns/dns_priv.h"

#include <ares.h>
#include <pthread.h>
#include <sys/time.h>

enum { EDNS_SIZE = 1232, CLASS_IN = 1, SERVERS_MAX = 32 };

struct query {
	struct sip_list node;          /* among the done */
	struct dns__cares *cares;      /* lent: it answers every query before it goes */
	void (*answered)(void *arg, struct dns_rrset *set);
	void *answer_arg;
	struct dns_rrset *set;         /* counted; NULL: no memory */
	enum dns_type type;
	size_t name_len;
	char name[];                   /* with a zero */
};
struct watch {
	struct sip_io io;              /* fd -1: free */
	struct dns__cares *cares;      /* lent: the watch lives in it */
};
struct dns__cares {
	struct sip_ref ref;            /* one of the resolver, one of whoever hands answers on */
	struct sip_loop *loop;         /* lent */
	ares_channel channel;          /* NULL: destroyed */
	struct sip_timer timer;        /* c-ares' own time-outs */
	struct sip_timer later;        /* answers that came outside of drive() */
	struct sip_list done;
	size_t under_way;
	bool is_blind;                 /* a descriptor could not be watched */
	struct watch watches[2 * SERVERS_MAX]; /* UDP and TCP of each server */
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status;

static void library_init(void)
{
	library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

static void cares_free(void *object)
{
	sip_free(object);
}

/* ---- answers ------------------------------------------------------------------------------------------------- */
static struct dns_rrset *make_set(const struct query *q, int status, const unsigned char *wire, int len)
{
	struct dns_rrset *set = NULL;
	bool has_answer = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
	enum sip_err err = SIP_E_SYNTAX;

	if (status == ARES_ENOMEM || status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return NULL;
	if (has_answer && wire && len > 0)
		err = dns__rr_parse(sip_str_make((const char *)wire, (size_t)len), sip_str_make(q->name, q->name_len),
				    q->type, sip_loop_now(q->cares->loop), &set);
	if (err == SIP_OK)
		return set;
	if (err == SIP_E_NOMEM || dns_rrset_create(SIP_E_DNS, NULL, 0, &set) != SIP_OK)
		return NULL;
	return set;
}

static void on_ares_answer(void *arg, int status, int timeouts, unsigned char *wire, int len)
{
	struct query *q = arg;
	struct dns__cares *c = q->cares;

	(void)timeouts;
	q->set = make_set(q, status, wire, len);
	c->under_way--;
	sip_list_add_tail(&c->done, &q->node);
}

static void hand_on(struct query *q)
{
	void (*answered)(void *, struct dns_rrset *) = q->answered;
	void *arg = q->answer_arg;
	struct dns_rrset *set = q->set;

	sip_list_remove(&q->node);
	sip_free(q);
	answered(arg, set);
}

static void hand_all_on(struct dns__cares *c)
{
	while (!sip_list_is_empty(&c->done))
		hand_on(SIP_CONTAINER(c->done.next, struct query, node));
}

/* ---- the channel on the loop --------------------------------------------------------------------------------- */
static void arm(struct dns__cares *c)
{
	struct timeval tv, *wait;

	if (c->under_way == 0) {
		sip_loop_disarm(c->loop, &c->timer);
		return;
	}
	if (sip_timer_is_armed(&c->timer))
		return;
	wait = ares_timeout(c->channel, NULL, &tv);
	if (wait)
		sip_loop_arm(c->loop, &c->timer, SIP_SECONDS(wait->tv_sec) + wait->tv_usec);
}

/* Lets c-ares work, then hands its answers on; the channel may be gone after. */
static void drive(struct dns__cares *c, ares_socket_t readable, ares_socket_t writable)
{
	sip_ref_get(&c->ref);
	ares_process_fd(c->channel, readable, writable);
	if (c->is_blind)
		ares_cancel(c->channel);
	c->is_blind = false;
	hand_all_on(c);
	if (c->channel)
		arm(c);
	sip_ref_put(&c->ref);
}

static void on_io(void *arg, unsigned events)
{
	struct watch *w = arg;
	ares_socket_t fd = w->io.fd;
	bool is_wrong = (events & SIP_IO_ERROR) != 0;

	drive(w->cares, is_wrong || (events & SIP_IO_READ) ? fd : ARES_SOCKET_BAD,
	      (w->io.events & SIP_IO_WRITE) && (is_wrong || (events & SIP_IO_WRITE)) ? fd : ARES_SOCKET_BAD);
}

static void on_timer(void *arg)
{
	drive(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_later(void *arg)
{
	struct dns__cares *c = arg;

	sip_ref_get(&c->ref);
	hand_all_on(c);
	sip_ref_put(&c->ref);
}

static struct watch *watch_find(struct dns__cares *c, int fd)
{
	for (size_t i = 0; i < SIP_COUNTOF(c->watches); i++)
		if (c->watches[i].io.fd == fd)
			return &c->watches[i];
	return NULL;
}

/* Called by c-ares, from within: nothing may be ended here. */
static void on_ares_socket(void *arg, ares_socket_t fd, int is_readable, int is_writable)
{
	struct dns__cares *c = arg;
	unsigned events = (is_readable ? SIP_IO_READ : 0u) | (is_writable ? SIP_IO_WRITE : 0u);
	struct watch *w = watch_find(c, fd);
	enum sip_err err = SIP_OK;

	if (w) {
		if (events) {
			err = sip_loop_change_io(c->loop, &w->io, events);
		} else {
			sip_loop_remove_io(c->loop, &w->io);
			w->io.fd = -1;
		}
	} else if (events) {
		w = watch_find(c, -1);
		if (w)
			sip_io_init(&w->io, fd, on_io, w);
		err = w ? sip_loop_add_io(c->loop, &w->io, events) : SIP_E_LIMIT;
		if (w && err != SIP_OK)
			w->io.fd = -1;
	}
	if (err != SIP_OK)
		c->is_blind = true;
}

/* ---- the source ---------------------------------------------------------------------------------------------- */
static struct query *query_create(struct dns__cares *c, struct sip_str name, enum dns_type type)
{
	struct query *q = sip_alloc_zero(sizeof *q + name.len + 1);

	if (!q)
		return NULL;
	q->cares = c;
	q->type = type;
	q->name_len = name.len;
	memcpy(q->name, name.p, name.len);
	return q;
}

static void cares_query(void *arg, struct sip_str name, enum dns_type type,
			void (*answered)(void *answer_arg, struct dns_rrset *set), void *answer_arg)
{
	struct dns__cares *c = arg;
	struct query *q = query_create(c, name, type);

	if (!q) {
		answered(answer_arg, NULL);
		return;
	}
	q->answered = answered;
	q->answer_arg = answer_arg;
	c->under_way++;
	ares_query(c->channel, q->name, CLASS_IN, (int)type, on_ares_answer, q);
	if (c->is_blind)
		ares_cancel(c->channel);
	c->is_blind = false;
	if (sip_list_is_linked(&q->node))
		hand_on(q);
	if (!sip_list_is_empty(&c->done))
		sip_loop_arm(c->loop, &c->later, 0);
	arm(c);
}

static enum sip_err from_ares(int status)
{
	if (status == ARES_SUCCESS)
		return SIP_OK;
	return status == ARES_ENOMEM ? SIP_E_NOMEM : SIP_E_INVAL;
}

/* There is a watch for each of them. */
static enum sip_err check_servers(const struct dns__cares *c)
{
	struct ares_addr_port_node *first = NULL;
	enum sip_err err = from_ares(ares_get_servers_ports(c->channel, &first));
	size_t count = 0;

	for (const struct ares_addr_port_node *n = first; n; n = n->next)
		count++;
	ares_free_data(first);
	return err == SIP_OK && count > SERVERS_MAX ? SIP_E_LIMIT : err;
}

static enum sip_err channel_open(struct dns__cares *c, const struct dns_options *o)
{
	struct ares_options ao;
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ;
	enum sip_err err;

	pthread_once(&library_once, library_init);
	if (library_status != ARES_SUCCESS)
		return from_ares(library_status);
	memset(&ao, 0, sizeof ao);
	ao.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
	ao.ednspsz = EDNS_SIZE;
	ao.timeout = (int)(o->timeout_ms < INT32_MAX ? o->timeout_ms : INT32_MAX);
	ao.tries = (int)(o->tries == 0 ? 1 : o->tries < INT32_MAX ? o->tries : INT32_MAX);
	ao.sock_state_cb = on_ares_socket;
	ao.sock_state_cb_data = c;
	err = from_ares(ares_init_options(&c->channel, &ao, mask));
	if (err != SIP_OK)
		c->channel = NULL;
	else if (o->servers && *o->servers)
		err = from_ares(ares_set_servers_ports_csv(c->channel, o->servers));
	return err == SIP_OK ? check_servers(c) : err;
}

enum sip_err dns__cares_create(const struct dns_options *o, struct dns__cares **out, struct dns_source *source)
{
	struct dns__cares *c = sip_alloc_zero(sizeof *c);
	enum sip_err err;

	*out = NULL;
	if (!c)
		return SIP_E_NOMEM;
	sip_ref_init(&c->ref, DNS__CARES_MAGIC, cares_free);
	c->loop = o->loop;
	sip_timer_init(&c->timer, on_timer, c);
	sip_timer_init(&c->later, on_later, c);
	sip_list_init(&c->done);
	for (size_t i = 0; i < SIP_COUNTOF(c->watches); i++) {
		c->watches[i].io.fd = -1;
		c->watches[i].cares = c;
	}
	err = channel_open(c, o);
	if (err != SIP_OK) {
		dns__cares_destroy(&c);
		return err;
	}
	source->query = cares_query;
	source->arg = c;
	*out = c;
	return SIP_OK;
}

void dns__cares_destroy(struct dns__cares **cares)
{
	struct dns__cares *c = *cares;
	ares_channel channel;

	*cares = NULL;
	if (!c)
		return;
	channel = c->channel;
	if (channel)
		ares_destroy(channel);
	c->channel = NULL;
	hand_all_on(c);
	sip_loop_disarm(c->loop, &c->timer);
	sip_loop_disarm(c->loop, &c->later);
	sip_ref_put(&c->ref);
}
