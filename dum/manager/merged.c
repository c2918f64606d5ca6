/*
 * Merged requests (RFC 3261 8.2.2.2): the same request by another way. The stack says which are, by From tag, Call-ID and CSeq; a
 * profile may want those with another Request-URI to count as requests of their own, and then what came is remembered. DUM's loop.
 */
#include "dum/manager/manager_priv.h"

#define SEEN_MOST 4096

struct seen {
	struct sip_hash_node node; /* in d->seen */
	struct sip_list order;     /* in d->seen_list, the oldest first */
	int64_t until_us;
};

static void drop(struct dum *d, struct seen *s)
{
	sip_hash_remove(&d->seen, &s->node);
	sip_list_remove(&s->order);
	sip_free(s);
}

static void drop_old(struct dum *d, size_t most, int64_t now_us)
{
	while (!sip_list_is_empty(&d->seen_list)) {
		struct seen *s = SIP_CONTAINER(d->seen_list.next, struct seen, order);
		if (s->until_us > now_us && d->seen.count <= most)
			return;
		drop(d, s);
	}
}

void dum__merged_fini(struct dum *d)
{
	drop_old(d, 0, INT64_MAX);
	sip_hash_fini(&d->seen);
}

/* What makes two of them one; the key is secret, so 64 bits will do. */
static uint64_t hash_of(const struct dum *d, const struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct sip_str parts[] = { sip_message_call_id(m), sip_message_uri_text(m), sip_message_method_text(m),
				   from ? from->tag : sip_str_make("", 0) };
	uint64_t h = cseq ? cseq->number : 0;

	for (size_t i = 0; i < SIP_COUNTOF(parts); i++)
		h = sip_hash_mix(h, sip_hash_bytes(&d->key, parts[i].p, parts[i].len));
	return h;
}

/* Without memory for it a second one passes. */
static void remember(struct dum *d, uint64_t hash, int64_t now_us)
{
	struct seen *s = sip_alloc_zero(sizeof *s);

	if (!s)
		return;
	if (sip_hash_add(&d->seen, &s->node, hash) != SIP_OK) {
		sip_free(s);
		return;
	}
	s->until_us = now_us + dum_core_patience_us(d);
	sip_list_add_tail(&d->seen_list, &s->order);
}

bool dum__manager_is_merged(struct dum *d, const struct dum_incoming *in)
{
	const struct sip_name_addr *to = sip_message_name_addr(in->message, SIP_HEADER_TO, 0);
	int64_t now = dum_core_now(d);
	uint64_t hash;

	if (!dum_profile_flag(in->profile, DUM_PROFILE_MERGE_BY_REQUEST_URI))
		return in->is_merged;
	if (!to || to->tag.p)
		return false;
	hash = hash_of(d, in->message);
	if (in->is_merged && sip_hash_first(&d->seen, hash))
		return true;
	drop_old(d, SEEN_MOST - 1, now);
	remember(d, hash, now);
	return false;
}
