/* Messages after RFC 4475, section by section: of our own making, each with the trait its section is about. */
#include "tests/torture/torture.h"

#define ROW(section, what, verdict, code, head, body)                                                                \
	{                                                                                                            \
		section, what, TORTURE_##verdict, code, SIP_STR_INIT(head), SIP_STR_INIT(body)                       \
	}
#define VIA "Via: SIP/2.0/UDP t1.example.org;branch=z9hG4bKt0rt\r\n"
#define FROM "From: <sip:caller@example.org>;tag=f1\r\n"
#define TO "To: <sip:callee@example.net>\r\n"
#define ID "Call-ID: t0rture.1@t1.example.org\r\n"
#define MF "Max-Forwards: 70\r\n"
#define COMMON VIA MF FROM TO ID
#define LEN "Content-Length: {len}\r\n\r\n"
#define SDP "v=0\r\no=c 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
#define INVITE "INVITE sip:callee@example.net SIP/2.0\r\n"
#define OPTIONS "OPTIONS sip:callee@example.net SIP/2.0\r\n"
#define REGISTER "REGISTER sip:example.net SIP/2.0\r\n"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG FIFTY FIFTY FIFTY FIFTY FIFTY

const struct torture_row torture_rows_4475[] = {
	/* ---- 3.1.1: valid ---- */
	ROW("4475 3.1.1.1", "folds, odd white space, compact and mixed-case names, leading zeros", ACCEPT, 0,
	    "INVITE sip:callee@example.net;unknownparam SIP/2.0\r\n"
	    "tO :\r\n sip:callee@example.net ;   tag    = t9\r\n"
	    "from   : \"C \\\\\\\"Q\\\"\"\r\n      <sip:caller@example.org>\r\n  ;\r\n  tag = f1\r\n"
	    "MaX-fOrWaRdS: 0070\r\nCall-ID: odd.1@192.0.2.7\r\n"
	    "cseq: 0009\r\n  INVITE\r\n"
	    "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.7;branch=z9hG4bKodd\r\n"
	    "s :\r\nNewThing:\r\n\t  folded;value\r\n with more\r\n"
	    "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
	    "Content-Type: application/sdp\r\n"
	    "Route:\r\n <sip:services.example.org;lr;unknownwith=value;unknown-no-value>\r\n"
	    "v:  SIP  / 2.0  / TCP     relay.example.org   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
	    " SIP  /    2.0   / UDP  192.168.7.2   ; branch= z9hG4bK30239\r\n"
	    "m:\"Quoted \\\"\\\"\" <sip:caller@example.org> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = "
	    "0.33\r\n"
	    "l: {len}\r\n\r\n",
	    SDP),
	ROW("4475 3.1.1.2", "every character a token, a user part, a parameter may have", ACCEPT, 0,
	    "!odd-Method.*_+`%indeed'~ sip:1_odd.!~*'()&more=+$,;?/:&=+$,@example.net SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP h1.example.org;branch=z9hG4bK-.!%66*_+`'~\r\n"
	    "To: \"B\\\"EL:\\\a NUL:\\\x01 DEL:\\\x7f\" <sip:1_odd.!~*'()&more=+$,;?/:&=+$,@example.net>\r\n"
	    "From: token1~` tok3n2'+_ tok*en3 <sip:mundane@example.org>;fromParam''~+*_!.-%=\"w\";tag=_to\r\n"
	    "Call-ID: odd.w%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\nCSeq: 139122385 !odd-Method.*_+`%indeed'~\r\n"
	    "Max-Forwards: 255\r\nextensionHeader-!.%*+_`'~: x y\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.3", "escapes in user parts: %3A is part of the user", ACCEPT, 0,
	    "INVITE sip:sips%3Auser%40example.org@example.net SIP/2.0\r\n"
	    "To: sip:%75se%72@example.org\r\nFrom: <sip:I%20have%20spaces@example.org>;tag=f1\r\n" VIA MF ID
	    "CSeq: 2 INVITE\r\nContact: <sip:cal%6Cer@h5.example.org;%6C%72;n%61me=v%61lue%25%34%31>\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.4", "%00 in a URI ends nothing", ACCEPT, 0,
	    REGISTER
	    "To: sip:null-%00-null@example.net\r\nFrom: sip:null-%00-null@example.net;tag=f1\r\n" VIA MF ID
	    "CSeq: 3 REGISTER\r\nContact: <sip:%00@h.example.org>\r\nContact: <sip:%00%00@h.example.org>\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.5", "% in a method is no escape: this is not REGISTER", ACCEPT, 0,
	    "RE%47IST%45R sip:example.net SIP/2.0\r\nTo: \"%Z%45\" <sip:resource@example.net>\r\n"
	    "From: \"%Z%45\" <sip:resource@example.net>;tag=f1\r\n" VIA MF ID
	    "CSeq: 29344 RE%47IST%45R\r\nContact: <sip:alias1@h.example.org>\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.6", "no space between display name and <", ACCEPT, 0,
	    OPTIONS "To: Callee<sip:callee@example.net>\r\nFrom: caller<sip:caller@example.org>;tag=f1\r\n" VIA MF ID
		    "CSeq: 60 OPTIONS\r\nl: {len}\r\n\r\n",
	    ""),
	ROW("4475 3.1.1.7", "long values in every field", ACCEPT, 0,
	    "INVITE sip:callee@example.net SIP/2.0\r\n"
	    "To: \"Long " LONG "\" <sip:callee" LONG "@example.net;p" FIFTY "=" LONG ">\r\n"
	    "F: sip:caller" LONG "@example.org;tag=f" LONG ";" LONG "name=" LONG "value;unknown" FIFTY "\r\n"
	    "Call-ID: long" LONG "\r\nCSeq: 3882340 INVITE\r\nUnknown" FIFTY ": long" LONG ";" LONG "\r\n"
	    "v: SIP/2.0/TCP sip33.example.org\r\nv: SIP/2.0/TCP sip32.example.org;branch=z9hG4bK" LONG "\r\n"
	    "Max-Forwards: 70\r\nContact: <sip:caller" LONG "@h5.example.org>\r\nl: {len}\r\n\r\n",
	    SDP),
	ROW("4475 3.1.1.8", "bytes behind the body of a datagram are not the message's", ACCEPT, 0,
	    REGISTER COMMON "CSeq: 8 REGISTER\r\nContact: sip:j@h.example.org\r\nContent-Length: 0\r\n\r\n",
	    "INVITE sip:x@example.net SIP/2.0\r\nt: sip:x@example.net\r\n\r\n"),
	ROW("4475 3.1.1.9", "semicolons in the user part", ACCEPT, 0,
	    "OPTIONS sip:user;par=u%40example.net@example.org SIP/2.0\r\n" COMMON "CSeq: 8 OPTIONS\r\n" LEN, ""),
	ROW("4475 3.1.1.10", "transports nobody knows", ACCEPT, 0,
	    OPTIONS
	    "Via: SIP/2.0/UDP t1.example.org;branch=z9hG4bKa\r\nVia: SIP/2.0/SCTP t2.example.org;branch=z9hG4bKb\r\n"
	    "Via: SIP/2.0/TLS t3.example.org;branch=z9hG4bKc\r\nVia: SIP/2.0/UNKNOWN "
	    "t4.example.org;branch=z9hG4bKd\r\n" MF FROM TO ID "CSeq: 1 OPTIONS\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.11", "a multipart body with NUL and bare CR in it", ACCEPT, 0,
	    "MESSAGE sip:callee@example.net SIP/2.0\r\n" COMMON
	    "CSeq: 1 MESSAGE\r\nContent-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\n" LEN,
	    "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\n"
	    "Content-Type: "
	    "application/octet-stream\r\n\r\n0\x82\x01R\x00\r0\n\r\x00\xff\r\n--7a9cbec02ceef655--\r\n"),
	ROW("4475 3.1.1.12", "a phrase in UTF-8", ACCEPT, 0,
	    "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe\r\n" VIA FROM
	    "To: <sip:callee@example.net>;tag=t1\r\n" ID
	    "CSeq: 35 INVITE\r\nContact: <sip:callee@h.example.net>\r\n" LEN,
	    ""),
	ROW("4475 3.1.1.13", "no phrase", ACCEPT, 0, "SIP/2.0 100 \r\n" VIA FROM TO ID "CSeq: 35 INVITE\r\n" LEN, ""),
	/* ---- 3.1.2: invalid ---- */
	ROW("4475 3.1.2.1", "separators that separate nothing", REJECT, 0,
	    INVITE "To: sip:callee@example.net\r\n" FROM MF ID
		   "CSeq: 8 INVITE\r\nVia: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n"
		   "Contact: \"C\" <sip:caller@example.org>;;;;\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.2", "Content-Length larger than the body", REJECT, 400,
	    INVITE COMMON "CSeq: 8 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 9999\r\n\r\n", SDP),
	ROW("4475 3.1.2.3", "negative Content-Length", REJECT, 400,
	    INVITE COMMON "CSeq: 8 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: -999\r\n\r\n", SDP),
	ROW("4475 3.1.2.4", "numbers over their range in a request", REJECT, 400,
	    REGISTER VIA "Max-Forwards: 300\r\n" FROM TO ID "CSeq: 36893488147419103232 REGISTER\r\n"
			 "Expires: 10000000000000\r\nContact: <sip:c@h.example.org>;expires=280297596632815\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.5", "numbers over their range in a response", REJECT, 0,
	    "SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO ID "CSeq: 9292394834772304023312 OPTIONS\r\n"
	    "Retry-After: 949302838503028349304023988\r\nWarning: 1812 overture \"In Progress\"\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.6", "a quote that does not close", REJECT, 400,
	    INVITE VIA MF FROM "To: \"Mr. Callee <sip:callee@example.net>\r\n" ID "CSeq: 9 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.7", "<> around the Request-URI", REJECT, 400,
	    "INVITE <sip:callee@example.net> SIP/2.0\r\n" COMMON "CSeq: 1 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.8", "white space in the Request-URI", REJECT, 400,
	    "INVITE sip:callee@example.net; lr SIP/2.0\r\n" COMMON "CSeq: 2 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.9", "more than one space in the request line", EITHER, 0,
	    "INVITE  sip:callee@example.net  SIP/2.0\r\n" COMMON "CSeq: 3 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.10", "a space at the end of the request line", EITHER, 0,
	    "OPTIONS sip:callee@example.net SIP/2.0  \r\n" COMMON "CSeq: 4 OPTIONS\r\n" LEN, ""),
	ROW("4475 3.1.2.11", "headers in the Request-URI", EITHER, 0,
	    "INVITE sip:callee@example.net?Route=%3Csip:example.org%3E SIP/2.0\r\n" COMMON "CSeq: 5 INVITE\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.12", "a Date that is not GMT", EITHER, 0,
	    INVITE COMMON "CSeq: 6 INVITE\r\nDate: Fri, 01 Jan 2010 16:00:00 EST\r\n" LEN, ""),
	ROW("4475 3.1.2.13", "Contact with headers and no <>", REJECT, 400,
	    REGISTER COMMON
	    "CSeq: 7 REGISTER\r\nContact: sip:callee@example.net?Route=%3Csip:sip.example.net%3E\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.14", "spaces within an addr-spec", EITHER, 0,
	    OPTIONS VIA MF FROM "To: \"Callee\" <sip:callee@ example.net >\r\n" ID "CSeq: 8 OPTIONS\r\n" LEN, ""),
	ROW("4475 3.1.2.15", "a display name of no tokens and no quotes", EITHER, 0,
	    OPTIONS VIA MF "From: Caller, Bell & Co <sip:caller@example.org>;tag=f1\r\n" TO ID
			   "CSeq: 9 OPTIONS\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.16", "another version", REJECT, 505,
	    "OPTIONS sip:callee@example.net SIP/7.0\r\nVia: SIP/7.0/UDP c.example.org;branch=z9hG4bKt\r\n" MF FROM TO
		    ID "CSeq: 1 OPTIONS\r\n" LEN,
	    ""),
	ROW("4475 3.1.2.17", "start line and CSeq name two methods", REJECT, 400,
	    OPTIONS COMMON "CSeq: 8 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.18", "the same with a method nobody knows", REJECT, 400,
	    "NEWMETHOD sip:callee@example.net SIP/2.0\r\n" COMMON "CSeq: 8 INVITE\r\n" LEN, ""),
	ROW("4475 3.1.2.19", "a status over 699", REJECT, 0,
	    "SIP/2.0 4294967301 better not break the receiver\r\n" VIA FROM TO ID "CSeq: 353494 INVITE\r\n" LEN, ""),
	/* ---- 3.2: transaction layer ---- */
	ROW("4475 3.2.1", "a branch that is the cookie alone", EITHER, 0,
	    OPTIONS "Via: SIP/2.0/UDP t1.example.org;branch=z9hG4bK\r\n" MF FROM TO ID "CSeq: 8 OPTIONS\r\n" LEN, ""),
	/* ---- 3.3: application layer ---- */
	ROW("4475 3.3.1", "Call-ID, From and To are missing", REJECT, 400,
	    INVITE VIA MF "CSeq: 193942 INVITE\r\nContact: <sip:c@h.example.org>\r\n" LEN, ""),
	ROW("4475 3.3.2", "a scheme nobody knows: users answer 416", ACCEPT, 0,
	    "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n" COMMON "CSeq: 3923423 OPTIONS\r\n" LEN,
	    ""),
	ROW("4475 3.3.3", "a known scheme that is not SIP's: users answer 416", ACCEPT, 0,
	    "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" COMMON "CSeq: 3923423 OPTIONS\r\n" LEN, ""),
	ROW("4475 3.3.4", "other schemes in To, From and Contact", ACCEPT, 0,
	    REGISTER VIA MF "To: isbn:2983792873\r\nFrom: <http://www.example.org>;tag=f1\r\n" ID
			    "CSeq: 234902 REGISTER\r\nContact: <name:Jane_Doe>\r\n" LEN,
	    ""),
	ROW("4475 3.3.5", "option tags nobody knows: users answer 420", ACCEPT, 0,
	    OPTIONS COMMON "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis\r\n"
			   "Require: nothingSupportsThis, nothingSupportsThisEither\r\nCSeq: 8 OPTIONS\r\n" LEN,
	    ""),
	ROW("4475 3.3.6", "a body type nobody knows: users answer 415", ACCEPT, 0,
	    INVITE COMMON "CSeq: 8 INVITE\r\nContent-Type: application/unknownformat\r\n" LEN,
	    "<audio>\r\n <pcmu port=\"443\"/>\r\n</audio>\r\n"),
	ROW("4475 3.3.7", "credentials of a scheme nobody knows", ACCEPT, 0,
	    REGISTER COMMON "CSeq: 9338 REGISTER\r\nAuthorization: NoOneKnowsThisScheme opaque-data=here\r\n" LEN,
	    ""),
	ROW("4475 3.3.8", "Call-ID, To, From, Max-Forwards, CSeq twice", REJECT, 400,
	    INVITE COMMON "CSeq: 5 INVITE\r\nCall-ID: t0rture.2@t1.example.org\r\nTo: <sip:other@example.net>\r\n"
			  "From: <sip:other@example.org>;tag=f2\r\nMax-Forwards: 5\r\nCSeq: 59 INVITE\r\n" LEN,
	    ""),
	ROW("4475 3.3.9", "Content-Length twice", REJECT, 400,
	    OPTIONS COMMON "CSeq: 59 OPTIONS\r\nContent-Length: 8\r\nContent-Length: 5\r\n\r\n",
	    "There's no way to know\r\n"),
	ROW("4475 3.3.10", "a response by way of the broadcast address: users drop it", ACCEPT, 0,
	    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bKt\r\nVia: SIP/2.0/UDP "
	    "255.255.255.255;branch=z9hG4bKs\r\n" FROM "To: <sip:callee@example.net>;tag=t1\r\n" ID
	    "CSeq: 8 INVITE\r\nContact: <sip:callee@example.net>\r\n" LEN,
	    ""),
	ROW("4475 3.3.11", "Max-Forwards 0: a proxy answers 483, the element addressed serves it", ACCEPT, 0,
	    OPTIONS VIA "Max-Forwards: 0\r\n" FROM TO ID "CSeq: 39234321 OPTIONS\r\n" LEN, ""),
	ROW("4475 3.3.12", "a parameter of Contact, not of its URI", ACCEPT, 0,
	    REGISTER COMMON "CSeq: 7 REGISTER\r\nContact: sip:+19725552222@gw1.example.net;unknownparam\r\n" LEN, ""),
	ROW("4475 3.3.13", "a parameter of the URI in Contact", ACCEPT, 0,
	    REGISTER COMMON "CSeq: 8 REGISTER\r\nContact: <sip:+19725552222@gw1.example.net;unknownparam>\r\n" LEN,
	    ""),
	ROW("4475 3.3.14", "a header in the URI in Contact", ACCEPT, 0,
	    REGISTER COMMON
	    "CSeq: 9 REGISTER\r\nContact: <sip:callee@example.net?Route=%3Csip:sip.example.net%3E>\r\n" LEN,
	    ""),
	ROW("4475 3.3.15", "Accept without SDP: users answer 406", ACCEPT, 0,
	    INVITE COMMON "CSeq: 9 INVITE\r\nContact: <sip:caller@h.example.org>\r\nAccept: text/nobodyKnowsThis\r\n"
			  "Content-Type: application/sdp\r\n" LEN,
	    SDP),
	/* ---- 3.4: backward compatibility ---- */
	ROW("4475 3.4.1", "a request of RFC 2543: no branch, no tag, no Max-Forwards, no Content-Length", ACCEPT, 0,
	    "INVITE sip:UserB@example.net SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.org\r\nFrom: "
	    "<sip:+13035551111@ift.example.org;user=phone>\r\n"
	    "Record-Route: <sip:UserB@example.net;maddr=ss1.example.net>\r\nTo: "
	    "sip:+16505552222@ss1.example.net;user=phone\r\n"
	    "Call-ID: 1717@ift.example.org\r\nCSeq: 56 INVITE\r\nContent-Type: application/sdp\r\n\r\n",
	    SDP),
};
const size_t torture_count_4475 = SIP_COUNTOF(torture_rows_4475);
