/* The types of values: how large their typed form is, and who reads it. Constant, no state, any thread. RFC 3261 25.1. */
#include "stack/header/header_priv.h"

#define SIP_VALUE_PLAIN(id, what)
#define SIP_VALUE(id, form, parse, commas, what)                  \
	static enum sip_err parse_##id(struct sip_str value, void *out) \
	{                                                               \
		return parse(value, out);                               \
	}
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN

const struct sip_value_row sip_value_rows[SIP_VALUE_COUNT] = {
#define SIP_VALUE_PLAIN(id, what) { SIP_STR_INIT(#id), 0, true, NULL },
#define SIP_VALUE(id, form, parse, commas, what) { SIP_STR_INIT(#id), sizeof(form), commas, parse_##id },
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN
};
