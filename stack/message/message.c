/*
 * The life of a message, its start line and its fields as they stand. A message belongs to one
 * owner at a time and is touched only on the owner's thread (RFC 3261 7).
 */
#include "stack/message/message_priv.h"

const struct sip_limits sip_limits_default = {
	.message = (64u << 10) + (1u << 20),
	.header = 64u << 10,
	.line = 16u << 10,
	.fields = 1024,
	.params = 256,
};

static void message_destroy(void *object)
{
	struct sip_message *m = object;
	if (m->flow)
		sip_ref_put(m->flow);
	while (m->kept) {
		struct sip_packet *old = m->kept->packet;
		m->kept = m->kept->next;
		sip_packet_unref(&old);
	}
	sip_packet_unref(&m->body_packet);
	sip_packet_unref(&m->packet);
	sip_arena_fini(&m->arena);
	sip_free_kept(m, sizeof *m);
}

/*
 * In steps, for one memset of this size becomes a string instruction, which is slow to start. The last step may go
 * FILL_STEP - 1 bytes too far.
 */
#define FILL_STEP 64
static inline void fill(void *from, int byte, size_t n)
{
	for (char *p = from, *end = p + n; p < end; p += FILL_STEP)
		memset(p, byte, FILL_STEP);
}
_Static_assert(sizeof(((struct sip_message *)NULL)->last) >= FILL_STEP, "behind what is filled stands what need not be");

struct sip_message *sip__message_create(struct sip_packet *packet)
{
	struct sip_message *m = sip_alloc_kept(sizeof *m);
	if (!m)
		return NULL;
	fill(m, 0, offsetof(struct sip_message, first));
	fill(m->first, 0xff, sizeof m->first);
	sip_ref_init(&m->ref, SIP__MESSAGE_MAGIC, message_destroy);
	sip_arena_init(&m->arena, m->block, sizeof m->block, SIP__ARENA_LIMIT);
	m->self = m;
	m->head = SIP__NONE;
	m->tail = SIP__NONE;
	m->fields = m->inline_fields;
	m->room = SIP__FIELDS_INLINE;
	m->method = SIP_METHOD_UNKNOWN;
	m->duplicate = SIP_HEADER_UNKNOWN;
	m->is_ordered = true;
	m->flow = NULL;
	m->source_kind = SIP_TRANSPORT_NONE;
	m->source.u.sa.sa_family = AF_UNSPEC;
	if (packet)
		sip_packet_ref(packet);
	m->packet = packet;
	return m;
}

enum sip_err sip__arena_err(const struct sip_message *m, size_t size)
{
	return size > m->arena.limit || m->arena.used > m->arena.limit - size ? SIP_E_LIMIT : SIP_E_NOMEM;
}

enum sip_err sip__message_reserve(struct sip_message *m, size_t n)
{
	size_t need = m->used + n;
	if (need <= m->room)
		return SIP_OK;
	if (need >= SIP__NONE)
		return SIP_E_LIMIT;
	size_t room = (size_t)m->room * 2 > need ? (size_t)m->room * 2 : need;
	if (room >= SIP__NONE)
		room = SIP__NONE - 1;
	struct sip__field *fields = sip_arena_alloc(&m->arena, room * sizeof *fields);
	if (!fields)
		return sip__arena_err(m, room * sizeof *fields);
	memcpy(fields, m->fields, m->used * sizeof *fields);
	m->fields = fields;
	m->room = (uint16_t)room;
	return SIP_OK;
}

struct sip__field *sip__message_append(struct sip_message *m, unsigned id)
{
	uint16_t at = m->used++;
	struct sip__field *f = &m->fields[at];
	f->values = NULL;
	f->after = SIP__NONE;
	f->same = SIP__NONE;
	f->id = (uint8_t)id;
	if (m->tail == SIP__NONE)
		m->head = at;
	else
		m->fields[m->tail].after = at;
	m->tail = at;
	m->live++;
	if (m->first[id] == SIP__NONE)
		m->first[id] = at;
	else
		m->fields[m->last[id]].same = at;
	m->last[id] = at;
	return f;
}

enum sip_err sip_message_parse(struct sip_packet *packet, size_t from, size_t len, const struct sip_limits *limits,
			       struct sip_message **out)
{
	*out = NULL;
	MUST(packet && packet->ref.magic == SIP__PACKET_MAGIC && from <= packet->len && len <= packet->len - from);
	struct sip_message *m = sip__message_create(packet);
	if (!m)
		return SIP_E_NOMEM;
	enum sip_err err = sip__message_index(m, packet->bytes + from, len, limits);
	if (err != SIP_OK) {
		sip_message_unref(&m);
		return err;
	}
	m->is_whole = from == 0 && len == packet->len;
	*out = m;
	return SIP_OK;
}

/* The bytes of this message's own texts that a clone must hold too. */
static enum sip_err clone_texts(const struct sip_message *m, struct sip_message *c)
{
	for (unsigned i = 0; i < c->used; i++) {
		struct sip__field *f = &c->fields[i];
		f->values = NULL;
		if (!(f->flags & SIP__FIELD_OWN) || (f->flags & SIP__FIELD_GONE))
			continue;
		struct sip_str line = sip_str_make(f->line, (size_t)f->value_at + f->value_len + f->tail);
		f->line = sip_arena_str(&c->arena, line).p;
		if (!f->line)
			return sip__arena_err(c, line.len);
	}
	if (m->is_start_edited) {
		c->uri_text = sip_arena_str(&c->arena, m->uri_text);
		if (!c->uri_text.p)
			return sip__arena_err(c, m->uri_text.len);
	}
	return SIP_OK;
}

enum sip_err sip_message_clone(const struct sip_message *m, struct sip_message **out)
{
	*out = NULL;
	MUST_BE(&m->ref, SIP__MESSAGE_MAGIC);
	struct sip_message *c = sip__message_create(m->packet);
	if (!c)
		return SIP_E_NOMEM;
	enum sip_err err = sip__message_reserve(c, m->used);
	if (err != SIP_OK) {
		sip_message_unref(&c);
		return err;
	}
	struct sip__field *fields = c->fields;
	uint16_t room = c->room;
	size_t from = offsetof(struct sip_message, start);
	memcpy((char *)c + from, (const char *)m + from, offsetof(struct sip_message, flow) - from);
	memcpy(fields, m->fields, m->used * sizeof *fields);
	c->fields = fields;
	c->room = room;
	c->is_growing = false;
	c->reached.value = NULL;
	c->uri = NULL;
	c->uri_touched = SIP__UNTOUCHED;
	c->source = m->source;
	c->source_kind = m->source_kind;
	if (m->body_packet) {
		sip_packet_ref(m->body_packet);
		c->body_packet = m->body_packet;
	}
	sip_message_set_flow(c, m->flow);
	err = clone_texts(m, c);
	if (err != SIP_OK) {
		sip_message_unref(&c);
		return err;
	}
	*out = c;
	return SIP_OK;
}

void sip_message_ref(struct sip_message *m)
{
	MUST_BE(&m->ref, SIP__MESSAGE_MAGIC);
	sip_ref_get(&m->ref);
}

void sip_message_unref(struct sip_message **m)
{
	struct sip_message *message = *m;
	*m = NULL;
	if (!message)
		return;
	MUST_BE(&message->ref, SIP__MESSAGE_MAGIC);
	sip_ref_put(&message->ref);
}

const struct sip_packet *sip_message_packet(const struct sip_message *m)
{
	return m->packet;
}

bool sip_message_is_request(const struct sip_message *m)
{
	return m->is_request;
}

enum sip_method sip_message_method(const struct sip_message *m)
{
	if (m->is_request)
		return (enum sip_method)m->method;
	const struct sip_cseq *cseq = sip_message_cseq(m);
	return cseq ? (enum sip_method)cseq->method : SIP_METHOD_UNKNOWN;
}

bool sip_message_begins_something(const struct sip_message *m)
{
	return m->is_request && !sip_method_is_essential((enum sip_method)m->method);
}

struct sip_str sip_message_method_text(const struct sip_message *m)
{
	if (m->is_request)
		return m->method_text;
	const struct sip_cseq *cseq = sip_message_cseq(m);
	return cseq ? cseq->method_text : sip_str_make(NULL, 0);
}

struct sip_str sip_message_uri_text(const struct sip_message *m)
{
	return m->uri_text;
}

unsigned sip_message_status(const struct sip_message *m)
{
	return m->status;
}

struct sip_str sip_message_reason(const struct sip_message *m)
{
	return m->reason;
}

struct sip_str sip_message_version(const struct sip_message *m)
{
	return m->version;
}

size_t sip_message_field_count(const struct sip_message *m)
{
	return m->live;
}

void sip_message_field(const struct sip_message *m, size_t at, struct sip_field *out)
{
	MUST(at < m->live);
	const struct sip__field *f = &m->fields[at];
	if (!m->is_ordered) {
		f = sip__head(m);
		while (f && ((f->flags & SIP__FIELD_GONE) || at-- > 0))
			f = sip__after(m, f);
		MUST(f);
	}
	out->id = (enum sip_header)f->id;
	out->name = sip__field_name(f);
	out->value = sip__field_value(f);
}

struct sip_str sip_message_body(const struct sip_message *m)
{
	return m->body;
}

struct sip_arena *sip_message_arena(struct sip_message *m)
{
	return &m->arena;
}

void sip_message_set_flow(struct sip_message *m, struct sip_ref *flow)
{
	if (flow)
		sip_ref_get(flow);
	if (m->flow)
		sip_ref_put(m->flow);
	m->flow = flow;
}

struct sip_ref *sip_message_flow(const struct sip_message *m)
{
	return m->flow;
}

void sip_message_set_source(struct sip_message *m, const struct sip_addr *source, enum sip_transport_kind kind)
{
	m->source = *source;
	m->source_kind = kind;
}

const struct sip_addr *sip_message_source(const struct sip_message *m)
{
	return &m->source;
}

enum sip_transport_kind sip_message_source_kind(const struct sip_message *m)
{
	return m->source_kind;
}

void *sip_message_owner_room(struct sip_message *m)
{
	return m->owner_room;
}
