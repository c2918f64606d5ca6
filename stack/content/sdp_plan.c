/*
 * Makes a description from the plans of its m= lines: what an offer and an answer have in common. All that is made stands in the
 * caller's arena; the first failure is kept. One thread at a time. RFC 3264 5, 6.
 */
#include "stack/content/sdp_priv.h"

void sip__sdp_maker_init(struct sip__sdp_maker *k, struct sip_arena *arena, const struct sip_sdp_capabilities *can)
{
	*k = (struct sip__sdp_maker){ .arena = arena, .can = can };
	sip_buf_init(&k->text, 0);
}

void sip__sdp_maker_fini(struct sip__sdp_maker *k)
{
	sip_buf_fini(&k->text);
}

static void fail(struct sip__sdp_maker *k, enum sip_err err)
{
	if (k->err == SIP_OK)
		k->err = err;
}

void *sip__sdp_maker_alloc(struct sip__sdp_maker *k, size_t count, size_t size)
{
	void *p = k->err == SIP_OK ? sip_arena_alloc_zero(k->arena, count * size) : NULL;

	if (!p)
		fail(k, SIP_E_NOMEM);
	return p;
}

struct sip_str sip__sdp_maker_text(struct sip__sdp_maker *k)
{
	struct sip_str copy = sip_arena_str(k->arena, sip_buf_str(&k->text));

	if (k->text.err != SIP_OK)
		fail(k, k->text.err);
	if (!copy.p)
		fail(k, SIP_E_NOMEM);
	sip_buf_clear(&k->text);
	return copy;
}

struct sip_str sip__sdp_maker_number(struct sip__sdp_maker *k, uint64_t value)
{
	sip_buf_put_u64(&k->text, value);
	return sip__sdp_maker_text(k);
}

/* ---- attributes of the present section ------------------------------------------------------------------------------------- */

static void add(struct sip__sdp_maker *k, struct sip_str name, struct sip_str value)
{
	if (k->attribute_count == k->attribute_room) {
		size_t room = k->attribute_room ? k->attribute_room * 2 : 16;
		struct sip_sdp_attribute *more = sip__sdp_maker_alloc(k, room, sizeof *more);
		if (!more)
			return;
		if (k->attribute_count > 0)
			memcpy(more, k->attributes, k->attribute_count * sizeof *more);
		k->attributes = more;
		k->attribute_room = room;
	}
	k->attributes[k->attribute_count++] = (struct sip_sdp_attribute){ name, value };
}

static void add_flag(struct sip__sdp_maker *k, enum sip_sdp_attribute_id id)
{
	add(k, sip_sdp_attribute_rows[id].name, sip_str_make(NULL, 0));
}

static void add_value(struct sip__sdp_maker *k, enum sip_sdp_attribute_id id, const union sip_sdp_value *value)
{
	sip_sdp_value_put(&k->text, id, value);
	add(k, sip_sdp_attribute_rows[id].name, sip__sdp_maker_text(k));
}

static void add_number(struct sip__sdp_maker *k, enum sip_sdp_attribute_id id, uint32_t number)
{
	if (number > 0)
		add(k, sip_sdp_attribute_rows[id].name, sip__sdp_maker_number(k, number));
}

/* The section has them; the next one begins. */
static void end_attributes(struct sip__sdp_maker *k, struct sip_sdp_section *section)
{
	section->attributes = k->attributes;
	section->attribute_count = k->attribute_count;
	k->attributes = NULL;
	k->attribute_count = k->attribute_room = 0;
}

/* ---- what the program gives as it stands, in an answer by the offer ---------------------------------------------------------- */

static const struct sip_sdp_attribute *find_extension(const struct sip_sdp_section *section, struct sip_str uri,
						      struct sip_sdp_extmap *out)
{
	const struct sip_sdp_attribute *a = NULL;

	while ((a = sip_sdp_attribute_next(section, SIP_SDP_EXTMAP, a)) != NULL)
		if (a->value.p && sip_sdp_extmap_parse(a->value, out) == SIP_OK && sip_str_eq(out->uri, uri))
			return a;
	return NULL;
}

static enum sip_sdp_direction extension_direction(struct sip_str word)
{
	enum sip_sdp_attribute_id id = sip_sdp_attribute_id_of(word);

	for (unsigned d = SIP_SDP_NEITHER; d < SIP_SDP_SEND_AND_RECEIVE; d++)
		if (sip_sdp_direction_attribute((enum sip_sdp_direction)d) == id)
			return (enum sip_sdp_direction)d;
	return SIP_SDP_SEND_AND_RECEIVE;
}

/*
 * RFC 8285 7: "sendonly" is answered "recvonly", and the other way, and neither goes against the direction of the stream; one that
 * is held has none. False: nothing is left, though nobody said "inactive".
 */
static bool answer_direction(struct sip_str offered, struct sip_str ours, enum sip_sdp_direction stream, struct sip_str *out)
{
	enum sip_sdp_direction d = sip_sdp_direction_mirror(extension_direction(offered)) & extension_direction(ours);

	*out = sip_str_make(NULL, 0);
	if (offered.len == 0 && ours.len == 0)
		return true;
	if (d == SIP_SDP_NEITHER && !SIP_STR_IS(offered, "inactive") && !SIP_STR_IS(ours, "inactive"))
		return false;
	if (stream != SIP_SDP_NEITHER)
		d &= stream;
	if (d != SIP_SDP_SEND_AND_RECEIVE)
		*out = sip_sdp_attribute_rows[sip_sdp_direction_attribute(d)].name;
	return true;
}

/* RFC 8285 7: the offer's number, if the offer has it. */
static void echo_extension(struct sip__sdp_maker *k, const struct sip_sdp_attribute *ours, const struct sip_sdp_section *offered,
			   enum sip_sdp_direction stream)
{
	union sip_sdp_value v = { 0 };
	struct sip_sdp_extmap theirs;

	if (!ours->value.p || sip_sdp_extmap_parse(ours->value, &v.extmap) != SIP_OK)
		return;
	if (!find_extension(offered, v.extmap.uri, &theirs) && !find_extension(&k->offer->section, v.extmap.uri, &theirs))
		return;
	v.extmap.id = theirs.id;
	if (answer_direction(theirs.direction, v.extmap.direction, stream, &v.extmap.direction))
		add_value(k, SIP_SDP_EXTMAP, &v);
}

static void echo(struct sip__sdp_maker *k, const struct sip_sdp_attribute *a, enum sip_sdp_attribute_id id,
		 const struct sip__sdp_plan *plan)
{
	const struct sip_sdp_section *offered = plan ? &plan->offered->section : &k->offer->section;

	if (id == SIP_SDP_EXTMAP)
		echo_extension(k, a, offered, plan ? plan->direction : SIP_SDP_SEND_AND_RECEIVE);
	else if (sip_sdp_attribute_find(offered, id) || sip_sdp_attribute_find(&k->offer->section, id))
		add(k, a->name, a->value);
}

static void add_crypto(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	union sip_sdp_value v = { 0 };

	if (sip__sdp_crypto_choose(plan->capability, &plan->offered->section, &v.crypto))
		add_value(k, SIP_SDP_CRYPTO, &v);
}

/*
 * RFC 8643 3.2: "The answer MUST NOT contain attributes from more than one keying method". a=setup is of DTLS, or of TCP (RFC 4145);
 * a=crypto is said by add_crypto.
 */
static bool has_keys(const struct sip__sdp_maker *k, const struct sip__sdp_plan *plan, enum sip_sdp_attribute_id id)
{
	bool is_tls = plan->keys == SIP_SDP_KEYS_FINGERPRINT || sip__sdp_proto_is_tls(plan->proto);

	switch (id) {
	case SIP_SDP_FINGERPRINT:
		return is_tls;
	case SIP_SDP_SETUP:
		return is_tls || !sip__sdp_proto_is_rtp(plan->proto) || sip__sdp_proto_has(plan->proto, SIP_STR("TCP"));
	case SIP_SDP_TLS_ID: /* not in an answer to an offer without it (RFC 8842 5.3) */
		return is_tls && sip_sdp_attribute_of(k->offer, plan->offered, SIP_SDP_TLS_ID);
	case SIP_SDP_KEY_MGMT:
		return plan->keys == SIP_SDP_KEYS_KEY_MGMT;
	default:
		return false;
	}
}

/* RFC 8839 4.3.2: without ICE in the offer "the answerer MUST NOT include any ICE-related SDP attributes". */
static bool is_wanted(const struct sip__sdp_maker *k, const struct sip__sdp_plan *plan, enum sip_sdp_attribute_id id)
{
	return sip_sdp_attribute_rows[id].answer == SIP_SDP_ICE ? plan->has_ice : has_keys(k, plan, id);
}

/*
 * What is said for the session counts for each transport: for all of them, or those that want it say it themselves. What may stand
 * nowhere else is said for any.
 */
static bool is_for_session(const struct sip__sdp_maker *k, enum sip_sdp_attribute_id id)
{
	bool is_any = false, is_every = true;

	for (size_t i = 0; i < k->plan_count; i++) {
		const struct sip__sdp_plan *at = &k->plans[i];
		if (!at->capability || at->is_carried)
			continue;
		bool is_one = is_wanted(k, at, id);
		is_any = is_any || is_one;
		is_every = is_every && is_one;
	}
	return is_any && (is_every || sip_sdp_attribute_rows[id].level == SIP_SDP_SESSION);
}

static bool is_by_choice(enum sip_sdp_attribute_id id)
{
	return id != SIP_SDP_ATTRIBUTE_UNKNOWN &&
	       (sip_sdp_attribute_rows[id].answer == SIP_SDP_ICE || sip_sdp_attribute_rows[id].answer == SIP_SDP_KEYS);
}

/* Of the section that is planned; NULL: of the session. */
static void add_given_one(struct sip__sdp_maker *k, const struct sip_sdp_attribute *a, const struct sip__sdp_plan *plan)
{
	enum sip_sdp_attribute_id id = sip_sdp_attribute_id_of(a->name);

	if (!k->offer || id == SIP_SDP_ATTRIBUTE_UNKNOWN)
		add(k, a->name, a->value);
	else if (sip_sdp_attribute_rows[id].answer == SIP_SDP_ECHO)
		echo(k, a, id, plan);
	else if (!is_by_choice(id) || (plan ? is_wanted(k, plan, id) : is_for_session(k, id)))
		add(k, a->name, a->value);
}

/* RFC 9143 7.1.3. */
static bool is_for_section(const struct sip__sdp_plan *plan, enum sip_sdp_attribute_id id)
{
	return !plan->is_carried || id == SIP_SDP_ATTRIBUTE_UNKNOWN || sip_sdp_attribute_rows[id].bundled == SIP_SDP_EACH;
}

/* And what a carried section with a port says all the same, as the one that carries it does. */
static bool is_repeated(const struct sip__sdp_plan *plan, enum sip_sdp_attribute_id id)
{
	return plan->is_carried && !plan->is_bundle_only && id != SIP_SDP_ATTRIBUTE_UNKNOWN &&
	       sip_sdp_attribute_rows[id].bundled == SIP_SDP_REPEAT;
}

static const struct sip__sdp_plan *carrier_of(const struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	return plan->is_carried ? k->bundle_first : plan;
}

static bool has_own(const struct sip_sdp_media_capability *c, enum sip_sdp_attribute_id id)
{
	for (size_t i = 0; i < c->attribute_count; i++)
		if (sip_sdp_attribute_id_of(c->attributes[i].name) == id)
			return true;
	return false;
}

/* Given for the session, which does not say it in this answer. */
static void add_of_session(struct sip__sdp_maker *k, const struct sip_sdp_attribute *a, const struct sip__sdp_plan *plan)
{
	enum sip_sdp_attribute_id id = sip_sdp_attribute_id_of(a->name);
	const struct sip__sdp_plan *carrier = carrier_of(k, plan);

	if (is_by_choice(id) && (sip_sdp_attribute_rows[id].level & SIP_SDP_MEDIA) && (is_for_section(plan, id) || is_repeated(plan, id)) &&
	    is_wanted(k, carrier, id) && !is_for_session(k, id) && !has_own(carrier->capability, id))
		add(k, a->name, a->value);
}

static void add_given(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	const struct sip_sdp_media_capability *c = plan->capability, *transport = plan->transport;

	for (size_t i = 0; i < c->attribute_count; i++)
		if (is_for_section(plan, sip_sdp_attribute_id_of(c->attributes[i].name)))
			add_given_one(k, &c->attributes[i], plan);
	for (size_t i = 0; plan->is_carried && i < transport->attribute_count; i++)
		if (is_repeated(plan, sip_sdp_attribute_id_of(transport->attributes[i].name)))
			add_given_one(k, &transport->attributes[i], carrier_of(k, plan));
	for (size_t i = 0; k->offer && i < k->can->attribute_count; i++)
		add_of_session(k, &k->can->attributes[i], plan);
}

/* ---- one m= line ------------------------------------------------------------------------------------------------------------- */

static bool wants_feedback(const struct sip__sdp_plan *plan, struct sip_str format, struct sip_str feedback)
{
	const struct sip_sdp_attribute *a = NULL;
	struct sip_sdp_rtcp_fb fb;

	if (!plan->offered)
		return true;
	while ((a = sip_sdp_attribute_next(&plan->offered->section, SIP_SDP_RTCP_FB, a)) != NULL) {
		if (a->value.p && sip_sdp_rtcp_fb_parse(a->value, &fb) == SIP_OK && sip_str_eq_nocase(fb.feedback, feedback) &&
		    (sip_str_eq(fb.format, SIP_STR("*")) || sip_str_eq(fb.format, format)))
			return true;
	}
	return false;
}

static void add_format(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan, const struct sip__sdp_format *f, bool is_rtp)
{
	union sip_sdp_value v = { 0 };

	if (is_rtp) {
		v.rtpmap = f->map;
		add_value(k, SIP_SDP_RTPMAP, &v);
	}
	if (f->fmtp.len > 0) {
		v.fmtp = (struct sip_sdp_fmtp){ f->text, f->fmtp };
		add_value(k, SIP_SDP_FMTP, &v);
	}
	for (size_t i = 0; i < f->codec->feedback_count; i++) {
		if (!wants_feedback(plan, f->text, f->codec->feedbacks[i]))
			continue;
		v.rtcp_fb = (struct sip_sdp_rtcp_fb){ f->text, f->codec->feedbacks[i] };
		add_value(k, SIP_SDP_RTCP_FB, &v);
	}
}

static void add_transport(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	const struct sip__sdp_plan *carrier = carrier_of(k, plan);
	union sip_sdp_value v = { 0 };

	/* "The answerer MUST NOT include an SDP 'rtcp' attribute in any bundled "m=" section" (RFC 9143 9.3.1.2). */
	if (!plan->is_carried && !(plan->is_bundled && plan->offered))
		add_number(k, SIP_SDP_RTCP, plan->transport->rtcp_port);
	if (plan->has_rtcp_mux && (!plan->is_carried || (is_repeated(plan, SIP_SDP_RTCP_MUX) && sip__sdp_proto_is_rtp(plan->proto))))
		add_flag(k, SIP_SDP_RTCP_MUX);
	if (plan->is_carried && !is_repeated(plan, SIP_SDP_SETUP))
		return;
	if (carrier->setup != SIP_SDP_ROLE_NONE && (!k->offer || has_keys(k, carrier, SIP_SDP_SETUP))) {
		v.setup.role = carrier->setup;
		add_value(k, SIP_SDP_SETUP, &v);
	}
	if (!plan->is_carried && plan->keys == SIP_SDP_KEYS_CRYPTO)
		add_crypto(k, plan);
}

static void add_attributes(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan)
{
	const struct sip_sdp_media_capability *c = plan->capability;
	bool is_rtp = sip__sdp_proto_is_rtp(plan->proto);

	for (size_t i = 0; i < plan->format_count; i++)
		add_format(k, plan, &plan->formats[i], is_rtp);
	add_number(k, SIP_SDP_PTIME, c->ptime);
	add_number(k, SIP_SDP_MAXPTIME, c->maxptime);
	add_flag(k, sip_sdp_direction_attribute(plan->direction));
	if (plan->is_bundle_only)
		add_flag(k, SIP_SDP_BUNDLE_ONLY);
	add_transport(k, plan);
	add_given(k, plan);
}

static struct sip_sdp_connection connection_to(struct sip_str address)
{
	bool is_six = sip_str_find(address, ':') < address.len;

	return (struct sip_sdp_connection){ .net_type = SIP_STR("IN"),
					    .addr_type = is_six ? SIP_STR("IP6") : SIP_STR("IP4"),
					    .address = address };
}

static void make_connection(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan, struct sip_sdp_section *section)
{
	struct sip_str address = plan->transport->address;

	if (address.len == 0 || sip_str_eq(address, k->can->address))
		return;
	section->connections = sip__sdp_maker_alloc(k, 1, sizeof *section->connections);
	if (!section->connections)
		return;
	section->connections[0] = connection_to(address);
	section->connection_count = 1;
}

static void make_media(struct sip__sdp_maker *k, const struct sip__sdp_plan *plan, struct sip_sdp_media *m)
{
	m->type = plan->type;
	m->proto = plan->proto;
	m->formats = sip__sdp_maker_alloc(k, plan->format_count, sizeof *m->formats);
	for (size_t i = 0; m->formats && i < plan->format_count; i++)
		m->formats[i] = plan->formats[i].text;
	m->format_count = m->formats ? plan->format_count : 0;
	if (plan->mid.len > 0)
		add(k, sip_sdp_attribute_rows[SIP_SDP_MID].name, plan->mid);
	if (plan->capability) {
		m->port = plan->is_bundle_only ? 0 : plan->transport->port;
		make_connection(k, plan, &m->section);
		m->section.bandwidths = sip__sdp_maker_alloc(k, plan->capability->bandwidth_count, sizeof *m->section.bandwidths);
		if (m->section.bandwidths && plan->capability->bandwidth_count > 0) {
			memcpy(m->section.bandwidths, plan->capability->bandwidths,
			       plan->capability->bandwidth_count * sizeof *m->section.bandwidths);
			m->section.bandwidth_count = plan->capability->bandwidth_count;
		}
		add_attributes(k, plan);
	}
	end_attributes(k, &m->section);
}

/* ---- the session ------------------------------------------------------------------------------------------------------------ */

/* RFC 9143 7.2: the first id is that of the section whose address counts. */
static void add_bundle(struct sip__sdp_maker *k)
{
	const struct sip__sdp_plan *first = k->bundle_first;
	bool is_any = false;

	for (size_t i = 0; i < k->plan_count; i++)
		is_any = is_any || k->plans[i].is_bundled;
	if (!is_any)
		return;
	SIP_BUF_LIT(&k->text, "BUNDLE");
	if (first)
		sip__sdp_put_more(&k->text, first->mid);
	for (size_t i = 0; i < k->plan_count; i++)
		if (k->plans[i].is_bundled && &k->plans[i] != first)
			sip__sdp_put_more(&k->text, k->plans[i].mid);
	add(k, sip_sdp_attribute_rows[SIP_SDP_GROUP].name, sip__sdp_maker_text(k));
}

static void make_origin(struct sip__sdp_maker *k, struct sip_sdp_origin *o, uint64_t id, uint64_t version)
{
	struct sip_sdp_connection c = connection_to(k->can->address);

	*o = (struct sip_sdp_origin){ .username = k->can->username.len > 0 ? k->can->username : SIP_STR("-"),
				      .session_id = sip__sdp_maker_number(k, id),
				      .session_version = sip__sdp_maker_number(k, version),
				      .net_type = c.net_type,
				      .addr_type = c.addr_type,
				      .address = c.address };
}

struct sip_sdp *sip__sdp_maker_make(struct sip__sdp_maker *k, uint64_t id, uint64_t version)
{
	struct sip_sdp *sdp = sip__sdp_maker_alloc(k, 1, sizeof *sdp);

	if (!sdp)
		return NULL;
	make_origin(k, &sdp->origin, id, version);
	sdp->name = k->can->name;
	sdp->section.connections = sip__sdp_maker_alloc(k, 1, sizeof *sdp->section.connections);
	sdp->media = sip__sdp_maker_alloc(k, k->plan_count, sizeof *sdp->media);
	if (!sdp->section.connections || !sdp->media)
		return NULL;
	if (k->offer) { /* "MUST equal that of the offer" (RFC 3264 6) */
		sdp->timings = k->offer->timings;
		sdp->timing_count = k->offer->timing_count;
	}
	sdp->section.connections[0] = connection_to(k->can->address);
	sdp->section.connection_count = 1;
	add_bundle(k);
	for (size_t i = 0; i < k->can->attribute_count; i++)
		add_given_one(k, &k->can->attributes[i], NULL);
	end_attributes(k, &sdp->section);
	for (size_t i = 0; i < k->plan_count; i++)
		make_media(k, &k->plans[i], &sdp->media[sdp->media_count++]);
	return k->err == SIP_OK ? sdp : NULL;
}
