/* Runs the unit tests of SDP, and what they share. */
#include "tests/unit/stack/content/sdp_rooms_test.h"

enum sip_err sdp_read(struct sip_arena *arena, const char *text, struct sip_sdp **out)
{
	struct sip_sdp_where where;
	enum sip_err err = sip_sdp_parse_where(arena, sip_str_of(text), &sip_content_limits_default, out, &where);

	unit_check(err == SIP_OK || err == SIP_E_NOMEM, text, __FILE__, __LINE__);
	return err;
}

void sdp_check_text(const struct sip_sdp *sdp, const char *expected, const char *file, int line)
{
	struct sip_buf b, wanted;

	sip_buf_init(&b, 0);
	sip_buf_init(&wanted, 0);
	if (sdp)
		sip_sdp_put(&b, sdp);
	for (; *expected; expected++) {
		if (*expected == '\n')
			sip_buf_put_char(&wanted, '\r');
		sip_buf_put_char(&wanted, *expected);
	}
	if (b.err != SIP_E_NOMEM && wanted.err == SIP_OK)
		unit_check_str(sip_buf_str(&b), sip_buf_str(&wanted), "the description", file, line);
	sip_buf_fini(&b);
	sip_buf_fini(&wanted);
}

const struct sip_str sdp_avp[1] = { SIP_STR_INIT("RTP/AVP") };
const struct sip_sdp_codec sdp_pcmu[1] = { SDP_CODEC("PCMU", 8000) };
const struct sip_sdp_codec sdp_audio[3] = { SDP_CODEC("PCMU", 8000), SDP_CODEC("PCMA", 8000), SDP_CODEC("iLBC", 8000) };
const struct sip_sdp_codec sdp_video[2] = { SDP_CODEC("H261", 90000), SDP_CODEC("MPV", 90000) };

struct sip_sdp_media_capability sdp_can_audio(uint16_t port)
{
	return (struct sip_sdp_media_capability){ .type = SIP_STR("audio"), .protos = sdp_avp, .proto_count = 1,
						  .codecs = sdp_audio,
						  .codec_count = 3, .direction = SIP_SDP_SEND_AND_RECEIVE, .port = port };
}

struct sip_sdp_media_capability sdp_can_video(uint16_t port)
{
	struct sip_sdp_media_capability c = sdp_can_audio(port);

	c.type = SIP_STR("video");
	c.codecs = sdp_video;
	c.codec_count = 2;
	return c;
}

struct sip_sdp_capabilities sdp_can(const char *address, const struct sip_sdp_media_capability *media, size_t count)
{
	return (struct sip_sdp_capabilities){ .address = sip_str_of(address), .media = media, .media_count = count };
}

void sdp_session_begin(struct sip_sdp_session *s)
{
	static struct sip_rand rand;

	sip_rand_init_seed(&rand, 1);
	sip_sdp_session_init(s, &rand);
	s->id = 1;
}

void sdp_trial_begin(struct sdp_trial *t)
{
	sip_arena_init(&t->arena, NULL, 0, SDP_ROOM);
	sdp_session_begin(&t->session);
	t->sdp = NULL;
	t->result = NULL;
}

void sdp_trial_end(struct sdp_trial *t)
{
	sip_sdp_session_fini(&t->session);
	sip_arena_fini(&t->arena);
}

enum sip_err sdp_answer_to(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
			   const char *offer, struct sip_sdp **answer)
{
	struct sip_sdp *read = NULL;
	enum sip_err err = sdp_read(arena, offer, &read);

	*answer = NULL;
	if (err == SIP_OK)
		err = sip_sdp_session_take_offer(s, read, NULL);
	return err == SIP_OK ? sip_sdp_session_answer(s, arena, can, answer) : err;
}

enum sip_err sdp_exchange(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
			  const char *answer, struct sip_sdp **offer)
{
	struct sip_sdp *read = NULL;
	enum sip_err err = sip_sdp_session_offer(s, arena, can, offer);

	if (err == SIP_OK)
		err = sdp_read(arena, answer, &read);
	return err == SIP_OK ? sip_sdp_session_take_answer(s, arena, read, NULL) : err;
}

int main(int argc, char **argv)
{
#define X(name) &name##_suite,
	static const struct unit_suite *const suites[] = { SDP_SUITES(X) };
#undef X
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
