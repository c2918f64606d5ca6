/* The PROXY protocol's header: any bytes at all, whole and in every piece of the same. doc/proxy-protocol.txt of HAProxy, 2.2. */
#include "stack/transport/transport_priv.h"
#include "tests/fuzz/fuzz.h"

static void look(const struct sip__proxy_header *h, size_t len)
{
	FUZZ_MUST(h->len >= 16 && h->len <= SIP__PROXY_MAX && h->len <= len);
	if (h->is_local)
		return;
	FUZZ_MUST(!sip_addr_is_none(&h->remote) && !sip_addr_is_none(&h->local));
	FUZZ_MUST(!sip_addr_is_any(&h->remote) && sip_addr_port(&h->remote) != 0);
}

void fuzz_proxy_protocol(struct sip_str in)
{
	size_t most = in.len < SIP__PROXY_MAX ? in.len : SIP__PROXY_MAX;
	enum sip_err err = SIP_E_MORE;
	struct sip__proxy_header h;

	/* As bytes come: until it is decided, more are asked for; what is decided once does not change with what follows. */
	for (size_t n = 1; n <= most && err == SIP_E_MORE; n++) {
		err = sip__proxy_read(sip_str_make(in.p, n), &h);
		if (err == SIP_OK)
			look(&h, n);
		if (err != SIP_E_MORE && err != SIP_OK)
			FUZZ_MUST(sip__proxy_read(sip_str_make(in.p, most), &h) != SIP_OK);
	}
	if (err == SIP_OK) {
		FUZZ_MUST(sip__proxy_read(in, &h) == SIP_OK);
		look(&h, in.len);
	}
	FUZZ_MUST(most < SIP__PROXY_MAX || err != SIP_E_MORE);
}
