/* A bed with one transport of a kind on each side, under certificates of an authority of its own. Virtual clock. */
#ifndef TESTS_UNIT_STACK_TRANSPORT_PAIR_H
#define TESTS_UNIT_STACK_TRANSPORT_PAIR_H

#include "tests/unit/stack/transport/bed.h"

struct pair {
	struct bed bed;
	struct sip_tls_context *tls;   /* lent: b's */
	struct sip_tls_context *trust; /* lent: a's, which knows the authority */
	struct sip_transport *a, *b;
};

/* Made with the first case, for all: keys and files take their time. */
enum pair_context {
	PAIR_TLS_A, PAIR_TLS_B, PAIR_TLS_B_ASKS, PAIR_TLS_OTHER, PAIR_TLS_TRUST, PAIR_DTLS_A, PAIR_DTLS_B, PAIR_DTLS_TRUST, PAIR_CONTEXTS
};
extern struct sip_tls_context *pair_contexts[PAIR_CONTEXTS];
enum sip_err pair_make_contexts(void);

enum sip_err pair_open(struct pair *p, const struct sip_transport_options *o);
enum sip_err pair_open_with(struct pair *p, const struct sip_transport_options *o, const struct sip_wire_options *w);
void pair_close(struct pair *p);
/* A further transport, of one of the two. */
enum sip_err pair_open_at(struct pair *p, struct bed_user *u, const char *at, struct sip_tls_context *tls,
			  const struct sip_transport_options *base, struct sip_transport **out);

/* From one transport, for who has that name; pair_send_to: from a's; pair_send_named: OPTIONS from a's to b's. */
enum sip_err pair_send_by(struct pair *p, struct sip_transport *t, const char *to, const char *name, struct sip_str text,
			   uint64_t token);
enum sip_err pair_send_to(struct pair *p, const char *to, const char *name, struct sip_str text, uint64_t token);
enum sip_err pair_send_named(struct pair *p, const char *name, uint64_t token);
#define PAIR_LARGE 60000
struct sip_str pair_large_message(char *room, size_t size, unsigned body);
/* The answer to the OPTIONS. */
extern const char pair_ok[];

#endif
