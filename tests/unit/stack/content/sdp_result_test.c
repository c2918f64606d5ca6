#include "tests/unit/stack/content/sdp_rooms_test.h"

#define OURS "v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n"
#define THEIRS "v=0\no=- 7 7 IN IP4 192.0.2.7\nc=IN IP4 192.0.2.7\n"

static enum sip_err make(struct sip_arena *arena, const char *local, const char *remote, bool is_answer_ours,
			 struct sip_sdp_result **out)
{
	struct sip_sdp *ours, *theirs = NULL;
	enum sip_err err = sdp_read(arena, local, &ours);

	*out = NULL;
	if (err == SIP_OK)
		err = sdp_read(arena, remote, &theirs);
	return err == SIP_OK ? sip_sdp_result_make(arena, ours, theirs, is_answer_ours, out) : err;
}

static void check_addr(const struct sip_addr *a, const char *expected, int line)
{
	char text[SIP_ADDR_TEXT];

	unit_check_str(sip_str_of(sip_addr_text(a, text)), sip_str_of(expected), "an address", __FILE__, line);
}
#define ADDR(a, expected) check_addr(&(a), (expected), __LINE__)

/* RFC 3264 7: each side sends under the number the other one gave. */
static enum sip_err test_sdp_result_of_an_answer_of_theirs(void)
{
	struct sip_sdp_result *r;
	struct sip_arena arena;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(make(&arena,
		      OURS "m=audio 4000 RTP/AVP 0 96 97 8\na=rtpmap:96 opus/48000/2\na=fmtp:96 stereo=1\na=rtpmap:97 iLBC/8000\n"
				   "a=setup:actpass\n",
		      THEIRS "m=audio 5000 RTP/AVP 100 8 0 18 0\na=rtpmap:100 opus/48000/2\na=fmtp:100 stereo=0\na=ptime:30\n"
			     "a=maxptime:x\n"
			     "a=sendonly\na=rtcp:5005 IN IP6 2001:db8::7\na=setup:active\n",
		      false, &r));
	struct sip_sdp_stream *s = r->streams;
	UNIT_EQ(r->stream_count, 1);
	UNIT_CHECK(s->is_active);
	UNIT_EQ(s->direction, SIP_SDP_RECEIVE);
	UNIT_EQ(s->setup, SIP_SDP_PASSIVE);
	UNIT_EQ(s->ptime, 30);
	UNIT_EQ(s->maxptime, 0);
	ADDR(s->local_rtp, "192.0.2.1:4000");
	ADDR(s->local_rtcp, "192.0.2.1:4001");
	ADDR(s->remote_rtp, "192.0.2.7:5000");
	ADDR(s->remote_rtcp, "[2001:db8::7]:5005");
	UNIT_EQ(s->payload_count, 3);
	UNIT_EQ(s->payloads[0].send, 100);
	UNIT_EQ(s->payloads[0].receive, 96);
	UNIT_STR(s->payloads[0].local_fmtp, "stereo=1");
	UNIT_STR(s->payloads[0].remote_fmtp, "stereo=0");
	UNIT_STR(s->payloads[1].map.encoding, "PCMA");
	UNIT_EQ(s->payloads[2].send, 0);
out:
	sip_arena_fini(&arena);
	return err;
}

static enum sip_err test_sdp_result_of_an_answer_of_ours(void)
{
	struct sip_sdp_result *r;
	struct sip_arena arena;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(make(&arena,
		      OURS "m=audio 4000 RTP/AVP 8 0\na=rtcp-mux\na=setup:active\nm=video 0 RTP/AVP 31\nm=audio 4004 RTP/AVP 0\n"
				   "c=IN IP4 host.example\na=rtcp:4009\n",
		      THEIRS "m=audio 5000 RTP/AVP 0 8\na=rtcp-mux\na=setup:actpass\nm=video 5002 RTP/AVP 31\n"
			     "m=audio 5004 RTP/AVP 0\n"
			     "c=IN IP4 0.0.0.0\na=rtcp:1 IN IP4 x\n",
		      true, &r));
	struct sip_sdp_stream *s = r->streams;
	UNIT_EQ(r->stream_count, 3);
	UNIT_CHECK(s[0].is_active && !s[1].is_active && s[2].is_active);
	UNIT_EQ(s[0].setup, SIP_SDP_ACTIVE);
	UNIT_CHECK(s[0].has_rtcp_mux);
	ADDR(s[0].local_rtcp, "192.0.2.1:4000");
	ADDR(s[0].remote_rtcp, "192.0.2.7:5000");
	UNIT_EQ(s[0].payload_count, 2);
	UNIT_EQ(s[0].payloads[0].send, 8);
	/* A name is nobody's address, and what is held by zeros gets nothing. */
	UNIT_CHECK(sip_addr_is_none(&s[2].local_rtp) && sip_addr_is_none(&s[2].local_rtcp) && sip_addr_is_none(&s[2].remote_rtcp));
	UNIT_EQ(s[2].direction, SIP_SDP_RECEIVE);
	UNIT_EQ(s[2].setup, SIP_SDP_ROLE_NONE);
out:
	sip_arena_fini(&arena);
	return err;
}

/* RFC 9143 7.4; the answer is that of RFC 8843 7.3.4, with a port of 0. */
static enum sip_err test_sdp_result_of_a_bundle_has_one_address(void)
{
	static const char offer[] = OURS "a=group:BUNDLE foo bar\nm=audio 10000 RTP/AVP 0\na=mid:foo\na=rtcp-mux\n"
					 "m=video 10002 RTP/AVP 31 32\na=mid:bar\na=rtcp-mux\na=setup:actpass\n"
					 "m=video 10004 RTP/AVP 32\na=mid:new\n";
	struct sip_sdp_result *r;
	struct sip_arena arena;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(make(&arena, offer, THEIRS "a=group:BUNDLE foo bar\nm=audio 20000 RTP/AVP 0\na=mid:foo\na=rtcp-mux\n"
					    "m=video 0 RTP/AVP 32\na=mid:bar\na=bundle-only\nm=video 20004 RTP/AVP 32\n",
		      false, &r));
	struct sip_sdp_stream *s = r->streams;
	UNIT_CHECK(s[0].is_active && s[1].is_active && s[2].is_active);
	UNIT_EQ(s[1].transport, 0);
	UNIT_EQ(s[2].transport, 2);
	ADDR(s[1].local_rtp, "192.0.2.1:10000");
	ADDR(s[1].remote_rtp, "192.0.2.7:20000");
	UNIT_CHECK(s[1].has_rtcp_mux && !s[2].has_rtcp_mux);
	UNIT_EQ(s[1].payload_count, 1);
	/* RFC 9143 7.3.1: the offer's order counts, in whatever order the answer has the ids; and what is refused carries nothing. */
	UNIT_TRY(make(&arena, offer, THEIRS "a=group:BUNDLE bar foo\nm=audio 20000 RTP/AVP 0\na=mid:foo\na=rtcp-mux\n"
					    "m=video 20000 RTP/AVP 32\na=mid:bar\na=rtcp-mux\nm=video 0 RTP/AVP 32\n",
		      false, &r));
	UNIT_CHECK(r->streams[0].transport == 0 && r->streams[1].transport == 0);
	UNIT_TRY(make(&arena, offer, THEIRS "a=group:BUNDLE foo bar\nm=audio 0 RTP/AVP 0\na=mid:foo\n"
					    "m=video 20002 RTP/AVP 32\na=mid:bar\na=rtcp-mux\nm=video 0 RTP/AVP 32\n",
		      false, &r));
	UNIT_CHECK(!r->streams[0].is_active && r->streams[1].is_active);
	UNIT_EQ(r->streams[1].transport, 1);
	ADDR(r->streams[1].local_rtp, "192.0.2.1:10002");
	ADDR(r->streams[1].remote_rtp, "192.0.2.7:20002");
	/* Bundle-only, but in no bundle, is nowhere. */
	UNIT_TRY(make(&arena, offer, THEIRS "m=audio 20000 RTP/AVP 0\na=mid:foo\nm=video 0 RTP/AVP 32\na=bundle-only\n"
					    "m=video 0 RTP/AVP 32\n",
		      false, &r));
	UNIT_CHECK(r->streams[0].is_active && !r->streams[1].is_active && !r->streams[2].is_active);
out:
	sip_arena_fini(&arena);
	return err;
}

/* RFC 4568, RFC 5763, RFC 4567; said in the section, in the session, or by the bundle. */
static enum sip_err test_sdp_result_says_the_kind_of_keys(void)
{
#define SAVP "m=audio 1 RTP/SAVP 0\n"
#define CRYPTO "a=crypto:1 S_80 inline:x\n"
#define DTLS "a=fingerprint:sha-1 01\n"
#define MIKEY "a=key-mgmt:mikey x\n"
	static const struct {
		const char *local, *remote;
		enum sip_sdp_keys keys;
	} pairs[] = {
		{ OURS SAVP CRYPTO DTLS MIKEY, THEIRS SAVP CRYPTO, SIP_SDP_KEYS_CRYPTO },
		{ OURS SAVP CRYPTO DTLS MIKEY, THEIRS SAVP MIKEY, SIP_SDP_KEYS_KEY_MGMT },
		{ OURS SAVP CRYPTO DTLS, THEIRS DTLS SAVP, SIP_SDP_KEYS_FINGERPRINT },
		/* Two kinds are too many, but what we prefer is there. */
		{ OURS SAVP CRYPTO DTLS, THEIRS SAVP CRYPTO DTLS, SIP_SDP_KEYS_FINGERPRINT },
		/* Those of the session are for who has none of its own. */
		{ OURS SAVP CRYPTO DTLS, THEIRS DTLS SAVP CRYPTO, SIP_SDP_KEYS_CRYPTO },
		{ OURS "m=audio 1 UDP/TLS/RTP/SAVPF 0\n" CRYPTO, THEIRS "m=audio 1 UDP/TLS/RTP/SAVPF 0\n" CRYPTO, SIP_SDP_KEYS_NONE },
		{ OURS SAVP CRYPTO, THEIRS SAVP DTLS, SIP_SDP_KEYS_NONE },
	};
	struct sip_sdp_result *r;
	struct sip_arena arena;
	enum sip_err err = SIP_OK;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	for (size_t i = 0; i < SIP_COUNTOF(pairs); i++) {
		UNIT_TRY(make(&arena, pairs[i].local, pairs[i].remote, false, &r));
		UNIT_EQ(r->streams[0].keys, pairs[i].keys);
	}
	UNIT_TRY(make(&arena, OURS "a=group:BUNDLE a b\n" SAVP "a=mid:a\n" DTLS SAVP "a=mid:b\n" DTLS,
		      THEIRS "a=group:BUNDLE a b\n" SAVP "a=mid:a\n" DTLS SAVP "a=mid:b\n", false, &r));
	UNIT_EQ(r->streams[1].keys, SIP_SDP_KEYS_FINGERPRINT);
	/* Grouped by one side only, it has its own. */
	UNIT_TRY(make(&arena, OURS "a=group:BUNDLE a b\n" SAVP "a=mid:a\n" DTLS SAVP "a=mid:b\n" CRYPTO,
		      THEIRS "a=group:BUNDLE a\n" SAVP "a=mid:a\n" DTLS SAVP "a=mid:b\n" CRYPTO, false, &r));
	UNIT_EQ(r->streams[1].keys, SIP_SDP_KEYS_CRYPTO);
out:
	sip_arena_fini(&arena);
	return err;
#undef SAVP
#undef CRYPTO
#undef DTLS
#undef MIKEY
}

static enum sip_err test_sdp_result_of_formats_of_other_kinds(void)
{
	struct sip_sdp_result *r;
	struct sip_arena arena;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(make(&arena,
		      OURS "m=message 1 TCP/MSRP *\na=setup:actpass\nm=application 2 UDP/DTLS/SCTP webrtc-datachannel\n"
				   "a=fmtp:webrtc-datachannel a=1\n"
				   "m=video 3 RTP/AVP 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n",
		      THEIRS "m=message 1 TCP/MSRP text\na=setup:passive\nm=application 2 UDP/DTLS/SCTP webrtc-datachannel\n"
			     "m=video 3 RTP/AVP 96 97 98\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
			     "a=rtpmap:98 rtx/90000\na=ptime:99999999999\n",
		      false, &r));
	UNIT_EQ(r->streams[0].payload_count, 1);
	UNIT_EQ(r->streams[0].setup, SIP_SDP_ACTIVE);
	UNIT_STR(r->streams[0].payloads[0].map.encoding, "text");
	UNIT_EQ(r->streams[1].payload_count, 1);
	UNIT_STR(r->streams[1].payloads[0].local_fmtp, "a=1");
	UNIT_STR(r->streams[1].payloads[0].remote_fmtp, "");
	UNIT_EQ(r->streams[2].payload_count, 2);
	UNIT_EQ(r->streams[2].payloads[1].send, 97);
	UNIT_EQ(r->streams[2].ptime, 0);
	/* What is of two types is no stream. */
	UNIT_TRY(make(&arena, OURS "m=audio 1 RTP/AVP 0\n", THEIRS "m=video 1 RTP/AVP 0\n", false, &r));
	UNIT_CHECK(!r->streams[0].is_active);
	err = make(&arena, OURS "m=audio 1 RTP/AVP 0\n", THEIRS, true, &r);
	UNIT_CHECK((err == SIP_E_INVAL || err == SIP_E_NOMEM) && r == NULL);
	if (err == SIP_E_INVAL)
		err = SIP_OK;
out:
	sip_arena_fini(&arena);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_result_of_an_answer_of_theirs),
	UNIT_CASE(test_sdp_result_of_an_answer_of_ours),
	UNIT_CASE(test_sdp_result_of_a_bundle_has_one_address),
	UNIT_CASE(test_sdp_result_says_the_kind_of_keys),
	UNIT_CASE(test_sdp_result_of_formats_of_other_kinds),
};
SUITE(sdp_result);
