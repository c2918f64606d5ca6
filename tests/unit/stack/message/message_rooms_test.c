/* Runs the unit tests of stack/message. */
#include "tests/unit/stack/message/message_rooms_test.h"

const char *const sample_invite = "INVITE sip:bob@example.net;transport=tcp SIP/2.0\r\n"
				  "v: SIP/2.0/TCP a.example.org;branch=z9hG4bK1, SIP/2.0/UDP b.example.org:5070;branch=z9hG4bK2\r\n"
				  "Via: SIP/2.0/UDP c.example.org;branch=z9hG4bK3;rport\r\n"
				  "Max-Forwards: 70\r\n"
				  "Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>\r\n"
				  "f: Alice <sip:alice@example.org>;tag=1\r\n"
				  "TO: <sip:bob@example.net>\r\n"
				  "Call-ID: 42@a.example.org\r\n"
				  "CSeq: 7 INVITE\r\n"
				  "Contact: <sip:alice@a.example.org>\r\n"
				  "Supported: 100rel,\r\n timer\r\n"
				  "X-Odd: one\r\n"
				  "Content-Type: text/plain\r\n"
				  "Content-Length: 5\r\n"
				  "\r\n"
				  "hello";

enum sip_err parse_text(struct sip_str text, struct sip_message **out)
{
	*out = NULL;
	struct sip_packet *packet = sip_packet_copy(text.p, text.len);
	if (!packet)
		return SIP_E_NOMEM;
	enum sip_err err = sip_message_parse(packet, 0, text.len, &sip_limits_default, out);
	sip_packet_unref(&packet);
	return err;
}

enum sip_err parse_z(const char *text, struct sip_message **out)
{
	return parse_text(sip_str_of(text), out);
}

enum sip_err check_encoded(const struct sip_message *m, const char *expected, const char *file, int line)
{
	struct sip_packet *packet;
	enum sip_err err = sip_message_encode(m, &packet);
	if (err != SIP_OK)
		return err;
	unit_check_str(sip_str_make(sip_packet_bytes(packet), sip_packet_len(packet)), sip_str_of(expected), "encoded", file,
		       line);
	unit_check_int((long long)sip_message_encoded_len(m), (long long)strlen(expected), "encoded_len", file, line);
	sip_packet_unref(&packet);
	return SIP_OK;
}

int main(int argc, char **argv)
{
#define X(name) &message_##name##_suite,
	static const struct unit_suite *const suites[] = { MESSAGE_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
