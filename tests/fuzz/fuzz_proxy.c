/*
 * A repro on the memory net. The bytes are deeds, a zero byte between two:
 *   D… E… F…  a datagram from the first, second or third peer
 *   a486… b… c…  that peer answers the last request it was sent; the rest are more header lines
 *   x486… y… z…  the same, with the top Via alone
 *   T…        the same as D, with every "\n" made "\r\n" and an empty line added
 *   W7        time passes: 10 to the power of the digit, milliseconds (at most 10,000 s)
 * In the end nothing may be left over, and what left may not be many times what came.
 */
#include "repro/processor/processor.h"
#include "tests/fuzz/fuzz_net.h"

#include <string.h>

#define DEEDS_MAX 32
/* More than a fork to every contact and all repetitions of all of it. */
#define SENT_MOST 20000u

struct play {
	struct fuzz_net net;
	struct repro_config *config;       /* owned: a reference */
	struct sip_metrics *metrics;       /* owned */
	struct repro_location *location;   /* owned */
	struct sip_nonces *nonces;         /* owned */
	struct repro_registrar *registrar; /* owned */
	struct repro_proxy *proxy;         /* owned */
};

static void on_issue(void *arg, const struct sip_settings_issue *issue)
{
	(void)arg;
	FUZZ_MUST(!issue->is_error);
}

static void open_registrar(struct play *p, struct sip_rand *rand)
{
	struct repro_location_options lo;
	struct sip_nonces_options no;
	struct repro_registrar_options ro = { .store = NULL };

	repro_location_options_init(&lo);
	lo.rand = rand;
	FUZZ_MUST(repro_location_create(&lo, &p->location) == SIP_OK);
	sip_nonces_options_init(&no);
	no.rand = rand;
	FUZZ_MUST(sip_nonces_create(&no, &p->nonces) == SIP_OK);
	ro.location = p->location;
	ro.nonces = p->nonces;
	FUZZ_MUST(repro_registrar_create(&ro, &p->registrar) == SIP_OK);
}

static void open_repro(struct play *p, bool is_open)
{
	const char *overrides[] = { "Domains=a.test", is_open ? "DisableAuth=true" : "DisableAuth=false", "HttpPort=0",
				    is_open ? "RecursiveRedirect=true" : "RecursiveRedirect=false",
				    "ForceRecordRouting=true", "TimerC=20", "RegistrarMinExpires=1" };
	struct repro_proxy_options po;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 3);
	FUZZ_MUST(repro_config_load(NULL, overrides, SIP_COUNTOF(overrides), on_issue, NULL, &p->config) == SIP_OK);
	FUZZ_MUST(sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &p->metrics) == SIP_OK);
	open_registrar(p, &rand);
	repro_proxy_options_init(&po);
	po.stack = p->net.stack;
	po.config = p->config;
	repro_chains_fill(&po, p->registrar);
	FUZZ_MUST(repro_proxy_create(&po, p->metrics, &p->proxy) == SIP_OK);
	FUZZ_MUST(repro_registrar_attach(p->registrar, p->proxy) == SIP_OK);
}

static void close_repro(struct play *p)
{
	repro_registrar_detach(p->registrar);
	repro_proxy_destroy(&p->proxy);
	repro_registrar_destroy(&p->registrar);
	sip_nonces_unref(&p->nonces);
	repro_location_unref(&p->location);
	sip_metrics_unref(&p->metrics);
	repro_config_unref(&p->config);
}

static void put_lines(struct sip_buf *b, struct sip_str in)
{
	struct sip_str line;

	while (fuzz_cut(&in, '\n', &line)) {
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		sip_buf_put_str(b, line);
		SIP_BUF_LIT(b, "\r\n");
	}
}

static void inject_text(struct play *p, struct sip_str in)
{
	struct sip_buf b;

	sip_buf_init(&b, 0);
	put_lines(&b, in);
	SIP_BUF_LIT(&b, "\r\n");
	fuzz_net_inject(&p->net, 0, sip_buf_str(&b));
	sip_buf_fini(&b);
}

static void answer(struct play *p, unsigned peer, bool has_one_via, struct sip_str in)
{
	struct sip_buf b;
	uint32_t status;

	if (in.len < 3 || sip_str_to_u32(sip_str_make(in.p, 3), 699, &status) != SIP_OK)
		return;
	sip_buf_init(&b, 0);
	put_lines(&b, sip_str_from(in, 3));
	fuzz_net_answer(&p->net, peer, status, sip_buf_str(&b), has_one_via);
	sip_buf_fini(&b);
}

static void do_deed(struct play *p, struct sip_str deed)
{
	unsigned what = fuzz_byte(&deed);
	int64_t ms = 1;

	if (what >= 'D' && what <= 'F') {
		fuzz_net_inject(&p->net, what - 'D', deed);
	} else if (what >= 'a' && what <= 'c') {
		answer(p, what - 'a', false, deed);
	} else if (what >= 'x' && what <= 'z') {
		answer(p, what - 'x', true, deed);
	} else if (what == 'T') {
		inject_text(p, deed);
	} else if (what == 'W') {
		for (unsigned n = fuzz_byte(&deed) & 7; n > 0; n--)
			ms *= 10;
	}
	fuzz_net_run(&p->net, ms);
}

void fuzz_proxy(struct sip_str in)
{
	struct sip_str deed;
	struct play p;

	memset(&p, 0, sizeof p);
	fuzz_net_open(&p.net);
	open_repro(&p, (fuzz_byte(&in) & 1) != 0);
	fuzz_net_start(&p.net);
	for (unsigned n = 0; n < DEEDS_MAX && fuzz_cut(&in, '\0', &deed); n++)
		do_deed(&p, deed);
	fuzz_net_settle(&p.net, 200000);
	FUZZ_MUST(repro_proxy_contexts(p.proxy) == 0);
	FUZZ_MUST(sip_metrics_get(p.metrics, REPRO_M_REQUEST_CONTEXTS) == 0);
	FUZZ_MUST(p.net.sent < SENT_MOST);
	FUZZ_MUST(sip_metrics_get(sip_stack_metrics(p.net.stack), SIP_M_CLIENT_TRANSACTIONS_TOTAL) < SENT_MOST);
	fuzz_net_stop(&p.net);
	close_repro(&p);
	fuzz_net_close(&p.net);
}
