/*
 * The store as a person: opened by the runner, lent to the location service, loaded once, stopped once. Any
 * thread; what the writer's thread does is in store_writer.c.
 */
#include "repro/store/store_priv.h"

#include <sqlite3.h>

#define STORE_MAGIC 0x73746f72u

void repro_store_options_init(struct repro_store_options *o)
{
	memset(o, 0, sizeof(*o));
	o->queue_max = 200000;
	o->retry_ms = 500;
	o->busy_ms = 500;
}

static void store_destroy(void *object)
{
	struct repro_store *s = object;
	repro__store_stop(s);
	repro_users_unref(&s->users);
	repro__file_close(&s->file);
	repro__store_release(s);
	if (s->has_fifo)
		sip_fifo_fini(&s->fifo, NULL);
	sip_metrics_unref(&s->o.metrics);
	sip_buf_fini(&s->scratch);
	pthread_cond_destroy(&s->flushed);
	pthread_mutex_destroy(&s->lock);
	sip_free(s->path);
	sip_free(s);
}

static enum sip_err fill(struct repro_store *s, struct sip_buf *why)
{
	const struct sip_fifo_options fo = {
		.name = "store",
		.max = s->o.queue_max,
		.high = s->o.queue_max,
		.low = s->o.queue_max,
	};
	struct sip_buf b;
	enum sip_err err = sip_fifo_init(&s->fifo, NULL, &fo);
	if (err != SIP_OK)
		return err;
	s->has_fifo = true;
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%s/" REPRO_STORE_FILE, s->o.folder);
	sip_buf_put_char(&b, '\0');
	err = b.err;
	s->path = sip_buf_take(&b, NULL);
	sip_buf_fini(&b);
	if (err == SIP_OK && !s->path)
		err = SIP_E_NOMEM;
	if (err == SIP_OK && s->o.metrics)
		err = sip_metrics_add_cells(s->o.metrics, &s->cells);
	if (err == SIP_OK && s->o.metrics)
		err = sip_metrics_add_cells(s->o.metrics, &s->shared_cells);
	return err == SIP_OK ? repro__file_open(&s->file, s->path, true, s->o.busy_ms, why) : err;
}

enum sip_err repro_store_open(const struct repro_store_options *o, struct repro_store **out, struct sip_buf *why)
{
	pthread_condattr_t flushed;
	struct repro_store *s;
	enum sip_err err;
	if (!o->folder || o->queue_max == 0)
		return SIP_E_INVAL;
	s = sip_alloc_zero(sizeof(*s));
	if (!s)
		return SIP_E_NOMEM;
	sip_ref_init(&s->ref, STORE_MAGIC, store_destroy);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&flushed);
	pthread_condattr_setclock(&flushed, CLOCK_MONOTONIC);
	pthread_cond_init(&s->flushed, &flushed);
	pthread_condattr_destroy(&flushed);
	sip_buf_init(&s->scratch, 0);
	s->o = *o;
	s->o.folder = o->folder[0] ? o->folder : ".";
	if (!o->clock)
		s->o.clock = &sip_clock_real;
	if (s->o.metrics)
		sip_metrics_ref(s->o.metrics);
	s->backoff_ms = o->retry_ms;
	s->claim_fd = -1;
	/* Counting every allocation under a global lock is nothing we ask for; refused, and no loss, once SQLite runs. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	err = fill(s, why);
	s->o.folder = NULL;
	if (err != SIP_OK)
		repro_store_unref(&s);
	else
		*out = s;
	return err;
}

void repro__store_check(const struct repro_store *s)
{
	MUST_BE(&s->ref, STORE_MAGIC);
}

void repro_store_ref(struct repro_store *s)
{
	repro__store_check(s);
	sip_ref_get(&s->ref);
}

void repro_store_unref(struct repro_store **s)
{
	if (!*s)
		return;
	repro__store_check(*s);
	sip_ref_put(&(*s)->ref);
	*s = NULL;
}

enum sip_err repro__store_attach(struct repro_store *s, struct repro_location *loc)
{
	enum sip_err err = SIP_OK;
	repro__store_check(s);
	pthread_mutex_lock(&s->lock);
	if (s->location || s->is_stopped)
		err = SIP_E_EXISTS;
	else
		s->location = loc;
	pthread_mutex_unlock(&s->lock);
	return err;
}

void repro__store_detach(struct repro_store *s)
{
	repro_store_stop(s);
	s->location = NULL;
}

/* ---- loading ------------------------------------------------------------------------------------------------- */

/* A row that cannot be read is said and left behind; the next failure-free writing of everything takes it away. */
static enum sip_err load_row(struct repro_store *s, struct repro_location *loc, sqlite3_stmt *st, int64_t now_s)
{
	struct repro_binding bindings[REPRO_CONTACTS_MAX];
	unsigned count;
	uint64_t id = (uint64_t)sqlite3_column_int64(st, 0);
	const char *aor = (const char *)sqlite3_column_text(st, 1);
	const char *bytes = sqlite3_column_blob(st, 2);
	struct sip_str aor_text = sip_str_make(aor, (size_t)sqlite3_column_bytes(st, 1));
	struct sip_str row = sip_str_make(bytes, (size_t)sqlite3_column_bytes(st, 2));
	enum sip_err err = repro__row_decode(row, now_s, bindings, &count);
	if (err == SIP_OK && count == 0)
		return SIP_OK;
	if (err == SIP_OK)
		err = repro__location_restore(loc, id, aor_text, bindings, count);
	if (err == SIP_OK || err == SIP_E_NOMEM)
		return err;
	SIP_LOG(s->o.log, SIP_LOG_WARNING, "store", "binding %llu of %.*s not loaded: %s", (unsigned long long)id,
		SIP_STR_ARG(aor_text), sip_err_text(err));
	s->is_behind = true;
	return SIP_OK;
}

enum sip_err repro_store_load(struct repro_store *s, struct repro_location *loc, int64_t now_s)
{
	sqlite3_stmt *st = NULL;
	enum sip_err err = SIP_OK;
	int rc;
	repro__store_check(s);
	if (sqlite3_prepare_v2(s->file.db, "SELECT id, aor, bindings FROM location WHERE expires > ?1 ORDER BY id", -1, &st,
			       NULL) != SQLITE_OK)
		return SIP_E_STORE;
	sqlite3_bind_int64(st, 1, now_s);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && err == SIP_OK)
		err = load_row(s, loc, st, now_s);
	sqlite3_finalize(st);
	if (err == SIP_OK && rc != SQLITE_DONE)
		err = SIP_E_STORE;
	pthread_mutex_lock(&s->lock);
	sip_metric_add(s->shared_cells, REPRO_M_BINDINGS, (int64_t)repro_location_binding_count(loc));
	sip_metric_add(s->shared_cells, REPRO_M_AORS, (int64_t)repro_location_aor_count(loc));
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* ---- health -------------------------------------------------------------------------------------------------- */

bool repro_store_is_healthy(struct repro_store *s, struct sip_buf *text)
{
	bool is_healthy;
	repro__store_check(s);
	pthread_mutex_lock(&s->lock);
	is_healthy = !s->is_failing;
	if (!is_healthy && text)
		sip_buf_putf(text, "database: %s; %zu changes only in memory", s->error, s->figures.unwritten);
	pthread_mutex_unlock(&s->lock);
	return is_healthy;
}

void repro_store_figures(struct repro_store *s, struct repro_store_figures *out)
{
	repro__store_check(s);
	pthread_mutex_lock(&s->lock);
	*out = s->figures;
	pthread_mutex_unlock(&s->lock);
	out->queued = sip_fifo_depth(&s->fifo);
}
