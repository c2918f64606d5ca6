/* What repro itself counts, beside libstack's own table. */
#ifndef REPRO_CONFIG_METRICS_H
#define REPRO_CONFIG_METRICS_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum repro_metric {
#define REPRO_METRIC(id, kind, name, labels, help) REPRO_M_##id,
#include "repro/config/metric_table.h"
#undef REPRO_METRIC
	REPRO_METRIC_COUNT
};
/* For sip_metrics_create. */
extern const struct sip_metric_row repro_metric_rows[REPRO_METRIC_COUNT];

/* The row of repro_responses_total that counts this status; 6xx for anything out of range. */
enum repro_metric repro_metrics_response(unsigned status);

#ifdef __cplusplus
}
#endif
#endif
