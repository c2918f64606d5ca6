/* Valid values, mutated at random: nothing crashes, nothing is read outside, every slice given lies inside. */
#include "tests/unit/stack/header/header_rooms_test.h"

#define ROUNDS 3000

static const char *const seeds[] = {
	"SIP/2.0/UDP bigbox3.site3.example.com:5060;branch=z9hG4bK77ef4c2312983.1;rport;received=[2001:db8::1]",
	"SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1 (comment?)",
	"\"J \\\"R\\\"\" <sip:alice:pw@[::1]:5060;transport=udp;lr?a=b&c=%64>;tag=1928301774;q=0.5;x=\"y,z\"",
	"Alice Bob <tel:+1-201-555-0123;phone-context=x>, sip:b@c;q=1, <urn:a:b>",
	"314159 INVITE", "18000 (busy) ;duration=3600", "a84b4c76e66710@pc33.example.com",
	"Digest username=\"b\\\"ob\", realm=\"x\", nc=00000001, uri=sip:a@b", "multipart/mixed ; boundary=\"a;b\"",
};

static bool is_inside(struct sip_str part, struct sip_str whole)
{
	if (part.p == NULL)
		return part.len == 0;
	return part.p >= whole.p && part.p + part.len <= whole.p + whole.len;
}

static bool is_uri_inside(const struct sip_uri *u, struct sip_str whole)
{
	bool ok = is_inside(u->text, whole) && is_inside(u->scheme_text, whole) && is_inside(u->user, whole) &&
		  is_inside(u->password, whole) && is_inside(u->host, whole) && is_inside(u->params, whole) &&
		  is_inside(u->headers, whole) && is_inside(u->opaque, whole);
	for (unsigned i = 0; i < SIP_URI_PARAM_COUNT; i++)
		ok = ok && is_inside(u->param[i], whole);
	return ok;
}

static bool parse_as_all(struct sip_str text)
{
	struct sip_via v;
	struct sip_name_addr a;
	struct sip_cseq c;
	struct sip_auth_value auth;
	struct sip_media_type media;
	struct sip_str name, value;
	uint32_t number;
	bool is_quoted;
	bool ok = true;
	if (sip_via_parse(text, &v) == SIP_OK)
		ok = ok && v.host.len > 0 && v.transport_text.len > 0;
	ok = ok && is_inside(v.host, text) && is_inside(v.branch, text) && is_inside(v.received, text) &&
	     is_inside(v.maddr, text) && is_inside(v.params, text) && is_inside(v.protocol, text) &&
	     is_inside(v.transport_text, text);
	if (sip_name_addr_parse(text, &a) == SIP_OK && sip_name_addr_q(&a, 1000, &number) == SIP_OK)
		ok = ok && number <= 1000;
	ok = ok && is_inside(a.display, text) && is_inside(a.params, text) && is_inside(a.tag, text) &&
	     is_uri_inside(&a.uri, text);
	if (sip_cseq_parse(text, &c) == SIP_OK)
		ok = ok && is_inside(c.method_text, text) && c.method_text.len > 0;
	if (sip_number_parse(text, 1000, &number) == SIP_OK)
		ok = ok && number <= 1000;
	if (sip_media_type_parse(text, &media) == SIP_OK)
		ok = ok && is_inside(media.type, text) && is_inside(media.subtype, text) && is_inside(media.params, text);
	if (sip_auth_value_parse(text, &auth) == SIP_OK) {
		while (sip_auth_value_next(&auth.params, &name, &value, &is_quoted))
			ok = ok && is_inside(name, text) && is_inside(value, text) && is_inside(auth.params, text);
	}
	sip_call_id_is_valid(text);
	sip_header_find(text);
	sip_method_find(text);
	for (struct sip_str rest = text; sip_list_value_next(&rest, &value);)
		ok = ok && is_inside(value, text) && is_inside(rest, text);
	return ok;
}

static struct sip_str mutate(struct sip_rand *r, char *room, size_t size)
{
	static const char marks[] = "\"<>;,=@:[]%\\() \r\n\t?&/*";
	const char *seed = seeds[sip_rand_below(r, SIP_COUNTOF(seeds))];
	size_t len = strlen(seed);
	MUST(len < size);
	memcpy(room, seed, len);
	for (uint64_t n = sip_rand_below(r, 4); n > 0 && len > 0; n--) {
		size_t at = (size_t)sip_rand_below(r, len);
		switch (sip_rand_below(r, 4)) {
		case 0:
			room[at] = (char)sip_rand_below(r, 256);
			break;
		case 1:
			room[at] = marks[sip_rand_below(r, sizeof marks - 1)];
			break;
		case 2:
			len = at;
			break;
		default:
			memmove(room + at, room + at + 1, len - at - 1);
			len--;
		}
	}
	return sip_str_make(room, len);
}

static enum sip_err test_values_mutated_at_random_stay_inside(void)
{
	struct sip_rand r;
	char room[256];
	enum sip_err err = SIP_OK;
	char *exact = NULL;
	sip_rand_init_seed(&r, 3261);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct sip_str text = mutate(&r, room, sizeof room);
		/* On the heap and of this size, so that a sanitizer or valgrind sees one byte too far. */
		UNIT_TRY_PTR(exact = sip_alloc(text.len + (text.len == 0)));
		memcpy(exact, text.p, text.len);
		if (!parse_as_all(sip_str_make(exact, text.len)))
			unit_check_int(i, -1, "round", __FILE__, __LINE__);
		sip_free(exact);
		exact = NULL;
	}
out:
	sip_free(exact);
	return err;
}

/* Every byte in every place of every seed. */
static enum sip_err test_values_with_every_byte_stay_inside(void)
{
	char room[256];
	for (size_t s = 0; s < SIP_COUNTOF(seeds); s++) {
		size_t len = strlen(seeds[s]);
		memcpy(room, seeds[s], len);
		for (size_t at = 0; at < len; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				room[at] = (char)byte;
				if (!parse_as_all(sip_str_make(room, len)))
					unit_check_int((long long)(s * 1000 + at), -1, "seed and place", __FILE__, __LINE__);
			}
			room[at] = seeds[s][at];
		}
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	/* Thousands of allocations, each failing once, would show nothing more. */
	UNIT_CASE_NO_OOM(test_values_mutated_at_random_stay_inside),
	UNIT_CASE(test_values_with_every_byte_stay_inside),
};
SUITE(mutation);
