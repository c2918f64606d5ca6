/* dns: what the family knows of each other. A question is asked once, whoever waits for it; a search asks many. */
#ifndef DNS_DNS_PRIV_H
#define DNS_DNS_PRIV_H

#include "dns/dns.h"

#define DNS__NAME_MAX 253            /* characters of a domain name, RFC 1035 2.3.4 */
#define DNS__NAME_SIZE 256
#define DNS__RECORDS_MAX 64          /* kept of one answer; the rest is cut and counted */
#define DNS__MARKS_MAX 4096
#define DNS__CACHE_BYTES 1024
#define DNS__HOSTS_MAX 10000         /* names in the hosts file */
#define DNS__HOST_ADDRS_MAX 16       /* addresses of one of them */
#define DNS__HOSTS_LINE_MAX 1024
#define DNS__HOSTS_FILE_MAX (1 << 20) /* bytes read of it */
#define DNS__SERVICES_MAX 8          /* SRV names one search asks for */
#define DNS__TARGETS_DEFAULT 32
#define DNS__PATIENCE_MS 50          /* RFC 8305 3: "Resolution Delay" */
#define DNS__TARGETS_MAX 256
#define DNS__RESOLVER_MAGIC 0x444e5352u
#define DNS__RRSET_MAGIC 0x44525253u
#define DNS__CARES_MAGIC 0x43415253u
#define DNS__LOCATE_MAGIC 0x444c4f43u

/* ---- rrset.c, rr.c ------------------------------------------------------------------------------------------- */
const char *dns__type_name(enum dns_type type);
/* Bytes of memory it holds. */
size_t dns__rrset_size(const struct dns_rrset *set);
/*
 * A name server's answer in wire form (RFC 1035 4.1) to name and type. SYNTAX, NOMEM; else a set, perhaps a negative
 * one. CNAMEs are followed within the answer. Holds at most DNS__RECORDS_MAX + 1 records: the resolver cuts and counts.
 */
enum sip_err dns__rr_parse(struct sip_str wire, struct sip_str name, enum dns_type type, int64_t now_us,
			   struct dns_rrset **out) SIP_MUST_USE;

/* ---- cache.c ------------------------------------------------------------------------------------------------- */
struct dns__cache {
	struct sip_hash table;
	struct sip_list recent; /* the most recently used first */
	size_t max;
	size_t bytes, bytes_max; /* a hostile domain's sets are large: DNS__CACHE_BYTES a set on the average */
	struct sip_metrics_cells *cells; /* lent by the loop; may be NULL */
};
void dns__cache_init(struct dns__cache *c, size_t max, struct sip_metrics_cells *cells);
void dns__cache_fini(struct dns__cache *c);
void dns__cache_clear(struct dns__cache *c);
/* A reference for the caller, or NULL. An expired set is dropped. */
struct dns_rrset *dns__cache_find(struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type,
				  int64_t now_us);
/* Replaces what was there; the least recently used make room. Without memory, or larger than all, it is not kept. */
void dns__cache_put(struct dns__cache *c, uint64_t hash, struct sip_str name, enum dns_type type,
		    struct dns_rrset *set);

/* ---- hosts.c ------------------------------------------------------------------------------------------------- */
struct dns__hosts {
	struct sip_hash table;
	struct sip_arena arena;
	const struct sip_hash_key *key; /* lent by the resolver */
};
void dns__hosts_init(struct dns__hosts *h, const struct sip_hash_key *key);
void dns__hosts_fini(struct dns__hosts *h);
/* Reads the file; a missing one is an empty one. NOMEM leaves what was there. */
enum sip_err dns__hosts_load(struct dns__hosts *h, const char *path) SIP_MUST_USE;
/* NOTFOUND when the file does not know the name; else a set, negative when it lists only the other family. */
enum sip_err dns__hosts_find(const struct dns__hosts *h, struct sip_str name, enum dns_type type,
			     struct dns_rrset **out) SIP_MUST_USE;

/* ---- marks.c ------------------------------------------------------------------------------------------------- */
struct dns__marks {
	struct sip_hash table;
	struct sip_list recent;
	int64_t grey_us;
};
void dns__marks_init(struct dns__marks *m, uint32_t grey_ms);
void dns__marks_fini(struct dns__marks *m);
void dns__marks_clear(struct dns__marks *m);
uint64_t dns__marks_path(const struct sip_hash_key *key, struct sip_str domain, enum sip_transport_kind kind,
			 const struct sip_addr *addr);
void dns__marks_failed(struct dns__marks *m, uint64_t path, int64_t now_us);
void dns__marks_answered(struct dns__marks *m, uint64_t path, int64_t now_us);
bool dns__marks_is_grey(const struct dns__marks *m, uint64_t path, int64_t now_us);
/* When it last answered; 0: never, or not known any more. */
int64_t dns__marks_last(const struct dns__marks *m, uint64_t path);

/* ---- source_cares.c ------------------------------------------------------------------------------------------ */
struct dns__cares; /* counted by itself: a call-back may destroy the resolver */
enum sip_err dns__cares_create(const struct dns_options *o, struct dns__cares **out,
			       struct dns_source *source) SIP_MUST_USE;
/* What is under way is answered with NULL. */
void dns__cares_destroy(struct dns__cares **c);

/* ---- resolver.c ---------------------------------------------------------------------------------------------- */
struct dns_resolver {
	struct sip_ref ref;            /* one of the owner, one a search, one a question on the wire */
	struct sip_loop *loop;         /* lent */
	struct sip_log *log;           /* lent by the loop */
	struct sip_metrics_cells *cells; /* lent by the loop */
	struct sip_hash_key key;
	struct dns__cache cache;
	struct dns__hosts hosts;
	struct dns__marks marks;
	char *hosts_path;              /* owned; NULL: none */
	struct dns_source source;
	struct dns__cares *cares;      /* owned; NULL: the source is scripted */
	struct sip_hash questions;     /* on the wire */
	size_t queries_max;
	uint32_t ttl_min, ttl_max, ttl_negative_max;
	struct sip_list searches;
	bool is_stopped;
};
/* Somebody who waits for an answer; off the list once it has come. Taken off by sip_list_remove. */
struct dns__waiter {
	struct sip_list node;
	void (*fn)(void *arg, struct dns_rrset *set); /* set: lent; NULL: no memory */
	void *arg;
};
/*
 * The answer now (*out, a reference), or later (*out NULL: w is waiting). One question goes out however many wait.
 * NOMEM, LIMIT (queries_max).
 */
enum sip_err dns__resolver_ask(struct dns_resolver *r, struct sip_str name, enum dns_type type, struct dns__waiter *w,
			       struct dns_rrset **out) SIP_MUST_USE;
void dns__resolver_unref(struct dns_resolver *r);

/* ---- locate*.c ----------------------------------------------------------------------------------------------- */
enum dns__step { DNS__STEP_NAPTR, DNS__STEP_SRV, DNS__STEP_HOSTS, DNS__STEP_DONE };
struct dns__ask {
	struct dns__waiter w;
	struct dns_locate *locate;
	struct dns_rrset *set; /* counted; NULL: not asked or not answered */
};
struct dns__service { /* an SRV name, by NAPTR or by RFC 3263 4.2 */
	enum sip_transport_kind kind;
	struct sip_str name;
	struct dns__ask srv;
};
struct dns__hop { /* a host whose addresses are targets */
	enum sip_transport_kind kind;
	uint16_t port;
	struct sip_str host;
	struct dns__ask a, aaaa;
};
struct dns_locate {
	uint32_t magic;
	struct sip_list node;          /* in the resolver's searches */
	struct dns_resolver *resolver; /* counted */
	dns_locate_fn fn;
	void *arg;
	enum dns__step step;
	size_t pending;                /* answers the present step waits for */
	bool is_done;                  /* fn is being called */
	struct sip_timer patience;     /* for the other family, RFC 8305 3 */
	enum sip_err err;              /* the worst that was met */
	unsigned kinds;
	bool has_ipv4, has_ipv6;
	enum sip_transport_kind kind;  /* named, or the one to fall back to */
	uint16_t port;
	size_t targets_max;
	struct sip_str domain;         /* in the arena */
	struct dns__ask naptr;
	struct dns__service services[DNS__SERVICES_MAX];
	size_t service_count;
	struct dns__hop *hops;         /* in the arena */
	size_t hop_count;
	struct dns_target *targets;    /* in the arena */
	size_t target_count;
	struct sip_arena arena;
	char first[2048];              /* its first block */
};
/* Runs the steps until one has to wait: false; or all are done: true. */
bool dns__locate_run(struct dns_locate *l, bool is_answered);
/* Waits no longer: the step goes on with what has been answered. */
void dns__locate_on_impatience(void *arg);
/* Calls fn and frees the search, with l->err or the targets. */
void dns__locate_end(struct dns_locate *l);
/* The same with an error of the caller's. */
void dns__locate_finish(struct dns_locate *l, enum sip_err err);
/* An answer came for the search's question. */
void dns__locate_on_answer(void *arg, struct dns_rrset *set);
/* The first of `kinds` in RFC 3263's order of preference; NONE. */
enum sip_transport_kind dns__locate_prefer(unsigned kinds);

/* ---- locate_order.c ------------------------------------------------------------------------------------------ */
/* Indices of the SRV records in the order of RFC 2782; `order` has room for DNS__RECORDS_MAX; returns how many. */
size_t dns__order_srv(struct sip_rand *rand, const struct dns_rrset *set, uint16_t *order);
/* NAPTR records by order, then preference; those the answer put first stay first. */
size_t dns__order_naptr(const struct dns_rrset *set, uint16_t *order);
/* From the hops' addresses to l->targets. NOMEM. */
enum sip_err dns__order_targets(struct dns_locate *l) SIP_MUST_USE;

#endif
