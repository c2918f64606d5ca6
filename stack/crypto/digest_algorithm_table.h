/* The hashes of digest authentication (RFC 7616 6.1): id, name on the wire, OpenSSL's, bytes. Rows only, no guard. */
SIP_DIGEST_ALGORITHM(MD5, "MD5", "MD5", 16)
SIP_DIGEST_ALGORITHM(SHA_256, "SHA-256", "SHA2-256", 32)
SIP_DIGEST_ALGORITHM(SHA_512_256, "SHA-512-256", "SHA2-512/256", 32)
