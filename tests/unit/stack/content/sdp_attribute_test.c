#include "tests/unit/stack/content/sdp_rooms_test.h"

static enum sip_err test_sdp_attribute_ids_are_found_by_name(void)
{
	for (unsigned id = 0; id < SIP_SDP_ATTRIBUTE_COUNT; id++) {
		UNIT_EQ(sip_sdp_attribute_id_of(sip_sdp_attribute_rows[id].name), id);
		UNIT_CHECK(sip_sdp_attribute_rows[id].rfc > 0);
	}
	UNIT_EQ(sip_sdp_attribute_id_of(SIP_STR("RTPMAP")), SIP_SDP_ATTRIBUTE_UNKNOWN);
	UNIT_EQ(sip_sdp_attribute_id_of(SIP_STR("T38maxBitRate")), SIP_SDP_T38_MAX_BIT_RATE);
	UNIT_EQ(sip_sdp_attribute_id_of(SIP_STR("")), SIP_SDP_ATTRIBUTE_UNKNOWN);
	return SIP_OK;
}

/* Read, and written as `to` (NULL: the same), which reads and writes the same again. */
static enum sip_err check_value(enum sip_sdp_attribute_id id, const char *from, const char *to)
{
	union sip_sdp_value v, again;
	struct sip_buf b, c;
	enum sip_err err = sip_sdp_value_parse(id, sip_str_of(from), &v);

	unit_check(err == SIP_OK, from, __FILE__, __LINE__);
	sip_buf_init(&b, 0);
	sip_buf_init(&c, 0);
	sip_sdp_value_put(&b, id, &v);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), to ? to : from);
	UNIT_TRY(sip_sdp_value_parse(id, sip_buf_str(&b), &again));
	sip_sdp_value_put(&c, id, &again);
	UNIT_TRY(c.err);
	unit_check_str(sip_buf_str(&c), sip_buf_str(&b), from, __FILE__, __LINE__);
out:
	sip_buf_fini(&b);
	sip_buf_fini(&c);
	return err;
}

/* Examples of the RFCs the rows name. */
static enum sip_err test_sdp_attribute_values_are_written_as_they_are_read(void)
{
	static const struct {
		enum sip_sdp_attribute_id id;
		const char *from, *to;
	} values[] = {
		{ SIP_SDP_SENDRECV, "", NULL },
		{ SIP_SDP_RTPMAP, "99 h263-1998/90000", NULL },
		{ SIP_SDP_RTPMAP, " 098  L16/16000/02 ", "98 L16/16000/2" },
		{ SIP_SDP_FMTP, "96 profile-level-id=42e01f;packetization-mode=1", NULL },
		{ SIP_SDP_FMTP, "96", NULL },
		{ SIP_SDP_PTIME, " 020 ", "20" },
		{ SIP_SDP_FRAMERATE, "25", NULL },
		{ SIP_SDP_FRAMERATE, "29.97", NULL },
		{ SIP_SDP_TOOL, " Strowger 1 ", "Strowger 1" },
		{ SIP_SDP_LANG, "de", NULL },
		{ SIP_SDP_CURR, "qos e2e none", NULL },
		{ SIP_SDP_DES, " qos mandatory  e2e sendrecv", "qos mandatory e2e sendrecv" },
		{ SIP_SDP_CONF, "qos remote sendrecv", NULL },
		{ SIP_SDP_RTCP, "53020", NULL },
		{ SIP_SDP_RTCP, "53020 IN IP4 126.16.64.4", NULL },
		{ SIP_SDP_SETUP, "ActPass", "actpass" },
		{ SIP_SDP_SETUP, "active", NULL },
		{ SIP_SDP_SETUP, "passive", NULL },
		{ SIP_SDP_SETUP, "holdconn", NULL },
		{ SIP_SDP_CRYPTO, "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32", NULL },
		{ SIP_SDP_CRYPTO, "2 F8_128_HMAC_SHA1_80 inline:a;inline:b FEC_ORDER=FEC_SRTP KDR=2", NULL },
		{ SIP_SDP_RTCP_FB, "* nack", NULL },
		{ SIP_SDP_RTCP_FB, "98 nack rpsi", NULL },
		{ SIP_SDP_CONTENT, "slides,main", NULL },
		{ SIP_SDP_SSRC, "12345 cname:user@example.com", NULL },
		{ SIP_SDP_SSRC, "12345 fmtp:96 x=y", NULL },
		{ SIP_SDP_SSRC, "4294967295 mute", NULL },
		{ SIP_SDP_SSRC_GROUP, "FID 12345 67890", NULL },
		{ SIP_SDP_GROUP, "BUNDLE foo bar", NULL },
		{ SIP_SDP_GROUP, "LS", NULL },
		{ SIP_SDP_EXTMAP, "1 URI-toffset", NULL },
		{ SIP_SDP_EXTMAP, "2/recvonly URI-gps-string", NULL },
		{ SIP_SDP_EXTMAP, "4 URI-frametype short", NULL },
		{ SIP_SDP_FINGERPRINT, "sha-256 4A:AD:B9:B1", NULL },
		{ SIP_SDP_MSID, "examplefoo", NULL },
		{ SIP_SDP_MSID, "examplefoo examplebar", NULL },
		{ SIP_SDP_CANDIDATE, "1 1 UDP 2130706431 203.0.113.141 8998 typ host", NULL },
		{ SIP_SDP_CANDIDATE, "2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998", NULL },
		{ SIP_SDP_CANDIDATE, "3 2 TCP 1 2001:db8::1 9 typ host tcptype active generation 0", NULL },
		{ SIP_SDP_CANDIDATE, "3 2 UDP 1 a 9 typ relay rport 7 x y", NULL },
		{ SIP_SDP_REMOTE_CANDIDATES, "1 203.0.113.141 8998 2 203.0.113.141 8999", NULL },
		{ SIP_SDP_ICE_OPTIONS, "ice2 rtp+ecn", NULL },
		{ SIP_SDP_ICE_UFRAG, "8hhY", NULL },
		{ SIP_SDP_RID, "4 recv max-width=360;max-height=240", NULL },
		{ SIP_SDP_RID, "1 send", NULL },
		{ SIP_SDP_SIMULCAST, "send 1;2,3 recv 4", NULL },
		{ SIP_SDP_SIMULCAST, "recv 1;~4 send 2", NULL },
		{ SIP_SDP_SIMULCAST, "recv 1", NULL },
		{ SIP_SDP_SIMULCAST, "send 1,2", NULL },
		{ SIP_SDP_T38_MAX_BIT_RATE, "14400", NULL },
		{ SIP_SDP_T38_FAX_FILL_BIT_REMOVAL, "0", NULL },
		{ SIP_SDP_T38_FAX_TRANSCODING_MMR, " 1", "1" },
		{ SIP_SDP_T38_FAX_TRANSCODING_JBIG, "", "1" },
		{ SIP_SDP_T38_FAX_RATE_MANAGEMENT, "transferredTCF", NULL },
		{ SIP_SDP_T38_FAX_MAX_BUFFER, "72", NULL },
		{ SIP_SDP_T38_FAX_MAX_DATAGRAM, "316", NULL },
		{ SIP_SDP_SCTP_PORT, "5000", NULL },
		{ SIP_SDP_MAX_MESSAGE_SIZE, "18446744073709551615", NULL },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(values) && err == SIP_OK; i++)
		err = check_value(values[i].id, values[i].from, values[i].to);
	return err;
}

static enum sip_err test_sdp_attribute_values_that_are_broken_are_seen(void)
{
	static const struct {
		enum sip_sdp_attribute_id id;
		const char *text;
	} values[] = {
		{ SIP_SDP_SENDRECV, "x" }, { SIP_SDP_TOOL, " " }, { SIP_SDP_TOOL, "a\nb" }, { SIP_SDP_MID, "" },
		{ SIP_SDP_MID, "a b" },
		{ SIP_SDP_PTIME, "" }, { SIP_SDP_PTIME, "20.5" }, { SIP_SDP_FRAMERATE, "." }, { SIP_SDP_FRAMERATE, "1." },
		{ SIP_SDP_FRAMERATE, "1.x" }, { SIP_SDP_FRAMERATE, ".5" }, { SIP_SDP_RTPMAP, "128 a/1" }, { SIP_SDP_RTPMAP, "1 a" },
		{ SIP_SDP_RTPMAP, "1 /8000" }, { SIP_SDP_RTPMAP, "1 a/x" }, { SIP_SDP_RTPMAP, "1 a/1/x" },
		{ SIP_SDP_RTPMAP, "1 a/1 b" },
		{ SIP_SDP_FMTP, "" }, { SIP_SDP_CURR, "qos e2e" }, { SIP_SDP_DES, "qos mandatory e2e sendrecv x" },
		{ SIP_SDP_RTCP, "x" }, { SIP_SDP_RTCP, "65536" }, { SIP_SDP_RTCP, "1 IN IP4" }, { SIP_SDP_RTCP, "1 IN IP4 a b" },
		{ SIP_SDP_SETUP, "" }, { SIP_SDP_SETUP, "both" }, { SIP_SDP_CRYPTO, "1 a" }, { SIP_SDP_CRYPTO, "x a b" },
		{ SIP_SDP_CRYPTO, "1000000000 a b" }, { SIP_SDP_RTCP_FB, "96" }, { SIP_SDP_SSRC, "1" }, { SIP_SDP_SSRC, "1 :a" },
		{ SIP_SDP_SSRC, "4294967296 a" }, { SIP_SDP_GROUP, "" }, { SIP_SDP_EXTMAP, "1" }, { SIP_SDP_EXTMAP, "1/ a" },
		{ SIP_SDP_EXTMAP, "x a" }, { SIP_SDP_FINGERPRINT, "sha-1" }, { SIP_SDP_FINGERPRINT, "sha-1 a b" },
		{ SIP_SDP_MSID, "" },
		{ SIP_SDP_CANDIDATE, "" }, { SIP_SDP_CANDIDATE, "1 1 UDP 1 a 1 host" }, { SIP_SDP_CANDIDATE, "1 1 UDP 1 a 1 typ" },
		{ SIP_SDP_CANDIDATE, "1 1 UDP 1 a 65536 typ host" }, { SIP_SDP_CANDIDATE, "1 1 UDP 1 a 1 typ host raddr" },
		{ SIP_SDP_CANDIDATE, "1 1 UDP 1 a 1 typ host rport x" }, { SIP_SDP_REMOTE_CANDIDATES, "" },
		{ SIP_SDP_REMOTE_CANDIDATES, "1 a" }, { SIP_SDP_REMOTE_CANDIDATES, "1 a 1 2" }, { SIP_SDP_RID, "1" },
		{ SIP_SDP_SIMULCAST, "" }, { SIP_SDP_SIMULCAST, "send" }, { SIP_SDP_SIMULCAST, "send 1 send 2" },
		{ SIP_SDP_SIMULCAST, "both 1" }, { SIP_SDP_T38_FAX_FILL_BIT_REMOVAL, "x" },
	};
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		union sip_sdp_value v;
		unit_check(sip_sdp_value_parse(values[i].id, sip_str_of(values[i].text), &v) == SIP_E_SYNTAX, values[i].text,
			   __FILE__, __LINE__);
	}
	union sip_sdp_value v;
	UNIT_EQ(sip_sdp_value_parse(SIP_SDP_PTIME, SIP_STR("18446744073709551616"), &v), SIP_E_RANGE);
	UNIT_EQ(sip_sdp_value_parse(SIP_SDP_T38_FAX_TRANSCODING_MMR, SIP_STR("2"), &v), SIP_E_RANGE);
	return SIP_OK;
}

static void check_refused(enum sip_sdp_attribute_id id, const union sip_sdp_value *v, int line)
{
	char room[256];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_sdp_value_put(&b, id, v);
	unit_check_int(b.err, SIP_E_INVAL, "refused", __FILE__, line);
}
#define REFUSED(id, form, ...) check_refused(SIP_SDP_##id, &(union sip_sdp_value){ .form = { __VA_ARGS__ } }, __LINE__)
#define S(lit) SIP_STR_INIT(lit)

static enum sip_err test_sdp_attribute_values_nobody_could_read_are_refused(void)
{
	/* All forms but numbers and toggles: nothing, or what is not there, is no value. */
	for (unsigned id = 0; id < SIP_SDP_ATTRIBUTE_COUNT; id++) {
		enum sip_sdp_form form = sip_sdp_attribute_rows[id].form;
		if (form != SIP_SDP_FORM_FLAG && form != SIP_SDP_FORM_NUMBER && form != SIP_SDP_FORM_DECIMAL &&
		    form != SIP_SDP_FORM_TOGGLE && form != SIP_SDP_FORM_RTCP)
			check_refused((enum sip_sdp_attribute_id)id, &(union sip_sdp_value){ 0 }, __LINE__);
	}
	REFUSED(RTPMAP, rtpmap, 128, S("a"), 1, 0);
	REFUSED(RTPMAP, rtpmap, 1, S("a/b"), 1, 0);
	REFUSED(FMTP, fmtp, S("96"), S("a\r\nm=x"));
	REFUSED(FMTP, fmtp, S("96"), S(" a"));
	REFUSED(FRAMERATE, decimal, 1, S("x"));
	REFUSED(RTCP, rtcp, 1, S(""), S(""), S("a"));
	REFUSED(RTCP_FB, rtcp_fb, S("*"), S(""));
	REFUSED(CRYPTO, crypto, 1000000000, S("a"), S("b"), S(""));
	REFUSED(SSRC, ssrc, 1, S("a:b"), S("c"));
	REFUSED(EXTMAP, extmap, 1, S("a b"), S("c"), S(""));
	REFUSED(SETUP, setup, (enum sip_sdp_role)99);
	REFUSED(REMOTE_CANDIDATES, remote_candidates, S("1 a"));
	return SIP_OK;
}

static enum sip_err test_sdp_lists_and_parameters_are_cut(void)
{
	struct sip_str list = SIP_STR(" slides, ,main,"), words = SIP_STR("ice2  rtp+ecn"), element, name, value;
	struct sip_str parameters = SIP_STR("a=1; Flag ;;c = x=y");

	UNIT_CHECK(sip_sdp_list_next(&list, ',', &element));
	UNIT_STR(element, "slides");
	UNIT_CHECK(sip_sdp_list_next(&list, ',', &element));
	UNIT_STR(element, "main");
	UNIT_CHECK(!sip_sdp_list_next(&list, ',', &element));
	UNIT_CHECK(sip_sdp_list_next(&words, ' ', &element) && sip_sdp_list_next(&words, ' ', &element));
	UNIT_STR(element, "rtp+ecn");
	UNIT_CHECK(!sip_sdp_list_next(&words, ' ', &element));
	UNIT_CHECK(sip_sdp_parameter_find(parameters, SIP_STR("flag"), &value) && !value.p);
	UNIT_CHECK(sip_sdp_parameter_find(parameters, SIP_STR("C"), &value));
	UNIT_STR(value, "x=y");
	UNIT_CHECK(!sip_sdp_parameter_find(parameters, SIP_STR("d"), &value) && !value.p);
	UNIT_CHECK(sip_sdp_parameter_next(&parameters, &name, &value));
	UNIT_STR(name, "a");
	UNIT_STR(value, "1");
	return SIP_OK;
}

static enum sip_err test_sdp_candidates_give_what_they_hold(void)
{
	struct sip_sdp_remote_candidate remote;
	struct sip_str text = SIP_STR("1 192.0.2.1 8998 2 192.0.2.1 8999"), value;
	struct sip_sdp_candidate c;

	struct sip_str line = SIP_STR("1 2 TCP 77 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998 tcptype so ufrag x");

	UNIT_EQ(sip_sdp_candidate_parse(line, &c), SIP_OK);
	UNIT_STR(c.foundation, "1");
	UNIT_EQ(c.component, 2);
	UNIT_EQ(c.priority, 77);
	UNIT_EQ(c.port, 45664);
	UNIT_STR(c.type, "srflx");
	UNIT_STR(c.related_address, "203.0.113.141");
	UNIT_EQ(c.related_port, 8998);
	UNIT_CHECK(sip_sdp_candidate_extension(&c, SIP_STR("ufrag"), &value));
	UNIT_STR(value, "x");
	UNIT_CHECK(!sip_sdp_candidate_extension(&c, SIP_STR("so"), &value));
	UNIT_CHECK(sip_sdp_remote_candidate_next(&text, &remote) && sip_sdp_remote_candidate_next(&text, &remote));
	UNIT_EQ(remote.component, 2);
	UNIT_EQ(remote.port, 8999);
	UNIT_CHECK(!sip_sdp_remote_candidate_next(&text, &remote));
	return SIP_OK;
}

static enum sip_err test_sdp_fingerprints_become_bytes(void)
{
	struct sip_sdp_fingerprint f = { SIP_STR("sha-1"), SIP_STR("4A:ad:00:FF") };
	uint8_t bytes[SIP_SDP_FINGERPRINT_MAX];
	char longer[SIP_SDP_FINGERPRINT_MAX * 3 + 3];
	size_t len;

	UNIT_EQ(sip_sdp_fingerprint_bytes(&f, bytes, &len), SIP_OK);
	UNIT_EQ(len, 4);
	UNIT_CHECK(memcmp(bytes, "\x4a\xad\x00\xff", 4) == 0);
	f.text = SIP_STR("4A:AD:0");
	UNIT_EQ(sip_sdp_fingerprint_bytes(&f, bytes, &len), SIP_E_SYNTAX);
	f.text = SIP_STR("");
	UNIT_EQ(sip_sdp_fingerprint_bytes(&f, bytes, &len), SIP_E_SYNTAX);
	for (size_t i = 0; i < sizeof longer; i++)
		longer[i] = i % 3 == 2 ? ':' : 'A';
	f.text = sip_str_make(longer, sizeof longer - 1);
	UNIT_EQ(sip_sdp_fingerprint_bytes(&f, bytes, &len), SIP_E_LIMIT);
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_attribute_ids_are_found_by_name),
	UNIT_CASE(test_sdp_attribute_values_are_written_as_they_are_read),
	UNIT_CASE(test_sdp_attribute_values_that_are_broken_are_seen),
	UNIT_CASE(test_sdp_attribute_values_nobody_could_read_are_refused),
	UNIT_CASE(test_sdp_lists_and_parameters_are_cut),
	UNIT_CASE(test_sdp_candidates_give_what_they_hold),
	UNIT_CASE(test_sdp_fingerprints_become_bytes),
};
SUITE(sdp_attribute);
