/* repro/store among its own files: the change that goes to the writer, the SQLite file, rows as bytes. */
#ifndef REPRO_STORE_STORE_PRIV_H
#define REPRO_STORE_STORE_PRIV_H

#include "repro/store/store.h"
#include "repro/config/metrics.h"

#include <pthread.h>

struct sqlite3;
struct sqlite3_stmt;

/* ---- contact sets (location_set.c) ----------------------------------------------------------------------- */
struct repro__set { /* one block: this, the bindings, the texts */
	struct sip_hash_node node; /* under the stripe's lock */
	struct sip_list late;      /* on its stripe's list while the writer has yet to see it; under the stripe's lock */
	int64_t written_s;         /* atomic: the file has all these bindings, none ends before; 0: not known to */
	struct repro_contacts c;
};
static inline struct repro__set *repro__set_of(struct repro_contacts *c)
{
	return SIP_CONTAINER(c, struct repro__set, c);
}
/* Copies texts, takes references to flows. NOMEM, TOOBIG. */
enum sip_err repro__set_create(struct sip_str aor, uint64_t id, const struct repro_binding *bindings, unsigned count,
			       struct repro__set **out) SIP_MUST_USE;

/* The file has it: its bindings are there until the first of them ends. */
void repro__set_written(struct repro_contacts *c);
/*
 * Only longer lives: the same bindings as `old`, of which the file says the same and will for more than half of the time
 * that is asked for now. Then nothing is lost with the process, and the file may hear of it a little later.
 */
bool repro__set_is_mere_refresh(const struct repro__set *old, const struct repro_contacts_edit *e);

/* ---- rows as bytes (store_row.c) ------------------------------------------------------------------------- */
void repro__row_encode(struct sip_buf *b, const struct repro_contacts *c);
/* Slices point into `bytes`. Expired ones are left out. SYNTAX, LIMIT. */
enum sip_err repro__row_decode(struct sip_str bytes, int64_t now_s, struct repro_binding out[REPRO_CONTACTS_MAX],
			       unsigned *count) SIP_MUST_USE;

/* ---- the file (store_sqlite.c) --------------------------------------------------------------------------- */
struct repro__file {
	struct sqlite3 *db;            /* owned; one thread at a time */
	struct sqlite3_stmt *begin;    /* owned, as the others */
	struct sqlite3_stmt *commit;
	struct sqlite3_stmt *put;
	struct sqlite3_stmt *drop;
};
/* Opens (making it when asked), checks and completes the schema. STORE with the sentence in why. */
enum sip_err repro__file_open(struct repro__file *f, const char *path, bool is_made, unsigned busy_ms,
			      struct sip_buf *why) SIP_MUST_USE;
void repro__file_close(struct repro__file *f);
enum sip_err repro__file_exec(struct repro__file *f, const char *sql) SIP_MUST_USE;
/* What SQLite says of the last failure; lent until the next call. */
const char *repro__file_error(const struct repro__file *f);
enum sip_err repro__file_begin(struct repro__file *f) SIP_MUST_USE;
enum sip_err repro__file_commit(struct repro__file *f) SIP_MUST_USE;
void repro__file_rollback(struct repro__file *f);
/* Within a transaction. An empty set or none takes the row away. */
enum sip_err repro__file_put(struct repro__file *f, uint64_t id, const struct repro_contacts *c,
			     struct sip_buf *scratch) SIP_MUST_USE;

/* ---- one repro a database (store_claim.c) ------------------------------------------------------------------ */
void repro__store_release(struct repro_store *s);

/* ---- changes and their writer (store_writer.c) ------------------------------------------------------------ */
struct repro__change {
	struct sip_fifo_node node;
	uint64_t id;
	struct repro_contacts *set;    /* owned: a reference; NULL: the AOR has no bindings left */
	struct repro_job *completion;  /* may be NULL */
	uint64_t flush;                /* nothing has changed: all that could wait is to be written; 0: it is a change */
};
void repro__change_destroy(struct repro__change *c);

struct repro_store {
	struct sip_ref ref;
	struct repro_store_options o;
	char *path;                    /* owned */
	int claim_fd;                  /* owned; -1: not claimed */
	struct repro__file file;       /* the writer's; the opener's before */
	struct sip_fifo fifo;          /* of changes; taken by the writer */
	bool has_fifo;
	struct repro_location *location; /* lent: it stops the writer before it goes */
	struct sip_metrics_cells *cells; /* the writer's; lent by o.metrics */
	struct sip_buf scratch;        /* the writer's */
	bool is_behind;                /* the writer's: the file must be written anew from memory */
	int64_t retry_us;              /* the writer's: not before */
	unsigned backoff_ms;           /* the writer's */
	int64_t late_us;               /* the writer's: when late refreshes are written next */
	size_t shown_unwritten;        /* the gauge's present value; the writer's */
	pthread_t thread;
	pthread_mutex_t lock;          /* for what follows */
	struct sip_metrics_cells *shared_cells; /* lent by o.metrics */
	bool is_running;
	bool is_stopped;
	bool is_failing;
	pthread_cond_t flushed;
	uint64_t flushes_asked;        /* each has the next number … */
	uint64_t flushed_last;         /* … and so far they are carried out */
	char error[240];
	struct repro_store_figures figures;
	struct repro_users *users;     /* owned: a reference */
};
/* Any thread, under the AOR's lock. Takes *c on success. FULL, STOPPED. */
enum sip_err repro__store_post(struct repro_store *s, struct repro__change **c) SIP_MUST_USE;
/* For the location service: it is this store's. EXISTS when another is. */
enum sip_err repro__store_attach(struct repro_store *s, struct repro_location *loc) SIP_MUST_USE;
void repro__store_detach(struct repro_store *s);
void repro__store_stop(struct repro_store *s);
void repro__store_check(const struct repro_store *s);

/* ---- the location service for the store (location.c) ------------------------------------------------------ */
/* Takes up to `most` sets whose refresh the writer has yet to see, from *stripe on: references. 0: none is left. */
size_t repro__location_take_late(struct repro_location *loc, size_t *stripe, struct repro_contacts **out, size_t most);
/* EXISTS when the AOR is there already; NOMEM, TOOBIG, LIMIT. Before anybody else uses it. */
enum sip_err repro__location_restore(struct repro_location *loc, uint64_t id, struct sip_str aor,
				     const struct repro_binding *bindings, unsigned count) SIP_MUST_USE;

#endif
