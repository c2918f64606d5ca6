/* The poller that has no descriptors and never sleeps: the simulator's, under a virtual clock. The loop's thread. */
#include "config.h"

#include "stack/loop/loop_priv.h"

static enum sip_err none_open(struct sip__poller *p)
{
	(void)p;
	return SIP_OK;
}

static void none_close(struct sip__poller *p)
{
	(void)p;
}

static enum sip_err none_grow(struct sip__poller *p, size_t cap)
{
	(void)p, (void)cap;
	return SIP_E_UNSUPPORTED;
}

static enum sip_err none_add(struct sip__poller *p, int slot)
{
	(void)p, (void)slot;
	return SIP_E_UNSUPPORTED;
}

static enum sip_err none_change(struct sip__poller *p, int slot, unsigned events)
{
	(void)p, (void)slot, (void)events;
	return SIP_E_UNSUPPORTED;
}

static void none_remove(struct sip__poller *p, int slot)
{
	(void)p, (void)slot;
}

static enum sip_err none_wait(struct sip__poller *p, int64_t timeout_us)
{
	(void)p, (void)timeout_us;
	return SIP_OK;
}

static void none_dispatch(struct sip__poller *p)
{
	(void)p;
}

static enum sip_err none_build(struct sip__poller *p, struct sip_fdset *set)
{
	(void)p, (void)set;
	return SIP_OK;
}

static enum sip_err none_collect(struct sip__poller *p, const struct sip_fdset *set)
{
	(void)p, (void)set;
	return SIP_OK;
}

const struct sip__poll_ops sip__poll_none = {
	none_open, none_close, none_grow, none_add, none_change, none_remove, none_wait, none_dispatch, none_build,
	none_collect,
};
