/*
 * How transactions are found: by id, by the key of RFC 3261 17.2.3 (server), and by where a request comes from (merged
 * requests, 8.2.2.2). Keys are kept as keyed hashes of 64 bits and a check of 32 more, not as text.
 */
#include "stack/transaction/transaction_priv.h"

#define METHOD_EXTENSION 0x80u

/* A byte for a method; extension methods by a hash of their name. */
static uint8_t method_byte(enum sip_method method, struct sip_str text)
{
	uint32_t h = 0;

	if (method != SIP_METHOD_UNKNOWN)
		return (uint8_t)method;
	for (size_t i = 0; i < text.len; i++)
		h = h * 31 + (unsigned char)text.p[i];
	return (uint8_t)(METHOD_EXTENSION | ((h ^ h >> 7 ^ h >> 14) & 0x7f));
}

uint8_t sip__method_byte(const struct sip_message *m)
{
	enum sip_method method = sip_message_method(m);

	if (sip_message_is_request(m))
		return method_byte(method, sip_message_method_text(m));
	const struct sip_cseq *cseq = sip_message_cseq(m);
	return method_byte(method, cseq ? cseq->method_text : sip_str_make(NULL, 0));
}

/* Eight letters of it as a number, case folded as good as need be. */
static uint64_t eight_of(const char *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len < sizeof v ? len : sizeof v);
	return v | 0x2020202020202020u;
}

/* Beside a keyed hash of all of it: both ends and the length. */
static uint32_t check_of(uint32_t h, struct sip_str s)
{
	uint64_t v = sip_hash_mix(h, s.len);

	if (s.len) {
		v = sip_hash_mix(v, eight_of(s.p, s.len));
		v = sip_hash_mix(v, eight_of(s.p + (s.len > 8 ? s.len - 8 : 0), s.len));
	}
	return (uint32_t)v;
}

uint32_t sip__text_hash(struct sip_str text)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)sip_char_lower(text.p[i])) * 16777619u;
	return text.len ? h | 1 : 0;
}

static uint16_t sent_by_port(const struct sip_via *via)
{
	if (via->port)
		return via->port;
	return via->transport < SIP_TRANSPORT_NONE ? sip_transport_kinds[via->transport].default_port : 5060;
}

/* "If the branch parameter in the top Via header field is not present, or does not contain the magic cookie" (17.2.3). */
static void key_of_2543(const struct sip_hash_key *k, const struct sip_message *m, const struct sip_via *via,
			struct sip__key *out)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct sip_str call_id = sip_message_call_id(m);
	struct sip_str uri = sip_message_uri_text(m);
	struct sip_str from_tag = from ? from->tag : sip_str_make(NULL, 0);
	uint64_t h = sip_hash_bytes(k, call_id.p, call_id.len);

	h = sip_hash_mix(h, sip_hash_bytes(k, from_tag.p, from_tag.len));
	h = sip_hash_mix(h, sip_hash_bytes(k, uri.p, uri.len));
	h = sip_hash_mix(h, sip_hash_bytes(k, via->text.p, via->text.len));
	out->hash = sip_hash_mix(h, cseq ? cseq->number : 0);
	out->check = check_of(check_of(check_of(2166136261u, call_id), uri), via->text);
	out->to_tag = to ? sip__text_hash(to->tag) : 0;
	out->is_2543 = true;
}

bool sip__key_of(const struct sip_hash_key *k, const struct sip_message *m, struct sip__key *out)
{
	const struct sip_via *via = sip_message_via(m, 0);

	memset(out, 0, sizeof *out);
	if (!via)
		return false;
	out->method = sip__method_byte(m);
	if (out->method == SIP_METHOD_ACK)
		out->method = SIP_METHOD_INVITE;
	if (!sip_via_has_cookie(via)) {
		key_of_2543(k, m, via, out);
		return true;
	}
	uint16_t port = sent_by_port(via);
	/* A branch is a token, and tokens are compared without regard to case (7.3.1). */
	uint64_t h = sip_hash_nocase(k, via->branch);
	out->hash = sip_hash_mix(h, sip_hash_nocase(k, via->host) + port);
	out->check = check_of(port, via->branch);
	return true;
}

unsigned sip_shard_of(const struct sip_hash_key *key, unsigned count, const struct sip_message *m)
{
	struct sip__key k;
	struct sip_str extra;
	uint64_t token;

	if (count <= 1)
		return 0;
	if (sip_message_is_request(m)) /* not the low bits: the tables of the shards use those */
		return sip__key_of(key, m, &k) ? (unsigned)((k.hash >> 40) % count) : 0;
	const struct sip_via *via = sip_message_via(m, 0);
	if (!via || !sip__branch_parse(key, via->branch, &token, &extra))
		return 0;
	return sip_shard_of_tx(token) % count;
}

uint64_t sip_shard_request_hash(const struct sip_hash_key *key, const struct sip_message *request)
{
	struct sip__key k;

	return sip__key_of(key, request, &k) ? k.hash : 0;
}

static struct sip__transaction *of_key_node(struct sip_hash_node *n)
{
	return SIP_CONTAINER(n, struct sip__transaction, u.server.by_key);
}

struct sip__transaction *sip__table_find_server(struct sip_shard *s, const struct sip__key *key)
{
	for (struct sip_hash_node *n = sip_hash_first(&s->keys, key->hash); n; n = sip_hash_next(n)) {
		struct sip__transaction *tx = of_key_node(n);
		if (tx->u.server.check == key->check && tx->method == key->method)
			return tx;
	}
	return NULL;
}

struct sip__transaction *sip__table_find_cancelled(struct sip_shard *s, const struct sip__key *key)
{
	for (struct sip_hash_node *n = sip_hash_first(&s->keys, key->hash); n; n = sip_hash_next(n)) {
		struct sip__transaction *tx = of_key_node(n);
		if (tx->u.server.check == key->check && tx->method != SIP_METHOD_CANCEL)
			return tx;
	}
	return NULL;
}

static struct sip__transaction *of_id_node(struct sip_hash_node *n)
{
	return SIP_CONTAINER(n, struct sip__transaction, by_id);
}

struct sip__transaction *sip__table_find_id(struct sip_shard *s, uint64_t id)
{
	for (struct sip_hash_node *n = sip_hash_first(&s->ids, id >> SIP__ID_SHIFT); n; n = sip_hash_next(n)) {
		struct sip__transaction *tx = of_id_node(n);
		if (!tx->is_old && !tx->is_cancel)
			return tx;
	}
	return NULL;
}

struct sip__transaction *sip__table_find_token(struct sip_shard *s, uint64_t token)
{
	for (struct sip_hash_node *n = sip_hash_first(&s->ids, token >> SIP__ID_SHIFT); n; n = sip_hash_next(n)) {
		struct sip__transaction *tx = of_id_node(n);
		if (sip__tx_token(tx) == token)
			return tx;
	}
	return NULL;
}

enum sip_err sip__table_add_server(struct sip__transaction *tx, const struct sip__key *key)
{
	enum sip_err err = sip_hash_add(&tx->shard->keys, &tx->u.server.by_key, key->hash);

	if (err != SIP_OK)
		return err;
	tx->has_key = true;
	tx->method = key->method;
	tx->is_2543 = key->is_2543;
	tx->u.server.check = key->check;
	return SIP_OK;
}

void sip__table_remove(struct sip__transaction *tx)
{
	struct sip_shard *s = tx->shard;

	sip_hash_remove(&s->ids, &tx->by_id);
	if (tx->has_key)
		sip_hash_remove(&s->keys, &tx->u.server.by_key);
	if (tx->has_origin)
		sip_hash_remove(&s->origins, &tx->u.server.by_origin);
}

bool sip__table_is_merged(struct sip__transaction *tx, const struct sip_message *m)
{
	struct sip_shard *s = tx->shard;
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	const struct sip_cseq *cseq = sip_message_cseq(m);
	struct sip_str call_id = sip_message_call_id(m);

	if (!from || !to || !cseq || to->tag.p || tx->method == SIP_METHOD_CANCEL)
		return false;
	uint64_t h = sip_hash_bytes(&s->key, call_id.p, call_id.len);
	h = sip_hash_mix(h, sip_hash_bytes(&s->key, from->tag.p, from->tag.len));
	h = sip_hash_mix(h, (uint64_t)cseq->number << 8 | tx->method);
	if (sip_hash_first(&s->origins, h))
		return true;
	/* Without memory for it a merged request is taken for another one: harmless. */
	tx->has_origin = sip_hash_add(&s->origins, &tx->u.server.by_origin, h) == SIP_OK;
	return false;
}
