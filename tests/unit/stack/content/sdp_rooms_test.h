/* The suites of the unit tests of SDP in stack/content, one a source file or a topic. */
#ifndef TESTS_UNIT_STACK_CONTENT_SDP_ROOMS_TEST_H
#define TESTS_UNIT_STACK_CONTENT_SDP_ROOMS_TEST_H

#include "stack/content/sdp_offer_answer.h"
#include "tests/support/unit.h"

#define SDP_SUITES(X) \
	X(sdp) X(sdp_parse) X(sdp_put) X(sdp_attribute) X(sdp_random) X(sdp_offer) X(sdp_answer) X(sdp_answer_check) X(sdp_result) \
	X(sdp_session) X(sdp_exchange)
#define X(name) extern const struct unit_suite name##_suite;
SDP_SUITES(X)
#undef X

#define SUITE(stem) \
	const struct unit_suite stem##_suite = { "stack/content/" #stem, cases, SIP_COUNTOF(cases) }

#define SDP_ROOM ((size_t)8 << 20) /* of an arena */

/* Parsed; what goes wrong but NOMEM is a failed check. */
enum sip_err sdp_read(struct sip_arena *arena, const char *text, struct sip_sdp **out);
/* The description says this. Lines end in LF in the text. */
void sdp_check_text(const struct sip_sdp *sdp, const char *expected, const char *file, int line);
#define SDP_TEXT(sdp, expected) sdp_check_text((sdp), (expected), __FILE__, __LINE__)

/* Capabilities that most tests begin with. */
#define SDP_CODEC(name, hz) { .encoding = SIP_STR_INIT(name), .clock = (hz) }
extern const struct sip_str sdp_avp[1];
extern const struct sip_sdp_codec sdp_pcmu[1], sdp_audio[3], sdp_video[2];
struct sip_sdp_media_capability sdp_can_audio(uint16_t port);
struct sip_sdp_media_capability sdp_can_video(uint16_t port);
struct sip_sdp_capabilities sdp_can(const char *address, const struct sip_sdp_media_capability *media, size_t count);

/* An offer of this text taken, and answered. */
enum sip_err sdp_answer_to(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
			   const char *offer, struct sip_sdp **answer);
/* Our offer made, and the answer of this text taken. */
enum sip_err sdp_exchange(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
			  const char *answer, struct sip_sdp **offer);
/* A session whose o= says "1 1" first. */
void sdp_session_begin(struct sip_sdp_session *s);
/* Such a session, with the room for what comes of it. */
struct sdp_trial {
	struct sip_arena arena;
	struct sip_sdp_session session;
	struct sip_sdp *sdp;
	struct sip_sdp_result *result;
};
void sdp_trial_begin(struct sdp_trial *t);
void sdp_trial_end(struct sdp_trial *t);

#endif
