/*
 * The location service: address of record to contacts (RFC 3261 10.3), in memory, one for all
 * shards. A contact set is immutable and counted: a reader takes a reference and holds no lock;
 * a writer replaces the whole set, so an update is seen entirely or not at all. Any thread.
 */
#ifndef REPRO_STORE_LOCATION_H
#define REPRO_STORE_LOCATION_H

#include "stack/uri/uri.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_job;
struct repro_store;

#define REPRO_CONTACTS_MAX 64 /* contacts an AOR can ever have; settings may ask for fewer */
#define REPRO_BINDING_TEXT_MAX 16384 /* bytes of all texts of a binding */

struct repro_binding { /* read-only in a set; texts as lent until the update returns when handed to an edit */
	struct sip_str contact;     /* URI text, without name-addr's brackets and parameters */
	struct sip_str call_id;
	struct sip_str path;        /* Path values as they came, joined by ", "; empty: none (RFC 3327) */
	struct sip_str user_agent;
	struct sip_str instance;    /* +sip.instance, reserved for RFC 5626; empty: none */
	int64_t expires_s;          /* wall clock */
	struct sip_ref *flow;       /* to reach it by, counted by the set; NULL: as the contact says */
	struct sip_addr source;     /* where it was registered from */
	uint32_t cseq;
	uint32_t reg_id;            /* reserved; 0: none */
	uint16_t q;                 /* 0 … 1000; 1000 when none was given */
	uint8_t kind;               /* enum sip_transport_kind it came by */
};
struct repro_contacts { /* an AOR's set; read-only */
	struct sip_ref ref;
	struct sip_str aor;
	uint64_t id;                /* of this AOR while it has bindings; never used again in this store */
	int64_t first_expiry_s;     /* the earliest */
	unsigned count;
	const struct repro_binding *bindings; /* in order of registration, a refreshed one keeps its place */
};
void repro_contacts_ref(struct repro_contacts *c);
void repro_contacts_unref(struct repro_contacts **c);

struct repro_location; /* counted */
struct repro_location_options {
	struct repro_store *store;   /* written through; NULL: memory only. A reference is taken */
	struct sip_rand *rand;       /* the hash key comes from here; used only while creating */
	size_t bindings_max;         /* in all: 1,000,000 */
	unsigned contacts_max;       /* per AOR: 32; at most REPRO_CONTACTS_MAX */
};
void repro_location_options_init(struct repro_location_options *o);
enum sip_err repro_location_create(const struct repro_location_options *o, struct repro_location **out) SIP_MUST_USE;
void repro_location_ref(struct repro_location *loc);
void repro_location_unref(struct repro_location **loc);

/* ---- looking up -------------------------------------------------------------------------------------------- */
/*
 * The living contacts of this canonical AOR (sip_uri_put_aor), or NULL. The caller gets a reference. Expired ones are
 * dropped on the way; should memory fail there they may still be in the set: compare expires_s. cells may be NULL.
 */
struct repro_contacts *repro_location_find(struct repro_location *loc, struct sip_str aor, int64_t now_s,
					   struct sip_metrics_cells *cells) SIP_MUST_USE;
/* Bindings and AORs now. */
size_t repro_location_binding_count(const struct repro_location *loc);
size_t repro_location_aor_count(const struct repro_location *loc);

/* ---- changing ---------------------------------------------------------------------------------------------- */
/* The set under change, valid inside the update's function only. */
struct repro_contacts_edit {
	struct sip_str aor;
	int64_t now_s;
	unsigned count;              /* living bindings, those of the present set first */
	unsigned max;                /* per AOR */
	struct repro_binding bindings[REPRO_CONTACTS_MAX]; /* may be changed in place */
};
/* One more at the end, or LIMIT. Texts and the flow stay lent by the caller until the update has returned. */
enum sip_err repro_contacts_edit_add(struct repro_contacts_edit *e, const struct repro_binding *b) SIP_MUST_USE;
void repro_contacts_edit_remove(struct repro_contacts_edit *e, unsigned at); /* those after it move up */

/*
 * Called once, under the AOR's lock: look, check CSeq against Call-ID, change. No other call to the location service in
 * here, nothing that waits. Anything but OK leaves everything as it was and is what the update returns.
 */
typedef enum sip_err (*repro_update_fn)(void *arg, struct repro_contacts_edit *e);

struct repro_update {
	struct sip_str aor;               /* canonical */
	int64_t now_s;
	repro_update_fn fn;
	void *arg;
	struct repro_job *completion;     /* answered once it is on disk, or err STORE when that failed; may be NULL */
	struct sip_metrics_cells *cells;  /* the calling thread's; may be NULL */
	/* out */
	struct repro_contacts *contacts;  /* the set as it is now: a reference for the caller; NULL: none left */
	bool is_pending;                  /* the completion will be answered; false: nothing to write now, go on at once */
};
/*
 * All or nothing (RFC 3261 10.3 step 7). OK; the function's own error; NOMEM; LIMIT (too many bindings in all);
 * TOOBIG (texts over REPRO_BINDING_TEXT_MAX); FULL (the writer's queue). On failure nothing has changed and the
 * completion stays the caller's.
 */
enum sip_err repro_location_update(struct repro_location *loc, struct repro_update *u) SIP_MUST_USE;

/*
 * Drops what has expired, a slice at a time: call it from a timer with a cursor that begins at 0. At most `most` hash
 * buckets are looked at. True: more of this round is left; false: the round is complete and the cursor 0 again.
 */
bool repro_location_sweep(struct repro_location *loc, size_t *cursor, size_t most, int64_t now_s,
			  struct sip_metrics_cells *cells);
/* Shows the sets in slices, for lists: fn may keep a reference, must not call in here. Returns as sweep. */
typedef void (*repro_location_walk_fn)(void *arg, struct repro_contacts *c);
bool repro_location_walk(struct repro_location *loc, size_t *cursor, size_t most, repro_location_walk_fn fn, void *arg);

#ifdef __cplusplus
}
#endif
#endif
