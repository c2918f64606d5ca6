/* Looks things up in a session description: what the media have and what the session says for them. No state, any thread. */
#include "stack/content/sdp_priv.h"

const struct sip_sdp_connection *sip_sdp_connection_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	if (media && media->section.connection_count > 0)
		return &media->section.connections[0];
	return sdp->section.connection_count > 0 ? &sdp->section.connections[0] : NULL;
}

enum sip_err sip_sdp_connection_addr(const struct sip_sdp_connection *c, uint16_t port, struct sip_addr *out)
{
	sip_addr_clear(out);
	if (!sip_str_eq_nocase(c->net_type, SIP_STR("IN")))
		return SIP_E_UNSUPPORTED;
	if (!sip_str_eq_nocase(c->addr_type, SIP_STR("IP4")) && !sip_str_eq_nocase(c->addr_type, SIP_STR("IP6")))
		return SIP_E_UNSUPPORTED;
	return sip_addr_parse(out, c->address, port);
}

bool sip_sdp_bandwidth_find(const struct sip_sdp_section *section, struct sip_str type, uint64_t *value)
{
	for (size_t i = 0; i < section->bandwidth_count; i++) {
		if (sip_str_eq_nocase(section->bandwidths[i].type, type)) {
			*value = section->bandwidths[i].value;
			return true;
		}
	}
	return false;
}

int64_t sip_sdp_time_seconds(const struct sip_sdp_time *time)
{
	int64_t unit = time->unit == 'd' ? 86400 : time->unit == 'h' ? 3600 : time->unit == 'm' ? 60 : 1;

	if (time->value > INT64_MAX / unit)
		return INT64_MAX;
	return time->value < INT64_MIN / unit ? INT64_MIN : time->value * unit;
}

const struct sip_sdp_attribute *sip_sdp_attribute_next(const struct sip_sdp_section *section, enum sip_sdp_attribute_id id,
						       const struct sip_sdp_attribute *after)
{
	const struct sip_sdp_attribute_row *row = &sip_sdp_attribute_rows[id];
	size_t i = after ? (size_t)(after - section->attributes) + 1 : 0;

	for (; i < section->attribute_count; i++)
		if (sip__sdp_is_called(row, section->attributes[i].name))
			return &section->attributes[i];
	return NULL;
}

const struct sip_sdp_attribute *sip_sdp_attribute_find(const struct sip_sdp_section *section, enum sip_sdp_attribute_id id)
{
	return sip_sdp_attribute_next(section, id, NULL);
}

const struct sip_sdp_attribute *sip_sdp_attribute_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media,
						     enum sip_sdp_attribute_id id)
{
	const struct sip_sdp_attribute *a = media ? sip_sdp_attribute_find(&media->section, id) : NULL;

	if (!a && (!media || (sip_sdp_attribute_rows[id].level & SIP_SDP_SESSION)))
		a = sip_sdp_attribute_find(&sdp->section, id);
	return a;
}

enum sip_err sip_sdp_value_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media, enum sip_sdp_attribute_id id,
			      union sip_sdp_value *out)
{
	const struct sip_sdp_attribute *a = sip_sdp_attribute_of(sdp, media, id);

	return a ? sip_sdp_value_parse(id, a->value, out) : SIP_E_NOTFOUND;
}

/* ---- directions ------------------------------------------------------------------------------------------------------------- */

static const enum sip_sdp_attribute_id direction_attributes[] = {
	[SIP_SDP_NEITHER] = SIP_SDP_INACTIVE,
	[SIP_SDP_SEND] = SIP_SDP_SENDONLY,
	[SIP_SDP_RECEIVE] = SIP_SDP_RECVONLY,
	[SIP_SDP_SEND_AND_RECEIVE] = SIP_SDP_SENDRECV,
};

enum sip_sdp_attribute_id sip_sdp_direction_attribute(enum sip_sdp_direction direction)
{
	return direction_attributes[direction & 3];
}

enum sip_sdp_direction sip_sdp_direction_mirror(enum sip_sdp_direction direction)
{
	return (enum sip_sdp_direction)((direction & 1) << 1 | (direction & 2) >> 1);
}

static bool find_direction(const struct sip_sdp_section *section, enum sip_sdp_direction *out)
{
	for (size_t i = 0; i < section->attribute_count; i++) {
		for (unsigned d = 0; d < SIP_COUNTOF(direction_attributes); d++) {
			if (sip_str_eq(section->attributes[i].name, sip_sdp_attribute_rows[direction_attributes[d]].name)) {
				*out = (enum sip_sdp_direction)d;
				return true;
			}
		}
	}
	return false;
}

enum sip_sdp_direction sip_sdp_direction_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media)
{
	enum sip_sdp_direction direction = SIP_SDP_SEND_AND_RECEIVE;

	if (!media || !find_direction(&media->section, &direction))
		(void)find_direction(&sdp->section, &direction);
	return direction;
}

/* ---- formats ----------------------------------------------------------------------------------------------------------------- */

struct sip_str sip_sdp_fmtp_of(const struct sip_sdp_media *media, struct sip_str format)
{
	const struct sip_sdp_attribute *a = NULL;
	struct sip_sdp_fmtp fmtp;

	while ((a = sip_sdp_attribute_next(&media->section, SIP_SDP_FMTP, a)) != NULL)
		if (sip_sdp_fmtp_parse(a->value, &fmtp) == SIP_OK && sip_str_eq(fmtp.format, format))
			return fmtp.parameters;
	return sip_str_make(NULL, 0);
}

/* RFC 3551 6 tables 4 and 5. */
static const struct {
	const char *encoding;
	uint32_t clock;
	uint8_t payload, channels;
} static_payloads[] = {
#define SIP_SDP_PAYLOAD(payload, encoding, clock, channels) { encoding, clock, payload, channels },
#include "stack/content/sdp_payload_table.h"
#undef SIP_SDP_PAYLOAD
};

enum sip_err sip_sdp_rtpmap_of(const struct sip_sdp_media *media, struct sip_str format, struct sip_sdp_rtpmap *out)
{
	const struct sip_sdp_attribute *a = NULL;
	uint32_t payload;

	*out = (struct sip_sdp_rtpmap){ 0 };
	if (sip_str_to_u32(format, 127, &payload) != SIP_OK)
		return SIP_E_NOTFOUND;
	while ((a = sip_sdp_attribute_next(&media->section, SIP_SDP_RTPMAP, a)) != NULL)
		if (sip_sdp_rtpmap_parse(a->value, out) == SIP_OK && out->payload == payload)
			return SIP_OK;
	*out = (struct sip_sdp_rtpmap){ 0 };
	return sip__sdp_static_map((uint8_t)payload, out) ? SIP_OK : SIP_E_NOTFOUND;
}

bool sip__sdp_static_map(uint8_t payload, struct sip_sdp_rtpmap *out)
{
	for (size_t i = 0; i < SIP_COUNTOF(static_payloads); i++) {
		if (static_payloads[i].payload != payload)
			continue;
		*out = (struct sip_sdp_rtpmap){ payload, sip_str_of(static_payloads[i].encoding), static_payloads[i].clock,
						static_payloads[i].channels };
		return true;
	}
	return false;
}

int sip__sdp_static_payload(const struct sip_sdp_rtpmap *map)
{
	for (size_t i = 0; i < SIP_COUNTOF(static_payloads); i++) {
		struct sip_sdp_rtpmap at = { 0, sip_str_of(static_payloads[i].encoding), static_payloads[i].clock,
					     static_payloads[i].channels };
		if (sip_sdp_rtpmap_is_same(&at, map))
			return static_payloads[i].payload;
	}
	return -1;
}

bool sip_sdp_media_is_rtp(const struct sip_sdp_media *media)
{
	return sip__sdp_proto_is_rtp(media->proto);
}

bool sip__sdp_proto_is_rtp(struct sip_str proto)
{
	return sip__sdp_proto_has(proto, SIP_STR("RTP"));
}

bool sip__sdp_proto_has(struct sip_str proto, struct sip_str part)
{
	struct sip_str at;

	while (sip_str_cut(&proto, '/', &at))
		if (sip_str_eq_nocase(at, part))
			return true;
	return false;
}
