/* Shards: which one, how much, and the end. Branches. */
#include "tests/unit/stack/transaction/transaction_test.h"

#include <stdio.h>

#define STORY(p, text) UNIT_STR(sip_str_of(bed_story(&(p), room, sizeof room)), text)
#define PEER(text) UNIT_STR(sip_str_of(bed.peer_first), text)
static char room[512];

static enum sip_err test_a_branch_names_its_token_and_cannot_be_guessed(void)
{
	struct sip_hash_key key = { { 1, 2 } };
	struct sip_hash_key stranger = { { 1, 3 } };
	uint64_t token = (uint64_t)5 << 58 | 123456 << SIP__ID_SHIFT | 7;
	uint64_t got = 0;
	struct sip_str extra;
	char text[80];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip__branch_put(&key, token, SIP_STR("x-y"), &b);
	UNIT_EQ(b.len, SIP__BRANCH_LEN + 4);
	UNIT_CHECK(sip__branch_parse(&key, sip_buf_str(&b), &got, &extra));
	UNIT_CHECK(got == token);
	UNIT_EQ(sip_shard_of_tx(got), 5);
	UNIT_STR(extra, "x-y");
	UNIT_CHECK(!sip__branch_parse(&stranger, sip_buf_str(&b), &got, &extra));
	for (size_t i = 7; i < SIP__BRANCH_LEN; i++) { /* every character counts */
		char was = text[i];
		text[i] = was == 'a' ? 'b' : 'a';
		UNIT_CHECK(!sip__branch_parse(&key, sip_buf_str(&b), &got, &extra));
		text[i] = was;
	}
	for (size_t len = 0; len < SIP__BRANCH_LEN; len++)
		UNIT_CHECK(!sip__branch_parse(&key, sip_str_make(text, len), &got, &extra));
	return SIP_OK;
}

static enum sip_err parse(const char *text, struct sip_message **m)
{
	struct sip_packet *p = sip_packet_copy(text, strlen(text));
	enum sip_err err = p ? sip__packet_index(p, m) : SIP_E_NOMEM;

	sip_packet_unref(&p);
	return err;
}

static enum sip_err test_invite_ack_and_cancel_meet_in_one_shard_and_shards_share_the_load(void)
{
	static const char *const methods[] = { "INVITE", "ACK", "CANCEL" };
	struct sip_hash_key key = { { 7, 9 } };
	unsigned seen[4] = { 0 };
	enum sip_err err = SIP_OK;
	struct sip_message *m = NULL;
	char text[512];

	for (unsigned i = 0; i < 64; i++) {
		unsigned shard = 0;
		for (size_t k = 0; k < SIP_COUNTOF(methods); k++) {
			snprintf(text, sizeof text,
				 "%s sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h%s;branch=z9hG4bK%u\r\nFrom: <sip:p@peer>;tag=1\r\n"
				 "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n\r\n",
				 methods[k], k ? ":5060" : "", i, methods[k]);
			UNIT_TRY(parse(text, &m));
			if (k == 0)
				shard = sip_shard_of(&key, 4, m);
			UNIT_EQ(sip_shard_of(&key, 4, m), shard);
			UNIT_EQ(sip_shard_of(&key, 1, m), 0);
			sip_message_unref(&m);
		}
		UNIT_CHECK(shard < 4);
		seen[shard & 3]++;
	}
	for (size_t i = 0; i < SIP_COUNTOF(seen); i++)
		UNIT_CHECK(seen[i] >= 5);
out:
	sip_message_unref(&m);
	return err;
}

static enum sip_err test_more_clients_than_may_be_get_503_here(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open_with(&bed, 2, 0));
	for (int i = 0; i < 3; i++)
		UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.9", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "R503 E");
	UNIT_EQ(bed.a.heard[0].why, SIP_E_LIMIT);
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 2);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_more_servers_than_may_be_get_503_statelessly(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open_with(&bed, 0, 2));
	for (int i = 0; i < 3; i++)
		UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.b, "Q Q");
	STORY(bed.a, "R503");
	UNIT_CHECK(!bed.a.response || sip_message_has(bed.a.response, SIP_HEADER_RETRY_AFTER));
	UNIT_EQ(bed_metric(&bed, SIP_M_ANSWERED_OVERLOAD), 1);
	UNIT_EQ(sip_shard_transactions(bed.b.shard), 2);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_a_full_queue_refuses_new_work_first(void)
{
	static const struct {
		const char *method;
		size_t most;
	} kinds[] = { { "OPTIONS", 8 }, { "BYE", 10 }, { "CANCEL", 10 } };
	struct sip_shard_options o;
	struct sip_shard *shard = NULL;
	struct sip_loop_options lo;
	struct sip_loop *loop = NULL;
	struct sip_message *m = NULL;
	size_t posted = 0;
	char text[512];
	enum sip_err err = SIP_OK;

	sip_loop_options_init(&lo);
	lo.poll = SIP_POLL_NONE;
	UNIT_TRY(sip_loop_create(&lo, &loop));
	sip_shard_options_init(&o);
	o.loop = loop;
	o.queue_max = 10;
	o.dns.hosts_path = "";
	UNIT_TRY(sip_shard_create(&o, &shard));
	for (size_t k = 0; k < SIP_COUNTOF(kinds); k++) {
		for (size_t i = 0; i < 12; i++) {
			snprintf(text, sizeof text,
				 "%s sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%zu\r\nFrom: <sip:p@peer>;tag=1\r\n"
				 "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n\r\n", kinds[k].method, i, kinds[k].method);
			UNIT_TRY(parse(text, &m));
			if (sip_shard_post_message(shard, m, 0) == SIP_OK) {
				m = NULL;
				posted++;
			}
			sip_message_unref(&m);
		}
		UNIT_EQ(posted, kinds[k].most);
	}
	sip_shard_post_send_failed(shard, 1, NULL, SIP_E_IO, 0); /* an answer always passes */
	UNIT_EQ(sip_fifo_depth(sip_shard_fifo(shard)), 11);
	UNIT_TRY(sip_shard_post_abandon(shard, 1, 0)); /* and so does the user's last word */
	UNIT_EQ(sip_fifo_depth(sip_shard_fifo(shard)), 12);
	sip_shard_shutdown(shard);
	UNIT_EQ(sip_shard_post_abandon(shard, 1, 0), SIP_E_CLOSED);
out:
	sip_message_unref(&m);
	sip_shard_destroy(&shard);
	sip_loop_unref(&loop);
	return err;
}

static enum sip_err test_shutdown_ends_everything_without_a_word(void)
{
	struct bed bed;
	uint64_t tx, waiting;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_request(&bed.a, "INVITE", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.9", NULL, &waiting)); /* still in the FIFO */
	sip_shard_shutdown(bed.a.shard);
	STORY(bed.a, "E E");
	UNIT_EQ(bed.a.heard[0].why, SIP_E_STOPPED);
	UNIT_EQ(bed.a.heard[1].why, SIP_E_STOPPED);
	UNIT_EQ(sip_shard_transactions(bed.a.shard), 0);
	bed_run(&bed, 100);
	PEER("");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_what_lingers_is_small(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 200;
	for (int i = 0; i < 20; i++)
		UNIT_TRY(bed_request(&bed.a, i & 1 ? "INVITE" : "OPTIONS", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 100);
	UNIT_EQ(bed.a.shard->transactions.live, 20);
	UNIT_EQ(bed.b.shard->transactions.live, 20);
	UNIT_EQ(bed.a.shard->works.live, 0);
	UNIT_EQ(bed.b.shard->works.live, 0);
	UNIT_CHECK(sizeof(struct sip__transaction) <= 192);
out:
	return bed_close(&bed, err);
}

static enum sip_err test_odd_posts_are_refused(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_CHECK(bed_request(&bed.a, "ACK", "sip:bob@10.0.0.2", NULL, &tx) != SIP_OK);
	UNIT_CHECK(bed_request(&bed.a, "CANCEL", "sip:bob@10.0.0.2", NULL, &tx) != SIP_OK);
	UNIT_TRY(sip_shard_post_cancel(bed.a.shard, 99, SIP_STR(""), 0));
	UNIT_TRY(sip_shard_post_abandon(bed.a.shard, 99, 0));
	sip_shard_adopt(bed.a.shard, 99, NULL);
	sip_shard_post_send_failed(bed.a.shard, 99, NULL, SIP_E_IO, 0);
	bed_run(&bed, 10);
	STORY(bed.a, "");
out:
	return bed_close(&bed, err);
}

static enum sip_err test_an_ack_finds_its_way_by_name(void)
{
	struct bed bed;
	enum sip_err err = SIP_OK;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(bed_ack(&bed.a, "sip:bob@one.test"));
	bed_run(&bed, 10);
	STORY(bed.b, "A");
	UNIT_TRY(bed_ack(&bed.a, "sip:bob@none.test"));
	bed_run(&bed, 10);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_ERROR), 1);
	UNIT_EQ(bed.a.shard->stateless_count, 0);
out:
	return bed_close(&bed, err);
}

/* A row that is missing is counted, and nothing else comes of it: the simulator must find it. */
static enum sip_err test_a_forgotten_row_is_counted_when_it_is_missed(void)
{
	struct bed bed;
	uint64_t tx;
	enum sip_err err = SIP_OK;

	sip__machine_forget_row(SIP__MACHINE_CLIENT_OTHER, SIP__STATE_TRYING, SIP__EVENT_RX_2XX);
	UNIT_TRY(bed_open(&bed));
	bed.b.answer = 200;
	UNIT_TRY(bed_request(&bed.a, "OPTIONS", "sip:bob@10.0.0.2", NULL, &tx));
	bed_run(&bed, 10);
	STORY(bed.a, "");
	UNIT_EQ(bed_metric(&bed, SIP_M_UNLISTED), 1);
out:
	sip__machine_forget_row(SIP__MACHINE_COUNT, SIP__STATE_LOCATING, SIP__EVENT_LOCATED);
	return bed_close(&bed, err);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_a_branch_names_its_token_and_cannot_be_guessed),
	UNIT_CASE(test_invite_ack_and_cancel_meet_in_one_shard_and_shards_share_the_load),
	UNIT_CASE(test_more_clients_than_may_be_get_503_here),
	UNIT_CASE(test_more_servers_than_may_be_get_503_statelessly),
	UNIT_CASE(test_a_full_queue_refuses_new_work_first),
	UNIT_CASE(test_shutdown_ends_everything_without_a_word),
	UNIT_CASE(test_what_lingers_is_small),
	UNIT_CASE(test_odd_posts_are_refused),
	UNIT_CASE(test_an_ack_finds_its_way_by_name),
	UNIT_CASE(test_a_forgotten_row_is_counted_when_it_is_missed),
};
const struct unit_suite shard_suite = { "stack/transaction/shard", cases, SIP_COUNTOF(cases) };
