/*
 * The table of attributes, and their values that are words and numbers; those of streams, keys and ICE are in
 * sdp_attribute_media.c and sdp_attribute_ice.c. No state, any thread.
 */
#include "stack/content/sdp_priv.h"

/* Those of fax (image/t38 of RFC 3362) are spelt in several ways, "T38maxBitRate". */
#define IS_FAX(rfc) ((rfc) == 3362)

const struct sip_sdp_attribute_row sip_sdp_attribute_rows[SIP_SDP_ATTRIBUTE_COUNT] = {
#define SIP_SDP_ATTRIBUTE(id, name, level, form, answer, bundled, rfc) \
	{ SIP_STR_INIT(name), SIP_SDP_##level, SIP_SDP_FORM_##form, SIP_SDP_##answer, SIP_SDP_##bundled, rfc, IS_FAX(rfc) },
#include "stack/content/sdp_attribute_table.h"
#undef SIP_SDP_ATTRIBUTE
};

enum sip_sdp_attribute_id sip_sdp_attribute_id_of(struct sip_str name)
{
	unsigned id = 0;

	while (id < SIP_SDP_ATTRIBUTE_COUNT && !sip__sdp_is_called(&sip_sdp_attribute_rows[id], name))
		id++;
	return (enum sip_sdp_attribute_id)id;
}

#define SIP_SDP_VALUE(id, form)                                                                \
	static enum sip_err parse_##form(struct sip_str value, union sip_sdp_value *out)       \
	{                                                                                      \
		return sip_sdp_##form##_parse(value, &out->form);                              \
	}                                                                                      \
	static void put_##form(struct sip_buf *b, const union sip_sdp_value *value)            \
	{                                                                                      \
		sip_sdp_##form##_put(b, &value->form);                                         \
	}
#include "stack/content/sdp_value_table.h"
#undef SIP_SDP_VALUE

static const struct {
	enum sip_err (*parse)(struct sip_str value, union sip_sdp_value *out);
	void (*put)(struct sip_buf *b, const union sip_sdp_value *value);
} forms[SIP_SDP_FORM_COUNT] = {
#define SIP_SDP_VALUE(id, form) { parse_##form, put_##form },
#include "stack/content/sdp_value_table.h"
#undef SIP_SDP_VALUE
};

enum sip_err sip_sdp_value_parse(enum sip_sdp_attribute_id id, struct sip_str value, union sip_sdp_value *out)
{
	enum sip_sdp_form form = sip_sdp_attribute_rows[id].form;

	*out = (union sip_sdp_value){ 0 };
	if (form == SIP_SDP_FORM_FLAG)
		return sip__sdp_trim(value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
	return sip__sdp_is_bytes(value) ? forms[form].parse(value, out) : SIP_E_SYNTAX;
}

void sip_sdp_value_put(struct sip_buf *b, enum sip_sdp_attribute_id id, const union sip_sdp_value *value)
{
	enum sip_sdp_form form = sip_sdp_attribute_rows[id].form;

	if (form != SIP_SDP_FORM_FLAG)
		forms[form].put(b, value);
}

/* ---- lists and parameters --------------------------------------------------------------------------------------------------- */

bool sip_sdp_list_next(struct sip_str *text, char separator, struct sip_str *element)
{
	if (separator == ' ') {
		*element = sip__sdp_word(text);
		return element->len > 0;
	}
	while (text->len > 0) {
		size_t n = sip_str_find(*text, separator);
		*element = sip__sdp_trim(sip_str_make(text->p, n));
		*text = sip_str_from(*text, n + 1);
		if (element->len > 0)
			return true;
	}
	return false;
}

bool sip_sdp_parameter_next(struct sip_str *parameters, struct sip_str *name, struct sip_str *value)
{
	struct sip_str piece;

	if (!sip_sdp_list_next(parameters, ';', &piece))
		return false;
	size_t n = sip_str_find(piece, '=');
	*name = sip__sdp_trim(sip_str_make(piece.p, n));
	*value = n < piece.len ? sip__sdp_trim(sip_str_from(piece, n + 1)) : sip_str_make(NULL, 0);
	return true;
}

bool sip_sdp_parameter_find(struct sip_str parameters, struct sip_str name, struct sip_str *value)
{
	struct sip_str at;

	while (sip_sdp_parameter_next(&parameters, &at, value))
		if (sip_str_eq_nocase(at, name))
			return true;
	*value = sip_str_make(NULL, 0);
	return false;
}

/* ---- words and numbers ------------------------------------------------------------------------------------------------------ */

enum sip_err sip_sdp_text_parse(struct sip_str value, struct sip_sdp_text *out)
{
	out->text = sip__sdp_trim(value);
	return out->text.len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_text_put(struct sip_buf *b, const struct sip_sdp_text *v)
{
	if (v->text.len == 0)
		sip__sdp_refuse(b);
	sip__sdp_put_text(b, v->text);
}

enum sip_err sip_sdp_token_parse(struct sip_str value, struct sip_sdp_token *out)
{
	return sip__sdp_take(&value, &out->token) && sip__sdp_word(&value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_token_put(struct sip_buf *b, const struct sip_sdp_token *v)
{
	sip__sdp_put_word(b, v->token);
}

enum sip_err sip_sdp_number_parse(struct sip_str value, struct sip_sdp_number *out)
{
	return sip_str_to_u64(sip__sdp_trim(value), UINT64_MAX, &out->number);
}

void sip_sdp_number_put(struct sip_buf *b, const struct sip_sdp_number *v)
{
	sip_buf_put_u64(b, v->number);
}

enum sip_err sip_sdp_decimal_parse(struct sip_str value, struct sip_sdp_decimal *out)
{
	struct sip_str word = sip__sdp_trim(value);
	size_t n = sip_str_find(word, '.');

	out->fraction = sip_str_from(word, n + 1);
	if (n < word.len && !sip__sdp_is_digits(out->fraction))
		return SIP_E_SYNTAX;
	return sip_str_to_u64(sip_str_make(word.p, n), UINT64_MAX, &out->whole);
}

void sip_sdp_decimal_put(struct sip_buf *b, const struct sip_sdp_decimal *v)
{
	sip_buf_put_u64(b, v->whole);
	if (v->fraction.len == 0)
		return;
	if (!sip__sdp_is_digits(v->fraction))
		sip__sdp_refuse(b);
	sip_buf_put_char(b, '.');
	sip_buf_put_str(b, v->fraction);
}

enum sip_err sip_sdp_toggle_parse(struct sip_str value, struct sip_sdp_toggle *out)
{
	struct sip_str word = sip__sdp_trim(value);
	uint32_t number = 1;
	enum sip_err err = word.len > 0 ? sip_str_to_u32(word, 1, &number) : SIP_OK;

	out->is_on = number > 0;
	return err;
}

void sip_sdp_toggle_put(struct sip_buf *b, const struct sip_sdp_toggle *v)
{
	sip_buf_put_char(b, v->is_on ? '1' : '0');
}

/* RFC 5888 5, RFC 5576 4.2. */
enum sip_err sip_sdp_group_parse(struct sip_str value, struct sip_sdp_group *out)
{
	bool has_semantics = sip__sdp_take(&value, &out->semantics);

	out->ids = sip__sdp_trim(value);
	return has_semantics ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_group_put(struct sip_buf *b, const struct sip_sdp_group *v)
{
	sip__sdp_put_word(b, v->semantics);
	sip__sdp_put_more(b, v->ids);
}

/* RFC 3312 4; what the direction is good for, and how much it is wanted, stands between. */
enum sip_err sip_sdp_precondition_parse(struct sip_str value, struct sip_sdp_precondition *out)
{
	bool is_ok = sip__sdp_take(&value, &out->type) && sip__sdp_take(&value, &out->status) &&
		     sip__sdp_take(&value, &out->direction);
	struct sip_str fourth = sip__sdp_word(&value);

	out->strength = sip_str_make(NULL, 0);
	if (fourth.len > 0) {
		out->strength = out->status;
		out->status = out->direction;
		out->direction = fourth;
	}
	return is_ok && sip__sdp_word(&value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_precondition_put(struct sip_buf *b, const struct sip_sdp_precondition *v)
{
	sip__sdp_put_word(b, v->type);
	sip_buf_put_char(b, ' ');
	if (v->strength.len > 0) {
		sip__sdp_put_word(b, v->strength);
		sip_buf_put_char(b, ' ');
	}
	sip__sdp_put_word(b, v->status);
	sip__sdp_put_next(b, v->direction);
}
