/*
 * A side of offers and answers, for a peer that is no program of ours: what it is told comes on standard input, one order a line, with
 * as many bytes of a description behind it as it says; a description, or "error …", goes out the same way.
 *     sdp_talker [session] [nobundle]     keys and ICE for the session, and not for each section; nothing is bundled
 *     offer 0 | answer N | take N
 */
#include "stack/content/sdp_offer_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST ((size_t)256 << 10)

static const struct sip_str rtp[] = { SIP_STR_INIT("UDP/TLS/RTP/SAVPF"), SIP_STR_INIT("RTP/SAVPF") };
static const struct sip_str sctp[] = { SIP_STR_INIT("UDP/DTLS/SCTP"), SIP_STR_INIT("DTLS/SCTP") };
static const struct sip_str feedbacks[] = { SIP_STR_INIT("nack"), SIP_STR_INIT("nack pli"), SIP_STR_INIT("ccm fir") };
static const struct sip_sdp_codec audio[] = {
	{ .encoding = SIP_STR_INIT("opus"), .clock = 48000, .channels = 2, .payload = 111, .fmtp = SIP_STR_INIT("minptime=10;useinbandfec=1") },
	{ .encoding = SIP_STR_INIT("PCMA"), .clock = 8000 },
	{ .encoding = SIP_STR_INIT("telephone-event"), .clock = 8000, .fmtp = SIP_STR_INIT("0-15") },
};
static const struct sip_sdp_codec video[] = {
	{ .encoding = SIP_STR_INIT("VP8"), .clock = 90000, .feedbacks = feedbacks, .feedback_count = SIP_COUNTOF(feedbacks) },
	{ .encoding = SIP_STR_INIT("rtx"), .clock = 90000 },
};
static const struct sip_sdp_codec data[] = { { .encoding = SIP_STR_INIT("webrtc-datachannel") } };

/* Nobody is there to use them. */
#define OF_TRANSPORT                                                                                                                  \
	{ .name = SIP_STR_INIT("ice-ufrag"), .value = SIP_STR_INIT("Strw") },                                                         \
	{ .name = SIP_STR_INIT("ice-pwd"), .value = SIP_STR_INIT("nobodyIsThereToUseThem") },                                       \
	{ .name = SIP_STR_INIT("fingerprint"),                                                                                        \
	  .value = SIP_STR_INIT("sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1") }
static const struct sip_sdp_attribute of_transport[] = { OF_TRANSPORT };
static const struct sip_sdp_attribute of_data[] = { { .name = SIP_STR_INIT("sctp-port"), .value = SIP_STR_INIT("5000") }, OF_TRANSPORT };

static void set_rtp(struct sip_sdp_media_capability *c, struct sip_str type, const struct sip_sdp_codec *codecs, size_t count)
{
	c->type = type;
	c->protos = rtp;
	c->proto_count = SIP_COUNTOF(rtp);
	c->codecs = codecs;
	c->codec_count = count;
	c->direction = SIP_SDP_SEND_AND_RECEIVE;
	c->has_rtcp_mux = true;
}

/* Audio, twice video, data: each has a port of its own, so that it keeps its place. */
static void set_media(struct sip_sdp_media_capability media[4], bool is_of_session)
{
	set_rtp(&media[0], SIP_STR("audio"), audio, SIP_COUNTOF(audio));
	set_rtp(&media[1], SIP_STR("video"), video, SIP_COUNTOF(video));
	set_rtp(&media[2], SIP_STR("video"), video, SIP_COUNTOF(video));
	media[3].type = SIP_STR("application");
	media[3].protos = sctp;
	media[3].proto_count = SIP_COUNTOF(sctp);
	media[3].codecs = data;
	media[3].codec_count = SIP_COUNTOF(data);
	media[3].direction = SIP_SDP_SEND_AND_RECEIVE;
	for (size_t i = 0; i < 4; i++) {
		media[i].port = (uint16_t)(4000 + 2 * i);
		media[i].setup = SIP_SDP_ACTPASS;
		media[i].attributes = i == 3 ? of_data : of_transport;
		media[i].attribute_count = i == 3 ? SIP_COUNTOF(of_data) : SIP_COUNTOF(of_transport);
		if (is_of_session)
			media[i].attribute_count -= SIP_COUNTOF(of_transport);
	}
}

static enum sip_err obey(struct sip_sdp_session *session, const struct sip_sdp_capabilities *can, struct sip_arena *arena, const char *order,
			 struct sip_str text, struct sip_sdp_trouble *trouble, struct sip_sdp **out)
{
	struct sip_sdp *theirs;
	enum sip_err err;

	if (strcmp(order, "offer") == 0)
		return sip_sdp_session_offer(session, arena, can, out);
	err = sip_sdp_parse(arena, text, &sip_content_limits_default, &theirs);
	if (err != SIP_OK)
		return err;
	if (strcmp(order, "take") == 0)
		return sip_sdp_session_take_answer(session, arena, theirs, trouble);
	err = sip_sdp_session_take_offer(session, theirs, trouble);
	return err == SIP_OK ? sip_sdp_session_answer(session, arena, can, out) : err;
}

static void say(enum sip_err err, const struct sip_sdp_trouble *trouble, const struct sip_sdp *ours)
{
	struct sip_buf b;

	sip_buf_init(&b, 0);
	if (err != SIP_OK)
		sip_buf_putf(&b, "error %s, %s, m= line %zu\n", sip_err_name(err), sip_sdp_trouble_text(trouble->kind), trouble->media);
	else if (ours)
		sip_sdp_put(&b, ours);
	printf("%zu\n%.*s", b.len, (int)b.len, b.len ? b.p : "");
	fflush(stdout);
	sip_buf_fini(&b);
}

int main(int argc, char **argv)
{
	struct sip_sdp_media_capability media[4] = { 0 };
	struct sip_sdp_capabilities can = { .address = SIP_STR("192.0.2.1"), .has_bundle = true, .media = media, .media_count = SIP_COUNTOF(media) };
	struct sip_sdp_session session;
	struct sip_rand rand;
	char line[64], order[16], *text = malloc(MOST);
	bool is_of_session = false;
	size_t len;

	for (int i = 1; i < argc; i++) {
		is_of_session |= strcmp(argv[i], "session") == 0;
		can.has_bundle &= strcmp(argv[i], "nobundle") != 0;
	}
	set_media(media, is_of_session);
	if (is_of_session) {
		can.attributes = of_transport;
		can.attribute_count = SIP_COUNTOF(of_transport);
	}
	if (!text)
		return 1;
	sip_rand_init_os(&rand);
	sip_sdp_session_init(&session, &rand);
	while (fgets(line, sizeof line, stdin) && sscanf(line, "%15s %zu", order, &len) == 2 && len <= MOST &&
	       fread(text, 1, len, stdin) == len) {
		struct sip_sdp_trouble trouble = { 0 };
		struct sip_sdp *ours = NULL;
		struct sip_arena arena;
		sip_arena_init(&arena, NULL, 0, MOST * 16);
		enum sip_err err = obey(&session, &can, &arena, order, sip_str_make(text, len), &trouble, &ours);
		say(err, &trouble, ours);
		sip_arena_fini(&arena);
	}
	sip_sdp_session_fini(&session);
	free(text);
	return 0;
}
