/*
 * tests/sim: a seeded world in one process: user agents and repros on a memory net, under a clock that jumps from event
 * to event. Everything a world does follows from its options and its seed. One thread.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "tests/sim/hops.h"
#include "tests/sim/servers.h"

#define SIM_PHONES 2          /* stacks of user agents */
#define SIM_PHONE_ADDRS 4     /* transports of each kind they have */
#define SIM_ACCOUNTS 24
#define SIM_DEVICES_EACH 3
#define SIM_DEVICES (SIM_ACCOUNTS * SIM_DEVICES_EACH)
#define SIM_LEGS 8
#define SIM_DIALOGS 8
#define SIM_TAG 32
#define SIM_CALL_GAP_MS 60    /* mean time between the begins of two calls */
#define SIM_REST SIP_SECONDS(120)
#define SIM_IDLE_S 30          /* of connections: shorter than the time between two refreshes */

enum sim_layout { SIM_LAYOUT_SINGLE, SIM_LAYOUT_CHAIN };

/* What a call is to become. */
enum sim_kind {
#define SIM_KIND(id, text, weight) SIM_##id,
#include "tests/sim/kind_table.h"
#undef SIM_KIND
	SIM_KIND_COUNT
};

struct sim_world;
struct sim_phone;
struct sim_call;

struct sim_account {
	char user[16];
	unsigned domain;                 /* whose repro */
	unsigned device_count;
	bool has_ghost;                  /* a further contact that nobody is behind */
	struct sim_device *devices[SIM_DEVICES_EACH]; /* lent by the world */
};

struct sim_device {
	struct sim_world *world;         /* lent */
	struct sim_account *account;     /* lent by the world */
	struct sim_phone *phone;         /* lent by the world */
	struct sip_transport *transport; /* lent by its stack */
	struct sip_timer refresh;
	char user[16];                   /* of its Contact */
	char contact[128];               /* name-addr */
	char call_id[40];
	unsigned number;
	unsigned at;                     /* its place among the account's */
	unsigned expires_s;
	uint32_t cseq;
	unsigned lost;                   /* REGISTERs in a row whose connection died under them */
	uint32_t last_cseq;              /* of the REGISTER it leaves with; 0: none yet */
	bool is_registered, is_registering, is_leaving;
};

struct sim_phone {
	struct sim_world *world;         /* lent */
	struct sip_stack *stack;         /* owned */
	struct sip_user *user;           /* lent by the stack */
	struct sip_loop *loop;           /* lent by the stack */
	struct sip_transport *udp[SIM_PHONE_ADDRS], *tcp[SIM_PHONE_ADDRS];
	struct sip_hash server_txs;      /* of struct sim_server */
	unsigned number;
};

/* A server transaction of an agent, from its request to its end. */
struct sim_server {
	struct sip_hash_node node;
	struct sim_phone *phone;         /* lent */
	struct sim_leg *leg;             /* lent; NULL: not an INVITE's */
	struct sip_message *request;     /* owned while an answer is owed */
	struct sip_timer timer;          /* the answer to a request other than INVITE */
	uint64_t tx;
	unsigned status;
	bool is_sloppy;
};

enum sim_purpose { SIM_FOR_INVITE, SIM_FOR_BYE_UAC, SIM_FOR_BYE_UAS, SIM_FOR_OTHER, SIM_FOR_REGISTER };
struct sim_client { /* a client transaction of an agent */
	enum sim_purpose purpose;
	struct sim_call *call;           /* lent; NULL: a registration */
	struct sim_device *device;       /* lent */
	void *dialog;                    /* lent: struct sim_dialog or struct sim_leg of a BYE */
	struct sip_message *sent;        /* owned until the end: nothing, or what is to be sent again */
	unsigned finals, ended, status, successes;
	bool is_deserted;                /* nobody wants to hear of it any more */
	bool is_local;                   /* its final was made by our own stack */
};

/* One dialog as the caller sees it. */
struct sim_dialog {
	struct sim_call *call;           /* lent */
	struct sip_message *ok;          /* owned: its first 2xx */
	char tag[SIM_TAG];
	struct sip_timer hang_up;
	uint32_t cseq;
	unsigned acks;
	bool is_over;                    /* BYE sent or come */
};

enum sim_leg_state { SIM_LEG_RINGS, SIM_LEG_ANSWERED, SIM_LEG_CONFIRMED, SIM_LEG_FAILED, SIM_LEG_OVER };
/* One INVITE as a callee sees it. */
struct sim_leg {
	struct sim_call *call;           /* lent */
	struct sim_device *device;       /* lent */
	struct sip_message *invite;      /* owned */
	struct sip_message *ok;          /* owned while it is repeated */
	char tag[SIM_TAG];
	enum sim_leg_state state;
	struct sip_timer timer;          /* ring, answer, hang up */
	struct sip_timer resend;
	struct sip_timer slip;           /* an answer after the answer */
	int64_t interval_us, answered_us;
	uint64_t tx;
	uint32_t cseq;
	unsigned status;                 /* final sent */
	unsigned plan;                   /* the final it is to give; 0: none */
	bool has_rung, has_ack, is_ended, has_bye, gave_up;
	enum sip_err why;
};

struct sim_call {
	struct sim_world *world;         /* lent */
	struct sim_device *caller;       /* lent by the world */
	struct sim_account *callee;      /* lent by the world; NULL: somebody nobody knows */
	enum sim_kind kind;
	unsigned number;
	struct sip_timer begin, give_up;
	uint64_t tx;
	size_t client;                   /* its INVITE, MESSAGE or OPTIONS */
	bool has_begun, is_cancelled, is_nervous;
	bool is_sure;                    /* nothing stands in the way of what it is to become */
	struct sim_dialog dialogs[SIM_DIALOGS];
	unsigned dialog_count;
	struct sim_leg legs[SIM_LEGS];
	unsigned leg_count;
};

struct sim_stats {
	uint64_t sent, resent, in_flight_most;
	uint64_t outcomes[8];            /* of calls, by class of their status */
	int64_t virtual_us;
};

struct sim_world {
	struct sim_base base;
	struct sim_servers servers;
	enum sim_layout layout;
	bool has_outages, has_refusals;  /* addresses out of reach for some seconds; refusing what comes, too */
	struct sim_zone phone_zone;
	struct sim_phone phones[SIM_PHONES];
	struct sim_account accounts[SIM_ACCOUNTS];
	struct sim_device devices[SIM_DEVICES];
	unsigned device_count;
	struct sim_call *calls;          /* owned array */
	struct sim_client *clients;      /* owned array */
	size_t client_count, client_room;
	struct sip_slab server_slab;     /* of struct sim_server */
	struct sip_timer leave;          /* when every agent unregisters, or stops to refresh */
	struct sip_timer outage;
	struct sip_addr outage_at;
	bool is_outage;
	struct sim_hops *hops;           /* owned */
	struct sim_stats stats;
};

/* world.c */
void sim_world_run(const struct sim_options *o, struct sim_world *w);
const char *sim_kind_name(enum sim_kind kind);

/* build.c */
void sim_build(struct sim_world *w);
void sim_tear_down(struct sim_world *w);
/* checks.c: what must hold in the end */
void sim_check_calls(struct sim_world *w);
void sim_check_gauges(struct sim_world *w);

/* agent.c */
void sim_agent_event(void *phone, struct sip_user_event *event);
size_t sim_client_add(struct sim_world *w, enum sim_purpose purpose, struct sim_call *call, struct sim_device *device,
		      void *dialog);
/* Sends by the device's transport; to its outbound proxy, or (in a dialog) where Route and Request-URI say. Takes m. */
void sim_agent_request(struct sim_device *d, struct sip_message *m, bool is_in_dialog, size_t client, uint64_t *tx);
void sim_agent_ack(struct sim_device *d, struct sip_message *m);
struct sip_message *sim_request(const struct sip_request_options *o);
/* A request inside a dialog, from the message that made it. */
struct sip_message *sim_dialog_request(struct sim_device *d, const struct sip_message *from, bool is_caller,
				       const char *local_tag, enum sip_method method, uint32_t cseq);
bool sim_is_by_name(const struct sim_device *d);
struct sim_device *sim_device_find(struct sim_world *w, const struct sip_message *request);
struct sim_call *sim_call_find(struct sim_world *w, const struct sip_message *m);
void sim_copy_tag(char out[SIM_TAG], struct sip_str tag);

/* registering.c */
void sim_register_start(struct sim_device *d, int64_t delay_us);
void sim_register_response(struct sim_client *c, const struct sip_message *m);
void sim_register_leave(struct sim_device *d);

/* caller.c */
void sim_call_plan(struct sim_call *c, struct sim_world *w, unsigned number, int64_t delay_us);
void sim_caller_response(struct sim_call *c, struct sim_client *client, struct sip_user_event *e);
void sim_caller_stray(struct sim_call *c, struct sip_message *m);
/* A BYE came for the caller. The status it gets. */
unsigned sim_caller_bye(struct sim_call *c, struct sip_str tag);

/* callee.c */
/* NULL: answered at once, it is no leg of anything. */
struct sim_leg *sim_callee_invite(struct sim_device *d, struct sim_call *c, struct sim_server *s,
				  struct sip_message *invite);
void sim_callee_ack(struct sim_call *c, const struct sip_message *m);
void sim_callee_cancel(struct sim_leg *l);
void sim_callee_ended(struct sim_leg *l, enum sip_err why);
unsigned sim_callee_bye(struct sim_call *c, struct sip_str tag);

#endif
