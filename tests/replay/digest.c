/* A peer's credentials: what answers a challenge it has heard. */
#include "tests/replay/play.h"

#include "stack/security/security.h"

static struct sip_str cut(struct sip_str *rest)
{
	size_t end = sip_str_find(*rest, ' ');
	struct sip_str word = sip_str_make(rest->p, end);

	*rest = sip_str_trim(sip_str_from(*rest, end));
	return word;
}

/* USER PASSWORD ALGORITHM COUNT METHOD URI */
struct sip_str text_digest(struct play *p, const struct speech *s, struct sip_str words)
{
	struct sip_credentials_input in = { .cnonce = SIP_STR_INIT("c0ffee") };
	struct sip_digest_hash *h = NULL;
	struct sip_str wanted, value, out;
	struct sip_challenge c;
	struct sip_buf b;
	bool is_found = false;

	in.user = cut(&words);
	in.password = cut(&words);
	wanted = cut(&words);
	if (sip_str_to_u32(cut(&words), UINT32_MAX, &in.nc) != SIP_OK)
		play_fail(p, s, "digest USER PASSWORD ALGORITHM COUNT METHOD URI");
	in.method = cut(&words);
	in.uri = cut(&words);
	for (size_t n = 0; !is_found && (value = text_value(s->bytes, SIP_STR("WWW-Authenticate"), n)).p; n++)
		is_found = sip_challenge_parse(value, &c) == SIP_OK && sip_str_eq(sip_digest_hash_name(c.algorithm), wanted);
	if (!is_found)
		play_fail(p, s, "a challenge of %.*s", SIP_STR_ARG(wanted));
	sip_buf_init(&b, 4096);
	if (sip_digest_hash_create(&h) != SIP_OK || sip_challenge_answer(&c, h, &in, &b) != SIP_OK)
		play_fail(p, s, "credentials");
	out = play_copy(p, sip_buf_str(&b));
	sip_buf_fini(&b);
	sip_digest_hash_destroy(&h);
	return out;
}
