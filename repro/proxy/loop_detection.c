/*
 * Loops (RFC 3261 16.3 step 4, 16.6 step 8; RFC 5393): everything that decides where a request
 * goes is hashed into the branch of our Via; the same value seen again is a loop, another a spiral.
 */
#include "repro/proxy/proxy_priv.h"

#include <endian.h>

/* The value need not be secret, only the same on every proxy that shares our addresses. */
static uint64_t stir(uint64_t h, struct sip_str s)
{
	uint64_t word;
	size_t i = 0;

	h = sip_hash_mix(h, s.len);
	for (; i + sizeof word <= s.len; i += sizeof word) {
		memcpy(&word, s.p + i, sizeof word);
		h = sip_hash_mix(h, htole64(word));
	}
	for (word = 0; i < s.len; i++)
		word = word << 8 | (unsigned char)s.p[i];
	return sip_hash_mix(h, word);
}

static uint64_t stir_values(uint64_t h, const struct sip_message *m, enum sip_header id)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_str value;

	while (sip_message_next_value(m, id, &walk, &value))
		h = stir(h, value);
	return h;
}

static void make_value(const struct sip_message *m, char text[REPRO__LOOP_LEN])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	uint64_t h = stir(0, sip_message_uri_text(m));

	h = stir(h, sip_message_call_id(m));
	h = stir(h, from ? from->tag : sip_str_make(NULL, 0));
	h = stir(h, to ? to->tag : sip_str_make(NULL, 0));
	h = sip_hash_mix(h, cseq ? cseq->number : 0);
	h = stir_values(h, m, SIP_HEADER_ROUTE);
	h = stir_values(h, m, SIP_HEADER_PROXY_REQUIRE);
	h = stir_values(h, m, SIP_HEADER_PROXY_AUTHORIZATION);
	for (size_t i = 0; i < REPRO__LOOP_LEN; i++, h >>= 5)
		text[i] = digits[h & 31];
}

struct sip_str repro__loop_value(struct repro_request *r)
{
	_Static_assert(sizeof r->loop >= REPRO__LOOP_LEN, "room for the value");
	if (!r->loop[0])
		make_value(r->message, r->loop);
	return sip_str_make(r->loop, REPRO__LOOP_LEN);
}

bool repro__loop_found(struct repro_request *r)
{
	struct sip_str mine = repro__loop_value(r);
	const struct sip_via *via;

	/* No request has come further than Max-Forwards can count. */
	for (size_t i = 0; i <= UINT8_MAX && (via = sip_message_via(r->message, i)) != NULL; i++) {
		if (via->branch.len <= REPRO__LOOP_LEN ||
		    !sip_stack_is_own_address(r->proxy->o.stack, via->host, via->port))
			continue;
		if (sip_str_eq(sip_str_from(via->branch, via->branch.len - REPRO__LOOP_LEN), mine))
			return true;
	}
	return false;
}
