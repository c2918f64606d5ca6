/*
 * dum/manager: the door of libdum. A DialogUsageManager owns dialog sets, dialogs and usages, names them to an application by
 * handles, and tells it what happens to them (dum/core/event_table.h). It stands on a stack as a transaction user.
 *
 * Threads: every function here may be called from any thread, in call-backs too, and none waits for the network. Call-backs come
 * on the manager's loop only, one at a time: its own thread, or the one that turns the loop when the application does. What is
 * asked on that loop is done at once; what is asked from elsewhere travels there, in order, and on_deed_failed tells when it could
 * not be done. Messages are lent to call-backs for the call.
 */
#ifndef DUM_MANAGER_MANAGER_H
#define DUM_MANAGER_MANAGER_H

#include "dum/b2b/b2b.h"
#include "dum/core/event.h"
#include "dum/invite/invite.h"
#include "dum/pager/pager.h"
#include "dum/profile/profile.h"
#include "dum/register/register.h"
#include "stack/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_options {
	struct sip_stack *stack;       /* lent, not started yet, outlives the manager; NULL: it makes its own, of what follows */
	enum sip_layout layout;        /* of its own: DEDICATED */
	const char *listen;            /* of its own, UDP and TCP: "0.0.0.0:5060"; port 0: the kernel chooses */
	const char *listen_tls;        /* of its own, TLS: "0.0.0.0:5061"; NULL: none */
	struct sip_tls_context *tls;   /* for that (stack/crypto/tls.h), also to connect to others; a reference is taken */
	const char *listen_dtls;       /* of its own, DTLS: "0.0.0.0:5061"; port 0: that of listen_tls if it is free; NULL: none */
	struct sip_tls_context *dtls;  /* for that, made for datagrams; as `tls` */
	bool has_ws;                   /* of its own: WebSocket too, on the ports of TCP and TLS, and to connect to others (RFC 7118) */
	uint32_t t1_ms;                /* of its own: RFC 3261's T1; 500 */
	bool is_congestion_on;         /* of its own: new work is answered 503 while what came waits for longer than 200 ms; true */
	struct sip_loop *loop;         /* the application's own loop for the call-backs; NULL: as the layout has it */
	struct dum_profile *profile;   /* what holds where a call says nothing else; a reference is taken; NULL: a new one */
	struct dum_handlers handlers;
	bool is_pull;                  /* no handler is called: events wait for dum_next_event */
	void *data;                    /* the user's, with every event that has none nearer */
	sip_destroy_fn destroy_data;   /* called once, in dum_destroy; may be NULL */
	const char *name;              /* a few letters, for threads and logs; lent for ever */
	size_t handles_max;            /* sets, dialogs, usages and requests at a time: 4,000,000 */
	size_t queue_max;              /* deeds of other threads that wait, events that wait to be pulled: 50,000 each */
	/* Which requests are for this manager; NULL: all. On a shard's thread: look, do not keep. */
	bool (*wants)(void *arg, const struct sip_message *request);
	void *wants_arg;               /* lent, outlives the stack */
};
/* What stands behind each field; nothing for the others. */
void dum_options_init(struct dum_options *o);
/* NOMEM; INVAL, INUSE, DENIED … of `listen`. The caller owns it. */
enum sip_err dum_create(const struct dum_options *o, struct dum **out) SIP_MUST_USE;
/* Starts its own stack; with a lent one there is nothing to do. */
enum sip_err dum_start(struct dum *d) SIP_MUST_USE;
/*
 * Everything ends without another word on the wire, call-backs with DUM_REASON_STOPPED, on this thread; a lent stack must be
 * stopped, and may be destroyed only after. Not from a call-back.
 */
void dum_destroy(struct dum **d);
/* Hangs up, unregisters, refuses what comes and what is begun (ESTATE); on_shutdown tells when all has ended. */
enum sip_err dum_shutdown(struct dum *d) SIP_MUST_USE;

struct sip_stack *dum_stack(const struct dum *d);     /* lent */
struct dum_profile *dum_master_profile(const struct dum *d); /* lent: the manager's */
struct sip_loop *dum_loop(const struct dum *d);       /* lent: where call-backs come */

/*
 * Cancels, hangs up, unregisters: what ends this set, session or registration. `reason` for a Reason header (RFC 3326), may be empty;
 * INVAL: it is more than one line.
 */
enum sip_err dum_end(struct dum *d, struct dum_handle h, struct sip_str reason) SIP_MUST_USE;
/* Answers a request that an event has shown: 200 … 299, or 300 … 699. */
enum sip_err dum_accept(struct dum *d, struct dum_handle request, unsigned status, struct sip_str type,
			struct sip_str body) SIP_MUST_USE;
/*
 * The same with a phrase of one's own; empty: IANA's. STALE: it was answered, cancelled, or given up; INVAL: the phrase holds a line end
 * or another control.
 */
enum sip_err dum_reject(struct dum *d, struct dum_handle request, unsigned status, struct sip_str reason) SIP_MUST_USE;
/*
 * Who asks (RFC 3261 22): with a realm in the profile's digest settings requests are challenged, and on_credentials_needed asks for
 * the secret of who says he sent one: at once or later, from any thread. Right: the request goes on to whoever is to hear it, with
 * e->user, and this name of it is stale. Wrong: 403. Without an answer within 64*T1, or when it is cancelled, it is over; dum_reject
 * refuses it otherwise. STATE: it is not asked.
 */
/* H(user:realm:password) of the event's algorithm, in hexadecimal; empty: there is no such user. */
enum sip_err dum_provide_ha1(struct dum *d, struct dum_handle request, struct sip_str ha1) SIP_MUST_USE;
enum sip_err dum_provide_password(struct dum *d, struct dum_handle request, struct sip_str password) SIP_MUST_USE;
/* Runs fn on the manager's loop, in order with all else that is asked of it. */
enum sip_err dum_post(struct dum *d, void (*fn)(struct dum *d, void *arg), void *arg) SIP_MUST_USE;

/* What it names, DUM_HANDLE_NONE when it is stale. It may end the moment after. */
enum dum_handle_kind dum_kind(const struct dum *d, struct dum_handle h);
/* Hangs the user's data on a set, dialog or usage. `destroy` (may be NULL) is called exactly once, on the manager's loop or, STALE, here. */
enum sip_err dum_set_data(struct dum *d, struct dum_handle h, void *data, sip_destroy_fn destroy) SIP_MUST_USE;
/* What hangs on it; NULL: nothing, or it is stale. Any thread; it is the user's to see that it still lives. */
void *dum_data(const struct dum *d, struct dum_handle h);
/* Handles alive; of a manager at rest: none. */
size_t dum_count(const struct dum *d);

/*
 * The next event of an is_pull manager, waiting up to timeout_us (<0: as long as it takes). It is the caller's, message and body
 * too, until dum_event_release. TIMEOUT, CLOSED (the manager is being destroyed). One thread at a time.
 */
enum sip_err dum_next_event(struct dum *d, struct dum_event **out, int64_t timeout_us) SIP_MUST_USE;
/* With its message; *e is NULL after. NULL is left alone. */
void dum_event_release(struct dum_event **e);

/* What has gone through since it began: asked by other threads, done or given up, events lost for want of memory or a puller. */
struct dum_counts {
	uint64_t deeds_posted, deeds_done, events_lost;
};
void dum_counts(const struct dum *d, struct dum_counts *out);

#ifdef __cplusplus
}
#endif
#endif
