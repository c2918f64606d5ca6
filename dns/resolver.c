/*
 * Questions: from the cache, from the hosts file, or once on the wire for all who ask the same.
 * One resolver a loop; a question on the wire keeps it in memory, also after it was stopped.
 */
#include "dns/dns_priv.h"

struct question {
	struct sip_hash_node node;
	struct dns_resolver *resolver; /* counted */
	struct sip_list waiters;
	struct dns_rrset *early;       /* counted: the answer that came while it was being asked */
	bool is_asking, is_answered;
	int64_t asked_us;
	enum dns_type type;
	size_t name_len;
	char name[];
};

void dns_options_init(struct dns_options *o)
{
	memset(o, 0, sizeof *o);
	o->timeout_ms = 2000;
	o->tries = 2;
	o->cache_max = 10000;
	o->ttl_min = 1;
	o->ttl_max = 86400;
	o->ttl_negative_max = 60;
	o->grey_ms = 30000;
	o->queries_max = 4096;
}

static void resolver_free(void *object)
{
	struct dns_resolver *r = object;

	dns__cache_fini(&r->cache);
	dns__hosts_fini(&r->hosts);
	dns__marks_fini(&r->marks);
	sip_hash_fini(&r->questions);
	sip_free(r->hosts_path);
	sip_free(r);
}

void dns__resolver_unref(struct dns_resolver *r)
{
	sip_ref_put(&r->ref);
}

static enum sip_err resolver_open(struct dns_resolver *r, const struct dns_options *o)
{
	const char *hosts = o->hosts_path ? o->hosts_path : "/etc/hosts";
	enum sip_err err = SIP_OK;

	if (*hosts) {
		r->hosts_path = sip_strdup(hosts, strlen(hosts));
		if (!r->hosts_path)
			return SIP_E_NOMEM;
		err = dns__hosts_load(&r->hosts, r->hosts_path);
	}
	if (err != SIP_OK)
		return err;
	if (!o->source)
		return dns__cares_create(o, &r->cares, &r->source);
	r->source = *o->source;
	return SIP_OK;
}

enum sip_err dns_resolver_create(const struct dns_options *o, struct dns_resolver **out)
{
	struct dns_resolver *r = sip_alloc_zero(sizeof *r);
	enum sip_err err;

	*out = NULL;
	if (!r)
		return SIP_E_NOMEM;
	SIP_LOOP_MINE(o->loop);
	sip_ref_init(&r->ref, DNS__RESOLVER_MAGIC, resolver_free);
	r->loop = o->loop;
	r->log = sip_loop_log(o->loop);
	r->cells = sip_loop_cells(o->loop);
	sip_rand_fill(sip_loop_rand(o->loop), &r->key, sizeof r->key);
	dns__cache_init(&r->cache, o->cache_max, r->cells);
	dns__hosts_init(&r->hosts, &r->key);
	dns__marks_init(&r->marks, o->grey_ms);
	sip_hash_init(&r->questions, 0);
	sip_list_init(&r->searches);
	r->queries_max = o->queries_max;
	r->ttl_min = o->ttl_min;
	r->ttl_max = o->ttl_max;
	r->ttl_negative_max = o->ttl_negative_max;
	err = resolver_open(r, o);
	if (err != SIP_OK)
		dns__resolver_unref(r);
	else
		*out = r;
	return err;
}

void dns_resolver_destroy(struct dns_resolver **resolver)
{
	struct dns_resolver *r = *resolver;

	*resolver = NULL;
	if (!r)
		return;
	MUST(r->ref.magic == DNS__RESOLVER_MAGIC);
	SIP_LOOP_MINE(r->loop);
	r->is_stopped = true;
	while (!sip_list_is_empty(&r->searches))
		dns__locate_finish(SIP_CONTAINER(r->searches.next, struct dns_locate, node), SIP_E_STOPPED);
	dns__cares_destroy(&r->cares);
	dns__cache_clear(&r->cache);
	dns__resolver_unref(r);
}

void dns_resolver_flush(struct dns_resolver *r)
{
	SIP_LOOP_MINE(r->loop);
	dns__cache_clear(&r->cache);
	dns__marks_clear(&r->marks);
	if (r->hosts_path && dns__hosts_load(&r->hosts, r->hosts_path) != SIP_OK)
		SIP_LOG(r->log, SIP_LOG_WARNING, "dns", "no memory to read %s again", r->hosts_path);
}

size_t dns_resolver_cached(const struct dns_resolver *r)
{
	return r->cache.table.count;
}

/* ---- answers ------------------------------------------------------------------------------------------------- */
static uint64_t key_of(const struct dns_resolver *r, struct sip_str name, enum dns_type type)
{
	return sip_hash_mix(sip_hash_nocase(&r->key, name), (uint64_t)type);
}

/* RFC 2308 for "there is none"; a failure holds for the shortest time, so that it is not asked for at once again. */
static void set_expiry(const struct dns_resolver *r, struct dns_rrset *set, int64_t now)
{
	int64_t longest = now + SIP_SECONDS(r->ttl_negative_max);
	uint32_t ttl = r->ttl_max;

	if (set->err == SIP_E_NOTFOUND) {
		if (set->expires_us == 0 || set->expires_us > longest)
			set->expires_us = longest;
		return;
	}
	if (set->err != SIP_OK)
		ttl = r->ttl_min;
	for (size_t i = 0; i < set->count; i++)
		if (set->rr[i].ttl < ttl)
			ttl = set->rr[i].ttl;
	if (ttl < r->ttl_min)
		ttl = r->ttl_min;
	set->expires_us = now + SIP_SECONDS(ttl);
}

static void log_answer(const struct dns_resolver *r, const struct question *q, const struct dns_rrset *set,
		       int64_t took)
{
	SIP_LOG(r->log, SIP_LOG_DEBUG, "dns", "%s %.*s: %zu records, %s, %lld us", dns__type_name(q->type),
		(int)q->name_len, q->name, set ? set->count : 0, set ? sip_err_text(set->err) : "no memory",
		(long long)took);
}

/* The set is still ours alone: the last moment to change it. */
static void settle(struct question *q, struct dns_rrset *set)
{
	struct dns_resolver *r = q->resolver;
	int64_t now = sip_loop_now(r->loop);

	sip_hash_remove(&r->questions, &q->node);
	sip_metric_observe(r->cells, SIP_M_DNS_MICROSECONDS, (uint64_t)(now - q->asked_us));
	log_answer(r, q, set, now - q->asked_us);
	if (!set || (set->err != SIP_OK && set->err != SIP_E_NOTFOUND))
		sip_metric_count(r->cells, SIP_M_DNS_FAILURES);
	if (!set)
		return;
	if (set->count > DNS__RECORDS_MAX) {
		set->count = DNS__RECORDS_MAX;
		sip_metric_count(r->cells, SIP_M_DNS_CUT);
	}
	if (set->err == SIP_OK && set->count == 0)
		set->err = SIP_E_NOTFOUND;
	set_expiry(r, set, now);
	dns__cache_put(&r->cache, q->node.hash, sip_str_make(q->name, q->name_len), q->type, set);
}

static void question_free(struct question *q)
{
	struct dns_resolver *r = q->resolver;

	sip_free(q);
	dns__resolver_unref(r);
}

/* A waiter's call-back may cancel others that wait here, ask again, or destroy the resolver. */
static void on_answered(void *arg, struct dns_rrset *set)
{
	struct question *q = arg;

	if (q->is_asking) {
		q->is_answered = true;
		q->early = set;
		return;
	}
	if (!q->resolver->is_stopped)
		settle(q, set);
	for (struct sip_list *n = sip_list_pop(&q->waiters); n; n = sip_list_pop(&q->waiters)) {
		struct dns__waiter *w = SIP_CONTAINER(n, struct dns__waiter, node);
		w->fn(w->arg, set);
	}
	dns_rrset_unref(&set);
	question_free(q);
}

/* ---- questions ----------------------------------------------------------------------------------------------- */
static struct question *question_find(const struct dns_resolver *r, uint64_t hash, struct sip_str name,
				      enum dns_type type)
{
	for (struct sip_hash_node *n = sip_hash_first(&r->questions, hash); n; n = sip_hash_next(n)) {
		struct question *q = SIP_CONTAINER(n, struct question, node);
		if (q->type == type && sip_str_eq_nocase(sip_str_make(q->name, q->name_len), name))
			return q;
	}
	return NULL;
}

static struct question *question_create(struct dns_resolver *r, uint64_t hash, struct sip_str name, enum dns_type type)
{
	struct question *q = sip_alloc_zero(sizeof *q + name.len);

	if (!q)
		return NULL;
	q->resolver = r;
	q->type = type;
	q->name_len = name.len;
	q->asked_us = sip_loop_now(r->loop);
	memcpy(q->name, name.p, name.len);
	sip_list_init(&q->waiters);
	if (sip_hash_add(&r->questions, &q->node, hash) != SIP_OK) {
		sip_free(q);
		return NULL;
	}
	sip_ref_get(&r->ref);
	return q;
}

static enum sip_err ask_source(struct dns_resolver *r, struct question *q, struct dns__waiter *w,
			       struct dns_rrset **out)
{
	struct dns_rrset *set;

	sip_metric_count(r->cells, SIP_M_DNS_QUERIES);
	SIP_LOG(r->log, SIP_LOG_DEBUG, "dns", "%s %.*s?", dns__type_name(q->type), (int)q->name_len, q->name);
	q->is_asking = true;
	r->source.query(r->source.arg, sip_str_make(q->name, q->name_len), q->type, on_answered, q);
	q->is_asking = false;
	if (!q->is_answered) {
		sip_list_add_tail(&q->waiters, &w->node);
		return SIP_OK;
	}
	set = q->early;
	settle(q, set);
	question_free(q);
	*out = set;
	return set ? SIP_OK : SIP_E_NOMEM;
}

/* The cache, where the hosts file's names are put on first use. */
static enum sip_err find_known(struct dns_resolver *r, uint64_t hash, struct sip_str name, enum dns_type type,
			       struct dns_rrset **out)
{
	enum sip_err err;

	*out = dns__cache_find(&r->cache, hash, name, type, sip_loop_now(r->loop));
	if (*out) {
		sip_metric_count(r->cells, SIP_M_DNS_HITS);
		return SIP_OK;
	}
	if (type != DNS_TYPE_A && type != DNS_TYPE_AAAA)
		return SIP_OK;
	err = dns__hosts_find(&r->hosts, name, type, out);
	if (err == SIP_OK)
		dns__cache_put(&r->cache, hash, name, type, *out);
	return err == SIP_E_NOTFOUND ? SIP_OK : err;
}

enum sip_err dns__resolver_ask(struct dns_resolver *r, struct sip_str name, enum dns_type type, struct dns__waiter *w,
			       struct dns_rrset **out)
{
	uint64_t hash = key_of(r, name, type);
	enum sip_err err = find_known(r, hash, name, type, out);
	struct question *q;

	if (err != SIP_OK || *out)
		return err;
	q = question_find(r, hash, name, type);
	if (q) {
		sip_list_add_tail(&q->waiters, &w->node);
		return SIP_OK;
	}
	if (r->questions.count >= r->queries_max)
		return SIP_E_LIMIT;
	q = question_create(r, hash, name, type);
	return q ? ask_source(r, q, w, out) : SIP_E_NOMEM;
}

/* ---- marks --------------------------------------------------------------------------------------------------- */
void dns_mark_failed(struct dns_resolver *r, const struct dns_target *t)
{
	SIP_LOOP_MINE(r->loop);
	dns__marks_failed(&r->marks, t->path, sip_loop_now(r->loop));
}

void dns_mark_answered(struct dns_resolver *r, const struct dns_target *t)
{
	SIP_LOOP_MINE(r->loop);
	dns__marks_answered(&r->marks, t->path, sip_loop_now(r->loop));
}
