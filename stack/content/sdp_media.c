/* What a description says of its media that offers and answers turn on. No state, any thread. RFC 3264, RFC 4568, RFC 5888, RFC 9143. */
#include "stack/content/sdp_priv.h"

struct sip_str sip__sdp_mid_of(const struct sip_sdp_media *media)
{
	const struct sip_sdp_attribute *a = sip_sdp_attribute_find(&media->section, SIP_SDP_MID);

	return a && a->value.p ? sip__sdp_trim(a->value) : sip_str_make(NULL, 0);
}

static bool is_among(const struct sip_str *mids, size_t count, struct sip_str mid)
{
	for (size_t i = 0; mid.len > 0 && i < count; i++)
		if (sip_str_eq(mids[i], mid))
			return true;
	return false;
}

/* Each looked up once: of a thousand sections with a hundred attributes each, every other way takes its time. */
enum sip_err sip__sdp_mids_check(const struct sip_sdp *sdp, struct sip_sdp_trouble *found)
{
	struct sip_str *mids = sip_alloc(sdp->media_count * sizeof *mids + 1);

	if (!mids)
		return SIP_E_NOMEM;
	for (size_t i = 0; found->kind == SIP_SDP_TROUBLE_NONE && i < sdp->media_count; i++) {
		mids[i] = sip__sdp_mid_of(&sdp->media[i]);
		if (is_among(mids, i, mids[i]))
			*found = (struct sip_sdp_trouble){ SIP_SDP_TROUBLE_MID_TWICE, i };
	}
	sip_free(mids);
	return SIP_OK;
}

struct sip_str sip__sdp_bundle_of(const struct sip_sdp *sdp)
{
	const struct sip_sdp_attribute *a = NULL;
	struct sip_sdp_group group;

	while ((a = sip_sdp_attribute_next(&sdp->section, SIP_SDP_GROUP, a)) != NULL)
		if (a->value.p && sip_sdp_group_parse(a->value, &group) == SIP_OK && sip_str_eq(group.semantics, SIP_STR("BUNDLE")))
			return group.ids;
	return sip_str_make(NULL, 0);
}

unsigned sip__sdp_rank_of(struct sip_str ids, struct sip_str mid)
{
	struct sip_str id;

	for (unsigned n = 0; mid.len > 0 && n < SIP__SDP_GROUP_MAX && sip__sdp_take(&ids, &id); n++)
		if (sip_str_eq(id, mid))
			return n;
	return SIP__SDP_GROUP_MAX;
}

bool sip__sdp_is_in_group(struct sip_str ids, struct sip_str mid)
{
	return sip__sdp_rank_of(ids, mid) < SIP__SDP_GROUP_MAX;
}

bool sip__sdp_is_bundled(struct sip_str local_ids, struct sip_str remote_ids, const struct sip_sdp_media *local,
			 const struct sip_sdp_media *remote)
{
	struct sip_str mid = sip__sdp_mid_of(local);

	return sip__sdp_is_in_group(local_ids, mid) && sip__sdp_is_in_group(remote_ids, mid) &&
	       sip_str_eq(mid, sip__sdp_mid_of(remote));
}

static bool has_keys_agreed(const struct sip_sdp *offer, const struct sip_sdp *answer, size_t i)
{
	return sip__sdp_keys_agreed(offer, &offer->media[i], answer, &answer->media[i]) != SIP_SDP_KEYS_NONE;
}

size_t sip__sdp_tagged_of(const struct sip_sdp *offer, const struct sip_sdp *answer)
{
	struct sip_str offered_ids = sip__sdp_bundle_of(offer), answered_ids = sip__sdp_bundle_of(answer);
	unsigned first = SIP__SDP_GROUP_MAX, first_answered = SIP__SDP_GROUP_MAX;
	size_t tagged = offer->media_count, said = offer->media_count;

	for (size_t i = 0; i < offer->media_count && i < answer->media_count; i++) {
		const struct sip_sdp_media *offered = &offer->media[i], *answered = &answer->media[i];
		if (offered->port == 0 || answered->port == 0 || !sip__sdp_is_answered(offer, answer, i) ||
		    !sip__sdp_is_live(answered) || !sip__sdp_is_bundled(offered_ids, answered_ids, offered, answered))
			continue;
		struct sip_str mid = sip__sdp_mid_of(offered);
		unsigned rank = sip__sdp_rank_of(offered_ids, mid), rank_answered = sip__sdp_rank_of(answered_ids, mid);
		bool may_carry = !sip__sdp_proto_is_rtp(offered->proto) || sip__sdp_has(offered, SIP_SDP_RTCP_MUX);
		if (may_carry && rank < first) {
			first = rank;
			tagged = i;
		}
		if (rank_answered < first_answered) {
			first_answered = rank_answered;
			said = i;
		}
	}
	if (tagged < offer->media_count && (has_keys_agreed(offer, answer, tagged) || !has_keys_agreed(offer, answer, said)))
		return tagged;
	return said;
}

/* The section that the ids name first; NULL: there is none. */
static const struct sip_sdp_media *first_of(const struct sip_sdp *sdp, struct sip_str ids)
{
	struct sip_str first = sip__sdp_word(&ids);

	for (size_t i = 0; first.len > 0 && i < sdp->media_count; i++)
		if (sip_str_eq(sip__sdp_mid_of(&sdp->media[i]), first))
			return &sdp->media[i];
	return NULL;
}

const struct sip_sdp_section *sip__sdp_section_with(const struct sip_sdp *sdp, struct sip_str bundle,
						    const struct sip_sdp_media *media, enum sip_sdp_attribute_id id)
{
	if (sip__sdp_has(media, id))
		return &media->section;
	if ((sip_sdp_attribute_rows[id].level & SIP_SDP_SESSION) && sip_sdp_attribute_find(&sdp->section, id))
		return &sdp->section;
	const struct sip_sdp_media *first =
		sip__sdp_is_in_group(bundle, sip__sdp_mid_of(media)) ? first_of(sdp, bundle) : NULL;
	return first && sip__sdp_has(first, id) ? &first->section : NULL;
}

bool sip__sdp_is_answered(const struct sip_sdp *offer, const struct sip_sdp *answer, size_t i)
{
	return i < answer->media_count && sip_str_eq_nocase(offer->media[i].type, answer->media[i].type);
}

/* What stands at port 0 in the answer may be for what had ended. */
static bool is_pair(const struct sip_sdp_media *offered, const struct sip_sdp_media *answered)
{
	struct sip_str mid;

	if (!sip_str_eq_nocase(offered->type, answered->type))
		return false;
	if (!sip__sdp_is_live(offered))
		return answered->port == 0;
	mid = sip__sdp_mid_of(offered);
	return mid.len == 0 || sip__sdp_mid_of(answered).len == 0 || sip_str_eq(mid, sip__sdp_mid_of(answered));
}

/* It lives where nothing was offered that it could be for. */
static bool is_any_out_of_place(const struct sip_sdp *offer, const struct sip_sdp *answer)
{
	for (size_t i = 0; i < answer->media_count; i++)
		if (sip__sdp_is_live(&answer->media[i]) && !is_pair(&offer->media[i], &answer->media[i]))
			return true;
	return false;
}

struct sip__sdp_pairing sip__sdp_pairing_of(const struct sip_sdp *offer, const struct sip_sdp *answer)
{
	struct sip__sdp_pairing p = { .offer = offer, .answer = answer };

	if (answer->media_count >= offer->media_count || sip__sdp_bundle_of(answer).len > 0 || !is_any_out_of_place(offer, answer))
		return p;
	struct sip__sdp_pairing trial = p;
	trial.is_closed_up = true;
	for (size_t i = 0; i < offer->media_count; i++)
		(void)sip__sdp_pairing_next(&trial);
	p.is_closed_up = trial.answered == answer->media_count;
	return p;
}

size_t sip__sdp_pairing_next(struct sip__sdp_pairing *p)
{
	size_t i = p->offered++;

	if (!p->is_closed_up)
		return sip__sdp_is_answered(p->offer, p->answer, i) ? i : p->answer->media_count;
	if (p->answered < p->answer->media_count && is_pair(&p->offer->media[i], &p->answer->media[p->answered]))
		return p->answered++;
	return p->answer->media_count;
}

bool sip__sdp_has_ice(const struct sip_sdp *sdp, struct sip_str bundle, const struct sip_sdp_media *media)
{
	return sip__sdp_section_with(sdp, bundle, media, SIP_SDP_ICE_UFRAG) != NULL;
}

unsigned sip__sdp_keys_given(const struct sip_sdp_attribute *attributes, size_t count)
{
	static const enum sip_sdp_attribute_id ids[] = {
		[SIP_SDP_KEYS_FINGERPRINT] = SIP_SDP_FINGERPRINT,
		[SIP_SDP_KEYS_KEY_MGMT] = SIP_SDP_KEY_MGMT,
		[SIP_SDP_KEYS_CRYPTO] = SIP_SDP_CRYPTO,
	};
	unsigned kinds = 0;

	for (size_t i = 0; i < count; i++)
		for (unsigned keys = SIP_SDP_KEYS_FINGERPRINT; keys < SIP_COUNTOF(ids); keys++)
			if (sip__sdp_is_called(&sip_sdp_attribute_rows[ids[keys]], attributes[i].name))
				kinds |= SIP__SDP_KEYS_BIT(keys);
	return kinds;
}

unsigned sip__sdp_keys_in(const struct sip_sdp_section *section)
{
	return sip__sdp_keys_given(section->attributes, section->attribute_count);
}

unsigned sip__sdp_keys_of_session(const struct sip_sdp *sdp)
{
	return sip__sdp_keys_in(&sdp->section) & ~SIP__SDP_KEYS_BIT(SIP_SDP_KEYS_CRYPTO);
}

enum sip_sdp_keys sip__sdp_keys_best(unsigned kinds, struct sip_str proto)
{
	if (sip__sdp_proto_is_tls(proto))
		kinds &= SIP__SDP_KEYS_BIT(SIP_SDP_KEYS_FINGERPRINT);
	for (unsigned keys = SIP_SDP_KEYS_FINGERPRINT; keys <= SIP_SDP_KEYS_CRYPTO; keys++)
		if (kinds & SIP__SDP_KEYS_BIT(keys))
			return (enum sip_sdp_keys)keys;
	return SIP_SDP_KEYS_NONE;
}

enum sip_sdp_keys sip__sdp_keys_agreed(const struct sip_sdp *offer, const struct sip_sdp_media *offered, const struct sip_sdp *answer,
				       const struct sip_sdp_media *answered)
{
	unsigned first = sip__sdp_keys_in(&offered->section) | sip__sdp_keys_of_session(offer);
	unsigned then = sip__sdp_keys_in(&answered->section);

	return sip__sdp_keys_best(first & (then ? then : sip__sdp_keys_of_session(answer)), answered->proto);
}

bool sip__sdp_keys_fit(enum sip_sdp_keys keys, struct sip_str proto)
{
	if (!sip__sdp_proto_is_secure(proto))
		return true;
	return keys != SIP_SDP_KEYS_NONE && (keys == SIP_SDP_KEYS_FINGERPRINT || !sip__sdp_proto_is_tls(proto));
}

bool sip__sdp_proto_is_secure(struct sip_str proto)
{
	size_t n = proto.len;

	while (n > 0 && proto.p[n - 1] != '/')
		n--;
	return SIP_STR_IS(sip_str_from(proto, n), "savp") || SIP_STR_IS(sip_str_from(proto, n), "savpf");
}

bool sip__sdp_proto_is_tls(struct sip_str proto)
{
	return sip__sdp_proto_has(proto, SIP_STR("TLS")) || sip__sdp_proto_has(proto, SIP_STR("DTLS"));
}

bool sip__sdp_is_live(const struct sip_sdp_media *media)
{
	return media->format_count > 0 && (media->port != 0 || sip__sdp_has(media, SIP_SDP_BUNDLE_ONLY));
}

enum sip_sdp_direction sip__sdp_direction_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	const struct sip_sdp_connection *c = sip_sdp_connection_of(sdp, media);
	enum sip_sdp_direction direction = sip_sdp_direction_of(sdp, media);

	/* ICE knows better where there is any, and port 9 says so too (RFC 8839 4.2.5). */
	if (c && sip_str_eq(c->address, SIP_STR("0.0.0.0")) && media->port != 9 &&
	    !sip__sdp_has_ice(sdp, sip__sdp_bundle_of(sdp), media))
		direction = (enum sip_sdp_direction)(direction & SIP_SDP_SEND);
	return direction;
}

/* ---- what we can do for it --------------------------------------------------------------------------------------------------- */

bool sip__sdp_may_stand_for(const struct sip_sdp_media_capability *c, struct sip_str type, struct sip_str mid)
{
	return sip_str_eq_nocase(c->type, type) && (c->mid.len == 0 || mid.len == 0 || sip_str_eq(c->mid, mid));
}

const struct sip_str *sip__sdp_proto_find(const struct sip_sdp_media_capability *c, struct sip_str proto)
{
	for (size_t i = 0; i < c->proto_count; i++)
		if (sip_str_eq_nocase(c->protos[i], proto))
			return &c->protos[i];
	return NULL;
}

/* Said of what its sender sends, or not to be minded (RFC 4568 6.3). Others hold for both sides. */
static bool is_senders_own(struct sip_str parameter)
{
	static const struct sip_str names[] = { SIP_STR_INIT("KDR"), SIP_STR_INIT("FEC_ORDER"), SIP_STR_INIT("FEC_KEY"),
						SIP_STR_INIT("WSH") };
	struct sip_str name = sip_str_make(parameter.p, sip_str_find(parameter, '='));

	if (parameter.p[0] == '-')
		return true;
	for (size_t i = 0; i < SIP_COUNTOF(names); i++)
		if (name.len < parameter.len && sip_str_eq_nocase(name, names[i]))
			return true;
	return false;
}

static bool has_word(struct sip_str words, struct sip_str wanted)
{
	struct sip_str word;

	for (unsigned n = 0; n < SIP__SDP_TOKENS_MAX && sip__sdp_take(&words, &word); n++)
		if (sip_str_eq_nocase(word, wanted))
			return true;
	return false;
}

static bool has_each(struct sip_str parameters, struct sip_str of)
{
	struct sip_str word;

	for (unsigned n = 0; sip__sdp_take(&of, &word); n++)
		if (n == SIP__SDP_TOKENS_MAX || (!is_senders_own(word) && !has_word(parameters, word)))
			return false;
	return true;
}

bool sip__sdp_crypto_fits(const struct sip_sdp_crypto *a, const struct sip_sdp_crypto *b)
{
	return sip_str_eq_nocase(a->suite, b->suite) && has_each(a->parameters, b->parameters) && has_each(b->parameters, a->parameters);
}

static bool find_ours(const struct sip_sdp_media_capability *c, const struct sip_sdp_crypto *theirs, struct sip_sdp_crypto *out)
{
	for (size_t i = 0; i < c->attribute_count; i++) {
		const struct sip_sdp_attribute *a = &c->attributes[i];
		if (sip_sdp_attribute_id_of(a->name) == SIP_SDP_CRYPTO && a->value.p &&
		    sip_sdp_crypto_parse(a->value, out) == SIP_OK && sip__sdp_crypto_fits(theirs, out))
			return true;
	}
	return false;
}

bool sip__sdp_crypto_choose(const struct sip_sdp_media_capability *c, const struct sip_sdp_section *offered,
			    struct sip_sdp_crypto *out)
{
	const struct sip_sdp_attribute *a = NULL;
	struct sip_sdp_crypto theirs;

	while ((a = sip_sdp_attribute_next(offered, SIP_SDP_CRYPTO, a)) != NULL) {
		if (!a->value.p || sip_sdp_crypto_parse(a->value, &theirs) != SIP_OK || !find_ours(c, &theirs, out))
			continue;
		out->tag = theirs.tag;
		return true;
	}
	return false;
}
