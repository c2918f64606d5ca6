/* A stack of user agents: whose event is it, and the messages that callers and callees both make. */
#include "tests/sim/sim.h"

/* ---- making ---------------------------------------------------------------------------------- */

struct sip_message *sim_request(const struct sip_request_options *o)
{
	struct sip_message *m = NULL;

	SIM_MUST(sip_request_make(o, &m) == SIP_OK);
	return m;
}

void sim_copy_tag(char out[SIM_TAG], struct sip_str tag)
{
	snprintf(out, SIM_TAG, "%.*s", SIP_STR_ARG(tag));
}

static void copy_routes(struct sip_message *to, const struct sip_message *from, bool is_caller)
{
	size_t n = sip_message_count(from, SIP_HEADER_RECORD_ROUTE);
	struct sip_str value;

	for (size_t i = 0; i < n; i++) {
		size_t at = is_caller ? n - 1 - i : i; /* RFC 3261 12.1.2 and 12.1.1 */
		SIM_MUST(sip_message_value(from, SIP_HEADER_RECORD_ROUTE, at, &value));
		SIM_MUST(sip_message_add(to, SIP_HEADER_ROUTE, value) == SIP_OK);
	}
}

struct sip_message *sim_dialog_request(struct sim_device *d, const struct sip_message *from, bool is_caller,
				       const char *local_tag, enum sip_method method, uint32_t cseq)
{
	const struct sip_name_addr *contact = sip_message_name_addr(from, SIP_HEADER_CONTACT, 0);
	struct sip_request_options o;
	struct sip_message *m;
	char local[200];

	SIM_MUST(contact != NULL);
	sip_request_options_init(&o);
	o.method = sip_method_names[method];
	o.uri = contact->uri.text;
	SIM_MUST(sip_message_value(from, SIP_HEADER_FROM, 0, is_caller ? &o.from : &o.to));
	SIM_MUST(sip_message_value(from, SIP_HEADER_TO, 0, is_caller ? &o.to : &o.from));
	if (!is_caller) {
		snprintf(local, sizeof local, "%.*s;tag=%s", SIP_STR_ARG(o.from), local_tag);
		o.from = sip_str_of(local);
	}
	o.call_id = sip_message_call_id(from);
	o.cseq = cseq;
	o.contact = sip_str_of(method == SIP_METHOD_ACK || method == SIP_METHOD_BYE ? NULL : d->contact);
	m = sim_request(&o);
	copy_routes(m, from, is_caller);
	return m;
}

/* ---- sending --------------------------------------------------------------------------------- */

size_t sim_client_add(struct sim_world *w, enum sim_purpose purpose, struct sim_call *call, struct sim_device *device,
		      void *dialog)
{
	if (w->client_count == w->client_room) {
		size_t room = w->client_room ? w->client_room * 2 : 4096;
		struct sim_client *grown = sip_realloc(w->clients, room * sizeof *grown);
		SIM_MUST(grown != NULL);
		w->clients = grown;
		w->client_room = room;
	}
	memset(&w->clients[w->client_count], 0, sizeof w->clients[0]);
	w->clients[w->client_count].purpose = purpose;
	w->clients[w->client_count].call = call;
	w->clients[w->client_count].device = device;
	w->clients[w->client_count].dialog = dialog;
	return w->client_count++;
}

/* Half of them know their proxy by its domain's name; but REGISTER goes to its address always. */
bool sim_is_by_name(const struct sim_device *d)
{
	return d->number % 2 == 1;
}

static void fill_target(const struct sim_device *d, bool is_in_dialog, bool is_register,
			char *text, size_t size, struct sip_target *to)
{
	bool is_tcp = sip_transport_kind_of(d->transport) == SIP_TRANSPORT_TCP;
	const struct sim_repro *r = &d->world->servers.repros[d->account->domain];

	sip_target_init(to);
	to->preferred = d->transport;
	if (is_in_dialog)
		return;
	snprintf(text, size, "sip:%s%s;lr", is_register || !sim_is_by_name(d) ? r->address : r->domain,
		 is_tcp ? ";transport=tcp" : "");
	to->uri = sip_str_of(text);
}

void sim_agent_request(struct sim_device *d, struct sip_message *m, bool is_in_dialog, size_t client, uint64_t *tx)
{
	struct sip_target to;
	char text[64];

	fill_target(d, is_in_dialog, sip_message_method(m) == SIP_METHOD_REGISTER, text, sizeof text, &to);
	sim_trace(&d->world->base, "agent %s sends %.*s of %.*s", d->user, SIP_STR_ARG(sip_message_method_text(m)),
		  SIP_STR_ARG(sip_message_call_id(m)));
	SIM_MUST(sip_user_request(d->phone->user, &m, &to, client + 1, tx) == SIP_OK);
}

void sim_agent_ack(struct sim_device *d, struct sip_message *m)
{
	struct sip_target to;

	fill_target(d, true, false, NULL, 0, &to);
	SIM_MUST(sip_user_send(d->phone->user, &m, &to) == SIP_OK);
}

/* ---- whose is it ----------------------------------------------------------------------------- */

struct sim_device *sim_device_find(struct sim_world *w, const struct sip_message *request)
{
	const struct sip_uri *uri = sip_message_uri(request);
	uint32_t n = 0;

	if (!uri || uri->user.len < 2 || uri->user.p[0] != 'd' ||
	    sip_str_to_u32(sip_str_from(uri->user, 1), w->device_count - 1, &n) != SIP_OK)
		return NULL;
	return &w->devices[n];
}

struct sim_call *sim_call_find(struct sim_world *w, const struct sip_message *m)
{
	struct sip_str id = sip_message_call_id(m);
	struct sip_str number = sip_str_make(id.p + 1, sip_str_find(id, '-') - 1);
	uint32_t n = 0;

	if (id.len < 2 || id.p[0] != 'c' || !w->base.o.calls ||
	    sip_str_to_u32(number, w->base.o.calls - 1, &n) != SIP_OK)
		return NULL;
	return &w->calls[n];
}

static struct sim_server *find_server(struct sim_phone *p, uint64_t tx)
{
	struct sip_hash_node *n = sip_hash_first(&p->server_txs, tx);

	return n ? SIP_CONTAINER(n, struct sim_server, node) : NULL;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void reply(struct sim_server *s, unsigned status)
{
	SIM_MUST(sip_user_reply(s->phone->user, s->tx, s->request, status, NULL) == SIP_OK);
}

/* What no careful program does: it must change nothing. */
static void reply_again(struct sim_server *s)
{
	static const unsigned more[] = { 182, 200, 486, 408 };

	for (size_t i = 0; i < SIP_COUNTOF(more); i++)
		reply(s, more[i]);
	SIM_MUST(sip_user_abandon(s->phone->user, s->tx) == SIP_OK);
}

static void on_answer_due(void *arg)
{
	struct sim_server *s = arg;
	enum sip_err err;

	if (s->is_sloppy)
		reply(s, 182);
	if (s->status)
		err = sip_user_reply(s->phone->user, s->tx, s->request, s->status, NULL);
	else
		err = sip_user_abandon(s->phone->user, s->tx);
	sim_trace(&s->phone->world->base, "agent answers %.*s of %.*s with %u",
		  SIP_STR_ARG(sip_message_method_text(s->request)), SIP_STR_ARG(sip_message_call_id(s->request)),
		  s->status);
	SIM_MUST(err == SIP_OK);
	if (s->is_sloppy)
		reply_again(s);
	sip_message_unref(&s->request);
}

static void answer_later(struct sim_server *s, unsigned status, int64_t delay_us)
{
	s->status = status;
	sip_timer_init(&s->timer, on_answer_due, s);
	sip_loop_arm(s->phone->loop, &s->timer, delay_us);
}

/* By the way the request has come, or not at all (RFC 5626 5.3): sometimes that way is gone. */
static void send_back(struct sim_device *d, struct sim_call *c, const struct sip_message *m)
{
	struct sim_world *w = d->world;
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	struct sip_request_options o;
	struct sip_message *request;
	struct sip_target to;
	char id[40], local[80];
	uint64_t tx;

	snprintf(id, sizeof id, "c%u-back-%08x", c->number, (unsigned)(sim_seed(&w->base) >> 32));
	snprintf(local, sizeof local, "<sip:%s@%s>;tag=back", d->account->user, w->servers.repros[d->account->domain].domain);
	sip_request_options_init(&o);
	o.method = SIP_STR("OPTIONS");
	o.uri = from->uri.text;
	o.from = sip_str_of(local);
	o.to = from->uri.text;
	o.call_id = sip_str_of(id);
	o.cseq = 1;
	request = sim_request(&o);
	sip_target_init(&to);
	to.flow = sip_flow_from_ref(sip_message_flow(m));
	to.flow_only = true;
	if (sim_chance(&w->base, 20))
		sip_flow_close(to.flow);
	SIM_MUST(sip_user_request(d->phone->user, &request, &to,
				  sim_client_add(w, SIM_FOR_OTHER, c, d, NULL) + 1, &tx) == SIP_OK);
	if (sim_chance(&w->base, 20))
		sip_flow_close(to.flow);
}

/* An agent answers at once, in a while, or so late that a 100 must go first (RFC 4320 4.1). */
static void on_other(struct sim_device *d, struct sim_server *s, struct sim_call *c)
{
	static const unsigned unsure[] = { 200, 200, 404, 408, 503, 0 };
	struct sim_world *w = d->world;
	unsigned status = c->is_sure ? 200 : unsure[sim_between(&w->base, 0, SIP_COUNTOF(unsure) - 1)];

	if (!c->is_sure && w->servers.wire == SIM_WIRE_UDP && sip_message_method(s->request) == SIP_METHOD_MESSAGE)
		send_back(d, c, s->request);
	s->is_sloppy = sim_chance(&w->base, 10);
	if (s->is_sloppy)
		reply(s, 182);
	answer_later(s, status, sim_chance(&w->base, c->is_sure ? 5 : 30) ? SIP_SECONDS(5) : sim_between(&w->base, 0, SIP_MS(400)));
}

static void on_bye(struct sim_server *s, struct sim_call *c)
{
	const struct sip_name_addr *to = sip_message_name_addr(s->request, SIP_HEADER_TO, 0);
	const struct sip_name_addr *from = sip_message_name_addr(s->request, SIP_HEADER_FROM, 0);
	char tag[SIM_TAG];
	bool is_from_callee;

	snprintf(tag, sizeof tag, "t%u", c->number);
	is_from_callee = sip_str_eq(to->tag, sip_str_of(tag));
	answer_later(s, is_from_callee ? sim_caller_bye(c, from->tag) : sim_callee_bye(c, to->tag), 0);
}

static void on_request(struct sim_phone *p, struct sip_user_event *e)
{
	struct sim_world *w = p->world;
	enum sip_method method = sip_message_method(e->message);
	struct sim_device *d = sim_device_find(w, e->message);
	struct sim_call *c = sim_call_find(w, e->message);
	struct sim_server *s = sip_slab_alloc(&w->server_slab);

	SIM_MUST(s != NULL);
	memset(s, 0, sizeof *s);
	s->phone = p;
	s->tx = e->tx;
	SIM_MUST(sip_hash_add(&p->server_txs, &s->node, e->tx) == SIP_OK);
	s->request = e->message;
	e->message = NULL;
	if (!c || !d || d->phone != p) {
		sim_violation(&w->base, "a request for nobody here: %.*s", SIP_STR_ARG(sip_message_call_id(s->request)));
		answer_later(s, 404, 0);
	} else if (method == SIP_METHOD_INVITE) {
		s->leg = sim_callee_invite(d, c, s, s->request);
	} else if (method == SIP_METHOD_BYE) {
		on_bye(s, c);
	} else {
		on_other(d, s, c);
	}
}

/* ---- responses ------------------------------------------------------------------------------- */

static void on_response(struct sim_phone *p, struct sip_user_event *e)
{
	struct sim_world *w = p->world;
	struct sim_client *c;
	unsigned status = sip_message_status(e->message);

	if (!e->cookie || e->cookie > w->client_count) {
		sim_violation(&w->base, "a response with a cookie that was never given");
		return;
	}
	c = &w->clients[e->cookie - 1];
	if (c->ended)
		sim_violation(&w->base, "a %u after the end of its transaction", status);
	if (status >= 200) {
		bool may_repeat = c->purpose == SIM_FOR_INVITE && status < 300 && c->status < 300;
		if (c->finals && !may_repeat)
			sim_violation(&w->base, "a final %u after %u, %.*s", status, c->status,
				      SIP_STR_ARG(sip_message_call_id(e->message)));
		c->finals++;
		c->successes += status < 300;
		c->status = c->status ? c->status : status;
		c->is_local = e->why != SIP_OK;
	}
	sim_trace(&w->base, "agent %s hears %u to %.*s of %.*s%s", c->device->user, status,
		  SIP_STR_ARG(sip_message_cseq(e->message)->method_text), SIP_STR_ARG(sip_message_call_id(e->message)),
		  e->why ? " (made here)" : "");
	if (c->purpose == SIM_FOR_REGISTER)
		sim_register_response(c, e->message);
	else if (c->call && c->purpose == SIM_FOR_INVITE)
		sim_caller_response(c->call, c, e);
}

static void on_ended(struct sim_phone *p, const struct sip_user_event *e)
{
	struct sim_world *w = p->world;
	struct sim_server *s;
	struct sim_client *c;

	if (e->cookie) {
		c = &w->clients[e->cookie - 1];
		c->ended++;
		sip_message_unref(&c->sent);
		return;
	}
	s = find_server(p, e->tx);
	if (!s) {
		sim_violation(&w->base, "the end of a transaction that was not there");
		return;
	}
	if (s->leg)
		sim_callee_ended(s->leg, e->why);
	(void)sip_hash_remove(&p->server_txs, &s->node);
	sip_loop_disarm(p->loop, &s->timer);
	sip_message_unref(&s->request);
	sip_slab_free(&w->server_slab, s);
}

static void on_cancel(struct sim_phone *p, const struct sip_user_event *e)
{
	struct sim_server *s = find_server(p, e->tx);

	if (s && s->leg)
		sim_callee_cancel(s->leg);
	else
		sim_violation(&p->world->base, "a CANCEL of a transaction that is no INVITE here");
}

void sim_agent_event(void *phone, struct sip_user_event *e)
{
	struct sim_phone *p = phone;
	struct sim_call *c = e->message ? sim_call_find(p->world, e->message) : NULL;

	switch (e->kind) {
	case SIP_USER_REQUEST:
		on_request(p, e);
		break;
	case SIP_USER_ACK:
		if (c)
			sim_callee_ack(c, e->message);
		else
			sim_violation(&p->world->base, "an ACK for no call");
		break;
	case SIP_USER_CANCEL:
		on_cancel(p, e);
		break;
	case SIP_USER_RESPONSE:
		on_response(p, e);
		break;
	case SIP_USER_STRAY:
		if (c)
			sim_caller_stray(c, e->message);
		break;
	case SIP_USER_ENDED:
		on_ended(p, e);
		break;
	case SIP_USER_FLOW_GONE:
		sim_violation(&p->world->base, "an event nobody asked for");
		break;
	}
}
