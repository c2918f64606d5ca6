/* Parameters by their rows, read as what they are. Slices, no state, any thread. RFC 3261 25.1 generic-param. */
#include "stack/uri/uri.h"

#define Q_DIGITS_MAX 5

const struct sip_param_row sip_param_rows[SIP_PARAM_COUNT] = {
#define SIP_PARAM(id, name, type, rfc) { SIP_STR_INIT(name), SIP_PARAM_IS_##type, rfc },
#include "stack/uri/param_table.h"
#undef SIP_PARAM
};

enum sip_param sip_param_find(struct sip_str name)
{
	for (unsigned id = 0; id < SIP_PARAM_COUNT; id++)
		if (sip_str_eq_nocase(name, sip_param_rows[id].name))
			return (enum sip_param)id;
	return SIP_PARAM_UNKNOWN;
}

bool sip_param_text(struct sip_str raw, enum sip_param id, struct sip_str *value)
{
	MUST(id < SIP_PARAM_COUNT);
	return sip_params_find(raw, sip_param_rows[id].name, value);
}

bool sip_param_has(struct sip_str raw, enum sip_param id)
{
	struct sip_str value;

	if (!sip_param_text(raw, id, &value))
		return false;
	return sip_param_rows[id].type != SIP_PARAM_IS_BOOLEAN ||
	       (!sip_str_eq_nocase(value, SIP_STR("FALSE")) && !sip_str_eq_nocase(value, SIP_STR("!TRUE")));
}

enum sip_err sip_param_number(struct sip_str raw, enum sip_param id, uint32_t missing, uint32_t *out)
{
	struct sip_str value;

	*out = missing;
	if (!sip_param_text(raw, id, &value))
		return SIP_OK;
	if (value.len == 0)
		return SIP_E_SYNTAX;
	return sip_str_to_u32(value, UINT32_MAX, out);
}

enum sip_err sip_q_parse(struct sip_str text, uint32_t *q)
{
	uint32_t value, weight = 100;

	if (text.len == 0 || text.len > Q_DIGITS_MAX || (text.p[0] != '0' && text.p[0] != '1'))
		return SIP_E_SYNTAX;
	if (text.len > 1 && text.p[1] != '.')
		return SIP_E_SYNTAX;
	value = text.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < text.len; i++, weight /= 10) {
		if (!sip_char_is(text.p[i], SIP_CC_DIGIT))
			return SIP_E_SYNTAX;
		value += weight * ((uint32_t)text.p[i] - '0');
	}
	if (value > 1000)
		return SIP_E_SYNTAX;
	*q = value;
	return SIP_OK;
}

enum sip_err sip_param_q(struct sip_str raw, uint32_t missing, uint32_t *q)
{
	struct sip_str value;

	*q = missing;
	return sip_param_text(raw, SIP_PARAM_Q, &value) ? sip_q_parse(value, q) : SIP_OK;
}
