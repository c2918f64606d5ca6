#include "tests/unit/stack/base/base_test.h"

#include <pthread.h>

enum { M_IN, M_OUT, M_OPEN, M_TIME, M_COUNT };

static const struct sip_metric_row rows[M_COUNT] = {
	{ "x_messages_total", "way=\"in\"", SIP_METRIC_COUNTER, "Messages, by way." },
	{ "x_messages_total", "way=\"out\"", SIP_METRIC_COUNTER, "" },
	{ "x_open", "", SIP_METRIC_GAUGE, "Open things." },
	{ "x_time", "of=\"day\"", SIP_METRIC_HISTOGRAM, "How long." },
};

static enum sip_err test_metric_sums_over_cells(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *a;
	struct sip_metrics_cells *b;
	UNIT_TRY(sip_metrics_create(rows, M_COUNT, &m));
	UNIT_EQ(sip_metrics_get(m, M_IN), 0);
	UNIT_TRY(sip_metrics_add_cells(m, &a));
	UNIT_TRY(sip_metrics_add_cells(m, &b));
	sip_metric_count(a, M_IN);
	sip_metric_add(b, M_IN, 41);
	sip_metric_add(a, M_OPEN, 5);
	sip_metric_add(b, M_OPEN, -7);
	sip_metric_count(NULL, M_IN);
	sip_metric_observe(NULL, M_TIME, 1);
	UNIT_EQ(sip_metrics_get(m, M_IN), 42);
	UNIT_EQ(sip_metrics_get(m, M_OUT), 0);
	UNIT_EQ(sip_metrics_get(m, M_OPEN), -2);
	sip_metric_observe(a, M_TIME, 0);
	sip_metric_observe(b, M_TIME, UINT64_MAX / 4);
	UNIT_EQ(sip_metrics_get(m, M_TIME), 2);
	sip_metrics_ref(m);
	struct sip_metrics *again = m;
	sip_metrics_unref(&again);
	UNIT_CHECK(again == NULL);
	UNIT_EQ(sip_metrics_get(m, M_IN), 42);
out:
	sip_metrics_unref(&m);
	return err;
}

static enum sip_err test_metric_when_id_is_wrong_then_survives(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *a;
	uint64_t before;
	UNIT_TRY(sip_metrics_create(rows, M_COUNT, &m));
	UNIT_TRY(sip_metrics_add_cells(m, &a));
	before = sip_never_count();
	sip_metric_add(a, M_COUNT, 1);
	sip_metric_observe(a, M_COUNT, 1);
	sip_metric_observe(a, M_IN, 1);
	UNIT_EQ(sip_metrics_get(m, M_COUNT), 0);
	UNIT_EQ(sip_never_count() - before, 4);
	UNIT_EQ(sip_metrics_get(m, M_IN), 0);
out:
	sip_metrics_unref(&m);
	return err;
}

static enum sip_err test_metric_when_256_cells_then_limit(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *cells;
	UNIT_TRY(sip_metrics_create(rows, M_COUNT, &m));
	for (unsigned i = 0; i < 256; i++) {
		UNIT_TRY(sip_metrics_add_cells(m, &cells));
		sip_metric_count(cells, M_IN);
	}
	UNIT_EQ(sip_metrics_add_cells(m, &cells), SIP_E_LIMIT);
	UNIT_EQ(sip_metrics_get(m, M_IN), 256);
out:
	sip_metrics_unref(&m);
	return err;
}

static bool has(struct sip_str text, const char *line)
{
	return memmem(text.p, text.len, line, strlen(line)) != NULL;
}

static enum sip_err test_metric_histogram_buckets(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *a;
	struct sip_buf b;
	static const uint64_t values[] = { 0, 1, 2, 3, 4, 5, 1u << 23, (1u << 23) + 1, 1u << 30 };
	uint64_t sum = 0;
	sip_buf_init(&b, 0);
	UNIT_TRY(sip_metrics_create(rows, M_COUNT, &m));
	UNIT_TRY(sip_metrics_add_cells(m, &a));
	for (size_t i = 0; i < SIP_COUNTOF(values); i++) {
		sip_metric_observe(a, M_TIME, values[i]);
		sum += values[i];
	}
	sip_metrics_put(m, &b);
	UNIT_TRY(b.err);
	struct sip_str s = sip_buf_str(&b);
	UNIT_CHECK(has(s, "x_time_bucket{of=\"day\",le=\"1\"} 2\nx_time_bucket{of=\"day\",le=\"2\"} 3\n"
			  "x_time_bucket{of=\"day\",le=\"4\"} 5\nx_time_bucket{of=\"day\",le=\"8\"} 6\n"));
	UNIT_CHECK(has(s, "x_time_bucket{of=\"day\",le=\"4194304\"} 6\nx_time_bucket{of=\"day\",le=\"8388608\"} 7\n"
			  "x_time_bucket{of=\"day\",le=\"+Inf\"} 9\n"));
	UNIT_CHECK(has(s, "x_time_count{of=\"day\"} 9\n"));
	UNIT_EQ(sum, 15 + 2 * 8388608ll + 1 + 1073741824ll);
	UNIT_CHECK(has(s, "x_time_sum{of=\"day\"} 1090519056\n"));
out:
	sip_buf_fini(&b);
	sip_metrics_unref(&m);
	return err;
}

static enum sip_err test_metric_put_is_prometheus_text(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *a;
	struct sip_buf b;
	sip_buf_init(&b, 0);
	UNIT_TRY(sip_metrics_create(rows, M_TIME, &m));
	UNIT_TRY(sip_metrics_add_cells(m, &a));
	sip_metric_add(a, M_OUT, 3);
	sip_metric_add(a, M_OPEN, -1);
	sip_metrics_put(m, &b);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "# HELP x_messages_total Messages, by way.\n"
				  "# TYPE x_messages_total counter\n"
				  "x_messages_total{way=\"in\"} 0\n"
				  "x_messages_total{way=\"out\"} 3\n"
				  "# HELP x_open Open things.\n"
				  "# TYPE x_open gauge\n"
				  "x_open -1\n");
out:
	sip_buf_fini(&b);
	sip_metrics_unref(&m);
	return err;
}

/* libstack's own rows: names and kinds together, every name helped once. */
static enum sip_err test_metric_table_is_in_order(void)
{
	for (size_t i = 0; i < SIP_METRIC_COUNT; i++) {
		const struct sip_metric_row *row = &sip_metric_rows[i];
		bool is_first = i == 0 || strcmp(row->name, row[-1].name) != 0;
		UNIT_EQ(is_first, row->help[0] != '\0');
		if (!is_first)
			UNIT_EQ(row->kind, row[-1].kind);
		for (size_t k = 0; is_first && k < i; k++)
			UNIT_CHECK(strcmp(row->name, sip_metric_rows[k].name) != 0);
	}
	return SIP_OK;
}

enum { THREADS = 4, COUNTS = 20000 };

static void *count_much(void *arg)
{
	struct sip_metrics *m = arg;
	struct sip_metrics_cells *cells = NULL;
	if (sip_metrics_add_cells(m, &cells) != SIP_OK)
		return NULL;
	for (unsigned i = 0; i < COUNTS; i++) {
		sip_metric_count(cells, M_IN);
		sip_metric_observe(cells, M_TIME, i);
	}
	return NULL;
}

static enum sip_err test_metric_from_many_threads(void)
{
	enum sip_err err = SIP_OK;
	struct sip_metrics *m = NULL;
	pthread_t threads[THREADS];
	unsigned started = 0;
	int64_t seen = 0;
	UNIT_TRY(sip_metrics_create(rows, M_COUNT, &m));
	while (started < THREADS && pthread_create(&threads[started], NULL, count_much, m) == 0)
		started++;
	for (unsigned i = 0; i < 100; i++) {
		int64_t now = sip_metrics_get(m, M_IN);
		UNIT_CHECK(now >= seen);
		seen = now;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	UNIT_EQ(started, THREADS);
	UNIT_EQ(sip_metrics_get(m, M_IN), THREADS * COUNTS);
	UNIT_EQ(sip_metrics_get(m, M_TIME), THREADS * COUNTS);
out:
	sip_metrics_unref(&m);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_metric_sums_over_cells),
	UNIT_CASE(test_metric_when_id_is_wrong_then_survives),
	UNIT_CASE(test_metric_when_256_cells_then_limit),
	UNIT_CASE(test_metric_histogram_buckets),
	UNIT_CASE(test_metric_put_is_prometheus_text),
	UNIT_CASE(test_metric_table_is_in_order),
	/* Starts threads. */
	UNIT_CASE_NO_OOM(test_metric_from_many_threads),
};
SUITE(metric);
