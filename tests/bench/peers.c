/* Sofia-SIP and GNU oSIP, each as its users call it. No header of ours but the door: theirs use the same prefix. */
#include "tests/bench/peers.h"

#include "config.h"

#include <string.h>

#ifdef HAVE_SOFIA_SIP
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

static size_t run_sofia_sip(const char *text, size_t len)
{
	msg_t *msg = msg_make(sip_default_mclass(), 0, text, (ssize_t)len);
	const sip_t *sip = msg ? sip_object(msg) : NULL;
	size_t sum = sip && !sip->sip_error && sip->sip_via ? strlen(sip->sip_via->v_branch) : 0;

	msg_destroy(msg);
	return sum;
}
#endif

#ifdef HAVE_OSIP2
#include <osipparser2/osip_parser.h>

static size_t run_osip2(const char *text, size_t len)
{
	static int is_ready;
	osip_message_t *m = NULL;
	osip_via_t *via = NULL;
	size_t sum = 0;

	if (!is_ready)
		parser_init();
	is_ready = 1;
	if (osip_message_init(&m) != 0)
		return 0;
	if (osip_message_parse(m, text, len) == 0 && osip_message_get_via(m, 0, &via) >= 0)
		sum = strlen(via->host);
	osip_message_free(m);
	return sum;
}
#endif

const struct bench_peer bench_peers[] = {
#ifdef HAVE_SOFIA_SIP
	{ "sofia-sip", run_sofia_sip },
#endif
#ifdef HAVE_OSIP2
	{ "osip2", run_osip2 },
#endif
	{ NULL, NULL },
};
