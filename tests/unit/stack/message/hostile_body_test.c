/* Bodies that mean harm, as content of each type and in a message: one byte, nested parts and elements, thousands of lines. */
#include "tests/unit/stack/message/hostile_rooms_test.h"

#include "stack/content/content.h"

#define MANY 10000
#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"

static const char *type_of(size_t i, char *out, size_t size)
{
	const struct sip_content_row *row = &sip_content_rows[i];
	const char *subtype = row->subtype.p[0] == '*' ? "mixed" : row->subtype.p;

	snprintf(out, size, "%s/%s;boundary=b;access-type=x", row->type.p, subtype);
	return out;
}

static enum sip_err test_64_kibibytes_of_one_byte_as_a_body(void)
{
	char type[120];

	for (unsigned byte = 0; byte < 256; byte++) {
		struct hostile h;
		if (!hostile_is_ours(byte))
			continue;
		hostile_init(&h, "body");
		snprintf(h.name, sizeof h.name, "byte 0x%02x", byte);
		hostile_fill(&h, (char)byte, KIBIBYTES_64);
		for (size_t i = 0; i < SIP_CONTENT_COUNT; i++)
			if (sip_content_rows[i].parse)
				(void)hostile_content(&h, type_of(i, type, sizeof type));
		hostile_free(&h);
	}
	return SIP_OK;
}

static const struct {
	const char *type, *start, *piece;
	size_t n;
	enum sip_err err; /* INVAL: any */
} rows[] = {
	{ "application/sdp", SDP, "a=b\r\n", MANY, SIP_E_INVAL },
	{ "application/sdp", SDP, "m=audio 1 RTP/AVP 0\r\n", MANY, SIP_E_LIMIT },
	{ "application/sdp", SDP "m=audio 1 RTP/AVP 0\r\n", "a=rtpmap:0 PCMU/8000\r\n", MANY, SIP_E_INVAL },
	{ "application/sdp", SDP "m=audio 1 RTP/AVP", " 0", MEGABYTE / 2 - 100, SIP_E_INVAL },
	{ "application/sdp", SDP "a=", ":", MEGABYTE - 100, SIP_E_INVAL },
	{ "application/sdp", "", "\r\n", MEGABYTE / 2, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "", "--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n", MEGABYTE / 52, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "", "--b\r\n", MEGABYTE / 5, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "", "--b\r\n\r\n", MEGABYTE / 7, SIP_E_LIMIT },
	{ "multipart/mixed;boundary=b", "--b\r\n", "a:b\r\n", MEGABYTE / 5 - 10, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "", "\n--", MEGABYTE / 3, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "", "\r\n--b ", MEGABYTE / 6, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "QUJD\r\n", MEGABYTE / 7, SIP_E_INVAL },
	{ "multipart/mixed;boundary=b", "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "= \t", MEGABYTE / 4, SIP_E_INVAL },
	{ "message/cpim", "", "a: b\r\n", MEGABYTE / 7, SIP_E_INVAL },
	{ "message/sipfrag", "", "a: b\r\n", MEGABYTE / 7, SIP_E_INVAL },
	{ "application/simple-message-summary", "Messages-Waiting: yes\r\n", "voice-message: 1/1\r\n", MEGABYTE / 21, SIP_E_INVAL },
	{ "application/trickle-ice-sdpfrag", "", "a=candidate:1 1 UDP 1 192.0.2.1 1 typ host\r\n", MEGABYTE / 46, SIP_E_INVAL },
	{ "application/dtmf-relay", "", "Signal=1\r\n", MEGABYTE / 11, SIP_E_INVAL },
	{ "application/dtmf", "", "1", MEGABYTE, SIP_E_INVAL },
	{ "text/plain", "", "\xc3\xa4", MEGABYTE / 2, SIP_OK },
	{ "application/pidf+xml", "", "<a>", MEGABYTE / 3, SIP_E_INVAL },
	{ "application/pidf+xml", "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@b\">", "<tuple id=\"a\">", MEGABYTE / 14,
	  SIP_E_INVAL },
	{ "application/pidf+xml", "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@b\">", "<note/>", MEGABYTE / 8, SIP_E_INVAL },
	{ "application/dialog-info+xml", "<dialog-info", " a=\"b\"", MEGABYTE / 7, SIP_E_INVAL },
	{ "application/dialog-info+xml", "<dialog-info", " xmlns:a=\"b\"", MEGABYTE / 13, SIP_E_INVAL },
	{ "application/dialog-info+xml", "<dialog-info a=\"", "&amp;", MEGABYTE / 6, SIP_E_INVAL },
	{ "application/dialog-info+xml", "<dialog-info>", "&#65;", MEGABYTE / 6, SIP_E_INVAL },
	{ "application/reginfo+xml", "<reginfo>", "<![CDATA[", MEGABYTE / 10, SIP_E_INVAL },
	{ "application/reginfo+xml", "<reginfo>", "<!--", MEGABYTE / 5, SIP_E_INVAL },
	{ "application/reginfo+xml", "<reginfo>", "<?a ?>", MEGABYTE / 7, SIP_E_INVAL },
	{ "application/resource-lists+xml", "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">", "<list>", MEGABYTE / 7,
	  SIP_E_INVAL },
};

static void in_a_message(const struct hostile *body, const char *type)
{
	struct hostile h;

	hostile_init(&h, body->name);
	hostile_begin(&h);
	sip_buf_putf(&h.bytes, "Content-Type: %s\r\n", type);
	hostile_end(&h, sip_buf_str(&body->bytes));
	struct hostile_verdict v = hostile_stream(&h);
	UNIT_EQ(v.kind, SIP_FRAME_MESSAGE);
	UNIT_EQ(v.check.verdict, SIP_ACCEPT);
	hostile_free(&h);
}

static enum sip_err test_large_bodies(void)
{
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct hostile h;
		hostile_init(&h, rows[i].type);
		snprintf(h.name, sizeof h.name, "%.30s %.40s", rows[i].type, rows[i].piece);
		sip_buf_put_z(&h.bytes, rows[i].start);
		hostile_repeat(&h, rows[i].piece, rows[i].n);
		enum sip_err err = hostile_content(&h, rows[i].type);
		if (rows[i].err != SIP_E_INVAL)
			unit_check_int(err, rows[i].err, h.name, __FILE__, __LINE__);
		in_a_message(&h, rows[i].type);
		hostile_free(&h);
	}
	return SIP_OK;
}

/* Boundaries that grow with the depth, so that every level is a multipart of its own. */
static enum sip_err test_nested_multiparts(void)
{
	struct hostile h;

	hostile_init(&h, "nested multiparts");
	for (unsigned depth = 0; h.bytes.len < MEGABYTE - 200; depth++)
		sip_buf_putf(&h.bytes, "--b%u\r\nContent-Type: multipart/mixed;boundary=b%u\r\n\r\n", depth, depth + 1);
	UNIT_EQ(hostile_content(&h, "multipart/mixed;boundary=b0"), SIP_E_LIMIT);
	in_a_message(&h, "multipart/mixed;boundary=b0");
	hostile_free(&h);
	return SIP_OK;
}

/* Entities that hold each other ten times over; one that is outside. */
static enum sip_err test_entity_bombs(void)
{
	struct hostile h;

	hostile_init(&h, "entities in entities");
	SIP_BUF_LIT(&h.bytes, "<!DOCTYPE presence [<!ENTITY a0 \"aaaaaaaaaa\">");
	for (unsigned i = 1; i < 30; i++) {
		sip_buf_putf(&h.bytes, "<!ENTITY a%u \"", i);
		for (unsigned k = 0; k < 10; k++)
			sip_buf_putf(&h.bytes, "&a%u;", i - 1);
		SIP_BUF_LIT(&h.bytes, "\">");
	}
	SIP_BUF_LIT(&h.bytes, "]><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"&a29;\"><note>&a29;</note></presence>");
	enum sip_err err = hostile_content(&h, "application/pidf+xml");
	UNIT_CHECK(err != SIP_OK || !sip_content_has_xml());
	sip_buf_clear(&h.bytes);
	SIP_BUF_LIT(&h.bytes, "<!DOCTYPE presence [<!ENTITY a SYSTEM \"file:///dev/zero\">]><presence "
			      "xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"a\"><note>&a;</note></presence>");
	err = hostile_content(&h, "application/pidf+xml");
	UNIT_CHECK(err != SIP_OK || !sip_content_has_xml());
	hostile_free(&h);
	return SIP_OK;
}

/* Offers of up to 64 KiB in sections of one kind; the ids of the group end with the first, so that it is looked for in all of them. */
static const struct offer {
	const char *media, *piece, *last;
	unsigned sections, pieces; /* of each section */
	bool is_bundled;
} offers[] = {
	{ "m=audio 1 RTP/SAVP 0", "a=x\n", "", 1000, 8, true },
	{ "m=audio 1 RTP/SAVP 99", "a=x\n", "a=crypto:1 S_80 inline:t\na=fingerprint:sha-1 02\na=rtcp-mux\n", 256, 55, true },
	{ "m=audio 1 RTP/AVP 99", "a=x\n", "", 256, 55, false },
	{ "m=audio 1 RTP/AVP 99", "a=x\n", "", 16, 1000, false },
	{ "m=audio 1 RTP/AVP 98 13\na=rtpmap:98 telephone-event/8001", "", "", 1000, 0, false },
	{ "m=audio 1 RTP/SAVP 0", "a=crypto:1 S_32 inline:t A B C D\n", "", 2, 1000, false },
	{ "m=audio 1 RTP/SAVP 0", "a=crypto:1 S_32 inline:t\n", "", 500, 2, true },
	{ "m=x 0 a 0", "", "m=audio 1 RTP/AVP 0\n", 1000, 0, false },
};

static void put_offer(struct hostile *h, const struct offer *o)
{
	sip_buf_put_z(&h->bytes, SDP);
	if (o->is_bundled)
		sip_buf_putf(&h->bytes, "a=group:BUNDLE %u", o->sections - 1);
	for (unsigned i = 0; o->is_bundled && i < o->sections && i < 255; i++)
		sip_buf_putf(&h->bytes, " %u", i);
	for (unsigned i = 0; i < o->sections; i++) {
		sip_buf_putf(&h->bytes, "%s%s\n", i == 0 && !o->is_bundled ? "" : "\n", o->media);
		hostile_repeat(h, o->piece, o->pieces);
		sip_buf_putf(&h->bytes, "a=mid:%u", i);
	}
	sip_buf_putf(&h->bytes, "\n%s", o->last);
}

static enum sip_err test_offers_of_many_sections(void)
{
	for (size_t i = 0; i < SIP_COUNTOF(offers); i++) {
		struct hostile h;
		hostile_init(&h, "");
		snprintf(h.name, sizeof h.name, "%u of %.30s with %u %.20s", offers[i].sections, offers[i].media, offers[i].pieces,
			 offers[i].piece);
		put_offer(&h, &offers[i]);
		UNIT_EQ(hostile_offer(&h), SIP_OK);
		hostile_free(&h);
	}
	return SIP_OK;
}

/* Large bodies; what fails for want of memory fails in the tests of each type. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_64_kibibytes_of_one_byte_as_a_body),
	UNIT_CASE_NO_OOM(test_large_bodies),
	UNIT_CASE_NO_OOM(test_nested_multiparts),
	UNIT_CASE_NO_OOM(test_entity_bombs),
	UNIT_CASE_NO_OOM(test_offers_of_many_sections),
};
SUITE(body);
