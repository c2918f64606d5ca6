/* SHA-1 (FIPS 180-4) for the one who still asks for it: WebSocket's Sec-WebSocket-Accept (RFC 6455 10.8). Any thread. */
#include "stack/crypto/crypto.h"

#include <openssl/evp.h>

enum sip_err sip_sha1(struct sip_str text, unsigned char out[SIP_SHA1_SIZE])
{
	unsigned char full[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(text.p, text.len, full, &len, EVP_sha1(), NULL) != 1 || len != SIP_SHA1_SIZE)
		return SIP_E_UNSUPPORTED;
	memcpy(out, full, SIP_SHA1_SIZE);
	return SIP_OK;
}
