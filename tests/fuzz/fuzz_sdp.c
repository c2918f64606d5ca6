/*
 * Session descriptions. What is read is written, and reads the same; every attribute is touched; it is answered as an offer, taken
 * as an answer to ours, and followed by an offer.
 */
#include "stack/content/sdp_offer_answer.h"
#include "tests/fuzz/fuzz.h"

static const struct sip_str protos[] = { SIP_STR_INIT("RTP/AVP"), SIP_STR_INIT("UDP/TLS/RTP/SAVPF"), SIP_STR_INIT("TCP/MSRP"),
					 SIP_STR_INIT("RTP/SAVP") };
static const struct sip_str feedbacks[] = { SIP_STR_INIT("nack pli"), SIP_STR_INIT("ccm fir") };
static const struct sip_sdp_codec audio[] = {
	{ .encoding = SIP_STR_INIT("opus"), .clock = 48000, .channels = 2, .fmtp = SIP_STR_INIT("useinbandfec=1") },
	{ .encoding = SIP_STR_INIT("PCMU"), .clock = 8000 },
	{ .encoding = SIP_STR_INIT("G729"), .clock = 8000 },
	{ .encoding = SIP_STR_INIT("telephone-event"), .clock = 8000 },
	{ .encoding = SIP_STR_INIT("red"), .clock = 8000 },
};
static const struct sip_sdp_codec video[] = {
	{ .encoding = SIP_STR_INIT("H264"), .clock = 90000, .feedbacks = feedbacks, .feedback_count = 2 },
	{ .encoding = SIP_STR_INIT("rtx"), .clock = 90000 },
};
static const struct sip_sdp_codec any[] = { { .encoding = SIP_STR_INIT("*") } };
static const struct sip_sdp_attribute given[] = {
	{ SIP_STR_INIT("extmap"), SIP_STR_INIT("1 urn:a") },
	{ SIP_STR_INIT("crypto"), SIP_STR_INIT("1 AES_CM_128_HMAC_SHA1_80 inline:a") },
	{ SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01:02") }, { SIP_STR_INIT("rtcp-rsize"), { NULL, 0 } },
};

#define CAN(what, codecs_of, number)                                                                                           \
	{ .type = SIP_STR_INIT(what), .protos = protos, .proto_count = SIP_COUNTOF(protos), .codecs = (codecs_of),             \
	  .codec_count = SIP_COUNTOF(codecs_of), .direction = SIP_SDP_SEND_AND_RECEIVE, .port = (number), .has_rtcp_mux = true, \
	  .setup = SIP_SDP_ACTPASS, .attributes = given, .attribute_count = SIP_COUNTOF(given) }
static const struct sip_sdp_media_capability media[] = { CAN("audio", audio, 4000), CAN("video", video, 4002),
							 CAN("message", any, 4004), CAN("audio", audio, 4006) };

/* ---- read and written -------------------------------------------------------------------------------------------------------- */

static void touch_attribute(const struct sip_sdp_attribute *a)
{
	enum sip_sdp_attribute_id id = sip_sdp_attribute_id_of(a->name);
	union sip_sdp_value v, again;
	struct sip_buf b, c;

	if (id == SIP_SDP_ATTRIBUTE_UNKNOWN || sip_sdp_value_parse(id, a->value, &v) != SIP_OK)
		return;
	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	sip_sdp_value_put(&b, id, &v);
	FUZZ_MUST(b.err == SIP_OK && sip_sdp_value_parse(id, sip_buf_str(&b), &again) == SIP_OK);
	sip_sdp_value_put(&c, id, &again);
	FUZZ_MUST(c.err == SIP_OK && sip_str_eq(sip_buf_str(&b), sip_buf_str(&c)));
	sip_buf_fini(&b);
	sip_buf_fini(&c);
}

static void touch_section(const struct sip_sdp_section *section)
{
	for (size_t i = 0; i < section->attribute_count; i++)
		touch_attribute(&section->attributes[i]);
}

static void touch(const struct sip_sdp *sdp)
{
	struct sip_sdp_rtpmap map;
	union sip_sdp_value v;

	touch_section(&sdp->section);
	for (size_t i = 0; i < sdp->media_count; i++) {
		const struct sip_sdp_media *m = &sdp->media[i];
		touch_section(&m->section);
		(void)sip_sdp_direction_of(sdp, m);
		fuzz_either(sip_sdp_value_of(sdp, m, SIP_SDP_SETUP, &v));
		for (size_t j = 0; j < m->format_count && j < 8; j++) {
			fuzz_either(sip_sdp_rtpmap_of(m, m->formats[j], &map));
			(void)sip_sdp_fmtp_of(m, m->formats[j]);
		}
	}
}

static void write_again(struct sip_arena *arena, const struct sip_sdp *sdp)
{
	struct sip_sdp *again = NULL;
	struct sip_buf b, c;

	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	sip_sdp_put(&b, sdp);
	FUZZ_MUST(b.err == SIP_OK);
	/* A line may be longer when it is written: "t=0 0" where there was none. */
	if (b.len <= sip_content_limits_default.bytes) {
		FUZZ_MUST(sip_sdp_parse(arena, sip_buf_str(&b), &sip_content_limits_default, &again) == SIP_OK);
		sip_sdp_put(&c, again);
		FUZZ_MUST(c.err == SIP_OK && sip_str_eq(sip_buf_str(&b), sip_buf_str(&c)));
		FUZZ_MUST(again->media_count == sdp->media_count);
	}
	sip_buf_fini(&b);
	sip_buf_fini(&c);
}

/* ---- offers and answers ------------------------------------------------------------------------------------------------------ */

/* SRTP is never without. */
static bool has_its_keys(const struct sip_sdp_stream *s)
{
	return s->keys != SIP_SDP_KEYS_NONE ||
	       (!sip_str_eq_nocase(s->local->proto, protos[1]) && !sip_str_eq_nocase(s->local->proto, protos[3]));
}

static void look_at_result(struct sip_sdp_session *s, struct sip_arena *arena, size_t media_count)
{
	struct sip_sdp_result *result;

	FUZZ_MUST(sip_sdp_session_result(s, arena, &result) == SIP_OK && result->stream_count == media_count);
	for (size_t i = 0; i < result->stream_count; i++) {
		FUZZ_MUST(result->streams[i].transport < result->stream_count);
		FUZZ_MUST(!result->streams[i].is_active || result->streams[i].payload_count <= 1024);
		FUZZ_MUST(!result->streams[i].is_active || has_its_keys(&result->streams[i]));
	}
}

/* Our next offer keeps every m= line. */
static void offer_again(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
			size_t media_count)
{
	struct sip_sdp *offer;

	FUZZ_MUST(sip_sdp_session_offer(s, arena, can, &offer) == SIP_OK);
	FUZZ_MUST(offer->media_count >= media_count);
}

static void answer(const struct sip_sdp_capabilities *can, const struct sip_sdp *offer)
{
	struct sip_sdp_session s;
	struct sip_sdp_trouble trouble;
	struct sip_sdp *ours;
	struct sip_arena arena;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 1);
	sip_arena_init(&arena, NULL, 0, (size_t)256 << 20);
	sip_sdp_session_init(&s, &rand);
	enum sip_err err = sip_sdp_session_take_offer(&s, offer, &trouble);
	FUZZ_MUST(err == SIP_OK || (err == SIP_E_INVAL && trouble.kind == SIP_SDP_TROUBLE_MID_TWICE));
	if (err == SIP_OK) {
		err = sip_sdp_session_answer(&s, &arena, can, &ours);
		FUZZ_MUST(err == SIP_OK || err == SIP_E_UNSUPPORTED);
	}
	if (err == SIP_OK) {
		FUZZ_MUST(sip_sdp_answer_check(offer, ours, &trouble) == SIP_OK);
		look_at_result(&s, &arena, offer->media_count);
		offer_again(&s, &arena, can, offer->media_count);
	}
	sip_sdp_session_fini(&s);
	sip_arena_fini(&arena);
}

static void take_answer(const struct sip_sdp_capabilities *can, const struct sip_sdp *theirs)
{
	struct sip_sdp_session s;
	struct sip_sdp_trouble trouble;
	struct sip_sdp *offer;
	struct sip_arena arena;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 1);
	sip_arena_init(&arena, NULL, 0, (size_t)256 << 20);
	sip_sdp_session_init(&s, &rand);
	FUZZ_MUST(sip_sdp_session_offer(&s, &arena, can, &offer) == SIP_OK);
	if (sip_sdp_session_take_answer(&s, &arena, theirs, &trouble) == SIP_OK) {
		look_at_result(&s, &arena, offer->media_count);
		offer_again(&s, &arena, can, offer->media_count);
	}
	sip_sdp_session_fini(&s);
	sip_arena_fini(&arena);
}

void fuzz_sdp(struct sip_str in)
{
	struct sip_sdp_capabilities can = { .address = SIP_STR_INIT("192.0.2.1"), .media = media,
					   .media_count = SIP_COUNTOF(media) };
	struct sip_sdp_where where;
	struct sip_arena arena;
	struct sip_sdp *sdp;

	sip_arena_init(&arena, NULL, 0, (size_t)64 << 20);
	if (sip_sdp_parse_where(&arena, in, &sip_content_limits_default, &sdp, &where) == SIP_OK) {
		write_again(&arena, sdp);
		touch(sdp);
		can.has_bundle = in.len % 2 == 0;
		can.is_our_order = in.len % 3 == 0;
		answer(&can, sdp);
		/* As many lines as the answer has, so that it may fit. */
		if (sdp->media_count < can.media_count)
			can.media_count = sdp->media_count;
		take_answer(&can, sdp);
	}
	sip_arena_fini(&arena);
}
