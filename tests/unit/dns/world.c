/* The unit tests' world: a loop without descriptors on the virtual clock, and a zone that is a table. */
#include "tests/unit/dns/dns_test.h"

#include <stdio.h>

struct waiting {
	struct sip_list node;
	struct sip_timer timer;
	struct zone *zone;
	enum dns_type type;
	void (*answered)(void *arg, struct dns_rrset *set);
	void *arg;
	char name[256];
};

/* ---- the zone ------------------------------------------------------------------------------------------------ */
static struct sip_str next_word(struct sip_str *rest)
{
	struct sip_str word = sip_str_make(NULL, 0);

	if (!sip_str_cut(rest, ' ', &word))
		word = sip_str_make(NULL, 0);
	return sip_str_eq(word, SIP_STR("-")) ? sip_str_make(NULL, 0) : word;
}

static uint16_t next_number(struct sip_str *rest)
{
	uint32_t value = 0;

	UNIT_EQ(sip_str_to_u32(next_word(rest), 65535, &value), SIP_OK);
	return (uint16_t)value;
}

static void read_row(const struct zone_row *row, struct dns_rr *rr)
{
	struct sip_str rest = sip_str_of(row->text);

	memset(rr, 0, sizeof *rr);
	rr->type = row->type;
	rr->ttl = row->ttl;
	if (row->type == DNS_TYPE_A || row->type == DNS_TYPE_AAAA) {
		unit_check(sip_addr_parse(&rr->addr, rest, 0) == SIP_OK, row->text, __FILE__, __LINE__);
		return;
	}
	rr->priority = next_number(&rest);
	rr->weight = next_number(&rest);
	if (row->type == DNS_TYPE_SRV) {
		rr->port = next_number(&rest);
	} else {
		rr->flags = next_word(&rest);
		rr->service = next_word(&rest);
		rr->regexp = next_word(&rest);
	}
	rr->target = next_word(&rest);
}

static struct dns_rrset *zone_answer(const struct zone *z, struct sip_str name, enum dns_type type)
{
	static struct dns_rr rr[1200];
	struct dns_rrset *set;
	enum sip_err err = SIP_E_NOTFOUND;
	size_t count = 0;

	for (const struct zone_row *row = z->rows; row->name; row++) {
		if (row->type != type || !sip_str_eq_nocase(sip_str_of(row->name), name))
			continue;
		err = row->err;
		if (row->text)
			read_row(row, &rr[count++]);
	}
	if (dns_rrset_create(err, rr, count, &set) != SIP_OK)
		return NULL;
	return set;
}

static void tell(struct waiting *q)
{
	struct dns_rrset *set = zone_answer(q->zone, sip_str_of(q->name), q->type);
	void (*answered)(void *, struct dns_rrset *) = q->answered;
	void *arg = q->arg;

	sip_list_remove(&q->node);
	sip_loop_disarm(q->zone->loop, &q->timer);
	sip_free(q);
	answered(arg, set);
}

static void on_due(void *arg)
{
	tell(arg);
}

/* A row with TIMEOUT: its server is silent. */
static bool is_silent(const struct zone *z, struct sip_str name, enum dns_type type)
{
	for (const struct zone_row *row = z->rows; row->name; row++)
		if (row->type == type && row->err == SIP_E_TIMEOUT && sip_str_eq_nocase(sip_str_of(row->name), name))
			return true;
	return false;
}

static void zone_query(void *arg, struct sip_str name, enum dns_type type,
		       void (*answered)(void *answer_arg, struct dns_rrset *set), void *answer_arg)
{
	struct zone *z = arg;
	struct waiting *q;

	z->asked++;
	snprintf(z->last, sizeof z->last, "%s %.*s", dns__type_name(type), SIP_STR_ARG(name));
	if (z->delay_ms == ZONE_AT_ONCE) {
		answered(answer_arg, zone_answer(z, name, type));
		return;
	}
	q = sip_alloc_zero(sizeof *q);
	if (!q) {
		answered(answer_arg, NULL);
		return;
	}
	q->zone = z;
	q->type = type;
	q->answered = answered;
	q->arg = answer_arg;
	snprintf(q->name, sizeof q->name, "%.*s", SIP_STR_ARG(name));
	sip_timer_init(&q->timer, on_due, q);
	sip_list_add_tail(&z->waiting, &q->node);
	if (z->delay_ms >= 0 && !is_silent(z, name, type))
		sip_loop_arm(z->loop, &q->timer, SIP_MS(z->delay_ms));
}

void zone_tell(struct zone *z)
{
	while (!sip_list_is_empty(&z->waiting))
		tell(SIP_CONTAINER(z->waiting.next, struct waiting, node));
}

/* ---- the world ----------------------------------------------------------------------------------------------- */
enum sip_err world_prepare(struct world *w, const struct zone_row *rows)
{
	struct sip_loop_options o;
	enum sip_err err;

	memset(w, 0, sizeof *w);
	sip_clock_virtual_init(&w->clock, SIP_SECONDS(1700000000));
	err = sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &w->metrics);
	if (err != SIP_OK)
		return err;
	sip_loop_options_init(&o);
	o.name = "test";
	o.clock = &w->clock.clock;
	o.poll = SIP_POLL_NONE;
	o.metrics = w->metrics;
	o.seed = 1;
	err = sip_loop_create(&o, &w->loop);
	w->zone.loop = w->loop;
	w->zone.rows = rows;
	w->zone.delay_ms = 5;
	sip_list_init(&w->zone.waiting);
	w->source.query = zone_query;
	w->source.arg = &w->zone;
	dns_options_init(&w->options);
	w->options.loop = w->loop;
	w->options.source = &w->source;
	w->options.hosts_path = "";
	return err;
}

enum sip_err world_open(struct world *w, const struct zone_row *rows)
{
	enum sip_err err = world_prepare(w, rows);

	return err == SIP_OK ? dns_resolver_create(&w->options, &w->resolver) : err;
}

void world_close(struct world *w)
{
	dns_resolver_destroy(&w->resolver);
	if (w->loop)
		zone_tell(&w->zone);
	sip_loop_unref(&w->loop);
	sip_metrics_unref(&w->metrics);
}

void world_turn(struct world *w, int64_t advance_us)
{
	sip_clock_virtual_advance(&w->clock, advance_us);
	UNIT_EQ(sip_loop_turn(w->loop, 0), SIP_OK);
}

void world_wait(struct world *w, const unsigned *calls, unsigned n)
{
	for (int i = 0; i < 60000 && *calls < n; i++)
		world_turn(w, SIP_MS(1));
}

void on_found(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct found *f = arg;
	struct sip_buf b;

	f->calls++;
	f->err = err;
	f->count = count;
	sip_buf_init_fixed(&b, f->text, sizeof f->text - 1);
	for (size_t i = 0; i < count; i++) {
		sip_buf_put_z(&b, i ? ", " : "");
		sip_buf_put_str(&b, sip_transport_kinds[targets[i].kind].uri_name);
		sip_buf_put_char(&b, ' ');
		sip_addr_put(&b, &targets[i].addr);
	}
	f->text[b.len] = '\0';
	if (count) {
		f->first = targets[0];
		f->last = targets[count - 1];
		/* Text is lent for this call only. */
		f->first.domain = f->last.domain = sip_str_make(NULL, 0);
	}
}

enum sip_err world_start(struct world *w, const char *text, unsigned kinds, struct found *f, struct dns_locate **l)
{
	struct dns_locate_options o;
	struct sip_uri uri;

	memset(f, 0, sizeof *f);
	*l = NULL;
	if (sip_uri_parse(sip_str_of(text), &uri) != SIP_OK) {
		unit_check(false, text, __FILE__, __LINE__);
		return SIP_E_INVAL;
	}
	memset(&o, 0, sizeof o);
	o.uri = &uri;
	o.kinds = kinds;
	o.has_ipv4 = o.has_ipv6 = true;
	return dns_locate_start(w->resolver, &o, on_found, f, l);
}

enum sip_err world_find(struct world *w, const char *uri, unsigned kinds, struct found *f)
{
	struct dns_locate *l;
	enum sip_err err = world_start(w, uri, kinds, f, &l);

	if (err != SIP_OK) {
		UNIT_EQ(f->calls, 0);
		return err;
	}
	UNIT_EQ(l != NULL, f->calls == 0);
	world_wait(w, &f->calls, 1);
	UNIT_EQ(f->calls, 1);
	return f->err;
}
