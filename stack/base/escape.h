/* Percent escapes (RFC 3261 19.1.2), quoted pairs (25.1), hexadecimal and base64 (RFC 4648). No state, any thread. */
#ifndef STACK_BASE_ESCAPE_H
#define STACK_BASE_ESCAPE_H

#include "stack/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every %HH becomes its byte; SYNTAX on a broken one. `out` has room for in.len bytes; *len says how many there are. */
enum sip_err sip_percent_decode(struct sip_str in, char *out, size_t *len) SIP_MUST_USE;
/* Bytes outside `classes` (enum sip_char_class) become %HH. */
void sip_percent_encode(struct sip_buf *b, struct sip_str in, unsigned classes);
/* Equal once every escape is undone (case matters); a broken escape stands for itself. */
bool sip_percent_eq(struct sip_str a, struct sip_str b);
/* The text of a quoted string without its backslashes. `out` has room for in.len bytes; returns the length. */
size_t sip_quoted_decode(struct sip_str in, char *out);
/* Quotes, with backslashes where needed; a line end, which no quoted string can hold, becomes a space. */
void sip_quoted_encode(struct sip_buf *b, struct sip_str in);
/* Hex, either case; SYNTAX unless exactly 2 * size digits. */
enum sip_err sip_hex_decode(struct sip_str in, void *out, size_t size) SIP_MUST_USE;
void sip_base64_encode(struct sip_buf *b, const void *p, size_t n);
/* Strict (padding needed); `out` has room for in.len / 4 * 3 bytes. */
enum sip_err sip_base64_decode(struct sip_str in, void *out, size_t *len) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
