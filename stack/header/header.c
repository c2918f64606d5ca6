/* The rows of all headers, and from a name to its row. Constant tables, no state, any thread. RFC 3261 7.3. */
#include "stack/header/header_name.h"

#define SIP_HEADER(id, name, compact, type, multiplicity, rfc)                                                  \
	{ SIP_STR_INIT(name), compact, SIP_VALUE_##type, SIP_##multiplicity, rfc },
const struct sip_header_row sip_header_rows[SIP_HEADER_COUNT] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER

#define SIP_HEADER(id, name, compact, type, multiplicity, rfc)                                         \
	_Static_assert(sizeof(name ":") <= SIP__NAME_BLOCK, "a line begins with the name in one block");
#include "stack/header/header_table.h"
#undef SIP_HEADER
const uint8_t sip__header_slots[HEADER_SLOT_COUNT] = { HEADER_SLOTS };

#define SIP_HEADER(id, name, compact, type, multiplicity, rfc) name ":",
const char sip__header_names[SIP_HEADER_COUNT][SIP__NAME_BLOCK] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER

/* Nearly every name comes in its canonical spelling: compared as it stands first. */
static inline bool is_name(struct sip_str name, struct sip_str known)
{
	return sip__is_same(name, known) || sip_str_eq_nocase(name, known);
}

enum sip_header sip_header_find(struct sip_str name)
{
	if (name.len == 0)
		return SIP_HEADER_UNKNOWN;
	unsigned id = sip__header_guess(name);
	const struct sip_header_row *row = &sip_header_rows[id];
	bool is_it = name.len == 1 ? row->compact != 0 && sip_char_lower(name.p[0]) == row->compact
				   : is_name(name, row->name);
	return is_it ? (enum sip_header)id : SIP_HEADER_UNKNOWN;
}
