/* Counted bytes: filled by one, then immutable (but for the note of its flow) and shared by any thread. */
#include "stack/message/message_priv.h"

static size_t memory_of(size_t size)
{
	return sizeof(struct sip_packet) + size + SIP__PACKET_SLACK;
}

static void packet_destroy(void *object)
{
	struct sip_packet *p = SIP_CONTAINER(object, struct sip_packet, ref);

	sip_free(p->peer);
	sip_free_kept(p, memory_of(p->size));
}

struct sip_packet *sip_packet_create(size_t size)
{
	if (size > SIZE_MAX - sizeof(struct sip_packet) - SIP__PACKET_SLACK)
		return NULL;
	struct sip_packet *p = sip_alloc_kept(memory_of(size));
	if (!p)
		return NULL;
	sip_ref_init(&p->ref, SIP__PACKET_MAGIC, packet_destroy);
	p->size = size;
	p->len = 0;
	p->flow = 0;
	p->peer = NULL;
	/* The index loads whole blocks: what lies behind the bytes has no say, and is the same each time. */
	memset(p->bytes + size, 0, SIP__PACKET_SLACK);
	return p;
}

struct sip_packet *sip_packet_copy(const void *bytes, size_t len)
{
	struct sip_packet *p = sip_packet_create(len);
	if (!p)
		return NULL;
	if (len)
		memcpy(p->bytes, bytes, len);
	p->len = len;
	return p;
}

void sip_packet_ref(struct sip_packet *p)
{
	MUST(p && p->ref.magic == SIP__PACKET_MAGIC);
	sip_ref_get(&p->ref);
}

void sip_packet_unref(struct sip_packet **p)
{
	struct sip_packet *packet = *p;
	*p = NULL;
	if (!packet)
		return;
	MUST(packet->ref.magic == SIP__PACKET_MAGIC);
	sip_ref_put(&packet->ref);
}

char *sip_packet_room(struct sip_packet *p)
{
	return p->bytes;
}

const char *sip_packet_bytes(const struct sip_packet *p)
{
	return p->bytes;
}

size_t sip_packet_len(const struct sip_packet *p)
{
	return p->len;
}

size_t sip_packet_memory(const struct sip_packet *p)
{
	return memory_of(p->size);
}

void sip_packet_set_len(struct sip_packet *p, size_t len)
{
	MUST(len <= p->size);
	p->len = len;
}

void sip_packet_set_flow(struct sip_packet *p, uint64_t flow_id)
{
	__atomic_store_n(&p->flow, flow_id, __ATOMIC_RELAXED);
}

uint64_t sip_packet_flow(const struct sip_packet *p)
{
	return __atomic_load_n(&p->flow, __ATOMIC_RELAXED);
}

enum sip_err sip_packet_set_peer(struct sip_packet *p, struct sip_str name)
{
	char *copy = name.len ? sip_strdup(name.p, name.len) : NULL;

	if (name.len && !copy)
		return SIP_E_NOMEM;
	sip_free(p->peer);
	p->peer = copy;
	return SIP_OK;
}

struct sip_str sip_packet_peer(const struct sip_packet *p)
{
	return p->peer ? sip_str_of(p->peer) : sip_str_make(NULL, 0);
}
