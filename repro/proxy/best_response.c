/* RFC 3261 16.7 steps 6 and 7: which final response goes back, and what goes along with it. Pure. */
#include "repro/proxy/proxy_priv.h"

/*
 * Lower is better. A 6xx beats all. Within 4xx those come first that tell the caller how to ask
 * again (16.7 step 6 names 401, 407, 415, 420, 484); a timeout or a missing transaction says least.
 */
static unsigned rank(unsigned status)
{
	switch (status) {
	case 401:
	case 407:
		return 400;
	case 415:
	case 420:
	case 484:
		return 401;
	case 422:
	case 423:
		return 402;
	case 408:
	case 481:
	case 487:
		return 499;
	case 503:
		return 599;
	default:
		if (status >= 600)
			return 100;
		if (status >= 500)
			return 550;
		return status >= 400 ? 450 : status;
	}
}

bool repro__best_is_better(unsigned status, unsigned than)
{
	return than == 0 || rank(status) < rank(than);
}

static enum sip_err add_all(struct sip_message *to, const struct sip_message *from, enum sip_header id)
{
	struct sip_str value;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; err == SIP_OK && sip_message_value(from, id, i, &value); i++)
		err = sip_message_add(to, id, value);
	return err;
}

enum sip_err repro__best_add_challenges(struct sip_message *to, const struct sip_message *from)
{
	enum sip_err err = add_all(to, from, SIP_HEADER_WWW_AUTHENTICATE);

	return err == SIP_OK ? add_all(to, from, SIP_HEADER_PROXY_AUTHENTICATE) : err;
}
