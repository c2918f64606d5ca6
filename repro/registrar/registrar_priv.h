/* The family of repro/registrar. */
#ifndef REPRO_REGISTRAR_REGISTRAR_PRIV_H
#define REPRO_REGISTRAR_REGISTRAR_PRIV_H

#include "repro/registrar/registrar.h"

#define REPRO__REGISTRAR_MAGIC 0x52474953u

struct repro_registrar {
	uint32_t magic;
	struct repro_registrar_options o;  /* owned: references */
	struct sip_digest_hash *hash;      /* owned; the loop's */
	struct repro_proxy *proxy;         /* lent, outlives the attachment */
	struct repro_answers answers;
	bool is_attached;
	struct sip_timer sweep_timer;      /* drops what has expired, a slice at a time; shard 0 only */
	size_t sweep_cursor;
	int64_t date_s;                    /* the second that `date` says */
	size_t date_len;
	char date[40];
	struct sip_hash_key merged_key;
	struct repro__guest *merged;       /* owned: merged.c's slots */
};

int64_t repro__registrar_now_s(const struct repro_registrar *g);

/* One Contact of a REGISTER, checked. */
struct repro__wish {
	const struct sip_name_addr *contact;
	uint32_t expires;  /* granted; 0: remove */
	uint16_t q;
	struct sip_str instance;
	uint32_t reg_id;   /* 0: an ordinary contact */
};
struct repro__wishes {
	struct repro__wish list[REPRO_CONTACTS_MAX];
	size_t count;
	bool is_star;
	bool has_flows;        /* one has a reg-id (RFC 5626 6) */
	enum sip_refusal refusal; /* COUNT: it is fine */
};
/* contact_wish.c: RFC 3261 10.3 steps 6 and 7, what the Contacts ask for. */
void repro__wishes_read(const struct sip_message *m, const struct repro_config *c, struct repro__wishes *out);

/* path.c: RFC 3327. All values joined as the store keeps them, in the request's memory; empty: none. False: it is answered. */
#define REPRO__PATH_MAX 64 /* values */
bool repro__path_read(struct repro_request *r, struct sip_str *out);

/* merged.c: RFC 3261 8.2.2.2. `id` stands for From tag, Call-ID, CSeq and the address of record. */
enum sip_err repro__merged_open(struct repro_registrar *g) SIP_MUST_USE;
void repro__merged_close(struct repro_registrar *g);
uint64_t repro__merged_id(const struct repro_registrar *g, const struct sip_message *m, struct sip_str aor);
bool repro__merged_is_known(const struct repro_registrar *g, uint64_t id);
void repro__merged_note(struct repro_registrar *g, uint64_t id);

/* outbound.c: RFC 5626 6. Which reg-ids count; false: it is answered. */
bool repro__outbound_read(struct repro_request *r, struct repro__wishes *w);
/* The flow that this one's binding is reached by; NULL: none of ours. */
struct sip_ref *repro__outbound_flow(const struct repro_request *r, const struct repro__wish *w);
/* Is there a way to it? False: its flow is gone, or was another process's. */
bool repro__outbound_is_alive(const struct repro_binding *b);
/* What the 200 says of flows; and their silence is watched from now on. */
enum sip_err repro__outbound_put(struct repro_request *r, struct sip_message *response) SIP_MUST_USE;

/* register_reply.c: RFC 3261 10.3 step 8. */
void repro__register_reply(struct repro_registrar *g, struct repro_request *r, const struct repro_contacts *contacts);

#endif
