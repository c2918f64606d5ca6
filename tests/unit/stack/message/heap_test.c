/* What a message asks the heap for: after the first, nothing, for its blocks are kept (sip_alloc_kept). */
#include "tests/unit/stack/message/message_rooms_test.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static unsigned asked;

void *__wrap_malloc(size_t size)
{
	asked++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	asked++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	asked++;
	return __real_realloc(p, size);
}

/* Not where a sanitizer is to see every block. */
static bool is_kept(void)
{
	sip_free_kept(sip_alloc_kept(1), 1);
	unsigned before = asked;
	sip_free_kept(sip_alloc_kept(1), 1);
	return asked == before;
}

static enum sip_err hop(void)
{
	struct sip_message *m = NULL;
	struct sip_packet *out = NULL;
	struct sip_check verdict;
	enum sip_err err = parse_z(sample_invite, &m);
	if (err != SIP_OK)
		return err;
	sip_message_check(m, false, &verdict);
	UNIT_EQ(verdict.verdict, SIP_ACCEPT);
	UNIT_TRY(sip_message_set(m, SIP_HEADER_MAX_FORWARDS, SIP_STR("68")));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_VIA, SIP_STR("SIP/2.0/UDP 192.0.2.80:5060;branch=z9hG4bK5e0f9a3c71;rport")));
	UNIT_TRY(sip_message_push(m, SIP_HEADER_RECORD_ROUTE, SIP_STR("<sip:192.0.2.80:5060;lr>")));
	UNIT_TRY(sip_message_encode(m, &out));
out:
	sip_packet_unref(&out);
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_hop_after_the_first_asks_the_heap_for_nothing(void)
{
	enum sip_err err = SIP_OK;
	if (!is_kept())
		return SIP_OK;
	UNIT_TRY(hop());
	unsigned before = asked;
	for (int i = 0; i < 10; i++)
		UNIT_TRY(hop());
	UNIT_EQ(asked, before);
out:
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE_NO_OOM(test_hop_after_the_first_asks_the_heap_for_nothing), /* edit_test.c has memory fail */
};
SUITE(heap);
