/*
 * The connections of a transport on a wire: found by the peer's address for reuse (RFC 3261 18.1.1),
 * kept in order of use, the least used of them closed when there are too many. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#define EVICT_LOOK 64 /* how many of the least used are looked at for one that has nothing to write */

static uint64_t hash_of(const struct sip__stream *st, const struct sip_addr *remote)
{
	return sip_addr_hash(&st->endpoint->wire->key, remote);
}

/* What waits for a connection whose peer must speak first might wait for ever. */
static bool is_way_to(const struct sip__connection *c, const struct sip_addr *remote, struct sip_str name)
{
	if (!sip_addr_eq(&c->flow.remote, remote) || (!c->is_ours && !c->was_open))
		return false;
	return !sip_transport_kinds[c->flow.kind].is_secure || sip__filter_tls_is_for(c, name);
}

/*
 * Only for who is named in the certificate: by its address alone whoever has any certificate and an account on that host could take
 * what is for the server there (RFC 5923 10).
 */
static struct sip__connection *find_alias(struct sip__stream *st, const struct sip_addr *remote, struct sip_str name)
{
	struct sip_hash_node *n = name.len ? sip_hash_first(&st->by_alias, hash_of(st, remote)) : NULL;

	for (; n; n = sip_hash_next(n)) {
		struct sip__connection *c = SIP_CONTAINER(n, struct sip__connection, by_alias);
		if (sip_addr_eq(&c->alias, remote) && sip__filter_tls_has_shown(c, name))
			return c;
	}
	return NULL;
}

struct sip__connection *sip__connection_find(struct sip__stream *st, const struct sip_addr *remote, struct sip_str name)
{
	struct sip_hash_node *n = sip_hash_first(&st->by_remote, hash_of(st, remote));

	for (; n; n = sip_hash_next(n)) {
		struct sip__connection *c = sip__connection_of(SIP_CONTAINER(n, struct sip_flow, by_remote));
		if (is_way_to(c, remote, name))
			return c;
	}
	return find_alias(st, remote, name);
}

static void drop_alias(struct sip__connection *c)
{
	if (!sip_addr_is_none(&c->alias))
		(void)sip_hash_remove(&c->stream->by_alias, &c->by_alias);
	sip_addr_clear(&c->alias);
}

void sip__connection_table_alias(struct sip__connection *c, const struct sip_via *via)
{
	struct sip_addr alias = c->flow.remote;
	struct sip_str value;

	if (c->is_ours || c->flow.kind != SIP_TRANSPORT_TLS || !c->is_in_table || !via ||
	    !sip_params_find(via->params, SIP_STR("alias"), &value))
		return;
	sip_addr_set_port(&alias, via->port ? via->port : sip_transport_kinds[SIP_TRANSPORT_TLS].default_port);
	if (sip_addr_eq(&alias, &c->alias) || !sip__filter_tls_has_shown(c, sip_str_make(NULL, 0)))
		return;
	drop_alias(c);
	if (sip_hash_add(&c->stream->by_alias, &c->by_alias, hash_of(c->stream, &alias)) == SIP_OK)
		c->alias = alias;
}

enum sip_err sip__connection_table_show(struct sip__connection *c)
{
	enum sip_err err = sip_hash_add(&c->stream->by_remote, &c->flow.by_remote, hash_of(c->stream, &c->flow.remote));

	c->is_in_table = err == SIP_OK;
	return err;
}

enum sip_err sip__connection_table_add(struct sip__connection *c)
{
	struct sip__stream *st = c->stream;
	enum sip_err err = sip__connection_table_show(c);

	if (err != SIP_OK)
		return err;
	sip_list_add_tail(&st->lru, &c->flow.lru);
	st->count++;
	return SIP_OK;
}

void sip__connection_table_hide(struct sip__connection *c)
{
	if (c->is_in_table)
		(void)sip_hash_remove(&c->stream->by_remote, &c->flow.by_remote);
	c->is_in_table = false;
	drop_alias(c);
}

void sip__connection_table_remove(struct sip__connection *c)
{
	sip__connection_table_hide(c);
	sip_list_remove(&c->flow.lru);
	c->stream->count--;
}

void sip__connection_used(struct sip__connection *c)
{
	c->used_us = sip_loop_now(c->flow.wire->loop);
	sip_list_remove(&c->flow.lru);
	sip_list_add_tail(&c->stream->lru, &c->flow.lru);
}

bool sip__connection_evict(struct sip__stream *st)
{
	struct sip__connection *least = NULL;
	unsigned looked = 0;

	SIP_LIST_FOR(n, &st->lru) {
		struct sip__connection *c = sip__connection_of(SIP_CONTAINER(n, struct sip_flow, lru));
		if (!least)
			least = c;
		if (!c->queue.count && (c->was_open || !c->is_ours)) {
			least = c;
			break;
		}
		if (++looked == EVICT_LOOK)
			break;
	}
	if (!least)
		return false;
	sip_metric_count(st->endpoint->wire->cells, SIP_M_CONNECTIONS_EVICTED);
	sip__connection_lost(least, SIP_E_LIMIT);
	return true;
}
