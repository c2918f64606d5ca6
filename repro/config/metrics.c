/* repro's metric rows, from their table. Read-only. */
#include "repro/config/metrics.h"

const struct sip_metric_row repro_metric_rows[REPRO_METRIC_COUNT] = {
#define REPRO_METRIC(id, kind, name, labels, help) { name, labels, SIP_METRIC_##kind, help },
#include "repro/config/metric_table.h"
#undef REPRO_METRIC
};

enum repro_metric repro_metrics_response(unsigned status)
{
	unsigned class = status / 100;
	if (class < 1 || class > 6)
		return REPRO_M_RESPONSE_6XX;
	return (enum repro_metric)(REPRO_M_RESPONSE_1XX + class - 1);
}
