/* Runs the unit tests of repro/store, and what they share. */
#include "tests/unit/repro/store/store_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void hear(void *arg, const struct sip_log_line *line)
{
	struct store_rig *r = arg;
	pthread_mutex_lock(&r->lock);
	r->failures += line->level == SIP_LOG_ERR;
	r->recoveries += line->level == SIP_LOG_NOTICE;
	pthread_cond_broadcast(&r->heard);
	pthread_mutex_unlock(&r->lock);
}

static void await(struct store_rig *r, const unsigned *count, unsigned n)
{
	pthread_mutex_lock(&r->lock);
	while (*count < n)
		pthread_cond_wait(&r->heard, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

void rig_await_failures(struct store_rig *r, unsigned n)
{
	await(r, &r->failures, n);
}

void rig_await_recoveries(struct store_rig *r, unsigned n)
{
	await(r, &r->recoveries, n);
}

enum sip_err rig_init(struct store_rig *r)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->heard, NULL);
	r->log.fn = hear;
	r->log.arg = r;
	r->log.level = SIP_LOG_NOTICE;
	snprintf(r->folder, sizeof(r->folder), "/tmp/store_test_XXXXXX");
	sip_rand_init_seed(&r->rand, 3);
	return mkdtemp(r->folder) ? SIP_OK : SIP_E_IO;
}

static enum sip_err open_store(struct store_rig *r)
{
	struct repro_store_options o;
	struct sip_buf why;
	enum sip_err err;
	repro_store_options_init(&o);
	o.folder = r->folder;
	o.metrics = r->metrics;
	o.log = &r->log;
	o.clock = r->clock;
	o.retry_ms = 20;
	o.busy_ms = 20;
	sip_buf_init_fixed(&why, r->why, sizeof(r->why) - 1);
	err = repro_store_open(&o, &r->store, &why);
	r->why[why.len] = '\0';
	return err;
}

enum sip_err rig_open(struct store_rig *r, bool has_store)
{
	struct repro_location_options o;
	enum sip_err err = sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &r->metrics);
	if (err == SIP_OK)
		err = sip_metrics_add_cells(r->metrics, &r->cells);
	if (err == SIP_OK && has_store)
		err = open_store(r);
	repro_location_options_init(&o);
	o.rand = &r->rand;
	o.store = r->store;
	if (err == SIP_OK)
		err = repro_location_create(&o, &r->loc);
	if (err == SIP_OK && has_store)
		err = repro_store_load(r->store, r->loc, NOW_S);
	return err;
}

void rig_close(struct store_rig *r)
{
	if (r->store)
		repro_store_stop(r->store);
	repro_location_unref(&r->loc);
	repro_store_unref(&r->store);
	sip_metrics_unref(&r->metrics);
	r->cells = NULL;
}

void rig_fini(struct store_rig *r)
{
	static const char *const files[] = { REPRO_STORE_FILE, REPRO_STORE_FILE "-wal", REPRO_STORE_FILE "-shm" };
	char path[128];
	rig_close(r);
	chmod(r->folder, 0700);
	for (size_t i = 0; i < SIP_COUNTOF(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", r->folder, files[i]);
		unlink(path);
	}
	rmdir(r->folder);
	pthread_cond_destroy(&r->heard);
	pthread_mutex_destroy(&r->lock);
}

struct put {
	struct repro_binding b;
};

static enum sip_err on_put(void *arg, struct repro_contacts_edit *e)
{
	struct put *p = arg;
	for (unsigned i = 0; i < e->count; i++) {
		if (!sip_str_eq(e->bindings[i].contact, p->b.contact))
			continue;
		if (p->b.expires_s == 0)
			repro_contacts_edit_remove(e, i);
		else
			e->bindings[i] = p->b;
		return SIP_OK;
	}
	return p->b.expires_s == 0 ? SIP_OK : repro_contacts_edit_add(e, &p->b);
}

enum sip_err put_contact_at(struct store_rig *r, const char *aor, const char *contact, int64_t now_s, int64_t expires_s,
			    struct repro_job *completion, bool *is_pending)
{
	struct put p = { .b = { .contact = sip_str_of(contact), .call_id = SIP_STR("a84b4c76e66710@pc33.atlanta.com"),
				.user_agent = SIP_STR("Linphone/4.5"), .expires_s = expires_s, .cseq = 7, .q = 1000 } };
	struct repro_update u = { .aor = sip_str_of(aor), .now_s = now_s, .fn = on_put, .arg = &p,
				  .completion = completion, .cells = r->cells };
	enum sip_err err;
	p.b.kind = SIP_TRANSPORT_TCP;
	err = sip_addr_parse(&p.b.source, SIP_STR("192.0.2.1"), 5062);
	if (err == SIP_OK)
		err = repro_location_update(r->loc, &u);
	if (err == SIP_OK)
		repro_contacts_unref(&u.contacts);
	*is_pending = u.is_pending;
	return err;
}

enum sip_err put_contact(struct store_rig *r, const char *aor, const char *contact, int64_t expires_s,
			 struct repro_job *completion)
{
	bool is_pending;
	return put_contact_at(r, aor, contact, NOW_S, expires_s, completion, &is_pending);
}

const char *aor_at(unsigned n, char text[64])
{
	snprintf(text, 64, "sip:user%05u@example.com", n);
	return text;
}

unsigned count_contacts(struct store_rig *r, const char *aor, int64_t now_s)
{
	struct repro_contacts *c = repro_location_find(r->loc, sip_str_of(aor), now_s, r->cells);
	unsigned count = c ? c->count : 0;
	repro_contacts_unref(&c);
	return count;
}

static void on_answered(struct repro_job *job)
{
	struct waiter *w = SIP_CONTAINER(job, struct waiter, job);
	pthread_mutex_lock(&w->lock);
	w->answered++;
	w->err = job->err;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void waiter_init(struct waiter *w)
{
	memset(w, 0, sizeof(*w));
	w->job.done = on_answered;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
}

void waiter_fini(struct waiter *w)
{
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

enum sip_err waiter_wait(struct waiter *w, unsigned answers)
{
	enum sip_err err;
	pthread_mutex_lock(&w->lock);
	while (w->answered < answers)
		pthread_cond_wait(&w->changed, &w->lock);
	err = w->err;
	pthread_mutex_unlock(&w->lock);
	return err;
}

int main(int argc, char **argv)
{
	static const struct unit_suite *const suites[] = { &location_suite, &survival_suite, &failure_suite,
							    &user_store_suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
