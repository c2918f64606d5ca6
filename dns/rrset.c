/* Sets of records: one block of memory, never changed once shared, counted. Any loop. */
#include "dns/dns_priv.h"

static size_t text_size(const struct dns_rr *rr)
{
	return rr->target.len + rr->flags.len + rr->service.len + rr->regexp.len;
}

static void copy_text(char **at, struct sip_str *s)
{
	char *to = *at;

	if (s->len)
		memcpy(to, s->p, s->len);
	s->p = to;
	*at = to + s->len;
}

static void rrset_destroy(void *object)
{
	sip_free(object);
}

enum sip_err dns_rrset_create(enum sip_err err, const struct dns_rr *rr, size_t count, struct dns_rrset **out)
{
	size_t size = sizeof(struct dns_rrset) + count * sizeof *rr;
	struct dns_rrset *set;
	char *at;

	*out = NULL;
	for (size_t i = 0; i < count; i++)
		size += text_size(&rr[i]);
	set = sip_alloc(size);
	if (!set)
		return SIP_E_NOMEM;
	sip_ref_init(&set->ref, DNS__RRSET_MAGIC, rrset_destroy);
	set->err = err;
	set->expires_us = 0;
	set->count = count;
	set->rr = (struct dns_rr *)(void *)(set + 1);
	at = (char *)(set->rr + count);
	for (size_t i = 0; i < count; i++) {
		set->rr[i] = rr[i];
		copy_text(&at, &set->rr[i].target);
		copy_text(&at, &set->rr[i].flags);
		copy_text(&at, &set->rr[i].service);
		copy_text(&at, &set->rr[i].regexp);
	}
	*out = set;
	return SIP_OK;
}

size_t dns__rrset_size(const struct dns_rrset *set)
{
	size_t size = sizeof *set + set->count * sizeof *set->rr;

	for (size_t i = 0; i < set->count; i++)
		size += text_size(&set->rr[i]);
	return size;
}

void dns_rrset_unref(struct dns_rrset **set)
{
	struct dns_rrset *s = *set;

	*set = NULL;
	if (s)
		sip_ref_put(&s->ref);
}

const char *dns__type_name(enum dns_type type)
{
	switch (type) {
#define DNS_TYPE(id, number)     \
	case DNS_TYPE_##id:      \
		return #id;
#include "dns/rr_table.h"
#undef DNS_TYPE
	case DNS_TYPE_NONE:
		break;
	}
	return "NONE";
}
