/* The address that is the first of each SRV answer, and of some contacts: refuses, is silent, or answers 503 to all. */
#include "tests/sim/servers.h"

static void answer(struct sim_base *base, const struct sip_message *request, const struct sip_addr *to)
{
	struct sip_message *response = NULL;
	struct sip_addr from;
	struct sip_buf b;

	SIM_MUST(sip_addr_parse(&from, SIP_STR(SIM_DEAD_ADDRESS), 5060) == SIP_OK);
	SIM_MUST(sip_response_make(request, 503, NULL, SIP_STR("dead"), &response) == SIP_OK);
	sip_buf_init(&b, 0);
	sip_message_put(response, &b);
	for (int64_t n = sim_between(base, 1, 2); n > 0; n--)
		if (sip_memory_net_inject(base->net, &from, to, sip_buf_str(&b), base->clock.now) != SIP_OK)
			sim_trace(base, "dead: its answer is refused");
	sip_buf_fini(&b);
	sip_message_unref(&response);
}

static void on_datagram(void *arg, const struct sip_addr *from, struct sip_str bytes)
{
	struct sim_base *base = arg;
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;

	SIM_MUST(packet != NULL);
	SIM_MUST(sip_message_parse(packet, 0, bytes.len, &sip_limits_default, &m) == SIP_OK);
	if (sip_message_is_request(m) && sip_message_method(m) != SIP_METHOD_ACK)
		answer(base, m, from);
	sip_message_unref(&m);
	sip_packet_unref(&packet);
}

void sim_dead_init(struct sim_servers *s)
{
	enum sip_memory_fate fate = s->dead == SIM_DEAD_SILENT ? SIP_MEMORY_BLACKHOLE : SIP_MEMORY_REFUSES;
	struct sip_addr at;

	SIM_MUST(sip_addr_parse(&at, SIP_STR(SIM_DEAD_ADDRESS), 5060) == SIP_OK);
	if (s->dead == SIM_DEAD_UNAVAILABLE) {
		SIM_MUST(sip_memory_net_peer(s->base->net, &at, on_datagram, s->base) == SIP_OK);
		return;
	}
	sip_addr_set_port(&at, 0);
	SIM_MUST(sip_memory_net_fate(s->base->net, &at, fate) == SIP_OK);
}
