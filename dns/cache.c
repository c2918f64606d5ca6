/* The answers, by name and type: bounded by count, the least recently used goes first. One a resolver. */
#include "dns/dns_priv.h"

struct entry {
	struct sip_hash_node node;
	struct sip_list recent;
	struct dns_rrset *set; /* counted */
	size_t size;           /* of the entry and its set */
	enum dns_type type;
	size_t name_len;
	char name[];
};

void dns__cache_init(struct dns__cache *c, size_t max, struct sip_metrics_cells *cells)
{
	sip_hash_init(&c->table, 0);
	sip_list_init(&c->recent);
	c->max = max;
	c->bytes = 0;
	c->bytes_max = max < SIZE_MAX / DNS__CACHE_BYTES ? max * DNS__CACHE_BYTES : SIZE_MAX;
	c->cells = cells;
}

static void entry_free(struct dns__cache *c, struct entry *e)
{
	sip_hash_remove(&c->table, &e->node);
	sip_list_remove(&e->recent);
	c->bytes -= e->size;
	sip_metric_add(c->cells, SIP_M_DNS_CACHE, -1);
	dns_rrset_unref(&e->set);
	sip_free(e);
}

void dns__cache_clear(struct dns__cache *c)
{
	SIP_LIST_FOR_SAFE(n, after, &c->recent)
		entry_free(c, SIP_CONTAINER(n, struct entry, recent));
}

void dns__cache_fini(struct dns__cache *c)
{
	dns__cache_clear(c);
	sip_hash_fini(&c->table);
}

static struct entry *entry_find(const struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type)
{
	for (struct sip_hash_node *n = sip_hash_first(&c->table, hash); n; n = sip_hash_next(n)) {
		struct entry *e = SIP_CONTAINER(n, struct entry, node);
		if (e->type == type && sip_str_eq_nocase(sip_str_make(e->name, e->name_len), name))
			return e;
	}
	return NULL;
}

struct dns_rrset *dns__cache_find(struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type,
				  int64_t now_us)
{
	struct entry *e = entry_find(c, hash, name, type);

	if (!e)
		return NULL;
	if (e->set->expires_us <= now_us) {
		entry_free(c, e);
		return NULL;
	}
	sip_list_remove(&e->recent);
	sip_list_add_head(&c->recent, &e->recent);
	sip_ref_get(&e->set->ref);
	return e->set;
}

static struct entry *entry_add(struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type)
{
	struct entry *e = sip_alloc_zero(sizeof *e + name.len);

	if (!e)
		return NULL;
	if (sip_hash_add(&c->table, &e->node, hash) != SIP_OK) {
		sip_free(e);
		return NULL;
	}
	e->type = type;
	e->name_len = name.len;
	memcpy(e->name, name.p, name.len);
	sip_metric_add(c->cells, SIP_M_DNS_CACHE, 1);
	return e;
}

/* The least recently used go until there is room for one of this size. */
static void make_room(struct dns__cache *c, size_t size)
{
	while (c->table.count >= c->max || c->bytes + size > c->bytes_max)
		entry_free(c, SIP_CONTAINER(c->recent.prev, struct entry, recent));
}

void dns__cache_put(struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type, struct dns_rrset *set)
{
	struct entry *e = entry_find(c, hash, name, type);
	size_t size = sizeof *e + name.len + dns__rrset_size(set);

	if (e)
		entry_free(c, e);
	if (c->max == 0 || size > c->bytes_max)
		return;
	make_room(c, size);
	e = entry_add(c, hash, name, type);
	if (!e)
		return;
	sip_ref_get(&set->ref);
	e->set = set;
	e->size = size;
	c->bytes += size;
	sip_list_add_head(&c->recent, &e->recent);
}
