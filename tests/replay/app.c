/* An application of libdum as the user: a manager on the stack under play, with handlers that write down what they hear. */
#include "tests/replay/play.h"

#include "dum/core/core.h"

struct app {
	struct dum *dum;
	struct dum_profile *profile; /* owned: a reference */
	struct dum_session_handler session;
	struct dum_set_handler set;
	struct dum_registration_handler registration;
	struct dum_server_registration_handler server_registration;
	struct dum_pager_handler pager;
	struct dum_request_handler request;
	struct dum_manager_handler manager;
	struct sip_str offer;        /* made in the call-back of the next answer; empty: none */
	struct sip_str linked_to;    /* calls that come in are made again to this URI; empty: they are the play's */
};

static void need(struct play *p, enum sip_err err, const char *what)
{
	if (err != SIP_OK)
		play_fail(p, NULL, "%s (%s)", what, sip_err_name(err));
}

/* ---- events by name -------------------------------------------------------------------------------------------------------- */

static const char *const event_names[DUM_EVENT_COUNT] = {
#define DUM_SESSION_EVENT(id, fn, when) [DUM_EVENT_##id] = "session." #fn,
#define DUM_SET_EVENT(id, fn, when) [DUM_EVENT_##id] = "set." #fn,
#define DUM_REGISTRATION_EVENT(id, fn, when) [DUM_EVENT_##id] = "registration." #fn,
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) [DUM_EVENT_##id] = "server_registration." #fn,
#define DUM_PAGER_EVENT(id, fn, when) [DUM_EVENT_##id] = "pager." #fn,
#define DUM_REQUEST_EVENT(id, fn, when) [DUM_EVENT_##id] = "request." #fn,
#define DUM_MANAGER_EVENT(id, fn, when) [DUM_EVENT_##id] = "manager." #fn,
#include "dum/core/event_table.h"
};

struct sip_str app_event_name(enum dum_event_kind kind)
{
	return sip_str_of(event_names[kind]);
}

bool app_is_event_named(enum dum_event_kind kind, struct sip_str name)
{
	struct sip_str whole = app_event_name(kind);

	return sip_str_eq(whole, name) || sip_str_eq(sip_str_from(whole, sip_str_find(whole, '.') + 1), name);
}

bool app_is_of_sets(enum dum_event_kind kind)
{
	return kind == DUM_EVENT_SET_TRYING || kind == DUM_EVENT_SET_TERMINATED;
}

/* ---- the ears ---------------------------------------------------------------------------------------------------------------- */

static void link_call(struct dum *d, const struct dum_event *e, struct sip_str target)
{
	struct dum_b2b_options o;

	dum_b2b_options_init(&o);
	o.target = target;
	o.passed = SIP_STR("Subject, User-to-User");
	if (dum_b2b_create(d, e->handle, &o) != SIP_OK)
		play_tell(e->data, "            # a call could not be linked\n");
}

static void hear(struct dum *d, const struct dum_event *e)
{
	struct play *p = e->data;
	struct speech *s;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	if (e->message)
		sip_message_put(e->message, &b);
	s = speech_new(&p->voices[0], SPEECH_EVENT, sip_buf_str(&b), false);
	sip_buf_fini(&b);
	s->event = *e;
	s->event.message = NULL;
	s->event.type = play_copy(p, e->type);
	s->event.body = play_copy(p, e->body);
	s->event.user = play_copy(p, e->user);
	s->event.realm = play_copy(p, e->realm);
	s->event.gruu = play_copy(p, e->gruu);
	s->event.temporary_gruu = play_copy(p, e->temporary_gruu);
	speech_hear(s);
	if (p->app->offer.len && e->kind == DUM_EVENT_ANSWER) {
		need(p, dum_session_provide_offer(d, e->handle, sip_str_make(NULL, 0), p->app->offer), "an offer in a call-back");
		p->app->offer.len = 0;
	}
	if (p->app->linked_to.len && e->kind == DUM_EVENT_NEW_SESSION && !e->is_client)
		link_call(d, e, p->app->linked_to);
}

static void fill_handlers(struct app *a)
{
#define DUM_SESSION_EVENT(id, fn, when) a->session.fn = hear;
#define DUM_SET_EVENT(id, fn, when) a->set.fn = hear;
#define DUM_REGISTRATION_EVENT(id, fn, when) a->registration.fn = hear;
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) a->server_registration.fn = hear;
#define DUM_PAGER_EVENT(id, fn, when) a->pager.fn = hear;
#define DUM_REQUEST_EVENT(id, fn, when) a->request.fn = hear;
#define DUM_MANAGER_EVENT(id, fn, when) a->manager.fn = hear;
#include "dum/core/event_table.h"
}

/* True when it was one of this name. */
static bool drop(dum_event_fn *fn, enum dum_event_kind kind, struct sip_str name)
{
	if (!app_is_event_named(kind, name))
		return false;
	*fn = NULL;
	return true;
}

static bool drop_handler(struct app *a, struct sip_str name)
{
	bool is_found = false;

#define DUM_SESSION_EVENT(id, fn, when) is_found |= drop(&a->session.fn, DUM_EVENT_##id, name);
#define DUM_SET_EVENT(id, fn, when) is_found |= drop(&a->set.fn, DUM_EVENT_##id, name);
#define DUM_REGISTRATION_EVENT(id, fn, when) is_found |= drop(&a->registration.fn, DUM_EVENT_##id, name);
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) is_found |= drop(&a->server_registration.fn, DUM_EVENT_##id, name);
#define DUM_PAGER_EVENT(id, fn, when) is_found |= drop(&a->pager.fn, DUM_EVENT_##id, name);
#define DUM_REQUEST_EVENT(id, fn, when) is_found |= drop(&a->request.fn, DUM_EVENT_##id, name);
#define DUM_MANAGER_EVENT(id, fn, when) is_found |= drop(&a->manager.fn, DUM_EVENT_##id, name);
#include "dum/core/event_table.h"
	return is_found;
}

/* ---- stage directions -------------------------------------------------------------------------------------------------------- */

static struct app *app_of(struct play *p)
{
	if (!p->app)
		play_fail(p, NULL, "\"stage dum\" before this");
	return p->app;
}

void app_enter(struct play *p)
{
	struct app *a = play_alloc(p, sizeof *a);

	p->is_dum = true;
	p->app = a;
	p->voices[0].name = SIP_STR("app");
	fill_handlers(a);
	need(p, dum_profile_create(NULL, &a->profile), "a profile");
	need(p, dum_profile_set_text(a->profile, DUM_PROFILE_FROM, SIP_STR("<sip:app@example.com>")), "an address of record");
}

/* handler without on_offer session.on_failure … */
void app_handler(struct play *p)
{
	struct cue *c = &p->cue;

	if (c->count < 3 || !sip_str_eq(c->words[1], SIP_STR("without")))
		play_fail(p, NULL, "handler without FUNCTION …");
	for (size_t i = 2; i < c->count; i++)
		if (!drop_handler(app_of(p), c->words[i]))
			play_fail(p, NULL, "a function where there is \"%.*s\"", SIP_STR_ARG(c->words[i]));
}

/* link URI: every call that comes in is made again to it (dum/b2b). */
void app_link(struct play *p)
{
	if (p->cue.count != 2)
		play_fail(p, NULL, "link URI");
	app_of(p)->linked_to = p->cue.words[1];
}

/* offer-when-answered "TEXT": in the call-back of the next on_answer. */
void app_offer(struct play *p)
{
	if (p->cue.count != 2)
		play_fail(p, NULL, "offer-when-answered TEXT");
	app_of(p)->offer = p->cue.words[1];
}

static struct sip_str join(struct play *p, size_t from, size_t to)
{
	struct sip_str all = sip_str_make("", 0);

	for (size_t i = from; i < to; i++)
		all = play_format(p, "%.*s%s%.*s", SIP_STR_ARG(all), i > from ? " " : "", SIP_STR_ARG(p->cue.words[i]));
	return all;
}

static uint32_t number_of(struct play *p, struct sip_str value)
{
	uint32_t n = 0;

	if (sip_str_to_u32(value, UINT32_MAX, &n) != SIP_OK)
		play_fail(p, NULL, "a number where there is \"%.*s\"", SIP_STR_ARG(value));
	return n;
}

/* profile SETTING = VALUE; also in the middle of a scene. */
void app_profile(struct play *p)
{
	struct dum_profile *profile = app_of(p)->profile;
	enum dum_profile_setting id;
	struct sip_str value;
	size_t at = 1;

	while (at < p->cue.count && !sip_str_eq(p->cue.words[at], SIP_STR("=")))
		at++;
	value = join(p, at + 1, p->cue.count);
	if (dum_profile_find_setting(join(p, 1, at), &id) != SIP_OK)
		play_fail(p, NULL, "profile SETTING = VALUE");
	switch (dum_profile_row(id)->type) {
	case DUM_PROFILE_TYPE_NUMBER:
		need(p, dum_profile_set_number(profile, id, number_of(p, value)), "a number in range");
		break;
	case DUM_PROFILE_TYPE_FLAG:
		dum_profile_set_flag(profile, id, sip_str_eq(value, SIP_STR("true")));
		break;
	default:
		need(p, dum_profile_set_text(profile, id, value), "a value that is right");
	}
}

/* credentials REALM USER PASSWORD */
void app_credentials(struct play *p)
{
	struct cue *c = &p->cue;

	if (c->count != 4)
		play_fail(p, NULL, "credentials REALM USER PASSWORD");
	need(p, dum_profile_add_credentials(app_of(p)->profile, c->words[1], c->words[2], c->words[3]), "credentials");
}

/* ---- life --------------------------------------------------------------------------------------------------------------------- */

void app_set(struct play *p)
{
	struct app *a = p->app;
	struct dum_options o;

	dum_options_init(&o);
	o.stack = p->stack;
	o.profile = a->profile;
	o.data = p;
	o.handlers.session = &a->session;
	o.handlers.set = &a->set;
	o.handlers.registration = &a->registration;
	o.handlers.server_registration = &a->server_registration;
	o.handlers.pager = &a->pager;
	o.handlers.request = &a->request;
	o.handlers.manager = &a->manager;
	need(p, dum_create(&o, &a->dum), "a manager");
	need(p, dum_start(a->dum), "a manager that starts");
}

void app_strike(struct play *p)
{
	if (!p->app)
		return;
	dum_destroy(&p->app->dum);
	dum_profile_unref(&p->app->profile);
	p->app = NULL;
}

size_t app_handles(const struct play *p)
{
	return p->app && p->app->dum ? dum_count(p->app->dum) + p->app->dum->incoming.count : 0;
}

struct dum *app_dum(const struct play *p)
{
	return p->app->dum;
}
