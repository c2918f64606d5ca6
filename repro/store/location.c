/*
 * The location service: stripes of one lock and one table each, AOR to contact set. Shared by all shards; a
 * look-up holds its stripe's lock for a pointer's time, an update for as long as the registrar compares
 * contacts. Updates of one AOR reach the store in the order memory saw them. RFC 3261 10.3.
 */
#include "repro/store/store_priv.h"

enum { STRIPE_BITS = 6, STRIPES = 1 << STRIPE_BITS, SLICE = 32, SLICE_SETS = 256 };
#define LOCATION_MAGIC 0x6c6f6361u

struct location_stripe {
	pthread_mutex_t lock;
	struct sip_hash table; /* of struct repro__set.node; each holds a reference */
	struct sip_list late;  /* of struct repro__set.late, all of them in the table */
};
struct repro_location {
	struct sip_ref ref;
	struct repro_store *store; /* owned: a reference; may be NULL */
	struct sip_hash_key key;
	size_t bindings_max;
	unsigned contacts_max;
	size_t bindings;   /* atomic */
	size_t aors;       /* atomic */
	uint64_t next_id;  /* atomic */
	struct location_stripe stripes[STRIPES];
};

void repro_location_options_init(struct repro_location_options *o)
{
	memset(o, 0, sizeof(*o));
	o->bindings_max = 1000000;
	o->contacts_max = 32;
}

static bool free_set(void *arg, struct sip_hash_node *node)
{
	struct repro_contacts *c = &SIP_CONTAINER(node, struct repro__set, node)->c;
	MUST(sip_hash_remove(arg, node));
	repro_contacts_unref(&c);
	return true;
}

static void location_destroy(void *object)
{
	struct repro_location *loc = object;
	if (loc->store)
		repro__store_detach(loc->store);
	for (size_t i = 0; i < STRIPES; i++) {
		struct location_stripe *s = &loc->stripes[i];
		sip_hash_walk(&s->table, free_set, &s->table);
		sip_hash_fini(&s->table);
		pthread_mutex_destroy(&s->lock);
	}
	repro_store_unref(&loc->store);
	sip_free(loc);
}

enum sip_err repro_location_create(const struct repro_location_options *o, struct repro_location **out)
{
	struct repro_location *loc;
	enum sip_err err = SIP_OK;
	if (!o->rand || o->contacts_max == 0 || o->contacts_max > REPRO_CONTACTS_MAX)
		return SIP_E_INVAL;
	loc = sip_alloc_zero(sizeof(*loc));
	if (!loc)
		return SIP_E_NOMEM;
	sip_ref_init(&loc->ref, LOCATION_MAGIC, location_destroy);
	loc->key.k[0] = sip_rand_u64(o->rand);
	loc->key.k[1] = sip_rand_u64(o->rand);
	loc->bindings_max = o->bindings_max;
	loc->contacts_max = o->contacts_max;
	loc->next_id = 1;
	for (size_t i = 0; i < STRIPES; i++) {
		pthread_mutex_init(&loc->stripes[i].lock, NULL);
		sip_hash_init(&loc->stripes[i].table, 0);
		sip_list_init(&loc->stripes[i].late);
	}
	if (o->store)
		err = repro__store_attach(o->store, loc);
	if (o->store && err == SIP_OK) {
		repro_store_ref(o->store);
		loc->store = o->store;
	}
	if (err != SIP_OK)
		repro_location_unref(&loc);
	else
		*out = loc;
	return err;
}

void repro_location_ref(struct repro_location *loc)
{
	MUST_BE(&loc->ref, LOCATION_MAGIC);
	sip_ref_get(&loc->ref);
}

void repro_location_unref(struct repro_location **loc)
{
	if (!*loc)
		return;
	MUST_BE(&(*loc)->ref, LOCATION_MAGIC);
	sip_ref_put(&(*loc)->ref);
	*loc = NULL;
}

size_t repro_location_binding_count(const struct repro_location *loc)
{
	return __atomic_load_n(&loc->bindings, __ATOMIC_RELAXED);
}

size_t repro_location_aor_count(const struct repro_location *loc)
{
	return __atomic_load_n(&loc->aors, __ATOMIC_RELAXED);
}

/* The table uses the low bits of a hash, the stripes the high ones. */
static struct location_stripe *stripe_of(struct repro_location *loc, uint64_t hash)
{
	return &loc->stripes[hash >> (64 - STRIPE_BITS)];
}

static struct repro__set *find_set(const struct location_stripe *s, uint64_t hash, struct sip_str aor)
{
	struct sip_hash_node *at = sip_hash_first(&s->table, hash);
	for (; at; at = sip_hash_next(at)) {
		struct repro__set *set = SIP_CONTAINER(at, struct repro__set, node);
		if (sip_str_eq(set->c.aor, aor))
			return set;
	}
	return NULL;
}

/* ---- changing ---------------------------------------------------------------------------------------------- */

/* An update that asks for nothing still drops what has expired. */
static enum sip_err keep_living(void *arg, struct repro_contacts_edit *e)
{
	(void)arg;
	(void)e;
	return SIP_OK;
}

/* What an update makes before anything of it shows, so that every failure can be taken back. */
struct update_work {
	struct repro__set *old;        /* in the table; NULL: the AOR is new */
	struct repro__set *fresh;      /* owned until it is in the table; NULL: no binding is left */
	struct repro__change *change;  /* owned until posted */
	uint64_t id;
	unsigned expired;
	int64_t more;                  /* bindings */
	bool is_late;                  /* the writer hears of it later */
	struct repro_contacts_edit edit;
};

static void edit_open(struct repro_location *loc, const struct repro_update *u, struct update_work *w)
{
	struct repro_contacts_edit *e = &w->edit;
	e->aor = u->aor;
	e->now_s = u->now_s;
	e->max = loc->contacts_max;
	e->count = 0;
	for (unsigned i = 0; w->old && i < w->old->c.count; i++) {
		if (w->old->c.bindings[i].expires_s > u->now_s)
			e->bindings[e->count++] = w->old->c.bindings[i];
		else
			w->expired++;
	}
}

/* Room for the new bindings under the limit of all; given back by the negative. */
static enum sip_err reserve(struct repro_location *loc, int64_t more)
{
	size_t now = __atomic_add_fetch(&loc->bindings, (size_t)more, __ATOMIC_RELAXED);
	if (more <= 0 || now <= loc->bindings_max)
		return SIP_OK;
	__atomic_sub_fetch(&loc->bindings, (size_t)more, __ATOMIC_RELAXED);
	return SIP_E_LIMIT;
}

static enum sip_err make_change(struct repro_location *loc, struct repro_update *u, struct update_work *w)
{
	w->is_late = loc->store && w->old && repro__set_is_mere_refresh(w->old, &w->edit);
	if (!loc->store || w->is_late)
		return SIP_OK;
	w->change = sip_alloc_zero(sizeof(*w->change));
	if (!w->change)
		return SIP_E_NOMEM;
	w->change->id = w->id;
	w->change->completion = u->completion;
	if (w->fresh) {
		w->change->set = &w->fresh->c;
		repro_contacts_ref(w->change->set);
	}
	return SIP_OK;
}

static void take_out(struct location_stripe *s, struct repro__set *set)
{
	MUST(sip_hash_remove(&s->table, &set->node));
	if (sip_list_is_linked(&set->late))
		sip_list_remove(&set->late);
}

/* The new set stands beside the old one in the table until the store has taken the change. */
static enum sip_err put_in_place(struct repro_location *loc, struct location_stripe *s, uint64_t hash,
				 struct update_work *w)
{
	enum sip_err err = SIP_OK;
	if (w->fresh)
		err = sip_hash_add(&s->table, &w->fresh->node, hash);
	if (err != SIP_OK)
		return err;
	if (w->change)
		err = repro__store_post(loc->store, &w->change);
	if (err != SIP_OK && w->fresh)
		MUST(sip_hash_remove(&s->table, &w->fresh->node));
	if (err == SIP_OK && w->old)
		take_out(s, w->old);
	if (w->is_late) {
		w->fresh->written_s = __atomic_load_n(&w->old->written_s, __ATOMIC_ACQUIRE);
		sip_list_add_tail(&s->late, &w->fresh->late);
	}
	return err;
}

static enum sip_err apply(struct repro_location *loc, struct location_stripe *s, uint64_t hash, struct repro_update *u,
			  struct update_work *w)
{
	enum sip_err err;
	w->more = (int64_t)w->edit.count - (w->old ? (int64_t)w->old->c.count : 0);
	w->id = w->old ? w->old->c.id : __atomic_fetch_add(&loc->next_id, 1, __ATOMIC_RELAXED);
	if (w->edit.count > 0) {
		err = repro__set_create(u->aor, w->id, w->edit.bindings, w->edit.count, &w->fresh);
		if (err != SIP_OK)
			return err;
	}
	err = make_change(loc, u, w);
	if (err != SIP_OK)
		return err;
	err = reserve(loc, w->more);
	if (err != SIP_OK)
		return err;
	err = put_in_place(loc, s, hash, w);
	if (err != SIP_OK)
		MUST(reserve(loc, -w->more) == SIP_OK);
	return err;
}

static void count_update(struct repro_location *loc, struct repro_update *u, const struct update_work *w)
{
	int aors = (w->fresh != NULL) - (w->old != NULL);
	if (aors != 0)
		__atomic_add_fetch(&loc->aors, (size_t)aors, __ATOMIC_RELAXED);
	if (!u->cells)
		return;
	if (w->more != 0)
		sip_metric_add(u->cells, REPRO_M_BINDINGS, w->more);
	if (aors != 0)
		sip_metric_add(u->cells, REPRO_M_AORS, aors);
	if (w->expired > 0)
		sip_metric_add(u->cells, REPRO_M_BINDINGS_EXPIRED, w->expired);
}

static enum sip_err update_locked(struct repro_location *loc, struct location_stripe *s, uint64_t hash,
				  struct repro_update *u, struct update_work *w)
{
	enum sip_err err;
	w->old = find_set(s, hash, u->aor);
	edit_open(loc, u, w);
	err = u->fn(u->arg, &w->edit);
	if (err != SIP_OK)
		return err;
	if (!w->old && w->edit.count == 0)
		return SIP_OK;
	if (u->fn == keep_living && w->expired == 0) {
		u->contacts = &w->old->c;
		repro_contacts_ref(u->contacts);
		return SIP_OK;
	}
	err = apply(loc, s, hash, u, w);
	if (err != SIP_OK)
		return err;
	count_update(loc, u, w);
	u->is_pending = loc->store && u->completion && !w->is_late;
	if (w->fresh) {
		u->contacts = &w->fresh->c;
		repro_contacts_ref(u->contacts);
	}
	return SIP_OK;
}

enum sip_err repro_location_update(struct repro_location *loc, struct repro_update *u)
{
	uint64_t hash = sip_hash_bytes(&loc->key, u->aor.p, u->aor.len);
	struct location_stripe *s = stripe_of(loc, hash);
	struct update_work w;
	struct repro_contacts *gone = NULL;
	enum sip_err err;
	MUST_BE(&loc->ref, LOCATION_MAGIC);
	memset(&w, 0, offsetof(struct update_work, edit));
	u->contacts = NULL;
	u->is_pending = false;
	pthread_mutex_lock(&s->lock);
	err = update_locked(loc, s, hash, u, &w);
	pthread_mutex_unlock(&s->lock);
	/* Whatever is let go is let go outside the lock: a flow may end with it. */
	if (err == SIP_OK && w.old && (w.fresh || w.edit.count == 0))
		gone = &w.old->c;
	else if (err != SIP_OK && w.fresh)
		gone = &w.fresh->c;
	if (err != SIP_OK && w.change)
		repro__change_destroy(w.change);
	repro_contacts_unref(&gone);
	return err;
}

enum sip_err repro__location_restore(struct repro_location *loc, uint64_t id, struct sip_str aor,
				     const struct repro_binding *bindings, unsigned count)
{
	uint64_t hash = sip_hash_bytes(&loc->key, aor.p, aor.len);
	struct location_stripe *s = stripe_of(loc, hash);
	struct repro__set *set;
	enum sip_err err;
	if (find_set(s, hash, aor))
		return SIP_E_EXISTS;
	err = repro__set_create(aor, id, bindings, count, &set);
	if (err != SIP_OK)
		return err;
	err = reserve(loc, count);
	if (err == SIP_OK) {
		err = sip_hash_add(&s->table, &set->node, hash);
		if (err != SIP_OK)
			MUST(reserve(loc, -(int64_t)count) == SIP_OK);
	}
	if (err != SIP_OK) {
		struct repro_contacts *c = &set->c;
		repro_contacts_unref(&c);
		return err;
	}
	repro__set_written(&set->c);
	loc->aors++;
	if (id >= loc->next_id)
		loc->next_id = id + 1;
	return SIP_OK;
}

/* ---- looking up, sweeping ---------------------------------------------------------------------------------- */

static enum sip_err drop_expired(struct repro_location *loc, struct sip_str aor, int64_t now_s,
				 struct sip_metrics_cells *cells, struct repro_contacts **left)
{
	struct repro_update u = { .aor = aor, .now_s = now_s, .fn = keep_living, .cells = cells };
	enum sip_err err = repro_location_update(loc, &u);
	*left = u.contacts;
	return err;
}

static bool has_living(const struct repro_contacts *c, int64_t now_s)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (c->bindings[i].expires_s > now_s)
			return true;
	}
	return false;
}

struct repro_contacts *repro_location_find(struct repro_location *loc, struct sip_str aor, int64_t now_s,
					   struct sip_metrics_cells *cells)
{
	uint64_t hash = sip_hash_bytes(&loc->key, aor.p, aor.len);
	struct location_stripe *s = stripe_of(loc, hash);
	struct repro_contacts *c = NULL, *left = NULL;
	MUST_BE(&loc->ref, LOCATION_MAGIC);
	pthread_mutex_lock(&s->lock);
	struct repro__set *set = find_set(s, hash, aor);
	if (set) {
		c = &set->c;
		repro_contacts_ref(c);
	}
	pthread_mutex_unlock(&s->lock);
	if (!c || now_s < c->first_expiry_s)
		return c;
	if (drop_expired(loc, aor, now_s, cells, &left) == SIP_OK) {
		repro_contacts_unref(&c);
		return left;
	}
	if (!has_living(c, now_s))
		repro_contacts_unref(&c);
	return c;
}

struct location_slice {
	int64_t before_s;    /* only sets with an expiry up to then */
	size_t count;
	struct repro_contacts *sets[SLICE_SETS]; /* owned: references */
};

static bool take_set(void *arg, struct sip_hash_node *node)
{
	struct location_slice *slice = arg;
	struct repro_contacts *c = &SIP_CONTAINER(node, struct repro__set, node)->c;
	/* Chains are short where hashes are keyed; what does not fit is met again in the next round. */
	if (c->first_expiry_s > slice->before_s || slice->count == SLICE_SETS)
		return true;
	repro_contacts_ref(c);
	slice->sets[slice->count++] = c;
	return true;
}

/* The cursor counts stripe by stripe within, bucket by bucket without. True: the round goes on. */
static bool take_slice(struct repro_location *loc, size_t *cursor, struct location_slice *slice)
{
	size_t stripe = *cursor & (STRIPES - 1);
	size_t bucket = *cursor >> STRIPE_BITS;
	struct location_stripe *s = &loc->stripes[stripe];
	bool is_more;
	slice->count = 0;
	pthread_mutex_lock(&s->lock);
	is_more = sip_hash_walk_some(&s->table, &bucket, SLICE, take_set, slice);
	pthread_mutex_unlock(&s->lock);
	if (is_more)
		*cursor = bucket << STRIPE_BITS | stripe;
	else
		*cursor = (stripe + 1) & (STRIPES - 1);
	return is_more || stripe + 1 < STRIPES;
}

size_t repro__location_take_late(struct repro_location *loc, size_t *stripe, struct repro_contacts **out, size_t most)
{
	size_t count = 0;
	while (*stripe < STRIPES && count < most) {
		struct location_stripe *s = &loc->stripes[*stripe];
		pthread_mutex_lock(&s->lock);
		while (count < most && !sip_list_is_empty(&s->late)) {
			struct repro__set *set = SIP_CONTAINER(s->late.next, struct repro__set, late);
			sip_list_remove(&set->late);
			repro_contacts_ref(&set->c);
			out[count++] = &set->c;
		}
		*stripe += sip_list_is_empty(&s->late);
		pthread_mutex_unlock(&s->lock);
	}
	return count;
}

bool repro_location_sweep(struct repro_location *loc, size_t *cursor, size_t most, int64_t now_s,
			  struct sip_metrics_cells *cells)
{
	struct location_slice slice = { .before_s = now_s };
	struct repro_contacts *left;
	bool is_more = true;
	MUST_BE(&loc->ref, LOCATION_MAGIC);
	for (size_t done = 0; is_more && done < most; done += SLICE) {
		is_more = take_slice(loc, cursor, &slice);
		for (size_t i = 0; i < slice.count; i++) {
			/* A failure (memory, a full queue) leaves it to the next round. */
			if (drop_expired(loc, slice.sets[i]->aor, now_s, cells, &left) == SIP_OK)
				repro_contacts_unref(&left);
			repro_contacts_unref(&slice.sets[i]);
		}
	}
	return is_more;
}

bool repro_location_walk(struct repro_location *loc, size_t *cursor, size_t most, repro_location_walk_fn fn, void *arg)
{
	struct location_slice slice = { .before_s = INT64_MAX };
	bool is_more = true;
	MUST_BE(&loc->ref, LOCATION_MAGIC);
	for (size_t done = 0; is_more && done < most; done += SLICE) {
		is_more = take_slice(loc, cursor, &slice);
		for (size_t i = 0; i < slice.count; i++) {
			fn(arg, slice.sets[i]);
			repro_contacts_unref(&slice.sets[i]);
		}
	}
	return is_more;
}
