/*
 * Times in certificates, and the time it is by the clock OpenSSL judges them by: one clock for what it decides and for what we do.
 * No state, any thread. (RFC 5280 4.1.2.5)
 */
#include "stack/crypto/crypto_priv.h"

#include <time.h>

int64_t sip__cert_time_of(const ASN1_TIME *text)
{
	struct tm tm;
	return ASN1_TIME_to_tm(text, &tm) == 1 ? timegm(&tm) : -1;
}

int64_t sip__cert_time_now(void)
{
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
	int64_t seconds = now ? sip__cert_time_of(now) : -1;
	ASN1_TIME_free(now);
	return seconds;
}
