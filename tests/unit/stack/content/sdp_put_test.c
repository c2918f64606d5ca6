#include "tests/unit/stack/content/sdp_rooms_test.h"

static struct sip_sdp base(void)
{
	return (struct sip_sdp){ .origin = { SIP_STR("-"), SIP_STR("1"), SIP_STR("1"), SIP_STR("IN"), SIP_STR("IP4"),
					     SIP_STR("192.0.2.1") } };
}

static enum sip_err put(const struct sip_sdp *sdp)
{
	char room[512];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_sdp_put(&b, sdp);
	return b.err;
}

static enum sip_err test_sdp_put_the_least_there_is(void)
{
	struct sip_sdp sdp = base();

	SDP_TEXT(&sdp, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n");
	return SIP_OK;
}

static enum sip_err test_sdp_put_what_no_line_can_hold_is_refused(void)
{
	static const char *const words[] = { "", "a b", "a\n", "\r", " a", "a\t" };
	struct sip_sdp_media m = { .type = SIP_STR("audio"), .proto = SIP_STR("RTP/AVP") };
	struct sip_sdp sdp;

	for (size_t i = 0; i < SIP_COUNTOF(words); i++) {
		sdp = base();
		sdp.origin.username = sip_str_of(words[i]);
		UNIT_EQ(put(&sdp), SIP_E_INVAL);
		sdp = base();
		sdp.origin.session_id = sip_str_of(words[i]);
		UNIT_EQ(put(&sdp), SIP_E_INVAL);
		m.type = sip_str_of(words[i]);
		sdp = base();
		sdp.media = &m;
		sdp.media_count = 1;
		UNIT_EQ(put(&sdp), SIP_E_INVAL);
	}
	sdp = base();
	sdp.name = SIP_STR("a\r\nb");
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	sdp = base();
	sdp.section.information = SIP_STR("");
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	sdp = base();
	sdp.uri = SIP_STR("");
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	return SIP_OK;
}

static enum sip_err test_sdp_put_broken_attributes_and_lines_are_refused(void)
{
	static const char *const names[] = { "", "a:b", " a", "a\n", "a b", "a\tb" };
	static const char types[] = { 'm', 'a', '1', '\0', ' ' };
	struct sip_sdp_attribute a = { .name = SIP_STR("") };
	struct sip_sdp_line line = { .value = SIP_STR("x") };
	struct sip_sdp_bandwidth w = { SIP_STR("A:S"), 1 };
	struct sip_sdp sdp = base();

	sdp.section.attributes = &a;
	sdp.section.attribute_count = 1;
	for (size_t i = 0; i < SIP_COUNTOF(names); i++) {
		a.name = sip_str_of(names[i]);
		UNIT_EQ(put(&sdp), SIP_E_INVAL);
	}
	a.name = SIP_STR("a");
	a.value = SIP_STR("b\nc");
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	sdp = base();
	sdp.section.others = &line;
	sdp.section.other_count = 1;
	for (size_t i = 0; i < SIP_COUNTOF(types); i++) {
		line.type = types[i];
		UNIT_EQ(put(&sdp), SIP_E_INVAL);
	}
	line.type = 'y';
	UNIT_EQ(put(&sdp), SIP_OK);
	sdp.section.bandwidths = &w;
	sdp.section.bandwidth_count = 1;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	return SIP_OK;
}

/* RFC 3264 6: only what is refused may go without. */
static enum sip_err test_sdp_put_media_without_formats_is_refused_but_at_port_0(void)
{
	struct sip_sdp_attribute only = { SIP_STR("bundle-only"), { NULL, 0 } };
	struct sip_sdp_media m = { .type = SIP_STR("message"), .proto = SIP_STR("TCP/MSRP"), .port = 9 };
	struct sip_sdp sdp = base();

	sdp.media = &m;
	sdp.media_count = 1;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	m.port = 0;
	SDP_TEXT(&sdp, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=message 0 TCP/MSRP 0\n");
	/* This one is not: its port is that of its bundle. */
	m.section.attributes = &only;
	m.section.attribute_count = 1;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	return SIP_OK;
}

static enum sip_err test_sdp_put_broken_times_are_refused(void)
{
	struct sip_sdp_time offset = { 1, 'h' };
	struct sip_sdp_repeat r = { { 7, 'd' }, { 1, '\0' }, &offset, 1 };
	struct sip_sdp_zone zone = { 1, { INT64_MIN, '\0' } };
	struct sip_sdp_timing t = { .repeats = &r, .repeat_count = 1 };
	struct sip_sdp sdp = base();

	sdp.timings = &t;
	sdp.timing_count = 1;
	UNIT_EQ(put(&sdp), SIP_OK);
	offset.unit = 'w';
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	offset = (struct sip_sdp_time){ -1, 'h' };
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	r.offset_count = 0;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	r.offset_count = 1;
	offset.value = 1;
	t.zones = &zone;
	t.zone_count = 1;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	zone.offset.value++;
	UNIT_EQ(put(&sdp), SIP_OK);
	/* It says when the repeats are shifted: without them there is no place for it (RFC 8866 9 repeat-description). */
	t.repeat_count = 0;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	return SIP_OK;
}

/* RFC 8866 5.7 */
static enum sip_err test_sdp_put_connections_that_would_read_otherwise_are_refused(void)
{
	static const struct sip_sdp_connection bad[] = {
		{ .addr_type = SIP_STR_INIT("IP4"), .address = SIP_STR_INIT("224.2.1.1/127") },
		{ .addr_type = SIP_STR_INIT("IP4"), .address = SIP_STR_INIT("224.2.1.1"), .count = 3 },
		{ .addr_type = SIP_STR_INIT("ip6"), .address = SIP_STR_INIT("ff15::1"), .has_ttl = true, .ttl = 3 },
		{ .addr_type = SIP_STR_INIT("NSAP"), .address = SIP_STR_INIT("x"), .count = 3 },
		{ .addr_type = SIP_STR_INIT("NSAP"), .address = SIP_STR_INIT("x"), .has_ttl = true },
	};
	struct sip_sdp_connection two[2] = {
		{ SIP_STR("IN"), SIP_STR("IP4"), SIP_STR("224.2.1.1"), true, 127, 3 }, { SIP_STR("IN"), SIP_STR("IP6"), SIP_STR("ff15::1"), false, 0, 3 },
	};
	struct sip_sdp_media m = { .type = SIP_STR("audio"), .proto = SIP_STR("RTP/AVP"), .section = { .connections = two, .connection_count = 2 } };
	struct sip_sdp sdp = base();

	sdp.media = &m;
	sdp.media_count = 1;
	UNIT_EQ(put(&sdp), SIP_OK);
	sdp.section.connections = two;
	sdp.section.connection_count = 1;
	UNIT_EQ(put(&sdp), SIP_OK);
	sdp.section.connection_count = 2;
	UNIT_EQ(put(&sdp), SIP_E_INVAL);
	sdp.section.connection_count = 1;
	for (size_t i = 0; i < SIP_COUNTOF(bad); i++) {
		two[0] = bad[i];
		two[0].net_type = SIP_STR("IN");
		unit_check_int(put(&sdp), SIP_E_INVAL, bad[i].address.p, __FILE__, __LINE__);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_put_the_least_there_is),
	UNIT_CASE(test_sdp_put_what_no_line_can_hold_is_refused),
	UNIT_CASE(test_sdp_put_broken_attributes_and_lines_are_refused),
	UNIT_CASE(test_sdp_put_media_without_formats_is_refused_but_at_port_0),
	UNIT_CASE(test_sdp_put_broken_times_are_refused),
	UNIT_CASE(test_sdp_put_connections_that_would_read_otherwise_are_refused),
};
SUITE(sdp_put);
