/*
 * Plans an answer: which of what we can do stands for each m= line of the offer, and with which of its formats. No state,
 * any thread. RFC 3264 6, RFC 8842 5.3, RFC 9143 7.3, RFC 5761 5.1.1.
 */
#include "stack/content/sdp_priv.h"

/* One m= line's formats and what of ours each of them is; one for all of them, one after the other. */
struct choice {
	const struct sip_sdp_media_capability *capability;
	struct sip__sdp_formats formats; /* read once for all capabilities */
	struct sip__sdp_format *found;  /* one for each format of the offer; no codec: not ours */
	size_t count;
	bool is_accepted[128];
};

/* What is looked up once of each m= line, however many capabilities are tried for it. */
struct line {
	bool is_grouped;                /* it is in the offer's bundle, which may count */
	unsigned rank;                  /* how many of the ids stand before its own */
	bool is_of_company;             /* its formats go with others, and there are none: known when they have been read */
	unsigned keys;                  /* the kinds it has, and the session for it */
};

struct answering {
	struct sip__sdp_maker *k;
	struct choice *choice;
	struct line *lines;
	struct sip_str bundle;          /* the offer's ids */
	const struct sip__sdp_plan *first; /* what they name first, of all that has a port; NULL: nothing */
	bool is_first_shared;           /* its port is that of others of the group too */
	/* What of the group may carry the others, as far as can be said yet; and what may without the capability that is for it. */
	const struct sip__sdp_plan *carrier, *other_carrier;
	const struct sip_sdp_media_capability *carrying;
	bool is_bundle_old;             /* some of them were bundled before */
	const struct sip_sdp_result *past; /* NULL: nothing was agreed before */
	struct sip_str past_local, past_remote; /* the ids then */
	bool *is_used;                  /* of the capabilities */
	unsigned *keys;                 /* the kinds of each, and of the session */
	unsigned keys_of_any;
};

static struct line *line_of(const struct answering *a, const struct sip__sdp_plan *plan)
{
	return &a->lines[plan - a->k->plans];
}

/* ---- formats ---------------------------------------------------------------------------------------------------------------- */

static const struct sip_sdp_codec *find_codec(const struct sip_sdp_media_capability *c, const struct sip__sdp_format *f,
					      bool is_rtp)
{
	for (size_t i = 0; i < c->codec_count; i++) {
		struct sip__sdp_format ours = sip__sdp_codec_format(&c->codecs[i]);
		if (sip__sdp_format_is_same(&ours, f))
			return &c->codecs[i];
		if (!is_rtp && (sip_str_eq(f->text, SIP_STR("*")) || sip_str_eq(ours.map.encoding, SIP_STR("*"))))
			return &c->codecs[i];
	}
	return NULL;
}

static bool has_clock(const struct choice *choice, uint32_t clock)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->found[i].codec && sip__sdp_company_of(choice->found[i].map.encoding) == SIP__SDP_ALONE &&
		    choice->found[i].map.clock == clock)
			return true;
	return false;
}

static bool are_numbers_accepted(const struct choice *choice, struct sip_str fmtp)
{
	struct sip_str numbers = sip__sdp_numbers_of(fmtp);
	uint8_t payload;
	bool is_any = false;

	while (sip__sdp_number_next(&numbers, &payload)) {
		if (!choice->is_accepted[payload])
			return false;
		is_any = true;
	}
	return is_any;
}

static bool has_company(const struct choice *choice, const struct sip__sdp_format *f, enum sip__sdp_company company)
{
	return company == SIP__SDP_ALONE || (company == SIP__SDP_BY_CLOCK && has_clock(choice, f->map.clock)) ||
	       (company == SIP__SDP_BY_NUMBER && are_numbers_accepted(choice, f->fmtp));
}

static bool is_event(const struct sip__sdp_format *f)
{
	return SIP_STR_IS(f->map.encoding, "telephone-event");
}

static bool is_for_company_only(const struct sip_sdp_media_capability *c)
{
	for (size_t i = 0; i < c->codec_count; i++)
		if (sip__sdp_company_of(c->codecs[i].encoding) == SIP__SDP_ALONE)
			return false;
	return true;
}

/* RFC 3264 10.1: a stream of events alone, or of noise. What nobody says what it is may be something else. */
static bool is_offer_of_company_only(const struct choice *choice)
{
	bool seen[128] = { false };
	struct sip__sdp_format f;

	for (size_t i = 0; i < choice->count; i++) {
		(void)sip__sdp_formats_next(&choice->formats, i, seen, &f);
		if (f.map.encoding.len == 0 || sip__sdp_company_of(f.map.encoding) == SIP__SDP_ALONE)
			return false;
	}
	return true;
}

/* Whose formats are there for no codec. */
enum freedom { BOUND, FREE_EVENTS, FREE };

/* Accepts the formats of this company; those too, as far as they are free, that do without it. How many there are. */
static size_t accept_formats(struct choice *choice, enum sip__sdp_company company, enum freedom freedom)
{
	bool seen[128] = { false };
	struct sip__sdp_format f;
	size_t accepted = 0;

	for (size_t i = 0; i < choice->count; i++) {
		if (!sip__sdp_formats_next(&choice->formats, i, seen, &f) || sip__sdp_company_of(f.map.encoding) != company)
			continue;
		f.codec = find_codec(choice->capability, &f, choice->formats.is_rtp);
		bool is_free = freedom == FREE || (freedom == FREE_EVENTS && is_event(&f));
		if (!f.codec || !(is_free || has_company(choice, &f, company)))
			continue;
		choice->found[i] = f;
		choice->is_accepted[f.map.payload] = true;
		accepted++;
	}
	return accepted;
}

static bool has_event(const struct choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->found[i].codec && is_event(&choice->found[i]))
			return true;
	return false;
}

static bool choose_formats(struct choice *choice, bool is_company)
{
	if (is_company || is_for_company_only(choice->capability))
		return accept_formats(choice, SIP__SDP_BY_CLOCK, FREE) > 0;
	if (accept_formats(choice, SIP__SDP_ALONE, BOUND) == 0)
		return false;
	(void)accept_formats(choice, SIP__SDP_BY_CLOCK, BOUND);
	/*
	 * RFC 4733 2.1 wants the clock of the codec; beside Opus many send events of 8,000 Hz, and understand no others. Noise has
	 * no such excuse (RFC 3389 4).
	 */
	if (!has_event(choice))
		(void)accept_formats(choice, SIP__SDP_BY_CLOCK, FREE_EVENTS);
	(void)accept_formats(choice, SIP__SDP_BY_NUMBER, BOUND);
	return true;
}

/* What we say of it: our parameters, and those that are to be said as the offer does. */
static void finish_format(struct sip__sdp_maker *k, struct sip__sdp_format *f)
{
	struct sip_str value, offered = f->fmtp;

	if (sip__sdp_company_of(f->map.encoding) == SIP__SDP_BY_NUMBER)
		return;
	f->fmtp = f->codec->fmtp;
	const struct sip_str *name = sip__sdp_fmtp_copied(f->map.encoding, f->fmtp, offered, &value);
	if (!name)
		return;
	sip_buf_put_str(&k->text, f->fmtp);
	if (f->fmtp.len > 0)
		sip_buf_put_char(&k->text, ';');
	sip_buf_put_str(&k->text, *name);
	sip_buf_put_char(&k->text, '=');
	sip_buf_put_str(&k->text, value);
	f->fmtp = sip__sdp_maker_text(k);
}

static void take_formats(struct sip__sdp_maker *k, struct sip__sdp_plan *plan, struct choice *choice)
{
	const struct sip_sdp_media_capability *c = choice->capability;
	size_t rounds = k->can->is_our_order ? c->codec_count : 1;

	plan->formats = sip__sdp_maker_alloc(k, choice->count, sizeof *plan->formats);
	plan->format_count = 0;
	for (size_t round = 0; plan->formats && round < rounds; round++) {
		for (size_t i = 0; i < choice->count; i++) {
			struct sip__sdp_format *f = &choice->found[i];
			if (!f->codec || (k->can->is_our_order && f->codec != &c->codecs[round]))
				continue;
			finish_format(k, f);
			plan->formats[plan->format_count++] = *f;
		}
	}
}

/* ---- one m= line ------------------------------------------------------------------------------------------------------------- */

/*
 * The kind of keys that both have, for a transport of its own: DTLS before others. RFC 4568 5.1.2, 7.1.2: one of the suites; SRTP
 * never without, but what need not be SRTP is declined by saying none (RFC 8643 3.2). False: it cannot be.
 */
static bool choose_keys(const struct answering *a, const struct sip__sdp_plan *plan, const struct sip_sdp_media_capability *c,
			enum sip_sdp_keys *keys)
{
	struct sip_sdp_crypto crypto;

	*keys = sip__sdp_keys_best(a->keys[c - a->k->can->media] & line_of(a, plan)->keys, plan->proto);
	if (*keys == SIP_SDP_KEYS_CRYPTO && !sip__sdp_crypto_choose(c, &plan->offered->section, &crypto))
		*keys = SIP_SDP_KEYS_NONE;
	return sip__sdp_keys_fit(*keys, plan->proto);
}

/* RFC 9143 7.1.3: or it is carried by the keys of a section before it in the group, that another capability stands for. */
static bool may_have_keys(const struct answering *a, const struct sip__sdp_plan *plan, const struct sip_sdp_media_capability *c)
{
	const struct sip__sdp_plan *carrier = c == a->carrying ? a->other_carrier : a->carrier;
	enum sip_sdp_keys keys;

	if (choose_keys(a, plan, c, &keys))
		return true;
	if (!line_of(a, plan)->is_grouped || !carrier || line_of(a, carrier)->rank >= line_of(a, plan)->rank)
		return false;
	keys = sip__sdp_keys_best(a->keys_of_any & line_of(a, carrier)->keys, carrier->proto);
	return sip__sdp_keys_fit(keys, plan->proto);
}

static bool may_stand(const struct sip__sdp_plan *plan, const struct sip_sdp_media_capability *c)
{
	return c->port != 0 && sip__sdp_may_stand_for(c, plan->type, plan->mid) && sip__sdp_proto_find(c, plan->proto);
}

static bool may_accept(const struct answering *a, const struct sip__sdp_plan *plan, const struct sip_sdp_media_capability *c)
{
	return may_stand(plan, c) && may_have_keys(a, plan, c);
}

static enum sip_sdp_role role_for(enum sip_sdp_role offered, enum sip_sdp_role wanted, enum sip_sdp_role in_force)
{
	if (wanted == SIP_SDP_ROLE_NONE || offered == SIP_SDP_ROLE_NONE)
		return SIP_SDP_ROLE_NONE;
	if (offered == SIP_SDP_ACTPASS && (in_force == SIP_SDP_ACTIVE || in_force == SIP_SDP_PASSIVE))
		return in_force;
	if (offered == SIP_SDP_ACTPASS)
		return wanted == SIP_SDP_PASSIVE ? SIP_SDP_PASSIVE : SIP_SDP_ACTIVE;
	if (offered == SIP_SDP_HOLDCONN)
		return SIP_SDP_HOLDCONN;
	return offered == SIP_SDP_ACTIVE ? SIP_SDP_PASSIVE : SIP_SDP_ACTIVE;
}

static bool is_said_again(const struct sip_sdp_section *before, const struct sip_sdp_section *now, enum sip_sdp_attribute_id id)
{
	const struct sip_sdp_attribute *was = NULL, *is = NULL;

	do {
		was = sip_sdp_attribute_next(before, id, was);
		is = sip_sdp_attribute_next(now, id, is);
	} while (was && is && sip_str_eq_nocase(was->value, is->value));
	return !was && !is;
}

static const struct sip_sdp_section *section_with(const struct sip_sdp *sdp, const struct sip_sdp_media *media,
						  enum sip_sdp_attribute_id id)
{
	return sip__sdp_has(media, id) ? &media->section : &sdp->section;
}

/*
 * RFC 8842 5.3: unless keys or tls-id ask for a new association (3.1), the answer "does not change the previously negotiated DTLS
 * roles". ROLE_NONE: there are none, or they may change.
 */
static enum sip_sdp_role role_in_force(const struct answering *a, const struct sip__sdp_plan *plan)
{
	static const enum sip_sdp_attribute_id ids[] = { SIP_SDP_FINGERPRINT, SIP_SDP_TLS_ID };
	const struct sip__sdp_maker *k = a->k;
	size_t at = (size_t)(plan - k->plans);

	if (!a->past || at >= a->past->stream_count || !a->past->streams[at].is_active)
		return SIP_SDP_ROLE_NONE;
	const struct sip_sdp_media *before = &k->past.remote->media[a->past->streams[at].transport];
	for (size_t i = 0; i < SIP_COUNTOF(ids); i++)
		if (!is_said_again(section_with(k->past.remote, before, ids[i]), section_with(k->offer, plan->offered, ids[i]), ids[i]))
			return SIP_SDP_ROLE_NONE;
	return a->past->streams[at].setup;
}

static bool try_capability(struct answering *a, struct sip__sdp_plan *plan, const struct sip_sdp_media_capability *c,
			   bool may_be_company)
{
	struct sip__sdp_maker *k = a->k;
	struct choice *choice = a->choice;
	union sip_sdp_value v;

	if (!may_accept(a, plan, c))
		return false;
	choice->capability = c;
	if (choice->formats.media != plan->offered) {
		sip__sdp_formats_read(&choice->formats, plan->offered);
		choice->count = sip__sdp_formats_count(&choice->formats);
		line_of(a, plan)->is_of_company = is_offer_of_company_only(choice);
	}
	memset(choice->found, 0, choice->count * sizeof *choice->found);
	memset(choice->is_accepted, 0, sizeof choice->is_accepted);
	if (!choose_formats(choice, may_be_company && line_of(a, plan)->is_of_company))
		return false;
	take_formats(k, plan, choice);
	plan->capability = plan->transport = c;
	plan->direction = sip_sdp_direction_mirror(sip__sdp_direction_of(k->offer, plan->offered)) & c->direction;
	if (sip_sdp_value_of(k->offer, plan->offered, SIP_SDP_SETUP, &v) == SIP_OK)
		plan->setup = role_for(v.setup.role, c->setup, role_in_force(a, plan));
	plan->has_rtcp_mux = c->has_rtcp_mux && sip__sdp_has(plan->offered, SIP_SDP_RTCP_MUX);
	return true;
}

static void refuse(struct sip__sdp_maker *k, struct sip__sdp_plan *plan)
{
	plan->capability = NULL;
	plan->is_bundled = false;
	plan->format_count = plan->offered->format_count > 0;
	plan->formats = sip__sdp_maker_alloc(k, plan->format_count, sizeof *plan->formats);
	if (plan->formats && plan->format_count > 0)
		plan->formats[0].text = plan->offered->formats[0];
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------- */

static bool is_offered(const struct answering *a, const struct sip__sdp_plan *plan)
{
	return plan->offered->port != 0 || (line_of(a, plan)->is_grouped && sip__sdp_is_live(plan->offered));
}

/*
 * Whoever has the port that stood here before stands here again, so that streams do not change places, events alone like any other; of
 * what is new, codecs go before events alone, which take what is left.
 */
enum round { AGAIN, CODECS, COMPANY };
static void assign(struct answering *a, enum round round)
{
	struct sip__sdp_maker *k = a->k;
	bool is_again = round == AGAIN;

	for (size_t i = 0; i < k->plan_count; i++) {
		struct sip__sdp_plan *plan = &k->plans[i];
		uint16_t port = k->past.local && i < k->past.local->media_count ? k->past.ports[i] : 0;
		if (plan->capability || (is_again && port == 0) || (round == COMPANY && !a->lines[i].is_of_company) || !is_offered(a, plan))
			continue;
		for (size_t j = 0; j < k->can->media_count && !plan->capability; j++) {
			if (a->is_used[j] || (is_again && k->can->media[j].port != port))
				continue;
			a->is_used[j] = try_capability(a, plan, &k->can->media[j], round != CODECS);
		}
	}
}

/*
 * RFC 9143 9.3: RTP is bundled with rtcp-mux, which the section that counts for all has said, or not at all. One that is no RTP need
 * not have said it of itself (9.3.1.2: "if a bundled "m=" section in the corresponding offer contained" it).
 */
static bool may_bundle(const struct sip__sdp_plan *plan, const struct sip__sdp_plan *tagged)
{
	if (!plan->capability || !sip__sdp_proto_is_rtp(plan->proto))
		return plan->capability != NULL;
	return plan->capability->has_rtcp_mux &&
	       (sip__sdp_has(tagged->offered, SIP_SDP_RTCP_MUX) ||
		(!sip__sdp_proto_is_rtp(tagged->proto) && sip__sdp_has(plan->offered, SIP_SDP_RTCP_MUX)));
}

/* It may carry the others (RFC 9143 7.3.1), by keys of its own. */
static bool may_carry(const struct answering *a, const struct sip__sdp_plan *plan)
{
	enum sip_sdp_keys keys;

	return may_bundle(plan, plan) && choose_keys(a, plan, plan->capability, &keys);
}

/* The first id of the group whose section has a port, and may carry the others if it has to. */
static struct sip__sdp_plan *find_first(const struct answering *a, bool has_to_carry)
{
	struct sip__sdp_maker *k = a->k;
	struct sip_str ids = a->bundle, id;

	for (unsigned n = 0; n < SIP__SDP_GROUP_MAX && sip__sdp_take(&ids, &id); n++)
		for (size_t i = 0; i < k->plan_count; i++)
			if (k->plans[i].offered->port != 0 && sip_str_eq(k->plans[i].mid, id) &&
			    (!has_to_carry || may_carry(a, &k->plans[i])))
				return &k->plans[i];
	return NULL;
}

static const struct sip_sdp_media_capability *find_carrying(const struct answering *a, const struct sip__sdp_plan *plan,
							    const struct sip_sdp_media_capability *except)
{
	bool is_rtp = sip__sdp_proto_is_rtp(plan->proto);
	enum sip_sdp_keys keys;

	if (plan->offered->port == 0 || (is_rtp && !sip__sdp_has(plan->offered, SIP_SDP_RTCP_MUX)))
		return NULL;
	for (size_t i = 0; i < a->k->can->media_count; i++) {
		const struct sip_sdp_media_capability *c = &a->k->can->media[i];
		if (c != except && may_stand(plan, c) && (!is_rtp || c->has_rtcp_mux) && choose_keys(a, plan, c, &keys))
			return c;
	}
	return NULL;
}

/* The first of the group that a capability may stand for, other than this one, to carry the others. */
static const struct sip__sdp_plan *find_carrier(const struct answering *a, const struct sip_sdp_media_capability *except,
						const struct sip_sdp_media_capability **carrying)
{
	const struct sip__sdp_plan *first = NULL;

	for (size_t i = 0; i < a->k->plan_count; i++) {
		const struct sip__sdp_plan *plan = &a->k->plans[i];
		if (!a->lines[i].is_grouped || (first && line_of(a, first)->rank < a->lines[i].rank))
			continue;
		const struct sip_sdp_media_capability *c = find_carrying(a, plan, except);
		if (!c)
			continue;
		first = plan;
		*carrying = c;
	}
	return first;
}

/* As agreed before, and the offer goes on with it. */
static bool was_bundled(const struct answering *a, const struct sip__sdp_plan *plan)
{
	size_t at = (size_t)(plan - a->k->plans);

	if (!a->past || at >= a->past->stream_count || !line_of(a, plan)->is_grouped)
		return false;
	const struct sip_sdp_stream *was = &a->past->streams[at];
	return was->is_active && sip_str_eq(sip__sdp_mid_of(was->local), plan->mid) &&
	       sip__sdp_is_bundled(a->past_local, a->past_remote, was->local, was->remote);
}

static void look_back(struct answering *a)
{
	const struct sip_sdp_media_capability *other = NULL;
	struct sip__sdp_maker *k = a->k;

	a->first = find_first(a, false);
	a->carrier = find_carrier(a, NULL, &a->carrying);
	a->other_carrier = a->carrier ? find_carrier(a, a->carrying, &other) : NULL;
	for (size_t i = 0; i < k->plan_count; i++) {
		const struct sip__sdp_plan *plan = &k->plans[i];
		a->is_bundle_old = a->is_bundle_old || was_bundled(a, plan);
		a->is_first_shared = a->is_first_shared || (a->first && plan != a->first &&
			plan->offered->port == a->first->offered->port && line_of(a, plan)->is_grouped);
	}
}

/*
 * RFC 9143 7.3.2: once there is a bundle, no answer moves out of it what was in it, nor what is added, which has no port of its own
 * (7.5.1). What has one was left out before, and may be again.
 */
static bool is_bound(const struct answering *a, const struct sip__sdp_plan *plan)
{
	if (!a->is_bundle_old || !line_of(a, plan)->is_grouped)
		return false;
	return was_bundled(a, plan) || (a->first && plan->offered->port == a->first->offered->port &&
					(plan != a->first || a->is_first_shared));
}

/*
 * 7.3.3: of a bundle that goes on, what the offer names first is kept, or nothing of it is. One of RTP that lacks the rtcp-mux of the
 * others would end them (9.3.1): it is not kept.
 */
static bool must_refuse_all(const struct answering *a, const struct sip__sdp_plan *tagged)
{
	bool is_any_left = false;

	for (size_t i = 0; i < a->k->plan_count; i++)
		is_any_left = is_any_left || (a->lines[i].is_grouped && a->k->plans[i].capability);
	return is_any_left && a->first && a->first != tagged && is_bound(a, a->first);
}

/* Not in the bundle: where it has a port of its own, may leave, and does not live by the keys of others. */
static bool may_stand_alone(const struct answering *a, const struct sip__sdp_plan *plan)
{
	enum sip_sdp_keys keys;

	return plan->offered->port != 0 && !is_bound(a, plan) && choose_keys(a, plan, plan->capability, &keys);
}

/* SRTP is carried by keys that are fit for it, and no DTLS is put where there is none. */
static bool has_keys_of(const struct answering *a, const struct sip__sdp_plan *plan, const struct sip__sdp_plan *tagged)
{
	enum sip_sdp_keys keys;

	if (!sip__sdp_keys_fit(tagged->keys, plan->proto))
		return false;
	return !sip__sdp_proto_is_tls(plan->proto) || tagged->keys == SIP_SDP_KEYS_FINGERPRINT ||
	       !choose_keys(a, plan, plan->capability, &keys) || keys == SIP_SDP_KEYS_NONE;
}

static void bundle_plan(const struct answering *a, struct sip__sdp_plan *plan, struct sip__sdp_plan *tagged)
{
	plan->is_bundled = plan == tagged ||
			   (line_of(a, plan)->is_grouped && may_bundle(plan, tagged) && has_keys_of(a, plan, tagged));
	plan->is_carried = plan->is_bundled && plan != tagged;
	if (!plan->is_bundled)
		return;
	plan->transport = tagged->capability;
	if (sip__sdp_proto_is_rtp(plan->proto) || sip__sdp_has(tagged->offered, SIP_SDP_RTCP_MUX))
		plan->has_rtcp_mux = tagged->has_rtcp_mux = true;
}

/* What its transport has, now that it is known whose that is: in a bundle the tagged section says it for all (RFC 9143 7.1.3). */
static void settle_transport(const struct answering *a, struct sip__sdp_plan *plan, const struct sip__sdp_plan *tagged)
{
	const struct sip_sdp_media *offered = plan->is_carried ? tagged->offered : plan->offered;

	plan->has_ice = sip__sdp_has_ice(a->k->offer, sip_str_make(NULL, 0), offered);
	if (!plan->is_carried)
		(void)choose_keys(a, plan, plan->capability, &plan->keys);
}

static void bundle_plans(struct answering *a)
{
	struct sip__sdp_maker *k = a->k;
	struct sip__sdp_plan *tagged = find_first(a, true);

	if (must_refuse_all(a, tagged) && k->err == SIP_OK)
		k->err = SIP_E_UNSUPPORTED;
	k->bundle_first = tagged;
	if (tagged)
		(void)choose_keys(a, tagged, tagged->capability, &tagged->keys);
	for (size_t i = 0; i < k->plan_count; i++) {
		struct sip__sdp_plan *plan = &k->plans[i];
		if (tagged && plan->capability)
			bundle_plan(a, plan, tagged);
		if (!plan->capability || (!plan->is_bundled && !may_stand_alone(a, plan)))
			refuse(k, plan);
		else
			settle_transport(a, plan, tagged);
	}
}

static struct choice *make_choice(struct sip__sdp_maker *k, const struct sip_sdp *offer)
{
	struct choice *choice = sip__sdp_maker_alloc(k, 1, sizeof *choice);
	size_t most = 0;

	for (size_t i = 0; i < offer->media_count; i++)
		most = offer->media[i].format_count > most ? offer->media[i].format_count : most;
	if (choice)
		choice->found = sip__sdp_maker_alloc(k, most, sizeof *choice->found);
	return choice;
}

static const struct sip_sdp_result *read_past(struct sip__sdp_maker *k)
{
	struct sip_sdp_result *past = NULL;

	if (k->past.local && k->err == SIP_OK)
		k->err = sip_sdp_result_make(k->arena, k->past.local, k->past.remote, k->past.is_answer_ours, &past);
	return past;
}

static void look_at_lines(struct answering *a)
{
	const struct sip_sdp *offer = a->k->offer;
	unsigned of_session = sip__sdp_keys_of_session(offer);

	for (size_t i = 0; i < offer->media_count; i++) {
		a->k->plans[i] = (struct sip__sdp_plan){ .offered = &offer->media[i],
							 .type = offer->media[i].type,
							 .proto = offer->media[i].proto,
							 .mid = sip__sdp_mid_of(&offer->media[i]) };
		a->lines[i].rank = sip__sdp_rank_of(a->bundle, a->k->plans[i].mid);
		a->lines[i].is_grouped = a->lines[i].rank < SIP__SDP_GROUP_MAX;
		a->lines[i].keys = sip__sdp_keys_in(&offer->media[i].section) | of_session;
	}
	a->k->plan_count = offer->media_count;
}

static void look_at_capabilities(struct answering *a)
{
	const struct sip_sdp_capabilities *can = a->k->can;
	unsigned of_session = sip__sdp_keys_given(can->attributes, can->attribute_count);

	for (size_t i = 0; i < can->media_count; i++) {
		a->keys[i] = of_session | sip__sdp_keys_given(can->media[i].attributes, can->media[i].attribute_count);
		a->keys_of_any |= a->keys[i];
	}
}

/* Nothing is bundled. */
static void unbundle(struct answering *a)
{
	a->bundle = sip_str_make(NULL, 0);
	for (size_t i = 0; i < a->k->plan_count; i++)
		a->lines[i].is_grouped = false;
}

void sip__sdp_plan_answer(struct sip__sdp_maker *k, const struct sip_sdp *offer)
{
	struct answering a = { .k = k };

	a.bundle = sip__sdp_bundle_of(offer);
	a.choice = make_choice(k, offer);
	a.is_used = sip__sdp_maker_alloc(k, k->can->media_count, sizeof *a.is_used);
	a.keys = sip__sdp_maker_alloc(k, k->can->media_count, sizeof *a.keys);
	a.lines = sip__sdp_maker_alloc(k, offer->media_count, sizeof *a.lines);
	a.past = read_past(k);
	if (a.past) {
		a.past_local = sip__sdp_bundle_of(k->past.local);
		a.past_remote = sip__sdp_bundle_of(k->past.remote);
	}
	k->offer = offer;
	k->plans = sip__sdp_maker_alloc(k, offer->media_count, sizeof *k->plans);
	if (k->err != SIP_OK)
		return;
	look_at_lines(&a);
	look_at_capabilities(&a);
	look_back(&a);
	if (!k->can->has_bundle && !a.is_bundle_old)
		unbundle(&a);
	assign(&a, AGAIN);
	assign(&a, CODECS);
	assign(&a, COMPANY);
	bundle_plans(&a);
}
