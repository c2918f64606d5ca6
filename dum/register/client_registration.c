/*
 * Our bindings at a registrar as a whole: one handle, a flow or several (RFC 5626 4.2.1), and what applications are told and ask of it.
 * Each flow keeps its binding alive by itself (flow.c); all are taken out at the end (RFC 3261 10.2). DUM's loop.
 */
#include "dum/register/register_priv.h"

static struct dum *dum_of(const struct dum_registration *r)
{
	return r->usage.set->dum;
}

static struct dum_profile *profile_of(const struct dum_registration *r)
{
	return r->usage.set->profile;
}

static void bury(struct dum_usage *u)
{
	sip_free(u);
}

/* Part of the registration, which is buried after its flows. */
static void bury_anchor(struct dum_usage *u)
{
	(void)u;
}

/* ---- what its flows come to together ----------------------------------------------------------------------------------- */

static unsigned count_standing(const struct dum_registration *r)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->flow_count; i++)
		n += r->flows[i].stands;
	return n;
}

bool dum__registration_has_hope(const struct dum_registration *r)
{
	for (size_t i = 0; i < r->flow_count; i++)
		if (!r->flows[i].has_failed)
			return true;
	return false;
}

static bool is_in_state(const struct dum_registration *r, enum dum__flow_state state)
{
	for (size_t i = 0; i < r->flow_count; i++)
		if (r->flows[i].state == state)
			return true;
	return false;
}

static bool is_over(const struct dum_registration *r)
{
	for (size_t i = 0; i < r->flow_count; i++)
		if (r->flows[i].state != DUM__FLOW_OVER)
			return false;
	return true;
}

/* The first flow that stands and has a way to show: through its edge, and then what the registrar has said (RFC 3608 5). */
static enum sip_err put_route(const struct dum_registration *r, struct sip_buf *b)
{
	for (size_t i = 0; i < r->flow_count && !b->len; i++) {
		const struct dum__flow *f = &r->flows[i];
		if (!f->stands)
			continue;
		sip_buf_put_str(b, f->proxy);
		if (f->service_route)
			sip_buf_putf(b, "%s%s", b->len ? ", " : "", f->service_route);
	}
	return b->err;
}

/* RFC 3608 6.1: the route goes with what has brought it. */
static void publish_route(struct dum_registration *r)
{
	struct dum_profile *p = profile_of(r);
	bool is_set = false;
	struct sip_buf b;

	sip_buf_init(&b, 16384);
	if (put_route(r, &b) == SIP_OK && b.len)
		is_set = dum_profile_set_text(p, DUM_PROFILE_SERVICE_ROUTE, sip_buf_str(&b)) == SIP_OK;
	if (!is_set && r->has_service_route)
		dum_profile_unset(p, DUM_PROFILE_SERVICE_ROUTE);
	r->has_service_route = is_set;
	sip_buf_fini(&b);
}

/* ---- telling ------------------------------------------------------------------------------------------------------------ */

static void tell(struct dum_registration *r, struct dum_event *e, const struct dum__flow *f, const struct sip_message *m)
{
	e->message = m;
	e->status = m ? sip_message_status(m) : 0;
	e->reg_id = f ? f->reg_id : 0;
	e->standing = count_standing(r);
	dum_usage_tell(&r->usage, e);
}

/* Seconds until it is tried again; 0 of one that does not wait. */
static uint32_t wait_of(const struct dum__flow *f)
{
	int64_t us = f->timer.due_us - dum_core_now(f->set->dum);

	return f->state == DUM__FLOW_WAITING && us > 0 ? (uint32_t)(us / SIP_SECONDS(1)) : 0;
}

/* Of those that are not over, the first: 0 when one is being tried. */
static uint32_t least_wait(const struct dum_registration *r)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < r->flow_count; i++)
		if (r->flows[i].state != DUM__FLOW_OVER && wait_of(&r->flows[i]) < least)
			least = wait_of(&r->flows[i]);
	return least;
}

static void end_registration(struct dum_registration *r)
{
	for (size_t i = 0; i < r->flow_count; i++)
		dum__flow_stop(&r->flows[i]);
	publish_route(r);
	dum__gruus_forget(r);
	for (size_t i = 1; i < r->flow_count; i++)
		dum_usage_end(&r->flows[i].anchor);
	dum_usage_end(&r->usage);
}

/* The last word; `m` is what the last of its flows was answered, or NULL. */
static void finish(struct dum_registration *r, const struct dum__flow *f, const struct sip_message *m)
{
	struct dum_event e = { .kind = r->was_removed ? DUM_EVENT_REGISTRATION_REMOVED : DUM_EVENT_REGISTRATION_FAILURE };

	tell(r, &e, f, m);
	end_registration(r);
}

/* ---- ending --------------------------------------------------------------------------------------------------------------- */

/* Its binding goes, or there is none to go. */
static enum sip_err end_flow(struct dum_registration *r, struct dum__flow *f)
{
	enum sip_err err = SIP_OK;

	r->was_removed = true;
	if (sip_timer_is_armed(&f->lapse))
		err = dum__flow_unregister(f);
	else
		dum__flow_stop(f);
	return err;
}

/* One star for all, by a flow that stands if there is one, when nothing is under way that would come after it. */
static enum sip_err end_all(struct dum_registration *r)
{
	struct dum__flow *by = NULL;
	enum sip_err err;

	if (is_in_state(r, DUM__FLOW_ADDING) || is_in_state(r, DUM__FLOW_REMOVING))
		return SIP_OK;
	for (size_t i = 0; i < r->flow_count; i++)
		if (r->flows[i].state != DUM__FLOW_OVER && (!by || (!by->stands && r->flows[i].stands)))
			by = &r->flows[i];
	if (!by)
		return SIP_OK;
	r->was_removed = true;
	err = dum__flow_unregister(by);
	for (size_t i = 0; i < r->flow_count; i++)
		if (&r->flows[i] != by)
			dum__flow_stop(&r->flows[i]);
	return err;
}

/* As far as it may go now; each answer brings it further. */
static enum sip_err go_on_ending(struct dum_registration *r)
{
	enum sip_err first = SIP_OK, err;

	if (r->ending == DUM__ENDING_ALL)
		return end_all(r);
	for (size_t i = 0; i < r->flow_count; i++) {
		if (r->flows[i].state != DUM__FLOW_STANDING && r->flows[i].state != DUM__FLOW_WAITING)
			continue;
		err = end_flow(r, &r->flows[i]);
		if (first == SIP_OK)
			first = err;
	}
	return first;
}

static enum sip_err end_as(struct dum_registration *r, enum dum__ending how)
{
	enum sip_err err;

	if (r->ending < how)
		r->ending = how;
	err = go_on_ending(r);
	if (is_over(r))
		finish(r, NULL, NULL);
	return err;
}

static enum sip_err end(struct dum_usage *u, struct sip_str reason)
{
	(void)reason;
	return end_as((struct dum_registration *)u, DUM__ENDING_OURS);
}

static void stop(struct dum_usage *u)
{
	end_registration((struct dum_registration *)u);
}

static const struct dum_usage_class class_ = { .kind = DUM_HANDLE_REGISTRATION, .end = end, .stop = stop, .bury = bury };

/* The set of a further flow is asked like any other when all is to end. */
static struct dum_registration *of_anchor(struct dum_usage *u)
{
	return SIP_CONTAINER(u, struct dum__flow, anchor)->registration;
}

static enum sip_err end_by_anchor(struct dum_usage *u, struct sip_str reason)
{
	return end(&of_anchor(u)->usage, reason);
}

static void stop_by_anchor(struct dum_usage *u)
{
	stop(&of_anchor(u)->usage);
}

static const struct dum_usage_class anchor_class = {
	.kind = DUM_HANDLE_NONE, .end = end_by_anchor, .stop = stop_by_anchor, .bury = bury_anchor
};

/* ---- what has come of a flow --------------------------------------------------------------------------------------------- */

void dum__registration_on_success(struct dum__flow *f, const struct sip_message *m, uint32_t granted_s)
{
	struct dum_registration *r = f->registration;
	struct dum_event e = { .kind = DUM_EVENT_REGISTRATION_SUCCESS, .number = granted_s };
	struct dum__gruus gruus;
	enum sip_err err;

	if (r->ending != DUM__ENDING_NOT) {
		err = end_as(r, r->ending);
		(void)err; /* whose REGISTER cannot be sent is over */
		return;
	}
	dum__gruus_read(&gruus, f, m);
	dum__gruus_note(r, &gruus);
	publish_route(r);
	e.gruu = gruus.uri[0];
	e.temporary_gruu = gruus.uri[1];
	tell(r, &e, f, m);
}

void dum__registration_on_failure(struct dum__flow *f, const struct sip_message *m)
{
	struct dum_registration *r = f->registration;
	struct dum_event e = { .kind = DUM_EVENT_REGISTRATION_FLOW_FAILED, .number = wait_of(f) };

	publish_route(r);
	if (!dum__registration_has_hope(r)) {
		for (size_t i = 0; i < r->flow_count; i++)
			dum__flow_hurry(&r->flows[i]);
		e.kind = DUM_EVENT_REGISTRATION_RETRY;
		e.number = least_wait(r);
	}
	tell(r, &e, f, m);
}

void dum__registration_on_over(struct dum__flow *f, const struct sip_message *m)
{
	struct dum_registration *r = f->registration;
	bool is_ending = r->ending != DUM__ENDING_NOT;
	enum sip_err err = SIP_OK;

	dum__flow_stop(f);
	if (is_ending)
		err = go_on_ending(r);
	(void)err; /* whose REGISTER cannot be sent is over too */
	if (is_over(r))
		finish(r, f, m);
	else if (!is_ending)
		dum__registration_on_failure(f, m);
}

void dum__registration_on_lapse(struct dum__flow *f)
{
	struct dum_registration *r = f->registration;

	publish_route(r);
	/* RFC 5627 4.2: they hold as long as one flow is registered. */
	for (size_t i = 0; i < r->flow_count; i++)
		if (sip_timer_is_armed(&r->flows[i].lapse))
			return;
	dum__gruus_forget(r);
}

/* ---- what applications ask -------------------------------------------------------------------------------------------------------- */

enum { TEXT_REGISTRAR, TEXT_AOR, TEXT_CONTACTS, TEXT_HEADERS };

void dum_register_options_init(struct dum_register_options *o)
{
	memset(o, 0, sizeof *o);
}

struct plan { /* of a registration that is to be made */
	struct sip_buf registrar, aor, proxies;
	size_t flow_count;
	uint32_t reg_id; /* of the first */
};

static struct sip_str put(char **to, struct sip_str s)
{
	struct sip_str copy = sip_str_make(*to, s.len);

	if (s.len)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return copy;
}

static enum sip_err create_whole(struct dum_set *s, const struct dum_deed *a, const struct plan *plan, struct dum_registration **out)
{
	size_t size = sizeof(struct dum_registration) + plan->flow_count * sizeof(struct dum__flow);
	struct dum_registration *r = sip_alloc_zero(size + plan->registrar.len + plan->aor.len + plan->proxies.len +
						    a->text[TEXT_CONTACTS].len + a->text[TEXT_HEADERS].len);
	struct sip_str rest;
	enum sip_err err;
	char *text;

	if (!r)
		return SIP_E_NOMEM;
	text = (char *)r + size;
	r->registrar = put(&text, sip_buf_str(&plan->registrar));
	r->aor = put(&text, sip_buf_str(&plan->aor));
	r->contacts = put(&text, a->text[TEXT_CONTACTS]);
	r->headers = put(&text, a->text[TEXT_HEADERS]);
	r->expires_s = a->number ? a->number : dum_profile_number(s->profile, DUM_PROFILE_REGISTRATION_TIME);
	rest = put(&text, sip_buf_str(&plan->proxies));
	for (size_t i = 0; i < plan->flow_count; i++)
		if (!sip_list_value_next(&rest, &r->flows[i].proxy))
			r->flows[i].proxy = sip_str_make("", 0);
	sip_rand_token(dum_core_rand(s->dum), r->instance, sizeof r->instance - 1);
	r->usage.handle = a->made;
	err = dum_usage_init(&r->usage, &class_, s, NULL);
	if (err != SIP_OK)
		sip_free(r);
	else
		*out = r;
	return err;
}

/* In a set of its own, which nobody hears of: a Call-ID each (RFC 5626 4.2.1). */
static enum sip_err create_flow(struct dum_registration *r, const struct plan *plan)
{
	struct sip_str none = sip_str_make(NULL, 0);
	struct dum__flow *f = &r->flows[r->flow_count];
	struct dum_set *s = r->usage.set;
	enum sip_err err = SIP_OK;

	if (r->flow_count) {
		err = dum_set_create(dum_of(r), profile_of(r), none, none, NULL, &s);
		if (err != SIP_OK)
			return err;
		s->is_untold = true;
		err = dum_usage_init(&f->anchor, &anchor_class, s, NULL);
		if (err != SIP_OK) {
			dum_set_end_if_empty(s);
			return err;
		}
	}
	dum__flow_init(f, r, s);
	f->reg_id = plan->reg_id ? plan->reg_id + (uint32_t)r->flow_count : 0;
	r->flow_count++;
	return SIP_OK;
}

static enum sip_err create(struct dum_set *s, const struct dum_deed *a, const struct plan *plan, struct dum_registration **out)
{
	enum sip_err err = create_whole(s, a, plan, out);

	while (err == SIP_OK && (*out)->flow_count < plan->flow_count)
		err = create_flow(*out, plan);
	return err;
}

/* "sip:" and the domain; the address of record in brackets. */
static enum sip_err read_aor(struct dum_profile *p, const struct dum_deed *a, struct sip_buf *registrar, struct sip_buf *aor)
{
	struct sip_str text = a->text[TEXT_AOR].len ? a->text[TEXT_AOR] : dum_profile_text(p, DUM_PROFILE_FROM);
	struct sip_name_addr n;

	if (!text.len || sip_name_addr_parse(text, &n) != SIP_OK || !n.uri.host.len)
		return SIP_E_INVAL;
	if (n.is_bracketed)
		sip_buf_put(aor, text.p, (size_t)(n.uri.text.p + n.uri.text.len + 1 - text.p));
	else
		sip_buf_putf(aor, "<%.*s>", SIP_STR_ARG(n.uri.text));
	if (a->text[TEXT_REGISTRAR].len) {
		sip_buf_put_str(registrar, a->text[TEXT_REGISTRAR]);
	} else {
		sip_buf_putf(registrar, "%.*s:%.*s", SIP_STR_ARG(n.uri.scheme_text), SIP_STR_ARG(n.uri.host));
		if (n.uri.port)
			sip_buf_putf(registrar, ":%u", n.uri.port);
	}
	return registrar->err != SIP_OK ? registrar->err : aor->err;
}

/* Several bindings of one instance are told apart by reg-ids, which only outbound has. */
static enum sip_err read_flows(struct dum_profile *p, const struct dum_deed *a, struct plan *plan)
{
	size_t n = dum_profile_put_list(p, DUM_PROFILE_OUTBOUND_FLOWS, &plan->proxies);
	uint32_t reg_id = dum_profile_number(p, DUM_PROFILE_REG_ID);

	plan->flow_count = n ? n : 1;
	plan->reg_id = reg_id || n < 2 ? reg_id : 1;
	if (n > DUM__FLOWS_MAX)
		return SIP_E_LIMIT;
	if (n > 1 && (!dum_profile_flag(p, DUM_PROFILE_OUTBOUND) || !dum_profile_text(p, DUM_PROFILE_INSTANCE_ID).len ||
		      a->text[TEXT_CONTACTS].len || plan->reg_id > INT32_MAX - DUM__FLOWS_MAX))
		return SIP_E_INVAL;
	return plan->proxies.err;
}

/* What cannot be said by the first flow cannot by any; one that fails after it is tried again. */
static enum sip_err register_all(struct dum_registration *r)
{
	enum sip_err first = dum__flow_register(&r->flows[0]), err;

	for (size_t i = 1; i < r->flow_count && first == SIP_OK; i++) {
		err = dum__flow_register(&r->flows[i]);
		(void)err;
	}
	return first;
}

static enum sip_err begin(struct dum_set *s, const struct dum_deed *a, struct dum_registration **out)
{
	struct plan plan;
	enum sip_err err;

	sip_buf_init(&plan.registrar, 4096);
	sip_buf_init(&plan.aor, 4096);
	sip_buf_init(&plan.proxies, 16384);
	err = read_aor(s->profile, a, &plan.registrar, &plan.aor);
	if (err == SIP_OK)
		err = read_flows(s->profile, a, &plan);
	if (err == SIP_OK)
		err = create(s, a, &plan, out);
	sip_buf_fini(&plan.registrar);
	sip_buf_fini(&plan.aor);
	sip_buf_fini(&plan.proxies);
	return err == SIP_OK ? register_all(*out) : err;
}

static enum sip_err do_register(struct dum *d, const struct dum_deed *a)
{
	struct sip_str none = sip_str_make(NULL, 0);
	struct dum_profile *profile = a->profile ? a->profile : d->profile;
	struct dum_set *s = NULL;
	struct dum_registration *r = NULL;
	enum sip_err err = d->is_shutting_down ? SIP_E_STATE : dum_set_create(d, profile, none, none, NULL, &s);

	if (err == SIP_OK)
		err = begin(s, a, &r);
	if (err == SIP_OK)
		return SIP_OK;
	if (r)
		end_registration(r);
	else if (s)
		dum_set_end_if_empty(s);
	return err;
}

enum sip_err dum_register(struct dum *d, const struct dum_register_options *o, struct dum_handle *h)
{
	struct dum_deed a = {
		.fn = do_register,
		.text = { o->registrar, o->aor, o->contacts, o->headers },
		.number = o->expires_s,
	};

	return dum_deed_make(d, &a, DUM_HANDLE_REGISTRATION, o->profile, h);
}

static enum sip_err do_refresh(struct dum *d, const struct dum_deed *a)
{
	struct dum_registration *r = dum_handles_find(d->handles, a->handle, DUM_HANDLE_REGISTRATION);
	enum sip_err first = SIP_E_STATE, err;
	bool is_begun = false;

	if (!r)
		return SIP_E_STALE;
	for (size_t i = 0; i < r->flow_count && r->ending == DUM__ENDING_NOT; i++) {
		if (r->flows[i].state != DUM__FLOW_STANDING && r->flows[i].state != DUM__FLOW_WAITING)
			continue;
		err = dum__flow_register(&r->flows[i]);
		if (!is_begun || err != SIP_OK)
			first = err;
		is_begun = true;
	}
	return first;
}

enum sip_err dum_registration_refresh(struct dum *d, struct dum_handle h)
{
	struct dum_deed a = { .fn = do_refresh, .handle = h };

	return dum_deed_do(d, &a);
}

static enum sip_err do_remove_all(struct dum *d, const struct dum_deed *a)
{
	struct dum_registration *r = dum_handles_find(d->handles, a->handle, DUM_HANDLE_REGISTRATION);

	return r ? end_as(r, DUM__ENDING_ALL) : SIP_E_STALE;
}

enum sip_err dum_registration_remove_all(struct dum *d, struct dum_handle h)
{
	struct dum_deed a = { .fn = do_remove_all, .handle = h };

	return dum_deed_do(d, &a);
}
