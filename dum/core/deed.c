/*
 * Deeds: what any thread may ask of a manager. On DUM's loop a deed is done at once; from elsewhere it travels through the FIFO,
 * with copies of its texts behind it in one piece of memory.
 */
#include "dum/core/core.h"

/* It cannot be done: what came with it goes. */
static void give_up(struct dum *d, const struct dum_deed *a)
{
	dum_handles_remove(d->handles, a->made);
	if (a->drop)
		a->drop(a->pointer);
}

static void let_go(const struct dum_deed *a)
{
	struct dum_profile *p = a->profile;

	dum_profile_unref(&p);
}

static enum sip_err carry_out(struct dum *d, const struct dum_deed *a)
{
	enum sip_err err;

	dum_core_enter(d);
	if (!dum_handle_is_none(a->handle) && dum_handles_kind(d->handles, a->handle) == DUM_HANDLE_NONE)
		err = SIP_E_STALE;
	else
		err = a->fn(d, a);
	if (err != SIP_OK)
		give_up(d, a);
	let_go(a);
	dum_core_leave(d);
	return err;
}

/* Copies of the texts, one behind the other. */
static struct dum_deed *copy_of(const struct dum_deed *a)
{
	size_t len = 0;
	struct dum_deed *copy;
	char *to;

	for (size_t i = 0; i < DUM_DEED_TEXTS; i++)
		len += a->text[i].len;
	copy = sip_alloc(sizeof *copy + len);
	if (!copy)
		return NULL;
	*copy = *a;
	to = (char *)(copy + 1);
	for (size_t i = 0; i < DUM_DEED_TEXTS; i++) {
		if (a->text[i].len)
			memcpy(to, a->text[i].p, a->text[i].len);
		copy->text[i] = sip_str_make(to, a->text[i].len);
		to += a->text[i].len;
	}
	return copy;
}

static void free_copy(struct dum_deed *copy)
{
	for (size_t i = 0; copy->is_secret && i < DUM_DEED_TEXTS; i++)
		sip_crypto_wipe((char *)(uintptr_t)copy->text[i].p, copy->text[i].len);
	sip_free(copy);
}

static enum sip_err post(struct dum *d, const struct dum_deed *a)
{
	struct dum_deed *copy;
	enum sip_err err;

	if (!dum_handle_is_none(a->handle) && dum_handles_kind(d->handles, a->handle) == DUM_HANDLE_NONE)
		return SIP_E_STALE;
	copy = copy_of(a);
	if (!copy)
		return SIP_E_NOMEM;
	err = sip_fifo_post_essential(&d->deeds, &copy->node, dum_core_now(d));
	if (err == SIP_OK)
		__atomic_fetch_add(&d->deeds_posted, 1, __ATOMIC_RELAXED);
	else
		free_copy(copy);
	return err;
}

enum sip_err dum_deed_do(struct dum *d, const struct dum_deed *a)
{
	enum sip_err err;

	MUST_BE(d, DUM_MAGIC);
	if (sip_loop_is_mine(d->loop))
		return carry_out(d, a);
	err = post(d, a);
	if (err != SIP_OK) {
		give_up(d, a);
		let_go(a);
	}
	return err;
}

enum sip_err dum_deed_make(struct dum *d, struct dum_deed *a, enum dum_handle_kind kind, struct dum_profile *p,
			   struct dum_handle *out)
{
	enum sip_err err = dum_handles_reserve(d->handles, kind, &a->made);

	if (err != SIP_OK)
		return err;
	a->profile = p;
	if (p)
		dum_profile_ref(p);
	*out = a->made;
	return dum_deed_do(d, a);
}

void dum_deed_on_node(void *arg, struct sip_fifo_node *node)
{
	struct dum *d = arg;
	struct dum_deed *a = SIP_CONTAINER(node, struct dum_deed, node);
	struct dum_event e = { .kind = DUM_EVENT_DEED_FAILED };

	e.handle = dum_handle_is_none(a->handle) ? a->made : a->handle;
	dum_core_enter(d);
	e.err = carry_out(d, a);
	if (e.err != SIP_OK)
		dum_event_tell(d, &e);
	__atomic_fetch_add(&d->deeds_done, 1, __ATOMIC_RELAXED);
	free_copy(a);
	dum_core_leave(d);
}

void dum_deed_discard(void *arg, struct sip_fifo_node *node)
{
	struct dum *d = arg;
	struct dum_deed *a = SIP_CONTAINER(node, struct dum_deed, node);

	give_up(d, a);
	let_go(a);
	__atomic_fetch_add(&d->deeds_done, 1, __ATOMIC_RELAXED);
	free_copy(a);
}
