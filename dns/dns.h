/*
 * dns: names to addresses and RFC 3263 from a URI to an ordered list of targets, over c-ares,
 * never blocking. A resolver belongs to one loop; everything here is for that loop's thread.
 */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include "stack/loop/loop.h"
#include "stack/uri/uri.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- records ------------------------------------------------------------------------------------------------- */
enum dns_type {
#define DNS_TYPE(id, number) DNS_TYPE_##id = number,
#include "dns/rr_table.h"
#undef DNS_TYPE
	DNS_TYPE_NONE = 0
};
struct dns_rr {
	enum dns_type type;
	uint32_t ttl;              /* seconds */
	struct sip_addr addr;      /* A, AAAA; port 0 */
	uint16_t priority, weight, port; /* SRV; NAPTR: order, preference, 0 */
	struct sip_str target;     /* SRV target, NAPTR replacement */
	struct sip_str flags, service, regexp; /* NAPTR */
};
/* All of one name and type; immutable, counted. An empty one is a negative answer. */
struct dns_rrset {
	struct sip_ref ref;
	enum sip_err err;          /* OK; NOTFOUND: the name or type is not there; DNS: no server answered */
	int64_t expires_us;        /* on the loop's clock */
	size_t count;
	struct dns_rr *rr;         /* behind the struct, with the text they point to */
};

/* For sources and tests: a set with copies of the records and of their text. NOMEM. The caller has one reference. */
enum sip_err dns_rrset_create(enum sip_err err, const struct dns_rr *rr, size_t count,
			      struct dns_rrset **out) SIP_MUST_USE;
/* Any thread. NULL is left alone. */
void dns_rrset_unref(struct dns_rrset **set);

/* ---- the resolver -------------------------------------------------------------------------------------------- */
struct dns_resolver;

/* Where answers come from in place of c-ares: the simulator's scripted zone. */
struct dns_source {
	/*
	 * Calls answered exactly once, at once or later on the loop, also when the resolver is gone by then.
	 * Ownership of the set goes along (NULL: no memory), and nobody else may have it: the resolver sets
	 * expires_us from the TTLs; of a negative one it keeps an earlier expires_us (0: none given).
	 */
	void (*query)(void *arg, struct sip_str name, enum dns_type type,
		      void (*answered)(void *answer_arg, struct dns_rrset *set), void *answer_arg);
	void *arg;
};
struct dns_options {
	struct sip_loop *loop;        /* lent, outlives the resolver */
	const char *servers;          /* "127.0.0.1:5353,[::1]:53", at most 32 (LIMIT); NULL or "": the system's */
	const char *hosts_path;       /* NULL: /etc/hosts; "": none. Read once, and again by dns_resolver_flush */
	unsigned timeout_ms, tries;   /* per server and question: 2,000 and 2 */
	size_t cache_max;             /* record sets: 10,000, and 1 KiB for each on the average; 0: none */
	uint32_t ttl_min, ttl_max;    /* seconds: 1 and 86,400 */
	uint32_t ttl_negative_max;    /* seconds: 60 */
	uint32_t grey_ms;             /* how long a failed target comes last: 30,000 */
	size_t queries_max;           /* questions on the wire at once: 4,096; beyond: LIMIT */
	const struct dns_source *source; /* NULL: c-ares */
};
void dns_options_init(struct dns_options *o);
enum sip_err dns_resolver_create(const struct dns_options *o, struct dns_resolver **out) SIP_MUST_USE;
/* Searches under way are ended with STOPPED first. */
void dns_resolver_destroy(struct dns_resolver **r);
/* Forgets every answer and mark. */
void dns_resolver_flush(struct dns_resolver *r);
size_t dns_resolver_cached(const struct dns_resolver *r);

/* ---- RFC 3263 ------------------------------------------------------------------------------------------------ */
struct dns_target {
	enum sip_transport_kind kind;
	struct sip_addr addr;         /* with its port */
	struct sip_str domain;        /* the name that was asked for, before DNS: what TLS checks (RFC 5922) */
	uint64_t path;                /* which record led here: key of its mark */
};
struct dns_locate_options {
	const struct sip_uri *uri;    /* a URI to reach (4.1, 4.2): maddr, transport and port are honoured … */
	struct sip_str host;          /* … or, uri NULL: the sent-by of a Via (5), */
	uint16_t port;                /*   its port (0: none), */
	enum sip_transport_kind kind; /*   and its transport */
	unsigned kinds;               /* transports that may be used: bit n for enum sip_transport_kind n */
	bool has_ipv4, has_ipv6;      /* families that may be used */
	size_t targets_max;           /* 0: 32 */
};
/* Called once. targets are lent for the call; err != OK: none. */
typedef void (*dns_locate_fn)(void *arg, enum sip_err err, const struct dns_target *targets, size_t count);
struct dns_locate; /* a search under way */
/*
 * Targets in the order to be tried: NAPTR order, SRV priority and weight (RFC 2782), then addresses; grey ones last. A
 * numeric host or a fully cached answer calls fn before this returns, and *out is NULL then (a numeric one allocates
 * nothing). A sips URI gives secure transports only. Returned (fn is never called then): UNSUPPORTED when none of the
 * kinds or families fits, SYNTAX (no host name), INVAL, STOPPED, NOMEM. Told by fn: DNS (no server answered) or
 * NOTFOUND, LIMIT, NOMEM, STOPPED.
 */
enum sip_err dns_locate_start(struct dns_resolver *r, const struct dns_locate_options *o, dns_locate_fn fn, void *arg,
			      struct dns_locate **out) SIP_MUST_USE;
/* fn is not called any more. Within fn it may be called too, and changes nothing. */
void dns_locate_cancel(struct dns_locate **l);

/* A target failed (it comes last for grey_ms) or answered (its mark is lifted, and it is preferred among equals). */
void dns_mark_failed(struct dns_resolver *r, const struct dns_target *t);
void dns_mark_answered(struct dns_resolver *r, const struct dns_target *t);

#ifdef __cplusplus
}
#endif
#endif
