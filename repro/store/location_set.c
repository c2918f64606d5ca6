/*
 * A contact set: header, bindings and all their texts in one block, immutable once made, counted. Readers of
 * any thread hold references; the last one frees it and lets go of the flows. RFC 3261 10.3.
 */
#include "repro/store/store_priv.h"

#define SET_MAGIC 0x73657420u

/* The texts of a binding, so that copying and counting are one list. */
static const size_t binding_texts[] = {
	offsetof(struct repro_binding, contact), offsetof(struct repro_binding, call_id),
	offsetof(struct repro_binding, path), offsetof(struct repro_binding, user_agent),
	offsetof(struct repro_binding, instance),
};

static struct sip_str *text_of(struct repro_binding *b, size_t i)
{
	return (struct sip_str *)(void *)((char *)b + binding_texts[i]);
}

static size_t text_len(const struct repro_binding *b)
{
	struct repro_binding copy = *b;
	size_t len = 0;
	for (size_t i = 0; i < SIP_COUNTOF(binding_texts); i++) {
		size_t n = text_of(&copy, i)->len;
		if (n > REPRO_BINDING_TEXT_MAX)
			return SIZE_MAX;
		len += n;
	}
	return len <= REPRO_BINDING_TEXT_MAX ? len : SIZE_MAX;
}

static void set_destroy(void *object)
{
	struct repro__set *s = SIP_CONTAINER(object, struct repro__set, c.ref);
	for (unsigned i = 0; i < s->c.count; i++) {
		if (s->c.bindings[i].flow)
			sip_ref_put(s->c.bindings[i].flow);
	}
	sip_free(s);
}

static struct sip_str keep_text(char **at, struct sip_str s)
{
	struct sip_str kept = sip_str_make(*at, s.len);
	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return kept;
}

enum sip_err repro__set_create(struct sip_str aor, uint64_t id, const struct repro_binding *bindings, unsigned count,
			       struct repro__set **out)
{
	size_t texts = aor.len;
	struct repro__set *s;
	struct repro_binding *to;
	char *at;
	if (aor.len > REPRO_BINDING_TEXT_MAX)
		return SIP_E_TOOBIG;
	for (unsigned i = 0; i < count; i++) {
		size_t n = text_len(&bindings[i]);
		if (n == SIZE_MAX)
			return SIP_E_TOOBIG;
		texts += n;
	}
	s = sip_alloc(sizeof(*s) + count * sizeof(*to) + texts);
	if (!s)
		return SIP_E_NOMEM;
	memset(s, 0, sizeof(*s));
	sip_ref_init(&s->c.ref, SET_MAGIC, set_destroy);
	to = (struct repro_binding *)(void *)(s + 1);
	at = (char *)(to + count);
	s->c.aor = keep_text(&at, aor);
	s->c.id = id;
	s->c.count = count;
	s->c.bindings = to;
	s->c.first_expiry_s = INT64_MAX;
	for (unsigned i = 0; i < count; i++) {
		to[i] = bindings[i];
		for (size_t k = 0; k < SIP_COUNTOF(binding_texts); k++)
			*text_of(&to[i], k) = keep_text(&at, *text_of(&to[i], k));
		if (to[i].flow)
			sip_ref_get(to[i].flow);
		if (to[i].expires_s < s->c.first_expiry_s)
			s->c.first_expiry_s = to[i].expires_s;
	}
	*out = s;
	return SIP_OK;
}

void repro__set_written(struct repro_contacts *c)
{
	__atomic_store_n(&repro__set_of(c)->written_s, c->first_expiry_s, __ATOMIC_RELEASE);
}

/* Shorter lives on disk than this are not put at risk. */
enum { WRITTEN_LEAST_S = 30 };

static bool is_same_binding(const struct repro_binding *a, const struct repro_binding *b)
{
	return sip_str_eq(a->contact, b->contact) && sip_str_eq(a->path, b->path) &&
	       sip_str_eq(a->user_agent, b->user_agent) && sip_str_eq(a->instance, b->instance) &&
	       sip_addr_eq(&a->source, &b->source) && a->kind == b->kind && a->q == b->q && a->reg_id == b->reg_id;
}

bool repro__set_is_mere_refresh(const struct repro__set *old, const struct repro_contacts_edit *e)
{
	int64_t left = __atomic_load_n(&old->written_s, __ATOMIC_ACQUIRE) - e->now_s;

	if (left < WRITTEN_LEAST_S || e->count != old->c.count)
		return false;
	for (unsigned i = 0; i < e->count; i++) {
		const struct repro_binding *was = &old->c.bindings[i], *is = &e->bindings[i];
		if (is->expires_s < was->expires_s || left <= (is->expires_s - e->now_s) / 2 || !is_same_binding(was, is))
			return false;
	}
	return true;
}

void repro_contacts_ref(struct repro_contacts *c)
{
	MUST_BE(&c->ref, SET_MAGIC);
	sip_ref_get(&c->ref);
}

void repro_contacts_unref(struct repro_contacts **c)
{
	if (!*c)
		return;
	MUST_BE(&(*c)->ref, SET_MAGIC);
	sip_ref_put(&(*c)->ref);
	*c = NULL;
}

enum sip_err repro_contacts_edit_add(struct repro_contacts_edit *e, const struct repro_binding *b)
{
	if (e->count >= e->max || e->count >= REPRO_CONTACTS_MAX)
		return SIP_E_LIMIT;
	e->bindings[e->count++] = *b;
	return SIP_OK;
}

void repro_contacts_edit_remove(struct repro_contacts_edit *e, unsigned at)
{
	MUST(at < e->count);
	e->count--;
	memmove(&e->bindings[at], &e->bindings[at + 1], (e->count - at) * sizeof(e->bindings[0]));
}
