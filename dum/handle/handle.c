/*
 * The table of handles: slots in chunks that never move, so that any thread may look at one while others are given out. A slot's
 * generation is odd while something lives in it, and changes with every birth and death. The lock is for giving out and back alone.
 */
#include "dum/handle/handle.h"

#include <pthread.h>

enum { CHUNK_BITS = 8, CHUNK = 1 << CHUNK_BITS, MOST = 1 << 24 };

struct slot {
	uint32_t generation;     /* atomic: odd while alive */
	uint32_t next_free;      /* index + 1 of the next one without a tenant */
	enum dum_handle_kind kind; /* atomic */
	void *object;            /* lent; of DUM's loop */
	void *data;              /* atomic; owned through `destroy` */
	sip_destroy_fn destroy;
};

struct dum_handles {
	size_t limit;
	pthread_mutex_t lock;    /* of what follows, but for atomic reads */
	size_t chunk_count;      /* atomic */
	size_t live;             /* atomic */
	uint32_t used;           /* slots ever given out */
	uint32_t free;           /* index + 1 of the slot given back last */
	struct slot *chunks[];   /* owned; atomic pointers, set once */
};

const char *dum_handle_kind_text(enum dum_handle_kind kind)
{
	static const char *const texts[] = {
#define DUM_HANDLE(id, text, what) text,
#include "dum/handle/handle_table.h"
#undef DUM_HANDLE
	};
	return kind < DUM_HANDLE_KIND_COUNT ? texts[kind] : texts[DUM_HANDLE_NONE];
}

enum sip_err dum_handles_create(size_t limit, struct dum_handles **out)
{
	size_t chunks = (limit + CHUNK - 1) >> CHUNK_BITS;
	struct dum_handles *t;

	if (limit == 0 || limit > MOST)
		return SIP_E_INVAL;
	t = sip_alloc_zero(sizeof *t + chunks * sizeof t->chunks[0]);
	if (!t)
		return SIP_E_NOMEM;
	t->limit = limit;
	MUST(pthread_mutex_init(&t->lock, NULL) == 0);
	*out = t;
	return SIP_OK;
}

void dum_handles_destroy(struct dum_handles **tp)
{
	struct dum_handles *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	MUST(t->live == 0);
	for (size_t i = 0; i < t->chunk_count; i++)
		sip_free(t->chunks[i]);
	pthread_mutex_destroy(&t->lock);
	sip_free(t);
}

/* The slot a handle points at, whoever lives there; NULL when there never was one. */
static struct slot *slot_at(const struct dum_handles *t, uint32_t index)
{
	size_t chunk = index >> CHUNK_BITS;

	if (chunk >= __atomic_load_n(&t->chunk_count, __ATOMIC_ACQUIRE))
		return NULL;
	return &t->chunks[chunk][index & (CHUNK - 1)];
}

static struct slot *live_slot(const struct dum_handles *t, struct dum_handle h)
{
	struct slot *s = h.generation & 1 ? slot_at(t, h.index) : NULL;

	return s && __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE) == h.generation ? s : NULL;
}

static struct slot *new_slot(struct dum_handles *t, uint32_t *index)
{
	struct slot *s;

	if (t->free) {
		*index = t->free - 1;
		s = slot_at(t, *index);
		t->free = s->next_free;
		return s;
	}
	if ((t->used & (CHUNK - 1)) == 0) {
		struct slot *chunk = sip_alloc_zero(CHUNK * sizeof *chunk);
		if (!chunk)
			return NULL;
		t->chunks[t->chunk_count] = chunk;
		__atomic_store_n(&t->chunk_count, t->chunk_count + 1, __ATOMIC_RELEASE);
	}
	*index = t->used++;
	return slot_at(t, *index);
}

static enum sip_err give_out(struct dum_handles *t, enum dum_handle_kind kind, struct dum_handle *out)
{
	struct slot *s;

	if (t->live == t->limit)
		return SIP_E_LIMIT;
	s = new_slot(t, &out->index);
	if (!s)
		return SIP_E_NOMEM;
	s->object = NULL;
	s->destroy = NULL;
	__atomic_store_n(&s->data, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&s->kind, kind, __ATOMIC_RELAXED);
	__atomic_store_n(&t->live, t->live + 1, __ATOMIC_RELAXED);
	out->generation = s->generation + 1;
	__atomic_store_n(&s->generation, out->generation, __ATOMIC_RELEASE);
	return SIP_OK;
}

enum sip_err dum_handles_reserve(struct dum_handles *t, enum dum_handle_kind kind, struct dum_handle *out)
{
	enum sip_err err;

	MUST(kind != DUM_HANDLE_NONE);
	pthread_mutex_lock(&t->lock);
	err = give_out(t, kind, out);
	pthread_mutex_unlock(&t->lock);
	return err;
}

void dum_handles_fill(struct dum_handles *t, struct dum_handle h, void *object)
{
	struct slot *s = live_slot(t, h);

	MUST(s && !s->object && object);
	s->object = object;
}

enum sip_err dum_handles_add(struct dum_handles *t, enum dum_handle_kind kind, void *object, struct dum_handle *out)
{
	enum sip_err err = dum_handles_reserve(t, kind, out);

	if (err == SIP_OK)
		dum_handles_fill(t, *out, object);
	return err;
}

static void end_data(struct slot *s, void *data, sip_destroy_fn destroy)
{
	void *old = s->data;
	sip_destroy_fn end = s->destroy;

	s->destroy = destroy;
	__atomic_store_n(&s->data, data, __ATOMIC_RELEASE);
	if (end)
		end(old);
}

void dum_handles_remove(struct dum_handles *t, struct dum_handle h)
{
	struct slot *s = live_slot(t, h);

	if (!s)
		return;
	/* Stale before the destructor runs: what it calls about this handle is answered as all others will be. */
	__atomic_store_n(&s->generation, h.generation + 1, __ATOMIC_RELEASE);
	s->object = NULL;
	end_data(s, NULL, NULL);
	pthread_mutex_lock(&t->lock);
	__atomic_store_n(&t->live, t->live - 1, __ATOMIC_RELAXED);
	if (s->generation != UINT32_MAX - 1) { /* a slot whose generations are used up rests for ever */
		s->next_free = t->free;
		t->free = h.index + 1;
	}
	pthread_mutex_unlock(&t->lock);
}

void *dum_handles_find(const struct dum_handles *t, struct dum_handle h, enum dum_handle_kind kind)
{
	struct slot *s = live_slot(t, h);

	return s && s->kind == kind ? s->object : NULL;
}

enum sip_err dum_handles_set_data(struct dum_handles *t, struct dum_handle h, void *data, sip_destroy_fn destroy)
{
	struct slot *s = live_slot(t, h);

	if (!s) {
		if (destroy)
			destroy(data);
		return SIP_E_STALE;
	}
	end_data(s, data, destroy);
	return SIP_OK;
}

enum dum_handle_kind dum_handles_kind(const struct dum_handles *t, struct dum_handle h)
{
	struct slot *s = live_slot(t, h);
	enum dum_handle_kind kind = s ? __atomic_load_n(&s->kind, __ATOMIC_RELAXED) : DUM_HANDLE_NONE;

	/* Another tenant may have moved in since. */
	return s && live_slot(t, h) == s ? kind : DUM_HANDLE_NONE;
}

void *dum_handles_data(const struct dum_handles *t, struct dum_handle h)
{
	struct slot *s = live_slot(t, h);
	void *data = s ? __atomic_load_n(&s->data, __ATOMIC_ACQUIRE) : NULL;

	return s && live_slot(t, h) == s ? data : NULL;
}

size_t dum_handles_count(const struct dum_handles *t)
{
	return __atomic_load_n(&t->live, __ATOMIC_RELAXED);
}
