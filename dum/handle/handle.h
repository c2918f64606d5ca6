/*
 * dum/handle: how an application names what DUM owns. A handle is a value: an index and the
 * generation of what lives there, so that a stale one is recognised for ever and never reaches
 * another object. Any thread may reserve one and ask whether it still lives, what it names and
 * which data hangs on it; objects are found and removed on DUM's loop.
 */
#ifndef DUM_HANDLE_HANDLE_H
#define DUM_HANDLE_HANDLE_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dum_handle { /* a value: copy it freely; all zero names nothing */
	uint32_t index;
	uint32_t generation;
};

enum dum_handle_kind {
#define DUM_HANDLE(id, text, what) DUM_HANDLE_##id,
#include "dum/handle/handle_table.h"
#undef DUM_HANDLE
	DUM_HANDLE_KIND_COUNT
};
/* "session"; static text. */
const char *dum_handle_kind_text(enum dum_handle_kind kind);

static inline bool dum_handle_is_none(struct dum_handle h)
{
	return h.generation == 0;
}
static inline bool dum_handle_eq(struct dum_handle a, struct dum_handle b)
{
	return a.index == b.index && a.generation == b.generation;
}
/* As one number, for cookies and logs; and back. 0: none. */
static inline uint64_t dum_handle_to_u64(struct dum_handle h)
{
	return (uint64_t)h.index << 32 | h.generation;
}
static inline struct dum_handle dum_handle_from_u64(uint64_t n)
{
	struct dum_handle h;
	h.index = (uint32_t)(n >> 32);
	h.generation = (uint32_t)n;
	return h;
}

struct dum_handles; /* the table of one manager; closed */

/* Never more than `limit` at a time. NOMEM, INVAL (0, or over 16,777,216). */
enum sip_err dum_handles_create(size_t limit, struct dum_handles **out) SIP_MUST_USE;
/* Everything must have been removed (MUST). */
void dum_handles_destroy(struct dum_handles **t);

/* ---- DUM's loop ------------------------------------------------------------------------------------------------- */
/* A new name for an object, which is lent: remove it before the object dies. LIMIT, NOMEM. */
enum sip_err dum_handles_add(struct dum_handles *t, enum dum_handle_kind kind, void *object /* lent */,
			     struct dum_handle *out) SIP_MUST_USE;
/* The object of a reserved handle. */
void dum_handles_fill(struct dum_handles *t, struct dum_handle h, void *object /* lent */);
/* From now on stale. Data a user hung on it is given to its destructor. One that is stale already is left alone. */
void dum_handles_remove(struct dum_handles *t, struct dum_handle h);
/* The object, if the handle lives and names one of this kind; NULL otherwise. */
void *dum_handles_find(const struct dum_handles *t, struct dum_handle h, enum dum_handle_kind kind);
/* Hangs the user's data on it; what hung there before is given to its destructor. STALE: it is given to the new one at once. */
enum sip_err dum_handles_set_data(struct dum_handles *t, struct dum_handle h, void *data, sip_destroy_fn destroy) SIP_MUST_USE;

/* ---- any thread ------------------------------------------------------------------------------------------------- */
/* A name for what is still to be made on DUM's loop: alive, but nothing is found by it before dum_handles_fill. LIMIT, NOMEM. */
enum sip_err dum_handles_reserve(struct dum_handles *t, enum dum_handle_kind kind, struct dum_handle *out) SIP_MUST_USE;
/* What it names; DUM_HANDLE_NONE when it is stale, or none. True when it was asked: the object may end the moment after. */
enum dum_handle_kind dum_handles_kind(const struct dum_handles *t, struct dum_handle h);
/* The data that hangs on it, or NULL. How long it lives is the user's affair: its destructor runs on DUM's loop. */
void *dum_handles_data(const struct dum_handles *t, struct dum_handle h);
/* Alive now. */
size_t dum_handles_count(const struct dum_handles *t);

#ifdef __cplusplus
}
#endif
#endif
