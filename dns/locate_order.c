/*
 * The order of things: NAPTR by order and preference, SRV by priority and weight (RFC 2782), addresses with
 * both families in turn, the one that last answered first among its equals, grey ones last of all.
 */
#include "dns/dns_priv.h"

/* Sorts indices by a key, equals as they stood. */
static void sort_by_key(uint16_t *order, size_t n, const uint32_t *key)
{
	for (size_t i = 1; i < n; i++) {
		uint16_t x = order[i];
		size_t j = i;
		for (; j > 0 && key[order[j - 1]] > key[x]; j--)
			order[j] = order[j - 1];
		order[j] = x;
	}
}

size_t dns__order_naptr(const struct dns_rrset *set, uint16_t *order)
{
	uint32_t key[DNS__RECORDS_MAX] = { 0 };
	size_t n = set->count < DNS__RECORDS_MAX ? set->count : DNS__RECORDS_MAX;

	for (size_t i = 0; i < n; i++) {
		order[i] = (uint16_t)i;
		key[i] = (uint32_t)set->rr[i].priority << 16 | set->rr[i].weight;
	}
	sort_by_key(order, n, key);
	return n;
}

/*
 * RFC 2782: "choose a uniform random number between 0 and the sum computed (inclusive), and select the RR whose running
 * sum value is the first in the selected order which is greater than or equal to the random number selected."
 */
static void draw_by_weight(struct sip_rand *rand, const struct dns_rrset *set, uint16_t *order, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += set->rr[order[i]].weight;
	for (size_t at = 0; at + 1 < n && sum > 0; at++) {
		uint64_t drawn = sip_rand_below(rand, sum + 1), running = 0;
		size_t i = at;
		uint16_t x;
		while (i + 1 < n && (running += set->rr[order[i]].weight) < drawn)
			i++;
		x = order[i];
		memmove(&order[at + 1], &order[at], (i - at) * sizeof *order);
		order[at] = x;
		sum -= set->rr[x].weight;
	}
}

size_t dns__order_srv(struct sip_rand *rand, const struct dns_rrset *set, uint16_t *order)
{
	uint32_t key[DNS__RECORDS_MAX] = { 0 };
	size_t n = set->count < DNS__RECORDS_MAX ? set->count : DNS__RECORDS_MAX;

	/* Those with weight 0 are placed at the beginning of their priority. */
	for (size_t i = 0; i < n; i++) {
		order[i] = (uint16_t)i;
		key[i] = (uint32_t)set->rr[i].priority << 1 | (set->rr[i].weight != 0);
	}
	sort_by_key(order, n, key);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && key[order[to]] >> 1 == key[order[from]] >> 1;)
			to++;
		draw_by_weight(rand, set, order + from, to - from);
	}
	return n;
}

/* ---- targets ------------------------------------------------------------------------------------------------- */
static bool has_target(const struct dns_locate *l, enum sip_transport_kind kind, const struct sip_addr *addr)
{
	for (size_t i = 0; i < l->target_count; i++)
		if (l->targets[i].kind == kind && sip_addr_eq(&l->targets[i].addr, addr))
			return true;
	return false;
}

static void add_target(struct dns_locate *l, const struct dns__hop *hop, const struct dns_rrset *set, size_t i)
{
	struct dns_target *t = &l->targets[l->target_count];
	struct sip_addr addr;

	if (!set || set->err != SIP_OK || i >= set->count || l->target_count == l->targets_max)
		return;
	addr = set->rr[i].addr;
	if (sip_addr_family(&addr) == AF_INET ? !l->has_ipv4 : !l->has_ipv6)
		return;
	sip_addr_set_port(&addr, hop->port);
	if (has_target(l, hop->kind, &addr))
		return;
	t->kind = hop->kind;
	t->addr = addr;
	t->domain = l->domain;
	t->path = dns__marks_path(&l->resolver->key, l->domain, hop->kind, &addr);
	l->target_count++;
}

/* Among one host's addresses the one that answered last comes first. */
static void prefer_answered(struct dns_locate *l, size_t from)
{
	const struct dns__marks *marks = &l->resolver->marks;
	int64_t best_us = 0;
	size_t best = from;
	struct dns_target t;

	for (size_t i = from; i < l->target_count; i++) {
		int64_t last = dns__marks_last(marks, l->targets[i].path);
		if (last > best_us) {
			best_us = last;
			best = i;
		}
	}
	if (best == from)
		return;
	t = l->targets[best];
	memmove(&l->targets[from + 1], &l->targets[from], (best - from) * sizeof t);
	l->targets[from] = t;
}

/* IPv6 and IPv4 in turn, IPv6 first (RFC 8305 4), so that one dead family costs one attempt and not all of them. */
static void add_host(struct dns_locate *l, const struct dns__hop *hop)
{
	size_t from = l->target_count;
	size_t n4 = hop->a.set ? hop->a.set->count : 0, n6 = hop->aaaa.set ? hop->aaaa.set->count : 0;

	for (size_t i = 0; i < n4 || i < n6; i++) {
		add_target(l, hop, hop->aaaa.set, i);
		add_target(l, hop, hop->a.set, i);
	}
	if (l->resolver->marks.table.count)
		prefer_answered(l, from);
}

static void grey_last(struct dns_locate *l)
{
	int64_t now = sip_loop_now(l->resolver->loop);
	size_t kept = 0;

	for (size_t i = 0; i < l->target_count; i++) {
		struct dns_target t = l->targets[i];
		if (dns__marks_is_grey(&l->resolver->marks, t.path, now))
			continue;
		memmove(&l->targets[kept + 1], &l->targets[kept], (i - kept) * sizeof t);
		l->targets[kept++] = t;
	}
}

enum sip_err dns__order_targets(struct dns_locate *l)
{
	size_t room = 0;

	for (size_t i = 0; i < l->hop_count; i++) {
		room += l->hops[i].a.set ? l->hops[i].a.set->count : 0;
		room += l->hops[i].aaaa.set ? l->hops[i].aaaa.set->count : 0;
	}
	if (room == 0)
		return SIP_OK;
	l->targets = sip_arena_alloc(&l->arena, (room < l->targets_max ? room : l->targets_max) * sizeof *l->targets);
	if (!l->targets)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < l->hop_count; i++)
		add_host(l, &l->hops[i]);
	if (l->resolver->marks.table.count)
		grey_last(l);
	return SIP_OK;
}
