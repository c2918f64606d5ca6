/*
 * Growing output with a sticky error: thirty appends, one check. A failed append leaves
 * what was there and makes every later one a no-op. One thread at a time.
 */
#ifndef STACK_BASE_BUF_H
#define STACK_BASE_BUF_H

#include "stack/base/err.h"
#include "stack/base/str.h"

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_buf {
	char *p;          /* owned when is_owned; else lent by the caller of init_fixed */
	size_t len;
	size_t cap;
	size_t limit;     /* never grows past this; LIMIT is the error then */
	enum sip_err err; /* the first failure */
	bool is_owned;
};

/* Grows on the heap up to `limit` bytes (0: 1 GiB). Allocates nothing yet. */
void sip_buf_init(struct sip_buf *b, size_t limit);
/* Writes into the caller's memory only. */
void sip_buf_init_fixed(struct sip_buf *b, void *mem, size_t size);
void sip_buf_fini(struct sip_buf *b);
/* Empty again, error forgotten, memory kept. */
void sip_buf_clear(struct sip_buf *b);
/* Room for n more bytes: where they go (not yet counted), or NULL (error kept). Count them with sip_buf_advance. */
char *sip_buf_reserve(struct sip_buf *b, size_t n);
void sip_buf_advance(struct sip_buf *b, size_t n);

void sip_buf_put(struct sip_buf *b, const void *p, size_t n);
void sip_buf_put_str(struct sip_buf *b, struct sip_str s);
void sip_buf_put_z(struct sip_buf *b, const char *z);
void sip_buf_put_char(struct sip_buf *b, char c);
void sip_buf_put_u64(struct sip_buf *b, uint64_t value);
/* For who has made room for several things at once: the digits at `to`, at most U64_MAX; their end. */
#define SIP_BUF_U64_MAX 20
char *sip_buf_write_u64(char *to, uint64_t value);
void sip_buf_put_hex(struct sip_buf *b, const void *p, size_t n); /* lower case */
void sip_buf_putf(struct sip_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sip_buf_putv(struct sip_buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

#define SIP_BUF_LIT(b, lit) sip_buf_put((b), "" lit, sizeof(lit) - 1)

static inline struct sip_str sip_buf_str(const struct sip_buf *b)
{
	return sip_str_make(b->p, b->len);
}
/* Zero-terminated view (the zero is not counted); "" on failure. */
const char *sip_buf_z(struct sip_buf *b);
/* Ownership of the bytes comes to the caller (sip_free); the buffer is empty after. NULL on failure. */
char *sip_buf_take(struct sip_buf *b, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
