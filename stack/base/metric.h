/*
 * Counters, gauges and histograms from a table, counted in cells of the counting thread
 * (no lock, no shared cache line) and summed by whoever asks.
 */
#ifndef STACK_BASE_METRIC_H
#define STACK_BASE_METRIC_H

#include "stack/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_metric_kind { SIP_METRIC_COUNTER, SIP_METRIC_GAUGE, SIP_METRIC_HISTOGRAM };

struct sip_metric_row {
	const char *name;   /* "sip_messages_received_total" */
	const char *labels; /* "transport=\"udp\"", or "" */
	enum sip_metric_kind kind;
	const char *help;   /* one sentence; rows of one name stand together and share the first one's */
};

/* What libstack itself counts. */
enum sip_metric {
#define SIP_METRIC(id, kind, name, labels, help) SIP_M_##id,
#include "stack/base/metric_table.h"
#undef SIP_METRIC
	SIP_METRIC_COUNT
};

struct sip_metrics;       /* a table and its cells; counted */
struct sip_metrics_cells; /* one thread's cells; lives as long as its sip_metrics */

/* libstack's own table. */
extern const struct sip_metric_row sip_metric_rows[SIP_METRIC_COUNT];

/* `rows` is lent for ever (static). A histogram has power-of-two buckets 1, 2, 4 … 2^23 (microseconds by custom). */
enum sip_err sip_metrics_create(const struct sip_metric_row *rows, size_t count, struct sip_metrics **out) SIP_MUST_USE;
void sip_metrics_ref(struct sip_metrics *m);
void sip_metrics_unref(struct sip_metrics **m);
/* Any thread; the cells are counted in by one thread at a time. At most 256 a table (LIMIT). */
enum sip_err sip_metrics_add_cells(struct sip_metrics *m, struct sip_metrics_cells **out) SIP_MUST_USE;

/* The counting thread only. cells may be NULL: nothing is counted. */
void sip_metric_add(struct sip_metrics_cells *cells, unsigned id, int64_t n); /* counter (n >= 0) or gauge */
void sip_metric_observe(struct sip_metrics_cells *cells, unsigned id, uint64_t value);
static inline void sip_metric_count(struct sip_metrics_cells *cells, unsigned id)
{
	sip_metric_add(cells, id, 1);
}
/* The sum over all threads; of a histogram the number of observations. Any thread. */
int64_t sip_metrics_get(struct sip_metrics *m, unsigned id);
/* All of it as Prometheus text (HELP and TYPE lines). Any thread. */
void sip_metrics_put(struct sip_metrics *m, struct sip_buf *b);

#ifdef __cplusplus
}
#endif
#endif
