/*
 * stack/message: a SIP message is the bytes it came in (a packet, shared by reference) and an
 * index over them. Nothing is parsed before it is asked for, nothing is copied, and edits are
 * an overlay on the index, so that forks share one packet. A message has one owner at a time
 * and is touched only by the thread that owns it; packets are immutable and may be shared by any.
 *
 * Slices a message gives out live as long as the message, whatever is edited.
 */
#ifndef STACK_MESSAGE_MESSAGE_H
#define STACK_MESSAGE_MESSAGE_H

#include "stack/header/header.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- packets: bytes that are counted, and that nobody changes once they are filled ----------------------------- */
struct sip_packet; /* counted */
/* Room for size bytes. NULL when memory ends. */
struct sip_packet *sip_packet_create(size_t size) SIP_MUST_USE;
struct sip_packet *sip_packet_copy(const void *bytes, size_t len) SIP_MUST_USE;
void sip_packet_ref(struct sip_packet *p);
void sip_packet_unref(struct sip_packet **p);
char *sip_packet_room(struct sip_packet *p);          /* for the one who fills it */
const char *sip_packet_bytes(const struct sip_packet *p);
size_t sip_packet_len(const struct sip_packet *p);
size_t sip_packet_memory(const struct sip_packet *p); /* what a reference keeps from being freed, in bytes */
/* The id of the connection it was put on last, for who keeps it; 0: none. Noted by the wire for what has a token. Any thread. */
void sip_packet_set_flow(struct sip_packet *p, uint64_t flow_id);
uint64_t sip_packet_flow(const struct sip_packet *p);
void sip_packet_set_len(struct sip_packet *p, size_t len); /* at most the size it was made with */
/*
 * Whom it is for, by the name before DNS: what a secure transport asks its peer's certificate for (RFC 5922 4). Copied; for the one
 * who fills it. NOMEM.
 */
enum sip_err sip_packet_set_peer(struct sip_packet *p, struct sip_str name) SIP_MUST_USE;
struct sip_str sip_packet_peer(const struct sip_packet *p); /* lent; empty: nobody said */

/* ---- limits ------------------------------------------------------------------------------------------------------ */
struct sip_limits {
	size_t message;  /* bytes, whole message on a stream (64 KiB + 1 MiB) */
	size_t header;   /* bytes, start line and header fields (64 KiB): 513/400 and, on a stream, close */
	size_t line;     /* bytes, one field (16 KiB) */
	unsigned fields; /* header field lines (1,024) */
	unsigned params; /* parameters of one value, its URI's own not among them (256): 400 */
};
extern const struct sip_limits sip_limits_default;

/* ---- a message --------------------------------------------------------------------------------------------------- */
struct sip_message; /* counted */

/*
 * Indexes one whole message at bytes [from, from + len) of the packet (a reference is taken). Succeeds on
 * everything that can be represented: a start line in one of the two shapes and header lines; what the fields
 * hold is not looked at. SYNTAX otherwise, LIMIT, NOMEM. The body is what follows the empty line, cut to
 * Content-Length by sip_message_check or the framer.
 */
enum sip_err sip_message_parse(struct sip_packet *packet, size_t from, size_t len, const struct sip_limits *limits,
			       struct sip_message **out) SIP_MUST_USE;
/* A new one that shares the packet and starts with the same fields and edits; what is edited after is its own. */
enum sip_err sip_message_clone(const struct sip_message *m, struct sip_message **out) SIP_MUST_USE;
void sip_message_ref(struct sip_message *m);
void sip_message_unref(struct sip_message **m);

/* Start line. */
/* What it was indexed in, whole and as it came, whatever was edited since; lent. */
const struct sip_packet *sip_message_packet(const struct sip_message *m);
bool sip_message_is_request(const struct sip_message *m);
enum sip_method sip_message_method(const struct sip_message *m);        /* of a response: CSeq's, UNKNOWN if broken */
struct sip_str sip_message_method_text(const struct sip_message *m);
/* A request, and none of those that end or confirm something (sip_method_is_essential). */
bool sip_message_begins_something(const struct sip_message *m);
struct sip_str sip_message_uri_text(const struct sip_message *m);
const struct sip_uri *sip_message_uri(const struct sip_message *m);     /* NULL when it does not parse */
unsigned sip_message_status(const struct sip_message *m);               /* 0 for a request */
struct sip_str sip_message_reason(const struct sip_message *m);
struct sip_str sip_message_version(const struct sip_message *m);        /* "SIP/2.0" as it stood */

/* One alone, without its end, as pieces of messages begin with (RFC 3420). */
struct sip_start_line { /* slices of the line */
	bool is_request;
	struct sip_str method, uri; /* of a request */
	unsigned status;            /* of a response */
	struct sip_str reason;
	struct sip_str version;
};
/* SYNTAX: none that sip_message_check lets pass. Blanks more than there should be are no matter. */
enum sip_err sip_start_line_parse(struct sip_str line, struct sip_start_line *out) SIP_MUST_USE;

/* Fields as they stand, in order. */
struct sip_field {
	enum sip_header id;
	struct sip_str name;
	struct sip_str value; /* trimmed; folds still in it */
};
size_t sip_message_field_count(const struct sip_message *m);
void sip_message_field(const struct sip_message *m, size_t at, struct sip_field *out); /* at < count */

/* Values: n counts over all lines of the header, comma lists taken apart. NULL or false: not there, or broken. */
size_t sip_message_count(const struct sip_message *m, enum sip_header id);
bool sip_message_has(const struct sip_message *m, enum sip_header id); /* a line of it, be there a value in it or none */
bool sip_message_value(const struct sip_message *m, enum sip_header id, size_t n, struct sip_str *out); /* raw */
/* All of them in order, one a call, false behind the last: linear where asking for value n each time is not. */
struct sip_value_walk { /* all zero to begin; the message is not edited meanwhile */
	struct sip_str rest;
	uint16_t field;
	bool is_begun;
	bool is_fresh;
};
bool sip_message_next_value(const struct sip_message *m, enum sip_header id, struct sip_value_walk *w, struct sip_str *out);
/* By name, also of unknown headers: the n-th field line. */
bool sip_message_find(const struct sip_message *m, struct sip_str name, size_t n, struct sip_str *out);
const struct sip_via *sip_message_via(const struct sip_message *m, size_t n);
/* FROM, TO, CONTACT, ROUTE, RECORD_ROUTE, PATH, SERVICE_ROUTE, … any header of type NAME_ADDR or CONTACT. */
const struct sip_name_addr *sip_message_name_addr(const struct sip_message *m, enum sip_header id, size_t n);
const struct sip_cseq *sip_message_cseq(const struct sip_message *m);
/* Headers of the type TOKEN, WORD or PARAMS: Event, Reason, Require, Accept-Contact, … */
const struct sip_word *sip_message_word(const struct sip_message *m, enum sip_header id, size_t n);
/* Of type NUMBER, with its parameters: Retry-After, Session-Expires, … */
const struct sip_number_value *sip_message_number_value(const struct sip_message *m, enum sip_header id);
/* Of type AUTH or AUTH_PARAMS. */
const struct sip_auth_value *sip_message_auth(const struct sip_message *m, enum sip_header id, size_t n);
const struct sip_media_type *sip_message_media_type(const struct sip_message *m, enum sip_header id, size_t n); /* CONTENT_TYPE, ACCEPT */
const struct sip_dialog_ref *sip_message_dialog_ref(const struct sip_message *m, enum sip_header id); /* REPLACES, JOIN, TARGET_DIALOG */
const struct sip_rack *sip_message_rack(const struct sip_message *m);
const struct sip_date *sip_message_date(const struct sip_message *m);
const struct sip_warning *sip_message_warning(const struct sip_message *m, size_t n);
const struct sip_timestamp *sip_message_timestamp(const struct sip_message *m);
/* Of any header: what the row of its type says (sip_value_rows); NULL also when it has no typed form. */
const void *sip_message_typed(const struct sip_message *m, enum sip_header id, size_t n);
struct sip_str sip_message_call_id(const struct sip_message *m); /* empty when there is none */
/* NOTFOUND, SYNTAX, RANGE */
enum sip_err sip_message_number(const struct sip_message *m, enum sip_header id, uint32_t *out);
/* A token of a list (option tags, methods): case folded. */
bool sip_message_has_token(const struct sip_message *m, enum sip_header id, struct sip_str token);
struct sip_str sip_message_body(const struct sip_message *m);

/*
 * ---- edits: text is copied; a failed edit changes nothing. NOMEM, LIMIT; INVAL: the text holds a line end that is
 * no fold, and would begin another field. A message that has been edited is sent with a Content-Length.
 */
/* Becomes the first value. */
enum sip_err sip_message_push(struct sip_message *m, enum sip_header id, struct sip_str value) SIP_MUST_USE;
/* Becomes the last value. */
enum sip_err sip_message_add(struct sip_message *m, enum sip_header id, struct sip_str value) SIP_MUST_USE;
/* The only value. */
enum sip_err sip_message_set(struct sip_message *m, enum sip_header id, struct sip_str value) SIP_MUST_USE;
/* Without the first value; NOTFOUND. */
enum sip_err sip_message_pop(struct sip_message *m, enum sip_header id) SIP_MUST_USE;
enum sip_err sip_message_remove(struct sip_message *m, enum sip_header id, size_t n) SIP_MUST_USE; /* without value n */
enum sip_err sip_message_replace(struct sip_message *m, enum sip_header id, size_t n,
			       struct sip_str value) SIP_MUST_USE;
void sip_message_remove_all(struct sip_message *m, enum sip_header id);
/* Any name; the three say INVAL or NOTFOUND of one that is no token. */
enum sip_err sip_message_add_field(struct sip_message *m, struct sip_str name, struct sip_str value) SIP_MUST_USE;
/* The only field of that name, where the first of them stood. */
enum sip_err sip_message_set_field(struct sip_message *m, struct sip_str name, struct sip_str value) SIP_MUST_USE;
/* Without all of that name; NOTFOUND. */
enum sip_err sip_message_remove_field(struct sip_message *m, struct sip_str name) SIP_MUST_USE;
enum sip_err sip_message_set_uri(struct sip_message *m, struct sip_str uri) SIP_MUST_USE;
/*
 * Says in the top Via where the request came from: received, and rport when it asks for it, in place of what it says
 * there itself (RFC 3261 18.2.1, RFC 3581 4). NOTFOUND: there is no Via that parses.
 */
enum sip_err sip_message_stamp(struct sip_message *m, const struct sip_addr *source) SIP_MUST_USE;

/*
 * A request that came in, to be read once more should it be needed: its packet and where in it. No edit but the stamp is
 * remembered, and no body.
 */
struct sip_received {
	struct sip_packet *packet; /* owned; NULL: nothing is kept */
	size_t from, len;          /* of the start line and the header in it */
	struct sip_addr source;
	bool is_stamped;
};
/* Of a message that was accepted at the door (sip_message_check). */
void sip_received_init(struct sip_received *r, const struct sip_message *m);
/* Once or more. */
void sip_received_fini(struct sip_received *r);
/* The request anew, stamped if it was: NOMEM. */
enum sip_err sip_received_parse(const struct sip_received *r, struct sip_message **out) SIP_MUST_USE;
/* The bytes a message that came in was read from, whole or as far as they could be. Lent by it, until it is edited. */
struct sip_raw {
	struct sip_packet *packet;
	struct sip_str bytes;           /* in `packet`: all of it, or all but the body */
	struct sip_packet *body_packet; /* NULL: all of it is in `bytes` */
	struct sip_str body;
};
void sip_message_raw(const struct sip_message *m, struct sip_raw *out);
/* Replaces the body; an empty type removes Content-Type. Content-Length always follows the body when encoded. */
enum sip_err sip_message_set_body(struct sip_message *m, struct sip_str type, struct sip_str body) SIP_MUST_USE;
/* Memory that lives as long as the message, for whoever builds a value. */
struct sip_arena *sip_message_arena(struct sip_message *m);

/* ---- encoding: untouched runs are copied as they came ------------------------------------------------------------ */
size_t sip_message_encoded_len(const struct sip_message *m);
enum sip_err sip_message_encode(const struct sip_message *m, struct sip_packet **out) SIP_MUST_USE; /* one allocation */
void sip_message_put(const struct sip_message *m, struct sip_buf *b);
/*
 * The same with the names of all known fields in one spelling: as their RFCs have them, or the short one where there is one (RFC 3261
 * 7.3.3, 20). Each field is one line, "name: value": a fold becomes a space. Others, and the order of all, stay as they are.
 */
enum sip_names { SIP_NAMES_CANONICAL, SIP_NAMES_COMPACT };
void sip_message_put_named(const struct sip_message *m, enum sip_names names, struct sip_buf *b);

/* ---- refusals: what is wrong with a request, who looks at it, and the answer ------------------------------------- */
enum sip_refusal {
#define SIP_REFUSAL(id, by, code, reason, rfc, section, what) SIP_REFUSAL_##id,
#include "stack/message/refusal_table.h"
#undef SIP_REFUSAL
	SIP_REFUSAL_COUNT
};
enum sip_refuser { SIP_BY_DOOR, SIP_BY_TRANSACTION, SIP_BY_USER_AGENT, SIP_BY_PROXY, SIP_BY_REGISTRAR };
struct sip_refusal_row {
	enum sip_refuser by;
	uint16_t code;
	const char *reason;  /* empty: IANA's */
	uint16_t rfc;
	const char *section;
	const char *what;
};
extern const struct sip_refusal_row sip_refusal_rows[SIP_REFUSAL_COUNT];
/* Its status and its phrase. */
static inline unsigned sip_refusal_code(enum sip_refusal id)
{
	return sip_refusal_rows[id].code;
}
const char *sip_refusal_reason(enum sip_refusal id);

/* ---- at the door: three verdicts (RFC 3261 8.2, 16.3, 18.3, 20, 21; RFC 4475) ------------------------------------ */
enum sip_verdict { SIP_ACCEPT, SIP_ANSWER, SIP_DROP };
struct sip_check {
	enum sip_verdict verdict;
	unsigned code;       /* ANSWER: 400, 505, … */
	const char *reason;  /* ANSWER: the reason phrase; DROP: why; static text */
};
/*
 * What every element must see before it does anything with the message. Cuts the body of a datagram to
 * Content-Length. A bad response and a bad ACK are never answered: DROP. Also what a stack may answer is
 * checked: no answer without a usable Via.
 */
void sip_message_check(struct sip_message *m, bool is_stream, struct sip_check *out);

/* ---- making messages --------------------------------------------------------------------------------------------- */
/* The IANA phrase, or "Unknown" by class. */
const char *sip_status_reason(unsigned status);
/*
 * RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq of the request, Timestamp in a 100, Record-Route in 101…299 of
 * a dialog-making method. `to_tag` is added when the request has none in To (never to a 100); empty: no tag. A
 * NULL reason is the IANA one. INVAL: there is a line end or another control but HTAB in the reason, or the tag that
 * would be added is no token (25.1). NOMEM, LIMIT.
 */
enum sip_err sip_response_make(const struct sip_message *request, unsigned status, const char *reason,
			       struct sip_str to_tag, struct sip_message **out) SIP_MUST_USE;

/*
 * A final response that may have to be said again, without what it has of its request: made of one that sip_response_make began
 * and lines were added to, it makes that response again, to the byte, when the request comes again.
 */
struct sip_response_rest; /* closed; one block of memory */
/* NULL: it was edited otherwise, or memory ends. */
struct sip_response_rest *sip_response_rest_create(const struct sip_message *response);
void sip_response_rest_free(struct sip_response_rest **r);
enum sip_err sip_response_rest_encode(const struct sip_response_rest *r, const struct sip_message *request,
				      struct sip_packet **out) SIP_MUST_USE; /* NOMEM, LIMIT */

struct sip_request_options { /* texts are copied */
	struct sip_str method;
	struct sip_str uri;        /* Request-URI */
	struct sip_str from, to;   /* whole values, tags included */
	struct sip_str call_id;
	uint32_t cseq;
	uint32_t max_forwards;
	struct sip_str contact;    /* whole value; empty: none */
	struct sip_str content_type, body;
};
void sip_request_options_init(struct sip_request_options *o);
/* Without a Via: whoever sends it adds one. INVAL: a part is missing, or would begin a line of its own. NOMEM, LIMIT. */
enum sip_err sip_request_make(const struct sip_request_options *o, struct sip_message **out) SIP_MUST_USE;
enum sip_embed {
	SIP_EMBED_HARMLESS, /* the URI is a stranger's: Subject, Priority, Call-Info, Alert-Info, Reply-To, Reason, Accept-Contact, … */
	SIP_EMBED_ALL       /* our user has chosen it: "body" with its Content-Type too */
};
/*
 * RFC 3261 19.1.5: what the headers of a URI ask for goes into a request made from it. How many were left out, because they say what
 * is the maker's to say (route, dialog, credentials, capabilities). SYNTAX: an escape is broken, or what it hides is no value of its
 * header; NOMEM, LIMIT; the request is then to be thrown away.
 */
enum sip_err sip_message_embed(struct sip_message *m, const struct sip_uri *u, enum sip_embed what, unsigned *left_out) SIP_MUST_USE;
/* RFC 3261 17.1.1.3: the ACK for a non-2xx, from the INVITE as it was sent (top Via included) and the response. */
enum sip_err sip_derive_ack(const struct sip_message *invite, const struct sip_message *response,
			    struct sip_message **out) SIP_MUST_USE;
/* RFC 3261 9.1: from the request as it was sent; `reason` (RFC 3326 value) may be empty. INVAL: it would begin another field. */
enum sip_err sip_derive_cancel(const struct sip_message *request, struct sip_str reason,
			       struct sip_message **out) SIP_MUST_USE;

/* ---- framing ----------------------------------------------------------------------------------------------------- */
enum sip_frame_kind {
	SIP_FRAME_MORE,      /* nothing whole yet */
	SIP_FRAME_MESSAGE,   /* *out is a message */
	SIP_FRAME_PING,      /* CRLFCRLF (RFC 5626 3.5.1): answer with CRLF */
	SIP_FRAME_PONG,      /* CRLF alone */
	SIP_FRAME_UNFRAMEABLE /* this stream has no message borders any more: close. An answerable one may be in *out */
};
/*
 * Byte stream to messages. Holds what has come of the next message, grows to the limits, never copies a body
 * twice. Every split of the same bytes gives the same messages. One thread.
 */
struct sip_framer;
struct sip_framer *sip_framer_create(const struct sip_limits *limits) SIP_MUST_USE;
void sip_framer_destroy(struct sip_framer **f);
/* Where the next bytes may be read into, and how many; NULL when memory ends. Ask after next has said MORE. */
char *sip_framer_room(struct sip_framer *f, size_t *len);
/* That many bytes were read there (0: none; next then lets go of room that is not needed). */
void sip_framer_filled(struct sip_framer *f, size_t len);
/*
 * Call until MORE or UNFRAMEABLE. err: why, with UNFRAMEABLE (SYNTAX, TOOBIG, LIMIT, NOMEM); if there is a message in
 * *out then, sip_message_check says what to answer before closing (400, 413, 513).
 */
enum sip_frame_kind sip_framer_next(struct sip_framer *f, struct sip_message **out, enum sip_err *err);
/* The PONG it gave last was one, not the first half of a PING: the next line end begins anew. */
void sip_framer_settle_pong(struct sip_framer *f);
/* Memory held now: an idle one holds next to nothing. */
size_t sip_framer_memory(const struct sip_framer *f);
/* True when bytes of an unfinished message are waiting (slow-loris timers look at it). */
bool sip_framer_is_partial(const struct sip_framer *f);

/* One datagram: the same kinds; leading CRLFs skipped, PING for CRLFCRLF alone. Takes a reference to the packet. */
enum sip_frame_kind sip_frame_datagram(struct sip_packet *packet, const struct sip_limits *limits,
				       struct sip_message **out, enum sip_err *err);

/* ---- what the layers above hang on a message; no meaning here ---------------------------------------------------- */
/* The flow it came by: counted (its first member is a struct sip_ref), released with the message. */
void sip_message_set_flow(struct sip_message *m, struct sip_ref *flow /* a reference is taken; may be NULL */);
struct sip_ref *sip_message_flow(const struct sip_message *m); /* lent */
void sip_message_set_source(struct sip_message *m, const struct sip_addr *source, enum sip_transport_kind kind);
const struct sip_addr *sip_message_source(const struct sip_message *m);
enum sip_transport_kind sip_message_source_kind(const struct sip_message *m);
/*
 * Room for the present owner's queue node or event (aligned to 16), so that handing a message over allocates
 * nothing.
 */
#define SIP_MESSAGE_OWNER_ROOM 96
void *sip_message_owner_room(struct sip_message *m);

#ifdef __cplusplus
}
#endif
#endif
