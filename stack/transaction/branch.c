/*
 * Our branches: "z9hG4bK", the token (shard, number, attempt) and a keyed mark of it, five bits a character. The mark
 * makes them unguessable and lets any shard tell its own from a stranger's without keeping anything (RFC 3261 8.1.1.7).
 */
#include "stack/transaction/transaction_priv.h"

#define COOKIE "z9hG4bK"
#define COOKIE_LEN (sizeof COOKIE - 1)
#define TOKEN_LEN 13
#define MARK_LEN 12
_Static_assert(COOKIE_LEN + TOKEN_LEN + 1 + MARK_LEN == SIP__BRANCH_LEN, "length of a branch");

static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

static char *put(char *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 5)
		p[i] = digits[v & 31];
	return p + n;
}

static bool get(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';
		if (d > 9) {
			d = ((unsigned char)p[i] | 0x20u) - (unsigned)'a';
			if (d > 'v' - 'a')
				return false;
			d += 10;
		}
		v = v << 5 | d;
	}
	*out = v;
	return true;
}

static uint64_t mark_of(const struct sip_hash_key *k, uint64_t token)
{
	const uint64_t in[2] = { token, 'b' }; /* what else is derived from an id is eight bytes long */

	return sip_hash_bytes(k, in, sizeof in) & (((uint64_t)1 << MARK_LEN * 5) - 1);
}

void sip__branch_put(const struct sip_hash_key *k, uint64_t token, struct sip_str extra, struct sip_buf *b)
{
	char text[SIP__BRANCH_LEN];
	char *p = text;

	memcpy(p, COOKIE, COOKIE_LEN);
	p = put(p + COOKIE_LEN, token, TOKEN_LEN);
	*p++ = '-';
	put(p, mark_of(k, token), MARK_LEN);
	sip_buf_put(b, text, sizeof text);
	if (extra.len) {
		sip_buf_put_char(b, '-');
		sip_buf_put_str(b, extra);
	}
}

bool sip__branch_parse(const struct sip_hash_key *k, struct sip_str branch, uint64_t *token, struct sip_str *extra)
{
	uint64_t mark;

	if (branch.len < SIP__BRANCH_LEN || !sip_str_starts_nocase(branch, SIP_STR(COOKIE)))
		return false;
	if (branch.len > SIP__BRANCH_LEN && branch.p[SIP__BRANCH_LEN] != '-')
		return false;
	*extra = sip_str_from(branch, SIP__BRANCH_LEN + 1);
	const char *p = branch.p + COOKIE_LEN;
	return p[TOKEN_LEN] == '-' && get(p, TOKEN_LEN, token) && get(p + TOKEN_LEN + 1, MARK_LEN, &mark) && mark == mark_of(k, *token);
}

unsigned sip_shard_of_tx(uint64_t tx)
{
	return (unsigned)(tx >> 58);
}
