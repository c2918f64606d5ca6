/*
 * One flow of a registration: a REGISTER with a Call-ID and a growing CSeq (RFC 3261 10.2.4), by its own way and with its own reg-id
 * (RFC 5626 4.2.1), refreshed by the same flow (4.2.2), made again after failures with growing waits (4.5). DUM's loop.
 */
#include "dum/register/register_priv.h"

enum { NO_MEMORY_S = 5, HALF_BELOW_S = 60, DOUBLINGS_MOST = 16 };

static const struct sip_str extensions[DUM__EXTENSION_COUNT] = {
	[DUM__EXTENSION_PATH] = SIP_STR_INIT("path"),
	[DUM__EXTENSION_OUTBOUND] = SIP_STR_INIT("outbound"),
	[DUM__EXTENSION_GRUU] = SIP_STR_INIT("gruu"),
};

static struct dum_profile *profile_of(const struct dum__flow *f)
{
	return f->set->profile;
}

static struct dum *dum_of(const struct dum__flow *f)
{
	return f->set->dum;
}

/* ---- the REGISTER ----------------------------------------------------------------------------------------------------- */

/* What the profile wants, and no registrar has refused. */
static bool says(const struct dum__flow *f, enum dum__extension which)
{
	if (f->refused >> which & 1u)
		return false;
	switch (which) {
	case DUM__EXTENSION_OUTBOUND:
		return dum_profile_flag(profile_of(f), DUM_PROFILE_OUTBOUND);
	case DUM__EXTENSION_GRUU:
		return dum_profile_flag(profile_of(f), DUM_PROFILE_GRUU) &&
		       dum_profile_text(profile_of(f), DUM_PROFILE_INSTANCE_ID).len;
	default:
		return true;
	}
}

static enum sip_err add_supported(const struct dum__flow *f, struct sip_message *m)
{
	enum sip_err err = SIP_OK;
	char room[64];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	for (unsigned i = 0; i < DUM__EXTENSION_COUNT; i++)
		if (says(f, (enum dum__extension)i) && !sip_message_has_token(m, SIP_HEADER_SUPPORTED, extensions[i]))
			sip_buf_putf(&b, "%s%.*s", b.len ? ", " : "", SIP_STR_ARG(extensions[i]));
	if (b.len)
		err = sip_message_add(m, SIP_HEADER_SUPPORTED, sip_buf_str(&b));
	return err;
}

static void put_contacts(const struct dum__flow *f, struct sip_buf *b)
{
	struct dum_profile *p = profile_of(f);
	struct sip_str instance = dum_profile_text(p, DUM_PROFILE_INSTANCE_ID);

	if (f->registration->contacts.len) {
		sip_buf_put_str(b, f->registration->contacts);
		return;
	}
	dum_dress_put_contact(p, dum_profile_flag(p, DUM_PROFILE_RINSTANCE) ? sip_str_of(f->registration->instance) : sip_str_make(NULL, 0), b);
	if (instance.len)
		sip_buf_putf(b, ";+sip.instance=\"<%.*s>\"", SIP_STR_ARG(instance));
	if (instance.len && f->reg_id && says(f, DUM__EXTENSION_OUTBOUND))
		sip_buf_putf(b, ";reg-id=%u", (unsigned)f->reg_id);
}

static enum sip_err dress(const struct dum__flow *f, struct sip_message *m, bool is_star, uint32_t expires_s)
{
	struct sip_buf b;
	char number[16];
	enum sip_err err;

	sip_buf_init(&b, 8192);
	if (is_star)
		SIP_BUF_LIT(&b, "*");
	else
		put_contacts(f, &b);
	err = b.err != SIP_OK ? b.err : sip_message_set(m, SIP_HEADER_CONTACT, sip_buf_str(&b));
	sip_buf_fini(&b);
	sip_buf_init_fixed(&b, number, sizeof number);
	sip_buf_put_u64(&b, expires_s);
	if (err == SIP_OK)
		err = sip_message_set(m, SIP_HEADER_EXPIRES, sip_buf_str(&b));
	if (err == SIP_OK)
		err = add_supported(f, m);
	if (err == SIP_OK && f->proxy.len)
		err = sip_message_add(m, SIP_HEADER_ROUTE, f->proxy);
	return err == SIP_OK ? dum_dress_add_headers(m, f->registration->headers) : err;
}

static void on_response(void *arg, struct dum_request *q, const struct sip_message *m, enum sip_err why);

/* 4.2.2: what stands is refreshed and taken out by the flow it was made by; what failed looks for its way anew. */
static enum sip_err send_register(struct dum__flow *f, bool is_star, uint32_t expires_s)
{
	struct dum_registration *r = f->registration;
	struct dum_outgoing o = {
		.method = SIP_STR_INIT("REGISTER"), .uri = r->registrar, .from = r->aor, .to = r->aor, .dress = DUM_DRESS_CAPABILITIES,
	};
	struct dum_request_options q = dum_set_request_options(f->set, &r->usage);
	struct sip_flow *by = f->stands ? dum__keepalive_flow(&f->keepalive) : NULL;
	struct sip_message *m = NULL;
	enum sip_err err = dum_set_make_request(f->set, &o, &m);

	q.on_response = on_response;
	q.arg = f;
	q.flow = by;
	if (err == SIP_OK)
		err = dress(f, m, is_star, expires_s);
	if (err == SIP_OK)
		err = dum_request_send(dum_of(f), &q, &m, &f->request);
	sip_message_unref(&m);
	sip_flow_unref(&by);
	return err;
}

static void wait_for(struct dum__flow *f, int64_t us)
{
	f->state = DUM__FLOW_WAITING;
	sip_loop_arm(dum_of(f)->loop, &f->timer, us);
}

enum sip_err dum__flow_register(struct dum__flow *f)
{
	enum sip_err err;

	f->state = DUM__FLOW_ADDING;
	sip_loop_disarm(dum_of(f)->loop, &f->timer);
	err = send_register(f, false, f->registration->expires_s);
	if (err != SIP_OK)
		wait_for(f, SIP_SECONDS(NO_MEMORY_S));
	return err;
}

enum sip_err dum__flow_unregister(struct dum__flow *f)
{
	enum sip_err err;

	f->state = DUM__FLOW_REMOVING;
	sip_loop_disarm(dum_of(f)->loop, &f->timer);
	err = send_register(f, f->registration->ending == DUM__ENDING_ALL, 0);
	if (err != SIP_OK)
		dum__flow_stop(f);
	return err;
}

static void on_due(void *arg)
{
	struct dum__flow *f = arg;
	struct dum *d = dum_of(f);
	enum sip_err err;

	dum_core_enter(d);
	err = dum__flow_register(f);
	(void)err; /* it has armed the timer again */
	dum_core_leave(d);
}

/* ---- a good answer ---------------------------------------------------------------------------------------------------- */

/* How long ours stands: what its Contact says, else Expires, else what we asked for (RFC 3261 10.2.4). */
static uint32_t granted(const struct dum__flow *f, const struct sip_message *m)
{
	const struct sip_name_addr *own = dum__own_contact(f, m);
	struct sip_str value;
	uint32_t n = 0;

	if (own && sip_params_find(own->params, SIP_STR("expires"), &value) && sip_str_to_u32(value, UINT32_MAX, &n) == SIP_OK && n)
		return n;
	return sip_message_number(m, SIP_HEADER_EXPIRES, &n) == SIP_OK && n ? n : f->registration->expires_s;
}

/*
 * Half of a short one, all but a tenth of a long one; never a busy loop. RFC 5627 4.2: what is not answered has timed out before the
 * binding ends.
 */
static int64_t refresh_us(const struct dum__flow *f, uint32_t s)
{
	int64_t all = SIP_SECONDS((int64_t)s), least = dum_core_patience_us(dum_of(f)), wait = all - all / 10;

	if (s < HALF_BELOW_S || all < 2 * least)
		wait = all / 2;
	else if (wait > all - least)
		wait = all - least;
	return wait < SIP_SECONDS(1) ? SIP_SECONDS(1) : wait;
}

/* RFC 3608 5: the newest answer counts, one without takes the old away; too long a route to follow is none. */
static void note_service_route(struct dum__flow *f, const struct sip_message *m)
{
	struct sip_value_walk walk = { 0 };
	struct sip_str value;
	struct sip_buf b;
	size_t len;

	sip_free(f->service_route);
	f->service_route = NULL;
	sip_buf_init(&b, 8192);
	while (sip_message_next_value(m, SIP_HEADER_SERVICE_ROUTE, &walk, &value)) {
		if (b.len)
			SIP_BUF_LIT(&b, ", ");
		sip_buf_put_str(&b, value);
	}
	sip_buf_put_char(&b, '\0');
	if (b.err == SIP_OK && b.len > 1)
		f->service_route = sip_buf_take(&b, &len);
	sip_buf_fini(&b);
}

static void on_success(struct dum__flow *f, const struct sip_message *m)
{
	struct sip_loop *loop = dum_of(f)->loop;
	uint32_t s = granted(f, m);

	note_service_route(f, m);
	/* 4.5: a flow that is to answer has been a good one when it has. */
	if (!dum__keepalive_start(&f->keepalive, profile_of(f), m))
		f->failures = 0;
	f->stands = true;
	f->has_failed = false;
	f->state = DUM__FLOW_STANDING;
	sip_loop_arm(loop, &f->timer, refresh_us(f, s));
	sip_loop_arm(loop, &f->lapse, SIP_SECONDS((int64_t)s));
	dum__registration_on_success(f, m, s);
	dum__keepalive_check(&f->keepalive, m);
}

static void on_lapse(void *arg)
{
	struct dum__flow *f = arg;
	struct dum *d = dum_of(f);

	dum_core_enter(d);
	f->stands = false;
	dum__registration_on_lapse(f);
	dum_core_leave(d);
}

/* ---- a bad one, and a flow that is gone ------------------------------------------------------------------------------- */

/* Seconds until the next try: base * 2^failures up to the maximum, of it half to all. */
static uint32_t draw_wait(struct dum__flow *f)
{
	struct dum_profile *p = profile_of(f);
	uint64_t most = dum_profile_number(p, DUM_PROFILE_REGISTRATION_RETRY_MAX), wait;

	f->waits_for_others = dum__registration_has_hope(f->registration);
	wait = dum_profile_number(p, f->waits_for_others ? DUM_PROFILE_REGISTRATION_RETRY_BASE_OTHERS :
							   DUM_PROFILE_REGISTRATION_RETRY_BASE);
	wait <<= f->failures < DOUBLINGS_MOST ? f->failures : DOUBLINGS_MOST;
	wait = wait > most ? most : wait;
	return (uint32_t)(wait / 2 + sip_rand_below(dum_core_rand(dum_of(f)), wait / 2 + 1));
}

/* Retry-After, when the registrar says one; `m` may be NULL. */
static uint32_t next_wait(struct dum__flow *f, const struct sip_message *m)
{
	uint32_t after;

	if (m && sip_message_number(m, SIP_HEADER_RETRY_AFTER, &after) == SIP_OK && after)
		return after;
	return draw_wait(f);
}

void dum__flow_hurry(struct dum__flow *f)
{
	int64_t at, now = dum_core_now(dum_of(f));

	if (f->state != DUM__FLOW_WAITING || !f->waits_for_others)
		return;
	at = f->failed_us + SIP_SECONDS((int64_t)draw_wait(f));
	if (at < f->timer.due_us)
		wait_for(f, at > now ? at - now : 0);
}

static void fail(struct dum__flow *f)
{
	if (f->stands && dum__keepalive_is_answered(&f->keepalive))
		f->failures = 0;
	f->stands = false;
	f->has_failed = true;
	f->waits_for_others = false;
	f->failed_us = dum_core_now(dum_of(f));
}

/* RFC 3261 10.2.8: longer, as the 423 says. */
static bool asks_for_longer(struct dum__flow *f, const struct sip_message *m)
{
	struct dum_registration *r = f->registration;
	uint32_t least;

	if (sip_message_status(m) != 423 || sip_message_number(m, SIP_HEADER_MIN_EXPIRES, &least) != SIP_OK || least <= r->expires_s)
		return false;
	r->expires_s = least;
	return true;
}

/*
 * RFC 3261 8.1.3.5: once more without what a 420 does not support. RFC 5626 4.2.1: without outbound after a 439 too; but of several
 * flows none is worth having that way.
 */
static bool asks_for_less(struct dum__flow *f, const struct sip_message *m)
{
	unsigned status = sip_message_status(m), before = f->refused;

	for (unsigned i = 0; i < DUM__EXTENSION_COUNT; i++) {
		bool is_named = status == 439 ? i == DUM__EXTENSION_OUTBOUND :
				status == 420 && sip_message_has_token(m, SIP_HEADER_UNSUPPORTED, extensions[i]);
		bool is_spared = i == DUM__EXTENSION_OUTBOUND && f->registration->flow_count > 1;
		if (is_named && !is_spared && says(f, (enum dum__extension)i))
			f->refused |= 1u << i;
	}
	return f->refused != before;
}

static bool is_for_good(unsigned status)
{
	return status == 401 || status == 403 || status == 404 || status == 405 || status == 407 || status == 410 || status >= 600;
}

static void on_failure(struct dum__flow *f, const struct sip_message *m)
{
	struct dum_registration *r = f->registration;

	if (r->ending == DUM__ENDING_NOT && (asks_for_longer(f, m) || asks_for_less(f, m)) &&
	    send_register(f, false, r->expires_s) == SIP_OK)
		return;
	fail(f);
	if (r->ending != DUM__ENDING_NOT || is_for_good(sip_message_status(m)) ||
	    !dum_profile_number(profile_of(f), DUM_PROFILE_REGISTRATION_RETRY_BASE)) {
		dum__registration_on_over(f, m);
		return;
	}
	/* What may come right again leaves the flow as it is (4.2.2). */
	f->failures++;
	wait_for(f, SIP_SECONDS((int64_t)next_wait(f, m)));
	dum__registration_on_failure(f, m);
}

static void on_response(void *arg, struct dum_request *q, const struct sip_message *m, enum sip_err why)
{
	struct dum__flow *f = arg;
	unsigned status = sip_message_status(m);

	(void)q;
	(void)why;
	if (status < 200)
		return;
	if (f->state == DUM__FLOW_REMOVING)
		dum__registration_on_over(f, m);
	else if (status < 300)
		on_success(f, m);
	else
		on_failure(f, m);
}

/*
 * 4.5: the binding by this flow is dead, and made again by another one; soon, unless flows there never answer. Without outbound nobody
 * has bound it to the flow, and the next refresh is early enough.
 */
static void on_flow_gone(void *arg, bool was_answered)
{
	struct dum__flow *f = arg;

	if (f->state != DUM__FLOW_STANDING || !dum_profile_flag(profile_of(f), DUM_PROFILE_OUTBOUND))
		return;
	fail(f);
	f->failures = was_answered ? 0 : f->failures + 1;
	/* Within a second: all who were bound to an edge that went do not come at one time. */
	wait_for(f, was_answered ? SIP_MS((int64_t)sip_rand_below(dum_core_rand(dum_of(f)), 1000)) :
				   SIP_SECONDS((int64_t)draw_wait(f)));
	dum__registration_on_failure(f, NULL);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

void dum__flow_init(struct dum__flow *f, struct dum_registration *r, struct dum_set *s)
{
	f->registration = r;
	f->set = s;
	sip_timer_init(&f->timer, on_due, f);
	sip_timer_init(&f->lapse, on_lapse, f);
	dum__keepalive_init(&f->keepalive, s->dum, on_flow_gone, f);
}

void dum__flow_stop(struct dum__flow *f)
{
	f->state = DUM__FLOW_OVER;
	f->stands = false;
	f->has_failed = true;
	dum__keepalive_stop(&f->keepalive);
	sip_loop_disarm(dum_of(f)->loop, &f->timer);
	sip_loop_disarm(dum_of(f)->loop, &f->lapse);
	dum_request_forget(&f->request);
	sip_free(f->service_route);
	f->service_route = NULL;
}
