/*
 * Hashes over OpenSSL's EVP. Fetching an algorithm costs more than hashing a credential, so a
 * context fetches each once and keeps one EVP_MD_CTX; it belongs to one loop.
 * RFC 1321 (MD5), FIPS 180-4 (SHA-2), RFC 2104 (HMAC).
 */
#include "stack/crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

struct sip_digest_hash {
	uint32_t magic;
	enum sip_err err;
	bool is_begun;
	enum sip_digest_algorithm algorithm; /* of what was begun */
	EVP_MD_CTX *ctx;                     /* owned */
	EVP_MD *md[SIP_DIGEST_ALGORITHM_COUNT]; /* owned; NULL: the library has none */
};
#define DIGEST_HASH_MAGIC 0x64686173u

#define HMAC_BLOCK 64

static const struct algorithm_row {
	struct sip_str name;
	const char *provider_name;
	size_t size;
} algorithm_rows[SIP_DIGEST_ALGORITHM_COUNT] = {
#define SIP_DIGEST_ALGORITHM(id, name, provider_name, size) { SIP_STR_INIT(name), provider_name, size },
#include "stack/crypto/digest_algorithm_table.h"
#undef SIP_DIGEST_ALGORITHM
};

struct sip_str sip_digest_hash_name(enum sip_digest_algorithm algorithm)
{
	MUST((unsigned)algorithm < SIP_DIGEST_ALGORITHM_COUNT);
	return algorithm_rows[algorithm].name;
}

enum sip_err sip_digest_hash_find(struct sip_str name, enum sip_digest_algorithm *out)
{
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++) {
		if (!sip_str_eq_nocase(name, algorithm_rows[i].name))
			continue;
		*out = (enum sip_digest_algorithm)i;
		return SIP_OK;
	}
	return SIP_E_NOTFOUND;
}

size_t sip_digest_hash_size(enum sip_digest_algorithm algorithm)
{
	MUST((unsigned)algorithm < SIP_DIGEST_ALGORITHM_COUNT);
	return algorithm_rows[algorithm].size;
}

enum sip_err sip_digest_hash_create(struct sip_digest_hash **out)
{
	struct sip_digest_hash *h = sip_alloc_zero(sizeof(*h));
	if (!h)
		return SIP_E_NOMEM;
	h->magic = DIGEST_HASH_MAGIC;
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx) {
		sip_digest_hash_destroy(&h);
		return SIP_E_NOMEM;
	}
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++)
		h->md[i] = EVP_MD_fetch(NULL, algorithm_rows[i].provider_name, NULL);
	if (!h->md[SIP_DIGEST_SHA_256]) {
		sip_digest_hash_destroy(&h);
		return SIP_E_UNSUPPORTED;
	}
	*out = h;
	return SIP_OK;
}

void sip_digest_hash_destroy(struct sip_digest_hash **ph)
{
	struct sip_digest_hash *h = *ph;
	if (!h)
		return;
	MUST_BE(h, DIGEST_HASH_MAGIC);
	*ph = NULL;
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++)
		EVP_MD_free(h->md[i]);
	EVP_MD_CTX_free(h->ctx);
	h->magic = 0;
	sip_free(h);
}

void sip_digest_hash_begin(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm)
{
	MUST_BE(h, DIGEST_HASH_MAGIC);
	MUST((unsigned)algorithm < SIP_DIGEST_ALGORITHM_COUNT);
	h->algorithm = algorithm;
	h->is_begun = true;
	h->err = h->md[algorithm] ? SIP_OK : SIP_E_UNSUPPORTED;
	if (h->err == SIP_OK && EVP_DigestInit_ex(h->ctx, h->md[algorithm], NULL) != 1)
		h->err = SIP_E_NOMEM;
}

void sip_digest_hash_add(struct sip_digest_hash *h, struct sip_str piece)
{
	MUST_BE(h, DIGEST_HASH_MAGIC);
	if (!h->is_begun || h->err != SIP_OK || piece.len == 0)
		return;
	if (EVP_DigestUpdate(h->ctx, piece.p, piece.len) != 1)
		h->err = SIP_E_NOMEM;
}

enum sip_err sip_digest_hash_end(struct sip_digest_hash *h, unsigned char out[SIP_DIGEST_SIZE_MAX])
{
	unsigned char full[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	MUST_BE(h, DIGEST_HASH_MAGIC);
	if (!h->is_begun)
		return SIP_E_STATE;
	h->is_begun = false;
	if (h->err == SIP_OK && EVP_DigestFinal_ex(h->ctx, full, &len) != 1)
		h->err = SIP_E_NOMEM;
	if (h->err != SIP_OK)
		return h->err;
	MUST(len == algorithm_rows[h->algorithm].size);
	memcpy(out, full, len);
	sip_crypto_wipe(full, len);
	return SIP_OK;
}

static void put_hex(char *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

enum sip_err sip_digest_hash_end_hex(struct sip_digest_hash *h, char out[SIP_DIGEST_HEX_MAX])
{
	unsigned char hash[SIP_DIGEST_SIZE_MAX];
	enum sip_err err = sip_digest_hash_end(h, hash);
	if (err == SIP_OK)
		put_hex(out, hash, algorithm_rows[h->algorithm].size);
	return err;
}

enum sip_err sip_digest_hash_once(struct sip_digest_hash *h, enum sip_digest_algorithm algorithm, struct sip_str text,
				  unsigned char out[SIP_DIGEST_SIZE_MAX])
{
	sip_digest_hash_begin(h, algorithm);
	sip_digest_hash_add(h, text);
	return sip_digest_hash_end(h, out);
}

static void hmac_begin(struct sip_digest_hash *h, const unsigned char block[HMAC_BLOCK], unsigned char with)
{
	unsigned char pad[HMAC_BLOCK];
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] = block[i] ^ with;
	sip_digest_hash_begin(h, SIP_DIGEST_SHA_256);
	sip_digest_hash_add(h, sip_str_make((const char *)pad, sizeof(pad)));
	sip_crypto_wipe(pad, sizeof(pad));
}

enum sip_err sip_digest_hash_hmac(struct sip_digest_hash *h, struct sip_str key, struct sip_str text,
				  unsigned char out[SIP_HMAC_SIZE])
{
	unsigned char block[HMAC_BLOCK] = { 0 };
	unsigned char inner[SIP_DIGEST_SIZE_MAX];
	enum sip_err err = SIP_OK;
	if (key.len > sizeof(block))
		err = sip_digest_hash_once(h, SIP_DIGEST_SHA_256, key, block);
	else if (key.len > 0)
		memcpy(block, key.p, key.len);
	if (err == SIP_OK) {
		hmac_begin(h, block, 0x36);
		sip_digest_hash_add(h, text);
		err = sip_digest_hash_end(h, inner);
	}
	if (err == SIP_OK) {
		hmac_begin(h, block, 0x5c);
		sip_digest_hash_add(h, sip_str_make((const char *)inner, SIP_HMAC_SIZE));
		err = sip_digest_hash_end(h, out);
	}
	sip_crypto_wipe(block, sizeof(block));
	sip_crypto_wipe(inner, sizeof(inner));
	return err;
}

bool sip_crypto_is_equal(struct sip_str a, struct sip_str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}

void sip_crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
