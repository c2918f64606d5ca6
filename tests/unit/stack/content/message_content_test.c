/* The body of a message. */
#include "tests/unit/stack/content/content_rooms_test.h"

#define START "MESSAGE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n"

static enum sip_err read_message(const char *rest, struct bed *b, struct sip_message **m, struct sip_message_content *out)
{
	struct sip_packet *packet;
	enum sip_err err = SIP_E_NOMEM;

	*m = NULL;
	sip_buf_clear(&b->out);
	sip_buf_put_z(&b->out, START);
	sip_buf_put_z(&b->out, rest);
	packet = sip_packet_copy(b->out.p, b->out.len);
	if (packet && b->out.err == SIP_OK)
		err = sip_message_parse(packet, 0, sip_packet_len(packet), &sip_limits_default, m);
	sip_packet_unref(&packet);
	return err == SIP_OK ? sip_message_content(*m, NULL, &b->arena, NULL, out) : err;
}

static enum sip_err test_message_content_says_what_its_header_says(void)
{
	struct sip_message_content c;
	struct sip_message *m = NULL;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	UNIT_TRY(read_message("Content-Type: text/plain;charset=utf-8\r\nContent-Disposition: Render ; handling=Optional\r\n"
			      "Content-ID: <1@x>\r\nContent-Language: fr, en\r\ne: identity\r\n\r\nhello", &b, &m, &c));
	UNIT_CHECK(sip_content_form(&c.content, SIP_CONTENT_PLAIN) != NULL);
	UNIT_STR(c.content.bytes, "hello");
	UNIT_STR(c.disposition, "Render");
	UNIT_CHECK(c.is_optional);
	UNIT_STR(c.id, "1@x");
	UNIT_STR(c.languages->text, "fr");
	UNIT_STR(c.languages->next->text, "en");
	UNIT_CHECK(c.languages->next->next == NULL);
	sip_message_unref(&m);
	UNIT_TRY(read_message("c: text/plain\r\nContent-Disposition: ;\r\n\r\nx", &b, &m, &c));
	UNIT_CHECK(c.disposition.len == 0 && !c.is_optional && c.id.len == 0 && c.languages == NULL);
	sip_message_unref(&m);
	UNIT_TRY(read_message("c: text/plain\r\nContent-Disposition: session;handling=required\r\n\r\nx", &b, &m, &c));
	UNIT_CHECK(!c.is_optional);
out:
	sip_message_unref(&m);
	bed_fini(&b);
	return err;
}

static enum sip_err test_message_content_when_it_cannot_be_read_says_why(void)
{
	static const struct {
		const char *rest;
		enum sip_err err;
	} messages[] = {
		{ "Content-Type: text/plain\r\n\r\n", SIP_E_NOTFOUND }, { "\r\nx", SIP_E_SYNTAX },
		{ "Content-Type: text\r\n\r\nx", SIP_E_SYNTAX },
		{ "Content-Type: text/plain\r\nContent-Encoding: identity, gzip\r\n\r\nx", SIP_E_UNSUPPORTED },
	};
	enum sip_err err = SIP_OK;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(messages) && err == SIP_OK; i++) {
		struct sip_message_content c;
		struct sip_message *m = NULL;
		enum sip_err got = read_message(messages[i].rest, &b, &m, &c);
		if (m)
			unit_check(got == messages[i].err, messages[i].rest, __FILE__, __LINE__);
		err = sip_mem_has_failed() ? SIP_E_NOMEM : SIP_OK;
		sip_message_unref(&m);
	}
	bed_fini(&b);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_message_content_says_what_its_header_says),
	UNIT_CASE(test_message_content_when_it_cannot_be_read_says_why),
};
SUITE(message_content);
