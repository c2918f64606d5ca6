/* The family of dum/register: a registration, its flows, what keeps them open, what their answers bring. DUM's loop. */
#ifndef DUM_REGISTER_REGISTER_PRIV_H
#define DUM_REGISTER_REGISTER_PRIV_H

#include "dum/dialog/dialog.h"
#include "dum/register/register.h"

/* ---- keepalive.c: what keeps the flow of a registration open (RFC 5626 4.4) ------------------------------------------- */
struct dum__keepalive {
	struct dum *dum;            /* lent: outlives us */
	struct sip_list node;       /* in dum->kept_flows, while there is a flow */
	uint64_t flow;              /* its number: who holds a flow keeps it from closing */
	struct sip_flow_keep *keep; /* owned; NULL: none is kept */
	struct sip_flow_keep_options o; /* what it was asked for */
	/* The flow is no more. It had answered a ping: it was a good one (4.5). */
	void (*on_gone)(void *arg, bool was_answered);
	void *arg;                  /* lent: the flow of a registration, which owns us */
};
void dum__keepalive_init(struct dum__keepalive *k, struct dum *d, void (*on_gone)(void *arg, bool was_answered), void *arg);
/*
 * By the flow this 2xx came by, as the profile and its Flow-Timer say; in place of what was kept before. True: it owes answers, so
 * that it is to be trusted when one has come.
 */
bool dum__keepalive_start(struct dum__keepalive *k, struct dum_profile *p, const struct sip_message *m);
/* Once everybody knows of the 2xx: on_gone at once where that flow had ended before anybody listened. */
void dum__keepalive_check(struct dum__keepalive *k, const struct sip_message *m);
void dum__keepalive_stop(struct dum__keepalive *k);
bool dum__keepalive_is_answered(const struct dum__keepalive *k);
/* A reference to the flow; NULL: none, or it is gone. */
struct sip_flow *dum__keepalive_flow(const struct dum__keepalive *k);

/* ---- flow.c: one flow of a registration, with a Call-ID, a CSeq and a reg-id of its own (RFC 5626 4.2) ----------------- */
#define DUM__FLOWS_MAX 8

enum dum__flow_state {
	DUM__FLOW_ADDING,    /* a REGISTER is under way */
	DUM__FLOW_STANDING,  /* the binding is there; the timer refreshes it */
	DUM__FLOW_WAITING,   /* it failed, or the flow is gone; the timer tries again */
	DUM__FLOW_REMOVING,  /* the last REGISTER is under way */
	DUM__FLOW_OVER
};
/* What a REGISTER says it supports; a registrar may have refused one. */
enum dum__extension { DUM__EXTENSION_PATH, DUM__EXTENSION_OUTBOUND, DUM__EXTENSION_GRUU, DUM__EXTENSION_COUNT };

struct dum__flow {
	struct dum_usage anchor;         /* of its set; of the first flow's set that is the registration itself */
	struct dum_registration *registration; /* lent: it owns us */
	struct dum_set *set;             /* lent: it lives until our anchor has ended */
	struct dum_request *request;
	enum dum__flow_state state;
	struct sip_timer timer;
	struct sip_timer lapse;          /* armed while the registrar has our binding: when it forgets it */
	struct dum__keepalive keepalive;
	unsigned failures;               /* in a row: registrations that failed, flows that never answered (4.5) */
	bool stands;                     /* we are reached by it */
	bool has_failed;                 /* and has not stood since */
	bool waits_for_others;           /* the longer base was taken for the wait */
	int64_t failed_us;               /* when the wait began */
	unsigned refused;                /* bits of enum dum__extension */
	uint32_t reg_id;                 /* 0: none */
	struct sip_str proxy;            /* owned, behind the registration: its Route; empty: none */
	char *service_route;             /* owned, zero-terminated: of its last 2xx; may be NULL */
};
void dum__flow_init(struct dum__flow *f, struct dum_registration *r, struct dum_set *s);
/* Sends nothing, says nothing any more. */
void dum__flow_stop(struct dum__flow *f);
/* Now. When it cannot be sent it is tried again soon; the error is for who asked. */
enum sip_err dum__flow_register(struct dum__flow *f);
/* Its binding, or with a star all bindings of the address of record; then it is over. */
enum sip_err dum__flow_unregister(struct dum__flow *f);
/* All flows have failed meanwhile: it need not wait as long as it was told to (4.5). */
void dum__flow_hurry(struct dum__flow *f);

/* ---- gruu.c: what a 2xx says of our own Contact ----------------------------------------------------------------------- */
/* By rinstance, or by instance id and reg-id; else the first that nobody has marked. NULL: none. */
const struct sip_name_addr *dum__own_contact(const struct dum__flow *f, const struct sip_message *m);
#define DUM__GRUU_MOST 1100 /* with the brackets the profile keeps it in */
struct dum__gruus { /* RFC 5627 4.2 */
	char room[2][DUM__GRUU_MOST];
	struct sip_str uri[2]; /* public, temporary; empty: none that is right */
};
void dum__gruus_read(struct dum__gruus *g, const struct dum__flow *f, const struct sip_message *m);
/* They are the profile's now, if it is of this address of record; what is missing is taken away. */
void dum__gruus_note(struct dum_registration *r, const struct dum__gruus *g);
void dum__gruus_forget(struct dum_registration *r);

/* ---- client_registration.c: the whole of it --------------------------------------------------------------------------- */
enum dum__ending { DUM__ENDING_NOT, DUM__ENDING_OURS, DUM__ENDING_ALL /* every binding of the address of record */ };

struct dum_registration {
	struct dum_usage usage;
	enum dum__ending ending;
	bool was_removed;                /* some binding was taken out, or there was none */
	bool has_service_route;          /* the profile's is of ours */
	bool has_gruu[2];                /* likewise */
	char instance[9];                /* tells our Contacts from others of the same host */
	uint32_t expires_s;              /* asked for */
	struct sip_str registrar, aor, contacts, headers; /* owned, behind this struct */
	size_t flow_count;
	struct dum__flow flows[];
};
/* What has come of a flow, to be told of and to be answered for the whole. */
void dum__registration_on_success(struct dum__flow *f, const struct sip_message *m, uint32_t granted_s);
void dum__registration_on_failure(struct dum__flow *f, const struct sip_message *m);
void dum__registration_on_over(struct dum__flow *f, const struct sip_message *m);
/* The registrar has forgotten the binding of one. */
void dum__registration_on_lapse(struct dum__flow *f);
/* Is there one that has not failed? */
bool dum__registration_has_hope(const struct dum_registration *r);

#endif
