/*
 * tests/sim/dum: a town of people whose telephones are managers of libdum. They call each other directly, through repro, or
 * through a back-to-back user agent; offer and answer at any time, hang up at any time, lose messages. Both sides of every call
 * must have come to know the same of it. Everything a town does follows from its options and its seed. One thread.
 */
#ifndef TESTS_SIM_DUM_TOWN_H
#define TESTS_SIM_DUM_TOWN_H

#include "dum/manager/manager.h"
#include "tests/sim/hops.h"
#include "tests/sim/servers.h"

#define SIM_MANAGERS 6
#define SIM_HOUSES (SIM_MANAGERS + 1) /* the last one links calls (dum/b2b) */
#define SIM_ACCOUNTS 6
#define SIM_PERSONS 14
#define SIM_AGREED 64        /* exchanges of a talk that are kept */
#define SIM_PATIENCE_S 60
#define SIM_BODY 120
#define SIM_ID 48            /* of a Call-ID, a tag */
#define SIM_DIAL_GAP_MS 200  /* mean time between the begins of two calls */
#define SIM_CALLS_END SIP_SECONDS(560) /* after the last call begins nobody speaks any more */
#define SIM_TOWN_IDLE_S 3600 /* of connections: one that closes may lose what is on its way, and that is the other simulator's */
#define SIM_TOWN_REST SIP_SECONDS(SIM_TOWN_IDLE_S + 180)

enum sim_layout { SIM_LAYOUT_DIRECT, SIM_LAYOUT_PROXY, SIM_LAYOUT_LINKED, SIM_LAYOUT_COUNT };

struct sim_town;
struct sim_dial;

struct sim_account {
	char user[16];
};

/* Somebody with a telephone: a profile and a Contact. */
struct sim_person {
	struct sim_account *account;     /* lent by the town */
	struct sim_manager *manager;     /* lent by the town */
	struct dum_profile *profile;     /* owned: a reference */
	struct dum_handle registration;
	char user[16], from[48], contact[64], uri[64];
	bool is_registered, is_removed;
};

struct sim_manager {
	struct sim_town *town;           /* lent */
	struct sip_stack *stack;         /* owned */
	struct dum *dum;                 /* owned */
	struct dum_profile *profile;     /* owned: a reference */
	struct sip_loop *loop;           /* lent by the stack */
	struct sip_timer leaves;         /* when it shuts down */
	unsigned number;
	bool is_leaving, is_down;
	char name[8], address[24];
};

/* What a talk does when its time has come. */
enum sim_deed {
#define SIM_DEED(id, text) SIM_DEED_##id,
#include "tests/sim/dum/deed_table.h"
#undef SIM_DEED
	SIM_DEED_COUNT
};
struct sim_due {
	struct sip_timer timer;
	struct sim_talk *talk;           /* lent: it is in it */
};

/* A session, as the one who has it sees it. */
struct sim_talk {
	struct sip_list node;            /* in its dial */
	struct sim_dial *dial;           /* lent */
	struct sim_manager *manager;     /* lent */
	struct dum_handle session;
	char call_id[SIM_ID], tag[SIM_ID]; /* the callee's tag: one on both sides */
	struct sim_due due[SIM_DEED_COUNT];
	unsigned offer_in, offer_out;    /* those without an answer; 0: none */
	unsigned stands;                 /* what this side has said in the last exchange; 0: nothing */
	unsigned agreed[SIM_AGREED];     /* the answers of all exchanges, in order */
	unsigned agreed_count;
	unsigned actions;                /* what it is still to do of itself once it stands */
	unsigned retries;                /* of an accept that came too early */
	unsigned status;                 /* the final response it is to give to an INVITE; 0: none */
	bool is_client, is_linked;       /* of the one who links calls */
	bool is_early;                   /* its first provisional response carries what is agreed on */
	bool is_new_done;                /* the INVITE has its final response */
	bool has_to_offer;               /* the peer wants an offer of us */
	bool has_asked;                  /* the peer is to offer */
	bool is_connected, is_confirmed, is_ending, is_over;
	enum dum_reason reason;
};

enum sim_hanger { SIM_HANGS_CALLER, SIM_HANGS_CALLEE, SIM_HANGS_BOTH, SIM_HANGER_COUNT };

struct sim_dial {
	struct sim_town *town;           /* lent */
	struct sim_person *caller;       /* lent by the town */
	struct dum_handle set;
	struct sip_timer begin, cancel;
	struct sip_list talks;           /* owned */
	unsigned number, offer;          /* what its INVITE offers; 0: none */
	char target[80];
	enum sim_hanger hanger;
	int64_t talk_us;
	bool is_eager;                   /* both sides offer as soon as they stand */
	bool has_begun;
	bool is_negligent;               /* an offer gets no answer at all */
	bool is_rude;                    /* a side owes an answer for ever, or left without it (RFC 3261 13.2.2.4) */
	bool has_cancelled;              /* its caller had enough before it was answered */
	bool is_set_over;
};

struct sim_town {
	struct sim_base base;
	struct sim_servers servers;
	enum sim_layout layout;
	bool has_proxy;                  /* people are reached through repro */
	bool has_challenge;              /* people ask who calls */
	bool has_outages;                /* addresses are out of reach for a while */
	bool has_early_leaver;           /* a manager shuts down among its calls */
	struct sim_zone zone;
	struct sim_manager managers[SIM_HOUSES];
	unsigned house_count;
	struct sim_account accounts[SIM_ACCOUNTS];
	struct sim_person persons[SIM_PERSONS];
	struct sim_hops *hops;           /* owned */
	struct sim_dial *dials;          /* owned array */
	struct sip_timer outage;
	struct sip_addr outage_at;
	bool is_outage;
	int64_t calls_us;                /* when the last call has begun */
	unsigned said;                   /* descriptions given by anybody */
	uint64_t hung, dropped;          /* data given to handles, and given back */
	uint64_t talks, connected, exchanges, rejected, events, messages;
	uint64_t outcomes[DUM_REASON_COUNT][DUM_REASON_COUNT]; /* of the two sides of a talk */
};

/* town.c */
void sim_town_run(const struct sim_options *o, struct sim_town *town);
struct sim_manager *sim_manager_of(const struct dum *d);
struct sim_person *sim_person_find(struct sim_town *town, struct sip_str user);
/* people.c */
void sim_town_build(struct sim_town *town);
void sim_town_tear_down(struct sim_town *town);
/* dial.c */
void sim_dial_plan(struct sim_dial *c, struct sim_town *town, unsigned number, int64_t delay_us);
void sim_dial_event(struct sim_dial *c, const struct sim_manager *m, const struct dum_event *e);
/* talk.c */
/* What a side says of itself, in an answer to what (0: an offer). */
struct sip_str sim_body_make(char text[SIM_BODY], unsigned number, unsigned to);
void sim_talk_event(struct sim_manager *m, const struct dum_event *e);
/* The one who has it, or its whole call, hangs up. */
void sim_talk_note_end(struct sim_talk *t);
void sim_talk_sends(struct sim_manager *m, struct dum_handle usage, struct sip_message *message);
/* agree.c: what must hold in the end */
void sim_town_check(struct sim_town *town);

#endif
