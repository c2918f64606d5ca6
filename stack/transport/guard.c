/*
 * Who may come in, and how often. Sources are remembered in sets of a few: a look-up and the forgetting of the least used are a glance
 * at one set, whatever comes, and nothing is allocated. Owned by its wire, on the wire's loop. doc/decisions/0017.
 */
#include "stack/transport/transport_priv.h"

#define WAYS 4                      /* sources in a set */
#define SWEEP_US SIP_SECONDS(1)     /* bans that are over are looked for so often … */
#define SWEEP_BUCKETS 4096          /* … among so many */
#define CLOSE_US SIP_MS(100)        /* connections of the banned are looked for no more often */
#define CLOSES_A_TURN 256
#define DECAY_MOST_S 1000000        /* … times so many points is a number of microseconds that can be said */
#define POINTS_MOST 1000000
#define PASS_US SIP_MS(250)         /* of a banned source a datagram goes on to another process so often */
#define USED_US 1024                /* the unit of `used` */

struct source {
	struct sip__source_key key;
	int64_t rate_ns, accept_ns;     /* buckets: until when they are full, see pour */
	int64_t points_us, proven_us;
	uint32_t used;
	uint32_t connections;           /* accepted ones; while there are any it is not forgotten */
	bool is_known;
};

struct sip__guard {
	struct sip_wire *wire;          /* lent: it owns us */
	struct sip_guard_options o;     /* its texts are taken apart below */
	struct source *sources;         /* owned array, in sets; NULL: nothing is asked of them */
	size_t sets;                    /* a power of two */
	struct sip__bans bans;
	struct sip__fence fence;
	size_t cursor;                  /* of the sweep */
	struct sip_timer sweep, closing;
	struct sip_network trusted[SIP_GUARD_NETWORKS];
	size_t trusted_count;
	char *scanner_text;             /* owned: in small letters */
	struct sip_str scanners[SIP_GUARD_SCANNERS];
	size_t scanner_count;
	bool is_first[256];             /* a scanner's name begins so */
};

static const unsigned weights[] = {
#define SIP_OFFENCE(id, points) points,
#include "stack/transport/offence_table.h"
#undef SIP_OFFENCE
};

void sip_guard_options_init(struct sip_guard_options *o)
{
	memset(o, 0, sizeof *o);
	o->decay_s = 600;
	o->ban_s = 60;
	o->ban_max_s = 86400;
	o->sources_max = 65536;
	o->bans_max = 16384;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static struct sip__source_key key_of(const struct sip_addr *a)
{
	struct sip__source_key key = { .family = (uint64_t)sip_addr_family(a) };

	if (sip_addr_family(a) == AF_INET6)
		memcpy(&key.net, &a->u.in6.sin6_addr, sizeof key.net);
	else
		key.net = a->u.in.sin_addr.s_addr;
	return key;
}

static void put_source(const struct sip__source_key *key, struct sip_addr *a)
{
	sip_addr_clear(a);
	a->u.sa.sa_family = (sa_family_t)key->family;
	if (key->family == AF_INET6)
		memcpy(&a->u.in6.sin6_addr, &key->net, sizeof key->net);
	else
		a->u.in.sin_addr.s_addr = (in_addr_t)key->net;
}

static uint64_t hash_of(const struct sip__guard *g, const struct sip__source_key *key)
{
	return sip_hash_bytes(&g->wire->key, key, sizeof *key);
}

static struct source *set_of(const struct sip__guard *g, uint64_t hash)
{
	return &g->sources[(hash & (g->sets - 1)) * WAYS];
}

static struct source *find_source(const struct sip__guard *g, const struct sip__source_key *key, uint64_t hash)
{
	struct source *s = set_of(g, hash);

	for (int i = 0; i < WAYS; i++)
		if (s[i].key.net == key->net && s[i].key.family == key->family && s[i].is_known)
			return &s[i];
	return NULL;
}

/* Free ones first, then those without points, then the least used; those with connections never. */
static bool is_worse(const struct source *a, const struct source *b, int64_t now)
{
	if (a->is_known != b->is_known)
		return !a->is_known;
	if ((a->points_us > now) != (b->points_us > now))
		return a->points_us <= now;
	return (int32_t)(a->used - b->used) < 0;
}

/* NULL: its whole set is held by those with connections. */
static struct source *make_source(const struct sip__guard *g, const struct sip__source_key *key, uint64_t hash, int64_t now)
{
	struct source *set = set_of(g, hash), *s = NULL;

	for (int i = 0; i < WAYS; i++)
		if (!set[i].connections && (!s || is_worse(&set[i], s, now)))
			s = &set[i];
	if (!s)
		return NULL;
	memset(s, 0, sizeof *s);
	s->key = *key;
	s->is_known = true;
	return s;
}

static struct source *get_source(const struct sip__guard *g, const struct sip__source_key *key, uint64_t hash, int64_t now)
{
	struct source *s = find_source(g, key, hash);

	if (!s)
		s = make_source(g, key, hash, now);
	if (s)
		s->used = (uint32_t)(now / USED_US);
	return s;
}

/*
 * A leaking bucket is the time at which it will have leaked dry. What is poured in makes that later; false, and nothing poured, when
 * it would be later than `most` from now.
 */
static bool pour(int64_t *dry_at, int64_t now, int64_t amount, int64_t most)
{
	int64_t from = *dry_at > now ? *dry_at : now;

	if (from + amount - now > most)
		return false;
	*dry_at = from + amount;
	return true;
}

static bool is_within(int64_t *dry_at, int64_t now_us, uint32_t rate, uint32_t burst)
{
	int64_t one = 1000000000 / (int64_t)rate;

	return pour(dry_at, now_us * 1000, one, one * (int64_t)(burst ? burst : rate));
}

/* Of the very address: its /64, which is banned as one, may be others' too. */
bool sip__guard_is_trusted(const struct sip__guard *g, const struct sip_addr *source)
{
	for (size_t i = 0; i < g->trusted_count; i++)
		if (sip_network_has(&g->trusted[i], source))
			return true;
	return false;
}

/* ---- bans -------------------------------------------------------------------------------------------------------- */

static struct sip__ban *find_ban(const struct sip__guard *g, const struct sip__source_key *key, uint64_t hash, int64_t now)
{
	struct sip__ban *ban = g->bans.table.count ? sip__bans_find(&g->bans, key, hash) : NULL;

	return ban && ban->rank != SIP__BAN_PAST && ban->until_us > now ? ban : NULL;
}

static int64_t next_length_s(const struct sip__guard *g, uint32_t times)
{
	uint64_t s = (uint64_t)g->o.ban_s << (times < 31 ? times : 31);

	return (int64_t)(s < g->o.ban_max_s ? s : g->o.ban_max_s);
}

static void tell_ban(const struct sip__guard *g, const struct sip__ban *ban, int64_t seconds)
{
	struct sip_addr a;
	char text[SIP_ADDR_TEXT];
	uint64_t untold;

	if (!sip__wire_may_tell(g->wire, &untold))
		return;
	put_source(&ban->key, &a);
	SIP_LOG(g->wire->log, SIP_LOG_NOTICE, "transport", "%s is banned for %lld s%s; %llu more lines were not said since",
		sip_addr_text(&a, text), (long long)seconds, ban->rank == SIP__BAN_DATAGRAMS ? " (datagrams)" : "",
		(unsigned long long)untold);
}

/* Is some of an IPv6 network trusted? */
static bool holds_trusted(const struct sip__guard *g, const struct sip__source_key *key)
{
	for (size_t i = 0; i < g->trusted_count && key->family == AF_INET6; i++) {
		struct sip__source_key of = key_of(&g->trusted[i].base);

		if (of.family == AF_INET6 && of.net == key->net)
			return true;
	}
	return false;
}

static void ban_key(struct sip__guard *g, const struct sip__source_key *key, uint64_t hash, enum sip__ban_rank rank, unsigned seconds)
{
	int64_t now = sip_loop_now(g->wire->loop), length;
	struct sip__ban *before = find_ban(g, key, hash, now);
	struct sip__ban *ban = sip__bans_put(&g->bans, key, hash, before && before->rank > rank ? before->rank : rank);

	if (!ban)
		return;
	/* Each rank has its own count: what was forged makes no proven ban longer. */
	length = seconds ? (int64_t)seconds : next_length_s(g, ban->times[ban->rank]);
	ban->until_us = now + length * SIP_SECONDS(1);
	ban->times[ban->rank]++;
	ban->is_mixed = holds_trusted(g, key);
	ban->met_us = now;
	sip_metric_count(g->wire->cells, SIP_M_BANS);
	tell_ban(g, ban, length);
	if (!sip_timer_is_armed(&g->sweep))
		sip_loop_arm(g->wire->loop, &g->sweep, SWEEP_US);
	if (ban->rank == SIP__BAN_ALL && !sip_timer_is_armed(&g->closing))
		sip_loop_arm(g->wire->loop, &g->closing, CLOSE_US);
}

static void on_sweep(void *arg)
{
	struct sip__guard *g = arg;

	sip__bans_sweep(&g->bans, sip_loop_now(g->wire->loop), (int64_t)g->o.ban_max_s * SIP_SECONDS(1), &g->cursor, SWEEP_BUCKETS);
	if (g->bans.table.count)
		sip_loop_arm(g->wire->loop, &g->sweep, SWEEP_US);
}

static bool is_of_a_banned(const struct sip__guard *g, const struct sip__connection *c, int64_t now)
{
	struct sip__source_key key = key_of(&c->flow.remote);
	const struct sip__ban *ban = c->is_ours ? NULL : find_ban(g, &key, hash_of(g, &key), now);

	return ban && ban->rank == SIP__BAN_ALL && !sip__guard_is_trusted(g, &c->flow.remote);
}

/* Held, for the end of one may be the end of others. */
static size_t find_banned(const struct sip__guard *g, struct sip_flow *out[CLOSES_A_TURN])
{
	int64_t now = sip_loop_now(g->wire->loop);
	size_t count = 0;

	SIP_LIST_FOR(n, &g->wire->endpoints) {
		struct sip__endpoint *e = SIP_CONTAINER(n, struct sip__endpoint, node);
		struct sip__stream *st = e->state;

		if (!sip_transport_kinds[e->transport->o.kind].is_stream)
			continue;
		SIP_LIST_FOR(l, &st->lru) {
			struct sip_flow *f = SIP_CONTAINER(l, struct sip_flow, lru);

			if (!is_of_a_banned(g, sip__connection_of(f), now))
				continue;
			sip_flow_ref(f);
			out[count++] = f;
			if (count == CLOSES_A_TURN)
				return count;
		}
	}
	return count;
}

static void on_closing(void *arg)
{
	struct sip__guard *g = arg;
	struct sip_flow *flows[CLOSES_A_TURN];
	size_t count = find_banned(g, flows);

	for (size_t i = 0; i < count; i++) {
		sip__connection_lost(sip__connection_of(flows[i]), SIP_E_DENIED);
		sip_flow_unref(&flows[i]);
	}
	if (count == CLOSES_A_TURN)
		sip_loop_arm(g->wire->loop, &g->closing, 0);
}

static void offend(struct sip__guard *g, const struct sip_addr *a, unsigned points, bool is_proven)
{
	int64_t now = sip_loop_now(g->wire->loop), decay = (int64_t)g->o.decay_s * SIP_SECONDS(1), cost;
	enum sip__ban_rank rank = is_proven ? SIP__BAN_ALL : SIP__BAN_DATAGRAMS;
	struct sip__source_key key = key_of(a);
	uint64_t hash = hash_of(g, &key);
	const struct sip__ban *ban = find_ban(g, &key, hash, now);
	struct source *s;

	if (!g->o.ban_points || (ban && ban->rank >= rank) || sip__guard_is_trusted(g, a))
		return;
	s = get_source(g, &key, hash, now);
	if (!s)
		return;
	if (points > g->o.ban_points)
		points = g->o.ban_points;
	cost = decay * (int64_t)points / (int64_t)g->o.ban_points;
	(void)pour(&s->points_us, now, cost, 2 * decay);
	if (is_proven)
		(void)pour(&s->proven_us, now, cost, 2 * decay);
	if (s->points_us - now < decay)
		return;
	rank = s->proven_us - now >= decay ? SIP__BAN_ALL : SIP__BAN_DATAGRAMS;
	if (ban && rank <= ban->rank)
		return;
	if (rank == SIP__BAN_ALL)
		s->proven_us = 0;
	s->points_us = s->proven_us;
	ban_key(g, &key, hash, rank, 0);
}

void sip__guard_offence(struct sip__guard *g, const struct sip_addr *source, enum sip__offence what, bool is_proven)
{
	offend(g, source, weights[what], is_proven);
}

/* ---- at the door ------------------------------------------------------------------------------------------------- */

static bool admits(struct sip__guard *g, const struct sip_addr *a, enum sip__ban_rank least)
{
	int64_t now = sip_loop_now(g->wire->loop);
	struct sip__source_key key = key_of(a);
	uint64_t hash = hash_of(g, &key);
	struct sip__ban *ban = find_ban(g, &key, hash, now);
	struct source *s;

	if (SIP_UNLIKELY(ban && ban->rank >= least) && !sip__guard_is_trusted(g, a)) {
		sip__bans_used(&g->bans, ban, now);
		sip_metric_count(g->wire->cells, SIP_M_DROP_BANNED);
		if (least == SIP__BAN_DATAGRAMS)
			sip__fence_met(&g->fence);
		return false;
	}
	if (!g->o.rate || sip__guard_is_trusted(g, a))
		return true;
	s = get_source(g, &key, hash, now);
	if (!s || is_within(&s->rate_ns, now, g->o.rate, g->o.burst))
		return true;
	sip_metric_count(g->wire->cells, SIP_M_DROP_RATE);
	offend(g, a, weights[SIP__OFFENCE_RATE], least == SIP__BAN_ALL);
	return false;
}

/* Bans may have been lifted where datagrams are given to, which judges them: of those that were banned here a few go on. */
static bool passes_on(struct sip__guard *g, const struct sip_addr *a)
{
	int64_t now = sip_loop_now(g->wire->loop);
	struct sip__source_key key = key_of(a);
	uint64_t hash = hash_of(g, &key);
	struct sip__ban *ban = find_ban(g, &key, hash, now);

	if (!ban || sip__guard_is_trusted(g, a))
		return true;
	if (now - ban->passed_us >= PASS_US) {
		ban->passed_us = now;
		return true;
	}
	sip_metric_count(g->wire->cells, SIP_M_DROP_BANNED);
	return false;
}

bool sip__guard_admits(struct sip__guard *g, const struct sip_addr *source)
{
	if (SIP_LIKELY(!g->o.rate && !g->bans.table.count))
		return true;
	if (g->wire->give_end >= 0)
		return passes_on(g, source);
	return admits(g, source, SIP__BAN_DATAGRAMS);
}

bool sip__guard_admits_message(struct sip__guard *g, struct sip_flow *f)
{
	if (SIP_LIKELY(!g->o.rate && !g->bans.table.count))
		return true;
	/* Whom we have called may answer. */
	if (sip_transport_kinds[f->kind].is_stream && sip__connection_of(f)->is_ours)
		return true;
	return admits(g, &f->remote, SIP__BAN_ALL);
}

static bool begins(struct sip_str text, struct sip_str small)
{
	if (text.len < small.len)
		return false;
	for (size_t i = 0; i < small.len; i++)
		if (sip_char_lower(text.p[i]) != small.p[i])
			return false;
	return true;
}

static bool has_scanner(const struct sip__guard *g, struct sip_str text)
{
	for (; text.len; text = sip_str_from(text, 1)) {
		if (SIP_LIKELY(!g->is_first[(unsigned char)sip_char_lower(text.p[0])]))
			continue;
		for (size_t i = 0; i < g->scanner_count; i++)
			if (begins(text, g->scanners[i]))
				return true;
	}
	return false;
}

bool sip__guard_is_scanner(struct sip__guard *g, const struct sip_flow *f, const struct sip_message *m)
{
	struct sip_str name;

	if (!g->scanner_count || (g->wire->give_end >= 0 && !sip__guard_is_proof(f->kind)) ||
	    !sip_message_is_request(m) || !sip_message_value(m, SIP_HEADER_USER_AGENT, 0, &name) ||
	    !has_scanner(g, name) || sip__guard_is_trusted(g, &f->remote))
		return false;
	sip_metric_count(g->wire->cells, SIP_M_DROP_SCANNER);
	sip__guard_offence(g, &f->remote, SIP__OFFENCE_SCANNER, sip__guard_is_proof(f->kind));
	return true;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static bool refuse(const struct sip__guard *g, enum sip_metric why)
{
	sip_metric_count(g->wire->cells, why);
	return false;
}

bool sip__guard_entered(struct sip__guard *g, const struct sip_addr *source, bool *is_counted)
{
	int64_t now = sip_loop_now(g->wire->loop);
	struct sip__source_key key = key_of(source);
	uint64_t hash = hash_of(g, &key);
	struct sip__ban *ban = find_ban(g, &key, hash, now);
	struct source *s;

	*is_counted = false;
	if (sip__guard_is_trusted(g, source))
		return true;
	if (ban && ban->rank == SIP__BAN_ALL) {
		sip__bans_used(&g->bans, ban, now);
		return refuse(g, SIP_M_REFUSED_BANNED);
	}
	s = g->sources ? get_source(g, &key, hash, now) : NULL;
	if (!s)
		return true;
	if (g->o.accept_rate && !is_within(&s->accept_ns, now, g->o.accept_rate, g->o.accept_burst)) {
		offend(g, source, weights[SIP__OFFENCE_RATE], true);
		return refuse(g, SIP_M_REFUSED_RATE);
	}
	if (g->o.connections_max && s->connections >= g->o.connections_max)
		return refuse(g, SIP_M_REFUSED_SOURCE);
	s->connections++;
	*is_counted = true;
	return true;
}

void sip__guard_left(struct sip__guard *g, const struct sip_addr *source)
{
	struct sip__source_key key = key_of(source);
	struct source *s = find_source(g, &key, hash_of(g, &key));

	if (s && s->connections)
		s->connections--;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static enum sip_err split_scanners(struct sip__guard *g, struct sip_str text)
{
	struct sip_str piece, rest;

	if (!text.len)
		return SIP_OK;
	g->scanner_text = sip_strdup(text.p, text.len);
	if (!g->scanner_text)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < text.len; i++)
		g->scanner_text[i] = sip_char_lower(g->scanner_text[i]);
	rest = sip_str_make(g->scanner_text, text.len);
	while (sip_str_cut(&rest, ',', &piece)) {
		if (!piece.len)
			continue;
		if (g->scanner_count == SIP_GUARD_SCANNERS)
			return SIP_E_LIMIT;
		g->scanners[g->scanner_count++] = piece;
		g->is_first[(unsigned char)piece.p[0]] = true;
	}
	return SIP_OK;
}

static enum sip_err make_sources(struct sip__guard *g)
{
	if (!g->o.rate && !g->o.accept_rate && !g->o.connections_max && !g->o.ban_points)
		return SIP_OK;
	for (g->sets = 1; g->sets * WAYS < g->o.sources_max;)
		g->sets *= 2;
	g->sources = sip_alloc_zero(g->sets * WAYS * sizeof *g->sources);
	return g->sources ? SIP_OK : SIP_E_NOMEM;
}

static bool is_usable(const struct sip_guard_options *o)
{
	return o->bans_max && o->sources_max && o->sources_max <= 1u << 28 && o->decay_s && o->decay_s <= DECAY_MOST_S &&
	       o->ban_points <= POINTS_MOST && o->ban_s && o->ban_max_s >= o->ban_s;
}

enum sip_err sip__guard_create(struct sip_wire *w, const struct sip_guard_options *o, struct sip__guard **out)
{
	struct sip__guard *g;
	enum sip_err err;

	*out = NULL;
	if (!is_usable(o))
		return SIP_E_INVAL;
	g = sip_alloc_zero(sizeof *g);
	if (!g)
		return SIP_E_NOMEM;
	g->wire = w;
	g->o = *o;
	g->o.trusted = g->o.scanners = sip_str_make(NULL, 0);
	sip__bans_init(&g->bans, o->bans_max, w->cells);
	sip__fence_init(&g->fence, w, &g->bans);
	sip_timer_init(&g->sweep, on_sweep, g);
	sip_timer_init(&g->closing, on_closing, g);
	err = sip_network_parse_list(g->trusted, SIP_GUARD_NETWORKS, o->trusted, &g->trusted_count);
	if (err == SIP_OK)
		err = split_scanners(g, o->scanners);
	if (err == SIP_OK)
		err = make_sources(g);
	if (err != SIP_OK)
		sip__guard_destroy(&g);
	*out = g;
	return err;
}

void sip__guard_stop(struct sip__guard *g)
{
	sip_loop_disarm(g->wire->loop, &g->sweep);
	sip_loop_disarm(g->wire->loop, &g->closing);
	sip__fence_stop(&g->fence);
	sip__bans_fini(&g->bans);
}

void sip__guard_destroy(struct sip__guard **g)
{
	if (!*g)
		return;
	sip__bans_fini(&(*g)->bans);
	sip_free((*g)->sources);
	sip_free((*g)->scanner_text);
	sip_free(*g);
	*g = NULL;
}

/* ---- deeds from elsewhere ---------------------------------------------------------------------------------------- */

void sip__guard_carry_out(struct sip__guard *g, enum sip__guard_deed deed, const struct sip_addr *a, unsigned number)
{
	struct sip__source_key key = key_of(a);
	uint64_t hash = hash_of(g, &key);
	struct sip__ban *ban = sip__bans_find(&g->bans, &key, hash);
	struct source *s = g->sources ? find_source(g, &key, hash) : NULL;

	switch (deed) {
	case SIP__GUARD_SUSPECT:
		offend(g, a, number, false);
		break;
	case SIP__GUARD_OFFEND:
		offend(g, a, number, true);
		break;
	case SIP__GUARD_BAN:
		if (!sip__guard_is_trusted(g, a))
			ban_key(g, &key, hash, SIP__BAN_ALL, number);
		break;
	case SIP__GUARD_UNBAN:
		if (ban)
			sip__bans_forget(&g->bans, ban);
		if (ban && g->fence.count)
			sip__fence_renew(&g->fence);
		if (s)
			s->points_us = s->proven_us = 0;
		break;
	}
}

void sip__guard_restore(struct sip__guard *g, const struct sip_ban *ban)
{
	enum sip__ban_rank rank = ban->is_datagrams_only ? SIP__BAN_DATAGRAMS : SIP__BAN_ALL;
	struct sip__source_key key = key_of(&ban->source);
	uint64_t hash = hash_of(g, &key);

	if (!ban->left_s || !ban->times || sip__guard_is_trusted(g, &ban->source))
		return;
	struct sip__ban *known = sip__bans_put(&g->bans, &key, hash, rank);
	if (known)
		known->times[rank] = ban->times - 1;
	ban_key(g, &key, hash, rank, ban->left_s);
}

size_t sip__guard_read(const struct sip__guard *g, struct sip_ban *out, size_t most)
{
	int64_t now = sip_loop_now(g->wire->loop);
	size_t count = 0;

	for (int rank = SIP__BAN_ALL; rank > SIP__BAN_PAST; rank--)
		SIP_LIST_FOR(n, &g->bans.by_rank[rank]) {
			const struct sip__ban *ban = SIP_CONTAINER(n, struct sip__ban, use);

			if (ban->until_us <= now)
				continue;
			if (count == most)
				return count;
			put_source(&ban->key, &out[count].source);
			out[count].left_s = (uint32_t)((ban->until_us - now + SIP_SECONDS(1) - 1) / SIP_SECONDS(1));
			out[count].times = ban->times[rank];
			out[count++].is_datagrams_only = ban->rank == SIP__BAN_DATAGRAMS;
		}
	return count;
}
