/*
 * The player: a play is read line by line (script.c), each line is a cue (cues.c, sends.c, gets.c). The stack under play
 * turns on a virtual clock (stage.c); the wire speaks through scripted peers (peers.c), the transaction user through a
 * test user (user.c), the real proxy (house.c), or a manager of libdum with an application on it (app.c, deeds.c, hears.c);
 * names come from a scripted zone (zone.c). One thread.
 */
#ifndef TESTS_REPLAY_PLAY_H
#define TESTS_REPLAY_PLAY_H

#include "dum/manager/manager.h"
#include "stack/core/core.h"

#include <setjmp.h>

#define PLAY_WORDS 32
#define PLAY_VOICES 16
#define PLAY_BLOCK 128
#define PLAY_ZONE 64
#define PLAY_SETTINGS 32
#define PLAY_TRANSPORTS 8

struct play;
struct zone_answer;
struct house;
struct app;

struct cue { /* one line, or one line and its block */
	unsigned line;
	struct sip_str words[PLAY_WORDS];
	size_t count;
	struct sip_str block[PLAY_BLOCK]; /* without indentation; "" for an empty line */
	size_t block_count;
	bool has_block;
};

enum speech_kind { SPEECH_MESSAGE, SPEECH_STRAY, SPEECH_CANCEL, SPEECH_END, SPEECH_CLOSE, SPEECH_BYTES, SPEECH_EVENT };

struct speech { /* something that was said or heard; in the play's arena */
	struct speech *next;       /* in an inbox */
	struct speech *older;      /* of all */
	struct sip_str name;       /* given by "as"; empty: none */
	enum speech_kind kind;
	struct voice *voice;       /* who sent or heard it */
	bool is_sent;
	struct sip_str bytes;
	struct sip_addr far;       /* the other side: where it came from or went to */
	enum sip_transport_kind transport;
	struct sip_flow *flow;     /* owned: a reference; NULL over UDP */
	uint64_t tx;               /* the user's */
	uint64_t request_tx;       /* END, CANCEL: of what */
	enum sip_err why;
	bool is_merged;
	struct dum_event event;    /* EVENT, and what a deed has made (its handle); texts in the arena */
};

enum ignore_kind { IGNORE_MAX = 16 };

struct voice { /* the user, or a scripted peer */
	struct play *play;
	struct sip_str name;
	struct sip_addr at;
	bool is_user, is_udp, is_tcp;
	struct sip_transport *transport;  /* owned: a reference; the peer's end of TCP */
	bool hears_ends, hears_closes, hears_strays, hears_sets;
	struct sip_str ignores[IGNORE_MAX];
	size_t ignore_count;
	struct speech *inbox, **inbox_tail;
	unsigned sent;                    /* requests, for branches and CSeq */
	uint32_t losing;                  /* parcels to it that the net still loses */
};

struct zone_record {
	struct sip_str name;
	enum sip_err err;                 /* of the answer: OK, or what the record says instead */
	int type;
	uint16_t priority, weight, port;
	struct sip_addr addr;
	struct sip_str target, flags, service;
};

struct play {
	const char *file;
	struct sip_arena arena;
	struct sip_buf story;             /* what was said so far */
	struct sip_buf verdict;           /* why it failed */
	bool is_verbose;
	jmp_buf stop;
	struct cue cue;                   /* being played */
	struct sip_str rest;              /* of the script */
	unsigned line;
	unsigned quotes;

	/* what the stage directions asked for */
	bool is_proxy, is_dum, is_set;
	enum sip_transport_kind kinds[PLAY_TRANSPORTS];
	struct sip_addr at[PLAY_TRANSPORTS];
	size_t kind_count;
	struct sip_stack_options options;
	const char *settings[PLAY_SETTINGS];
	size_t setting_count;
	struct zone_record zone[PLAY_ZONE];
	size_t zone_count;
	int64_t zone_delay;               /* us until an answer comes */
	struct zone_answer *zone_answers; /* given or not */

	struct sip_clock_virtual clock;
	int64_t curtain_up;               /* the clock when the scene began */
	struct sip_memory_net *net;
	struct sip_stack *stack;
	struct sip_transport *transports[PLAY_TRANSPORTS]; /* lent by the stack */
	struct sip_user *user;
	struct house *house;
	struct app *app;
	struct sip_loop *street;          /* the peers' loop */
	struct sip_wire *street_wire;
	struct dns_source *zone_source;
	struct sip_log log;

	struct voice voices[PLAY_VOICES]; /* the first is the user */
	size_t voice_count;
	struct speech *newest;
};

/* ---- play.c: life, time, failing ------------------------------------------------------------------------ */
bool play_run(const char *file, bool is_verbose);
/* Says what was expected and what came, and ends the play. `got` may be NULL. */
void play_fail(struct play *p, const struct speech *got, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void play_tell(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *play_alloc(struct play *p, size_t size);
struct sip_str play_copy(struct play *p, struct sip_str s);
struct sip_str play_format(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *play_z(struct play *p, struct sip_str s);

/* ---- script.c ------------------------------------------------------------------------------------------- */
/* The next cue into p->cue; false at the end. */
bool script_next(struct play *p);
/* "500ms", "1.5s", "3min" in microseconds. */
int64_t script_time(struct play *p, struct sip_str word);
struct sip_addr script_addr(struct play *p, struct sip_str word);
/* $(name.path) replaced by what it stands for; $(me.…) names the stack's own address. */
struct sip_str script_fill(struct play *p, struct sip_str text);
/* The word behind `key` in the cue from word `from` on; empty when it is not there. */
struct sip_str script_option(const struct cue *c, size_t from, const char *key);
bool script_has(const struct cue *c, size_t from, const char *key);

/* ---- text.c: messages as text --------------------------------------------------------------------------- */
struct sip_str text_start_line(struct sip_str m);
bool text_is_request(struct sip_str m);
struct sip_str text_word(struct sip_str line, size_t n); /* n-th word; of the third word on: the rest of the line */
struct sip_str text_body(struct sip_str m);
/* The n-th value of a header, comma lists taken apart where the header is a list; .p NULL: none. */
struct sip_str text_value(struct sip_str m, struct sip_str header, size_t n);
size_t text_count(struct sip_str m, struct sip_str header);
/* A parameter of a value, outside of quotes and brackets; .p NULL: none. */
struct sip_str text_param(struct sip_str value, struct sip_str name);
/* What is in the brackets, or before the parameters. */
struct sip_str text_uri(struct sip_str value);
/* A path: "uri", "status", "branch", "to-tag", "Via[2].received", "Route.count" … .p NULL: not there. */
struct sip_str text_path(struct play *p, struct sip_str m, struct sip_str path);
/* Credentials that answer a challenge in what was heard: "USER PASSWORD ALGORITHM COUNT METHOD URI". */
struct sip_str text_digest(struct play *p, const struct speech *s, struct sip_str words);

/* ---- text_make.c ---------------------------------------------------------------------------------------- */
/* A list of header lines under construction. */
struct draft {
	struct play *play;
	struct sip_str start;
	struct sip_str names[PLAY_BLOCK], values[PLAY_BLOCK];
	bool is_fresh[PLAY_BLOCK];  /* said in the play's block */
	size_t count;
	struct sip_str body;
	bool has_length;
};
void draft_init(struct draft *d, struct play *p, struct sip_str start);
void draft_add(struct draft *d, const char *name, struct sip_str value);
/* The block of a "with": each header said there replaces what was; "no X" takes away; "+X: v" adds at the end. */
void draft_apply(struct draft *d, const struct cue *c);
struct sip_str draft_finish(struct draft *d);
/* Whole messages. `raw` blocks as they stand, every line ended by CRLF. */
struct sip_str make_raw(struct play *p, const struct cue *c);
void make_request(struct draft *d, struct voice *v, struct sip_str method, struct sip_str uri);
void make_response(struct draft *d, struct voice *v, struct sip_str request, struct sip_str status);
void make_ack(struct draft *d, struct voice *v, const struct speech *response);
/* In the dialog of something the voice has said or heard. */
void make_inside(struct draft *d, struct voice *v, struct sip_str method, const struct speech *known);
void make_cancel(struct draft *d, struct voice *v, struct sip_str request);

/* ---- speech.c ------------------------------------------------------------------------------------------- */
struct speech *speech_new(struct voice *v, enum speech_kind kind, struct sip_str bytes, bool is_sent);
/* To the inbox, unless the voice ignores it. */
void speech_hear(struct speech *s);
/* Into the story, before it is said. */
void speech_said(const struct speech *s);
struct speech *speech_take(struct voice *v);
struct speech *speech_find(struct play *p, struct sip_str name); /* or fails the play */
struct speech *speech_request_of(struct play *p, const struct speech *response); /* what it answers; NULL */
void speech_drop_flows(struct play *p);
struct voice *voice_find(struct play *p, struct sip_str name); /* NULL: none */
struct voice *voice_add(struct play *p, struct sip_str name);

/* ---- stage.c -------------------------------------------------------------------------------------------- */
/* A stage direction: true when it was one. */
bool stage_direct(struct play *p);
void stage_set(struct play *p);    /* builds everything, once */
void stage_strike(struct play *p); /* takes it down */
void stage_settle(struct play *p); /* turns the loops until nothing moves */
/* Time passes; whatever is heard on the way and before the end must be ignored or the play fails. */
void stage_advance(struct play *p, int64_t us);
/* Time passes until this voice hears something; false when it does not within `us`. */
bool stage_wait(struct play *p, struct voice *v, int64_t us);
int64_t stage_now(const struct play *p); /* since the scene began */
/* In the end everything must come to rest. */
void stage_curtain(struct play *p);
const struct sip_addr *stage_at(struct play *p, enum sip_transport_kind kind);
/* The value of a metric as written on a metrics page: name{labels}; fails the play when there is none. */
int64_t stage_metric(struct play *p, struct sip_str name);
int64_t stage_metric_of(struct play *p, struct sip_metrics *m, struct sip_str name, bool *is_found);

/* ---- peers.c, user.c, house.c, app.c, deeds.c, hears.c, zone.c ------------------------------------------------------------------- */
void peer_arrive(struct voice *v);
void peer_leave(struct voice *v);
void peer_say(struct voice *v, struct speech *s); /* to s->far, or by s->flow */
void peers_set(struct play *p);
void peers_strike(struct play *p);

void user_set(struct play *p);
void user_send_request(struct voice *v, struct speech *s, const struct cue *c);
void user_send_response(struct voice *v, struct speech *s, uint64_t tx);
void user_send_alone(struct voice *v, struct speech *s, const struct cue *c);
void user_reply(struct voice *v, const struct speech *request, unsigned status, bool is_once);
void user_cancel(struct voice *v, const struct speech *request, struct sip_str reason);
void user_abandon(struct voice *v, const struct speech *request);

void house_set(struct play *p);
void house_strike(struct play *p);  /* after the stack has stopped */
void house_register(struct play *p);
size_t house_contexts(struct play *p);
int64_t house_metric(struct play *p, struct sip_str name, bool *is_found);

void app_enter(struct play *p);     /* the user becomes "app" */
void app_set(struct play *p);
void app_strike(struct play *p);    /* after the stack has stopped */
void app_profile(struct play *p);   /* profile NAME = VALUE */
void app_credentials(struct play *p);
void app_handler(struct play *p);   /* handler without FUNCTION … */
void app_link(struct play *p);
void app_offer(struct play *p);      /* link URI */
size_t app_handles(const struct play *p); /* and requests that wait for an answer */
struct dum *app_dum(const struct play *p);
/* "session.on_offer"; a name in a play may leave the first part out. */
struct sip_str app_event_name(enum dum_event_kind kind);
bool app_is_event_named(enum dum_event_kind kind, struct sip_str name);
/* Not told unless the play asks: what every set says. */
bool app_is_of_sets(enum dum_event_kind kind);
void cue_hears(struct voice *v, size_t at);
/* The verbs of an application; false: none of them. */
bool app_does(struct voice *v, size_t at);

void zone_add(struct play *p);
void zone_delay(struct play *p);
void zone_strike(struct play *p); /* gives what still waits */
struct dns_source *zone_source(struct play *p);

/* ---- cues.c, sends.c, gets.c ---------------------------------------------------------------------------- */
void cue_play(struct play *p);
void cue_sends(struct voice *v, size_t at);
void cue_gets(struct voice *v, size_t at);
void gets_block(struct play *p, const struct speech *s); /* the block of a cue holds of it */
void gets_sdp(struct play *p, struct sip_str type, struct sip_str body, const struct speech *s);

#endif
