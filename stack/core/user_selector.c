/*
 * What the shards say, to whom it concerns: requests go to the first user who wants them,
 * everything after to the owner. Runs on the shards' loops; owns nothing.
 */
#include "stack/core/core_priv.h"

static struct sip_user *choose(struct sip__stack_shard *shard, const struct sip_message *m)
{
	struct sip_stack *s = shard->stack;

	for (size_t i = 0; i < s->user_count; i++) {
		struct sip_user *u = s->users[i];
		if (u->o.shard >= 0 && (unsigned)u->o.shard != shard->number)
			continue;
		if (!u->o.wants || u->o.wants(u->o.arg, m))
			return u;
	}
	return NULL;
}

static void answer_without_user(struct sip__stack_shard *shard, uint64_t tx, struct sip_message *m, unsigned status)
{
	struct sip_stack *s = shard->stack;
	char tag[SIP__TAG_LEN];
	struct sip_message *response = NULL;
	enum sip_err err;

	if (status == 503)
		err = sip__overload_answer(s, shard, tx, m);
	else
		err = sip_response_make(m, status, NULL, sip__stack_tag(s, tx, tag), &response);
	if (response)
		err = sip_shard_post_response(shard->shard, tx, &response, sip_loop_now(shard->loop));
	sip_message_unref(&response);
	if (err != SIP_OK) /* no memory to say so: the client asks again, and the transaction times out */
		err = sip_shard_post_abandon(shard->shard, tx, sip_loop_now(shard->loop));
	if (err != SIP_OK)
		sip_metric_count(sip_loop_cells(shard->loop), SIP_M_DROP_NOMEM);
	sip_message_unref(&m);
}

static void on_request(void *arg, uint64_t tx, struct sip_message *m, bool is_merged)
{
	struct sip__stack_shard *shard = arg;
	struct sip_user *u = choose(shard, m);
	struct sip_user_event event = { .kind = SIP_USER_REQUEST, .tx = tx, .message = m, .is_merged = is_merged };

	if (!u) {
		sip_metric_count(sip_loop_cells(shard->loop), SIP_M_ANSWERED_NOUSER);
		answer_without_user(shard, tx, m, 404);
		return;
	}
	sip_shard_adopt(shard->shard, tx, u);
	if (sip__user_post(u, &event, SIP__USER_NEW, sip_loop_now(shard->loop)) != SIP_OK) {
		sip_metric_count(sip_loop_cells(shard->loop), SIP_M_ANSWERED_OVERLOAD);
		sip_shard_adopt(shard->shard, tx, NULL);
		answer_without_user(shard, tx, m, 503);
	}
}

/* What has no answer of its own: posted, or counted and dropped. */
static void tell(struct sip__stack_shard *shard, struct sip_user *u, struct sip_user_event *event,
		 enum sip__user_class class_)
{
	if (u && sip__user_post(u, event, class_, sip_loop_now(shard->loop)) == SIP_OK)
		return;
	sip_metric_count(sip_loop_cells(shard->loop), u ? SIP_M_DROP_OVERLOAD : SIP_M_DROP_STRAY);
	sip_message_unref(&event->message);
}

static void on_ack(void *arg, void *owner, uint64_t tx, struct sip_message *m)
{
	struct sip__stack_shard *shard = arg;
	struct sip_user_event event = { .kind = SIP_USER_ACK, .tx = tx, .message = m };

	tell(shard, owner ? owner : choose(shard, m), &event, SIP__USER_ESSENTIAL);
}

static void on_cancel(void *arg, void *owner, uint64_t tx, struct sip_message *m)
{
	struct sip_user_event event = { .kind = SIP_USER_CANCEL, .tx = tx, .message = m };

	tell(arg, owner, &event, SIP__USER_ANSWER);
}

static void on_response(void *arg, void *owner, uint64_t tx, uint64_t cookie, struct sip_message *m, enum sip_err why)
{
	struct sip_user_event event = {
		.kind = SIP_USER_RESPONSE, .tx = tx, .cookie = cookie, .message = m, .why = why
	};

	/* Provisional ones a peer may repeat as often as it likes. */
	tell(arg, owner, &event, sip_message_status(m) < 200 ? SIP__USER_ESSENTIAL : SIP__USER_ANSWER);
}

static void on_stray(void *arg, struct sip_message *m)
{
	struct sip__stack_shard *shard = arg;
	struct sip_user_event event = { .kind = SIP_USER_STRAY, .message = m };
	struct sip_user *found = NULL;

	for (size_t i = 0; i < shard->stack->user_count && !found; i++) {
		struct sip_user *u = shard->stack->users[i];
		if (u->o.wants_strays && (u->o.shard < 0 || (unsigned)u->o.shard == shard->number))
			found = u;
	}
	tell(shard, found, &event, SIP__USER_ESSENTIAL);
}

static void on_ended(void *arg, void *owner, uint64_t tx, uint64_t cookie, enum sip_err why)
{
	struct sip_user_event event = { .kind = SIP_USER_ENDED, .tx = tx, .cookie = cookie, .why = why };
	struct sip_user *u = owner;

	if (u && u->o.wants_ended)
		tell(arg, u, &event, SIP__USER_ANSWER);
}

void sip__user_selector_fill(struct sip__stack_shard *shard, struct sip_shard_user *out)
{
	out->on_request = on_request;
	out->on_ack = on_ack;
	out->on_cancel = on_cancel;
	out->on_response = on_response;
	out->on_stray = on_stray;
	out->on_ended = on_ended;
	out->is_kept = sip__hand_over_is_kept;
	out->on_unknown = sip__hand_over_unknown;
	out->on_flow_idle = sip__hand_over_shard_idle;
	out->on_flows_marked = sip__hand_over_marked;
	out->arg = shard;
}
