/*
 * libxml2's allocations, which are none of ours: each fails in turn, and all are given back. Its hooks are the process's, so they are
 * set once, before anything of it is used, and count only while a case asks.
 */
#include "stack/content/pidf.h"
#include "stack/content/xml_priv.h"
#include "tests/unit/stack/content/content_rooms_test.h"

#include <libxml/globals.h>
#include <libxml/xmlmemory.h>
#include <stdlib.h>

static const char document[] = "<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:x='urn:x' entity='e'>"
	"<tuple id='a'><status><basic>open</basic></status><note xml:lang='en'>a &lt; b<![CDATA[c]]></note><x:y a='b'>z</x:y></tuple></presence>";

static long fail_in, held;

static bool must_fail(void)
{
	return fail_in > 0 && --fail_in == 0;
}

static void *alloc(size_t size)
{
	void *p = must_fail() ? NULL : malloc(size);

	held += p != NULL;
	return p;
}

static void *realloc_counted(void *p, size_t size)
{
	void *to = must_fail() ? NULL : realloc(p, size);

	held += to != NULL && p == NULL;
	return to;
}

static void give_back(void *p)
{
	held -= p != NULL;
	free(p);
}

static char *copy(const char *z)
{
	char *p = alloc(strlen(z) + 1);

	return p ? memcpy(p, z, strlen(z) + 1) : NULL;
}

static void silence(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static enum sip_err parse(void)
{
	struct sip_pidf *x = NULL;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	err = sip_pidf_parse(&b.arena, sip_str_of(document), NULL, &x);
	UNIT_CHECK((x != NULL) == (err == SIP_OK));
	if (err == SIP_OK)
		UNIT_STR(x->tuples->notes->text, "a < bc");
	bed_fini(&b);
	return err;
}

static enum sip_err test_xml_when_an_allocation_of_the_library_fails_says_so(void)
{
	long n, before, refusals = 0;

	/*
	 * What it keeps for the process is there after the first. Where it has no parser at hand it speaks to the process's handler, and
	 * some it does without, or takes a name it had no memory for as none.
	 */
	UNIT_EQ(parse(), SIP_OK);
	xmlSetGenericErrorFunc(NULL, silence);
	for (n = 1; n < 1000; n++) {
		enum sip_err err;
		before = held;
		fail_in = n;
		err = parse();
		UNIT_EQ(held, before);
		if (fail_in > 0)
			break;
		UNIT_CHECK(err == SIP_E_NOMEM || err == SIP_E_SYNTAX || err == SIP_OK);
		refusals += err == SIP_E_NOMEM;
	}
	fail_in = 0;
	UNIT_CHECK(n > 10 && n < 1000 && refusals > 5);
	xmlSetGenericErrorFunc(NULL, NULL);
	return SIP_OK;
}

void xml_memory_hook(void)
{
	xmlMemSetup(give_back, alloc, realloc_counted, copy);
}

static const struct unit_case cases[] = {
	/* The allocations that fail here are the library's. */
	UNIT_CASE_NO_OOM(test_xml_when_an_allocation_of_the_library_fails_says_so),
};
SUITE(xml_memory);
