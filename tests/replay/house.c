/* The proxy on the stage. */
#include "tests/replay/play.h"

void house_set(struct play *p)
{
	play_fail(p, NULL, "a stage without a proxy");
}

void house_strike(struct play *p)
{
	(void)p;
}

void house_register(struct play *p)
{
	play_fail(p, NULL, "a proxy on the stage");
}

size_t house_contexts(struct play *p)
{
	(void)p;
	return 0;
}

int64_t house_metric(struct play *p, struct sip_str name, bool *is_found)
{
	(void)p;
	(void)name;
	*is_found = false;
	return 0;
}
