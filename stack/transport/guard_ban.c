/*
 * Who is banned, until when, and who was: a bounded table. Bans are kept apart from the sources, so that no flood of new sources
 * pushes a ban out; and what is proven is never pushed out by what may be forged. Wire's loop.
 */
#include "stack/transport/guard_priv.h"

#include "stack/base/mem.h"

void sip__bans_init(struct sip__bans *b, size_t max, struct sip_metrics_cells *cells)
{
	sip_hash_init(&b->table, 0);
	for (int i = 0; i < SIP__BAN_RANKS; i++)
		sip_list_init(&b->by_rank[i]);
	b->max = max;
	b->cells = cells;
}

void sip__bans_fini(struct sip__bans *b)
{
	for (int i = 0; i < SIP__BAN_RANKS; i++)
		while (!sip_list_is_empty(&b->by_rank[i]))
			sip__bans_forget(b, SIP_CONTAINER(b->by_rank[i].next, struct sip__ban, use));
	sip_hash_fini(&b->table);
}

struct sip__ban *sip__bans_find(const struct sip__bans *b, const struct sip__source_key *key, uint64_t hash)
{
	struct sip_hash_node *n = sip_hash_first(&b->table, hash);

	for (; n; n = sip_hash_next(n)) {
		struct sip__ban *ban = SIP_CONTAINER(n, struct sip__ban, node);
		if (ban->key.net == key->net && ban->key.family == key->family)
			return ban;
	}
	return NULL;
}

static void rank_as(struct sip__bans *b, struct sip__ban *ban, enum sip__ban_rank rank)
{
	bool was_now = sip_list_is_linked(&ban->use) && ban->rank != SIP__BAN_PAST, is_now = rank != SIP__BAN_PAST;

	sip_list_remove(&ban->use);
	sip_list_add_tail(&b->by_rank[rank], &ban->use);
	ban->rank = rank;
	if (was_now != is_now)
		sip_metric_add(b->cells, SIP_M_BANNED, is_now ? 1 : -1);
}

void sip__bans_used(struct sip__bans *b, struct sip__ban *ban, int64_t now_us)
{
	ban->met_us = now_us;
	rank_as(b, ban, ban->rank);
}

void sip__bans_forget(struct sip__bans *b, struct sip__ban *ban)
{
	if (ban->rank != SIP__BAN_PAST)
		sip_metric_add(b->cells, SIP_M_BANNED, -1);
	sip_list_remove(&ban->use);
	(void)sip_hash_remove(&b->table, &ban->node);
	sip_free(ban);
}

static bool make_room(struct sip__bans *b, enum sip__ban_rank rank)
{
	if (b->table.count < b->max)
		return true;
	for (int i = 0; i <= (int)rank; i++) {
		if (sip_list_is_empty(&b->by_rank[i]))
			continue;
		sip__bans_forget(b, SIP_CONTAINER(b->by_rank[i].next, struct sip__ban, use));
		return true;
	}
	return false;
}

struct sip__ban *sip__bans_put(struct sip__bans *b, const struct sip__source_key *key, uint64_t hash, enum sip__ban_rank rank)
{
	struct sip__ban *ban = sip__bans_find(b, key, hash);

	if (ban) {
		rank_as(b, ban, rank);
		return ban;
	}
	if (!make_room(b, rank))
		return NULL;
	ban = sip_alloc_zero(sizeof *ban);
	if (!ban)
		return NULL;
	ban->key = *key;
	if (sip_hash_add(&b->table, &ban->node, hash) != SIP_OK) {
		sip_free(ban);
		return NULL;
	}
	rank_as(b, ban, rank);
	return ban;
}

struct sweep {
	struct sip__bans *bans;
	int64_t now_us, memory_us;
};

static bool look_at(void *arg, struct sip_hash_node *node)
{
	struct sip__ban *ban = SIP_CONTAINER(node, struct sip__ban, node);
	struct sweep *s = arg;

	if (ban->rank != SIP__BAN_PAST && ban->until_us <= s->now_us)
		rank_as(s->bans, ban, SIP__BAN_PAST);
	else if (ban->rank == SIP__BAN_PAST && ban->until_us + s->memory_us <= s->now_us)
		sip__bans_forget(s->bans, ban);
	return true;
}

void sip__bans_sweep(struct sip__bans *b, int64_t now_us, int64_t memory_us, size_t *cursor, size_t most)
{
	struct sweep s = { b, now_us, memory_us };

	if (!sip_hash_walk_some(&b->table, cursor, most, look_at, &s))
		*cursor = 0;
}
