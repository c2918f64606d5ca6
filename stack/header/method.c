/* The methods by name. Constant tables, no state, any thread. RFC 3261 7.1. */
#include "stack/header/header_priv.h"

#include "stack/header/method_hash.h"

#define SIP_METHOD(id, name, rfc) SIP_STR_INIT(name),
const struct sip_str sip_method_names[SIP_METHOD_COUNT] = {
#include "stack/header/method_table.h"
};
#undef SIP_METHOD

static const uint8_t slots[METHOD_SLOT_COUNT] = { METHOD_SLOTS };

enum sip_method sip_method_find(struct sip_str name)
{
	if (name.len == 0)
		return SIP_METHOD_UNKNOWN;
	unsigned hash = sip__name_hash(name, METHOD_K1, METHOD_K2, METHOD_K3);
	unsigned id = slots[hash % METHOD_SLOT_COUNT];
	return sip__is_same(name, sip_method_names[id]) ? (enum sip_method)id : SIP_METHOD_UNKNOWN;
}
