/* What two descriptions of one exchange mean for a media engine. No state, any thread. RFC 3264 7, RFC 9143 7.4, RFC 3605. */
#include "stack/content/sdp_priv.h"

struct reckoning {
	struct sip_arena *arena;
	const struct sip_sdp *local, *remote;
	bool is_answer_ours;
	struct sip_str local_bundle, remote_bundle;
	struct sip_sdp_stream *streams;
	size_t count;
};

/* ---- where ------------------------------------------------------------------------------------------------------------------- */

static struct sip_addr address_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media, uint16_t port)
{
	const struct sip_sdp_connection *c = sip_sdp_connection_of(sdp, media);
	struct sip_addr addr;

	sip_addr_clear(&addr);
	if (c && sip_sdp_connection_addr(c, port, &addr) != SIP_OK)
		sip_addr_clear(&addr);
	return addr;
}

/* RFC 3605 2.1: as it is said, else the next port. */
static struct sip_addr rtcp_address_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	const struct sip_sdp_attribute *a = sip_sdp_attribute_find(&media->section, SIP_SDP_RTCP);
	struct sip_sdp_connection c = { 0 };
	struct sip_sdp_rtcp rtcp;
	struct sip_addr addr;

	if (!a || !a->value.p || sip_sdp_rtcp_parse(a->value, &rtcp) != SIP_OK)
		return address_of(sdp, media, (uint16_t)(media->port + 1));
	if (rtcp.address.len == 0)
		return address_of(sdp, media, rtcp.port);
	c.net_type = rtcp.net_type;
	c.addr_type = rtcp.addr_type;
	c.address = rtcp.address;
	if (sip_sdp_connection_addr(&c, rtcp.port, &addr) != SIP_OK)
		sip_addr_clear(&addr);
	return addr;
}

/* In a bundle the section that counts for all says it, but that need not be one of RTP (RFC 9143 9.3.1). */
static bool has_rtcp_mux(const struct sip_sdp_media *own, const struct sip_sdp_media *transport)
{
	return sip__sdp_has(own, SIP_SDP_RTCP_MUX) || sip__sdp_has(transport, SIP_SDP_RTCP_MUX);
}

static void set_addresses(const struct reckoning *r, struct sip_sdp_stream *s)
{
	const struct sip_sdp_media *local = &r->local->media[s->transport], *remote = &r->remote->media[s->transport];

	s->local_rtp = address_of(r->local, local, local->port);
	s->remote_rtp = address_of(r->remote, remote, remote->port);
	s->has_rtcp_mux = has_rtcp_mux(s->local, local) && has_rtcp_mux(s->remote, remote);
	s->local_rtcp = s->has_rtcp_mux ? s->local_rtp : rtcp_address_of(r->local, local);
	s->remote_rtcp = s->has_rtcp_mux ? s->remote_rtp : rtcp_address_of(r->remote, remote);
}

/* ---- how --------------------------------------------------------------------------------------------------------------------- */

static enum sip_sdp_role role_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	union sip_sdp_value v;

	return sip_sdp_value_of(sdp, media, SIP_SDP_SETUP, &v) == SIP_OK ? v.setup.role : SIP_SDP_ROLE_NONE;
}

/* RFC 4145 4.1: what we left open the peer has decided. */
static enum sip_sdp_role role_ours(const struct reckoning *r, const struct sip_sdp_stream *s)
{
	enum sip_sdp_role ours = role_of(r->local, &r->local->media[s->transport]);
	enum sip_sdp_role theirs = role_of(r->remote, &r->remote->media[s->transport]);

	if (ours != SIP_SDP_ACTPASS)
		return ours;
	return theirs == SIP_SDP_ACTIVE ? SIP_SDP_PASSIVE : theirs == SIP_SDP_PASSIVE ? SIP_SDP_ACTIVE : theirs;
}

/* An answer of ours has one kind of them; one that has several is read as we would have answered. */
static enum sip_sdp_keys keys_of(const struct reckoning *r, const struct sip_sdp_stream *s)
{
	const struct sip_sdp_media *local = &r->local->media[s->transport], *remote = &r->remote->media[s->transport];

	return r->is_answer_ours ? sip__sdp_keys_agreed(r->remote, remote, r->local, local) :
				   sip__sdp_keys_agreed(r->local, local, r->remote, remote);
}

static uint32_t number_of(const struct sip_sdp_media *media, enum sip_sdp_attribute_id id)
{
	const struct sip_sdp_attribute *a = sip_sdp_attribute_find(&media->section, id);
	struct sip_sdp_number n;

	if (!a || !a->value.p || sip_sdp_number_parse(a->value, &n) != SIP_OK)
		return 0;
	return n.number > UINT32_MAX ? 0 : (uint32_t)n.number;
}

/* ---- formats ----------------------------------------------------------------------------------------------------------------- */

/* The same format of the other side, under the same number if it can be. */
static bool find_same(const struct sip__sdp_formats *formats, const struct sip__sdp_format *wanted, struct sip__sdp_format *out)
{
	bool seen[128] = { false };

	if (formats->is_rtp && formats->is_listed[wanted->map.payload]) {
		*out = (struct sip__sdp_format){ .map = formats->maps[wanted->map.payload],
						 .fmtp = formats->fmtps[wanted->map.payload] };
		if (sip__sdp_format_is_same(out, wanted))
			return true;
	}
	/* What goes with other numbers has but its own. */
	if (sip__sdp_company_of(wanted->map.encoding) == SIP__SDP_BY_NUMBER)
		return false;
	for (size_t i = 0; i < sip__sdp_formats_count(formats); i++)
		if (sip__sdp_formats_next(formats, i, seen, out) &&
		    (sip__sdp_format_is_same(out, wanted) || (!formats->is_rtp && sip_str_eq(out->text, SIP_STR("*")))))
			return true;
	return false;
}

static bool set_payloads(struct reckoning *r, struct sip_sdp_stream *s)
{
	struct sip__sdp_formats offered, answered;
	struct sip__sdp_format of_answer, of_offer;
	bool seen[128] = { false };

	sip__sdp_formats_read(&offered, r->is_answer_ours ? s->remote : s->local);
	sip__sdp_formats_read(&answered, r->is_answer_ours ? s->local : s->remote);
	s->payloads = sip_arena_alloc(r->arena, sip__sdp_formats_count(&answered) * sizeof *s->payloads);
	if (!s->payloads)
		return false;
	for (size_t i = 0; i < sip__sdp_formats_count(&answered); i++) {
		if (!sip__sdp_formats_next(&answered, i, seen, &of_answer) || !find_same(&offered, &of_answer, &of_offer))
			continue;
		if (!answered.is_rtp) {
			of_answer.fmtp = sip_sdp_fmtp_of(answered.media, of_answer.text);
			of_offer.fmtp = sip_sdp_fmtp_of(offered.media, of_offer.text);
		}
		const struct sip__sdp_format *ours = r->is_answer_ours ? &of_answer : &of_offer;
		const struct sip__sdp_format *theirs = r->is_answer_ours ? &of_offer : &of_answer;
		s->payloads[s->payload_count++] = (struct sip_sdp_payload){ .map = of_answer.map,
									    .send = theirs->map.payload,
									    .receive = ours->map.payload,
									    .local_fmtp = ours->fmtp,
									    .remote_fmtp = theirs->fmtp };
	}
	return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------- */

static bool set_stream(struct reckoning *r, size_t i, size_t tagged)
{
	struct sip_sdp_stream *s = &r->streams[i];

	*s = (struct sip_sdp_stream){ .local = &r->local->media[i], .remote = &r->remote->media[i], .transport = i };
	bool is_in_bundle = tagged < r->count && sip__sdp_is_bundled(r->local_bundle, r->remote_bundle, s->local, s->remote);
	if (is_in_bundle)
		s->transport = tagged;
	s->is_active = sip__sdp_is_answered(r->local, r->remote, i) && sip__sdp_is_live(s->local) && sip__sdp_is_live(s->remote) &&
		       (is_in_bundle || (s->local->port != 0 && s->remote->port != 0));
	if (!s->is_active)
		return true;
	s->direction = sip_sdp_direction_of(r->local, s->local) &
		       sip_sdp_direction_mirror(sip__sdp_direction_of(r->remote, s->remote));
	set_addresses(r, s);
	s->keys = keys_of(r, s);
	s->setup = role_ours(r, s);
	s->ptime = number_of(s->remote, SIP_SDP_PTIME);
	s->maxptime = number_of(s->remote, SIP_SDP_MAXPTIME);
	return set_payloads(r, s);
}

enum sip_err sip_sdp_result_make(struct sip_arena *arena, const struct sip_sdp *local, const struct sip_sdp *remote,
				 bool is_answer_ours, struct sip_sdp_result **out)
{
	struct reckoning r = { .arena = arena, .local = local, .remote = remote, .is_answer_ours = is_answer_ours };

	*out = NULL;
	if (local->media_count != remote->media_count)
		return SIP_E_INVAL;
	r.count = local->media_count;
	r.local_bundle = sip__sdp_bundle_of(local);
	r.remote_bundle = sip__sdp_bundle_of(remote);
	struct sip_sdp_result *result = sip_arena_alloc(arena, sizeof *result);
	r.streams = sip_arena_alloc(arena, r.count * sizeof *r.streams);
	if (!result || !r.streams)
		return SIP_E_NOMEM;
	size_t tagged = is_answer_ours ? sip__sdp_tagged_of(remote, local) : sip__sdp_tagged_of(local, remote);
	for (size_t i = 0; i < r.count; i++)
		if (!set_stream(&r, i, tagged))
			return SIP_E_NOMEM;
	*result = (struct sip_sdp_result){ r.streams, r.count };
	*out = result;
	return SIP_OK;
}
