/* Unit tests of stack/crypto: published vectors (RFC 1321 A.5, FIPS 180-4, RFC 4231) and misuse. */
#include "stack/crypto/crypto.h"
#include "tests/support/unit.h"

static struct sip_str hex_of(struct sip_buf *b, const unsigned char *p, size_t n)
{
	sip_buf_clear(b);
	sip_buf_put_hex(b, p, n);
	return sip_buf_str(b);
}

static enum sip_err test_digest_hash_of_abc_is_the_published_one(void)
{
	static const char *const expected[SIP_DIGEST_ALGORITHM_COUNT] = {
		"900150983cd24fb0d6963f7d28e17f72",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
	};
	char text[80];
	unsigned char hash[SIP_DIGEST_SIZE_MAX];
	struct sip_digest_hash *h = NULL;
	struct sip_buf b;
	enum sip_err err;
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_TRY(sip_digest_hash_create(&h));
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++) {
		enum sip_digest_algorithm a = (enum sip_digest_algorithm)i;
		UNIT_TRY(sip_digest_hash_once(h, a, SIP_STR("abc"), hash));
		UNIT_STR(hex_of(&b, hash, sip_digest_hash_size(a)), expected[i]);
	}
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static enum sip_err test_digest_hash_in_pieces_is_the_same(void)
{
	char once[SIP_DIGEST_HEX_MAX], pieces[SIP_DIGEST_HEX_MAX];
	struct sip_str text = SIP_STR("message digest, in pieces of every size");
	struct sip_digest_hash *h = NULL;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	sip_digest_hash_begin(h, SIP_DIGEST_MD5);
	sip_digest_hash_add(h, text);
	UNIT_TRY(sip_digest_hash_end_hex(h, once));
	for (size_t n = 1; n < text.len; n++) {
		/* Left unfinished: the next begin starts afresh. */
		sip_digest_hash_begin(h, SIP_DIGEST_SHA_256);
		sip_digest_hash_add(h, text);
		sip_digest_hash_begin(h, SIP_DIGEST_MD5);
		for (size_t at = 0; at < text.len; at += n)
			sip_digest_hash_add(h, sip_str_make(text.p + at, at + n < text.len ? n : text.len - at));
		sip_digest_hash_add(h, sip_str_make(NULL, 0));
		UNIT_TRY(sip_digest_hash_end_hex(h, pieces));
		UNIT_STR(sip_str_of(pieces), once);
	}
out:
	sip_digest_hash_destroy(&h);
	return err;
}

static enum sip_err test_digest_hash_without_begin_is_refused(void)
{
	unsigned char hash[SIP_DIGEST_SIZE_MAX];
	struct sip_digest_hash *h = NULL;
	enum sip_err err;
	UNIT_TRY(sip_digest_hash_create(&h));
	sip_digest_hash_add(h, SIP_STR("abc"));
	UNIT_EQ(sip_digest_hash_end(h, hash), SIP_E_STATE);
	UNIT_TRY(sip_digest_hash_once(h, SIP_DIGEST_MD5, SIP_STR(""), hash));
	UNIT_EQ(sip_digest_hash_end(h, hash), SIP_E_STATE);
out:
	sip_digest_hash_destroy(&h);
	UNIT_CHECK(h == NULL);
	sip_digest_hash_destroy(&h);
	return err;
}

static enum sip_err test_digest_hash_names_find_their_algorithm(void)
{
	enum sip_digest_algorithm a = SIP_DIGEST_MD5;
	for (unsigned i = 0; i < SIP_DIGEST_ALGORITHM_COUNT; i++) {
		UNIT_EQ(sip_digest_hash_find(sip_digest_hash_name((enum sip_digest_algorithm)i), &a), SIP_OK);
		UNIT_EQ(a, i);
	}
	UNIT_EQ(sip_digest_hash_find(SIP_STR("sha-256"), &a), SIP_OK);
	UNIT_EQ(a, SIP_DIGEST_SHA_256);
	UNIT_EQ(sip_digest_hash_find(SIP_STR("SHA-1"), &a), SIP_E_NOTFOUND);
	UNIT_EQ(sip_digest_hash_find(SIP_STR(""), &a), SIP_E_NOTFOUND);
	return SIP_OK;
}

static enum sip_err test_hmac_is_the_published_one(void)
{
	char long_key[131];
	char text[80];
	unsigned char mac[SIP_HMAC_SIZE];
	struct sip_digest_hash *h = NULL;
	struct sip_buf b;
	enum sip_err err;
	sip_buf_init_fixed(&b, text, sizeof(text));
	memset(long_key, 0xaa, sizeof(long_key));
	UNIT_TRY(sip_digest_hash_create(&h));
	UNIT_TRY(sip_digest_hash_hmac(h, SIP_STR("Jefe"), SIP_STR("what do ya want for nothing?"), mac));
	UNIT_STR(hex_of(&b, mac, sizeof(mac)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	UNIT_TRY(sip_digest_hash_hmac(h, sip_str_make(long_key, sizeof(long_key)),
				      SIP_STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac));
	UNIT_STR(hex_of(&b, mac, sizeof(mac)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	UNIT_TRY(sip_digest_hash_hmac(h, SIP_STR(""), SIP_STR(""), mac));
	UNIT_STR(hex_of(&b, mac, sizeof(mac)), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
out:
	sip_digest_hash_destroy(&h);
	return err;
}

/* FIPS 180-4's, and RFC 6455 1.3's. */
static enum sip_err test_sha1_is_the_published_one(void)
{
	char text[80];
	unsigned char hash[SIP_SHA1_SIZE];
	struct sip_buf b;
	enum sip_err err;
	sip_buf_init_fixed(&b, text, sizeof(text));
	UNIT_TRY(sip_sha1(SIP_STR("abc"), hash));
	UNIT_STR(hex_of(&b, hash, sizeof(hash)), "a9993e364706816aba3e25717850c26c9cd0d89d");
	UNIT_TRY(sip_sha1(SIP_STR(""), hash));
	UNIT_STR(hex_of(&b, hash, sizeof(hash)), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	UNIT_TRY(sip_sha1(SIP_STR("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), hash));
	UNIT_STR(hex_of(&b, hash, sizeof(hash)), "b37a4f2cc0624f1690f64606cf385945b2bec4ea");
out:
	return err;
}

static enum sip_err test_crypto_is_equal_compares_all(void)
{
	char secret[] = "0123456789abcdef";
	UNIT_CHECK(sip_crypto_is_equal(SIP_STR("abc"), SIP_STR("abc")));
	UNIT_CHECK(!sip_crypto_is_equal(SIP_STR("abc"), SIP_STR("abd")));
	UNIT_CHECK(!sip_crypto_is_equal(SIP_STR("abc"), SIP_STR("xbc")));
	UNIT_CHECK(!sip_crypto_is_equal(SIP_STR("abc"), SIP_STR("abcd")));
	UNIT_CHECK(sip_crypto_is_equal(SIP_STR(""), sip_str_make(NULL, 0)));
	sip_crypto_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		UNIT_EQ(secret[i], 0);
	return SIP_OK;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE(test_digest_hash_of_abc_is_the_published_one),
		UNIT_CASE(test_digest_hash_in_pieces_is_the_same),
		UNIT_CASE(test_digest_hash_without_begin_is_refused),
		UNIT_CASE(test_digest_hash_names_find_their_algorithm),
		UNIT_CASE(test_hmac_is_the_published_one),
		UNIT_CASE(test_sha1_is_the_published_one),
		UNIT_CASE(test_crypto_is_equal_compares_all),
	};
	static const struct unit_suite suite = { "stack/crypto/digest_hash", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
