/*
 * MESSAGEs out of dialogs from one user to one URI stand in line: one is out, the others wait for its final answer (RFC 3428 8). A
 * line lives as long as somebody stands in it. DUM's loop.
 */
#include "dum/pager/pager_priv.h"

struct dum__line {
	struct sip_hash_node node;   /* in d->lines */
	struct dum *dum;             /* lent by itself: it outlives its lines */
	struct sip_list pagers;      /* the first is out */
	size_t count;
	struct sip_str uri, from;    /* owned, behind this struct */
};

static struct sip_str from_of(const struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);

	return from ? from->uri.text : sip_str_make("", 0);
}

static struct dum__line *find(struct dum *d, uint64_t hash, struct sip_str uri, struct sip_str from)
{
	for (struct sip_hash_node *n = sip_hash_first(&d->lines, hash); n; n = sip_hash_next(n)) {
		struct dum__line *l = SIP_CONTAINER(n, struct dum__line, node);
		if (sip_str_eq(l->uri, uri) && sip_str_eq(l->from, from))
			return l;
	}
	return NULL;
}

static struct dum__line *create(struct dum *d, uint64_t hash, struct sip_str uri, struct sip_str from)
{
	struct dum__line *l = sip_alloc_zero(sizeof *l + uri.len + from.len);
	char *text = (char *)(l + 1);

	if (!l)
		return NULL;
	memcpy(text, uri.p, uri.len);
	if (from.len)
		memcpy(text + uri.len, from.p, from.len);
	l->uri = sip_str_make(text, uri.len);
	l->from = sip_str_make(text + uri.len, from.len);
	l->dum = d;
	sip_list_init(&l->pagers);
	if (sip_hash_add(&d->lines, &l->node, hash) == SIP_OK)
		return l;
	sip_free(l);
	return NULL;
}

enum sip_err dum__line_join(struct dum_pager *p, const struct sip_message *m)
{
	struct dum *d = p->usage.set->dum;
	struct sip_str uri = sip_message_uri_text(m), from = from_of(m);
	uint64_t hash = sip_hash_mix(sip_hash_bytes(&d->key, uri.p, uri.len), sip_hash_bytes(&d->key, from.p, from.len));
	struct dum__line *l = find(d, hash, uri, from);

	if (l && l->count > dum_profile_number(p->usage.set->profile, DUM_PROFILE_MESSAGE_QUEUE))
		return SIP_E_FULL;
	if (!l)
		l = create(d, hash, uri, from);
	if (!l)
		return SIP_E_NOMEM;
	p->line = l;
	sip_list_add_tail(&l->pagers, &p->place);
	l->count++;
	return SIP_OK;
}

bool dum__line_is_first(const struct dum_pager *p)
{
	return p->line->pagers.next == &p->place;
}

struct dum_pager *dum__line_leave(struct dum_pager *p)
{
	struct dum__line *l = p->line;
	bool was_first = l && dum__line_is_first(p);

	if (!l)
		return NULL;
	p->line = NULL;
	sip_list_remove(&p->place);
	l->count--;
	if (l->count)
		return was_first ? SIP_CONTAINER(l->pagers.next, struct dum_pager, place) : NULL;
	sip_hash_remove(&l->dum->lines, &l->node);
	sip_free(l);
	return NULL;
}
