/* Ten thousand of what there is one of: fields, values, parameters, embedded headers. */
#include "tests/unit/stack/message/hostile_rooms_test.h"

#define MANY 10000
#define MANY_PARAMS "Too Many Parameters"

static void say(const struct hostile_verdict *v, unsigned code, const char *what)
{
	char text[200];

	snprintf(text, sizeof text, "%s: %u %s", what, v->check.code, v->check.reason ? v->check.reason : "");
	unit_check(v->check.code == code, text, __FILE__, __LINE__);
}

static void both_ways(struct hostile *h, unsigned code, const char *what)
{
	struct hostile_verdict v = hostile_datagram(h);

	say(&v, code, what);
	v = hostile_stream(h);
	say(&v, code, what);
	hostile_free(h);
}

static enum sip_err test_many_fields(void)
{
	static const char *const lines[] = { "Z:y\r\n",        "Z: y\r\n z\r\n", "v: SIP/2.0/UDP h;branch=z9hG4bK\r\n",
					     "m:<sip:a@b>\r\n", "k:a\r\n",        "t:a\r\n", "Route:<sip:a@b;lr>\r\n", "no field\r\n" };

	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		struct hostile h;
		hostile_init(&h, lines[i]);
		hostile_begin(&h);
		hostile_repeat(&h, lines[i], MANY);
		hostile_end(&h, SIP_STR(""));
		both_ways(&h, 513, lines[i]);
	}
	return SIP_OK;
}

/* As many as are let in. */
static enum sip_err test_many_fields_within_the_limits(void)
{
	static const char *const lines[] = { "Z:y\r\n", "v: SIP/2.0/UDP h;branch=z9hG4bK\r\n", "m:<sip:a@b>\r\n", "k:a,b,c,d,e,f\r\n",
					     "Route:<sip:a@b;lr>\r\n" };

	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		struct hostile h;
		hostile_init(&h, lines[i]);
		hostile_begin(&h);
		hostile_repeat(&h, lines[i], 1000);
		hostile_end(&h, SIP_STR(""));
		both_ways(&h, 0, lines[i]);
	}
	return SIP_OK;
}

static const char *const values[] = { "a",          "SIP/2.0/UDP h", "<sip:a@b>", "sip:a", "\"\"<sip:a@b>", "\"", "<", "",
				      "a/b",        "399 h \"\"",    "a;b",       "*" };

/* `code`: of the answer, if there is one; of too much there is. */
static void many_values(enum sip_header id, const char *value, size_t n, size_t lines, unsigned code)
{
	struct hostile h;
	char name[80];

	snprintf(name, sizeof name, "%s: %zu times %zu \"%s\"", sip_header_rows[id].name.p, lines, n, value);
	hostile_init(&h, name);
	hostile_begin(&h);
	for (size_t i = 0; i < lines; i++) {
		sip_buf_putf(&h.bytes, "%s: %s", sip_header_rows[id].name.p, value);
		for (size_t k = 1; k < n; k++)
			sip_buf_putf(&h.bytes, ",%s", value);
		SIP_BUF_LIT(&h.bytes, "\r\n");
	}
	hostile_end(&h, SIP_STR(""));
	struct hostile_verdict v = hostile_datagram(&h);
	if (v.check.code || code == 513)
		say(&v, code, name);
	struct hostile_verdict on_stream = hostile_stream(&h);
	say(&on_stream, v.check.code, name);
	hostile_free(&h);
}

/* Ten thousand in one line, which is too long, or as many as it holds; four such lines. */
static enum sip_err test_many_values(void)
{
	static const uint8_t ids[] = { SIP_HEADER_VIA,     SIP_HEADER_ROUTE,  SIP_HEADER_CONTACT,       SIP_HEADER_SUPPORTED,
				       SIP_HEADER_WARNING, SIP_HEADER_ACCEPT, SIP_HEADER_ACCEPT_CONTACT, SIP_HEADER_USER_TO_USER };

	for (size_t i = 0; i < SIP_COUNTOF(ids); i++) {
		for (size_t k = 0; k < SIP_COUNTOF(values); k++) {
			if ((i + k) % (every_value_slow() > 1 ? 12 : 1))
				continue;
			size_t fits = 15900 / (strlen(values[k]) + 1);
			many_values((enum sip_header)ids[i], values[k], fits < MANY ? fits : MANY, 1, 400);
			many_values((enum sip_header)ids[i], values[k], fits < MANY ? fits : MANY, 4, 400);
			many_values((enum sip_header)ids[i], values[k], MANY * 2, 1, 513);
		}
	}
	return SIP_OK;
}

/* More typed values than a message has memory for: dropped, not taken for what could be read of it. */
static enum sip_err test_many_values_beyond_the_memory(void)
{
	struct hostile_verdict v;
	struct hostile h;

	hostile_init(&h, "three lines of 4,070 contacts");
	hostile_begin(&h);
	for (int line = 0; line < 3; line++) {
		SIP_BUF_LIT(&h.bytes, "Contact: ");
		hostile_repeat(&h, "a:b,", 4070);
		SIP_BUF_LIT(&h.bytes, "\r\n");
	}
	hostile_end(&h, SIP_STR(""));
	v = hostile_datagram(&h);
	UNIT_EQ(v.check.verdict, SIP_DROP);
	UNIT_STR(sip_str_of(v.check.reason), "Out Of Memory");
	hostile_free(&h);
	return SIP_OK;
}

static enum sip_err test_many_parameters(void)
{
	static const struct {
		const char *before, *param;
		size_t n;
		const char *reason;
	} rows[] = {
		{ "Via: SIP/2.0/UDP h", ";a", 7500, MANY_PARAMS },
		{ "Contact: <sip:a@b>", ";a=\"\"", 3000, MANY_PARAMS },
		{ "Contact: <sip:a@b>", ";q=1", 4000, MANY_PARAMS },
		{ "Contact: <sip:a@b", ";a", 7500, "Bad Contact" },
		{ "Contact: <sip:a@b?a=b", "&c=d", 4000, "Bad Contact" },
		{ "Contact: a@b", ";", 15000, MANY_PARAMS },
		{ "Record-Route: <sip:a@b>", ";a=b", 2500, MANY_PARAMS },
		{ "Event: a", ";b=c", 4000, MANY_PARAMS },
		{ "Authorization: Digest a=b", ",c=d", 4000, MANY_PARAMS },
		{ "Authorization: Digest a=b", ",c=\"d\"", 2500, MANY_PARAMS },
		{ "Replaces: 1", ";to-tag=1", 1600, MANY_PARAMS },
		{ "Content-Type: a/b", ";c=d", 4000, MANY_PARAMS },
		{ "P-Charging-Vector: a", ";b=c", 4000, MANY_PARAMS },
		{ "Session-ID: a\"", ";b=c", 3500, MANY_PARAMS },
	};

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct hostile h;
		hostile_init(&h, rows[i].before);
		hostile_begin(&h);
		sip_buf_put_z(&h.bytes, rows[i].before);
		hostile_repeat(&h, rows[i].param, rows[i].n);
		SIP_BUF_LIT(&h.bytes, "\r\n");
		hostile_end(&h, SIP_STR(""));
		struct hostile_verdict v = hostile_datagram(&h);
		UNIT_STR(sip_str_of(v.check.reason), rows[i].reason);
		v = hostile_stream(&h);
		UNIT_STR(sip_str_of(v.check.reason), rows[i].reason);
		hostile_free(&h);
	}
	return SIP_OK;
}

static enum sip_err test_many_parts_of_a_uri(void)
{
	static const char *const rows[][2] = { { "sip:a@b", ";c" },   { "sip:a@b", ";c=d" }, { "sip:a@b;lr", ";lr" }, { "sip:a@b?", "c=d&" },
					       { "sip:a@b?", "&" },   { "sip:", "a." },      { "sip:[", ":" },        { "sip:[", "1:" },
					       { "sip:", "%41" },     { "tel:+1", "-" },     { "tel:+1", ";a=b" },    { "sip:a@b", "@b" },
					       { "sip:a;", "b;" },    { "urn:", "a:" } };

	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		struct hostile h;
		hostile_init(&h, rows[i][1]);
		sip_buf_put_z(&h.bytes, rows[i][0]);
		hostile_repeat(&h, rows[i][1], MANY);
		hostile_uri(&h);
		for (unsigned type = SIP_VALUE_VIA; type < SIP_VALUE_COUNT; type++)
			if (sip_value_rows[type].parse)
				hostile_value(&h, (enum sip_value_type)type);
		hostile_free(&h);
	}
	return SIP_OK;
}

/* A URI of as many headers as there may be in one, and one more, into a request. */
static enum sip_err test_many_embedded_headers(void)
{
	struct sip_message *m = NULL;
	struct sip_packet *packet;
	unsigned left_out;
	struct hostile h;
	struct sip_uri u;

	hostile_init(&h, "embedded headers");
	SIP_BUF_LIT(&h.bytes, "sip:a@b?X0=1");
	hostile_repeat(&h, "&X1=a%20b", SIP_URI_PARTS_MAX - 1);
	UNIT_EQ(sip_uri_parse(sip_buf_str(&h.bytes), &u), SIP_OK);
	packet = sip_packet_copy("BYE sip:a@b SIP/2.0\r\n\r\n", 23);
	MUST(packet);
	UNIT_EQ(sip_message_parse(packet, 0, 23, &sip_limits_default, &m), SIP_OK);
	UNIT_EQ(sip_message_embed(m, &u, SIP_EMBED_ALL, &left_out), SIP_OK);
	UNIT_EQ(sip_message_count(m, SIP_HEADER_UNKNOWN), SIP_URI_PARTS_MAX);
	hostile_repeat(&h, "&X1=a%20b", MANY);
	UNIT_EQ(sip_uri_parse(sip_buf_str(&h.bytes), &u), SIP_E_RANGE);
	hostile_uri(&h);
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	hostile_free(&h);
	return SIP_OK;
}

/* Large messages; what fails for want of memory fails in the tests of each room. */
static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_many_fields),
	UNIT_CASE_NO_OOM(test_many_fields_within_the_limits),
	UNIT_CASE_NO_OOM(test_many_values),
	UNIT_CASE_NO_OOM(test_many_values_beyond_the_memory),
	UNIT_CASE_NO_OOM(test_many_parameters),
	UNIT_CASE_NO_OOM(test_many_parts_of_a_uri),
	UNIT_CASE_NO_OOM(test_many_embedded_headers),
};
SUITE(many);
