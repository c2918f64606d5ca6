/*
 * Formats: what a media section says of its own, which of ours is the same, and what payload numbers have meant. No state, any
 * thread. RFC 3264 6.1, 8.3.2.
 */
#include "stack/content/sdp_priv.h"

/* ---- of a media section ---------------------------------------------------------------------------------------------------- */

static bool is_number(struct sip_str format, uint32_t *payload)
{
	return sip_str_to_u32(format, 127, payload) == SIP_OK;
}

static void note_attribute(struct sip__sdp_formats *f, const struct sip_sdp_attribute *a)
{
	bool is_map = sip__sdp_is_called(&sip_sdp_attribute_rows[SIP_SDP_RTPMAP], a->name);
	bool is_fmtp = sip__sdp_is_called(&sip_sdp_attribute_rows[SIP_SDP_FMTP], a->name);
	struct sip_sdp_rtpmap map;
	struct sip_sdp_fmtp fmtp;
	uint32_t payload;

	if (is_map && sip_sdp_rtpmap_parse(a->value, &map) == SIP_OK && f->maps[map.payload].encoding.len == 0)
		f->maps[map.payload] = map;
	if (is_fmtp && sip_sdp_fmtp_parse(a->value, &fmtp) == SIP_OK && is_number(fmtp.format, &payload) &&
	    f->fmtps[payload].len == 0)
		f->fmtps[payload] = fmtp.parameters;
}

void sip__sdp_formats_read(struct sip__sdp_formats *f, const struct sip_sdp_media *media)
{
	uint32_t payload;

	memset(f, 0, sizeof *f);
	f->media = media;
	f->is_rtp = media && sip_sdp_media_is_rtp(media);
	if (!f->is_rtp)
		return;
	for (size_t i = 0; i < media->section.attribute_count; i++)
		note_attribute(f, &media->section.attributes[i]);
	for (size_t i = 0; i < media->format_count; i++) {
		if (!is_number(media->formats[i], &payload))
			continue;
		f->is_listed[payload] = true;
		if (f->maps[payload].encoding.len == 0)
			(void)sip__sdp_static_map((uint8_t)payload, &f->maps[payload]);
	}
}

bool sip__sdp_formats_get(const struct sip__sdp_formats *f, struct sip_str text, struct sip__sdp_format *out)
{
	uint32_t payload;

	*out = (struct sip__sdp_format){ .text = text };
	if (!f->is_rtp) {
		out->map.encoding = text;
		return true;
	}
	if (!is_number(text, &payload) || f->maps[payload].encoding.len == 0)
		return false;
	out->map = f->maps[payload];
	out->fmtp = f->fmtps[payload];
	return true;
}

size_t sip__sdp_formats_count(const struct sip__sdp_formats *f)
{
	size_t count = f->media ? f->media->format_count : 0;

	return f->is_rtp || count < SIP__SDP_TOKENS_MAX ? count : SIP__SDP_TOKENS_MAX;
}

bool sip__sdp_formats_next(const struct sip__sdp_formats *f, size_t i, bool seen[128], struct sip__sdp_format *out)
{
	if (!sip__sdp_formats_get(f, f->media->formats[i], out))
		return false;
	if (!f->is_rtp)
		return true;
	bool is_new = !seen[out->map.payload];
	seen[out->map.payload] = true;
	return is_new;
}

/* ---- what numbers have meant: lines of "<m= line> <number> <encoding>/<clock>", HTAB and the fmtp --------------------------- */

enum { REMEMBERED_LINES = 64, REMEMBERED_FORMAT = 256, REMEMBERED = 1 << 16 };

/* Cuts the next one; the map has no encoding where nobody says what the number is. */
static bool meaning_next(struct sip_str *numbers, uint32_t *line, struct sip_sdp_rtpmap *map, struct sip_str *fmtp)
{
	struct sip_str rest, head = { NULL, 0 };
	uint32_t payload;

	if (!sip_str_cut(numbers, '\n', &rest) || !sip__sdp_take_u32(&rest, REMEMBERED_LINES - 1, line))
		return false;
	*fmtp = rest;
	(void)sip_str_cut(fmtp, '\t', &head);
	if (sip_sdp_rtpmap_parse(head, map) == SIP_OK)
		return true;
	*map = (struct sip_sdp_rtpmap){ .clock = 0 };
	if (!sip__sdp_take_u32(&head, 127, &payload))
		return false;
	map->payload = (uint8_t)payload;
	return true;
}

static void put_meaning(struct sip_buf *numbers, size_t line, const struct sip_sdp_rtpmap *map, struct sip_str fmtp)
{
	sip_buf_put_u64(numbers, line);
	sip_buf_put_char(numbers, ' ');
	if (map->encoding.len == 0 || map->encoding.len + fmtp.len > REMEMBERED_FORMAT) {
		sip_buf_put_u64(numbers, map->payload);
	} else {
		sip_sdp_rtpmap_put(numbers, map);
		sip_buf_put_char(numbers, '\t');
		sip_buf_put_str(numbers, fmtp);
	}
	sip_buf_put_char(numbers, '\n');
}

void sip__sdp_numbers_note(struct sip_buf *numbers, const struct sip_sdp *sdp)
{
	bool is_known[REMEMBERED_LINES][128] = { { false } };
	struct sip_str rest = sip_buf_str(numbers), fmtp;
	struct sip_sdp_rtpmap map;
	struct sip__sdp_formats f;
	uint32_t line;

	while (meaning_next(&rest, &line, &map, &fmtp))
		is_known[line][map.payload] = true;
	for (size_t i = 0; i < sdp->media_count && i < REMEMBERED_LINES; i++) {
		if (!sip__sdp_is_live(&sdp->media[i]))
			continue;
		sip__sdp_formats_read(&f, &sdp->media[i]);
		for (unsigned p = 0; p < 128; p++) {
			if (!f.is_listed[p] || is_known[i][p] || numbers->len > REMEMBERED)
				continue;
			f.maps[p].payload = (uint8_t)p;
			put_meaning(numbers, i, &f.maps[p], f.fmtps[p]);
		}
	}
}

void sip__sdp_numbers_read(struct sip_str numbers, size_t line, struct sip__sdp_formats *f)
{
	struct sip_sdp_rtpmap map;
	struct sip_str fmtp;
	uint32_t of;

	while (meaning_next(&numbers, &of, &map, &fmtp)) {
		if (of != line || f->is_listed[map.payload])
			continue;
		f->is_listed[map.payload] = true;
		f->maps[map.payload] = map;
		f->fmtps[map.payload] = fmtp;
	}
}

void sip__sdp_numbers_forget(struct sip_buf *numbers, struct sip_str ports)
{
	bool is_there[REMEMBERED_LINES] = { false };
	struct sip_str rest = sip_buf_str(numbers), fmtp;
	struct sip_sdp_rtpmap map;
	uint32_t line;
	uint16_t port;
	size_t kept = 0;

	for (size_t i = 0; i < REMEMBERED_LINES && sip__sdp_take_port(&ports, &port); i++)
		is_there[i] = port != 0;
	for (struct sip_str from = rest; meaning_next(&rest, &line, &map, &fmtp); from = rest) {
		if (!is_there[line])
			continue;
		memmove(numbers->p + kept, from.p, from.len - rest.len);
		kept += from.len - rest.len;
	}
	numbers->len = kept;
}

/* ---- the same as ours ------------------------------------------------------------------------------------------------------- */

enum rule { SAME, COPY };
static const struct parameter_row {
	struct sip_str encoding, name;
	enum rule rule;
	struct sip_str missing;
	size_t characters;
} parameter_rows[] = {
#define SIP_SDP_CODEC_PARAMETER(encoding, name, rule, missing, characters) \
	{ SIP_STR_INIT(encoding), SIP_STR_INIT(name), rule, SIP_STR_INIT(missing), characters },
#include "stack/content/sdp_codec_table.h"
#undef SIP_SDP_CODEC_PARAMETER
};

static struct sip_str parameter_of(struct sip_str fmtp, const struct parameter_row *row)
{
	struct sip_str value;

	if (!sip_sdp_parameter_find(fmtp, row->name, &value))
		value = row->missing;
	if (row->characters > 0 && value.len > row->characters)
		value.len = row->characters;
	return value;
}

bool sip__sdp_fmtp_fits(struct sip_str encoding, struct sip_str a, struct sip_str b)
{
	for (size_t i = 0; i < SIP_COUNTOF(parameter_rows); i++) {
		const struct parameter_row *row = &parameter_rows[i];
		if (row->rule == SAME && sip_str_eq_nocase(row->encoding, encoding) &&
		    !sip_str_eq_nocase(parameter_of(a, row), parameter_of(b, row)))
			return false;
	}
	return true;
}

bool sip__sdp_format_is_same(const struct sip__sdp_format *a, const struct sip__sdp_format *b)
{
	return sip_sdp_rtpmap_is_same(&a->map, &b->map) && sip__sdp_fmtp_fits(a->map.encoding, a->fmtp, b->fmtp);
}

struct sip__sdp_format sip__sdp_codec_format(const struct sip_sdp_codec *codec)
{
	struct sip__sdp_format f = { .map = { codec->payload, codec->encoding, codec->clock, codec->channels },
				     .fmtp = codec->fmtp,
				     .codec = codec };

	/* RFC 7587 7: "number of channels MUST be 2", and is said. */
	if (f.map.channels == 0 && SIP_STR_IS(f.map.encoding, "opus"))
		f.map.channels = 2;
	return f;
}

const struct sip_str *sip__sdp_fmtp_copied(struct sip_str encoding, struct sip_str ours, struct sip_str offered,
					   struct sip_str *value)
{
	struct sip_str own;

	for (size_t i = 0; i < SIP_COUNTOF(parameter_rows); i++) {
		const struct parameter_row *row = &parameter_rows[i];
		if (row->rule == COPY && sip_str_eq_nocase(row->encoding, encoding) &&
		    !sip_sdp_parameter_find(ours, row->name, &own) && sip_sdp_parameter_find(offered, row->name, value))
			return &row->name;
	}
	return NULL;
}

/* ---- those that go with others ----------------------------------------------------------------------------------------------- */

static const struct {
	struct sip_str encoding;
	enum sip__sdp_company company;
} companions[] = {
	{ SIP_STR_INIT("telephone-event"), SIP__SDP_BY_CLOCK },
	{ SIP_STR_INIT("CN"), SIP__SDP_BY_CLOCK },
	{ SIP_STR_INIT("rtx"), SIP__SDP_BY_NUMBER },
	{ SIP_STR_INIT("red"), SIP__SDP_BY_NUMBER },
	{ SIP_STR_INIT("ulpfec"), SIP__SDP_BY_CLOCK },
	{ SIP_STR_INIT("flexfec-03"), SIP__SDP_BY_CLOCK },
	{ SIP_STR_INIT("flexfec"), SIP__SDP_BY_CLOCK },
};

enum sip__sdp_company sip__sdp_company_of(struct sip_str encoding)
{
	for (size_t i = 0; i < SIP_COUNTOF(companions); i++)
		if (sip_str_eq_nocase(companions[i].encoding, encoding))
			return companions[i].company;
	return SIP__SDP_ALONE;
}

struct sip_str sip__sdp_numbers_of(struct sip_str fmtp)
{
	struct sip_str apt;

	return sip_sdp_parameter_find(fmtp, SIP_STR("apt"), &apt) ? apt : fmtp;
}

bool sip__sdp_number_next(struct sip_str *numbers, uint8_t *payload)
{
	const char *p = numbers->p, *end = p ? p + numbers->len : p;
	uint32_t value;

	while (p < end && !sip_char_is(*p, SIP_CC_DIGIT))
		p++;
	const char *from = p;
	while (p < end && sip_char_is(*p, SIP_CC_DIGIT))
		p++;
	*numbers = sip_str_make(p, (size_t)(end - p));
	if (!is_number(sip_str_make(from, (size_t)(p - from)), &value))
		return false;
	*payload = (uint8_t)value;
	return true;
}
