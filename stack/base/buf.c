/* The growing output buffer. Doubles on the heap up to its limit; the first failure sticks. */
#include "stack/base/buf.h"

#include "stack/base/base_priv.h"
#include "stack/base/mem.h"

#include <stdio.h>

enum { FIRST_CAP = 128 };
static const size_t default_limit = (size_t)1 << 30;

void sip_buf_init(struct sip_buf *b, size_t limit)
{
	*b = (struct sip_buf){ .limit = limit ? limit : default_limit, .is_owned = true };
}

void sip_buf_init_fixed(struct sip_buf *b, void *mem, size_t size)
{
	*b = (struct sip_buf){ .p = mem, .cap = size, .limit = size };
}

void sip_buf_fini(struct sip_buf *b)
{
	if (b->is_owned)
		sip_free(b->p);
	*b = (struct sip_buf){ .p = NULL };
}

void sip_buf_clear(struct sip_buf *b)
{
	b->len = 0;
	b->err = SIP_OK;
}

static void fail(struct sip_buf *b, enum sip_err err)
{
	if (b->err == SIP_OK)
		b->err = err;
}

static bool grow(struct sip_buf *b, size_t n)
{
	if (n > b->limit - b->len || !b->is_owned) {
		fail(b, SIP_E_LIMIT);
		return false;
	}
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap * 2;
	if (cap < b->len + n)
		cap = b->len + n;
	if (cap > b->limit)
		cap = b->limit;
	char *p = sip_realloc(b->p, cap);
	if (!p) {
		fail(b, SIP_E_NOMEM);
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

/* A static twin of sip_buf_reserve: in the shared object only statics are inlined. */
static inline char *room(struct sip_buf *b, size_t n)
{
	if (SIP_UNLIKELY(b->err != SIP_OK))
		return NULL;
	if (SIP_UNLIKELY(n > b->cap - b->len || !b->p) && !grow(b, n))
		return NULL;
	return b->p + b->len;
}

static inline void put(struct sip_buf *b, const void *p, size_t n)
{
	char *to = n ? room(b, n) : NULL;
	if (!to)
		return;
	memcpy(to, p, n);
	b->len += n;
}

char *sip_buf_reserve(struct sip_buf *b, size_t n)
{
	return room(b, n);
}

void sip_buf_advance(struct sip_buf *b, size_t n)
{
	MUST(n <= b->cap - b->len);
	b->len += n;
}

void sip_buf_put(struct sip_buf *b, const void *p, size_t n)
{
	put(b, p, n);
}

void sip_buf_put_str(struct sip_buf *b, struct sip_str s)
{
	put(b, s.p, s.len);
}

void sip_buf_put_z(struct sip_buf *b, const char *z)
{
	put(b, z, strlen(z));
}

void sip_buf_put_char(struct sip_buf *b, char c)
{
	char *to = room(b, 1);
	if (!to)
		return;
	*to = c;
	b->len++;
}

static inline size_t u64_len(uint64_t value)
{
	size_t n = 1;
	/* Most numbers are short, and a comparison costs less than a division. */
	for (uint64_t power = 10; value >= power; power *= 10)
		if (++n == SIP_BUF_U64_MAX)
			break;
	return n;
}

static inline void write_digits(char *end, uint64_t value)
{
	for (; value > 9; value /= 10)
		*--end = (char)('0' + value % 10);
	*--end = (char)('0' + value);
}

char *sip_buf_write_u64(char *to, uint64_t value)
{
	char *end = to + u64_len(value);
	write_digits(end, value);
	return end;
}

void sip_buf_put_u64(struct sip_buf *b, uint64_t value)
{
	size_t n = u64_len(value);
	char *to = room(b, n);
	if (!to)
		return;
	write_digits(to + n, value);
	b->len += n;
}

void sip_buf_put_hex(struct sip_buf *b, const void *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *from = p;
	if (n > b->limit / 2) {
		fail(b, SIP_E_LIMIT);
		return;
	}
	char *to = n ? room(b, 2 * n) : NULL;
	if (!to)
		return;
	for (size_t i = 0; i < n; i++) {
		*to++ = hex[from[i] >> 4];
		*to++ = hex[from[i] & 15];
	}
	b->len += 2 * n;
}

void sip_buf_putf(struct sip_buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	sip_buf_putv(b, format, args);
	va_end(args);
}

void sip_buf_putv(struct sip_buf *b, const char *format, va_list args)
{
	char first[256];
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(first, sizeof first, format, args);
	if (n < 0) {
		fail(b, SIP_E_INVAL);
	} else if ((size_t)n < sizeof first) {
		put(b, first, (size_t)n);
	} else {
		/* One more for vsnprintf's zero, which is not counted; a fixed buffer must have that room too. */
		char *to = room(b, (size_t)n + 1);
		if (to) {
			vsnprintf(to, (size_t)n + 1, format, again);
			b->len += (size_t)n;
		}
	}
	va_end(again);
}

const char *sip_buf_z(struct sip_buf *b)
{
	char *to = room(b, 1);
	if (!to)
		return "";
	*to = '\0';
	return b->p;
}

char *sip_buf_take(struct sip_buf *b, size_t *len)
{
	char *p = NULL;
	if (b->err != SIP_OK)
		return NULL;
	if (!b->is_owned) {
		p = sip_strdup(b->p, b->len);
		if (!p) {
			fail(b, SIP_E_NOMEM);
			return NULL;
		}
	} else {
		/* An empty buffer still answers with something to free. */
		p = b->p ? b->p : sip_alloc(1);
		if (!p) {
			fail(b, SIP_E_NOMEM);
			return NULL;
		}
		b->p = NULL;
		b->cap = 0;
	}
	if (len)
		*len = b->len;
	b->len = 0;
	return p;
}
