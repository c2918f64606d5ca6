#include "tests/unit/stack/content/sdp_rooms_test.h"

#define HEAD(version) "v=0\no=- 1 " version " IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"

/* RFC 4317 2.1: the offer, as we write it. */
static enum sip_err test_sdp_offer_names_all_we_can(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(49170), sdp_can_video(51372), sdp_can_audio(0) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[1].direction = SIP_SDP_RECEIVE;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp,
		 HEAD("1") "m=audio 49170 RTP/AVP 0 8 96\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:96 iLBC/8000\n"
				  "a=sendrecv\n"
				  "m=video 51372 RTP/AVP 31 32\na=rtpmap:31 H261/90000\na=rtpmap:32 MPV/90000\na=recvonly\n");
	UNIT_EQ(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp), SIP_E_STATE);
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 7587 7: "number of channels MUST be 2", whether the program says so or not. */
static enum sip_err test_sdp_offer_says_the_channels_of_opus(void)
{
	static const struct sip_sdp_codec codecs[] = { SDP_CODEC("opus", 48000), SDP_CODEC("L16", 44100) };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(4000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	media[0].codecs = codecs;
	media[0].codec_count = SIP_COUNTOF(codecs);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, HEAD("1") "m=audio 4000 RTP/AVP 96 11\na=rtpmap:96 opus/48000/2\na=rtpmap:11 L16/44100\na=sendrecv\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* All of a media capability, written. */
static enum sip_err test_sdp_offer_says_everything_that_is_given(void)
{
	static const struct sip_str feedbacks[] = { SIP_STR_INIT("nack pli"), SIP_STR_INIT("ccm fir") };
	static const struct sip_sdp_codec codecs[] = {
		{ .encoding = SIP_STR_INIT("VP8"), .clock = 90000, .payload = 100, .feedbacks = feedbacks, .feedback_count = 2 },
		{ .encoding = SIP_STR_INIT("rtx"), .clock = 90000 },
		{ .encoding = SIP_STR_INIT("H264"), .clock = 90000, .payload = 100, .fmtp = SIP_STR_INIT("packetization-mode=1") },
		{ .encoding = SIP_STR_INIT("rtx"), .clock = 90000, .fmtp = SIP_STR_INIT("rtx-time=3000") },
	};
	static const struct sip_str protos[] = { SIP_STR_INIT("UDP/TLS/RTP/SAVPF"), SIP_STR_INIT("RTP/SAVPF") };
	static const struct sip_sdp_bandwidth bandwidths[] = { { SIP_STR_INIT("TIAS"), 1000000 } };
	static const struct sip_sdp_attribute attributes[] = { { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("8hhY") },
							       { SIP_STR_INIT("end-of-candidates"), { NULL, 0 } } };
	static const struct sip_sdp_attribute lite[] = { { SIP_STR_INIT("ice-lite"), { NULL, 0 } } };
	struct sip_sdp_media_capability media[] = { { .type = SIP_STR_INIT("video"), .protos = protos, .proto_count = 2,
		.codecs = codecs, .codec_count = 4, .direction = SIP_SDP_SEND, .address = SIP_STR_INIT("2001:db8::5"), .port = 9000,
		.rtcp_port = 9005,
		.has_rtcp_mux = true, .mid = SIP_STR_INIT("v"), .setup = SIP_SDP_ACTPASS, .ptime = 20, .maxptime = 60,
		.bandwidths = bandwidths, .bandwidth_count = 1, .attributes = attributes, .attribute_count = 2 } };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.username = SIP_STR("alice");
	can.name = SIP_STR("call");
	can.attributes = lite;
	can.attribute_count = 1;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, "v=0\no=alice 1 1 IN IP4 192.0.2.1\ns=call\nc=IN IP4 192.0.2.1\nt=0 0\na=ice-lite\n"
			"m=video 9000 UDP/TLS/RTP/SAVPF 100 96 97 98\nc=IN IP6 2001:db8::5\nb=TIAS:1000000\na=mid:v\n"
			"a=rtpmap:100 VP8/90000\na=rtcp-fb:100 nack pli\na=rtcp-fb:100 ccm fir\n"
			"a=rtpmap:96 rtx/90000\na=fmtp:96 apt=100\n"
			"a=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1\n"
			"a=rtpmap:98 rtx/90000\na=fmtp:98 apt=97;rtx-time=3000\n"
			"a=ptime:20\na=maxptime:60\na=sendonly\na=rtcp:9005\na=rtcp-mux\na=setup:actpass\na=ice-ufrag:8hhY\n"
			"a=end-of-candidates\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 4975: what is not RTP has formats of its own. */
static enum sip_err test_sdp_offer_of_what_is_not_rtp_has_no_numbers(void)
{
	static const struct sip_str protos[] = { SIP_STR_INIT("TCP/MSRP") };
	static const struct sip_sdp_codec codecs[] = { SDP_CODEC("*", 0) };
	static const struct sip_sdp_attribute attributes[] = { { SIP_STR_INIT("path"),
								SIP_STR_INIT("msrp://a.example:7394/2s93;tcp") } };
	struct sip_sdp_media_capability media[] = { { .type = SIP_STR_INIT("message"), .protos = protos, .proto_count = 1,
		.codecs = codecs, .codec_count = 1, .direction = SIP_SDP_SEND_AND_RECEIVE, .port = 7394,
		.attributes = attributes, .attribute_count = 1 } };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, HEAD("1") "m=message 7394 TCP/MSRP *\na=sendrecv\na=path:msrp://a.example:7394/2s93;tcp\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 9143 9.3: what cannot multiplex is not in the group; what is not RTP says rtcp-mux for the others (9.3.1.1). */
static enum sip_err test_sdp_offer_bundles_only_with_rtcp_mux(void)
{
	static const struct sip_str sctp[] = { SIP_STR_INIT("UDP/DTLS/SCTP") };
	static const struct sip_sdp_codec channel[] = { { .encoding = SIP_STR_INIT("webrtc-datachannel") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(10000), sdp_can_video(10002), sdp_can_audio(10004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	media[0].codec_count = media[1].codec_count = 1;
	media[0].is_bundle_only = true;
	media[1].has_rtcp_mux = true;
	media[2].type = SIP_STR("application");
	media[2].protos = sctp;
	media[2].codecs = channel;
	media[2].codec_count = 1;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE 1 2\n"
			"m=audio 10000 RTP/AVP 0\na=mid:0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
			"m=video 10002 RTP/AVP 31\na=mid:1\na=rtpmap:31 H261/90000\na=sendrecv\na=rtcp-mux\n"
			"m=application 10004 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\na=sendrecv\na=rtcp-mux\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* RFC 9143 7.2.2, and a section that is only there within the bundle (7.2.3). */
static enum sip_err test_sdp_offer_bundles(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(10000), sdp_can_video(10002), sdp_can_audio(10004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	media[0].is_bundle_only = true;
	media[1].mid = SIP_STR("0");
	for (size_t i = 0; i < 3; i++)
		media[i].has_rtcp_mux = true;
	media[0].codecs = media[2].codecs = &sdp_audio[1];
	media[0].codec_count = media[2].codec_count = 2;
	media[1].codec_count = 1;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	/* What is bundle-only says nothing of a transport (7.1.3). Static numbers may be there twice, the others are of one kind throughout the bundle. */
	SDP_TEXT(t.sdp, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE 0 1 2\n"
			"m=audio 0 RTP/AVP 8 96\na=mid:1\na=rtpmap:8 PCMA/8000\na=rtpmap:96 iLBC/8000\na=sendrecv\na=bundle-only\n"
			"m=video 10002 RTP/AVP 31\na=mid:0\na=rtpmap:31 H261/90000\na=sendrecv\na=rtcp-mux\n"
			"m=audio 10004 RTP/AVP 8 97\na=mid:2\na=rtpmap:8 PCMA/8000\na=rtpmap:97 iLBC/8000\na=sendrecv\n"
			"a=rtcp-mux\n");
	sip_sdp_session_refuse(&t.session);
	can.media_count = 1;
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_EQ(t.sdp->media[0].port, 10000);
	/* The version goes up, though nobody took the first one. */
	UNIT_STR(t.sdp->origin.session_version, "2");
out:
	sdp_trial_end(&t);
	return err;
}

/* Once bundled, each section that has a port says whose keys the transport has, and its ICE, as the tagged one does. */
static enum sip_err test_sdp_offer_of_a_bundle_has_its_transport_in_each_section(void)
{
	static const struct sip_sdp_attribute own[][2] = {
		{ { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 00") }, { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("AAAA") } },
		{ { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 11") }, { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("BBBB") } },
		{ { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("CCCC") }, { SIP_STR_INIT("x"), SIP_STR_INIT("y") } },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(10000), sdp_can_video(10002), sdp_can_audio(10004) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 3);
	struct sip_sdp *theirs;
	struct sdp_trial t;
	enum sip_err err;

	sdp_trial_begin(&t);
	can.has_bundle = true;
	for (size_t i = 0; i < 3; i++) {
		media[i].has_rtcp_mux = true;
		media[i].codec_count = 1;
		media[i].attributes = own[i];
		media[i].attribute_count = 2;
	}
	UNIT_TRY(sdp_read(&t.arena,
			  "v=0\no=- 1 1 IN IP4 192.0.2.2\nc=IN IP4 192.0.2.2\na=group:BUNDLE a b c\nm=audio 1 RTP/AVP 0\na=mid:a\na=rtcp-mux\n"
			  "a=fingerprint:sha-1 22\nm=video 1 RTP/AVP 31\na=mid:b\na=rtcp-mux\nm=audio 1 RTP/AVP 0\na=mid:c\na=rtcp-mux\n",
			  &theirs));
	UNIT_TRY(sip_sdp_session_take_offer(&t.session, theirs, NULL));
	UNIT_TRY(sip_sdp_session_answer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_CHECK(sip_sdp_attribute_find(&t.sdp->media[0].section, SIP_SDP_FINGERPRINT) != NULL);
	UNIT_STR(sip_sdp_attribute_find(&t.sdp->media[1].section, SIP_SDP_FINGERPRINT)->value, "sha-1 00");
	UNIT_CHECK(!sip_sdp_attribute_find(&t.sdp->media[1].section, SIP_SDP_ICE_UFRAG));
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	SDP_TEXT(t.sdp, "v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE a b c\n"
			"m=audio 10000 RTP/AVP 0\na=mid:a\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\na=fingerprint:sha-1 00\na=ice-ufrag:AAAA\n"
			"m=video 10000 RTP/AVP 31\na=mid:b\na=rtpmap:31 H261/90000\na=sendrecv\na=rtcp-mux\na=fingerprint:sha-1 00\na=ice-ufrag:AAAA\n"
			"m=audio 10000 RTP/AVP 0\na=mid:c\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\na=x:y\na=fingerprint:sha-1 00\n"
			"a=ice-ufrag:AAAA\n");
out:
	sdp_trial_end(&t);
	return err;
}

/* Every dynamic number, then those that were kept for others, and no more. */
static enum sip_err test_sdp_offer_of_too_many_formats_leaves_some_out(void)
{
	static struct sip_sdp_codec codecs[70];
	static char names[70][4];
	struct sip_sdp_media_capability media[] = { sdp_can_audio(10000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err;

	for (size_t i = 0; i < SIP_COUNTOF(codecs); i++) {
		names[i][0] = 'c';
		names[i][1] = (char)('a' + i / 10);
		names[i][2] = (char)('a' + i % 10);
		codecs[i] = (struct sip_sdp_codec){ .encoding = sip_str_make(names[i], 3), .clock = 8000, .payload = 200 };
	}
	sdp_trial_begin(&t);
	media[0].codecs = codecs;
	media[0].codec_count = SIP_COUNTOF(codecs);
	UNIT_TRY(sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp));
	UNIT_EQ(t.sdp->media[0].format_count, 32 + 29);
	UNIT_STR(t.sdp->media[0].formats[32], "35");
	UNIT_STR(t.sdp->media[0].formats[60], "63");
out:
	sdp_trial_end(&t);
	return err;
}

static enum sip_err test_sdp_offer_of_what_no_sdp_can_hold_is_refused(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(10000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1\r\nx", media, 1);
	struct sdp_trial t;

	sdp_trial_begin(&t);
	enum sip_err err = sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp);
	UNIT_CHECK(err == SIP_E_INVAL && t.sdp == NULL);
	can.address = SIP_STR("192.0.2.1");
	media[0].proto_count = 0;
	err = sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp);
	UNIT_CHECK(err == SIP_E_INVAL);
	media[0].proto_count = 1;
	media[0].codec_count = 0;
	err = sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp);
	UNIT_CHECK(err == SIP_E_INVAL);
	media[0].codec_count = 1;
	media[0].mid = SIP_STR("a b\n");
	err = sip_sdp_session_offer(&t.session, &t.arena, &can, &t.sdp);
	UNIT_CHECK(err == SIP_E_INVAL);
	UNIT_EQ(t.session.turn, SIP_SDP_IDLE);
	sdp_trial_end(&t);
	return err == SIP_E_NOMEM ? err : SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_offer_names_all_we_can),
	UNIT_CASE(test_sdp_offer_says_the_channels_of_opus),
	UNIT_CASE(test_sdp_offer_says_everything_that_is_given),
	UNIT_CASE(test_sdp_offer_of_what_is_not_rtp_has_no_numbers),
	UNIT_CASE(test_sdp_offer_bundles),
	UNIT_CASE(test_sdp_offer_of_a_bundle_has_its_transport_in_each_section),
	UNIT_CASE(test_sdp_offer_bundles_only_with_rtcp_mux),
	UNIT_CASE(test_sdp_offer_of_too_many_formats_leaves_some_out),
	UNIT_CASE(test_sdp_offer_of_what_no_sdp_can_hold_is_refused),
};
SUITE(sdp_offer);
