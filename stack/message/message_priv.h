/* The family's view of a message. Everything here belongs to the message's owner, on its thread. */
#ifndef STACK_MESSAGE_MESSAGE_PRIV_H
#define STACK_MESSAGE_MESSAGE_PRIV_H

#include "stack/message/message.h"

#define SIP__PACKET_MAGIC 0x5041434bu
#define SIP__MESSAGE_MAGIC 0x4d534747u

/* Bytes behind a packet's room that may be read (not used), so that blocks can be loaded whole. */
#define SIP__PACKET_SLACK 64

#define SIP__FIELDS_INLINE 40
#define SIP__ARENA_INLINE 2560
#define SIP__ARENA_LIMIT ((size_t)4 << 20)
#define SIP__NONE UINT16_MAX
/* Longest line, name or offset that a field can hold. */
#define SIP__LINE_MAX 65535u

struct sip_packet {
	struct sip_ref ref;
	size_t size;
	size_t len;
	uint64_t flow; /* relaxed atomic */
	char *peer;    /* owned: zero-terminated; NULL: nobody said */
	char bytes[];
};

/* One value of a header line, once somebody has touched it; its typed form follows it in the arena. */
struct sip__value {
	struct sip__value *next; /* the next value of the same line, when is_split */
	struct sip_str rest;     /* of the line, behind this value */
	bool is_split;           /* next is what it is; otherwise it has not been looked for */
	bool is_broken;
	_Alignas(8) unsigned char typed[];
};

enum sip__field_flag {
	SIP__FIELD_VALUE = 1,  /* `line` is the value alone; the name is the header's own */
	SIP__FIELD_UNEVEN = 2, /* a bare LF or no line end: written anew with CRLF */
	SIP__FIELD_GONE = 4,
	SIP__FIELD_OWN = 8,    /* its text is in this message's arena */
	SIP__FIELD_BROKEN = 16 /* no colon, or no token before it */
};

struct sip__field {
	const char *line;           /* in the packet or in an arena */
	struct sip__value *values;  /* what of it has been touched */
	uint32_t value_len;
	uint16_t name_len;
	uint16_t value_at;          /* from `line` on; 0 with FIELD_VALUE */
	uint16_t tail;              /* bytes behind the value: blanks and the line end */
	uint16_t same;              /* the next field of the same header */
	uint16_t after;             /* the next field in order */
	uint8_t id;
	uint8_t flags;
};
_Static_assert(sizeof(struct sip__field) <= 32, "a field is half a cache line");
_Static_assert(SIP_HEADER_COUNT < UINT8_MAX, "a header id fits a byte");

/* A body that was replaced: slices of it may still be about. */
struct sip__kept {
	struct sip__kept *next;
	struct sip_packet *packet; /* owned */
};

/* The value that was asked for last by its number: whoever asks for the next one need not begin at the first. */
struct sip__reached {
	struct sip__value *value; /* NULL: none, or the message was edited since */
	uint32_t n;               /* its number among the values of the header */
	uint16_t field;           /* its line */
	uint8_t id;
};

enum sip__touched { SIP__UNTOUCHED, SIP__GOOD, SIP__BAD };

struct sip_message {
	struct sip_ref ref;
	struct sip_message *self;       /* the way for getters, which are const, to keep what they worked out */
	struct sip_packet *packet;      /* owned */
	struct sip_packet *body_packet; /* owned; NULL: the body is in `packet`, or there is none */
	struct sip__kept *kept;         /* owned */
	struct sip_str start;           /* the start line with its end, as it came */
	struct sip_str method_text;
	struct sip_str uri_text;
	struct sip_str version;
	struct sip_str reason;
	struct sip_str body;
	const struct sip_uri *uri;      /* in the arena, with uri_touched */
	uint16_t status;
	struct sip__reached reached;
	uint16_t head, tail;            /* fields in order */
	uint16_t used, room;            /* of `fields` */
	uint16_t live;                  /* fields that are not gone */
	uint8_t method;
	uint8_t uri_touched;
	uint8_t duplicate;              /* a header that must not repeat and did */
	uint8_t refusal;                /* with is_refused: what the limits say */
	bool is_refused;
	bool is_request;
	bool is_whole;                  /* the packet is exactly this message */
	bool is_edited;                 /* any field or the body */
	bool is_growing;                /* made here: lines may be added in the packet while it is ours alone */
	bool is_of_request;             /* made here: its first lines are its request's as they came, and can be copied again */
	bool has_own_reason;            /* made here: with another phrase than IANA's, or the same given */
	uint8_t made_tag_len;           /* of the tag that was put behind its To; 0: none */
	bool is_start_edited;
	bool is_ordered;                /* fields stand in order, none gone */
	bool is_uneven;                 /* some field or the header's end is */
	bool has_broken_line;
	bool has_end;                   /* the empty line was there */
	bool is_stamped;                /* says in its top Via where it came from (sip_message_stamp) */
	bool is_short_of_memory;        /* something could not be parsed for want of it */
	bool is_length_right;           /* Content-Length says what the body is */
	struct sip__field *fields;      /* inline, later in the arena */
	const char *header_end;         /* the empty line as it came */
	uint16_t first[SIP_HEADER_COUNT + 1];
	uint16_t last[SIP_HEADER_COUNT + 1]; /* of a header that has a first */
	struct sip_ref *flow;           /* owned (a reference); may be NULL */
	struct sip_addr source;
	enum sip_transport_kind source_kind;
	struct sip_arena arena;
	_Alignas(16) unsigned char owner_room[SIP_MESSAGE_OWNER_ROOM];
	struct sip__field inline_fields[SIP__FIELDS_INLINE];
	_Alignas(8) unsigned char block[SIP__ARENA_INLINE];
};

static inline const struct sip__field *sip__first(const struct sip_message *m, unsigned id)
{
	return m->first[id] == SIP__NONE ? NULL : &m->fields[m->first[id]];
}
static inline uint16_t sip__last(const struct sip_message *m, unsigned id)
{
	return m->first[id] == SIP__NONE ? SIP__NONE : m->last[id];
}
static inline const struct sip__field *sip__same(const struct sip_message *m, const struct sip__field *f)
{
	return f->same == SIP__NONE ? NULL : &m->fields[f->same];
}
static inline const struct sip__field *sip__head(const struct sip_message *m)
{
	return m->head == SIP__NONE ? NULL : &m->fields[m->head];
}
static inline const struct sip__field *sip__after(const struct sip_message *m, const struct sip__field *f)
{
	return f->after == SIP__NONE ? NULL : &m->fields[f->after];
}
static inline struct sip_str sip__field_value(const struct sip__field *f)
{
	return sip_str_make(f->line + f->value_at, f->value_len);
}
static inline struct sip_str sip__field_name(const struct sip__field *f)
{
	return f->flags & SIP__FIELD_VALUE ? sip_header_rows[f->id].name : sip_str_make(f->line, f->name_len);
}
static inline bool sip__is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- message.c ---- */
/* An empty message over the packet (a reference is taken); NULL when memory ends. */
struct sip_message *sip__message_create(struct sip_packet *packet);
/* Room for n more fields: NOMEM, LIMIT. */
enum sip_err sip__message_reserve(struct sip_message *m, size_t n);
/* LIMIT or NOMEM, after the arena gave nothing for this size. */
enum sip_err sip__arena_err(const struct sip_message *m, size_t size);
/* A field at the end of the order and of its header; there is room (reserve). Text and flags are the caller's. */
struct sip__field *sip__message_append(struct sip_message *m, unsigned id);

/* ---- message_index.c: where the bytes of a header are ---- */
/*
 * Indexes start line and fields of bytes [p, p + len). After LIMIT what was indexed before stays and may be answered;
 * after SYNTAX nothing is there.
 */
enum sip_err sip__message_index(struct sip_message *m, const char *p, size_t len, const struct sip_limits *limits);
typedef enum sip_err (*sip__index_fn)(struct sip_message *m, const char *p, const char *end,
				      const struct sip_limits *limits);
/* Every way of indexing fields that this machine can run, and how many there are. They do the same. */
size_t sip__index_ways(const sip__index_fn **ways);
enum sip_err sip__message_index_by(sip__index_fn fn, struct sip_message *m, const char *p, size_t len,
				   const struct sip_limits *limits);

/* ---- message_values.c ---- */
/* A header with a typed form has a value, and its first, or every one, parses. */
bool sip__first_value_parses(struct sip_message *m, enum sip_header id);
bool sip__values_parse(struct sip_message *m, enum sip_header id);
bool sip__is_token(struct sip_str s);
/* NOTFOUND, SYNTAX, RANGE. */
enum sip_err sip__content_length(const struct sip_message *m, uint32_t *out);

/* ---- message_edit.c ---- */
/* No line end in it but folds: any other would end the field and begin another. */
bool sip__is_safe(struct sip_str s);

/* ---- message_encode.c ---- */
/* The field as it is sent, CRLF included. */
size_t sip__uneven_len(const struct sip__field *f);
static inline size_t sip__field_len(const struct sip__field *f)
{
	if (SIP_UNLIKELY(f->flags & (SIP__FIELD_UNEVEN | SIP__FIELD_VALUE))) {
		if (f->flags & SIP__FIELD_UNEVEN)
			return sip__uneven_len(f);
		return sip_header_rows[f->id].name.len + 2 + f->value_len + 2;
	}
	return (size_t)f->value_at + f->value_len + f->tail;
}
char *sip__field_write(const struct sip__field *f, char *w);

static inline char *sip__write(char *w, const void *p, size_t n)
{
	memcpy(w, p, n);
	return w + n;
}
static inline char *sip__write_str(char *w, struct sip_str s)
{
	if (s.len)
		memcpy(w, s.p, s.len);
	return w + s.len;
}
#define SIP__WRITE_LIT(w, lit) sip__write((w), "" lit, sizeof(lit) - 1)

/* ---- frame_datagram.c ---- */
/* What the check is to say of it. */
static inline void sip__refuse(struct sip_message *m, enum sip_refusal refusal)
{
	m->is_refused = true;
	m->refusal = (uint8_t)refusal;
}
/* Indexed as far as it goes, with the answer to what stopped it in m->refusal; NULL: nothing to answer. */
enum sip_err sip__frame_index(struct sip_packet *packet, const char *p, size_t len, const struct sip_limits *limits,
			      struct sip_message **out);

#endif
