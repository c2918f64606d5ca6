/*
 * Which layer turns on which loop, and which loops have threads. The layers themselves
 * never know: they are handed a loop and meet in FIFOs.
 */
#include "stack/core/core_priv.h"

static enum sip_err make_loop(struct sip_stack *s, const char *name, uint64_t salt, struct sip_loop **out)
{
	struct sip_loop_options o;
	sip_loop_options_init(&o);
	o.name = name;
	o.clock = s->clock;
	o.poll = s->o.poll;
	o.log = s->o.log;
	o.metrics = s->metrics;
	o.seed = s->o.seed ? sip_hash_mix(s->o.seed, salt) | 1 : 0;
	return sip_loop_create(&o, out);
}

enum sip_err sip__layout_make_loops(struct sip_stack *s)
{
	bool is_shared = s->o.layout != SIP_LAYOUT_DEDICATED;
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < s->shard_count && err == SIP_OK; i++) {
		err = make_loop(s, "shard", 1 + i, &s->shards[i].loop);
		s->shards[i].has_thread = s->o.layout != SIP_LAYOUT_EMBEDDED;
	}
	for (unsigned i = 0; i < s->wire_count && err == SIP_OK; i++) {
		if (is_shared) {
			s->wires[i].loop = s->shards[i].loop;
			sip_loop_ref(s->wires[i].loop);
		} else {
			err = make_loop(s, "wire", 101 + i, &s->wires[i].loop);
			s->wires[i].has_thread = true;
		}
	}
	return err;
}

enum sip_err sip__layout_user_loop(struct sip_stack *s, struct sip_user *u)
{
	unsigned home = u->o.shard < 0 ? 0 : (unsigned)u->o.shard;

	if (u->o.loop) {
		u->loop = u->o.loop;
		sip_loop_ref(u->loop);
		return SIP_OK;
	}
	if (s->o.layout != SIP_LAYOUT_DEDICATED) {
		u->loop = s->shards[home].loop;
		sip_loop_ref(u->loop);
		return SIP_OK;
	}
	u->has_thread = true;
	return make_loop(s, u->o.name, 201 + s->user_count, &u->loop);
}

enum sip_err sip__layout_capture_loop(struct sip_stack *s)
{
	if (s->o.layout != SIP_LAYOUT_EMBEDDED) {
		s->captures.has_thread = true;
		return make_loop(s, "capture", 301, &s->captures.loop);
	}
	s->captures.loop = s->shards[0].loop;
	sip_loop_ref(s->captures.loop);
	return SIP_OK;
}

enum sip_err sip__layout_start(struct sip_stack *s)
{
	enum sip_err err = SIP_OK;

	/* Users first, wires last: whoever is told something is there to hear it. */
	for (size_t i = 0; i < s->user_count && err == SIP_OK; i++)
		if (s->users[i]->has_thread)
			err = sip_thread_start(&s->users[i]->thread, s->users[i]->loop);
	for (unsigned i = 0; i < s->shard_count && err == SIP_OK; i++)
		if (s->shards[i].has_thread)
			err = sip_thread_start(&s->shards[i].thread, s->shards[i].loop);
	for (unsigned i = 0; i < s->wire_count && err == SIP_OK; i++)
		if (s->wires[i].has_thread)
			err = sip_thread_start(&s->wires[i].thread, s->wires[i].loop);
	if (err != SIP_OK)
		sip__layout_stop(s);
	return err;
}

/* Users first: they may be waiting for a wire. */
void sip__layout_stop(struct sip_stack *s)
{
	for (size_t i = 0; i < s->user_count; i++)
		sip_thread_stop(&s->users[i]->thread);
	for (unsigned i = 0; i < s->shard_count; i++)
		sip_thread_stop(&s->shards[i].thread);
	for (unsigned i = 0; i < s->wire_count; i++)
		sip_thread_stop(&s->wires[i].thread);
}

static void turn(struct sip_loop *loop)
{
	enum sip_err err = loop ? sip_loop_turn(loop, 0) : SIP_OK;
	(void)err; /* a failing poller has been logged, and the FIFOs are drained all the same */
}

void sip__layout_settle(struct sip_stack *s)
{
	/* wire → shard → user and back: three rounds carry the last word of each to the others. */
	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < s->wire_count; i++)
			turn(s->wires[i].loop);
		for (unsigned i = 0; i < s->shard_count; i++)
			turn(s->shards[i].loop);
		for (size_t i = 0; i < s->user_count; i++)
			if (!s->users[i]->o.loop)
				turn(s->users[i]->loop);
	}
}
