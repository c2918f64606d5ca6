#include "tests/unit/stack/content/sdp_rooms_test.h"

#include <stdio.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
#define THEIRS "v=0\no=- 7 7 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"

static enum sip_err check_fit(struct sdp_trial *t, const char *offer, int line)
{
	struct sip_sdp *read;
	enum sip_err err = sdp_read(&t->arena, offer, &read);

	if (err == SIP_OK)
		err = sip_sdp_answer_check(read, t->sdp, NULL);
	unit_check(err == SIP_OK || err == SIP_E_NOMEM, offer, __FILE__, line);
	return err;
}

/* A new session's answer to the offer says this, and fits it (NULL: it is refused). */
static enum sip_err check_answer(const struct sip_sdp_capabilities *can, const char *offer, const char *answer, int line)
{
	struct sdp_trial t;

	sdp_trial_begin(&t);
	enum sip_err err = sdp_answer_to(&t.session, &t.arena, can, offer, &t.sdp);
	if (err == SIP_OK) {
		sdp_check_text(t.sdp, answer ? answer : "", __FILE__, line);
		err = check_fit(&t, offer, line);
	} else if (err != SIP_E_NOMEM) {
		unit_check(!answer && err == SIP_E_UNSUPPORTED, offer, __FILE__, line);
		UNIT_EQ(t.session.turn, SIP_SDP_OFFER_TAKEN);
		err = SIP_OK;
	}
	sdp_trial_end(&t);
	return err;
}
#define ANSWER(can, offer, answer)                                        \
	do {                                                              \
		err = check_answer((can), (offer), (answer), __LINE__);   \
		if (err != SIP_OK)                                        \
			return err;                                       \
	} while (0)

/* RFC 3264 10.1 and RFC 4317 2.2: what we cannot do is refused in its place. */
static enum sip_err test_sdp_answer_keeps_order_and_refuses_with_port_0(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(49920), sdp_can_video(53000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	enum sip_err err;

	media[1].codecs = &sdp_video[1];
	media[1].codec_count = 1;
	ANSWER(&can, THEIRS "m=audio 49170 RTP/AVP 0\na=rtpmap:0 PCMU/8000\nm=video 51372 RTP/AVP 31\na=rtpmap:31 H261/90000\n"
			    "m=video 53000 RTP/AVP 32\na=rtpmap:32 MPV/90000\n",
	       HEAD "m=audio 49920 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\nm=video 0 RTP/AVP 31\n"
		    "m=video 53000 RTP/AVP 32\na=rtpmap:32 MPV/90000\na=sendrecv\n");
	/* Unknown types, other transports, nothing that is left, ended ones. */
	ANSWER(&can,
	       THEIRS "m=image 1 udptl t38\nm=audio 2 RTP/SAVP 0\nm=audio 0 RTP/AVP 0\nm=audio 4 RTP/AVP 0\nm=audio 5 RTP/AVP 0\n",
	       HEAD "m=image 0 udptl t38\nm=audio 0 RTP/SAVP 0\nm=audio 0 RTP/AVP 0\n"
		    "m=audio 49920 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\nm=audio 0 RTP/AVP 0\n");
	ANSWER(&can, THEIRS "m=video 36924 RTP/AVP\nm=audio 4 RTP/AVP 0\n",
	       HEAD "m=video 0 RTP/AVP 0\nm=audio 49920 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=image 1 udptl t38\n", NULL);
	ANSWER(&can, THEIRS "m=image 0 udptl t38\n", HEAD "m=image 0 udptl t38\n");
	ANSWER(&can, THEIRS, HEAD);
	/* RFC 3264 6: "The "t=" line in the answer MUST equal that of the offer." */
	ANSWER(&can, "v=0\no=- 7 7 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=3034423619 3042462419\nr=604800 3600 0\nt=0 0\n",
	       "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=3034423619 3042462419\nr=604800 3600 0\nt=0 0\n");
	return SIP_OK;
}

/* RFC 3264 6.1: the offerer's numbers, in its order or ours. */
static enum sip_err test_sdp_answer_keeps_the_numbers_of_the_offer(void)
{
	static const char offer[] = THEIRS "m=audio 49170 RTP/AVP 18 105 8 105 99 200 x 77 0\na=rtpmap:105 ilbc/8000/1\n"
					   "a=rtpmap:99 iLBC/16000\n";
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	ANSWER(&can, offer,
	       HEAD "m=audio 5000 RTP/AVP 105 8 0\na=rtpmap:105 ilbc/8000/1\na=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n"
				 "a=sendrecv\n");
	can.is_our_order = true;
	ANSWER(&can, offer,
	       HEAD "m=audio 5000 RTP/AVP 0 8 105\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:105 ilbc/8000/1\n"
				 "a=sendrecv\n");
	return SIP_OK;
}

/* RFC 7587 7: "the number of channels MUST be 2"; who does not say it has no other. */
static enum sip_err test_sdp_answer_knows_opus_without_its_channels(void)
{
	static const struct sip_sdp_codec codecs[] = { { .encoding = SIP_STR_INIT("opus"), .clock = 48000, .channels = 2 } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codecs = codecs;
	media[0].codec_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 96\na=rtpmap:96 OPUS/48000\n",
	       HEAD "m=audio 5000 RTP/AVP 96\na=rtpmap:96 OPUS/48000\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 96\na=rtpmap:96 opus/48000/1\n", NULL);
	return SIP_OK;
}

/* RFC 3264 6.1: a stream is held by direction, or as RFC 2543 had it, by an address of zeros (8.4). */
static enum sip_err test_sdp_answer_mirrors_the_direction(void)
{
	static const struct {
		const char *offered;
		enum sip_sdp_direction ours;
		const char *answered;
	} directions[] = {
		{ "", SIP_SDP_SEND_AND_RECEIVE, "sendrecv" },
		{ "a=sendonly\n", SIP_SDP_SEND_AND_RECEIVE, "recvonly" },
		{ "a=recvonly\n", SIP_SDP_SEND_AND_RECEIVE, "sendonly" },
		{ "a=inactive\n", SIP_SDP_SEND_AND_RECEIVE, "inactive" },
		{ "a=sendrecv\n", SIP_SDP_SEND, "sendonly" },
		{ "a=sendonly\n", SIP_SDP_SEND, "inactive" },
		{ "a=recvonly\n", SIP_SDP_SEND, "sendonly" },
		{ "a=sendrecv\n", SIP_SDP_NEITHER, "inactive" },
		{ "c=IN IP4 0.0.0.0\n", SIP_SDP_SEND_AND_RECEIVE, "recvonly" },
		{ "c=IN IP4 0.0.0.0\na=recvonly\n", SIP_SDP_SEND_AND_RECEIVE, "inactive" },
		/* ICE has not found its address yet (RFC 8839 4.3.1). */
		{ "c=IN IP4 0.0.0.0\na=ice-ufrag:t\na=ice-pwd:t\n", SIP_SDP_SEND_AND_RECEIVE, "sendrecv" },
		{ "c=IN IP4 0.0.0.0\na=ice-ufrag:t\na=ice-pwd:t\na=sendonly\n", SIP_SDP_SEND_AND_RECEIVE, "recvonly" },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	char offer[256], answer[256];
	enum sip_err err;

	for (size_t i = 0; i < SIP_COUNTOF(directions); i++) {
		media[0].direction = directions[i].ours;
		(void)snprintf(offer, sizeof offer, THEIRS "m=audio 1 RTP/AVP 0\n%s", directions[i].offered);
		(void)snprintf(answer, sizeof answer, HEAD "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=%s\n",
			       directions[i].answered);
		ANSWER(&can, offer, answer);
	}
	return SIP_OK;
}

/* RFC 4733 2.1: events for each clock there is a codec of; beside others those that both know. */
static enum sip_err test_sdp_answer_keeps_events_by_their_clock(void)
{
	static const struct sip_sdp_codec codecs[] = {
		{ .encoding = SIP_STR_INIT("opus"), .clock = 48000, .channels = 2 }, SDP_CODEC("PCMU", 8000), SDP_CODEC("CN", 8000),
		{ .encoding = SIP_STR_INIT("telephone-event"), .clock = 48000, .fmtp = SIP_STR_INIT("0-15") },
		{ .encoding = SIP_STR_INIT("telephone-event"), .clock = 8000, .fmtp = SIP_STR_INIT("0-15") },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codecs = codecs;
	media[0].codec_count = 5;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 100 96 97 0 13 98\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\n"
			    "a=rtpmap:98 telephone-event/8000\na=rtpmap:100 telephone-event/16000\na=fmtp:98 0-11\n",
	       HEAD "m=audio 5000 RTP/AVP 96 97 0 13 98\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\n"
		    "a=fmtp:97 0-15\n"
		    "a=rtpmap:0 PCMU/8000\na=rtpmap:13 CN/8000\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0 97 98\na=rtpmap:97 telephone-event/48000\na=rtpmap:98 telephone-event/8000\n",
	       HEAD "m=audio 5000 RTP/AVP 0 98\na=rtpmap:0 PCMU/8000\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\n"
		    "a=sendrecv\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 96 98\na=rtpmap:96 opus/48000/2\na=rtpmap:98 telephone-event/8000\n",
	       HEAD "m=audio 5000 RTP/AVP 96 98\na=rtpmap:96 opus/48000/2\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\n"
		    "a=sendrecv\n");
	/* Noise is that of a codec, whatever events do. */
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 96 13 98\na=rtpmap:96 opus/48000/2\na=rtpmap:98 telephone-event/8000\n",
	       HEAD "m=audio 5000 RTP/AVP 96 98\na=rtpmap:96 opus/48000/2\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\n"
		    "a=sendrecv\n");
	/* Events alone where there is nothing else (RFC 3264 10.1), and what is unknown may be something else. */
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 98 13\na=rtpmap:98 telephone-event/8000\n",
	       HEAD "m=audio 5000 RTP/AVP 98 13\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\na=rtpmap:13 CN/8000\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 98 99\na=rtpmap:98 telephone-event/8000\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 98\na=rtpmap:98 telephone-event/16000\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 98\na=rtpmap:98 telephone-event/8000\nm=audio 2 RTP/AVP 0\n",
	       HEAD "m=audio 0 RTP/AVP 98\nm=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
	media[0].codecs = &codecs[4];
	media[0].codec_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 98\na=rtpmap:98 telephone-event/8000\n",
	       HEAD "m=audio 5000 RTP/AVP 98\na=rtpmap:98 telephone-event/8000\na=fmtp:98 0-15\na=sendrecv\n");
	return SIP_OK;
}

/* RFC 6184 8.2.2, RFC 4588 8.6, RFC 4585 4.2: video. */
static enum sip_err test_sdp_answer_tells_formats_apart_by_their_parameters(void)
{
	static const struct sip_str feedbacks[] = { SIP_STR_INIT("nack pli"), SIP_STR_INIT("ccm fir"), SIP_STR_INIT("goog-remb") };
	static const struct sip_sdp_codec codecs[] = {
		{ .encoding = SIP_STR_INIT("H264"), .clock = 90000,
		 .fmtp = SIP_STR_INIT("packetization-mode=1;profile-level-id=42e01f"),
		  .feedbacks = feedbacks, .feedback_count = 3 },
		SDP_CODEC("rtx", 90000), SDP_CODEC("red", 90000),
	};
	struct sip_sdp_media_capability media[] = { sdp_can_video(5002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codecs = codecs;
	media[0].codec_count = 3;
	ANSWER(&can, THEIRS "m=video 1 RTP/AVP 96 97 98 99 100 101 102 103 104\n"
			    "a=rtpmap:96 H264/90000\na=rtpmap:97 H264/90000\n"
			    "a=fmtp:97 profile-level-id=640028;packetization-mode=1\n"
			    "a=rtpmap:98 H264/90000\na=fmtp:98 Packetization-Mode=1; profile-level-id=420014\n"
			    "a=rtpmap:99 rtx/90000\na=fmtp:99 apt=97\na=rtpmap:100 rtx/90000\na=fmtp:100 rtx-time=3000;apt=98\n"
			    "a=rtpmap:101 rtx/90000\na=rtpmap:102 red/90000\na=fmtp:102 98/98\na=rtpmap:103 red/90000\n"
			    "a=fmtp:103 98/97\n"
			    "a=rtpmap:104 red/90000\na=fmtp:104 98/999\n"
			    "a=rtcp-fb:* ccm fir\na=rtcp-fb:97 goog-remb\na=rtcp-fb:98 NACK PLI\na=rtcp-fb:98 nack\na=rtcp-fb\n",
	       HEAD "m=video 5002 RTP/AVP 98 100 102 104\na=rtpmap:98 H264/90000\n"
		    "a=fmtp:98 packetization-mode=1;profile-level-id=42e01f\n"
		    "a=rtcp-fb:98 nack pli\na=rtcp-fb:98 ccm fir\na=rtpmap:100 rtx/90000\na=fmtp:100 rtx-time=3000;apt=98\n"
		    "a=rtpmap:102 red/90000\na=fmtp:102 98/98\na=rtpmap:104 red/90000\na=fmtp:104 98/999\na=sendrecv\n");
	return SIP_OK;
}

/* RFC 7261 3.1: without annex B when the offer is. */
static enum sip_err test_sdp_answer_copies_what_has_to_be_said_again(void)
{
	static const struct sip_sdp_codec bare[] = { SDP_CODEC("G729", 8000) };
	static const struct sip_sdp_codec own[] = { { .encoding = SIP_STR_INIT("G729"), .clock = 8000,
						     .fmtp = SIP_STR_INIT("x=1") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codecs = bare;
	media[0].codec_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 18\na=fmtp:18 annexb=no\n",
	       HEAD "m=audio 5000 RTP/AVP 18\na=rtpmap:18 G729/8000\na=fmtp:18 annexb=no\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 18\n", HEAD "m=audio 5000 RTP/AVP 18\na=rtpmap:18 G729/8000\na=sendrecv\n");
	media[0].codecs = own;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 18\na=fmtp:18 annexb=no\n",
	       HEAD "m=audio 5000 RTP/AVP 18\na=rtpmap:18 G729/8000\na=fmtp:18 x=1;annexb=no\na=sendrecv\n");
	return SIP_OK;
}

/* What stands in an answer only if the offer has it: RFC 5761, RFC 5506, RFC 8285, RFC 4568, RFC 4145. */
static enum sip_err test_sdp_answer_echoes_and_keeps_to_itself(void)
{
	static const struct sip_sdp_attribute given[] = {
		{ SIP_STR_INIT("rtcp-rsize"), { NULL, 0 } }, { SIP_STR_INIT("extmap"), SIP_STR_INIT("5 urn:a") },
		{ SIP_STR_INIT("extmap"), SIP_STR_INIT("6 urn:b") }, { SIP_STR_INIT("extmap"), SIP_STR_INIT("7 urn:c") },
		{ SIP_STR_INIT("extmap"), SIP_STR_INIT("broken") }, { SIP_STR_INIT("x-own"), SIP_STR_INIT("1") },
		{ SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:ours80") },
		{ SIP_STR_INIT("crypto"), SIP_STR_INIT("2 S_32 inline:ours32") },
		{ SIP_STR_INIT("label"), SIP_STR_INIT("1") },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codec_count = 1;
	media[0].has_rtcp_mux = true;
	media[0].setup = SIP_SDP_ACTPASS;
	media[0].attributes = given;
	media[0].attribute_count = SIP_COUNTOF(given);
	ANSWER(&can,
	       THEIRS "a=extmap:3 urn:b\nm=audio 1 RTP/AVP 0\na=mid:x\na=rtcp-mux\na=rtcp-rsize\na=extmap:2/sendonly urn:a\n"
		      "a=extmap:1\n"
			    "a=crypto:bad\na=crypto:1 OTHER inline:x\na=crypto:2 S_32 inline:theirs\n"
			    "a=crypto:3 S_80 inline:theirs\n"
			    "a=setup:actpass\n",
	       HEAD "m=audio 5000 RTP/AVP 0\na=mid:x\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\n"
		    "a=crypto:2 S_32 inline:ours32\na=rtcp-rsize\na=extmap:2/recvonly urn:a\na=extmap:3 urn:b\na=x-own:1\na=label:1\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\n",
	       HEAD "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=x-own:1\na=label:1\n");
	/* RFC 8643 3.2: "To decline OSRTP, the answerer generates an SDP answer omitting SRTP keying attributes". */
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\na=crypto:1 OTHER inline:x\n",
	       HEAD "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=x-own:1\na=label:1\n");
	return SIP_OK;
}

/* RFC 4568 6.3: what is negotiated holds for both sides or is not taken, what nobody knows as well, unless '-' stands before it. */
static enum sip_err test_sdp_answer_to_srtp_minds_session_parameters(void)
{
#define SAVP "m=audio 1 RTP/SAVP 0\n"
#define OURS(text) HEAD "m=audio 5000 RTP/SAVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=crypto:" text "\n"
	static const struct sip_str protos[] = { SIP_STR_INIT("RTP/SAVP") };
	static const struct sip_sdp_attribute crypto[] = {
		{ SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:ours KDR=1") },
		{ SIP_STR_INIT("crypto"), SIP_STR_INIT("2 S_80 inline:clear UNENCRYPTED_SRTCP  UNAUTHENTICATED_SRTP") },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].codec_count = 1;
	media[0].protos = protos;
	media[0].attributes = crypto;
	media[0].attribute_count = 2;
	ANSWER(&can, THEIRS SAVP "a=crypto:3 S_80 inline:t WSH=64 FEC_ORDER=FEC_SRTP -NEW=1 -x\n", OURS("3 S_80 inline:ours KDR=1"));
	ANSWER(&can, THEIRS SAVP "a=crypto:3 S_80 inline:t NEW=1\na=crypto:4 S_80 inline:t\n", OURS("4 S_80 inline:ours KDR=1"));
	ANSWER(&can, THEIRS SAVP "a=crypto:3 S_80 inline:t UNAUTHENTICATED_SRTP UNENCRYPTED_SRTCP\n",
	       OURS("3 S_80 inline:clear UNENCRYPTED_SRTCP  UNAUTHENTICATED_SRTP"));
	ANSWER(&can, THEIRS SAVP "a=crypto:3 S_80 inline:t UNENCRYPTED_SRTCP\n", NULL);
	return SIP_OK;
#undef SAVP
#undef OURS
}

/* RFC 4568 7.1.2, 5.3: never in the clear what says that it is not. */
static enum sip_err test_sdp_answer_to_srtp_needs_keys(void)
{
	static const struct sip_str protos[] = { SIP_STR_INIT("RTP/SAVP"), SIP_STR_INIT("UDP/TLS/RTP/SAVPF") };
	static const struct sip_sdp_attribute fingerprint = { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") };
	static const struct sip_sdp_attribute crypto = { SIP_STR_INIT("crypto"), SIP_STR_INIT("7 S_80 inline:ours") };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	media[0].protos = protos;
	media[0].proto_count = 2;
	ANSWER(&can, THEIRS "m=audio 1 RTP/SAVP 0\na=crypto:1 S_80 inline:theirs\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-1 02\n", NULL);
	media[0].attributes = &crypto;
	media[0].attribute_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/SAVP 0\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 RTP/SAVP 0\na=fingerprint:sha-1 02\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 RTP/SAVP 0\na=crypto:1 S_32 inline:theirs\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 RTP/SAVP 0\na=crypto:1 S_80 inline:theirs\n",
	       HEAD "m=audio 5000 RTP/SAVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\na=crypto:1 S_80 inline:ours\n");
	/* Keys that another one of the bundle has are none for who is not in it, for want of rtcp-mux. */
	can.has_bundle = true;
	ANSWER(&can,
	       THEIRS "a=group:BUNDLE a b\nm=image 1 udptl t38\na=mid:a\na=crypto:1 S_80 inline:theirs\n"
		      "m=audio 2 RTP/SAVP 0\na=mid:b\n",
	       NULL);
	can.has_bundle = false;
	can.attributes = &fingerprint;
	can.attribute_count = 1;
	/* DTLS has its own (RFC 5763 5), whatever else there is. */
	ANSWER(&can, THEIRS "m=audio 1 UDP/TLS/RTP/SAVPF 0\na=setup:actpass\na=crypto:1 S_80 inline:theirs\n", NULL);
	media[0].attribute_count = 0;
	ANSWER(&can, THEIRS "m=audio 1 UDP/TLS/RTP/SAVPF 0\n", NULL);
	ANSWER(&can, THEIRS "m=audio 1 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-1 02\n",
	       HEAD "a=fingerprint:sha-1 01\nm=audio 5000 UDP/TLS/RTP/SAVPF 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
	return SIP_OK;
}

/* RFC 8285 7: "If an extension is marked as "sendonly" and the answerer desires to receive it", it is "recvonly". */
static enum sip_err test_sdp_answer_mirrors_the_direction_of_extensions(void)
{
	static const struct {
		const char *stream, *offered, *ours;
		enum sip_sdp_direction direction; /* ours, of the stream */
		const char *answered;
	} extensions[] = {
		{ "sendrecv", "", "", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2 urn:a\n" },
		{ "sendrecv", "/sendrecv", "", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2 urn:a\n" },
		{ "sendrecv", "/sendonly", "", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2/recvonly urn:a\n" },
		{ "sendrecv", "/recvonly", "", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2/sendonly urn:a\n" },
		{ "sendrecv", "/recvonly", "/recvonly", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\n" },
		{ "sendrecv", "", "/recvonly", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2/recvonly urn:a\n" },
		{ "sendrecv", "/inactive", "", SIP_SDP_SEND_AND_RECEIVE, "a=sendrecv\na=extmap:2/inactive urn:a\n" },
		{ "sendonly", "/sendonly", "", SIP_SDP_SEND_AND_RECEIVE, "a=recvonly\na=extmap:2/recvonly urn:a\n" },
		/* "It is an error to use an extension direction incompatible with the stream direction." */
		{ "sendrecv", "/sendonly", "", SIP_SDP_SEND, "a=sendonly\na=extmap:2/inactive urn:a\n" },
		{ "inactive", "/sendonly", "", SIP_SDP_SEND_AND_RECEIVE, "a=inactive\na=extmap:2/recvonly urn:a\n" },
	};
	struct sip_sdp_attribute given = { SIP_STR_INIT("extmap"), { NULL, 0 } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	char offer[256], answer[256], ours[64];
	enum sip_err err;

	media[0].attributes = &given;
	media[0].attribute_count = 1;
	for (size_t i = 0; i < SIP_COUNTOF(extensions); i++) {
		(void)snprintf(ours, sizeof ours, "5%s urn:a", extensions[i].ours);
		given.value = sip_str_of(ours);
		media[0].direction = extensions[i].direction;
		(void)snprintf(offer, sizeof offer, THEIRS "m=audio 1 RTP/AVP 0\na=%s\na=extmap:2%s urn:a\n",
			       extensions[i].stream, extensions[i].offered);
		(void)snprintf(answer, sizeof answer, HEAD "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n%s",
			       extensions[i].answered);
		ANSWER(&can, offer, answer);
	}
	return SIP_OK;
}

/* RFC 4145 4.1, of RTP over TCP (RFC 4571). */
static enum sip_err test_sdp_answer_takes_the_other_role(void)
{
	static const struct sip_str tcp[] = { SIP_STR_INIT("TCP/RTP/AVP") };
	static const struct {
		const char *offered;
		enum sip_sdp_role wanted;
		const char *answered;
	} roles[] = {
		{ "a=setup:actpass\n", SIP_SDP_ACTIVE, "a=setup:active\n" },
		{ "a=setup:actpass\n", SIP_SDP_PASSIVE, "a=setup:passive\n" },
		{ "a=setup:active\n", SIP_SDP_ACTIVE, "a=setup:passive\n" },
		{ "a=setup:passive\n", SIP_SDP_PASSIVE, "a=setup:active\n" },
		{ "a=setup:holdconn\n", SIP_SDP_ACTIVE, "a=setup:holdconn\n" },  { "a=setup:actpass\n", SIP_SDP_ROLE_NONE, "" },
		{ "", SIP_SDP_ACTIVE, "" },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	char offer[256], answer[256];
	enum sip_err err;

	media[0].protos = tcp;
	for (size_t i = 0; i < SIP_COUNTOF(roles); i++) {
		media[0].setup = roles[i].wanted;
		(void)snprintf(offer, sizeof offer, THEIRS "m=audio 1 TCP/RTP/AVP 0\n%s", roles[i].offered);
		(void)snprintf(answer, sizeof answer, HEAD "m=audio 5000 TCP/RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n%s",
			       roles[i].answered);
		ANSWER(&can, offer, answer);
	}
	return SIP_OK;
}

/* RFC 4145, RFC 4975, RFC 8841: what is not RTP. */
static enum sip_err test_sdp_answer_to_what_is_not_rtp(void)
{
	static const struct sip_str protos[] = { SIP_STR_INIT("UDP/DTLS/SCTP"), SIP_STR_INIT("TCP/MSRP") };
	static const struct sip_sdp_codec codecs[] = { { .encoding = SIP_STR_INIT("webrtc-datachannel"),
							.fmtp = SIP_STR_INIT("x=1") } };
	struct sip_sdp_media_capability media[] = { { .type = SIP_STR_INIT("application"), .protos = protos, .proto_count = 2,
		.codecs = codecs, .codec_count = 1, .direction = SIP_SDP_SEND_AND_RECEIVE, .port = 9 } };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	enum sip_err err;

	ANSWER(&can, THEIRS "m=application 1 udp/dtls/sctp other webrtc-datachannel\n",
	       HEAD "m=application 9 udp/dtls/sctp webrtc-datachannel\na=fmtp:webrtc-datachannel x=1\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=application 1 TCP/MSRP *\n", HEAD "m=application 9 TCP/MSRP *\na=fmtp:* x=1\na=sendrecv\n");
	ANSWER(&can, THEIRS "m=application 1 TCP/MSRP other\n", NULL);
	return SIP_OK;
}

/* RFC 9143 7.3: one address for all that are bundled, which the first says with all that is of the transport; the others repeat it. */
static enum sip_err test_sdp_answer_bundles_what_was_offered_so(void)
{
#define GROUP(ids) "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE " ids "\n"
#define FOO(port) "m=audio " port " RTP/AVP 0\na=mid:foo\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
#define KEYS "a=ice-ufrag:u\na=fingerprint:sha-1 01\n"
#define BAR(port) "m=video " port " RTP/AVP 32\na=mid:bar\na=rtpmap:32 MPV/90000\na=sendrecv\n"
	static const struct sip_sdp_attribute given[] = { { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("u") },
							  { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(20000), sdp_can_video(20002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	static const char offer[] = THEIRS "a=group:LS foo\na=group:BUNDLE foo bar\na=ice-ufrag:t\n"
					   "a=fingerprint:sha-1 02\nm=audio 10000 RTP/AVP 0\na=mid:foo\n"
					   "a=rtcp-mux\na=setup:actpass\nm=video 10002 RTP/AVP 32\na=mid:bar\na=rtcp-mux\n"
					   "a=setup:actpass\n";
	static const char only[] = THEIRS "a=group:BUNDLE foo bar\nm=audio 10000 RTP/AVP 0\na=mid:foo\na=rtcp-mux\na=ice-ufrag:t\n"
					  "m=video 0 RTP/AVP 32\na=mid:bar\na=bundle-only\n";
	static const char unmuxed[] = THEIRS "a=group:BUNDLE foo bar\na=ice-ufrag:t\nm=audio 10000 RTP/AVP 0\na=mid:foo\n"
					     "m=video 10002 RTP/AVP 32\na=mid:bar\n";
	enum sip_err err;

	can.has_bundle = true;
	media[0].codec_count = 1;
	for (size_t i = 0; i < 2; i++) {
		media[i].has_rtcp_mux = true;
		media[i].rtcp_port = (uint16_t)(media[i].port + 1);
		media[i].setup = SIP_SDP_PASSIVE;
		media[i].attributes = given;
		media[i].attribute_count = SIP_COUNTOF(given);
	}
	ANSWER(&can, offer, GROUP("foo bar") FOO("20000") "a=rtcp-mux\na=setup:passive\n" KEYS BAR("20000")
			    "a=rtcp-mux\na=setup:passive\n" KEYS);
	ANSWER(&can, only, GROUP("foo bar") FOO("20000") "a=rtcp-mux\na=ice-ufrag:u\n" BAR("20000") "a=rtcp-mux\na=ice-ufrag:u\n");
	/* The first that is accepted is the one whose address counts; one that is refused is not in the group (7.3.3). */
	media[0].port = 0;
	ANSWER(&can, offer, GROUP("bar") "m=audio 0 RTP/AVP 0\na=mid:foo\n" BAR("20002")
			    "a=rtcp-mux\na=setup:passive\n" KEYS);
	/* Nothing is left that could carry it. */
	ANSWER(&can, only, NULL);
	media[0].port = 20000;
	/* Without formats it is as good as refused, wherever its port is. */
	struct sip_sdp_media_capability video = media[1];
	media[1].type = media[0].type;
	media[1].codecs = media[0].codecs;
	ANSWER(&can, THEIRS "a=group:BUNDLE foo bar\nm=audio 10000 RTP/AVP 0\na=mid:foo\na=rtcp-mux\n"
			    "m=audio 7 RTP/AVP\na=mid:bar\na=bundle-only\na=rtcp-mux\n",
	       GROUP("foo") FOO("20000") "a=rtcp-mux\nm=audio 0 RTP/AVP 0\na=mid:bar\n");
	media[1] = video;
	/* Without rtcp-mux, theirs or ours, there is no bundle (9.3). */
	ANSWER(&can, unmuxed, HEAD FOO("20000") "a=rtcp:20001\na=ice-ufrag:u\n" BAR("20002") "a=rtcp:20003\na=ice-ufrag:u\n");
	media[1].has_rtcp_mux = false;
	ANSWER(&can, offer, GROUP("foo") FOO("20000") "a=rtcp-mux\na=setup:passive\n" KEYS BAR("20002")
			    "a=rtcp:20003\na=setup:passive\n" KEYS);
	can.has_bundle = false;
	ANSWER(&can, only,
	       HEAD FOO("20000") "a=rtcp:20001\na=rtcp-mux\na=ice-ufrag:u\nm=video 0 RTP/AVP 32\na=mid:bar\n");
	return SIP_OK;
#undef GROUP
#undef FOO
#undef KEYS
#undef BAR
}

/* RFC 9143 7.1.3: the keys of a bundle are those of its tagged section; SRTP that cannot live by them has a transport of its own. */
static enum sip_err test_sdp_answer_bundles_srtp_by_the_keys_of_the_first(void)
{
#define GROUP(ids) "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE " ids "\n"
#define OFFER THEIRS "a=group:BUNDLE a b\n"
#define A(proto, rest) "m=audio 1 " proto " 0\na=mid:a\na=rtcp-mux\n" rest
#define B(port, proto, rest) "m=video " port " " proto " 32\na=mid:b\na=rtcp-mux\n" rest
#define OUR_A(proto, rest) "m=audio 5000 " proto " 0\na=mid:a\na=rtpmap:0 PCMU/8000\na=sendrecv\na=rtcp-mux\n" rest
#define OUR_B(port, proto, rest) "m=video " port " " proto " 32\na=mid:b\na=rtpmap:32 MPV/90000\na=sendrecv\na=rtcp-mux\n" rest
#define CRYPTO "a=crypto:1 S_80 inline:k\n"
#define MUX "a=rtcp-mux\n"
#define C "m=audio 4 RTP/SAVP 0\na=mid:c\n" MUX CRYPTO
#define OUR_C "m=audio 5000 RTP/SAVP 0\na=mid:c\na=rtpmap:0 PCMU/8000\na=sendrecv\n" MUX CRYPTO
#define DTLS "a=fingerprint:sha-1 01\n"
#define TLS "UDP/TLS/RTP/SAVPF"
	static const struct sip_str protos[] = { SIP_STR_INIT("RTP/AVP"), SIP_STR_INIT("RTP/SAVP"), SIP_STR_INIT(TLS) };
	static const struct sip_sdp_attribute keys[] = { { SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:k") },
							 { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000), sdp_can_video(5002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	enum sip_err err;

	can.has_bundle = true;
	for (size_t i = 0; i < 2; i++) {
		media[i].has_rtcp_mux = true;
		media[i].protos = protos;
		media[i].proto_count = SIP_COUNTOF(protos);
		media[i].attributes = keys;
	}
	media[1].attribute_count = 2;
	ANSWER(&can, OFFER A("RTP/AVP", "") B("2", "RTP/SAVP", CRYPTO),
	       GROUP("a") OUR_A("RTP/AVP", "") OUR_B("5002", "RTP/SAVP", CRYPTO));
	ANSWER(&can, OFFER A("RTP/AVP", "") B("0", "RTP/SAVP", CRYPTO "a=bundle-only\n"),
	       GROUP("a") OUR_A("RTP/AVP", "") "m=video 0 RTP/SAVP 32\na=mid:b\n");
	/* Those of the first do, whatever ours are in the other. */
	media[0].attribute_count = 1;
	media[1].attribute_count = 0;
	ANSWER(&can, OFFER A("RTP/SAVP", CRYPTO) B("2", "RTP/SAVP", CRYPTO),
	       GROUP("a b") OUR_A("RTP/SAVP", CRYPTO) OUR_B("5000", "RTP/SAVP", ""));
	ANSWER(&can, OFFER A("RTP/SAVP", CRYPTO) B("0", "RTP/SAVP", "a=bundle-only\n"),
	       GROUP("a b") OUR_A("RTP/SAVP", CRYPTO) OUR_B("5000", "RTP/SAVP", ""));
	ANSWER(&can, OFFER A("RTP/SAVP", CRYPTO) B("2", TLS, DTLS),
	       GROUP("a") OUR_A("RTP/SAVP", CRYPTO) "m=video 0 " TLS " 32\na=mid:b\n");
	media[1].attribute_count = 2;
	ANSWER(&can, OFFER A("RTP/SAVP", CRYPTO) B("2", TLS, DTLS),
	       GROUP("a") OUR_A("RTP/SAVP", CRYPTO) OUR_B("5002", TLS, DTLS));
	/* Who has none of its own carries nobody. */
	ANSWER(&can, OFFER A("RTP/SAVP", "") B("2", "RTP/SAVP", CRYPTO),
	       GROUP("b") "m=audio 0 RTP/SAVP 0\na=mid:a\n" OUR_B("5002", "RTP/SAVP", CRYPTO));
	/* What nothing of ours stands for carries nobody: the next that may be does, and what has to carry is not used up by what may not. */
	ANSWER(&can, THEIRS "a=group:BUNDLE t b a\nm=text 3 RTP/SAVP 0\na=mid:t\n" MUX CRYPTO A("RTP/SAVP", "") B("2", "RTP/SAVP", CRYPTO),
	       GROUP("b a") "m=text 0 RTP/SAVP 0\na=mid:t\nm=audio 5002 RTP/SAVP 0\na=mid:a\na=rtpmap:0 PCMU/8000\na=sendrecv\n" MUX
	       OUR_B("5002", "RTP/SAVP", CRYPTO));
	ANSWER(&can, THEIRS "a=group:BUNDLE t a c\nm=text 3 RTP/SAVP 0\na=mid:t\n" MUX CRYPTO A("RTP/SAVP", "") C,
	       GROUP("c") "m=text 0 RTP/SAVP 0\na=mid:t\nm=audio 0 RTP/SAVP 0\na=mid:a\n" OUR_C);
	ANSWER(&can, THEIRS "a=group:BUNDLE t c a\nm=text 3 RTP/SAVP 0\na=mid:t\n" MUX CRYPTO A("RTP/SAVP", "") C,
	       GROUP("c") "m=text 0 RTP/SAVP 0\na=mid:t\nm=audio 0 RTP/SAVP 0\na=mid:a\n" OUR_C);
	return SIP_OK;
#undef GROUP
#undef OFFER
#undef A
#undef B
#undef OUR_A
#undef OUR_B
#undef CRYPTO
#undef MUX
#undef C
#undef OUR_C
#undef DTLS
#undef TLS
}

/* RFC 9143 9.3.1.2: rtcp-mux "in the answerer-tagged "m=" section", of RTP or not; and DTLS is not put where there is none. */
static enum sip_err test_sdp_answer_bundles_by_a_first_that_is_no_rtp(void)
{
#define GROUP(ids) "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE " ids "\n"
#define DATA(port, format, rest) "m=application " port " UDP/DTLS/SCTP " format "\na=mid:d\n" rest
#define AUDIO(rest) "m=audio 2 RTP/AVP 0\na=mid:a\n" rest
#define OURS(port, rest) "m=audio " port " RTP/AVP 0\na=mid:a\na=rtpmap:0 PCMU/8000\na=sendrecv\n" rest
#define MUX "a=rtcp-mux\n"
#define DTLS "a=fingerprint:sha-1 01\n"
	static const struct sip_str protos[] = { SIP_STR_INIT("UDP/DTLS/SCTP"), SIP_STR_INIT("RTP/AVP") };
	static const struct sip_sdp_codec data[] = { SDP_CODEC("x", 0) };
	static const struct sip_sdp_attribute keys[] = { { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000), sdp_can_audio(5002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	struct sdp_trial t;
	enum sip_err err;

	can.has_bundle = true;
	media[0].has_rtcp_mux = true;
	media[1].type = SIP_STR("application");
	media[1].protos = protos;
	media[1].codecs = data;
	media[1].codec_count = 1;
	ANSWER(&can, THEIRS "a=group:BUNDLE d a\n" DATA("1", "x", "") AUDIO(MUX),
	       GROUP("d a") DATA("5002", "x", "a=sendrecv\n" MUX) OURS("5002", MUX));
	ANSWER(&can, THEIRS "a=group:BUNDLE d a\n" AUDIO(MUX) DATA("1", "x", ""),
	       GROUP("d a") OURS("5002", MUX) DATA("5002", "x", "a=sendrecv\n" MUX));
	ANSWER(&can, THEIRS "a=group:BUNDLE d a\n" DATA("1", "x", "") AUDIO(""),
	       GROUP("d") DATA("5002", "x", "a=sendrecv\n") OURS("5000", ""));
	media[1].attributes = keys;
	media[1].attribute_count = 1;
	ANSWER(&can, THEIRS "a=group:BUNDLE a d\n" AUDIO(MUX) DATA("1", "x", DTLS),
	       GROUP("a") OURS("5000", MUX) DATA("5002", "x", "a=sendrecv\n" DTLS));
	sdp_trial_begin(&t);
	err = sdp_answer_to(&t.session, &t.arena, &can, THEIRS "a=group:BUNDLE d a\n" DATA("1", "x", DTLS) AUDIO(MUX), &t.sdp);
	if (err == SIP_OK)
		err = sip_sdp_session_result(&t.session, &t.arena, &t.result);
	if (err == SIP_OK) {
		UNIT_EQ(t.result->streams[1].transport, 0);
		UNIT_EQ(t.result->streams[1].keys, SIP_SDP_KEYS_FINGERPRINT);
		UNIT_CHECK(t.result->streams[1].has_rtcp_mux && !t.result->streams[0].has_rtcp_mux);
	}
	sdp_trial_end(&t);
	return err;
#undef GROUP
#undef DATA
#undef AUDIO
#undef OURS
#undef MUX
#undef DTLS
}

/* RFC 8643 3.2: "The answer MUST NOT contain attributes from more than one keying method", offered or not. */
static enum sip_err test_sdp_answer_has_keys_of_one_kind(void)
{
#define OFFER(proto, keys) THEIRS "m=audio 1 " proto " 0\na=setup:actpass\n" keys
#define OURS(proto, keys) HEAD "m=audio 5000 " proto " 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n" keys
#define CRYPTO(who) "a=crypto:1 S_80 inline:" who "\n"
#define DTLS(sha) "a=fingerprint:sha-1 " sha "\n"
#define ROLE "a=setup:active\n"
#define TLS_ID(id) "a=tls-id:" id "\n"
#define MIKEY(text) "a=key-mgmt:mikey " text "\n"
	static const struct sip_str protos[] = { SIP_STR_INIT("RTP/SAVP"), SIP_STR_INIT("RTP/AVP"), SIP_STR_INIT("UDP/TLS/RTP/SAVPF") };
	static const struct sip_sdp_attribute given[] = {
		{ SIP_STR_INIT("key-mgmt"), SIP_STR_INIT("mikey ours") }, { SIP_STR_INIT("crypto"), SIP_STR_INIT("1 S_80 inline:ours") },
		{ SIP_STR_INIT("tls-id"), SIP_STR_INIT("ours") },         { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") },
	};
	static const struct {
		const char *offer, *answer;
		enum sip_sdp_keys keys;
	} pairs[] = {
		{ OFFER("RTP/SAVP", CRYPTO("theirs")), OURS("RTP/SAVP", CRYPTO("ours")), SIP_SDP_KEYS_CRYPTO },
		{ OFFER("RTP/AVP", CRYPTO("theirs")), OURS("RTP/AVP", CRYPTO("ours")), SIP_SDP_KEYS_CRYPTO },
		{ OFFER("RTP/SAVP", CRYPTO("theirs") MIKEY("theirs")), OURS("RTP/SAVP", MIKEY("ours")), SIP_SDP_KEYS_KEY_MGMT },
		{ OFFER("RTP/SAVP", CRYPTO("theirs") TLS_ID("theirs")), OURS("RTP/SAVP", CRYPTO("ours")), SIP_SDP_KEYS_CRYPTO },
		{ OFFER("RTP/SAVP", MIKEY("theirs") CRYPTO("theirs") DTLS("02")), OURS("RTP/SAVP", ROLE DTLS("01")),
		  SIP_SDP_KEYS_FINGERPRINT },
		{ OFFER("UDP/TLS/RTP/SAVPF", CRYPTO("theirs") DTLS("02") TLS_ID("theirs")),
		  OURS("UDP/TLS/RTP/SAVPF", ROLE TLS_ID("ours") DTLS("01")), SIP_SDP_KEYS_FINGERPRINT },
		{ OFFER("RTP/AVP", ""), OURS("RTP/AVP", ""), SIP_SDP_KEYS_NONE },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sdp_trial t;
	enum sip_err err = SIP_OK;

	media[0].setup = SIP_SDP_ACTPASS;
	media[0].protos = protos;
	media[0].proto_count = SIP_COUNTOF(protos);
	media[0].attributes = given;
	media[0].attribute_count = SIP_COUNTOF(given);
	for (size_t i = 0; i < SIP_COUNTOF(pairs) && err == SIP_OK; i++) {
		sdp_trial_begin(&t);
		err = sdp_answer_to(&t.session, &t.arena, &can, pairs[i].offer, &t.sdp);
		if (err == SIP_OK)
			err = sip_sdp_session_result(&t.session, &t.arena, &t.result);
		if (err == SIP_OK) {
			SDP_TEXT(t.sdp, pairs[i].answer);
			UNIT_EQ(t.result->streams[0].keys, pairs[i].keys);
		}
		sdp_trial_end(&t);
	}
	return err;
#undef OFFER
#undef OURS
#undef CRYPTO
#undef DTLS
#undef ROLE
#undef TLS_ID
#undef MIKEY
}

/* Keys that are given for the session are said for it where all have chosen them, or are of TLS; else by those that have. */
static enum sip_err test_sdp_answer_has_keys_of_the_session_when_a_section_wants_them(void)
{
#define AUDIO "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
#define MSRP(proto) "m=message 7394 " proto " *\na=sendrecv\n"
	static const struct sip_str msrp[] = { SIP_STR_INIT("TCP/TLS/MSRP"), SIP_STR_INIT("TCP/MSRP") };
	static const struct sip_sdp_codec any[] = { SDP_CODEC("*", 0) };
	static const struct sip_sdp_attribute given[] = { { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 01") } };
	static const struct sip_sdp_attribute own[] = { { SIP_STR_INIT("fingerprint"), SIP_STR_INIT("sha-1 02") } };
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000), sdp_can_audio(7394) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	enum sip_err err;

	can.attributes = given;
	can.attribute_count = 1;
	media[0].setup = media[1].setup = SIP_SDP_ACTPASS;
	media[1].type = SIP_STR("message");
	media[1].protos = msrp;
	media[1].proto_count = 2;
	media[1].codecs = any;
	media[1].codec_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=message 2 TCP/MSRP *\na=setup:passive\n",
	       HEAD AUDIO MSRP("TCP/MSRP") "a=setup:active\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=message 2 TCP/TLS/MSRP *\n",
	       HEAD AUDIO MSRP("TCP/TLS/MSRP") "a=fingerprint:sha-1 01\n");
	ANSWER(&can, THEIRS "a=fingerprint:sha-1 02\nm=audio 1 RTP/AVP 0\nm=message 2 TCP/TLS/MSRP *\nm=image 3 udptl t38\n",
	       HEAD "a=fingerprint:sha-1 01\n" AUDIO MSRP("TCP/TLS/MSRP") "m=image 0 udptl t38\n");
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\na=fingerprint:sha-1 02\n", HEAD "a=fingerprint:sha-1 01\n" AUDIO);
	/* A section that has its own needs no other. */
	media[1].attributes = own;
	media[1].attribute_count = 1;
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=message 2 TCP/TLS/MSRP *\n",
	       HEAD AUDIO MSRP("TCP/TLS/MSRP") "a=fingerprint:sha-1 02\n");
	return SIP_OK;
#undef AUDIO
#undef MSRP
}

/* RFC 8839 4.3.2: "the answerer MUST NOT include any ICE-related SDP attributes" where the offer has none. */
static enum sip_err test_sdp_answer_has_ice_where_the_offer_has_it(void)
{
#define AUDIO "m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
#define OTHER "m=audio 5002 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
#define ICE "a=ice-ufrag:u\na=ice-pwd:p\na=candidate:c\n"
	static const struct sip_sdp_attribute given[] = {
		{ SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("u") }, { SIP_STR_INIT("ice-pwd"), SIP_STR_INIT("p") },
		{ SIP_STR_INIT("candidate"), SIP_STR_INIT("c") },
	};
	static const struct sip_sdp_attribute lite[] = { { SIP_STR_INIT("ice-lite"), { NULL, 0 } },
							 { SIP_STR_INIT("tool"), SIP_STR_INIT("t") } };
	static const struct sip_sdp_attribute shared[] = {
		{ SIP_STR_INIT("ice-lite"), { NULL, 0 } }, { SIP_STR_INIT("ice-ufrag"), SIP_STR_INIT("u") },
		{ SIP_STR_INIT("ice-pwd"), SIP_STR_INIT("p") },
	};
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000), sdp_can_audio(5002) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 2);
	enum sip_err err;

	for (size_t i = 0; i < 2; i++) {
		media[i].has_rtcp_mux = true;
		media[i].attributes = given;
		media[i].attribute_count = SIP_COUNTOF(given);
	}
	can.attributes = lite;
	can.attribute_count = SIP_COUNTOF(lite);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\n", HEAD "a=tool:t\n" AUDIO);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\na=ice-ufrag:t\na=ice-pwd:t\n", HEAD "a=ice-lite\na=tool:t\n" AUDIO ICE);
	ANSWER(&can, THEIRS "a=ice-ufrag:t\nm=audio 1 RTP/AVP 0\n", HEAD "a=ice-lite\na=tool:t\n" AUDIO ICE);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\na=ice-ufrag:t\n",
	       HEAD "a=ice-lite\na=tool:t\n" AUDIO OTHER ICE);
	/* That of what is refused is none. */
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=image 2 udptl t38\na=ice-ufrag:t\n",
	       HEAD "a=tool:t\n" AUDIO "m=image 0 udptl t38\n");
	/* Given for the session, which has all or none of it (but what may stand there only). */
	media[0].attribute_count = media[1].attribute_count = 0;
	can.attributes = shared;
	can.attribute_count = SIP_COUNTOF(shared);
	ANSWER(&can, THEIRS "a=ice-ufrag:t\nm=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\n",
	       HEAD "a=ice-lite\na=ice-ufrag:u\na=ice-pwd:p\n" AUDIO OTHER);
	ANSWER(&can, THEIRS "m=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\na=ice-ufrag:t\n",
	       HEAD "a=ice-lite\n" AUDIO OTHER "a=ice-ufrag:u\na=ice-pwd:p\n");
	return SIP_OK;
#undef AUDIO
#undef OTHER
#undef ICE
}

/* 1,024 formats, attributes and ids that are of no use cost little. */
static enum sip_err test_sdp_answer_to_a_great_many_formats(void)
{
	struct sip_sdp_media_capability media[] = { sdp_can_audio(5000) };
	struct sip_sdp_capabilities can = sdp_can("192.0.2.1", media, 1);
	struct sip_buf b;

	sip_buf_init(&b, 0);
	SIP_BUF_LIT(&b, THEIRS "a=group:BUNDLE");
	for (int i = 0; i < 5000; i++)
		SIP_BUF_LIT(&b, " x");
	for (int n = 0; n < 40; n++) {
		SIP_BUF_LIT(&b, "\r\nm=audio 1 RTP/AVP");
		for (int i = 0; i < 1024; i++)
			sip_buf_putf(&b, " %d", i % 128);
		for (int i = 0; i < 1000; i++)
			sip_buf_putf(&b, "\r\na=rtpmap:%d x/8000", i % 128);
		sip_buf_putf(&b, "\r\na=mid:y%d", n);
	}
	sip_buf_put_char(&b, '\0');
	enum sip_err err = b.err;
	can.has_bundle = true;
	if (err == SIP_OK)
		err = check_answer(&can, b.p, NULL, __LINE__);
	sip_buf_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_answer_keeps_order_and_refuses_with_port_0),
	UNIT_CASE(test_sdp_answer_keeps_the_numbers_of_the_offer),
	UNIT_CASE(test_sdp_answer_knows_opus_without_its_channels),
	UNIT_CASE(test_sdp_answer_mirrors_the_direction),
	UNIT_CASE(test_sdp_answer_keeps_events_by_their_clock),
	UNIT_CASE(test_sdp_answer_tells_formats_apart_by_their_parameters),
	UNIT_CASE(test_sdp_answer_copies_what_has_to_be_said_again),
	UNIT_CASE(test_sdp_answer_echoes_and_keeps_to_itself),
	UNIT_CASE(test_sdp_answer_to_srtp_needs_keys),
	UNIT_CASE(test_sdp_answer_to_srtp_minds_session_parameters),
	UNIT_CASE(test_sdp_answer_mirrors_the_direction_of_extensions),
	UNIT_CASE(test_sdp_answer_takes_the_other_role),
	UNIT_CASE(test_sdp_answer_to_what_is_not_rtp),
	UNIT_CASE(test_sdp_answer_bundles_what_was_offered_so),
	UNIT_CASE(test_sdp_answer_bundles_srtp_by_the_keys_of_the_first),
	UNIT_CASE(test_sdp_answer_bundles_by_a_first_that_is_no_rtp),
	UNIT_CASE(test_sdp_answer_has_keys_of_one_kind),
	UNIT_CASE(test_sdp_answer_has_keys_of_the_session_when_a_section_wants_them),
	UNIT_CASE(test_sdp_answer_has_ice_where_the_offer_has_it),
	UNIT_CASE_DEAR(test_sdp_answer_to_a_great_many_formats),
};
SUITE(sdp_answer);
