/*
 * REGISTERs that come by two ways (RFC 3261 8.2.2.2): which ones were carried out while their server transactions may still be
 * there. A slot keeps the last of those that fall into it: a merged one that is missed so is refused by its CSeq, or changes
 * nothing. On the proxy's loop.
 */
#include "repro/registrar/registrar_priv.h"

#define SLOTS 65536
#define LIFE_US SIP_SECONDS(32) /* Timer J */

struct repro__guest {
	uint64_t id;
	int64_t until_us; /* 0: nobody yet */
};

enum sip_err repro__merged_open(struct repro_registrar *g)
{
	struct sip_rand *rand = sip_loop_rand(repro_proxy_loop(g->proxy));

	g->merged_key.k[0] = sip_rand_u64(rand);
	g->merged_key.k[1] = sip_rand_u64(rand);
	g->merged = sip_alloc_zero(SLOTS * sizeof *g->merged);
	return g->merged ? SIP_OK : SIP_E_NOMEM;
}

void repro__merged_close(struct repro_registrar *g)
{
	sip_free(g->merged);
	g->merged = NULL;
}

uint64_t repro__merged_id(const struct repro_registrar *g, const struct sip_message *m, struct sip_str aor)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	struct sip_str call_id = sip_message_call_id(m);
	uint64_t id = sip_hash_bytes(&g->merged_key, aor.p, aor.len);

	id = sip_hash_mix(id, sip_hash_bytes(&g->merged_key, call_id.p, call_id.len));
	if (from && from->tag.len)
		id = sip_hash_mix(id, sip_hash_nocase(&g->merged_key, from->tag));
	return sip_hash_mix(id, sip_message_cseq(m)->number);
}

bool repro__merged_is_known(const struct repro_registrar *g, uint64_t id)
{
	const struct repro__guest *s = &g->merged[id % SLOTS];

	return s->id == id && s->until_us > sip_loop_now(repro_proxy_loop(g->proxy));
}

void repro__merged_note(struct repro_registrar *g, uint64_t id)
{
	g->merged[id % SLOTS] = (struct repro__guest){ id, sip_loop_now(repro_proxy_loop(g->proxy)) + LIFE_US };
}
