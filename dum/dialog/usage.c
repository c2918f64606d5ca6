/* What usages have in common: a handle, a place on a list, an end that takes dialog and set with it. DUM's loop. */
#include "dum/dialog/dialog.h"

enum sip_err dum_usage_init(struct dum_usage *u, const struct dum_usage_class *class_, struct dum_set *s, struct dum_dialog *g)
{
	enum sip_err err = SIP_OK;

	u->class_ = class_;
	u->set = s;
	u->dialog = g;
	if (!dum_handle_is_none(u->handle))
		dum_handles_fill(s->dum->handles, u->handle, u);
	else if (class_->kind != DUM_HANDLE_NONE)
		err = dum_handles_add(s->dum->handles, class_->kind, u, &u->handle);
	if (err == SIP_OK)
		sip_list_add_tail(g ? &g->usages : &s->usages, &u->node);
	return err;
}

static void bury(void *object)
{
	struct dum_usage *u = object;
	struct dum_set *s = u->set;

	u->class_->bury(u);
	s->buried--;
}

void dum_usage_end(struct dum_usage *u)
{
	struct dum_set *s = u->set;

	if (u->is_ended)
		return;
	u->is_ended = true;
	dum_handles_remove(s->dum->handles, u->handle);
	sip_list_remove(&u->node);
	s->buried++;
	dum_core_bury(s->dum, &u->grave, bury, u);
	if (u->dialog)
		dum_dialog_end_if_empty(u->dialog);
	dum_set_end_if_empty(s);
}

void dum_usage_tell(struct dum_usage *u, struct dum_event *e)
{
	e->handle = u->handle;
	e->set = u->set->handle;
	if (u->dialog)
		e->dialog = u->dialog->handle;
	if (u->tap.fn)
		u->tap.fn(u->tap.arg, e);
	if (!u->is_ended) /* by the tap: its last word has been said */
		dum_event_tell(u->set->dum, e);
}

bool dum_usage_is_heard(const struct dum_usage *u, enum dum_event_kind kind)
{
	return u->tap.fn || dum_event_is_heard(u->set->dum, kind);
}
