/* The rows of all headers, and from a name to its row. Constant tables, no state, any thread. RFC 3261 7.3. */
#include "stack/header/header_priv.h"

#include "stack/header/header_hash.h"

#define SIP_HEADER(id, name, compact, type, multiplicity, rfc)                                                  \
	{ SIP_STR_INIT(name), compact, SIP_VALUE_##type, SIP_##multiplicity, rfc },
const struct sip_header_row sip_header_rows[SIP_HEADER_COUNT] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER

static inline uint64_t load64(const char *p)
{
	uint64_t x;
	memcpy(&x, p, sizeof x);
	return x;
}

/* Nearly every name comes in its canonical spelling: compared as it stands first. */
static inline bool is_name(struct sip_str name, struct sip_str known)
{
	size_t n = name.len, i = 0;
	if (n != known.len)
		return false;
	if (n >= 8) {
		while (i + 8 < n && load64(name.p + i) == load64(known.p + i))
			i += 8;
		if (i + 8 >= n && load64(name.p + n - 8) == load64(known.p + n - 8))
			return true;
	} else if (n >= 4 && sip__load32(name.p) == sip__load32(known.p) && sip__load32(name.p + n - 4) == sip__load32(known.p + n - 4)) {
		return true;
	} else if (n < 4 && name.p[0] == known.p[0] && name.p[n / 2] == known.p[n / 2] &&
		   name.p[n - 1] == known.p[n - 1]) {
		return true;
	}
	return sip_str_eq_nocase(name, known);
}

enum sip_header sip_header_find(struct sip_str name)
{
	if (name.len == 0)
		return SIP_HEADER_UNKNOWN;
	unsigned hash = sip__name_hash(name, HEADER_K1, HEADER_K2, HEADER_K3);
	unsigned id = header_slots[hash % SIP_COUNTOF(header_slots)];
	const struct sip_header_row *row = &sip_header_rows[id];
	bool is_it = name.len == 1 ? row->compact != 0 && sip_char_lower(name.p[0]) == row->compact
				   : is_name(name, row->name);
	return is_it ? (enum sip_header)id : SIP_HEADER_UNKNOWN;
}
