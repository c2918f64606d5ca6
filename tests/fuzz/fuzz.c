/* The table of targets, and what they share. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_TARGET(name, what) { #name, what, fuzz_##name },
const struct fuzz_target fuzz_targets[] = {
#include "tests/fuzz/target_table.h"
};
#undef FUZZ_TARGET
const size_t fuzz_target_count = SIP_COUNTOF(fuzz_targets);

struct sip_log *fuzz_log;

const struct fuzz_target *fuzz_target_find(const char *name)
{
	for (size_t i = 0; i < fuzz_target_count; i++)
		if (strcmp(fuzz_targets[i].name, name) == 0)
			return &fuzz_targets[i];
	return NULL;
}

void fuzz_must(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	abort();
}

struct sip_packet *fuzz_packet(struct sip_str in)
{
	struct sip_packet *p = sip_packet_copy(in.p, in.len);

	FUZZ_MUST(p != NULL);
	return p;
}

bool fuzz_cut(struct sip_str *in, char c, struct sip_str *piece)
{
	size_t n = sip_str_find(*in, c);

	if (in->len == 0)
		return false;
	*piece = sip_str_make(in->p, n);
	*in = sip_str_from(*in, n + 1);
	return true;
}

unsigned fuzz_byte(struct sip_str *in)
{
	unsigned c = in->len ? (unsigned char)in->p[0] : 0;

	*in = sip_str_from(*in, 1);
	return c;
}

struct sip_addr fuzz_addr(const char *text)
{
	struct sip_addr a;

	FUZZ_MUST(sip_addr_parse_port(&a, sip_str_of(text), 5060) == SIP_OK);
	return a;
}
