/*
 * A request context: one request from its arrival to its last branch. Open to processors, which
 * read and mark it; its life is the proxy's business. Belongs to the proxy's loop.
 */
#ifndef REPRO_PROXY_REQUEST_CONTEXT_H
#define REPRO_PROXY_REQUEST_CONTEXT_H

#include "repro/proxy/processor.h"
#include "stack/core/user.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_proxy;
struct repro_request;

enum repro_target_state {
	REPRO_TARGET_CANDIDATE,  /* known, not tried */
	REPRO_TARGET_SPARE,      /* another flow of a target's instance, for when that fails (RFC 5626 7) */
	REPRO_TARGET_TRYING,     /* a branch is out, nothing heard */
	REPRO_TARGET_PROCEEDING, /* a provisional has come */
	REPRO_TARGET_CANCELLED,  /* CANCEL is out, the final is awaited */
	REPRO_TARGET_DONE        /* a final response, or given up */
};

/* One place a request goes to (RFC 3261 16.5); in the request's memory. */
struct repro_target {
	struct repro_request *request; /* lent by the request it belongs to */
	struct sip_str uri;            /* the Request-URI there; of the request's memory */
	const struct sip_str *path;    /* Route values to put in front (RFC 3327), in order */
	size_t path_count;
	uint32_t q;                    /* thousandths */
	struct sip_flow *flow;         /* owned: a reference; by this, while it lives; NULL: as the URI says */
	bool is_flow_only;             /* and by no other way */
	struct sip_str next_hop;       /* a URI: there, whatever the Request-URI says; empty: as that or the Route says */
	struct sip_str instance;       /* whose flow it is (RFC 5626); empty: nobody's */
	uint32_t reg_id;
	bool is_bound;                 /* from the location service: the Request-URI is replaced */
	enum repro_target_state state;
	unsigned status;               /* of its final response; 0: none yet */
	uint32_t breadth;              /* its share of the Max-Breadth (RFC 5393) */
	uint64_t tx;                   /* of its branch */
	struct sip_timer timer_c;      /* RFC 3261 16.6 step 11; INVITE only */
};
#define REPRO_TARGETS_MAX 64

enum repro_role {
	REPRO_ROLE_UNKNOWN,
	REPRO_ROLE_IN_DIALOG,  /* came along a Route of ours: just passes */
	REPRO_ROLE_OUT,        /* to a foreign domain */
	REPRO_ROLE_IN          /* to one of our domains */
};

struct repro_request {
	uint32_t magic;
	struct repro_proxy *proxy;       /* lent, outlives us */
	struct sip_hash_node by_id;
	struct sip_hash_node by_tx;
	uint64_t id;                     /* never used again by this proxy */
	uint64_t tx;                     /* the server transaction; 0: an ACK, which has none */
	struct sip_message *message;     /* owned; edited only before it has targets */
	enum sip_method method;
	enum repro_role role;
	struct sip_arena arena;          /* for what processors and targets keep */
	const struct repro_chain *chain; /* being run */
	size_t step;                     /* the next processor */
	char loop[16];                   /* 16.6 step 8: what ends our branches, of the request as it came; empty: not made yet */
	bool is_waiting;                 /* a processor said WAIT */
	bool is_cancelled;               /* CANCEL came */
	bool is_answered;                /* a final response went back */
	bool answers_once;               /* its answer is a matter of the request alone (repro_request_answer_once) */
	bool had_route;                  /* a Route of ours was taken off */
	bool is_over;                    /* nothing is left to do but to let go of it */
	unsigned busy;                   /* calls inside the context under way: it is let go when the last one leaves */
	bool no_new_branches;            /* a 6xx or 2xx came (16.7 step 5), or it was cancelled */
	struct sip_flow *flow;           /* owned: a reference; the one our Route named (RFC 5626 5.3.1), NULL: none did */
	struct sip_str user;             /* who has been authenticated: "user@realm"; empty: nobody */
	struct repro_target *targets[REPRO_TARGETS_MAX]; /* in the arena */
	size_t target_count;
	uint32_t breadth;                /* Max-Breadth as it came, at most ours (RFC 5393 5.3.3); 0: not read yet */
	size_t tried;                    /* targets that are candidates no more */
	size_t pending;                  /* branches without a final */
	struct sip_message *best;        /* owned: the best final so far (16.7 step 6) */
	struct sip_message *response;    /* lent while the response chain runs: the final just in */
	struct repro_target *responder;  /* … and where it came from */
	struct sip_timer group_timer;    /* the q-value processor's: when to go on to the next group */
	char first_block[1536];          /* the arena's */
};

/* ---- for processors; on the proxy's loop --------------------------------------------------------------------------- */

/* Answers it: status with the IANA phrase when reason is NULL or no phrase. Nothing happens when a final went back already. */
void repro_request_reply(struct repro_request *r, unsigned status, const char *reason);
/* As the list of refusals says. */
void repro_request_refuse(struct repro_request *r, enum sip_refusal refusal);
/*
 * Before it is answered: the answer would be the same if the request came again, so no transaction need remember it (RFC 3261 8.2.7,
 * sip_user_respond_once). For what depends on nothing that a request changes.
 */
void repro_request_answer_once(struct repro_request *r);
/* 405 with the methods that are (RFC 3261 8.2.1). */
void repro_request_reply_not_allowed(struct repro_request *r, struct sip_str allow);
/* RFC 3261 8.2.2.3, of a request that ends here: false when it requires what we do not know; it is answered 420 then. */
bool repro_request_understands(struct repro_request *r);
/* A response to fill in before repro_request_respond; NULL when memory ends. */
struct sip_message *repro_request_make_response(struct repro_request *r, unsigned status, const char *reason);
/* Sends it. Takes *response, also on failure. */
void repro_request_respond(struct repro_request *r, struct sip_message **response);

/*
 * A further target: texts are copied, of a bound one without what a Request-URI may not have (RFC 3261 16.6 step 2). The first of
 * equal URIs stays (EXISTS). UNSUPPORTED: a sip contact does not serve a sips Request-URI (RFC 5630 5.3). LIMIT, NOMEM.
 */
struct repro_target_options {
	struct sip_str uri;
	const struct sip_str *path;
	size_t path_count;
	uint32_t q;
	struct sip_flow *flow;  /* a reference is taken */
	bool is_flow_only;      /* by this and no other way */
	struct sip_str next_hop;
	struct sip_str instance;
	uint32_t reg_id;
	bool is_bound;
	bool is_spare;
};
enum sip_err repro_request_add_target(struct repro_request *r, const struct repro_target_options *o) SIP_MUST_USE;
/*
 * Sends the request to these candidates (RFC 3261 16.6) and shares its Max-Breadth out over them; `reserve` of it is kept for
 * others that may join them. Those it does not suffice for are done with 440 (RFC 5393 5.3.3), one that cannot be sent with 503.
 * Returns how many were started.
 */
size_t repro_request_start_group(struct repro_request *r, struct repro_target *const *group, size_t count, size_t reserve);
/* CANCELs every branch that has no final. `reason` (RFC 3326) may be empty. */
void repro_request_cancel_branches(struct repro_request *r, struct sip_str reason);
/* Goes on with the processor after the one that said WAIT. Also when the request is over meanwhile: then nothing happens. */
void repro_request_resume(struct repro_request *r);
/* Finds one again after a wait on something else: NULL when it is over. */
struct repro_request *repro_request_find(struct repro_proxy *p, uint64_t id);
/* Runs the target chain again: a group timer has fired, or a redirect brought new candidates. */
void repro_request_run_targets(struct repro_request *r);
/* One line at DEBUG that says why this request goes where it goes. */
void repro_request_explain(const struct repro_request *r, const char *who, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
