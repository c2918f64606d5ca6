/* A network, as in "192.0.2.0/24": an open value. No state, any thread. */
#ifndef STACK_BASE_NETWORK_H
#define STACK_BASE_NETWORK_H

#include "stack/base/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_network {
	struct sip_addr base;
	uint32_t bits; /* that must agree */
};
/* "192.0.2.0/24", "2001:db8::/32"; without bits the one address. SYNTAX, RANGE. */
enum sip_err sip_network_parse(struct sip_network *n, struct sip_str text) SIP_MUST_USE;
bool sip_network_has(const struct sip_network *n, const struct sip_addr *a);
/* Of a comma list: how many went into `out`. SYNTAX, RANGE; LIMIT: more than `most`. */
enum sip_err sip_network_parse_list(struct sip_network *out, size_t most, struct sip_str text, size_t *count) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
