/* The stage: the stack under play, its clock, and the passing of time. */
#include "tests/replay/play.h"

enum { TURNS_MOST = 20000 };
#define CURTAIN_US SIP_SECONDS(900)

static bool is_word(const struct play *p, size_t at, const char *word)
{
	return at < p->cue.count && sip_str_eq(p->cue.words[at], sip_str_of(word));
}

/* ---- stage directions ------------------------------------------------------------------------------------------------ */

static enum sip_transport_kind kind_of(struct play *p, struct sip_str word)
{
	enum sip_transport_kind kind = sip_transport_kind_find(word);

	if (kind != SIP_TRANSPORT_UDP && kind != SIP_TRANSPORT_TCP)
		play_fail(p, NULL, "udp or tcp where there is \"%.*s\"", SIP_STR_ARG(word));
	return kind;
}

/* stage [proxy|dum] udp|tcp [ADDRESS] … */
static void direct_stage(struct play *p)
{
	struct cue *c = &p->cue;
	size_t i = 1;

	if (is_word(p, 1, "proxy")) {
		p->is_proxy = true;
		i++;
	} else if (is_word(p, 1, "dum")) {
		app_enter(p);
		i++;
	}
	for (; i < c->count && p->kind_count < PLAY_TRANSPORTS; p->kind_count++) {
		p->kinds[p->kind_count] = kind_of(p, c->words[i++]);
		if (i < c->count && sip_str_find(c->words[i], '.') < c->words[i].len)
			p->at[p->kind_count] = script_addr(p, c->words[i++]);
		else
			p->at[p->kind_count] = script_addr(p, SIP_STR("192.0.2.1:5060"));
	}
}

/* peer NAME ADDRESS [udp] [tcp] */
static void direct_peer(struct play *p)
{
	struct cue *c = &p->cue;
	struct voice *v;

	if (c->count < 3)
		play_fail(p, NULL, "peer NAME ADDRESS");
	v = voice_add(p, c->words[1]);
	v->at = script_addr(p, c->words[2]);
	v->is_tcp = script_has(c, 3, "tcp");
	v->is_udp = !v->is_tcp || script_has(c, 3, "udp");
}

/* timer T1 100ms */
static void direct_timer(struct play *p)
{
	struct sip_stack_options *o = &p->options;
	const struct {
		const char *name;
		uint32_t *ms;
	} timers[] = { { "T1", &o->t1_ms }, { "T2", &o->t2_ms }, { "T4", &o->t4_ms }, { "T100", &o->t100_ms } };

	for (size_t i = 0; i < SIP_COUNTOF(timers); i++)
		if (p->cue.count == 3 && is_word(p, 1, timers[i].name)) {
			*timers[i].ms = (uint32_t)(script_time(p, p->cue.words[2]) / 1000);
			return;
		}
	play_fail(p, NULL, "timer T1|T2|T4|T100 TIME");
}

/* setting Name = value */
static void direct_setting(struct play *p)
{
	struct sip_buf b;

	if (p->setting_count == PLAY_SETTINGS || p->cue.count < 4)
		play_fail(p, NULL, "setting NAME = VALUE, and at most %d of them", PLAY_SETTINGS);
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%.*s=", SIP_STR_ARG(p->cue.words[1]));
	for (size_t i = 3; i < p->cue.count; i++)
		sip_buf_putf(&b, "%s%.*s", i > 3 ? " " : "", SIP_STR_ARG(p->cue.words[i]));
	p->settings[p->setting_count++] = play_z(p, sip_buf_str(&b));
	sip_buf_fini(&b);
}

static void direct_quote(struct play *p)
{
	if (p->cue.count != 4)
		play_fail(p, NULL, "quote RFC SECTION \"sentence\"");
	p->quotes++;
}

static void direct_no_rport(struct play *p)
{
	p->options.add_rport = false;
}

static const struct {
	const char *word;
	void (*fn)(struct play *p);
} directions[] = {
	{ "quote", direct_quote }, { "stage", direct_stage },     { "peer", direct_peer },         { "timer", direct_timer },
	{ "dns", zone_add },       { "setting", direct_setting }, { "no-rport", direct_no_rport },
	{ "dns-delay", zone_delay }, { "profile", app_profile }, { "handler", app_handler }, { "credentials", app_credentials },
	{ "link", app_link },
	{ "offer-when-answered", app_offer },
};

bool stage_direct(struct play *p)
{
	struct voice *v;

	for (size_t i = 0; i < SIP_COUNTOF(directions); i++)
		if (is_word(p, 0, directions[i].word)) {
			directions[i].fn(p);
			return true;
		}
	v = voice_find(p, p->cue.words[0]);
	if (v && is_word(p, 1, "hears")) {
		v->hears_ends |= is_word(p, 2, "ends");
		v->hears_closes |= is_word(p, 2, "closes");
		v->hears_strays |= is_word(p, 2, "strays");
		v->hears_sets |= is_word(p, 2, "sets");
		return true;
	}
	return false;
}

/* ---- building -------------------------------------------------------------------------------------------------------- */

static void need(struct play *p, enum sip_err err, const char *what)
{
	if (err != SIP_OK)
		play_fail(p, NULL, "%s (%s)", what, sip_err_name(err));
}

static void on_log(void *arg, const struct sip_log_line *line)
{
	play_tell(arg, "            # %s: %.*s\n", line->area, SIP_STR_ARG(line->text));
}

static void build_stack(struct play *p)
{
	struct sip_stack_options *o = &p->options;

	p->log.fn = on_log;
	p->log.arg = p;
	p->log.level = p->is_verbose ? SIP_LOG_STACK : SIP_LOG_INFO;
	o->layout = SIP_LAYOUT_EMBEDDED;
	o->poll = SIP_POLL_NONE;
	o->clock = &p->clock.clock;
	o->log = &p->log;
	o->seed = 4711;
	o->hosts_path = "";
	o->dns_source = zone_source(p);
	need(p, sip_stack_create(o, &p->stack), "a stack");
}

static void build_transports(struct play *p)
{
	struct sip_transport_options o;

	for (size_t i = 0; i < p->kind_count; i++) {
		sip_transport_options_init(&o, p->kinds[i]);
		o.bind = p->at[i];
		o.net = p->net;
		need(p, sip_stack_add_transport(p->stack, &o, &p->transports[i]), "a transport");
	}
}

void stage_set(struct play *p)
{
	struct sip_memory_options mo;

	if (p->is_set)
		return;
	p->is_set = true;
	if (!p->kind_count)
		play_fail(p, NULL, "a stage: \"stage udp\"");
	sip_memory_options_init(&mo);
	need(p, sip_memory_net_create(&mo, &p->net), "a net");
	build_stack(p);
	if (p->is_proxy)
		house_set(p);
	else if (p->is_dum)
		app_set(p);
	else
		user_set(p);
	build_transports(p);
	need(p, sip_stack_start(p->stack), "a stack that starts");
	peers_set(p);
	for (size_t i = 1; i < p->voice_count; i++)
		peer_arrive(&p->voices[i]);
	stage_settle(p);
	p->curtain_up = p->clock.now;
}

void stage_strike(struct play *p)
{
	for (size_t i = 1; p->street && i < p->voice_count; i++)
		peer_leave(&p->voices[i]);
	if (p->stack) {
		zone_strike(p);
		sip_stack_stop(p->stack);
	}
	house_strike(p);
	app_strike(p);
	speech_drop_flows(p);
	peers_strike(p);
	sip_stack_destroy(&p->stack);
	speech_drop_flows(p);
	if (p->net)
		sip_memory_net_unref(&p->net);
}

/* ---- time ---------------------------------------------------------------------------------------------------------------- */

int64_t stage_now(const struct play *p)
{
	return p->curtain_up ? p->clock.now - p->curtain_up : 0;
}

static int64_t sleep_us(const struct play *p)
{
	int64_t a = sip_stack_sleep_us(p->stack), b = sip_loop_sleep_us(p->street);

	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

void stage_settle(struct play *p)
{
	for (int turns = 0; turns < TURNS_MOST; turns++) {
		need(p, sip_loop_turn(sip_stack_loop(p->stack, 0), 0), "a loop that turns");
		need(p, sip_loop_turn(p->street, 0), "a street that turns");
		if (sleep_us(p) != 0)
			return;
	}
	play_fail(p, NULL, "the stack to come to rest at one time");
}

static const struct speech *anything_heard(const struct play *p, const struct voice *but)
{
	for (size_t i = 0; i < p->voice_count; i++)
		if (&p->voices[i] != but && p->voices[i].inbox)
			return p->voices[i].inbox;
	return NULL;
}

static void be_quiet(struct play *p, const struct voice *but)
{
	const struct speech *s = anything_heard(p, but);

	if (s)
		play_fail(p, s, "nothing for %.*s at %lld ms", SIP_STR_ARG(s->voice->name), (long long)(stage_now(p) / 1000));
}

/* To the next thing that happens, at most `us`; returns how far. */
static int64_t step(struct play *p, int64_t us)
{
	int64_t next = sleep_us(p);

	if (next < 0 || next > us)
		next = us;
	sip_clock_virtual_advance(&p->clock, next);
	stage_settle(p);
	return next;
}

void stage_advance(struct play *p, int64_t us)
{
	while (us > 0) {
		be_quiet(p, NULL);
		us -= step(p, us);
	}
}

bool stage_wait(struct play *p, struct voice *v, int64_t us)
{
	while (!v->inbox && us > 0) {
		be_quiet(p, v);
		us -= step(p, us);
	}
	return v->inbox != NULL;
}

static bool is_at_rest(struct play *p)
{
	return sip_stack_transactions(p->stack) == 0 && house_contexts(p) == 0 && app_handles(p) == 0 &&
	       sip_memory_net_in_flight(p->net) == 0;
}

void stage_curtain(struct play *p)
{
	int64_t left = CURTAIN_US;

	be_quiet(p, NULL);
	while (left > 0 && !is_at_rest(p)) {
		left -= step(p, left);
		for (size_t i = 0; i < p->voice_count; i++)
			while (p->voices[i].inbox)
				(void)speech_take(&p->voices[i]);
	}
	if (!is_at_rest(p))
		play_fail(p, NULL, "rest, but there are %zu transactions, %zu contexts, %zu handles, %zu parcels",
			  sip_stack_transactions(p->stack), house_contexts(p), app_handles(p),
			  sip_memory_net_in_flight(p->net));
	if (sip_never_count())
		play_fail(p, NULL, "that what can never be never is");
	if (stage_metric(p, SIP_STR("sip_unlisted_transitions_total")) != 0)
		play_fail(p, NULL, "a row for every event");
}

const struct sip_addr *stage_at(struct play *p, enum sip_transport_kind kind)
{
	for (size_t i = 0; i < p->kind_count; i++)
		if (p->kinds[i] == kind)
			return &p->at[i];
	return &p->at[0];
}

int64_t stage_metric_of(struct play *p, struct sip_metrics *m, struct sip_str name, bool *is_found)
{
	struct sip_buf b;
	struct sip_str rest, line;
	uint64_t value = 0;

	sip_buf_init(&b, 0);
	sip_metrics_put(m, &b);
	rest = sip_buf_str(&b);
	while (!*is_found && sip_str_cut(&rest, '\n', &line)) {
		if (line.len <= name.len || memcmp(line.p, name.p, name.len) != 0 || line.p[name.len] != ' ')
			continue;
		*is_found = true;
		if (sip_str_to_u64(sip_str_trim(sip_str_from(line, name.len)), INT64_MAX, &value) != SIP_OK)
			play_tell(p, "            # no number: %.*s\n", SIP_STR_ARG(line));
	}
	sip_buf_fini(&b);
	return (int64_t)value;
}

int64_t stage_metric(struct play *p, struct sip_str name)
{
	bool is_found = false;
	int64_t value = stage_metric_of(p, sip_stack_metrics(p->stack), name, &is_found);

	if (!is_found)
		value = house_metric(p, name, &is_found);
	if (!is_found)
		play_fail(p, NULL, "a metric named %.*s", SIP_STR_ARG(name));
	return value;
}
