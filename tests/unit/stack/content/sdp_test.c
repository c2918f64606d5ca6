#include "tests/unit/stack/content/sdp_rooms_test.h"

static const char text[] = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nb=CT:7\nt=0 0\na=sendonly\na=ice-ufrag:abcd\n"
			   "a=ptime:9\n"
			   "m=audio 4000 RTP/AVP 0 97 98 72\nb=as:64\na=rtpmap:97 opus/48000/2\na=rtpmap:98\n"
			   "a=fmtp:97 useinbandfec=1\n"
			   "a=fmtp:98\na=ptime:x\n"
			   "m=video 4002 RTP/AVP 31\nc=IN IP6 2001:db8::1\na=inactive\na=ice-ufrag:efgh\na=ptime:20\n"
			   "m=application 4004 UDP/DTLS/SCTP webrtc-datachannel\nc=ATM NSAP x\n"
			   "m=text 4006 TCP/TLS/rtp/AVP 98\nc=IN IP4 host.example\na=T38maxBitRate:9600\n";

static void check_sections(const struct sip_sdp *sdp)
{
	const struct sip_sdp_media *m = sdp->media;
	struct sip_addr addr;
	uint64_t value;

	UNIT_STR(sip_sdp_connection_of(sdp, &m[0])->address, "192.0.2.1");
	UNIT_STR(sip_sdp_connection_of(sdp, &m[1])->address, "2001:db8::1");
	UNIT_STR(sip_sdp_connection_of(sdp, NULL)->address, "192.0.2.1");
	UNIT_EQ(sip_sdp_connection_addr(sip_sdp_connection_of(sdp, &m[1]), 4002, &addr), SIP_OK);
	UNIT_EQ(sip_addr_port(&addr), 4002);
	UNIT_EQ(sip_sdp_connection_addr(sip_sdp_connection_of(sdp, &m[2]), 1, &addr), SIP_E_UNSUPPORTED);
	UNIT_EQ(sip_sdp_connection_addr(sip_sdp_connection_of(sdp, &m[3]), 1, &addr), SIP_E_SYNTAX);
	UNIT_CHECK(sip_sdp_bandwidth_find(&m[0].section, SIP_STR("AS"), &value) && value == 64);
	UNIT_CHECK(!sip_sdp_bandwidth_find(&m[1].section, SIP_STR("AS"), &value));
	UNIT_EQ(sip_sdp_direction_of(sdp, &m[0]), SIP_SDP_SEND);
	UNIT_EQ(sip_sdp_direction_of(sdp, &m[1]), SIP_SDP_NEITHER);
	UNIT_EQ(sip_sdp_direction_of(sdp, NULL), SIP_SDP_SEND);
	UNIT_CHECK(sip_sdp_media_is_rtp(&m[0]) && !sip_sdp_media_is_rtp(&m[2]) && sip_sdp_media_is_rtp(&m[3]));
}

static void check_values(const struct sip_sdp *sdp)
{
	const struct sip_sdp_media *m = sdp->media;
	union sip_sdp_value v;
	struct sip_sdp_rtpmap map;

	UNIT_EQ(sip_sdp_value_of(sdp, &m[0], SIP_SDP_ICE_UFRAG, &v), SIP_OK);
	UNIT_STR(v.token.token, "abcd");
	UNIT_EQ(sip_sdp_value_of(sdp, &m[1], SIP_SDP_ICE_UFRAG, &v), SIP_OK);
	UNIT_STR(v.token.token, "efgh");
	UNIT_EQ(sip_sdp_value_of(sdp, &m[0], SIP_SDP_PTIME, &v), SIP_E_SYNTAX);
	UNIT_EQ(sip_sdp_value_of(sdp, &m[2], SIP_SDP_PTIME, &v), SIP_E_NOTFOUND);
	UNIT_EQ(sip_sdp_value_of(sdp, NULL, SIP_SDP_PTIME, &v), SIP_OK);
	UNIT_EQ(v.number.number, 9);
	UNIT_EQ(sip_sdp_value_of(sdp, &m[3], SIP_SDP_T38_MAX_BIT_RATE, &v), SIP_OK);
	UNIT_EQ(v.number.number, 9600);
	UNIT_EQ(sip_sdp_rtpmap_of(&m[0], SIP_STR("97"), &map), SIP_OK);
	UNIT_STR(map.encoding, "opus");
	UNIT_EQ(map.channels, 2);
	UNIT_EQ(sip_sdp_rtpmap_of(&m[0], SIP_STR("0"), &map), SIP_OK);
	UNIT_STR(map.encoding, "PCMU");
	UNIT_EQ(sip_sdp_rtpmap_of(&m[0], SIP_STR("72"), &map), SIP_E_NOTFOUND);
	UNIT_EQ(sip_sdp_rtpmap_of(&m[0], SIP_STR("x"), &map), SIP_E_NOTFOUND);
	UNIT_STR(sip_sdp_fmtp_of(&m[0], SIP_STR("97")), "useinbandfec=1");
	UNIT_STR(sip_sdp_fmtp_of(&m[0], SIP_STR("0")), "");
}

static enum sip_err test_sdp_media_have_what_the_session_says_for_them(void)
{
	struct sip_arena arena;
	struct sip_sdp *sdp;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(sdp_read(&arena, text, &sdp));
	check_sections(sdp);
	check_values(sdp);
	UNIT_TRY(sdp_read(&arena, "v=0\no=- 1 1 IN IP4 a\n", &sdp));
	UNIT_CHECK(sip_sdp_connection_of(sdp, NULL) == NULL);
	UNIT_EQ(sip_sdp_direction_of(sdp, NULL), SIP_SDP_SEND_AND_RECEIVE);
out:
	sip_arena_fini(&arena);
	return err;
}

static enum sip_err test_sdp_time_seconds_stay_within_their_type(void)
{
	static const struct {
		struct sip_sdp_time time;
		int64_t seconds;
	} times[] = {
		{ { 2, 'd' }, 172800 }, { { 3, 'h' }, 10800 }, { { -4, 'm' }, -240 }, { { 5, 's' }, 5 }, { { 6, '\0' }, 6 },
		{ { INT64_MAX, 'd' }, INT64_MAX }, { { INT64_MIN, 'm' }, INT64_MIN },
	};
	for (size_t i = 0; i < SIP_COUNTOF(times); i++)
		UNIT_EQ(sip_sdp_time_seconds(&times[i].time), times[i].seconds);
	return SIP_OK;
}

static enum sip_err test_sdp_directions_mirror(void)
{
	UNIT_EQ(sip_sdp_direction_mirror(SIP_SDP_SEND), SIP_SDP_RECEIVE);
	UNIT_EQ(sip_sdp_direction_mirror(SIP_SDP_RECEIVE), SIP_SDP_SEND);
	UNIT_EQ(sip_sdp_direction_mirror(SIP_SDP_NEITHER), SIP_SDP_NEITHER);
	UNIT_EQ(sip_sdp_direction_mirror(SIP_SDP_SEND_AND_RECEIVE), SIP_SDP_SEND_AND_RECEIVE);
	UNIT_EQ(sip_sdp_direction_attribute(SIP_SDP_RECEIVE), SIP_SDP_RECVONLY);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_media_have_what_the_session_says_for_them),
	UNIT_CASE(test_sdp_time_seconds_stay_within_their_type),
	UNIT_CASE(test_sdp_directions_mirror),
};
SUITE(sdp);
