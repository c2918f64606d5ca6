/*
 * The fence: a program the kernel runs before the queue of each UDP socket, which drops there what the busiest of the banned send. Else
 * a flood of theirs fills the queue, and what others send finds no room. It is up while there is a flood. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#include <linux/filter.h>

#define LEAST 1000              /* datagrams of the banned within a turn are a flood */
#define TURN_US SIP_MS(100)     /* whom it keeps out is looked at again so often */
#define KEEP_US SIP_SECONDS(10) /* and who was not met for so long is left out */
#define SAMPLE 0xffu            /* one of so many and one passes nevertheless: by that is seen who goes on */
#define EACH 4                  /* instructions a source of IPv6; one jump of a program reaches over 255 */
#define END 5                   /* and what follows them */
#define PROGRAM_MAX (1 + SIP__FENCE_MAX * EACH + END)
#define IPV4_SOURCE 12          /* where the addresses begin in the headers */
#define IPV6_SOURCE 8

/* ---- the program: classic BPF, which needs no privilege ---------------------------------------------------------- */

static struct sock_filter load(unsigned at)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + at);
}

static struct sock_filter is_equal(uint32_t value, size_t then, size_t otherwise)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(value), (uint8_t)then, (uint8_t)otherwise);
}

static size_t put_ipv4(struct sock_filter *p, const struct sip__source_key *const *keys, size_t count)
{
	p[0] = load(IPV4_SOURCE);
	for (size_t i = 0; i < count; i++)
		p[1 + i] = is_equal((uint32_t)keys[i]->net, count - i, 0);
	return 1 + count;
}

static size_t put_ipv6(struct sock_filter *p, const struct sip__source_key *const *keys, size_t count)
{
	p[0] = load(IPV6_SOURCE);
	for (size_t i = 0; i < count; i++) {
		struct sock_filter *q = &p[1 + i * EACH];
		uint32_t net[2];

		memcpy(net, &keys[i]->net, sizeof net);
		q[0] = is_equal(net[0], 0, EACH - 1);
		q[1] = load(IPV6_SOURCE + sizeof net[0]);
		q[2] = is_equal(net[1], (count - i - 1) * EACH + 2, 0);
		q[3] = load(IPV6_SOURCE);
	}
	return 1 + count * EACH;
}

static size_t put_end(struct sock_filter *p)
{
	p[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	p[1] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
	p[2] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SAMPLE, 0, 1);
	p[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	p[4] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return END;
}

/* Those of one family. 0: it would keep out nobody. */
static size_t make_program(struct sock_filter *p, const struct sip__fence *f, int family)
{
	const struct sip__source_key *keys[SIP__FENCE_MAX];
	size_t count = 0, len;

	for (size_t i = 0; i < f->count; i++)
		if (f->keys[i].family == (uint64_t)family)
			keys[count++] = &f->keys[i];
	if (!count)
		return 0;
	len = family == AF_INET6 ? put_ipv6(p, keys, count) : put_ipv4(p, keys, count);
	return len + put_end(p + len);
}

/* ---- whom it keeps out ------------------------------------------------------------------------------------------- */

/* Of two lists the one whose last was met last; NULL: both are at their heads. */
static struct sip__ban *latest(const struct sip__bans *b, struct sip_list *at[SIP__BAN_RANKS])
{
	struct sip__ban *found = NULL;
	int in = 0;

	for (int rank = SIP__BAN_DATAGRAMS; rank < SIP__BAN_RANKS; rank++) {
		struct sip__ban *ban = at[rank] == &b->by_rank[rank] ? NULL : SIP_CONTAINER(at[rank], struct sip__ban, use);

		if (!ban || (found && found->met_us >= ban->met_us))
			continue;
		found = ban;
		in = rank;
	}
	if (found)
		at[in] = at[in]->prev;
	return found;
}

static void choose(struct sip__fence *f)
{
	int64_t now = sip_loop_now(f->wire->loop);
	struct sip_list *at[SIP__BAN_RANKS];
	struct sip__ban *ban;

	for (int rank = 0; rank < SIP__BAN_RANKS; rank++)
		at[rank] = f->bans->by_rank[rank].prev;
	f->count = 0;
	while (f->count < SIP__FENCE_MAX && (ban = latest(f->bans, at)) && ban->met_us + KEEP_US > now)
		if (ban->until_us > now && !ban->is_mixed)
			f->keys[f->count++] = ban->key;
}

void sip__fence_renew(struct sip__fence *f)
{
	struct sock_filter program[PROGRAM_MAX];

	choose(f);
	SIP_LIST_FOR(n, &f->wire->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (e->transport->o.net || sip_transport_kinds[e->transport->o.kind].is_stream)
			continue;
		sip__udp_fence(e, program, make_program(program, f, sip_addr_family(&e->transport->bound)));
	}
}

static void on_turn(void *arg)
{
	struct sip__fence *f = arg;
	bool is_flood = f->count || f->met >= LEAST;

	f->met = 0;
	if (!is_flood)
		return;
	sip__fence_renew(f);
	if (f->count)
		sip_loop_arm(f->wire->loop, &f->turn, TURN_US);
}

void sip__fence_met(struct sip__fence *f)
{
	f->met++;
	if (!sip_timer_is_armed(&f->turn))
		sip_loop_arm(f->wire->loop, &f->turn, TURN_US);
	else if (f->met == LEAST && !f->count)
		sip_loop_arm(f->wire->loop, &f->turn, 0);
}

void sip__fence_init(struct sip__fence *f, struct sip_wire *w, const struct sip__bans *bans)
{
	f->wire = w;
	f->bans = bans;
	f->met = f->count = 0;
	sip_timer_init(&f->turn, on_turn, f);
}

void sip__fence_stop(struct sip__fence *f)
{
	sip_loop_disarm(f->wire->loop, &f->turn);
}
