/* Networks: an address and how many of its bits count. No state, any thread. RFC 4632, RFC 4291 2.3. */
#include "stack/base/network.h"

static const unsigned char *bytes_of(const struct sip_addr *a, uint32_t *bits)
{
	if (sip_addr_family(a) == AF_INET6) {
		*bits = 128;
		return a->u.in6.sin6_addr.s6_addr;
	}
	*bits = 32;
	return (const unsigned char *)&a->u.in.sin_addr;
}

enum sip_err sip_network_parse(struct sip_network *n, struct sip_str text)
{
	size_t slash = sip_str_find(text, '/');
	enum sip_err err = sip_addr_parse(&n->base, sip_str_make(text.p, slash), 0);
	uint32_t most;

	if (err != SIP_OK)
		return err;
	(void)bytes_of(&n->base, &most);
	n->bits = most;
	if (slash == text.len)
		return SIP_OK;
	return sip_str_to_u32(sip_str_from(text, slash + 1), most, &n->bits);
}

bool sip_network_has(const struct sip_network *n, const struct sip_addr *a)
{
	uint32_t most, whole = n->bits / 8, rest = n->bits % 8;
	const unsigned char *base = bytes_of(&n->base, &most), *own = bytes_of(a, &most);

	if (sip_addr_family(a) != sip_addr_family(&n->base) || memcmp(base, own, whole) != 0)
		return false;
	return !rest || ((base[whole] ^ own[whole]) >> (8 - rest)) == 0;
}

enum sip_err sip_network_parse_list(struct sip_network *out, size_t most, struct sip_str text, size_t *count)
{
	struct sip_str piece;
	enum sip_err err = SIP_OK;

	*count = 0;
	while (err == SIP_OK && sip_str_cut(&text, ',', &piece)) {
		if (!piece.len)
			continue;
		err = *count < most ? sip_network_parse(&out[*count], piece) : SIP_E_LIMIT;
		(*count)++;
	}
	return err;
}
