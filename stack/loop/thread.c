/*
 * A thread that turns a loop. Started and stopped by its owner; signals are for the application's
 * threads, not for ours.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <signal.h>
#include <stdio.h>

static void *turn_until_stopped(void *arg)
{
	struct sip_thread *t = arg;
	char name[16]; /* the kernel's limit */
	snprintf(name, sizeof name, "%s", t->loop->name);
	pthread_setname_np(pthread_self(), name);
	sip__loop_own(t->loop);
	t->result = sip_loop_run(t->loop);
	return NULL;
}

enum sip_err sip_thread_start(struct sip_thread *t, struct sip_loop *loop)
{
	sigset_t all, before;
	if (t->is_running)
		return SIP_E_STATE;
	sip_loop_ref(loop);
	t->loop = loop;
	t->result = SIP_OK;
	/* Not the caller's any more, and the thread's only once it runs. */
	__atomic_store_n(&loop->owner, SIP__LOOP_PROMISED, __ATOMIC_RELAXED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&t->id, NULL, turn_until_stopped, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		sip__loop_disown(loop);
		sip_loop_unref(&t->loop);
		return sip_err_from_errno(failed);
	}
	t->is_running = true;
	return SIP_OK;
}

void sip_thread_stop(struct sip_thread *t)
{
	if (!t->is_running)
		return;
	MUST(!pthread_equal(t->id, pthread_self()));
	sip_loop_stop(t->loop);
	int failed = pthread_join(t->id, NULL);
	MUST(failed == 0);
	t->is_running = false;
	sip__loop_disown(t->loop);
	sip_loop_unref(&t->loop);
}
