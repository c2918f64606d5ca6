/* How a job comes home: the FIFO of the loop that asked. Belongs to that loop; answering is for any thread. */
#include "repro/worker/worker.h"

/* One for each job in flight, and those are bounded where they are posted, so this never refuses. */
enum { ANSWERS_MAX = 1000000 };

static struct repro_job *job_of(struct sip_fifo_node *node)
{
	return SIP_CONTAINER(node, struct repro_job, node);
}

static void drop_job(struct repro_job *job)
{
	if (job->drop)
		job->drop(job);
}

static void on_answer(void *arg, struct sip_fifo_node *node)
{
	struct repro_job *job = job_of(node);
	(void)arg;
	job->done(job);
}

static void on_discard(void *arg, struct sip_fifo_node *node)
{
	(void)arg;
	drop_job(job_of(node));
}

enum sip_err repro_answers_init(struct repro_answers *a, struct sip_loop *loop)
{
	const struct sip_fifo_options o = {
		.name = "answers",
		.max = ANSWERS_MAX,
		.high = ANSWERS_MAX,
		.low = ANSWERS_MAX / 2,
		.fn = on_answer,
		.arg = a,
	};
	a->clock = sip_loop_clock(loop);
	return sip_fifo_init(&a->fifo, loop, &o);
}

void repro_answers_close(struct repro_answers *a)
{
	sip_fifo_close(&a->fifo);
}

void repro_answers_fini(struct repro_answers *a)
{
	sip_fifo_fini(&a->fifo, on_discard);
}

void repro_job_answer(struct repro_job *job)
{
	struct repro_answers *a = job->answers;
	if (!a) {
		job->done(job);
		return;
	}
	if (sip_fifo_post_answer(&a->fifo, &job->node, a->clock->now_us(a->clock->arg)) != SIP_OK)
		drop_job(job);
}
