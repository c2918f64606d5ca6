/* Signals are waited for by the main thread, never caught: nothing runs in a handler. */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <signal.h>

static void fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, REPRO__TAKEN_OVER_SIGNAL);
}

void repro__signals_block(void)
{
	sigset_t set;

	fill(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum repro__signal repro__signals_wait(int timeout_ms)
{
	struct timespec wait = { .tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000 };
	sigset_t set;
	int got;

	fill(&set);
	do {
		got = timeout_ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &wait);
	} while (got < 0 && errno == EINTR);
	switch (got) {
	case SIGINT:
		return REPRO__SIGNAL_STOP;
	case SIGTERM:
		return REPRO__SIGNAL_DRAIN;
	case REPRO__TAKEN_OVER_SIGNAL:
		return REPRO__SIGNAL_TAKEN_OVER;
	case SIGHUP:
		return REPRO__SIGNAL_RELOAD;
	default:
		return REPRO__SIGNAL_NONE;
	}
}
