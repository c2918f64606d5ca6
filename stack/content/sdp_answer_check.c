/* Whether an answer fits the offer. No state, any thread. RFC 3264 6, RFC 4568 5.1.3, RFC 5888 9.1, RFC 9143 7.3. */
#include "stack/content/sdp_priv.h"

enum weight { MILD, GRAVE };
static const struct {
	const char *text;
	enum weight weight;
} rows[] = {
#define SIP_SDP_TROUBLE(id, weight, text) { text, weight },
#include "stack/content/sdp_trouble_table.h"
#undef SIP_SDP_TROUBLE
};

const char *sip_sdp_trouble_text(enum sip_sdp_trouble_kind kind)
{
	return rows[kind].text;
}

bool sip_sdp_trouble_is_mild(enum sip_sdp_trouble_kind kind)
{
	return rows[kind].weight == MILD;
}

struct pair {
	const struct sip_sdp *offer, *answer;
	const struct sip_sdp_media *offered, *answered;
	struct sip_str offer_bundle, answer_bundle;
	size_t tagged;                  /* the section that says it for the bundle; the offer's count: none does */
	struct sip__sdp_pairing pairing;
	bool may_leave_out;
};

static bool is_among(const struct sip__sdp_formats *formats, const struct sip__sdp_format *wanted)
{
	bool seen[128] = { false };
	struct sip__sdp_format f;

	for (size_t i = 0; i < sip__sdp_formats_count(formats); i++)
		if (sip__sdp_formats_next(formats, i, seen, &f) &&
		    (sip__sdp_format_is_same(&f, wanted) || sip_str_eq(f.text, SIP_STR("*"))))
			return true;
	return false;
}

/*
 * One is enough: RFC 3264 6.1 lets the answerer name others that it could receive. A format nobody says what it is counts by its
 * number.
 */
static bool has_common_format(const struct pair *p)
{
	struct sip__sdp_formats offered, answered;
	bool seen[128] = { false };
	struct sip__sdp_format f;

	sip__sdp_formats_read(&offered, p->offered);
	sip__sdp_formats_read(&answered, p->answered);
	for (size_t i = 0; i < sip__sdp_formats_count(&answered); i++) {
		if (!sip__sdp_formats_next(&answered, i, seen, &f)) {
			uint32_t payload;
			if (sip_str_to_u32(f.text, 127, &payload) == SIP_OK && offered.is_listed[payload])
				return true;
			continue;
		}
		if (is_among(&offered, &f))
			return true;
	}
	return false;
}

/* Browsers give one where the offer has none: it names nothing that was said. */
static bool is_mid_same(const struct pair *p)
{
	struct sip_str mid = sip__sdp_mid_of(p->answered), offered = sip__sdp_mid_of(p->offered);

	return mid.len == 0 || offered.len == 0 || sip_str_eq(mid, offered);
}

static bool is_direction_allowed(const struct pair *p)
{
	enum sip_sdp_direction allowed = sip_sdp_direction_mirror(sip_sdp_direction_of(p->offer, p->offered));

	return (sip_sdp_direction_of(p->answer, p->answered) & ~allowed) == 0;
}

static bool is_bundled(const struct pair *p)
{
	return sip__sdp_is_in_group(p->answer_bundle, sip__sdp_mid_of(p->answered));
}

/* Of itself, or, in a bundle, any of those that are in it: one that is no RTP says it for them (RFC 9143 9.3.1.2). */
static bool is_mux_offered(const struct pair *p)
{
	if (sip__sdp_has(p->offered, SIP_SDP_RTCP_MUX))
		return true;
	for (size_t i = 0; is_bundled(p) && i < p->offer->media_count; i++)
		if (sip__sdp_has(&p->offer->media[i], SIP_SDP_RTCP_MUX) &&
		    sip__sdp_is_in_group(p->answer_bundle, sip__sdp_mid_of(&p->offer->media[i])))
			return true;
	return false;
}

/* The one that says it for the whole bundle (RFC 9143 7.1.3), or the section itself. */
static const struct sip_sdp_media *transport_of(const struct pair *p, const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	return p->tagged < p->offer->media_count && is_bundled(p) ? &sdp->media[p->tagged] : media;
}

/* One of the tags of the offer, with its suite and what holds for both, and keys (RFC 4568 5.1.3). */
static bool is_crypto_offered(const struct sip_sdp_section *offered, const struct sip_sdp_attribute *answered)
{
	const struct sip_sdp_attribute *a = NULL;
	struct sip_sdp_crypto ours, theirs;

	if (!answered->value.p || sip_sdp_crypto_parse(answered->value, &theirs) != SIP_OK)
		return false;
	while ((a = sip_sdp_attribute_next(offered, SIP_SDP_CRYPTO, a)) != NULL)
		if (a->value.p && sip_sdp_crypto_parse(a->value, &ours) == SIP_OK && ours.tag == theirs.tag &&
		    sip__sdp_crypto_fits(&ours, &theirs))
			return true;
	return false;
}

/* Exactly one a=crypto; without any, SRTP has keys of another kind, and what is not SRTP needs none. */
static bool are_keys_fit(const struct pair *p)
{
	const struct sip_sdp_media *offered = transport_of(p, p->offer, p->offered);
	const struct sip_sdp_media *answered = transport_of(p, p->answer, p->answered);
	const struct sip_sdp_attribute *crypto = sip_sdp_attribute_find(&answered->section, SIP_SDP_CRYPTO);

	if (crypto && !sip__sdp_proto_is_tls(answered->proto) &&
	    (!is_crypto_offered(&offered->section, crypto) || sip_sdp_attribute_next(&answered->section, SIP_SDP_CRYPTO, crypto)))
		return false;
	return sip__sdp_keys_fit(sip__sdp_keys_agreed(p->offer, offered, p->answer, answered), p->answered->proto);
}

static enum sip_sdp_trouble_kind check_live(const struct pair *p)
{
	if (!sip__sdp_is_live(p->offered))
		return SIP_SDP_TROUBLE_REFUSED;
	if (!sip_str_eq_nocase(p->offered->proto, p->answered->proto))
		return SIP_SDP_TROUBLE_PROTO;
	if (!has_common_format(p))
		return SIP_SDP_TROUBLE_FORMATS;
	if (!is_mid_same(p))
		return SIP_SDP_TROUBLE_MID;
	if (is_bundled(p) && !sip__sdp_is_in_group(p->offer_bundle, sip__sdp_mid_of(p->answered)))
		return SIP_SDP_TROUBLE_BUNDLE;
	if (sip__sdp_has(p->answered, SIP_SDP_RTCP_MUX) && !is_mux_offered(p))
		return SIP_SDP_TROUBLE_RTCP_MUX;
	/* "It is considered a protocol error" (RFC 9143 9.3.1.3). */
	if (is_bundled(p) && sip_sdp_media_is_rtp(p->answered) && !sip__sdp_has(p->answered, SIP_SDP_RTCP_MUX) &&
	    !sip__sdp_has(transport_of(p, p->answer, p->answered), SIP_SDP_RTCP_MUX))
		return SIP_SDP_TROUBLE_NOT_MUXED;
	if (!are_keys_fit(p))
		return SIP_SDP_TROUBLE_KEYS;
	return is_direction_allowed(p) ? SIP_SDP_TROUBLE_NONE : SIP_SDP_TROUBLE_DIRECTION;
}

/* Nothing is bundled, and a stream is left without those that are not answered. */
static bool may_leave_out(const struct pair *p)
{
	struct sip__sdp_pairing pairing = p->pairing;

	for (size_t i = 0; p->answer_bundle.len == 0 && i < p->offer->media_count; i++) {
		size_t at = sip__sdp_pairing_next(&pairing);
		if (at < p->answer->media_count && sip__sdp_is_live(&p->answer->media[at]))
			return true;
	}
	return false;
}

static enum sip_sdp_trouble_kind check_left_out(const struct pair *p, size_t i)
{
	if (!p->may_leave_out)
		return i < p->answer->media_count ? SIP_SDP_TROUBLE_TYPE : SIP_SDP_TROUBLE_COUNT;
	return sip__sdp_is_live(&p->offer->media[i]) ? SIP_SDP_TROUBLE_UNANSWERED : SIP_SDP_TROUBLE_NONE;
}

static enum sip_sdp_trouble_kind check_media(struct pair *p, size_t i)
{
	size_t at = sip__sdp_pairing_next(&p->pairing);

	if (at == p->answer->media_count)
		return check_left_out(p, i);
	p->offered = &p->offer->media[i];
	p->answered = &p->answer->media[at];
	return sip__sdp_is_live(p->answered) ? check_live(p) : SIP_SDP_TROUBLE_NONE;
}

enum sip_err sip_sdp_answer_check(const struct sip_sdp *offer, const struct sip_sdp *answer, struct sip_sdp_trouble *trouble)
{
	struct sip_sdp_trouble found = { SIP_SDP_TROUBLE_NONE, 0 };
	struct pair p = { .offer = offer, .answer = answer };

	p.offer_bundle = sip__sdp_bundle_of(offer);
	p.answer_bundle = sip__sdp_bundle_of(answer);
	p.tagged = sip__sdp_tagged_of(offer, answer);
	p.pairing = sip__sdp_pairing_of(offer, answer);
	p.may_leave_out = may_leave_out(&p);
	if (answer->media_count > offer->media_count)
		found.kind = SIP_SDP_TROUBLE_COUNT;
	enum sip_err err = sip__sdp_mids_check(answer, &found);
	for (size_t i = 0; sip_sdp_trouble_is_mild(found.kind) && i < offer->media_count; i++) {
		enum sip_sdp_trouble_kind kind = check_media(&p, i);
		if (kind != SIP_SDP_TROUBLE_NONE && (found.kind == SIP_SDP_TROUBLE_NONE || kind < found.kind))
			found = (struct sip_sdp_trouble){ kind, i };
	}
	if (trouble)
		*trouble = found;
	return err == SIP_OK && found.kind != SIP_SDP_TROUBLE_NONE ? SIP_E_INVAL : err;
}
