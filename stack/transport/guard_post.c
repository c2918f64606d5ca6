/* What other threads want of a guard, by the wire's FIFO. Any thread. */
#include "stack/transport/transport_priv.h"

struct guard_command {
	struct sip__command command;
	struct sip_wire *wire;  /* lent: the FIFO it is in is the wire's */
	struct sip_addr source;
	enum sip__guard_deed deed;
	unsigned number;
};

static void run(struct sip__command *command)
{
	struct guard_command *c = SIP_CONTAINER(command, struct guard_command, command);

	sip__guard_carry_out(c->wire->guard, c->deed, &c->source, c->number);
	sip_free(c);
}

static enum sip_err post(struct sip_wire *w, enum sip__guard_deed deed, const struct sip_addr *source, unsigned number)
{
	const struct sip_clock *clock = sip_loop_clock(w->loop);
	struct guard_command *c;
	enum sip_err err;

	if (sip_addr_is_none(source))
		return SIP_E_INVAL;
	c = sip_alloc_zero(sizeof *c);
	if (!c)
		return SIP_E_NOMEM;
	c->command.run = run;
	c->wire = w;
	c->source = *source;
	c->deed = deed;
	c->number = number;
	err = sip_fifo_post(&w->fifo, &c->command.node, clock->now_us(clock->arg));
	if (err != SIP_OK)
		sip_free(c);
	return err;
}

enum sip_err sip_guard_suspect(struct sip_wire *w, const struct sip_addr *source, unsigned points)
{
	return post(w, SIP__GUARD_SUSPECT, source, points);
}

enum sip_err sip_guard_offend(struct sip_wire *w, const struct sip_addr *source, unsigned points)
{
	return post(w, SIP__GUARD_OFFEND, source, points);
}

enum sip_err sip_guard_ban(struct sip_wire *w, const struct sip_addr *source, unsigned seconds)
{
	return post(w, SIP__GUARD_BAN, source, seconds);
}

enum sip_err sip_guard_unban(struct sip_wire *w, const struct sip_addr *source)
{
	return post(w, SIP__GUARD_UNBAN, source, 0);
}

struct restoring {
	struct sip_wire *wire;
	const struct sip_ban *ban;
};

static enum sip_err restore(void *arg)
{
	const struct restoring *r = arg;

	sip__guard_restore(r->wire->guard, r->ban);
	return SIP_OK;
}

enum sip_err sip_guard_restore(struct sip_wire *w, const struct sip_ban *ban)
{
	struct restoring r = { w, ban };

	return sip__wire_call(w, restore, &r);
}

struct reading {
	struct sip_wire *wire;
	struct sip_ban *out;
	size_t most, count;
};

static enum sip_err read_bans(void *arg)
{
	struct reading *r = arg;

	r->count = sip__guard_read(r->wire->guard, r->out, r->most);
	return SIP_OK;
}

enum sip_err sip_guard_list(struct sip_wire *w, struct sip_ban *out, size_t most, size_t *count)
{
	struct reading r = { w, out, most, 0 };
	enum sip_err err = sip__wire_call(w, read_bans, &r);

	*count = r.count;
	return err;
}
