#include "tests/unit/stack/content/sdp_rooms_test.h"

#include <stdio.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n"

static enum sip_err check(const char *offer, const char *answer, enum sip_sdp_trouble_kind kind, size_t media)
{
	struct sip_sdp *theirs, *ours;
	struct sip_sdp_trouble trouble;
	struct sip_arena arena;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_TRY(sdp_read(&arena, offer, &ours));
	UNIT_TRY(sdp_read(&arena, answer, &theirs));
	enum sip_err first = sip_sdp_answer_check(ours, theirs, &trouble), again = sip_sdp_answer_check(ours, theirs, NULL);
	if (first == SIP_E_NOMEM || again == SIP_E_NOMEM)
		err = SIP_E_NOMEM;
	UNIT_TRY(err);
	UNIT_EQ(first, kind == SIP_SDP_TROUBLE_NONE ? SIP_OK : SIP_E_INVAL);
	UNIT_EQ(again, first);
	unit_check_str(sip_str_of(sip_sdp_trouble_text(trouble.kind)), sip_str_of(sip_sdp_trouble_text(kind)), answer, __FILE__,
		       __LINE__);
	UNIT_EQ(trouble.media, media);
out:
	sip_arena_fini(&arena);
	return err;
}

static enum sip_err test_sdp_answer_check_finds_what_does_not_fit(void)
{
	static const char two[] = HEAD "m=audio 1 RTP/AVP 0 96\na=rtpmap:96 opus/48000/2\nm=video 2 RTP/AVP 31\n";
	static const char mixed[] = HEAD "a=group:BUNDLE a b\nm=audio 1 RTP/AVP 0\na=mid:a\na=sendonly\na=rtcp-mux\n"
					 "m=video 2 RTP/AVP 31\n"
					 "a=mid:b\n"
					 "a=rtcp-mux\nm=message 3 TCP/MSRP *\na=mid:c\nm=audio 0 RTP/AVP 0\n";
	static const char late[] = HEAD "a=group:BUNDLE a b c\nm=text 1 x y\na=mid:a\nm=audio 2 RTP/SAVP 0\na=mid:b\na=rtcp-mux\n"
					"a=crypto:1 S_32 inline:o\na=crypto:2 S_80 inline:o\nm=audio 3 RTP/SAVP 0\na=mid:c\n"
					"a=crypto:1 S_80 inline:o\n";
	static const char ended[] = HEAD "m=image 0 udptl t38\nm=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n";
	static const char again[] = HEAD "m=audio 0 RTP/AVP 0\nm=audio 1 RTP/AVP 0\n";
	static const char hole[] = HEAD "m=audio 1 RTP/AVP 0\nm=image 0 udptl t38\nm=video 2 RTP/AVP 31\n";
	static const char three[] = HEAD "m=audio 1 RTP/AVP 0\na=mid:a\nm=audio 2 RTP/AVP 0\na=mid:b\nm=video 3 RTP/AVP 31\n";
	static const char data[] = HEAD "a=group:BUNDLE a b\nm=text 1 x y\na=mid:a\nm=audio 2 RTP/AVP 0\na=mid:b\na=rtcp-mux\n";
	static const struct {
		const char *offer, *answer;
		enum sip_sdp_trouble_kind kind;
		size_t media;
	} pairs[] = {
		{ two, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ two, HEAD "m=audio 1 RTP/AVP 97 8\na=rtpmap:97 OPUS/48000/2\nm=video 0 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ two, HEAD "m=audio 1 RTP/AVP 96\nm=video 0 RTP/AVP\n", SIP_SDP_TROUBLE_NONE, 0 },
		/* Some leave out what they refuse; but a bundle needs its mids, and a call a stream. */
		{ two, HEAD "m=audio 1 RTP/AVP 0\n", SIP_SDP_TROUBLE_UNANSWERED, 1 },
		{ two, HEAD "m=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0\n", SIP_SDP_TROUBLE_UNANSWERED, 1 },
		{ two, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\nm=video 0 RTP/AVP 31\n", SIP_SDP_TROUBLE_COUNT, 0 },
		{ two, HEAD, SIP_SDP_TROUBLE_COUNT, 0 },
		{ two, HEAD "m=audio 0 RTP/AVP 0\n", SIP_SDP_TROUBLE_COUNT, 1 },
		{ two, HEAD "m=video 1 RTP/AVP 31\nm=audio 2 RTP/AVP 0\n", SIP_SDP_TROUBLE_TYPE, 0 },
		/* What had ended may be left out as well, so that the others close up; but nothing is put in another place. */
		{ ended, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ ended, HEAD "m=audio 1 RTP/AVP 0\nm=video 0 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ ended, HEAD "m=audio 0 RTP/AVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ ended, HEAD "m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 31\n", SIP_SDP_TROUBLE_TYPE, 0 },
		{ ended, HEAD "m=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_UNANSWERED, 1 },
		{ ended, HEAD "m=image 0 udptl t38\nm=audio 1 RTP/AVP 0\n", SIP_SDP_TROUBLE_UNANSWERED, 2 },
		{ ended, HEAD "m=video 2 RTP/AVP 31\nm=audio 1 RTP/AVP 0\n", SIP_SDP_TROUBLE_UNANSWERED, 2 },
		{ ended, HEAD "m=video 2 RTP/AVP 31\nm=image 1 udptl t38\n", SIP_SDP_TROUBLE_TYPE, 0 },
		{ ended, HEAD "m=audio 1 RTP/AVP 8\n", SIP_SDP_TROUBLE_FORMATS, 1 },
		{ ended, HEAD "a=group:BUNDLE a\nm=audio 1 RTP/AVP 0\na=mid:a\n", SIP_SDP_TROUBLE_TYPE, 0 },
		{ again, HEAD "m=audio 1 RTP/AVP 0\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ hole, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ hole, HEAD "m=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_UNANSWERED, 0 },
		{ hole, HEAD "m=image 0 udptl t38\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_UNANSWERED, 0 },
		{ hole, HEAD "m=audio 0 RTP/AVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ three, HEAD "m=audio 2 RTP/AVP 0\na=mid:b\n", SIP_SDP_TROUBLE_UNANSWERED, 0 },
		{ three, HEAD "m=audio 1 RTP/AVP 0\na=mid:a\nm=video 3 RTP/AVP 31\n", SIP_SDP_TROUBLE_UNANSWERED, 1 },
		{ three, HEAD "m=audio 2 RTP/AVP 0\na=mid:c\n", SIP_SDP_TROUBLE_MID, 0 },
		{ two, HEAD "m=audio 1 RTP/SAVP 0\n", SIP_SDP_TROUBLE_PROTO, 0 },
		{ mixed, HEAD "m=audio 1 RTP/AVP 0\n", SIP_SDP_TROUBLE_UNANSWERED, 1 },
		{ mixed, HEAD "a=group:BUNDLE a b\nm=audio 1 RTP/AVP 0\na=mid:a\na=recvonly\na=rtcp-mux\nm=video 2 RTP/AVP 31\na=mid:b\n",
		  SIP_SDP_TROUBLE_COUNT, 2 },
		{ two, HEAD "m=audio 1 RTP/SAVP 0\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_PROTO, 0 },
		{ two, HEAD "m=audio 1 RTP/AVP 8 99\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_FORMATS, 0 },
		{ two, HEAD "m=audio 1 RTP/AVP 0\na=mid:x\nm=video 2 RTP/AVP 31\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ mixed, HEAD "m=audio 1 RTP/AVP 0\na=mid:b\na=recvonly\nm=video 2 RTP/AVP 31\nm=message 3 TCP/MSRP *\nm=audio 0 RTP/AVP 0\n",
		  SIP_SDP_TROUBLE_MID, 0 },
		{ two, HEAD "m=audio 0 RTP/AVP 0\na=mid:x\nm=video 0 RTP/AVP 31\na=mid:x\n", SIP_SDP_TROUBLE_MID_TWICE, 1 },
		{ two, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\na=rtcp-mux\n", SIP_SDP_TROUBLE_RTCP_MUX, 1 },
		{ mixed,
		 HEAD "a=group:BUNDLE a b\nm=audio 1 RTP/AVP 0\na=mid:a\na=recvonly\na=rtcp-mux\nm=video 0 RTP/AVP 31\na=mid:b\na=bundle-only\n"
			      "m=message 3 TCP/MSRP text\nm=audio 0 RTP/AVP 0\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ mixed,
		 HEAD "a=group:BUNDLE a b\nm=audio 1 RTP/AVP 0\na=mid:a\na=recvonly\nm=video 1 RTP/AVP 31\na=mid:b\n"
			      "m=message 3 TCP/MSRP text\nm=audio 0 RTP/AVP 0\n", SIP_SDP_TROUBLE_NOT_MUXED, 0 },
		{ mixed, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\nm=message 3 TCP/MSRP *\nm=audio 0 RTP/AVP 0\n",
		  SIP_SDP_TROUBLE_DIRECTION, 0 },
		/* What the bundle says for a section is that of the offer's first which is left. */
		{ late, HEAD "a=group:BUNDLE b c\nm=text 0 x y\nm=audio 1 RTP/SAVP 0\na=mid:b\na=rtcp-mux\n"
			     "a=crypto:2 S_80 inline:a\nm=audio 1 RTP/SAVP 0\na=mid:c\na=rtcp-mux\n", SIP_SDP_TROUBLE_NONE, 0 },
		{ late, HEAD "m=text 0 x y\nm=audio 1 RTP/SAVP 0\na=rtcp-mux\na=crypto:2 S_80 inline:a\n"
			     "m=audio 1 RTP/SAVP 0\na=rtcp-mux\na=crypto:1 S_80 inline:a\n", SIP_SDP_TROUBLE_RTCP_MUX, 2 },
		/* RFC 9143 9.3.1.2: who carries says it for RTP that has offered it. */
		{ data, HEAD "a=group:BUNDLE a b\nm=text 1 x y\na=mid:a\na=rtcp-mux\nm=audio 1 RTP/AVP 0\na=mid:b\n",
		  SIP_SDP_TROUBLE_NONE, 0 },
		{ data, HEAD "a=group:BUNDLE a\nm=text 1 x y\na=mid:a\na=rtcp-mux\nm=audio 1 RTP/AVP 0\na=mid:b\n",
		  SIP_SDP_TROUBLE_RTCP_MUX, 0 },
		{ mixed, HEAD "m=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\nm=message 3 TCP/MSRP *\nm=audio 4 RTP/AVP 0\n",
		  SIP_SDP_TROUBLE_REFUSED, 3 },
		{ mixed,
		 HEAD "a=group:BUNDLE a c\nm=audio 1 RTP/AVP 0\na=inactive\nm=video 2 RTP/AVP 31\nm=message 3 TCP/MSRP *\na=mid:c\n"
			      "m=audio 0 RTP/AVP 0\n", SIP_SDP_TROUBLE_BUNDLE, 2 },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(pairs) && err == SIP_OK; i++)
		err = check(pairs[i].offer, pairs[i].answer, pairs[i].kind, pairs[i].media);
	return err;
}

/* The first trouble is the worst: what is grave stands before what is mild. */
static enum sip_err test_sdp_answer_check_tells_grave_from_mild(void)
{
	UNIT_CHECK(sip_sdp_trouble_is_mild(SIP_SDP_TROUBLE_NONE) && sip_sdp_trouble_is_mild(SIP_SDP_TROUBLE_DIRECTION));
	UNIT_CHECK(!sip_sdp_trouble_is_mild(SIP_SDP_TROUBLE_COUNT) && !sip_sdp_trouble_is_mild(SIP_SDP_TROUBLE_KEYS));
	for (unsigned kind = SIP_SDP_TROUBLE_NONE + 2; kind < SIP_SDP_TROUBLE_COUNT_OF; kind++)
		UNIT_CHECK(sip_sdp_trouble_is_mild((enum sip_sdp_trouble_kind)kind) ||
			   !sip_sdp_trouble_is_mild((enum sip_sdp_trouble_kind)(kind - 1)));
	return SIP_OK;
}

/* RFC 4568 5.1.3: "the offerer MUST verify that one of the initially offered crypto suites and its accompanying tag were accepted". */
static enum sip_err test_sdp_answer_check_wants_keys_that_were_offered(void)
{
#define KEYS "m=audio 1 RTP/SAVP 0\na=crypto:1 S_80 inline:o\na=crypto:2 S_32 inline:o\n"
#define SAVP "m=audio 1 RTP/SAVP 0\n"
	static const struct {
		const char *offer, *answer;
		bool is_fit;
	} pairs[] = {
		{ HEAD KEYS, HEAD SAVP "a=crypto:2 S_32 inline:a\n", true },
		{ HEAD KEYS, HEAD SAVP "a=crypto:2 S_32 inline:a KDR=3\n", true },
		{ HEAD KEYS, HEAD SAVP "a=crypto:2 S_32 inline:a UNENCRYPTED_SRTP\n", false },
		{ HEAD KEYS, HEAD SAVP "a=crypto:1 S_32 inline:a\n", false },
		{ HEAD KEYS, HEAD SAVP "a=crypto:3 S_80 inline:a\n", false },
		{ HEAD KEYS, HEAD SAVP "a=crypto:1 S_80\n", false },
		{ HEAD KEYS, HEAD SAVP "a=crypto:1 S_80 inline:a\na=crypto:2 S_32 inline:a\n", false },
		{ HEAD KEYS, HEAD SAVP, false },
		{ HEAD KEYS, HEAD SAVP "a=fingerprint:sha-1 01\n", false },
		{ HEAD SAVP, HEAD SAVP, false },
		{ HEAD SAVP, HEAD SAVP "a=crypto:1 S_80 inline:a\n", false },
		{ HEAD SAVP "a=fingerprint:sha-1 01\n", HEAD "a=fingerprint:sha-1 02\n" SAVP, true },
		{ HEAD SAVP "a=key-mgmt:mikey o\n", HEAD SAVP "a=key-mgmt:mikey a\n", true },
		{ HEAD "m=audio 1 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-1 01\n", HEAD "m=audio 1 UDP/TLS/RTP/SAVPF 0\n", false },
		/* RFC 8643 3.1: opportunistic, over RTP/AVP. */
		{ HEAD "m=audio 1 RTP/AVP 0\na=crypto:1 S_80 inline:o\n", HEAD "m=audio 1 RTP/AVP 0\n", true },
		{ HEAD "m=audio 1 RTP/AVP 0\na=crypto:1 S_80 inline:o\n",
		  HEAD "m=audio 1 RTP/AVP 0\na=crypto:2 S_80 inline:a\n", false },
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(pairs) && err == SIP_OK; i++)
		err = check(pairs[i].offer, pairs[i].answer, pairs[i].is_fit ? SIP_SDP_TROUBLE_NONE : SIP_SDP_TROUBLE_KEYS, 0);
	return err;
#undef KEYS
#undef SAVP
}

/* RFC 9143 7.1.3: those of the tagged section, on both sides, are the keys of all that is bundled; a transport of its own has its own. */
static enum sip_err test_sdp_answer_check_goes_by_the_keys_of_the_bundle(void)
{
#define GROUP(ids) "a=group:BUNDLE " ids "\n"
#define A(proto, rest) "m=audio 1 " proto " 0\na=mid:a\na=rtcp-mux\n" rest
#define B(proto, rest) "m=audio 2 " proto " 0\na=mid:b\na=rtcp-mux\n" rest
#define CRYPTO "a=crypto:1 S_80 inline:k\n"
#define TLS "UDP/TLS/RTP/SAVPF"
#define DTLS "a=fingerprint:sha-1 01\n"
	static const struct {
		const char *offer, *answer;
		bool is_fit;
	} pairs[] = {
		{ A("RTP/AVP", "") B("RTP/SAVP", CRYPTO), GROUP("a b") A("RTP/AVP", "") B("RTP/SAVP", ""), false },
		{ A("RTP/AVP", "") B("RTP/SAVP", CRYPTO), GROUP("a b") A("RTP/AVP", "") B("RTP/SAVP", CRYPTO), false },
		{ A("RTP/AVP", "") B("RTP/SAVP", CRYPTO), GROUP("a") A("RTP/AVP", "") B("RTP/SAVP", CRYPTO), true },
		{ A("RTP/SAVP", CRYPTO) B("RTP/SAVP", CRYPTO), GROUP("a b") A("RTP/SAVP", CRYPTO) B("RTP/SAVP", ""), true },
		{ A("RTP/SAVP", CRYPTO) B("RTP/SAVP", CRYPTO), GROUP("a") A("RTP/SAVP", CRYPTO) B("RTP/SAVP", ""), false },
		{ A("RTP/AVP", "") B("RTP/SAVP", DTLS), DTLS GROUP("a b") A("RTP/AVP", "") B("RTP/SAVP", ""), false },
		{ A("RTP/SAVP", CRYPTO) B(TLS, DTLS), GROUP("a b") A("RTP/SAVP", CRYPTO) B(TLS, ""), false },
		{ A("RTP/SAVP", CRYPTO) B(TLS, DTLS), GROUP("a") A("RTP/SAVP", CRYPTO) B(TLS, DTLS), true },
		{ A("RTP/SAVP", CRYPTO) B(TLS, CRYPTO), A("RTP/SAVP", CRYPTO) B(TLS, CRYPTO), false },
		/* The offer's order counts (7.3.1), of what is left, unless the keys are where the answer's begins. */
		{ A(TLS, DTLS) B(TLS, ""), GROUP("b a") A(TLS, DTLS) B(TLS, DTLS), true },
		{ A(TLS, DTLS) B(TLS, ""), GROUP("b a") A(TLS, DTLS) B(TLS, ""), true },
		{ A(TLS, DTLS) B(TLS, DTLS), GROUP("b a") A(TLS, "") B(TLS, DTLS), true },
		{ A(TLS, DTLS) B(TLS, DTLS), GROUP("a b") "m=audio 0 " TLS " 0\na=mid:a\n" B(TLS, DTLS), true },
		{ A(TLS, DTLS) B(TLS, ""), GROUP("a b") "m=audio 0 " TLS " 0\na=mid:a\n" B(TLS, DTLS), false },
	};
	char offer[512], answer[512];
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(pairs) && err == SIP_OK; i++) {
		(void)snprintf(offer, sizeof offer, HEAD GROUP("a b") "%s", pairs[i].offer);
		(void)snprintf(answer, sizeof answer, HEAD "%s", pairs[i].answer);
		err = check(offer, answer, pairs[i].is_fit ? SIP_SDP_TROUBLE_NONE : SIP_SDP_TROUBLE_KEYS, !pairs[i].is_fit);
	}
	return err;
#undef GROUP
#undef A
#undef B
#undef CRYPTO
#undef TLS
#undef DTLS
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_answer_check_finds_what_does_not_fit),
	UNIT_CASE(test_sdp_answer_check_tells_grave_from_mild),
	UNIT_CASE(test_sdp_answer_check_wants_keys_that_were_offered),
	UNIT_CASE(test_sdp_answer_check_goes_by_the_keys_of_the_bundle),
};
SUITE(sdp_answer_check);
