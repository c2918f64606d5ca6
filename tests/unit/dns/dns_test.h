/* The suites of dns' unit tests, and their world: a loop on the virtual clock and a scripted zone. */
#ifndef TESTS_UNIT_DNS_DNS_TEST_H
#define TESTS_UNIT_DNS_DNS_TEST_H

#include "dns/dns_priv.h"
#include "tests/support/unit.h"

#define DNS_SUITES(X) X(rr) X(cache) X(hosts) X(marks) X(locate_order) X(resolver) X(locate) X(failover) X(source_cares)
#define X(name) extern const struct unit_suite name##_suite;
DNS_SUITES(X)
#undef X

#define SUITE(stem) const struct unit_suite stem##_suite = { "dns/" #stem, cases, SIP_COUNTOF(cases) }

/* Rows of one name and type are one set, as in a zone file: "0 10 5060 a.test" (SRV), "50 50 s SIP+D2T - x" (NAPTR). */
struct zone_row {
	const char *name;
	enum dns_type type;
	uint32_t ttl;
	const char *text;  /* NULL: `err` is the answer; TIMEOUT: there is none until zone_tell */
	enum sip_err err;
};
enum { ZONE_AT_ONCE = -1, ZONE_WHEN_TOLD = -2 };
struct zone {
	struct sip_loop *loop;
	const struct zone_row *rows; /* ended by a NULL name */
	int delay_ms;                /* or ZONE_… */
	struct sip_list waiting;
	unsigned asked;
	char last[300];              /* "A name" */
};
/* Answers what waits. */
void zone_tell(struct zone *z);

struct world {
	struct sip_clock_virtual clock;
	struct sip_metrics *metrics;
	struct sip_loop *loop;
	struct zone zone;
	struct dns_source source;
	struct dns_options options;
	struct dns_resolver *resolver;
};
/* Fills in all but the resolver, so that options may be changed first. */
enum sip_err world_prepare(struct world *w, const struct zone_row *rows);
enum sip_err world_open(struct world *w, const struct zone_row *rows);
void world_close(struct world *w);
void world_turn(struct world *w, int64_t advance_us);
/* Turns the loop, at most 60 virtual seconds, until *calls is n. */
void world_wait(struct world *w, const unsigned *calls, unsigned n);

struct found { /* what a search told */
	unsigned calls;
	enum sip_err err;
	size_t count;
	struct dns_target first, last;
	char text[4096]; /* "udp 192.0.2.1:5060, tcp [2001:db8::1]:5060" */
};
void on_found(void *arg, enum sip_err err, const struct dns_target *targets, size_t count);
/* Starts; INVAL when the URI is none. */
enum sip_err world_start(struct world *w, const char *uri, unsigned kinds, struct found *f, struct dns_locate **l);
/* Starts and waits; what start returned, or what was told. */
enum sip_err world_find(struct world *w, const char *uri, unsigned kinds, struct found *f);

#define KIND(name) (1u << SIP_TRANSPORT_##name)
#define USUAL (KIND(UDP) | KIND(TCP) | KIND(TLS))
/* The search ends with this; without memory with that. */
#define FIND_ERR(w, uri, kinds, f, expected)                              \
	do {                                                              \
		enum sip_err found_err = world_find(w, uri, kinds, f);    \
		if (found_err == SIP_E_NOMEM) {                           \
			err = found_err;                                  \
			goto out;                                         \
		}                                                         \
		UNIT_EQ(found_err, expected);                             \
	} while (0)
#define FIND(w, uri, kinds, f, expected)                    \
	do {                                                \
		FIND_ERR(w, uri, kinds, f, SIP_OK);         \
		UNIT_STR(sip_str_of((f)->text), expected);  \
	} while (0)

#endif
