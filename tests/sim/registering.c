/* Agents register, refresh before their time is over, ask for longer on 423, and leave in the end. RFC 3261 10.2. */
#include "tests/sim/sim.h"

#define LOST_MOST 1

static void send_register(struct sim_device *d, const char *contact, unsigned expires_s)
{
	struct sim_world *w = d->world;
	const char *domain = w->servers.repros[d->account->domain].domain;
	struct sip_request_options o;
	struct sip_message *m;
	char uri[32], aor[64], from[80], text[12];
	uint64_t tx;

	sip_request_options_init(&o);
	snprintf(uri, sizeof uri, "sip:%s", domain);
	snprintf(aor, sizeof aor, "<sip:%s@%s>", d->account->user, domain);
	snprintf(from, sizeof from, "%s;tag=r%u", aor, d->number);
	snprintf(text, sizeof text, "%u", expires_s);
	o.method = SIP_STR("REGISTER");
	o.uri = sip_str_of(uri);
	o.from = sip_str_of(from);
	o.to = sip_str_of(aor);
	o.call_id = sip_str_of(d->call_id);
	o.cseq = d->cseq++;
	o.contact = sip_str_of(contact);
	m = sim_request(&o);
	if (!d->is_leaving && d->account->has_ghost && d->at == 0)
		SIM_MUST(sip_message_add(m, SIP_HEADER_CONTACT, SIP_STR("<sip:ghost@" SIM_DEAD_ADDRESS ">")) == SIP_OK);
	SIM_MUST(sip_message_add(m, SIP_HEADER_EXPIRES, sip_str_of(text)) == SIP_OK);
	d->is_registering = true;
	sim_agent_request(d, m, false, sim_client_add(w, SIM_FOR_REGISTER, NULL, d, NULL), &tx);
}

static void on_refresh(void *arg)
{
	struct sim_device *d = arg;

	if (!d->is_registering && !d->is_leaving)
		send_register(d, d->contact, d->expires_s);
}

void sim_register_start(struct sim_device *d, int64_t delay_us)
{
	sip_timer_init(&d->refresh, on_refresh, d);
	sip_loop_arm(d->phone->loop, &d->refresh, delay_us);
}

static bool is_listed(const struct sim_device *d, const struct sip_message *m)
{
	struct sip_str mine = sip_str_make(d->contact + 1, sip_str_find(sip_str_of(d->contact), '>') - 1);
	size_t n = sip_message_count(m, SIP_HEADER_CONTACT);

	for (size_t i = 0; i < n; i++) {
		const struct sip_name_addr *c = sip_message_name_addr(m, SIP_HEADER_CONTACT, i);
		if (c && sip_str_eq(c->uri.text, mine))
			return true;
	}
	return false;
}

static bool is_stream(const struct sip_transport *t)
{
	return sip_transport_kinds[sip_transport_kind_of(t)].is_stream;
}

void sim_register_response(struct sim_client *c, const struct sip_message *m)
{
	struct sim_device *d = c->device;
	unsigned status = sip_message_status(m);
	uint32_t least = 0;

	if (status < 200)
		return;
	d->is_registering = false;
	if (d->is_leaving) {
		if (status == 200 && sip_message_cseq(m)->number == d->last_cseq && is_listed(d, m))
			sim_violation(&d->world->base, "%s has left and is still registered", d->user);
		return;
	}
	if (status == 423 && sip_message_number(m, SIP_HEADER_MIN_EXPIRES, &least) == SIP_OK && least > d->expires_s) {
		d->expires_s = least;
		send_register(d, d->contact, d->expires_s);
		return;
	}
	/* The peer closed what was idle while the request was on its way: once more, by another connection. */
	if (status == 503 && c->is_local && is_stream(d->transport) && d->lost++ < LOST_MOST) {
		sip_loop_arm(d->phone->loop, &d->refresh, SIP_SECONDS(1));
		return;
	}
	d->lost = 0;
	if (status != 200) {
		sim_violation(&d->world->base, "a REGISTER got %u", status);
		return;
	}
	if (!is_listed(d, m))
		sim_violation(&d->world->base, "%s has registered and is not listed", d->user);
	d->is_registered = true;
	sip_loop_arm(d->phone->loop, &d->refresh, SIP_SECONDS(d->expires_s) / 2);
}

void sim_register_leave(struct sim_device *d)
{
	d->is_leaving = true;
	sip_loop_disarm(d->phone->loop, &d->refresh);
	if (d->number % 2 == 0)
		return; /* its bindings end by themselves */
	d->last_cseq = d->cseq;
	if (d->number % 4 == 1)
		send_register(d, "*", 0);
	else
		send_register(d, d->contact, 0);
}
