/*
 * Telephone numbers, in tel URIs and in the user part of SIP URIs with user=phone (RFC 3261 19.1.6, RFC 3966, RFC 4694, RFC 4904).
 * Slices, no state, any thread.
 */
#include "stack/uri/uri_priv.h"

#include "stack/base/escape.h"

#include <stddef.h>

#define NO_PLACE SIZE_MAX
#define AT(member) offsetof(struct sip_tel, member)

/* In the order in which RFC 3966 3 and RFC 3261 19.1.6 want them written; all others follow by name. */
static const struct tel_param {
	enum sip_param id;
	size_t at;       /* in struct sip_tel */
	bool folds_case; /* its value */
} params[] = {
	{ SIP_PARAM_ISUB, AT(isub), true },
	{ SIP_PARAM_EXT, AT(ext), true },
	{ SIP_PARAM_POSTD, NO_PLACE, true },
	{ SIP_PARAM_PHONE_CONTEXT, AT(context), true },
#define FIRST_BY_NAME 4
	{ SIP_PARAM_TSP, NO_PLACE, true },
	{ SIP_PARAM_RN, AT(rn), false },
	{ SIP_PARAM_RN_CONTEXT, AT(rn_context), false },
	{ SIP_PARAM_CIC, AT(cic), false },
	{ SIP_PARAM_TGRP, AT(tgrp), false },
	{ SIP_PARAM_TRUNK_CONTEXT, AT(trunk_context), false },
};

static size_t find_param(struct sip_str name)
{
	size_t i = 0;

	while (i < SIP_COUNTOF(params) && !sip__escaped_eq(name, sip_param_rows[params[i].id].name, true))
		i++;
	return i;
}

/* ---- reading ---- */

static enum sip_err take_params(struct sip_tel *out, struct sip_str raw)
{
	struct sip_str name, value;
	unsigned count = 0;

	out->params = raw;
	while (sip__part_next(&raw, ';', &name, &value)) {
		size_t i = find_param(name);
		if (++count > SIP_URI_PARTS_MAX)
			return SIP_E_RANGE;
		out->has_npdi |= sip__escaped_eq(name, sip_param_rows[SIP_PARAM_NPDI].name, true);
		if (i == SIP_COUNTOF(params) || params[i].at == NO_PLACE)
			continue;
		struct sip_str *place = (struct sip_str *)(void *)((char *)out + params[i].at);
		if (!place->p)
			*place = value;
	}
	return SIP_OK;
}

static bool take_number(struct sip_tel *out, struct sip_str s)
{
	bool has_digit = false;

	out->number = s;
	for (bool is_first = true; s.len > 0; is_first = false) {
		char c = (char)sip__char_next(&s).value;
		if (is_first && c == '+') {
			out->is_global = true;
			continue;
		}
		bool is_digit = sip_char_is(c, SIP_CC_DIGIT) ||
				(!out->is_global && (sip_char_is(c, SIP_CC_HEX) || c == '*' || c == '#'));
		if (!is_digit && !sip__is_visual(c))
			return false;
		has_digit |= is_digit;
	}
	return has_digit;
}

static enum sip_err take(struct sip_tel *out, struct sip_str number, struct sip_str raw)
{
	if (!take_number(out, number) || sip__has_two_contexts(raw))
		return SIP_E_SYNTAX;
	return take_params(out, raw);
}

enum sip_err sip_tel_of_user(const struct sip_uri *u, struct sip_tel *out)
{
	memset(out, 0, sizeof *out);
	if (!sip_uri_is_sip(u) || !u->has_user)
		return SIP_E_NOTFOUND;
	size_t at = sip_str_find(u->user, ';');
	return take(out, sip_str_make(u->user.p, at), sip_str_from(u->user, at + 1));
}

enum sip_err sip_tel_of(const struct sip_uri *u, struct sip_tel *out)
{
	if (sip_uri_is_sip(u) && sip_str_eq_nocase(u->param[SIP_URI_PARAM_USER], SIP_STR("phone")))
		return sip_tel_of_user(u, out);
	memset(out, 0, sizeof *out);
	return u->scheme == SIP_URI_TEL ? take(out, u->user, u->params) : SIP_E_NOTFOUND;
}

/* ---- writing ---- */

void sip_tel_put_number(struct sip_buf *b, const struct sip_tel *t)
{
	for (struct sip_str s = t->number; s.len > 0;) {
		char c = (char)sip__char_next(&s).value;
		if (!sip__is_visual(c))
			sip_buf_put_char(b, c);
	}
}

/* Of a number no character needs its escape but "#" in a SIP URI. */
static void put_number(struct sip_buf *b, struct sip_str s, unsigned classes)
{
	while (s.len > 0) {
		char c = sip_char_lower((char)sip__char_next(&s).value);
		sip_percent_encode(b, sip_str_make(&c, 1), classes);
	}
}

struct part {
	struct sip_str name, value;
	size_t id; /* of its row, or how many there are */
};

static int compare_names(struct sip_str a, struct sip_str b)
{
	while (a.len > 0 && b.len > 0) {
		char x = sip_char_lower((char)sip__char_next(&a).value), y = sip_char_lower((char)sip__char_next(&b).value);
		if (x != y)
			return (unsigned char)x < (unsigned char)y ? -1 : 1;
	}
	return (a.len > 0) - (b.len > 0);
}

static bool is_before(const struct part *a, const struct part *b)
{
	if (a->id < FIRST_BY_NAME || b->id < FIRST_BY_NAME)
		return a->id < b->id;
	return compare_names(a->name, b->name) < 0;
}

static size_t sort_params(struct sip_str raw, struct part parts[SIP_URI_PARTS_MAX])
{
	struct part one;
	size_t count = 0, i;

	while (count < SIP_URI_PARTS_MAX && sip__part_next(&raw, ';', &one.name, &one.value)) {
		if (!one.name.len)
			continue;
		one.id = find_param(one.name);
		for (i = count++; i > 0 && is_before(&one, &parts[i - 1]); i--)
			parts[i] = parts[i - 1];
		parts[i] = one;
	}
	return count;
}

static void put_subscriber(struct sip_buf *b, const struct sip_tel *t, unsigned number_classes, unsigned classes)
{
	struct part parts[SIP_URI_PARTS_MAX];
	size_t count = sort_params(t->params, parts);

	put_number(b, t->number, number_classes);
	for (size_t i = 0; i < count; i++) {
		bool folds_case = parts[i].id < SIP_COUNTOF(params) && params[parts[i].id].folds_case;
		sip_buf_put_char(b, ';');
		sip__escaped_put(b, parts[i].name, classes, true);
		if (!parts[i].value.p)
			continue;
		sip_buf_put_char(b, '=');
		sip__escaped_put(b, parts[i].value, classes, folds_case);
	}
}

void sip_tel_put(struct sip_buf *b, const struct sip_tel *t)
{
	SIP_BUF_LIT(b, "tel:");
	put_subscriber(b, t, SIP_CC_USER | SIP_CC_HASH, SIP_CC_PARAM);
}

void sip_tel_put_sip(struct sip_buf *b, const struct sip_tel *t, struct sip_str host)
{
	SIP_BUF_LIT(b, "sip:");
	put_subscriber(b, t, SIP_CC_USER, SIP_CC_USER);
	sip_buf_put_char(b, '@');
	sip_buf_put_str(b, host);
	SIP_BUF_LIT(b, ";user=phone");
}
