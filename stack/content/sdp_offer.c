/*
 * Plans an offer, the first one or one within a session: which of what we can do stands in which m= line, and under which payload
 * numbers. No state, any thread. RFC 3264 5, 8, RFC 9143 7.2, 7.5.
 */
#include "stack/content/sdp_priv.h"

struct offering {
	struct sip__sdp_maker *k;
	const struct sip_sdp *local, *remote; /* as agreed before; NULL: nothing was */
	struct sip_str local_bundle, remote_bundle; /* the ids then */
	bool *is_used;                  /* of the capabilities */
	/* RFC 9143 9.1.1, of the bundle: what has a number in this offer, and numbers that meant anything before. */
	struct meaning {
		struct sip_str type;    /* empty: nothing has it */
		struct sip__sdp_format format;
	} bundled[128];
	bool is_known[128];
};

/* One section's numbers. */
struct numbers {
	struct sip__sdp_formats known, other; /* what they meant before, and room to read it */
	enum { OURS, THEIRS, LONG_AGO } since[128];
	bool is_taken[128];
};

/* ---- payload numbers -------------------------------------------------------------------------------------------------------- */

static bool was_live(const struct offering *o, size_t i)
{
	return o->local && i < o->local->media_count && sip__sdp_is_live(&o->local->media[i]) &&
	       sip__sdp_is_live(&o->remote->media[i]);
}

/* As long as the stream lasts (RFC 3264 8.3.2): as agreed last, ours before the peer's, then as ever. */
static void read_numbers(const struct offering *o, size_t at, struct numbers *n)
{
	memset(n, 0, sizeof *n);
	sip__sdp_formats_read(&n->known, was_live(o, at) ? &o->local->media[at] : NULL);
	if (!was_live(o, at))
		return;
	sip__sdp_formats_read(&n->other, &o->remote->media[at]);
	for (unsigned p = 0; p < 128; p++) {
		if (!n->known.is_listed[p])
			n->since[p] = n->other.is_listed[p] ? THEIRS : LONG_AGO;
		if (n->since[p] != THEIRS)
			continue;
		n->known.is_listed[p] = true;
		n->known.maps[p] = n->other.maps[p];
		n->known.fmtps[p] = n->other.fmtps[p];
	}
	sip__sdp_numbers_read(o->k->past.numbers, at, &n->known);
}

static bool is_dynamic(unsigned payload)
{
	return payload >= 96 || (payload >= 35 && payload < 64);
}

/* Nothing else of the bundle has the number. */
static bool is_one_codec(const struct offering *o, const struct sip__sdp_plan *plan, const struct sip__sdp_format *f, unsigned payload)
{
	const struct meaning *m = &o->bundled[payload];

	return !plan->is_bundled || m->type.len == 0 ||
	       (sip_str_eq_nocase(m->type, plan->type) && sip_sdp_rtpmap_is_same(&m->format.map, &f->map) &&
		sip_str_eq(m->format.fmtp, f->fmtp));
}

/* RFC 3264 8.3.2: never again for anything else. */
static bool is_free(const struct offering *o, const struct sip__sdp_plan *plan, const struct numbers *n,
		    const struct sip__sdp_format *f, unsigned payload)
{
	if (n->is_taken[payload] || n->known.is_listed[payload])
		return false;
	if (is_dynamic(payload) && plan->is_bundled)
		return !o->is_known[payload] && o->bundled[payload].type.len == 0;
	return is_one_codec(o, plan, f, payload);
}

static int number_before(const struct offering *o, const struct sip__sdp_plan *plan, const struct numbers *n,
			 const struct sip__sdp_format *f)
{
	int found = -1;

	for (unsigned p = 0; p < 128; p++) {
		struct sip__sdp_format was = { .map = n->known.maps[p], .fmtp = n->known.fmtps[p] };
		if (!n->known.is_listed[p] || n->is_taken[p] || !is_one_codec(o, plan, f, p) || !sip__sdp_format_is_same(&was, f))
			continue;
		if (sip__sdp_company_of(f->map.encoding) == SIP__SDP_BY_NUMBER &&
		    !sip_str_eq(sip__sdp_numbers_of(was.fmtp), sip__sdp_numbers_of(f->fmtp)))
			continue;
		if (found < 0 || n->since[p] < n->since[found])
			found = (int)p;
	}
	return found;
}

static int number_new(const struct offering *o, const struct sip__sdp_plan *plan, const struct numbers *n,
		      const struct sip__sdp_format *f)
{
	int fixed = sip__sdp_static_payload(&f->map);

	if (f->codec->payload > 0 && f->codec->payload < 128 && is_free(o, plan, n, f, f->codec->payload))
		return f->codec->payload;
	if (fixed >= 0 && is_free(o, plan, n, f, (unsigned)fixed))
		return fixed;
	for (unsigned p = 96; p < 128; p++)
		if (is_free(o, plan, n, f, p))
			return (int)p;
	for (unsigned p = 35; p < 64; p++)
		if (is_free(o, plan, n, f, p))
			return (int)p;
	return -1;
}

static bool give_number(struct offering *o, const struct sip__sdp_plan *plan, struct numbers *n, struct sip__sdp_format *f)
{
	int payload = number_before(o, plan, n, f);

	if (payload < 0)
		payload = number_new(o, plan, n, f);
	if (payload < 0)
		return false;
	n->is_taken[payload] = true;
	f->map.payload = (uint8_t)payload;
	f->text = sip__sdp_maker_number(o->k, (unsigned)payload);
	if (plan->is_bundled)
		o->bundled[payload] = (struct meaning){ plan->type, *f };
	return true;
}

/* RFC 4588 8.1: of the codec before it. */
static struct sip_str retransmission_of(struct sip__sdp_maker *k, struct sip_str number, struct sip_str fmtp)
{
	SIP_BUF_LIT(&k->text, "apt=");
	sip_buf_put_str(&k->text, number);
	if (fmtp.len > 0)
		sip_buf_put_char(&k->text, ';');
	sip_buf_put_str(&k->text, fmtp);
	return sip__sdp_maker_text(k);
}

static void make_formats(struct offering *o, struct sip__sdp_plan *plan, struct numbers *n)
{
	const struct sip_sdp_media_capability *c = plan->capability;
	bool is_rtp = sip__sdp_proto_is_rtp(plan->proto);
	struct sip_str main_number = { NULL, 0 };

	plan->formats = sip__sdp_maker_alloc(o->k, c->codec_count, sizeof *plan->formats);
	for (size_t i = 0; plan->formats && i < c->codec_count; i++) {
		struct sip__sdp_format f = sip__sdp_codec_format(&c->codecs[i]);
		f.text = f.map.encoding;
		if (is_rtp && SIP_STR_IS(f.map.encoding, "rtx"))
			f.fmtp = retransmission_of(o->k, main_number, f.fmtp);
		if (is_rtp && !give_number(o, plan, n, &f))
			continue;
		if (sip__sdp_company_of(f.map.encoding) == SIP__SDP_ALONE)
			main_number = f.text;
		plan->formats[plan->format_count++] = f;
	}
}

/* ---- m= lines ---------------------------------------------------------------------------------------------------------------- */

static void place(struct offering *o, size_t at, size_t capability)
{
	struct sip__sdp_plan *plan = &o->k->plans[at];
	const struct sip_sdp_media_capability *c = &o->k->can->media[capability];

	o->is_used[capability] = true;
	plan->capability = plan->transport = c;
	if (!was_live(o, at))
		plan->mid = sip_str_make(NULL, 0);
	if (c->mid.len > 0)
		plan->mid = c->mid;
	/* The transport that was agreed stays. */
	const struct sip_str *proto = was_live(o, at) ? sip__sdp_proto_find(c, plan->proto) : NULL;
	plan->type = c->type;
	plan->proto = proto ? *proto : c->proto_count > 0 ? c->protos[0] : sip_str_make(NULL, 0);
	plan->direction = c->direction & SIP_SDP_SEND_AND_RECEIVE;
	plan->setup = c->setup;
	plan->has_rtcp_mux = c->has_rtcp_mux;
	/* RFC 9143 9.3: RTP is bundled with rtcp-mux, or not at all. */
	plan->is_bundled = o->k->can->has_bundle && (c->has_rtcp_mux || !sip__sdp_proto_is_rtp(plan->proto));
	plan->is_bundle_only = c->is_bundle_only && plan->is_bundled;
}

/* What goes on: first whoever still has the port that stood there, then as they come. */
static void place_old(struct offering *o, bool is_by_port)
{
	const struct sip_sdp_capabilities *can = o->k->can;

	for (size_t i = 0; o->local && i < o->local->media_count; i++) {
		const struct sip_sdp_media *was = &o->local->media[i];
		uint16_t port = o->k->past.ports[i]; /* not that of the line: in a bundle it is another's */
		for (size_t j = 0; was_live(o, i) && !o->k->plans[i].capability && j < can->media_count; j++) {
			if (!o->is_used[j] && sip__sdp_may_stand_for(&can->media[j], was->type, o->k->plans[i].mid) &&
			    (!is_by_port || (port != 0 && can->media[j].port == port)))
				place(o, i, j);
		}
	}
}

/* What is new: where something ended before, else behind all others (RFC 3264 8.1). */
static void place_new(struct offering *o)
{
	struct sip__sdp_maker *k = o->k;
	size_t slot = 0, slots = k->plan_count;

	for (size_t j = 0; j < k->can->media_count; j++) {
		if (o->is_used[j] || k->can->media[j].port == 0)
			continue;
		while (slot < slots && was_live(o, slot))
			slot++;
		place(o, slot < slots ? slot++ : k->plan_count++, j);
	}
}

/* A place that is kept, with nothing in it. */
static void end_plan(struct offering *o, size_t at)
{
	struct sip__sdp_plan *plan = &o->k->plans[at];
	const struct sip_sdp_media *was = &o->local->media[at];

	plan->capability = NULL;
	plan->is_bundled = false;
	plan->type = was->type;
	plan->proto = was->proto;
	plan->format_count = was->format_count > 0;
	plan->formats = sip__sdp_maker_alloc(o->k, plan->format_count, sizeof *plan->formats);
	if (plan->formats && plan->format_count > 0)
		plan->formats[0].text = was->formats[0];
}

static void finish_plan(struct offering *o, size_t at, struct numbers *n)
{
	struct sip__sdp_plan *plan = &o->k->plans[at];

	if (!plan->capability || plan->capability->port == 0) {
		end_plan(o, at);
		return;
	}
	read_numbers(o, at, n);
	make_formats(o, plan, n);
}

/* What numbers mean in one section they may not begin to mean in another one. */
static void note_numbers(struct offering *o, struct numbers *n)
{
	for (size_t i = 0; i < o->k->plan_count; i++) {
		if (!o->k->plans[i].is_bundled || !was_live(o, i))
			continue;
		read_numbers(o, i, n);
		for (unsigned p = 0; p < 128; p++)
			o->is_known[p] = o->is_known[p] || n->known.is_listed[p];
	}
}

/* ---- mids and the bundle ---------------------------------------------------------------------------------------------------- */

static bool is_mid_taken(const struct sip__sdp_maker *k, struct sip_str mid)
{
	for (size_t i = 0; i < k->plan_count; i++)
		if (sip_str_eq(k->plans[i].mid, mid))
			return true;
	return false;
}

/* All of them have one, what ended too: else nothing may be grouped (RFC 5888 6). Those of what ended are for nobody else. */
static void give_mids(struct sip__sdp_maker *k)
{
	unsigned next = k->past.mid;

	for (size_t i = 0; i < k->plan_count; i++) {
		struct sip__sdp_plan *plan = &k->plans[i];
		struct sip_str mid;
		if (plan->mid.len > 0)
			continue;
		do
			mid = sip__sdp_maker_number(k, next++);
		while (k->err == SIP_OK && is_mid_taken(k, mid));
		plan->mid = mid;
	}
}

/* RFC 5888 4: what ended gives its mid up when the program gives it to another stream, and nobody has it twice. */
static void part_mids(struct sip__sdp_maker *k)
{
	for (size_t i = 0; i < k->plan_count; i++) {
		for (size_t j = 0; j < k->plan_count && k->plans[i].mid.len > 0; j++) {
			if (i == j || !k->plans[j].capability || !sip_str_eq(k->plans[i].mid, k->plans[j].mid))
				continue;
			if (k->plans[i].capability && k->err == SIP_OK)
				k->err = SIP_E_INVAL;
			k->plans[i].mid = sip_str_make(NULL, 0);
		}
	}
}

static bool was_bundled(const struct offering *o, size_t i)
{
	return o->k->plans[i].is_bundled && was_live(o, i) && sip_str_eq(o->k->plans[i].mid, sip__sdp_mid_of(&o->local->media[i])) &&
	       sip__sdp_is_bundled(o->local_bundle, o->remote_bundle, &o->local->media[i], &o->remote->media[i]);
}

/* The section on whose transport the bundle was agreed; the count: there was none. */
static size_t find_agreed(const struct offering *o)
{
	if (!o->local)
		return o->k->plan_count;
	return o->k->past.is_answer_ours ? sip__sdp_tagged_of(o->remote, o->local) : sip__sdp_tagged_of(o->local, o->remote);
}

static bool has_keys(const struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	const struct sip_sdp_media_capability *c = plan->capability;
	unsigned kinds = sip__sdp_keys_given(c->attributes, c->attribute_count) |
			 sip__sdp_keys_given(k->can->attributes, k->can->attribute_count);
	enum sip_sdp_keys keys = sip__sdp_keys_best(kinds, plan->proto);

	return sip__sdp_keys_fit(keys, plan->proto) && (keys != SIP_SDP_KEYS_NONE || !sip__sdp_proto_is_tls(plan->proto));
}

/* How well it says the transport for all: what goes on by what was agreed, before what has a port of its own (RFC 9143 7.2.1). */
enum fitness { UNFIT, WITHOUT_PORT, WITHOUT_KEYS, NEW, OLD_WITHOUT_KEYS, OLD, AGREED };
static enum fitness fitness_of(const struct offering *o, size_t i, size_t agreed)
{
	const struct sip__sdp_plan *plan = &o->k->plans[i];

	if (!plan->is_bundled)
		return UNFIT;
	if (was_bundled(o, i))
		return i == agreed ? AGREED : has_keys(o->k, plan) ? OLD : OLD_WITHOUT_KEYS;
	if (plan->is_bundle_only)
		return WITHOUT_PORT;
	return has_keys(o->k, plan) ? NEW : WITHOUT_KEYS;
}

/* The first of those that fit best; when none has a port, it is given its. */
static struct sip__sdp_plan *find_tagged(const struct offering *o, bool *is_again)
{
	struct sip__sdp_maker *k = o->k;
	struct sip__sdp_plan *tagged = NULL;
	enum fitness best = UNFIT;
	size_t agreed = find_agreed(o);

	for (size_t i = 0; i < k->plan_count; i++) {
		enum fitness fitness = fitness_of(o, i, agreed);
		if (fitness <= best)
			continue;
		best = fitness;
		tagged = &k->plans[i];
	}
	if (tagged)
		tagged->is_bundle_only = false;
	*is_again = best >= OLD_WITHOUT_KEYS;
	return tagged;
}

/*
 * The first time each has its own address, but those that are bundle-only; once there is a bundle, all of it is at one, what is
 * added too (RFC 9143 7.2, 7.5). The transport is said where the address is, and rtcp-mux whenever there is RTP (9.3.1).
 */
static void bundle_plans(struct offering *o)
{
	struct sip__sdp_maker *k = o->k;
	bool is_again, has_rtp = false;
	struct sip__sdp_plan *tagged = find_tagged(o, &is_again);

	give_mids(k);
	k->bundle_first = tagged;
	for (size_t i = 0; i < k->plan_count; i++)
		has_rtp = has_rtp || (k->plans[i].is_bundled && sip__sdp_proto_is_rtp(k->plans[i].proto));
	for (size_t i = 0; i < k->plan_count; i++) {
		struct sip__sdp_plan *plan = &k->plans[i];
		if (!plan->is_bundled)
			continue;
		plan->has_rtcp_mux = has_rtp;
		plan->is_carried = plan->is_bundle_only || (is_again && plan != tagged);
		if (!is_again)
			continue;
		plan->is_bundle_only = false;
		plan->transport = tagged->capability;
	}
}

void sip__sdp_plan_offer(struct sip__sdp_maker *k)
{
	const struct sip_sdp *local = k->past.local, *remote = k->past.remote;
	struct offering o = { .k = k, .local = local, .remote = remote };
	size_t slots = local ? local->media_count : 0;
	struct numbers *n = sip__sdp_maker_alloc(k, 1, sizeof *n);

	o.is_used = sip__sdp_maker_alloc(k, k->can->media_count, sizeof *o.is_used);
	k->plans = sip__sdp_maker_alloc(k, slots + k->can->media_count, sizeof *k->plans);
	if (!n || !o.is_used || !k->plans)
		return;
	k->plan_count = slots;
	for (size_t i = 0; i < slots; i++) {
		k->plans[i].mid = sip__sdp_mid_of(&local->media[i]);
		k->plans[i].proto = local->media[i].proto;
	}
	if (local) {
		o.local_bundle = sip__sdp_bundle_of(local);
		o.remote_bundle = sip__sdp_bundle_of(remote);
	}
	place_old(&o, true);
	place_old(&o, false);
	place_new(&o);
	note_numbers(&o, n);
	for (size_t i = 0; i < k->plan_count; i++)
		finish_plan(&o, i, n);
	part_mids(k);
	if (k->can->has_bundle)
		bundle_plans(&o);
}
