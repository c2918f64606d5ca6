/* Messages after RFC 5118 (IPv6), section by section, and what RFC 3261 says of borders: of our own making. */
#include "tests/torture/torture.h"

#define ROW(section, what, verdict, code, head, body)                                                                \
	{                                                                                                            \
		section, what, TORTURE_##verdict, code, SIP_STR_INIT(head), SIP_STR_INIT(body)                       \
	}
#define ENDS                                                                                                         \
	"Max-Forwards: 70\r\nFrom: <sip:user@example.org>;tag=f6\r\nTo: <sip:user@example.net>\r\nCall-ID: v6.1\r\n"
#define LEN "Content-Length: {len}\r\n\r\n"
#define SDP6                                                                                                         \
	"v=0\r\no=a 1 1 IN IP6 2001:db8::20\r\ns=-\r\nt=0 0\r\nc=IN IP6 2001:db8::20\r\nm=audio 6000 RTP/AVP 0\r\n"
#define REGISTERED ENDS "CSeq: 9 REGISTER\r\n" LEN

const struct torture_row torture_rows_5118[] = {
	ROW("5118 4.1", "IPv6 references in Request-URI, Via and Contact", ACCEPT, 0,
	    "REGISTER sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3\r\n"
	    "Contact: \"C\" <sip:caller@[2001:db8::1]>\r\n" REGISTERED,
	    ""),
	ROW("5118 4.2", "an IPv6 address without its brackets", REJECT, 400,
	    "REGISTER sip:2001:db8::10 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3\r\n" REGISTERED,
	    ""),
	ROW("5118 4.3", "a port that has become part of the address", ACCEPT, 0,
	    "REGISTER sip:[2001:db8::10:5070] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3\r\n"
	    "Contact: \"C\" <sip:caller@[2001:db8::1]>\r\n" REGISTERED,
	    ""),
	ROW("5118 4.4", "a port behind the brackets", ACCEPT, 0,
	    "REGISTER sip:[2001:db8::10]:5070 SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "[2001:db8::9:1]:5070;branch=z9hG4bKas3\r\n" REGISTERED,
	    ""),
	ROW("5118 4.5", "received with brackets, which must be understood", ACCEPT, 0,
	    "BYE sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "[2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3\r\n" ENDS "CSeq: 9 BYE\r\n" LEN,
	    ""),
	ROW("5118 4.5", "received without brackets, as the grammar has it", ACCEPT, 0,
	    "OPTIONS sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "[2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3\r\n" ENDS "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("5118 4.6", "IPv6 in the session description", ACCEPT, 0,
	    "INVITE sip:user@[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3\r\n" ENDS
	    "CSeq: 9 INVITE\r\nContact: <sip:user@[2001:db8::20]>\r\nContent-Type: application/sdp\r\n" LEN,
	    SDP6),
	ROW("5118 4.7", "both families in one Via list", ACCEPT, 0,
	    "BYE sip:user@host.example.net SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja, SIP/2.0/TCP "
	    "[2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\r\n" ENDS "CSeq: 9 BYE\r\n" LEN,
	    ""),
	ROW("5118 4.8", "both families in one session description", ACCEPT, 0,
	    "INVITE sip:user@[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3\r\n" ENDS
	    "CSeq: 9 INVITE\r\nContent-Type: application/sdp\r\n" LEN,
	    SDP6 "c=IN IP4 192.0.2.1\r\n"),
	ROW("5118 4.9", "IPv4-mapped addresses", ACCEPT, 0,
	    "INVITE sip:user@example.net SIP/2.0\r\nVia: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\r\n"
	    "Via: SIP/2.0/UDP [::ffff:192.0.2.2]:5060;branch=z9hG4bKas3-111\r\n" ENDS
	    "CSeq: 9 INVITE\r\nContact: \"T\" <sip:user@[::ffff:192.0.2.2]:5060>\r\n" LEN,
	    ""),
	ROW("5118 4.10", "three colons, as a flaw of the old grammar allows", EITHER, 0,
	    "OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "[2001:db8::9:1];branch=z9hG4bKas3\r\n" ENDS "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("5118 4.10", "two colons, as they should be", ACCEPT, 0,
	    "OPTIONS sip:user@[2001:db8::192.0.2.1] SIP/2.0\r\nVia: SIP/2.0/UDP "
	    "[2001:db8::9:1];branch=z9hG4bKas3\r\n" ENDS "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("3261 7.3.1", "one header as a list and as lines", ACCEPT, 0,
	    "OPTIONS sip:user@example.net SIP/2.0\r\nRoute: <sip:a.example.org>,<sip:b.example.org>\r\nSubject: "
	    "Lunch\r\n"
	    "Route: <sip:c.example.org>\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n" ENDS "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("3261 7.4.2", "a body type and no body", ACCEPT, 0,
	    "OPTIONS sip:user@example.net SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n" ENDS
	    "CSeq: 9 OPTIONS\r\nContent-Type: application/sdp\r\n" LEN,
	    ""),
	ROW("3261 7.5", "line ends before the start line", ACCEPT, 0,
	    "\r\n\r\n\r\nOPTIONS sip:user@example.net SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n" ENDS
	    "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("3261 8.1.1.7", "a Via and nothing else", REJECT, 400,
	    "OPTIONS sip:user@example.net SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n\r\n", ""),
	ROW("3261 17.1.1.3", "a broken ACK is answered by nobody", REJECT, 0,
	    "ACK sip:user@example.net SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n\r\n", ""),
	ROW("3261 18.3", "a response shorter than it says", REJECT, 0,
	    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKas3\r\n" ENDS
	    "CSeq: 9 OPTIONS\r\nContent-Length: 10\r\n\r\n",
	    "short"),
};
const size_t torture_count_5118 = SIP_COUNTOF(torture_rows_5118);
