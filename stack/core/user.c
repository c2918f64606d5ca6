/*
 * Transaction users: their FIFO, and their deeds. A node in the FIFO lives in the room its
 * message keeps for its owner; events without a message bring their own.
 */
#include "stack/core/core_priv.h"

struct node {
	struct sip_fifo_node link;
	struct sip_user_event event;
};
_Static_assert(sizeof(struct node) <= SIP_MESSAGE_OWNER_ROOM, "an event fits the room in its message");

void sip_user_options_init(struct sip_user_options *o)
{
	memset(o, 0, sizeof *o);
	o->name = "user";
	o->shard = -1;
	o->queue_max = 50000;
}

void sip_target_init(struct sip_target *t)
{
	memset(t, 0, sizeof *t);
	t->shard = -1;
}

struct sip_loop *sip_user_loop(const struct sip_user *u)
{
	MUST_BE(u, SIP__USER_MAGIC);
	return u->loop;
}

static void release(struct node *n, struct sip_message *m)
{
	if (m)
		sip_message_unref(&m);
	else
		sip_free(n);
}

static void on_node(void *arg, struct sip_fifo_node *link)
{
	struct sip_user *u = arg;
	struct node *n = SIP_CONTAINER(link, struct node, link);
	struct sip_user_event event = n->event; /* the room is the message's: it may be gone after the call */
	struct sip_flow *flow = event.flow;

	if (!event.message)
		sip_free(n);
	u->o.on_event(u->o.arg, &event);
	sip_message_unref(&event.message);
	sip_flow_unref(&flow);
}

static void discard(void *arg, struct sip_fifo_node *link)
{
	struct node *n = SIP_CONTAINER(link, struct node, link);
	struct sip_flow *flow = n->event.flow;

	(void)arg;
	sip_flow_unref(&flow);
	release(n, n->event.message);
}

enum sip_err sip__user_post(struct sip_user *u, const struct sip_user_event *event, enum sip__user_class class_,
			    int64_t now_us)
{
	struct node *n = event->message ? sip_message_owner_room(event->message) : sip_alloc(sizeof *n);
	enum sip_err err;

	if (!n)
		return SIP_E_NOMEM;
	n->event = *event;
	if (class_ == SIP__USER_NEW)
		err = sip_fifo_post(&u->fifo, &n->link, now_us);
	else if (class_ == SIP__USER_ESSENTIAL)
		err = sip_fifo_post_essential(&u->fifo, &n->link, now_us);
	else
		err = sip_fifo_post_answer(&u->fifo, &n->link, now_us);
	if (err != SIP_OK && !event->message)
		sip_free(n);
	return err;
}

enum sip_err sip_stack_add_user(struct sip_stack *s, const struct sip_user_options *o, struct sip_user **out)
{
	struct sip_fifo_options fo = { 0 };
	struct sip_user *u;
	enum sip_err err;

	MUST_BE(s, SIP__STACK_MAGIC);
	MUST(!s->is_running);
	if (s->user_count == SIP__STACK_USERS)
		return SIP_E_LIMIT;
	if (!o->on_event || (o->shard >= 0 && (unsigned)o->shard >= s->shard_count))
		return SIP_E_INVAL;
	u = sip_alloc_zero(sizeof *u);
	if (!u)
		return SIP_E_NOMEM;
	u->magic = SIP__USER_MAGIC;
	u->stack = s;
	u->o = *o;
	fo.name = o->name;
	fo.max = o->queue_max ? o->queue_max : s->o.queue_max;
	fo.high = fo.max / 10 * 8;
	fo.low = fo.max / 10 * 6;
	fo.fn = on_node;
	fo.arg = u;
	err = sip__layout_user_loop(s, u);
	if (err == SIP_OK)
		err = sip_fifo_init(&u->fifo, u->loop, &fo);
	u->has_fifo = err == SIP_OK;
	if (err == SIP_OK)
		err = sip_congestion_add(&s->congestion, &u->fifo);
	if (err != SIP_OK) {
		sip__user_destroy(&u);
		return err;
	}
	s->users[s->user_count++] = u;
	*out = u;
	return SIP_OK;
}

void sip__user_destroy(struct sip_user **up)
{
	struct sip_user *u = *up;

	*up = NULL;
	if (!u)
		return;
	if (u->has_fifo)
		sip_fifo_fini(&u->fifo, discard);
	if (u->loop)
		sip_loop_unref(&u->loop);
	u->magic = 0;
	sip_free(u);
}

/* ---- deeds ------------------------------------------------------------------------------------------------------ */

int64_t sip__stack_now(const struct sip_stack *s, const struct sip_loop *loop)
{
	return sip_loop_is_mine(loop) ? sip_loop_now(loop) : s->clock->now_us(s->clock->arg);
}

struct sip_str sip__stack_tag(const struct sip_stack *s, uint64_t tx, char text[SIP__TAG_LEN])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint64_t h = sip_hash_bytes(&s->key, &tx, sizeof tx);

	for (size_t i = 0; i < SIP__TAG_LEN; i++, h >>= 5)
		text[i] = digits[h & 31];
	return sip_str_make(text, SIP__TAG_LEN);
}

static struct sip_shard *shard_of(const struct sip_stack *s, uint64_t tx)
{
	unsigned n = sip_shard_of_tx(tx);

	MUST(n < s->shard_count);
	return s->shards[n].shard;
}

enum sip_err sip_user_respond(struct sip_user *u, uint64_t tx, struct sip_message **response)
{
	struct sip_stack *s = u->stack;

	return sip_shard_post_response(shard_of(s, tx), tx, response, sip__stack_now(s, u->loop));
}

/* By respond, which of the two it is. */
static enum sip_err reply(struct sip_user *u, uint64_t tx, const struct sip_message *request, unsigned status, const char *reason,
			  struct sip_str tag, enum sip_err (*respond)(struct sip_user *, uint64_t, struct sip_message **))
{
	struct sip_message *response = NULL;
	enum sip_err err = sip_response_make(request, status, reason, tag, &response);

	if (err == SIP_OK)
		err = respond(u, tx, &response);
	sip_message_unref(&response);
	return err;
}

struct sip_str sip_user_tag(const struct sip_user *u, uint64_t tx, char text[SIP_USER_TAG_LEN])
{
	return sip__stack_tag(u->stack, tx, text);
}

enum sip_err sip_user_respond_once(struct sip_user *u, uint64_t tx, struct sip_message **response)
{
	struct sip_stack *s = u->stack;

	return sip_shard_post_response_once(shard_of(s, tx), tx, response, sip__stack_now(s, u->loop));
}

struct sip_str sip_user_tag_once(const struct sip_user *u, const struct sip_message *request, char text[SIP_USER_TAG_LEN])
{
	return sip__stack_tag(u->stack, sip_shard_request_hash(&u->stack->key, request), text);
}

enum sip_err sip_user_reply(struct sip_user *u, uint64_t tx, const struct sip_message *request, unsigned status,
			    const char *reason)
{
	char tag[SIP_USER_TAG_LEN];

	return reply(u, tx, request, status, reason, sip_user_tag(u, tx, tag), sip_user_respond);
}

enum sip_err sip_user_reply_once(struct sip_user *u, uint64_t tx, const struct sip_message *request, unsigned status,
				 const char *reason)
{
	char tag[SIP_USER_TAG_LEN];

	return reply(u, tx, request, status, reason, sip_user_tag_once(u, request, tag), sip_user_respond_once);
}

static unsigned home_of(struct sip_user *u, const struct sip_target *target)
{
	struct sip_stack *s = u->stack;

	if (target && target->shard >= 0 && (unsigned)target->shard < s->shard_count)
		return (unsigned)target->shard;
	if (u->o.shard >= 0)
		return (unsigned)u->o.shard;
	return __atomic_fetch_add(&u->next_shard, 1, __ATOMIC_RELAXED) % s->shard_count;
}

static const struct sip_shard_target *translate(const struct sip_target *target, struct sip_shard_target *out)
{
	if (!target)
		return NULL;
	memset(out, 0, sizeof *out);
	out->flow = target->flow;
	out->flow_only = target->flow_only;
	out->uri = target->uri;
	out->preferred = target->preferred;
	out->branch_extra = target->branch_extra;
	out->prepare = target->prepare;
	out->prepare_arg = target->prepare_arg;
	return out;
}

enum sip_err sip_user_request(struct sip_user *u, struct sip_message **request, const struct sip_target *target,
			      uint64_t cookie, uint64_t *tx)
{
	struct sip_stack *s = u->stack;
	struct sip_shard *shard = s->shards[home_of(u, target)].shard;
	struct sip_shard_target to;

	*tx = sip_shard_new_tx(shard);
	return sip_shard_post_request(shard, *tx, u, cookie, request, translate(target, &to), sip__stack_now(s, u->loop));
}

enum sip_err sip_user_cancel(struct sip_user *u, uint64_t tx, struct sip_str reason)
{
	struct sip_stack *s = u->stack;

	return sip_shard_post_cancel(shard_of(s, tx), tx, reason, sip__stack_now(s, u->loop));
}

enum sip_err sip_user_abandon(struct sip_user *u, uint64_t tx)
{
	struct sip_stack *s = u->stack;

	return sip_shard_post_abandon(shard_of(s, tx), tx, sip__stack_now(s, u->loop));
}

enum sip_err sip_user_send(struct sip_user *u, struct sip_message **message, const struct sip_target *target)
{
	struct sip_stack *s = u->stack;
	struct sip_shard *shard = s->shards[home_of(u, target)].shard;
	struct sip_shard_target to;
	uint64_t branch = target && target->branch ? *target->branch : 0;

	if (target && target->branch && !branch)
		*target->branch = branch = sip_shard_new_tx(shard);
	return sip_shard_post_stateless(shard, branch, message, translate(target, &to), sip__stack_now(s, u->loop));
}
