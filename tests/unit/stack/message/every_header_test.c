/* A value of each header as its RFC or 3GPP TS 24.229 writes it, read by touch in its typed form. */
#include "tests/unit/stack/message/message_rooms_test.h"

static const struct {
	enum sip_header id;
	const char *value;
	unsigned count;
} samples[] = {
	{ SIP_HEADER_VIA,
	  "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7, SIP / 2.0 / UDP first.example.com: "
	  "4000;ttl=16", 2 },
	{ SIP_HEADER_FROM, "\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s", 1 },
	{ SIP_HEADER_TO, "The Operator <sip:operator@cs.columbia.edu>;tag=287447", 1 },
	{ SIP_HEADER_CSEQ, "4711 INVITE", 1 },
	{ SIP_HEADER_MAX_FORWARDS, "6", 1 },
	{ SIP_HEADER_ROUTE, "<sip:bigbox3.site3.atlanta.com;lr>, <sip:server10.biloxi.com;lr>", 2 },
	{ SIP_HEADER_RECORD_ROUTE, "<sip:server10.biloxi.com;lr>, <sip:bigbox3.site3.atlanta.com;lr>", 2 },
	{ SIP_HEADER_CONTACT,
	  "\"Mr. Watson\" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600, "
	  "<mailto:watson@bell-telephone.com> ;q=0.1", 2 },
	{ SIP_HEADER_CONTENT_LENGTH, "349", 1 },
	{ SIP_HEADER_CONTENT_TYPE, "text/html; charset=ISO-8859-4", 1 },
	{ SIP_HEADER_EXPIRES, "5", 1 },
	{ SIP_HEADER_AUTHORIZATION,
	  "Digest username=\"Alice\", realm=\"atlanta.com\", nonce=\"84a4cc6f3082121f32b42a2187831a9e\", "
	  "response=\"7587245234b3434cc3412213e5f113a5432\"", 1 },
	{ SIP_HEADER_PROXY_AUTHORIZATION,
	  "Digest username=\"Alice\", realm=\"atlanta.com\", nonce=\"c60f3082ee1212b402a21831ae\"", 1 },
	{ SIP_HEADER_WWW_AUTHENTICATE,
	  "Digest realm=\"atlanta.com\", domain=\"sip:boxesbybob.com\", qop=\"auth\", "
	  "nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", stale=FALSE", 1 },
	{ SIP_HEADER_PROXY_AUTHENTICATE,
	  "Digest realm=\"atlanta.com\", qop=\"auth\", nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\"", 1 },
	{ SIP_HEADER_AUTHENTICATION_INFO, "nextnonce=\"47364c23432d2e131a5fb210812c\"", 1 },
	{ SIP_HEADER_PROXY_AUTHENTICATION_INFO, "rspauth=\"6629fae49393a05397450978507c4ef1\", nc=00000001", 1 },
	{ SIP_HEADER_REQUIRE, "100rel, timer", 2 },
	{ SIP_HEADER_PROXY_REQUIRE, "foo", 1 },
	{ SIP_HEADER_SUPPORTED, "100rel, gruu", 2 },
	{ SIP_HEADER_UNSUPPORTED, "foo", 1 },
	{ SIP_HEADER_ALLOW, "INVITE, ACK, OPTIONS, CANCEL, BYE", 5 },
	{ SIP_HEADER_ACCEPT, "application/sdp;level=1, application/x-private, text/html", 3 },
	{ SIP_HEADER_ACCEPT_ENCODING, "gzip, identity;q=0.5", 2 },
	{ SIP_HEADER_ACCEPT_LANGUAGE, "da, en-gb;q=0.8, en;q=0.7", 3 },
	{ SIP_HEADER_ALERT_INFO, "<http://www.example.com/sounds/moo.wav>", 1 },
	{ SIP_HEADER_CALL_INFO,
	  "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info", 2 },
	{ SIP_HEADER_ERROR_INFO, "<sip:announcement10@example.com>", 1 },
	{ SIP_HEADER_CONTENT_DISPOSITION, "session;handling=optional", 1 },
	{ SIP_HEADER_CONTENT_ENCODING, "gzip", 1 },
	{ SIP_HEADER_CONTENT_LANGUAGE, "fr, en-GB", 2 },
	{ SIP_HEADER_DATE, "Sat, 13 Nov 2010 23:29:00 GMT", 1 },
	{ SIP_HEADER_MIN_EXPIRES, "60", 1 },
	{ SIP_HEADER_PRIORITY, "non-urgent", 1 },
	{ SIP_HEADER_REPLY_TO, "Bob <sip:bob@biloxi.com>", 1 },
	{ SIP_HEADER_RETRY_AFTER, "18000;duration=3600", 1 },
	{ SIP_HEADER_TIMESTAMP, "54", 1 },
	{ SIP_HEADER_WARNING,
	  "307 isi.edu \"Session parameter 'foo' not understood\", 301 isi.edu \"Incompatible network address type "
	  "'E.164'\"", 2 },
	{ SIP_HEADER_HIDE, "route", 1 },
	{ SIP_HEADER_RACK, "776656 1 INVITE", 1 },
	{ SIP_HEADER_RSEQ, "988789", 1 },
	{ SIP_HEADER_EVENT, "foo; param=abcd; id=1234", 1 },
	{ SIP_HEADER_ALLOW_EVENTS, "presence, presence.winfo", 2 },
	{ SIP_HEADER_SUBSCRIPTION_STATE, "active;expires=599", 1 },
	{ SIP_HEADER_P_MEDIA_AUTHORIZATION, "0123456789abcdef", 1 },
	{ SIP_HEADER_PRIVACY, "header;user;critical", 1 },
	{ SIP_HEADER_P_ASSERTED_IDENTITY, "\"Cullen Jennings\" <sip:fluffy@cisco.com>, tel:+14085264000", 2 },
	{ SIP_HEADER_P_PREFERRED_IDENTITY, "\"Cullen Jennings\" <sip:fluffy@cisco.com>", 1 },
	{ SIP_HEADER_REASON, "SIP ;cause=600 ;text=\"Busy Everywhere\", Q.850;cause=16", 2 },
	{ SIP_HEADER_PATH, "<sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>", 2 },
	{ SIP_HEADER_SECURITY_CLIENT, "ipsec-3gpp; alg=hmac-sha-1-96; spi-c=1111; spi-s=2222; port-c=5062; port-s=5063, tls", 2 },
	{ SIP_HEADER_SECURITY_SERVER, "ipsec-ike;q=0.1, tls;q=0.2", 2 },
	{ SIP_HEADER_SECURITY_VERIFY, "digest; d-alg=MD5; d-qop=auth; d-ver=\"0000000000000000000000000000abcd\"", 1 },
	{ SIP_HEADER_REFER_TO, "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>", 1 },
	{ SIP_HEADER_SERVICE_ROUTE, "<sip:HSP.HOME.EXAMPLE.COM;lr>", 1 },
	{ SIP_HEADER_ACCEPT_CONTACT, "*;mobility=\"fixed\" ;methods=\"INVITE\"", 1 },
	{ SIP_HEADER_REJECT_CONTACT, "*;actor=\"msg-taker\";video", 1 },
	{ SIP_HEADER_REQUEST_DISPOSITION, "proxy, recurse, parallel", 3 },
	{ SIP_HEADER_REPLACES, "425928@bobster.example.org;to-tag=7743;from-tag=6472", 1 },
	{ SIP_HEADER_REFERRED_BY, "<sip:referrer@referrer.example>;cid=\"20398823.2UWQFN309shb3@referrer.example\"", 1 },
	{ SIP_HEADER_SIP_ETAG, "dx200xyz", 1 },
	{ SIP_HEADER_SIP_IF_MATCH, "dx200xyz", 1 },
	{ SIP_HEADER_JOIN, "12adf2f34456gs5;to-tag=12345;from-tag=54321", 1 },
	{ SIP_HEADER_SESSION_EXPIRES, "4000;refresher=uac", 1 },
	{ SIP_HEADER_MIN_SE, "3600", 1 },
	{ SIP_HEADER_RESOURCE_PRIORITY, "wps.3, dsn.flash", 2 },
	{ SIP_HEADER_ACCEPT_RESOURCE_PRIORITY, "dsn.flash-override, dsn.routine", 2 },
	{ SIP_HEADER_P_USER_DATABASE, "<aaa://host.example.com;transport=tcp>", 1 },
	{ SIP_HEADER_REFER_SUB, "false", 1 },
	{ SIP_HEADER_TARGET_DIALOG, "fa77as7dad8-sd98ajzz@host.example.com ;local-tag=kkaz- ;remote-tag=6544", 1 },
	{ SIP_HEADER_P_ANSWER_STATE, "Unconfirmed", 1 },
	{ SIP_HEADER_P_PROFILE_KEY, "<sip:chatroom-!.*!@example.com>", 1 },
	{ SIP_HEADER_P_EARLY_MEDIA, "sendrecv, gated", 2 },
	{ SIP_HEADER_P_REFUSED_URI_LIST, "<cid:an3bt8jf03@example.com>", 1 },
	{ SIP_HEADER_PERMISSION_MISSING, "sip:C@example.com", 1 },
	{ SIP_HEADER_TRIGGER_CONSENT, "sip:123@relay.example.com;target-uri=\"sip:friends@relay.example.com\"", 1 },
	{ SIP_HEADER_ANSWER_MODE, "Manual;require", 1 },
	{ SIP_HEADER_PRIV_ANSWER_MODE, "Auto", 1 },
	{ SIP_HEADER_MAX_BREADTH, "60", 1 },
	{ SIP_HEADER_P_SERVED_USER, "<sip:user@example.com>; sescase=orig; regstate=reg", 1 },
	{ SIP_HEADER_P_DCS_TRACE_PARTY_ID, "<tel:+12125550100;phone-context=example.com>;timestamp-param=3434688831.2327", 1 },
	{ SIP_HEADER_P_DCS_OSPS, "BLV", 1 },
	{ SIP_HEADER_P_DCS_BILLING_INFO, "36AF;rksgroup=\"rks.example.com\"", 1 },
	{ SIP_HEADER_P_DCS_LAES, "192.0.2.1:3000;content=192.0.2.2", 1 },
	{ SIP_HEADER_P_DCS_REDIRECT, "<sip:a@example.com>;redirector-uri=<sip:b@example.com>;count=1", 1 },
	{ SIP_HEADER_FLOW_TIMER, "126", 1 },
	{ SIP_HEADER_DIVERSION, "<sip:bob@example.com>;reason=no-answer;counter=1;privacy=off", 1 },
	{ SIP_HEADER_SUPPRESS_IF_MATCH, "*", 1 },
	{ SIP_HEADER_P_ASSERTED_SERVICE, "urn:urn-7:3gpp-service.exampletelephony.version1", 1 },
	{ SIP_HEADER_P_PREFERRED_SERVICE, "urn:urn-7:3gpp-service.exampletelephony.version1", 1 },
	{ SIP_HEADER_INFO_PACKAGE, "foo", 1 },
	{ SIP_HEADER_RECV_INFO, "P, R", 2 },
	{ SIP_HEADER_GEOLOCATION, "<cid:target123@atlanta.example.com>, <sips:3sdefrhy2jj7@lis.atlanta.example.com>", 2 },
	{ SIP_HEADER_GEOLOCATION_ERROR, "100; code=\"Cannot Process Location\"", 1 },
	{ SIP_HEADER_GEOLOCATION_ROUTING, "no", 1 },
	{ SIP_HEADER_POLICY_CONTACT, "<sip:host.example.com?subject=a>;non-cacheable", 1 },
	{ SIP_HEADER_POLICY_ID, "sip:host.example.com;policytoken", 1 },
	{ SIP_HEADER_FEATURE_CAPS, "*;+g.3gpp.srvcc;+sip.instance-id=\"<urn:x>\"", 1 },
	{ SIP_HEADER_FEATURE_CAPS, "+sip.pns=\"apns\";+sip.pnsreg=\"130\"", 1 },
	{ SIP_HEADER_HISTORY_INFO,
	  "<sip:UserA@ims.example.com?Reason=SIP%3Bcause%3D302>;index=1, <sip:UserB@example.com>;index=1.1;mp=1", 2 },
	{ SIP_HEADER_P_ASSOCIATED_URI, "<sip:user@home1.net>, <tel:+12125550100>", 2 },
	{ SIP_HEADER_P_CALLED_PARTY_ID, "sip:user1-business@example.com", 1 },
	{ SIP_HEADER_P_VISITED_NETWORK_ID, "other.net, \"Visited network number 1\"", 2 },
	{ SIP_HEADER_P_ACCESS_NETWORK_INFO, "3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11", 1 },
	{ SIP_HEADER_P_CHARGING_FUNCTION_ADDRESSES, "ccf=192.1.1.1; ccf=192.1.1.2; ecf=192.1.1.3", 1 },
	{ SIP_HEADER_P_CHARGING_VECTOR, "icid-value=1234bc9876e; icid-generated-at=192.0.6.8; orig-ioi=home1.net", 1 },
	{ SIP_HEADER_P_PRIVATE_NETWORK_INDICATION, "example.com", 1 },
	{ SIP_HEADER_USER_TO_USER, "56a390f3d2b7310023a2;encoding=hex;purpose=isdn-uui;content=isdn-uui", 1 },
	{ SIP_HEADER_REFER_EVENTS_AT, "<sip:vfUiGTrxF@example.com;gr=urn:uuid:1>", 1 },
	{ SIP_HEADER_SESSION_ID, "ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2", 1 },
	{ SIP_HEADER_CELLULAR_NETWORK_INFO, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11;cell-info-age=6", 1 },
	{ SIP_HEADER_IDENTITY,
	  "eyJhbGciOiJFUzI1NiJ9.eyJkZXN0Ijp7fX0.rq3pjT==;info=<https://biloxi.example.org/biloxi.cer>;alg=ES256;"
	  "ppt=shaken", 1 },
	{ SIP_HEADER_IDENTITY_INFO, "<https://atlanta.example.com/atlanta.cer>;alg=rsa-sha1", 1 },
	{ SIP_HEADER_P_CHARGE_INFO, "<sip:+14075551234@example.com;user=phone>;npi=ISDN;noa=2", 1 },
	{ SIP_HEADER_RESPONSE_SOURCE, "fe=<urn:3gpp:fe:p-cscf.orig>", 1 },
	{ SIP_HEADER_ATTESTATION_INFO, "A", 1 },
	{ SIP_HEADER_ORIGINATION_ID, "1ca0ea8f-0abf-4ea7-9e0e-b2f1f0d2ae5f", 1 },
	{ SIP_HEADER_ADDITIONAL_IDENTITY, "<sip:user2@home1.net>", 1 },
	{ SIP_HEADER_DC_INFO, "dcmtsi;version=1", 1 },
	{ SIP_HEADER_PRIORITY_SHARE, "allowed", 1 },
	{ SIP_HEADER_PRIORITY_VERSTAT, "TN-Validation-Passed", 1 },
	{ SIP_HEADER_RELAYED_CHARGE, "p-cscf;icid-value=1", 1 },
	{ SIP_HEADER_RESOURCE_SHARE, "media-sharing;origin=ue", 1 },
	{ SIP_HEADER_RESTORATION_INFO, "\"noresponse\"", 1 },
	{ SIP_HEADER_SERVICE_INTERACT_INFO, "icsi;x=1", 1 },
	{ SIP_HEADER_REMOTE_PARTY_ID,
	  "\"John Doe\" <sip:jdoe@foo.com>;party=calling;id-type=subscriber;privacy=full;screen=yes", 1 },
	{ SIP_HEADER_CONTENT_TRANSFER_ENCODING, "base64", 1 },
};

static enum sip_err check_sample(size_t i, struct sip_str name)
{
	struct sip_message *m = NULL;
	char text[1024];
	enum sip_err err;

	snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n%.*s: %s\r\n\r\n", SIP_STR_ARG(name), samples[i].value);
	UNIT_TRY(parse_z(text, &m));
	unit_check(sip_message_count(m, samples[i].id) == samples[i].count, samples[i].value, __FILE__, __LINE__);
	for (size_t n = 0; n < samples[i].count; n++) {
		const void *form = sip_message_typed(m, samples[i].id, n);

		if (!form && m->is_short_of_memory)
			err = SIP_E_NOMEM;
		else
			unit_check(form != NULL, samples[i].value, __FILE__, __LINE__);
		UNIT_CHECK(err != SIP_OK || sip_message_typed(m, samples[i].id, n) == form);
	}
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_every_header_when_touched_then_it_has_its_form(void)
{
	bool is_there[SIP_HEADER_COUNT] = { false };
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(samples); i++) {
		char compact = sip_header_rows[samples[i].id].compact;

		is_there[samples[i].id] = true;
		UNIT_TRY(check_sample(i, sip_header_rows[samples[i].id].name));
		if (compact)
			UNIT_TRY(check_sample(i, sip_str_make(&compact, 1)));
	}
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		unit_check(is_there[id] || sip_value_rows[sip_header_rows[id].type].size == 0, sip_header_rows[id].name.p, __FILE__, __LINE__);
out:
	return err;
}

static enum sip_err test_typed_when_read_by_name_then_the_same(void)
{
	struct sip_message *m = NULL;
	enum sip_err err;

	UNIT_TRY(parse_z("INVITE sip:a@b SIP/2.0\r\nEvent: dialog;id=3\r\nRetry-After: 5 (soon)\r\nAuthorization: Digest a=b\r\n"
			 "Authorization: Basic c\r\nc: text/plain;charset=x\r\nReplaces: 1@h;to-tag=2;from-tag=3\r\nRAck: 1 2 INVITE\r\n"
			 "Date: Thu, 01 Jan 1970 00:00:01 GMT\r\nWarning: 399 h \"x\"\r\nTimestamp: 1\r\nSubject: s\r\nTarget-Dialog: @\r\n\r\n",
			 &m));
	UNIT_CHECK((const void *)sip_message_word(m, SIP_HEADER_EVENT, 0) == sip_message_typed(m, SIP_HEADER_EVENT, 0));
	UNIT_CHECK((const void *)sip_message_number_value(m, SIP_HEADER_RETRY_AFTER) == sip_message_typed(m, SIP_HEADER_RETRY_AFTER, 0));
	UNIT_CHECK((const void *)sip_message_auth(m, SIP_HEADER_AUTHORIZATION, 1) == sip_message_typed(m, SIP_HEADER_AUTHORIZATION, 1));
	UNIT_CHECK((const void *)sip_message_media_type(m, SIP_HEADER_CONTENT_TYPE, 0) == sip_message_typed(m, SIP_HEADER_CONTENT_TYPE, 0));
	UNIT_CHECK((const void *)sip_message_dialog_ref(m, SIP_HEADER_REPLACES) == sip_message_typed(m, SIP_HEADER_REPLACES, 0));
	UNIT_CHECK((const void *)sip_message_rack(m) == sip_message_typed(m, SIP_HEADER_RACK, 0));
	UNIT_CHECK((const void *)sip_message_date(m) == sip_message_typed(m, SIP_HEADER_DATE, 0));
	UNIT_CHECK((const void *)sip_message_warning(m, 0) == sip_message_typed(m, SIP_HEADER_WARNING, 0));
	UNIT_CHECK((const void *)sip_message_timestamp(m) == sip_message_typed(m, SIP_HEADER_TIMESTAMP, 0));
	UNIT_CHECK(sip_message_typed(m, SIP_HEADER_SUBJECT, 0) == NULL);
	UNIT_CHECK(sip_message_typed(m, SIP_HEADER_JOIN, 0) == NULL);
	UNIT_CHECK(sip_message_dialog_ref(m, SIP_HEADER_TARGET_DIALOG) == NULL);
	UNIT_TRY(m->is_short_of_memory ? SIP_E_NOMEM : SIP_OK);
	UNIT_STR(sip_message_word(m, SIP_HEADER_EVENT, 0)->word, "dialog");
	UNIT_STR(sip_message_auth(m, SIP_HEADER_AUTHORIZATION, 1)->scheme, "Basic");
	UNIT_EQ(sip_message_date(m)->seconds, 1);
out:
	sip_message_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_every_header_when_touched_then_it_has_its_form),
	UNIT_CASE(test_typed_when_read_by_name_then_the_same),
};
SUITE(every_header);
