/* STUN: what is read of any datagram, and what is answered to it. RFC 5389 6, 7.3. */
#include "stack/transport/transport_priv.h"
#include "tests/fuzz/fuzz.h"

void fuzz_stun(struct sip_str in)
{
	static const char *const sources[] = { "192.0.2.9:5062", "[2001:db8::9]:5062" };
	unsigned char room[SIP__STUN_ANSWER_LEN];
	struct sip_addr mapped;

	if (!sip__stun_is(in))
		return;
	fuzz_either(sip__stun_read_mapped(in, &mapped));
	for (size_t i = 0; i < SIP_COUNTOF(sources); i++) {
		struct sip_addr source = fuzz_addr(sources[i]);
		size_t len = sip__stun_answer(in, &source, room);
		struct sip_str answer = sip_str_make((const char *)room, len);
		if (!len)
			continue;
		FUZZ_MUST(len <= sizeof room && sip__stun_is(answer));
		/* Answers are never answered: two of us do not talk for ever. */
		FUZZ_MUST(sip__stun_answer(answer, &source, room) == 0);
		if (sip__stun_kind(answer) == SIP__STUN_ANSWER)
			FUZZ_MUST(sip__stun_read_mapped(answer, &mapped) == SIP_OK && sip_addr_eq(&mapped, &source));
	}
}
