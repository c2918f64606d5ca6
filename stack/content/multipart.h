/*
 * stack/content: multiparts of any subtype (RFC 2046 5.1, RFC 2387, RFC 5621). Bytes of a part are slices of the body or, once
 * decoded, of the arena. Values, no state, any thread.
 */
#ifndef STACK_CONTENT_MULTIPART_H
#define STACK_CONTENT_MULTIPART_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_transfer_encoding { /* RFC 2045 6 */
	SIP_TRANSFER_UNSAID,
	SIP_TRANSFER_7BIT,
	SIP_TRANSFER_8BIT,
	SIP_TRANSFER_BINARY,
	SIP_TRANSFER_BASE64,
	SIP_TRANSFER_QUOTED_PRINTABLE,
	SIP_TRANSFER_UNKNOWN, /* its bytes are as they came; what they mean nobody knows: application/octet-stream (6.4) */
	SIP_TRANSFER_COUNT
};

struct sip_multipart;
struct sip_part {
	struct sip_part *next;
	struct sip_str type;             /* Content-Type as it stands; empty: not said, which means text/plain */
	struct sip_media_type media;     /* what it is; its type is empty when that cannot be read */
	struct sip_str disposition;      /* Content-Disposition as it stands; empty: not said */
	struct sip_str id;               /* Content-ID without its brackets; empty: none */
	enum sip_transfer_encoding encoding;
	struct sip_str encoding_text;    /* of an UNKNOWN one */
	struct sip_content_field *others; /* all further fields */
	struct sip_str bytes;            /* decoded */
	struct sip_str raw;              /* as it came, its header too: what a signature is over (RFC 1847 2.1); empty: it was made here */
	struct sip_multipart *multipart; /* what is in it when it is one; put writes the bytes */
};
struct sip_multipart {
	struct sip_str subtype;          /* "mixed", "related", … */
	struct sip_str boundary;
	struct sip_str params;           /* all others: start, type, protocol, micalg */
	bool is_closed;                  /* the last delimiter was there; otherwise the last part goes to the end */
	unsigned count;
	struct sip_part *parts;
};

/*
 * Preamble and epilogue are skipped, and multiparts in multiparts read. SYNTAX: no boundary, or no part, or a part whose header or
 * encoding is broken; LIMIT: bytes, parts with all that are inside of others, depth; NOMEM.
 */
enum sip_err sip_multipart_parse(struct sip_arena *arena, const struct sip_media_type *media, struct sip_str bytes,
				 const struct sip_content_limits *limits, struct sip_multipart **out) SIP_MUST_USE;
/*
 * Writes every part anew and looks at no `raw`: what is to stay as it was signed is sent on as the body that came. INVAL in the
 * buffer: no boundary, one that occurs in a part, a header that cannot be written.
 */
void sip_multipart_put(struct sip_buf *b, const struct sip_multipart *x);
/* Parameters in quotes if they have to be. INVAL in the buffer: what is none of a Content-Type. */
void sip_multipart_put_type(struct sip_buf *b, const struct sip_multipart *x);

/* ---- reading --------------------------------------------------------------------------------------------------------- */
/* The root of multipart/related: the part that the start parameter names, else the first. NULL: there is no such part. */
const struct sip_part *sip_multipart_root(const struct sip_multipart *x);
/*
 * By Content-ID or by the cid URL that names it, with its escapes (RFC 2392 2), each with or without brackets and "cid:"; also inside
 * of others. NULL: there is none.
 */
const struct sip_part *sip_multipart_find_id(const struct sip_multipart *x, struct sip_str id);
/* Of multipart/alternative: the last whose type is understood (RFC 2046 5.1.4). NULL: none is. */
typedef bool (*sip_media_type_fn)(void *arg, const struct sip_media_type *media);
const struct sip_part *sip_multipart_choose(const struct sip_multipart *x, sip_media_type_fn is_understood, void *arg);
/* The type of the disposition ("session", "render", "icon", …), and whether who does not know it goes on without (RFC 5621 8.3). */
void sip_part_disposition(const struct sip_part *part, struct sip_str *type, bool *is_optional);
/* What is in a part, as sip_content_parse has it. */
enum sip_err sip_part_content(const struct sip_part *part, const struct sip_content_registry *registry, struct sip_arena *arena,
			      const struct sip_content_limits *limits, struct sip_content *out) SIP_MUST_USE;

/* ---- writing --------------------------------------------------------------------------------------------------------- */
/* Zeroed but for the type of its bytes and these, behind the others. NULL when memory ends. Texts are kept, not copied. */
struct sip_part *sip_multipart_add(struct sip_multipart *x, struct sip_arena *arena, struct sip_str type, struct sip_str bytes);
/* A boundary that occurs in no part; the parts are all there. NOMEM. */
enum sip_err sip_multipart_choose_boundary(struct sip_multipart *x, struct sip_arena *arena) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
