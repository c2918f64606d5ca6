#include "tests/unit/stack/content/sdp_rooms_test.h"

#define HEAD(version) "v=0\no=- 1 " version " IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
#define THEIRS "v=0\no=- 7 7 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"
#define BUNDLED(version) "v=0\no=- 1 " version " IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE 0 1"

/* RFC 4317 3.1 and 2.2 from both sides: hold, and the version that goes up only when something changed. */
static enum sip_err test_sdp_session_offers_again_and_counts_what_changed(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(49170) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	UNIT_EQ(sip_sdp_session_result(&t.session, &t.arena, &t.result), SIP_E_NOTFOUND);
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 49172 RTP/AVP 96\na=rtpmap:96 iLBC/8000\na=sendonly\n",
			      &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].direction, SIP_SDP_RECEIVE);
	UNIT_EQ(t.result->streams[0].payload_count, 1);
	/* The same again has the same version (RFC 3264 8). */
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 49172 RTP/AVP 96\na=rtpmap:96 iLBC/8000\n", &t.sdp));
	UNIT_STR(t.sdp->origin.session_version, "1");
	/* Hold. */
	media[0].direction = SIP_SDP_SEND;
	media[0].codecs = &sdp_audio[2];
	media[0].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 49172 RTP/AVP 96\na=rtpmap:96 iLBC/8000\na=recvonly\n",
			      &t.sdp));
	SDP_TEXT(t.sdp, HEAD("2") "m=audio 49170 RTP/AVP 96\na=rtpmap:96 iLBC/8000\na=sendonly\n");
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].direction, SIP_SDP_SEND);
	/* The peer's hold on top of ours: an answer is a description of ours as well. */
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS "m=audio 49172 RTP/AVP 97\na=rtpmap:97 iLBC/8000\na=sendonly\n",
			       &t.sdp));
	SDP_TEXT(t.sdp, HEAD("3") "m=audio 49170 RTP/AVP 97\na=rtpmap:97 iLBC/8000\na=inactive\n");
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].direction, SIP_SDP_NEITHER);
	/* The number the peer gave stays with the codec; what it was before is for nobody else. */
	media[0].codecs = sdp_audio;
	media[0].codec_count = 3;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_STR(t.sdp->media[0].formats[2], "97");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 3264 8.1, 8.2: places stay, and are used again. */
static enum sip_err test_sdp_session_keeps_the_places_of_media(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codecs = media[2].codecs = sdp_pcmu;
	media[0].codec_count = media[1].codec_count = media[2].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 31\n", &t.sdp));
	/* Audio ends: the video does not move up. */
	can.media = &media[1];
	can.media_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 0 RTP/AVP 0\nm=video 5002 RTP/AVP 31\n", &t.sdp));
	SDP_TEXT(t.sdp, HEAD("2") "m=audio 0 RTP/AVP 0\nm=video 4002 RTP/AVP 31\na=rtpmap:31 H261/90000\na=sendrecv\n");
	/* A new stream takes its place, another one comes behind. */
	can.media_count = 2;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5004 RTP/AVP 0\nm=video 5002 RTP/AVP 31\n", &t.sdp));
	SDP_TEXT(t.sdp, HEAD("3") "m=audio 4004 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
				  "m=video 4002 RTP/AVP 31\na=rtpmap:31 H261/90000\na=sendrecv\n");
	can.media = media;
	can.media_count = 3;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "m=audio 5004 RTP/AVP 0\nm=video 0 RTP/AVP 31\nm=audio 5000 RTP/AVP 0\n",
			      &t.sdp));
	/* Whoever has the port of a place stays in it. */
	SDP_TEXT(t.sdp, HEAD("4") "m=audio 4004 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
				  "m=video 4002 RTP/AVP 31\na=rtpmap:31 H261/90000\na=sendrecv\n"
				  "m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
	/* Ended by a port of 0; what was refused may be anything else now. */
	media[2].port = 0;
	media[1] = sdp_can_audio(4006);
	media[1].codec_count = 1;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, HEAD("5") "m=audio 4006 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\nm=video 0 RTP/AVP 31\n"
				  "m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
out:
	sdp_trial_end(&t);
	return err;
}

static enum sip_err test_sdp_session_answers_again_from_the_same_places(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_audio(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codec_count = media[1].codec_count = 1;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\nm=audio 5002 RTP/AVP 0\n", &t.sdp));
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can,
			       THEIRS "m=audio 0 RTP/AVP 0\nm=audio 5002 RTP/AVP 0\nm=audio 5004 RTP/AVP 0\n",
			       &t.sdp));
	SDP_TEXT(t.sdp, HEAD("2") "m=audio 0 RTP/AVP 0\nm=audio 4002 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
				  "m=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
	/* The same offer has the same answer. */
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can,
			       THEIRS "m=audio 0 RTP/AVP 0\nm=audio 5002 RTP/AVP 0\nm=audio 5004 RTP/AVP 0\n",
			       &t.sdp));
	UNIT_STR(t.sdp->origin.session_version, "2");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 8842 5.3: an offer that leaves the roles open again has the answer that they stay, unless it has other keys. */
static enum sip_err test_sdp_session_roles_stay_until_keys_change(void)
{
#define ACTPASS "m=audio 5000 UDP/TLS/RTP/SAVP 0\na=setup:actpass\na=fingerprint:sha-1 "
	static const struct sip_str protos[] = { SIP_STR_INIT("UDP/TLS/RTP/SAVP") };
	static const struct sip_sdp_attribute keys[] = { { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01:02") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].protos = protos;
	media[0].codec_count = 1;
	media[0].setup = SIP_SDP_ACTPASS;
	media[0].attributes = keys;
	media[0].attribute_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "m=audio 5000 UDP/TLS/RTP/SAVP 0\na=setup:active\na=fingerprint:sha-1 0A:0B\n", &t.sdp));
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS ACTPASS "0a:0b\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].setup, SIP_SDP_PASSIVE);
	/* What the peer says of itself counts. */
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can,
			       THEIRS "m=audio 5000 UDP/TLS/RTP/SAVP 0\na=setup:passive\na=fingerprint:sha-1 0A:0B\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].setup, SIP_SDP_ACTIVE);
	media[0].setup = SIP_SDP_PASSIVE;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS ACTPASS "0A:0B\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].setup, SIP_SDP_ACTIVE);
	/* Another association is as we want it: other keys, or another tls-id. */
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS ACTPASS "0C:0D\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].setup, SIP_SDP_PASSIVE);
	media[0].setup = SIP_SDP_ACTIVE;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS ACTPASS "0C:0D\na=tls-id:x\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].setup, SIP_SDP_ACTIVE);
out:
	sdp_trial_end(&t);
	return err;
#undef ACTPASS
}

/* RFC 3264 8.3.2: a number never means something else later. */
static enum sip_err test_sdp_session_payload_numbers_keep_their_meaning(void)
{
	static const struct sip_sdp_codec before[] = { SDP_CODEC("VP8", 90000), SDP_CODEC("rtx", 90000), SDP_CODEC("H263", 90000) };
	static const struct sip_sdp_codec after[] = { SDP_CODEC("VP9", 90000), SDP_CODEC("rtx", 90000), SDP_CODEC("VP8", 90000),
						      SDP_CODEC("rtx", 90000) };
	struct sip_sdp_media_capability media[] = { sdp_can_video(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codecs = before;
	media[0].codec_count = 3;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "m=video 5002 RTP/AVP 96 98\na=rtpmap:96 VP8/90000\na=rtpmap:98 x/1\n",
			      &t.sdp));
	media[0].codecs = after;
	media[0].codec_count = 4;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp,
		 HEAD("2") "m=video 4002 RTP/AVP 99 100 96 97\na=rtpmap:99 VP9/90000\na=rtpmap:100 rtx/90000\na=fmtp:100 apt=99\n"
				  "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=sendrecv\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 3264 8.3.2: "for the duration of a session", offers that were refused and agreements that are long gone as well. */
static enum sip_err test_sdp_session_payload_numbers_are_remembered_while_the_stream_lasts(void)
{
	static const struct sip_sdp_codec codecs[] = { SDP_CODEC("iLBC", 8000), SDP_CODEC("speex", 8000), SDP_CODEC("PCMU", 8000),
						       SDP_CODEC("opus", 48000) };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codecs = codecs;
	media[0].codec_count = 3;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\n", &t.sdp));
	media[0].codecs = &codecs[2];
	media[0].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\n", &t.sdp));
	media[0].codec_count = 2;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, HEAD("3") "m=audio 4000 RTP/AVP 0 98\na=rtpmap:0 PCMU/8000\na=rtpmap:98 opus/48000/2\na=sendrecv\n");
	sip_sdp_session_refuse(&t.session);
	/* The peer's, which is refused too. */
	UNIT_TRY(sdp_read(&t.arena, THEIRS "m=audio 5000 RTP/AVP 99\na=rtpmap:99 G726-32/8000\n", &t.sdp));
	UNIT_TRY(sip_sdp_session_take_offer(&t.session, t.sdp, NULL));
	sip_sdp_session_refuse(&t.session);
	media[0].codecs = codecs;
	media[0].codec_count = 2;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, HEAD("4") "m=audio 4000 RTP/AVP 96 97\na=rtpmap:96 iLBC/8000\na=rtpmap:97 speex/8000\na=sendrecv\n");
	sip_sdp_session_refuse(&t.session);
	media[0].codecs = sdp_video;
	media[0].codec_count = 2;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 31\n", &t.sdp));
	media[0].port = 0;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 0 RTP/AVP 31\n", &t.sdp));
	UNIT_EQ(t.session.numbers.len, 0);
out:
	sdp_trial_end(&t);
	return err;
}

/* A peer that fills it gets no more of it. */
static enum sip_err test_sdp_session_remembers_numbers_within_bounds(void)
{
	char offer[70000];
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	struct sip_buf b;
	enum sip_err err;

	sdp_trial_begin(&t);
	for (unsigned round = 0; round < 3; round++) {
		sip_buf_init_fixed(&b, offer, sizeof offer);
		SIP_BUF_LIT(&b, THEIRS);
		for (unsigned i = 0; i < 100; i++)
			sip_buf_putf(&b, "m=audio 5000 RTP/AVP %u 0 %u\na=rtpmap:%u x%0200u/8000\na=fmtp:%u %0300u\n", 96 + round, 35 + round,
				     96 + round, round, 96 + round, round);
		sip_buf_put_char(&b, '\0');
		UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, offer, &t.sdp));
		UNIT_CHECK(t.session.numbers.len > 0 && t.session.numbers.len < 1000);
	}
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 9143 9.1.1: what was apart before may be one session now. */
static enum sip_err test_sdp_session_numbers_are_one_codec_within_a_bundle(void)
{
	static const struct sip_sdp_codec opus[] = { SDP_CODEC("opus", 48000), SDP_CODEC("iLBC", 8000) };
	static const struct sip_sdp_codec vp8[] = { SDP_CODEC("VP8", 90000), SDP_CODEC("VP9", 90000) };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codecs = media[2].codecs = opus;
	media[1].codecs = vp8;
	for (size_t i = 0; i < 3; i++) {
		media[i].codec_count = 1;
		media[i].has_rtcp_mux = true;
	}
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can,
			       THEIRS "m=audio 5000 RTP/AVP 96\na=rtpmap:96 opus/48000\n"
				      "m=video 5002 RTP/AVP 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 VP9/90000\n"
				      "m=audio 5004 RTP/AVP 96\na=rtpmap:96 opus/48000\n", &t.sdp));
	can.has_bundle = true;
	media[0].codec_count = media[1].codec_count = 2;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	/* The same codec keeps its number; no new one takes a number that another section knows. */
	UNIT_STR(t.sdp->media[0].formats[0], "96");
	UNIT_STR(t.sdp->media[0].formats[1], "98");
	UNIT_STR(t.sdp->media[1].formats[0], "99");
	UNIT_STR(t.sdp->media[1].formats[1], "97");
	UNIT_STR(t.sdp->media[2].formats[0], "96");
out:
	sdp_trial_end(&t);
	return err;
}

/*
 * RFC 9143 7.5: what is bundled goes on at one address, "and to every other bundled" section, what is new as well (18.3). RFC 8829
 * 5.2.2: "The "a=rtcp-mux" line MUST be the same as that in the most recent answer", where RFC 9143 7.1.3 has it once.
 */
static enum sip_err test_sdp_session_goes_on_with_its_bundle(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 3; i++)
		media[i].has_rtcp_mux = true;
	media[1].is_bundle_only = true;
	media[0].codecs = media[2].codecs = sdp_pcmu;
	media[0].codec_count = media[1].codec_count = media[2].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 0 1\nm=audio 5000 RTP/AVP 0\na=mid:0\na=rtcp-mux\nm=video 5000 RTP/AVP 31\n"
				     "a=mid:1\n", &t.sdp));
	SDP_TEXT(t.sdp, BUNDLED("1") "\nm=audio 4000 RTP/AVP 0\na=mid:0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\n"
				     "m=video 0 RTP/AVP 31\na=mid:1\na=rtpmap:31 H261/90000\na=sendrecv\na=bundle-only\n");
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_CHECK(t.result->streams[1].is_active && t.result->streams[1].transport == 0);
	can.media_count = 3;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, BUNDLED("2") " 2\nm=audio 4000 RTP/AVP 0\na=mid:0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\n"
				     "m=video 4000 RTP/AVP 31\na=mid:1\na=rtpmap:31 H261/90000\na=sendrecv\na=rtcp-mux\n"
				     "m=audio 4000 RTP/AVP 0\na=mid:2\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 9143 7.3.1: the tagged section stands behind what came back before it; the ids of the answer may stand as its lines do. */
static enum sip_err test_sdp_session_takes_the_ids_of_a_bundle_in_any_order(void)
{
#define LINE(type, port, format, mid, more) "m=" type " " port " UDP/TLS/RTP/SAVPF " format "\na=mid:" mid "\n" more
#define KEYS "a=rtcp-mux\na=fingerprint:sha-1 02\na=setup:active\n"
	static const struct sip_str tls = SIP_STR_INIT("UDP/TLS/RTP/SAVPF");
	static const struct sip_sdp_attribute keys = { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 2; i++) {
		media[i].protos = &tls;
		media[i].attributes = &keys;
		media[i].attribute_count = 1;
		media[i].has_rtcp_mux = true;
		media[i].setup = SIP_SDP_ACTPASS;
	}
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 0 1\n" LINE("audio", "5000", "0", "0", KEYS)
				     LINE("video", "5000", "31", "1", KEYS),
			      &t.sdp));
	media[0].port = 0;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 1\n" LINE("audio", "0", "0", "0", "")
				     LINE("video", "5000", "31", "1", KEYS),
			      &t.sdp));
	media[0].port = 4000;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 2 1\n" LINE("audio", "5000", "0", "2", KEYS)
				     LINE("video", "5000", "31", "1", KEYS),
			      &t.sdp));
	UNIT_STR(sip_sdp_attribute_find(&t.sdp->section, SIP_SDP_GROUP)->value, "BUNDLE 1 2");
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	for (size_t i = 0; i < 2; i++) {
		UNIT_CHECK(t.result->streams[i].is_active);
		UNIT_EQ(t.result->streams[i].transport, 1);
		UNIT_EQ(t.result->streams[i].keys, SIP_SDP_KEYS_FINGERPRINT);
		UNIT_EQ(t.result->streams[i].setup, SIP_SDP_PASSIVE);
	}
out:
	sdp_trial_end(&t);
	return err;
#undef LINE
#undef KEYS
}

/* The section on whose transport a bundle was agreed stays the tagged one while it lasts; then one that has keys. */
static enum sip_err test_sdp_session_goes_on_with_the_transport_of_its_bundle(void)
{
#define LINE(type, port, format, mid) "m=" type " " port " RTP/SAVP " format "\na=mid:" mid "\na=rtcp-mux\na=crypto:1 S_80 inline:theirs\n"
	static const struct sip_str savp = SIP_STR_INIT("RTP/SAVP");
	static const struct sip_sdp_attribute keys = { SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:ours") };
	struct sip_sdp_media_capability media[] = { sdp_can_video(4002), sdp_can_audio(4000), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 3; i++) {
		media[i].protos = &savp;
		media[i].has_rtcp_mux = true;
		media[i].attributes = i == 0 ? NULL : &keys;
		media[i].attribute_count = i > 0;
	}
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can,
			       THEIRS "a=group:BUNDLE a v b\n" LINE("video", "5000", "31", "v") LINE("audio", "5002", "0", "a")
			       LINE("audio", "5004", "0", "b"), &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 4000);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_STR(sip_sdp_attribute_find(&t.sdp->section, SIP_SDP_GROUP)->value, "BUNDLE a v b");
	UNIT_EQ(t.sdp->media[0].port, 4000);
	UNIT_CHECK(sip_sdp_attribute_find(&t.sdp->media[1].section, SIP_SDP_CRYPTO));
	sip_sdp_session_refuse(&t.session);
	media[1].port = 0;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_STR(sip_sdp_attribute_find(&t.sdp->section, SIP_SDP_GROUP)->value, "BUNDLE b v");
	UNIT_EQ(t.sdp->media[0].port, 4004);
	UNIT_CHECK(sip_sdp_attribute_find(&t.sdp->media[2].section, SIP_SDP_CRYPTO));
out:
	sdp_trial_end(&t);
	return err;
#undef LINE
}

/*
 * RFC 9143 7.3.2, 7.3.3: no answer moves a section out of an agreed bundle, and none refuses the section that the offer names first;
 * what stands behind it may go.
 */
static enum sip_err test_sdp_session_answers_within_its_bundle(void)
{
	static const char both[] = THEIRS "a=group:BUNDLE a v\nm=audio 5000 RTP/AVP 0\na=mid:a\na=rtcp-mux\n"
					  "m=video 5000 RTP/AVP 31\na=mid:v\na=rtcp-mux\n";
	static const char apart[] = THEIRS "m=audio 5000 RTP/AVP 0\na=mid:a\na=rtcp-mux\nm=video 5002 RTP/AVP 31\na=mid:v\n";
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 2; i++) {
		media[i].codec_count = 1;
		media[i].has_rtcp_mux = true;
	}
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, both, &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[1].transport, 0);

	/* We would be without the first, and the second goes on by its transport. */
	media[0].port = 0;
	err = sdp_answer_to(&t.session, &t.arena, &can, both, &t.sdp);
	UNIT_CHECK(err == SIP_E_UNSUPPORTED || err == SIP_E_NOMEM);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_CHECK(t.sdp == NULL);
	sip_sdp_session_refuse(&t.session);
	media[0].port = 4000;

	/* What no longer may be in a bundle is refused; that we do not like bundles any more changes nothing. */
	can.has_bundle = false;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, both, &t.sdp));
	UNIT_EQ(t.sdp->media[1].port, 4000);
	media[1].has_rtcp_mux = false;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, both, &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 4000);
	UNIT_EQ(t.sdp->media[1].port, 0);
	UNIT_CHECK(!sip_sdp_attribute_find(&t.sdp->media[1].section, SIP_SDP_BUNDLE_ONLY));

	/* An offer that takes it out may. */
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, apart, &t.sdp));
	UNIT_EQ(t.sdp->media[1].port, 4002);
	media[0].port = 0;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, apart, &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 0);
out:
	sdp_trial_end(&t);
	return err;
}

/* An answer whose group names what has no mid has bundled nothing: our next offer is not at one address either. */
static enum sip_err test_sdp_session_is_not_bundled_by_ids_of_nobody(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	media[0].codec_count = media[1].codec_count = 1;
	media[0].has_rtcp_mux = media[1].has_rtcp_mux = true;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 0 1\nm=audio 5000 RTP/AVP 0\na=rtcp-mux\nm=video 5002 RTP/AVP 31\na=rtcp-mux\n",
			      &t.sdp));
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[1].transport, 1);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 4000);
	UNIT_EQ(t.sdp->media[1].port, 4002);
out:
	sdp_trial_end(&t);
	return err;
}

/* One answer after another: which ports of ours are possible, which of them have rtcp-mux, and the ports that we say; -1 first: 488. */
struct answered {
	const char *offer;
	uint16_t ours[3];
	bool has_mux[3];
	int ports[3];
};

static enum sip_err check_answers(const struct answered *steps, size_t count, const char *file, int line)
{
	static const struct sip_str protos[] = { SIP_STR_INIT("UDP/DTLS/SCTP") };
	static const struct sip_sdp_codec codecs[] = { { .encoding = SIP_STR_INIT("webrtc-datachannel") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002), sdp_can_audio(4004),
		{ .type = SIP_STR_INIT("application"), .protos = protos, .proto_count = 1, .codecs = codecs, .codec_count = 1,
		  .direction = SIP_SDP_SEND_AND_RECEIVE, .port = 4006 } };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 4);
	struct sdp_trial t;
	enum sip_err err = SIP_OK;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	media[2].mid = SIP_STR("c");
	for (size_t n = 0; n < count && err == SIP_OK; n++) {
		for (size_t i = 0; i < 3; i++) {
			media[i].port = steps[n].ours[i];
			media[i].has_rtcp_mux = steps[n].has_mux[i];
		}
		err = sdp_answer_to(&t.session, &t.arena, &can, steps[n].offer, &t.sdp);
		if (err == SIP_E_NOMEM)
			break;
		unit_check((err == SIP_OK) == (steps[n].ports[0] >= 0), steps[n].offer, file, line);
		for (size_t i = 0; err == SIP_OK && i < t.sdp->media_count; i++)
			unit_check(t.sdp->media[i].port == steps[n].ports[i], steps[n].offer, file, line);
		if (err == SIP_E_UNSUPPORTED) {
			sip_sdp_session_refuse(&t.session);
			err = SIP_OK;
		}
	}
	sdp_trial_end(&t);
	return err;
}

/* What an agreed bundle binds, and what it does not (RFC 9143 7.3.2, 7.3.3, 7.5.1, 9.3.1). */
static enum sip_err test_sdp_session_is_bound_by_its_bundle_alone(void)
{
#define CHECK(steps) UNIT_TRY(check_answers((steps), SIP_COUNTOF(steps), __FILE__, __LINE__))
#define GROUP(ids) THEIRS "a=group:BUNDLE " ids "\n"
#define AUDIO(port, more) "m=audio " port " RTP/AVP 0\n" more
#define VIDEO(port, more) "m=video " port " RTP/AVP 31\n" more
#define MUX(mid) "a=mid:" mid "\na=rtcp-mux\n"
#define DATA(port, mid) "m=application " port " UDP/DTLS/SCTP webrtc-datachannel\na=mid:" mid "\n"
	/* Left out from the first, and each with a port of its own: so it is as often as it is offered. */
	static const char first[] = GROUP("a v") AUDIO("5000", MUX("a")) VIDEO("5002", MUX("v"));
	static const struct answered without_mux[] = { { first, { 4000, 4002 }, { false, true }, { 4000, 4002 } },
						       { first, { 4000, 4002 }, { false, true }, { 4000, 4002 } } };
	static const struct answered refused[] = { { first, { 0, 4002 }, { true, true }, { 0, 4002 } },
						   { first, { 0, 4002 }, { true, true }, { 0, 4002 } } };
	/* Nothing of it is wanted any longer: what is outside goes on. */
	static const char beside[] = GROUP("a v") AUDIO("5000", MUX("a")) VIDEO("5000", MUX("v")) AUDIO("5004", "a=mid:c\n");
	static const struct answered none[] = { { beside, { 4000, 4002, 4004 }, { true, true, true }, { 4000, 4000, 4004 } },
						{ beside, { 0, 0, 4004 }, { true, true, true }, { 0, 0, 4004 } } };
	/* What is added at its port stays there, or is refused. */
	static const char added[] = GROUP("a v c") AUDIO("5000", MUX("a")) VIDEO("5000", MUX("v")) AUDIO("5000", MUX("c"));
	static const struct answered more[] = { { first, { 4000, 4002 }, { true, true }, { 4000, 4000 } },
						{ added, { 4000, 4002, 4004 }, { true, true, false }, { 4000, 4000, 0 } },
						{ added, { 4000, 4002, 4004 }, { true, true, true }, { 4000, 4000, 4000 } } };
	/* What is named first has ended: the next one is what counts. */
	static const char ended[] = GROUP("a v c") AUDIO("0", MUX("a")) VIDEO("5000", MUX("v")) AUDIO("5000", MUX("c"));
	static const struct answered next[] = { { added, { 4000, 4002, 4004 }, { true, true, true }, { 4000, 4000, 4000 } },
						{ ended, { 4000, 0, 4004 }, { true, true, true }, { -1 } },
						{ ended, { 0, 4002, 0 }, { true, true, true }, { 0, 4002, 0 } } };
	/* Of another kind, the first takes the rtcp-mux of the others; one of RTP that has none has none to give. */
	static const char data_last[] = GROUP("a v d") AUDIO("5000", MUX("a")) VIDEO("5000", MUX("v")) DATA("5000", "d");
	static const char data_first[] = GROUP("d a v") AUDIO("5000", MUX("a")) VIDEO("5000", MUX("v")) DATA("5000", "d");
	static const char unmuxed[] = GROUP("a v d") AUDIO("5000", "a=mid:a\n") VIDEO("5000", MUX("v")) DATA("5000", "d");
	static const struct answered data[] = { { data_last, { 4000, 4002 }, { true, true }, { 4000, 4000, 4000 } },
						{ data_first, { 4000, 4002 }, { true, true }, { 4006, 4006, 4006 } },
						{ unmuxed, { 4000, 4002 }, { true, true }, { -1 } } };
	enum sip_err err;

	CHECK(without_mux);
	CHECK(refused);
	CHECK(none);
	CHECK(more);
	CHECK(next);
	CHECK(data);
out:
	return err;
#undef CHECK
#undef GROUP
#undef AUDIO
#undef VIDEO
#undef MUX
#undef DATA
}

/* RFC 3264 8: one port for all of a bundle, and still nobody changes places. */
static enum sip_err test_sdp_session_keeps_the_places_within_a_bundle(void)
{
	static const char theirs[] = THEIRS "a=group:BUNDLE 0 1 2\nm=audio 5000 RTP/AVP 0\na=mid:0\na=rtcp-mux\n"
					    "m=audio 5000 RTP/AVP 0 8\na=mid:1\nm=audio 5000 RTP/AVP 0 8\na=mid:2\n";
	static const char by_the_last[] = THEIRS "a=group:BUNDLE 2 1 0\nm=audio 5000 RTP/AVP 0\na=mid:0\n"
						 "m=audio 5000 RTP/AVP 0 8\na=mid:1\nm=audio 5000 RTP/AVP 0 8\na=mid:2\na=rtcp-mux\n";
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_audio(4002), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 3; i++) {
		media[i].has_rtcp_mux = true;
		media[i].codecs = i == 2 ? &sdp_audio[1] : sdp_audio;
		media[i].codec_count = 1;
	}
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, theirs, &t.sdp));
	/* The first one ends: the others stay, in our next offer, in our answer, and in the offer after that. */
	can.media = &media[1];
	can.media_count = 2;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "a=group:BUNDLE 1 2\nm=audio 0 RTP/AVP 0\na=mid:0\n"
			      "m=audio 5000 RTP/AVP 0\na=mid:1\na=rtcp-mux\nm=audio 5000 RTP/AVP 8\na=mid:2\n", &t.sdp));
	UNIT_CHECK(t.sdp->media[0].port == 0 && t.sdp->media[1].port == 4002 && t.sdp->media[2].port == 4002);
	UNIT_STR(t.sdp->media[1].formats[0], "0");
	UNIT_STR(t.sdp->media[2].formats[0], "8");
	can.media = &media[2];
	can.media_count = 1;
	UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, by_the_last, &t.sdp));
	UNIT_CHECK(t.sdp->media[0].port == 0 && t.sdp->media[1].port == 0 && t.sdp->media[2].port == 4004);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_CHECK(t.sdp->media[0].port == 0 && t.sdp->media[1].port == 0 && t.sdp->media[2].port == 4004);
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 5888 4: one mid, one stream; RFC 8829 5.2.2: a place that is used again is used "including a new MID value". */
static enum sip_err test_sdp_session_mids_are_of_one_stream(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", &media[1], 2);
	struct sip_sdp_trouble trouble;
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	for (size_t i = 0; i < 3; i++)
		media[i].has_rtcp_mux = true;
	can.has_bundle = true;
	can.media_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "a=group:BUNDLE 0\nm=video 5000 RTP/AVP 31\na=mid:0\na=rtcp-mux\n", &t.sdp));
	can.media_count = 0;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=video 0 RTP/AVP 31\na=mid:0\n", &t.sdp));
	can.media = media;
	can.media_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 0 RTP/AVP 0\n", &t.sdp));
	UNIT_STR(t.sdp->media[0].section.attributes[0].value, "1");
	/* Not even one that is in no description any more. */
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_STR(t.sdp->media[0].section.attributes[0].value, "2");
	sip_sdp_session_refuse(&t.session);
	UNIT_TRY(sdp_read(&t.arena,
			  THEIRS "m=audio 1 RTP/AVP 0\na=mid:a\nm=audio 1 RTP/AVP 0\nm=audio 0 RTP/AVP 0\na=mid:a\n", &theirs));
	err = sip_sdp_session_take_offer(&t.session, theirs, &trouble);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_INVAL);
	UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_MID_TWICE);
	UNIT_EQ(trouble.media, 2);
	UNIT_EQ(t.session.turn, SIP_SDP_IDLE);
	/* Nor do we say it twice: what ended gives it up. */
	media[0].mid = media[1].mid = SIP_STR("v");
	can.media = &media[1];
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=video 5000 RTP/AVP 31\na=mid:v\na=rtcp-mux\n", &t.sdp));
	can.media_count = 0;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=video 0 RTP/AVP 31\n", &t.sdp));
	UNIT_STR(t.sdp->media[0].section.attributes[0].value, "v");
	can.media_count = 2;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_EQ(t.sdp->media_count, 2);
	sip_sdp_session_refuse(&t.session);
	can.media = media;
	err = sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp);
	if (err != SIP_E_NOMEM)
		UNIT_EQ(err, SIP_E_INVAL);
	err = err == SIP_E_INVAL ? SIP_OK : err;
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 3261 14.1: what is refused changes nothing. */
static enum sip_err test_sdp_session_refused_offers_are_as_if_never_made(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\n", &t.sdp));
	media[0].direction = SIP_SDP_NEITHER;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_TRY(sdp_read(&t.arena, THEIRS "m=image 1 udptl t38\n", &theirs));
	UNIT_EQ(sip_sdp_session_take_offer(&t.session, theirs, NULL), SIP_E_STATE);
	UNIT_EQ(sip_sdp_session_answer(&t.session, &t.arena, &can, &t.sdp), SIP_E_STATE);
	sip_sdp_session_refuse(&t.session);
	UNIT_EQ(sip_sdp_session_take_answer(&t.session, &t.arena, theirs, NULL), SIP_E_STATE);
	UNIT_TRY(sip_sdp_session_take_offer(&t.session, theirs, NULL));
	err = sip_sdp_session_answer(&t.session, &t.arena, &can, &t.sdp);
	UNIT_CHECK(err == SIP_E_UNSUPPORTED && t.sdp == NULL);
	if (err == SIP_E_NOMEM)
		goto out;
	sip_sdp_session_refuse(&t.session);
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].direction, SIP_SDP_SEND_AND_RECEIVE);
	media[0].direction = SIP_SDP_SEND_AND_RECEIVE;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_STR(t.sdp->origin.session_version, "3");
out:
	sdp_trial_end(&t);
	return err;
}

static enum sip_err test_sdp_session_sees_what_does_not_fit(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sip_sdp_trouble trouble;
	struct sip_sdp *none, *both;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].direction = SIP_SDP_SEND;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_TRY(sdp_read(&t.arena, THEIRS, &none));
	UNIT_TRY(sdp_read(&t.arena, THEIRS "m=audio 5000 RTP/AVP 0\n", &both));
	err = sip_sdp_session_take_answer(&t.session, &t.arena, none, &trouble);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_INVAL);
	UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_COUNT);
	/* sendrecv to sendonly: told, and clipped. */
	UNIT_TRY(sip_sdp_session_take_answer(&t.session, &t.arena, both, &trouble));
	UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_DIRECTION);
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->streams[0].direction, SIP_SDP_SEND);
	UNIT_EQ(sip_sdp_session_take_offer(&t.session, none, &trouble), SIP_E_INVAL);
	UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_COUNT);
	UNIT_EQ(sip_sdp_session_take_offer(&t.session, none, NULL), SIP_E_INVAL);
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 3264 6 has a line for each of the offer; what has none, or one of another type, counts as refused, and the call goes on. */
static enum sip_err test_sdp_session_takes_what_is_unanswered_as_refused(void)
{
	static const char *const answers[] = { THEIRS "m=audio 5000 RTP/AVP 0\n",
					       THEIRS "m=audio 5000 RTP/AVP 0\nm=image 5002 udptl t38\n" };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000), sdp_can_video(4002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sip_sdp_trouble trouble;
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err = SIP_OK;

	media[0].codec_count = media[1].codec_count = 1;
	for (size_t i = 0; i < SIP_COUNTOF(answers) && err == SIP_OK; i++) {
		sdp_trial_begin(&t);
		UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
		UNIT_TRY(sdp_read(&t.arena, answers[i], &theirs));
		UNIT_TRY(sip_sdp_session_take_answer(&t.session, &t.arena, theirs, &trouble));
		UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_UNANSWERED);
		UNIT_EQ(trouble.media, 1);
		UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
		UNIT_EQ(t.result->stream_count, 2);
		UNIT_CHECK(t.result->streams[0].is_active && !t.result->streams[1].is_active);
		/* So does the next offer; we are of one mind about the places then. */
		UNIT_TRY(sdp_answer_to(&t.session, &t.arena, &can, THEIRS "m=audio 5000 RTP/AVP 0\na=sendonly\n", &t.sdp));
		UNIT_EQ(t.sdp->media_count, 1);
		UNIT_EQ(t.sdp->media[0].port, 4000);
		/* The place is free, for another attempt. */
		UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
		UNIT_EQ(t.sdp->media_count, 2);
		UNIT_EQ(t.sdp->media[1].port, 4002);
out:
		sdp_trial_end(&t);
	}
	return err;
}

/* Where a line of ours had ended, some answer without it, and the others close up. */
static enum sip_err test_sdp_session_takes_an_answer_without_what_had_ended(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_video(4002), sdp_can_audio(4000), sdp_can_audio(4004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sip_sdp_trouble trouble;
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codec_count = media[1].codec_count = media[2].codec_count = 1;
	UNIT_TRY(sdp_exchange(&t.session, &t.arena, &can,
			      THEIRS "m=video 5002 RTP/AVP 31\nm=audio 5000 RTP/AVP 0\nm=audio 5004 RTP/AVP 0\n",
			      &t.sdp));
	media[0].port = 0;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 0);
	UNIT_TRY(sdp_read(&t.arena, THEIRS "m=audio 7000 RTP/AVP 0\nm=audio 7004 RTP/AVP 0\n", &theirs));
	UNIT_TRY(sip_sdp_session_take_answer(&t.session, &t.arena, theirs, &trouble));
	UNIT_EQ(trouble.kind, SIP_SDP_TROUBLE_NONE);
	UNIT_TRY(sip_sdp_session_result(&t.session, &t.arena, &t.result));
	UNIT_EQ(t.result->stream_count, 3);
	UNIT_CHECK(!t.result->streams[0].is_active && t.result->streams[1].is_active && t.result->streams[2].is_active);
	UNIT_EQ(sip_addr_port(&t.result->streams[1].remote_rtp), 7000);
	UNIT_EQ(sip_addr_port(&t.result->streams[2].remote_rtp), 7004);
out:
	sdp_trial_end(&t);
	return err;
}

/* A forked offer: each branch answers for itself. */
static enum sip_err test_sdp_session_copies_part(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sip_sdp_session fork;
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_TRY(sip_sdp_session_copy(&fork, &t.session));
	err = sdp_read(&t.arena, THEIRS "m=audio 5000 RTP/AVP 8\n", &theirs);
	if (err == SIP_OK)
		err = sip_sdp_session_take_answer(&fork, &t.arena, theirs, NULL);
	if (err == SIP_OK) {
		UNIT_EQ(fork.turn, SIP_SDP_IDLE);
		UNIT_EQ(t.session.turn, SIP_SDP_OFFER_SENT);
	}
	sip_sdp_session_fini(&fork);
out:
	sdp_trial_end(&t);
	return err;
}

static enum sip_err test_sdp_session_ids_are_by_chance(void)
{
	struct sip_sdp_session a, b;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 5);
	sip_sdp_session_init(&a, &rand);
	sip_sdp_session_init(&b, &rand);
	UNIT_CHECK(a.id != b.id && a.id <= INT32_MAX && b.id <= INT32_MAX);
	sip_sdp_session_fini(&a);
	sip_sdp_session_fini(&b);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_session_offers_again_and_counts_what_changed),
	UNIT_CASE(test_sdp_session_keeps_the_places_of_media),
	UNIT_CASE(test_sdp_session_answers_again_from_the_same_places),
	UNIT_CASE(test_sdp_session_roles_stay_until_keys_change),
	UNIT_CASE(test_sdp_session_payload_numbers_keep_their_meaning),
	UNIT_CASE(test_sdp_session_payload_numbers_are_remembered_while_the_stream_lasts),
	UNIT_CASE(test_sdp_session_remembers_numbers_within_bounds),
	UNIT_CASE(test_sdp_session_numbers_are_one_codec_within_a_bundle),
	UNIT_CASE(test_sdp_session_goes_on_with_its_bundle),
	UNIT_CASE(test_sdp_session_takes_the_ids_of_a_bundle_in_any_order),
	UNIT_CASE(test_sdp_session_goes_on_with_the_transport_of_its_bundle),
	UNIT_CASE(test_sdp_session_answers_within_its_bundle),
	UNIT_CASE(test_sdp_session_is_not_bundled_by_ids_of_nobody),
	UNIT_CASE(test_sdp_session_is_bound_by_its_bundle_alone),
	UNIT_CASE(test_sdp_session_keeps_the_places_within_a_bundle),
	UNIT_CASE(test_sdp_session_mids_are_of_one_stream),
	UNIT_CASE(test_sdp_session_refused_offers_are_as_if_never_made),
	UNIT_CASE(test_sdp_session_sees_what_does_not_fit),
	UNIT_CASE(test_sdp_session_takes_what_is_unanswered_as_refused),
	UNIT_CASE(test_sdp_session_takes_an_answer_without_what_had_ended),
	UNIT_CASE(test_sdp_session_copies_part),
	UNIT_CASE(test_sdp_session_ids_are_by_chance),
};
SUITE(sdp_session);
