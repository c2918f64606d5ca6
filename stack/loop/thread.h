/* A thread that turns a loop until it is told to stop. All signals stay blocked in it. */
#ifndef STACK_LOOP_THREAD_H
#define STACK_LOOP_THREAD_H

#include "stack/base/base.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_loop;
struct sip_thread {
	pthread_t id;
	struct sip_loop *loop; /* counted */
	bool is_running;
	enum sip_err result;
};
/* The thread is named after the loop. */
enum sip_err sip_thread_start(struct sip_thread *t, struct sip_loop *loop) SIP_MUST_USE;
/* Stops the loop and waits for the thread; its loop may then be used by the caller's. No-op when not running. */
void sip_thread_stop(struct sip_thread *t);

#ifdef __cplusplus
}
#endif
#endif
