/*
 * What is known of targets, by the path to their record (domain, transport, address and port): failed
 * a while ago, or answered last. Bounded; the least recently marked is forgotten. One a resolver.
 */
#include "dns/dns_priv.h"

struct mark {
	struct sip_hash_node node;
	struct sip_list recent;
	int64_t grey_until_us; /* 0: not grey */
	int64_t answered_us;   /* 0: never */
};

void dns__marks_init(struct dns__marks *m, uint32_t grey_ms)
{
	sip_hash_init(&m->table, 0);
	sip_list_init(&m->recent);
	m->grey_us = SIP_MS(grey_ms);
}

static void mark_free(struct dns__marks *m, struct mark *k)
{
	sip_hash_remove(&m->table, &k->node);
	sip_list_remove(&k->recent);
	sip_free(k);
}

void dns__marks_clear(struct dns__marks *m)
{
	SIP_LIST_FOR_SAFE(n, after, &m->recent)
		mark_free(m, SIP_CONTAINER(n, struct mark, recent));
}

void dns__marks_fini(struct dns__marks *m)
{
	dns__marks_clear(m);
	sip_hash_fini(&m->table);
}

/* Never 0, which says "no record led here". */
uint64_t dns__marks_path(const struct sip_hash_key *key, struct sip_str domain, enum sip_transport_kind kind,
			 const struct sip_addr *addr)
{
	uint64_t h = sip_hash_mix(sip_hash_nocase(key, domain), (uint64_t)kind);

	h = sip_hash_mix(h, sip_addr_hash(key, addr));
	return h ? h : 1;
}

static struct mark *mark_find(const struct dns__marks *m, uint64_t path)
{
	struct sip_hash_node *n = sip_hash_first(&m->table, path);

	return n ? SIP_CONTAINER(n, struct mark, node) : NULL;
}

static struct mark *mark_get(struct dns__marks *m, uint64_t path)
{
	struct mark *k = mark_find(m, path);

	if (!k) {
		if (m->table.count >= DNS__MARKS_MAX)
			mark_free(m, SIP_CONTAINER(m->recent.prev, struct mark, recent));
		k = sip_alloc_zero(sizeof *k);
		if (!k)
			return NULL;
		if (sip_hash_add(&m->table, &k->node, path) != SIP_OK) {
			sip_free(k);
			return NULL;
		}
	}
	sip_list_remove(&k->recent);
	sip_list_add_head(&m->recent, &k->recent);
	return k;
}

/* A mark is a hint: without memory there is none. */
void dns__marks_failed(struct dns__marks *m, uint64_t path, int64_t now_us)
{
	struct mark *k = path ? mark_get(m, path) : NULL;

	if (!k)
		return;
	k->grey_until_us = now_us + m->grey_us;
	k->answered_us = 0;
}

void dns__marks_answered(struct dns__marks *m, uint64_t path, int64_t now_us)
{
	struct mark *k = path ? mark_get(m, path) : NULL;

	if (!k)
		return;
	k->grey_until_us = 0;
	k->answered_us = now_us;
}

bool dns__marks_is_grey(const struct dns__marks *m, uint64_t path, int64_t now_us)
{
	const struct mark *k = mark_find(m, path);

	return k && k->grey_until_us > now_us;
}

int64_t dns__marks_last(const struct dns__marks *m, uint64_t path)
{
	const struct mark *k = mark_find(m, path);

	return k ? k->answered_us : 0;
}
