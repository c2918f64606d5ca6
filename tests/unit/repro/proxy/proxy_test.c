/* Flow tokens: what leads to a flow, and what does not (RFC 5626 5.2, 5.3.1). The rest of repro/proxy is tried by plays. */
#include "repro/proxy/flow_token.h"
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>

enum { FLOWS_MAX = 3, MAKER_HEX = 16, UDP_LEN = 5 + 2 * (8 + 14 + 16), STREAM_LEN = 5 + 2 * (8 + 8 + 16) };

/* A flow of a's to this peer: a reference. */
static struct sip_flow *meet(struct bed *bed, const char *peer)
{
	struct sip_flow *f;
	char room[1024], via[100];

	(void)snprintf(via, sizeof via, "SIP/2.0/UDP %s;branch=z9hG4bK1", peer);
	bed->a.holds_flow = true;
	if (bed_inject(bed, peer, "10.0.0.1:5060", bed_options(room, sizeof room, via, "1")) == SIP_OK)
		bed_run(bed, SIP_MS(1));
	f = bed->a.flow;
	bed->a.flow = NULL;
	return f;
}

static struct repro_flow_tokens *make(uint64_t seed)
{
	struct repro_flow_tokens *t = NULL;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, seed);
	return repro_flow_tokens_create(&rand, FLOWS_MAX, &t) == SIP_OK ? t : NULL;
}

static enum sip_err put(struct repro_flow_tokens *t, struct sip_flow *f, char text[UDP_LEN])
{
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, UDP_LEN);
	return repro_flow_token_put(t, f, &b);
}

static enum sip_err read_back(struct repro_flow_tokens *t, const char *text, struct sip_flow **f)
{
	struct repro_flow_ends ends;

	return repro_flow_token_read(t, sip_str_make(text, UDP_LEN), f, &ends);
}

static enum sip_err test_token_when_whole_then_the_flow_and_when_changed_then_refused(void)
{
	char text[UDP_LEN], again[UDP_LEN];
	struct repro_flow_tokens *t = make(1), *other = make(2);
	struct sip_flow *f = NULL, *found = NULL;
	struct repro_flow_ends ends;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	f = meet(&bed, "10.0.0.9:5060");
	UNIT_TRY(t && other && f ? SIP_OK : SIP_E_NOMEM);
	UNIT_TRY(put(t, f, text));
	UNIT_TRY(put(t, f, again));
	UNIT_CHECK(memcmp(text, again, sizeof text) == 0 && repro_flow_token_is(sip_str_make(text, sizeof text)));
	UNIT_TRY(read_back(t, text, &found));
	UNIT_CHECK(found == f);
	sip_flow_unref(&found);
	for (size_t i = sizeof "flow." - 1; i < sizeof text; i++) {
		memcpy(again, text, sizeof text);
		again[i] = again[i] == '0' ? '1' : '0';
		/* Of another key, or forged: never a flow. */
		UNIT_EQ(read_back(t, again, &found), i < 5 + MAKER_HEX ? SIP_E_CLOSED : SIP_E_SYNTAX);
		UNIT_CHECK(found == NULL);
	}
	again[20] = 'x';
	UNIT_EQ(read_back(t, again, &found), SIP_E_SYNTAX);
	UNIT_EQ(repro_flow_token_read(t, SIP_STR("flow."), &found, &ends), SIP_E_SYNTAX);
	UNIT_EQ(repro_flow_token_read(t, sip_str_make(text, sizeof text - 2), &found, &ends), SIP_E_SYNTAX);
	UNIT_EQ(read_back(other, text, &found), SIP_E_CLOSED);
	UNIT_CHECK(!repro_flow_token_is(SIP_STR("flo")) && !repro_flow_token_is(SIP_STR("alice")));
out:
	sip_flow_unref(&f);
	repro_flow_tokens_unref(&t);
	repro_flow_tokens_unref(&other);
	bed_close(&bed);
	return err;
}

static enum sip_err test_token_of_udp_when_the_flow_is_gone_then_between_whom_it_was(void)
{
	char text[UDP_LEN];
	struct repro_flow_tokens *t = make(1);
	struct sip_flow *f = NULL, *again = NULL, *found = NULL;
	struct repro_flow_ends ends;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	f = meet(&bed, "10.0.0.9:5060");
	UNIT_TRY(t && f ? SIP_OK : SIP_E_NOMEM);
	UNIT_TRY(put(t, f, text));
	sip_flow_close(f);
	bed_run(&bed, SIP_MS(1));
	UNIT_EQ(put(t, f, text), SIP_OK); /* it was in the table already */
	UNIT_EQ(repro_flow_token_read(t, sip_str_make(text, sizeof text), &found, &ends), SIP_E_NOTFOUND);
	UNIT_CHECK(!found && sip_addr_eq(&ends.remote, sip_flow_remote(f)) && sip_addr_eq(&ends.local, sip_flow_local(f)));
	UNIT_TRY(sip_transport_open_flow(bed.a.udp, &ends.local, &ends.remote, &again));
	UNIT_TRY(repro_flow_token_keep(t, again));
	repro_flow_tokens_forget(t, f); /* heard late: there is another one */
	UNIT_TRY(read_back(t, text, &found));
	UNIT_CHECK(found == again && found != f);
	repro_flow_tokens_forget(t, again);
	UNIT_EQ(repro_flow_token_keep(t, f), SIP_E_CLOSED);
out:
	sip_flow_unref(&found);
	sip_flow_unref(&again);
	sip_flow_unref(&f);
	repro_flow_tokens_unref(&t);
	bed_close(&bed);
	return err;
}

static enum sip_err test_token_when_its_key_was_handed_over_then_another_process_reads_it(void)
{
	char text[UDP_LEN];
	struct repro_flow_tokens *t = make(1), *other = make(2);
	struct sip_flow *f = NULL, *found = NULL;
	struct sip_buf secret;
	struct bed bed;
	enum sip_err err;

	sip_buf_init(&secret, 1000);
	UNIT_TRY(bed_open(&bed));
	f = meet(&bed, "10.0.0.9:5060");
	UNIT_TRY(t && other && f ? SIP_OK : SIP_E_NOMEM);
	UNIT_TRY(put(t, f, text));
	UNIT_EQ(read_back(other, text, &found), SIP_E_CLOSED);
	repro_flow_tokens_put_secret(t, &secret);
	UNIT_TRY(secret.err);
	UNIT_EQ(repro_flow_tokens_take_secret(other, sip_str_from(sip_buf_str(&secret), 1)), SIP_E_SYNTAX);
	UNIT_TRY(repro_flow_tokens_take_secret(other, sip_buf_str(&secret)));
	UNIT_EQ(read_back(other, text, &found), SIP_E_NOTFOUND);
	text[UDP_LEN - 1] = text[UDP_LEN - 1] == '0' ? '1' : '0';
	UNIT_EQ(read_back(other, text, &found), SIP_E_SYNTAX);
out:
	sip_buf_fini(&secret);
	sip_flow_unref(&f);
	repro_flow_tokens_unref(&t);
	repro_flow_tokens_unref(&other);
	bed_close(&bed);
	return err;
}

static enum sip_err test_token_of_a_connection_when_it_is_not_ours_or_gone_then_not_here(void)
{
	char room[1024], text[REPRO_FLOW_TOKEN_MAX];
	struct repro_flow_tokens *t = make(1), *other = make(2);
	struct sip_flow *found = NULL;
	struct repro_flow_ends ends;
	struct sip_buf secret, b;
	struct sip_str token;
	struct bed bed;
	enum sip_err err;

	sip_buf_init(&secret, 1000);
	UNIT_TRY(bed_open(&bed));
	bed.b.holds_flow = true;
	UNIT_TRY(bed_send(&bed, bed.a.tcp, "10.0.0.2:5060",
			  bed_options(room, sizeof room, "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK1", "1"), 0));
	bed_run(&bed, SIP_MS(10));
	UNIT_TRY(t && other && bed.b.flow ? SIP_OK : SIP_E_NOMEM);
	repro_flow_tokens_put_secret(t, &secret);
	UNIT_TRY(secret.err);
	UNIT_TRY(repro_flow_tokens_take_secret(other, sip_buf_str(&secret)));
	sip_buf_init_fixed(&b, text, sizeof text);
	UNIT_TRY(repro_flow_token_put(t, bed.b.flow, &b));
	token = sip_buf_str(&b);
	UNIT_EQ(token.len, STREAM_LEN);
	UNIT_CHECK(repro_flow_token_is_here(t, token) && !repro_flow_token_is_here(other, token));
	UNIT_CHECK(!repro_flow_token_is_here(t, SIP_STR("alice")));
	UNIT_TRY(repro_flow_token_read(t, token, &found, &ends));
	UNIT_CHECK(found == bed.b.flow);
	sip_flow_unref(&found);
	UNIT_EQ(repro_flow_token_read(other, token, &found, &ends), SIP_E_CLOSED);
	sip_flow_close(bed.b.flow);
	bed_run(&bed, SIP_MS(10));
	UNIT_EQ(repro_flow_token_read(t, token, &found, &ends), SIP_E_CLOSED);
	UNIT_CHECK(!repro_flow_token_is_here(t, token));
out:
	sip_flow_unref(&found);
	sip_buf_fini(&secret);
	repro_flow_tokens_unref(&t);
	repro_flow_tokens_unref(&other);
	bed_close(&bed);
	return err;
}

static enum sip_err test_tokens_when_there_are_too_many_flows_then_full_until_one_goes(void)
{
	static const char *const peers[] = { "10.0.0.9:5060", "10.0.0.9:5061", "10.0.0.9:5062", "10.0.0.9:5063" };
	char text[UDP_LEN];
	struct sip_flow *flows[SIP_COUNTOF(peers)] = { NULL };
	struct repro_flow_tokens *t = make(1);
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (size_t i = 0; i < SIP_COUNTOF(peers); i++) {
		flows[i] = meet(&bed, peers[i]);
		UNIT_TRY(t && flows[i] ? SIP_OK : SIP_E_NOMEM);
		if (i < FLOWS_MAX)
			UNIT_TRY(put(t, flows[i], text));
	}
	UNIT_EQ(put(t, flows[FLOWS_MAX], text), SIP_E_FULL);
	repro_flow_tokens_forget(t, flows[0]);
	UNIT_TRY(put(t, flows[FLOWS_MAX], text));
out:
	for (size_t i = 0; i < SIP_COUNTOF(peers); i++)
		sip_flow_unref(&flows[i]);
	repro_flow_tokens_unref(&t);
	bed_close(&bed);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_token_when_whole_then_the_flow_and_when_changed_then_refused),
	UNIT_CASE(test_token_of_udp_when_the_flow_is_gone_then_between_whom_it_was),
	UNIT_CASE(test_token_when_its_key_was_handed_over_then_another_process_reads_it),
	UNIT_CASE(test_token_of_a_connection_when_it_is_not_ours_or_gone_then_not_here),
	UNIT_CASE(test_tokens_when_there_are_too_many_flows_then_full_until_one_goes),
};
static const struct unit_suite suite = { "repro/proxy", cases, SIP_COUNTOF(cases) };

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &suite };

	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
