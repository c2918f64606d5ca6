/*
 * Metrics: a table, and for every counting thread a line-aligned array of cells that only this
 * thread writes. Readers sum without a lock. The cells live as long as the counted sip_metrics.
 */
#include "stack/base/metric.h"

#include "stack/base/check.h"
#include "stack/base/mem.h"
#include "stack/base/ref.h"

enum { LINE = 64, CELLS_MOST = 256, BUCKETS = 24, MAGIC = 0x6d657472 };

const struct sip_metric_row sip_metric_rows[SIP_METRIC_COUNT] = {
#define SIP_METRIC(id, kind, name, labels, help) { name, labels, SIP_METRIC_##kind, help },
#include "stack/base/metric_table.h"
#undef SIP_METRIC
};

/* Cell i belongs to row i (a histogram's sum); BUCKETS and +Inf of a histogram stand behind all rows. */
struct sip_metrics_cells {
	struct sip_metrics *metrics; /* lent: owns us */
	void *memory;                /* owned: the block we were aligned in */
	_Alignas(LINE) uint64_t cell[];
};

struct sip_metrics {
	struct sip_ref ref;
	const struct sip_metric_row *rows; /* lent for ever */
	size_t count;
	size_t cell_count;
	struct sip_metrics_cells *cells[CELLS_MOST]; /* owned; filled from the front, never emptied */
	uint32_t buckets[]; /* of each row: its first bucket's cell, or 0 */
};

static void destroy(void *object)
{
	struct sip_metrics *m = object;
	for (size_t i = 0; i < CELLS_MOST && m->cells[i]; i++)
		sip_free(m->cells[i]->memory);
	sip_free(m);
}

enum sip_err sip_metrics_create(const struct sip_metric_row *rows, size_t count, struct sip_metrics **out)
{
	if (count > UINT32_MAX / (2 * BUCKETS))
		return SIP_E_LIMIT;
	struct sip_metrics *m = sip_alloc_zero(sizeof *m + count * sizeof m->buckets[0]);
	if (!m)
		return SIP_E_NOMEM;
	sip_ref_init(&m->ref, MAGIC, destroy);
	m->rows = rows;
	m->count = count;
	m->cell_count = count;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == SIP_METRIC_HISTOGRAM) {
			m->buckets[i] = (uint32_t)m->cell_count;
			m->cell_count += BUCKETS + 1;
		}
	}
	*out = m;
	return SIP_OK;
}

void sip_metrics_ref(struct sip_metrics *m)
{
	sip_ref_get(&m->ref);
}

void sip_metrics_unref(struct sip_metrics **m)
{
	struct sip_metrics *old = *m;
	*m = NULL;
	if (!old)
		return;
	MUST(old->ref.magic == MAGIC);
	sip_ref_put(&old->ref);
}

static struct sip_metrics_cells *make_cells(struct sip_metrics *m)
{
	size_t bytes = sizeof(struct sip_metrics_cells) + m->cell_count * sizeof(uint64_t);
	bytes = (bytes + LINE - 1) / LINE * LINE;
	void *memory = sip_alloc_zero(bytes + LINE);
	if (!memory)
		return NULL;
	size_t skew = (size_t)(-(uintptr_t)memory & (LINE - 1));
	struct sip_metrics_cells *cells = (void *)((char *)memory + skew);
	cells->metrics = m;
	cells->memory = memory;
	return cells;
}

enum sip_err sip_metrics_add_cells(struct sip_metrics *m, struct sip_metrics_cells **out)
{
	if (__atomic_load_n(&m->cells[CELLS_MOST - 1], __ATOMIC_ACQUIRE))
		return SIP_E_LIMIT;
	struct sip_metrics_cells *cells = make_cells(m);
	if (!cells)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < CELLS_MOST; i++) {
		struct sip_metrics_cells *there = NULL;
		if (__atomic_compare_exchange_n(&m->cells[i], &there, cells, false, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED)) {
			*out = cells;
			return SIP_OK;
		}
	}
	sip_free(cells->memory);
	return SIP_E_LIMIT;
}

/* One writer: a plain sum, stored whole so that readers never see half of it. */
static inline void bump(uint64_t *cell, uint64_t n)
{
	__atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

void sip_metric_add(struct sip_metrics_cells *cells, unsigned id, int64_t n)
{
	if (!cells || NEVER(id >= cells->metrics->count))
		return;
	bump(&cells->cell[id], (uint64_t)n);
}

static unsigned bucket_of(uint64_t value)
{
	if (value <= 1)
		return 0;
	unsigned log2_up = 64 - (unsigned)__builtin_clzll(value - 1);
	return log2_up < BUCKETS ? log2_up : BUCKETS;
}

void sip_metric_observe(struct sip_metrics_cells *cells, unsigned id, uint64_t value)
{
	if (!cells || NEVER(id >= cells->metrics->count) || NEVER(cells->metrics->buckets[id] == 0))
		return;
	bump(&cells->cell[id], value);
	bump(&cells->cell[cells->metrics->buckets[id] + bucket_of(value)], 1);
}

static uint64_t sum_cell(const struct sip_metrics *m, size_t at)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < CELLS_MOST; i++) {
		const struct sip_metrics_cells *cells = __atomic_load_n(&m->cells[i], __ATOMIC_ACQUIRE);
		if (!cells)
			break;
		sum += __atomic_load_n(&cells->cell[at], __ATOMIC_RELAXED);
	}
	return sum;
}

int64_t sip_metrics_get(struct sip_metrics *m, unsigned id)
{
	if (NEVER(id >= m->count))
		return 0;
	if (m->buckets[id] == 0)
		return (int64_t)sum_cell(m, id);
	uint64_t observations = 0;
	for (size_t i = 0; i <= BUCKETS; i++)
		observations += sum_cell(m, m->buckets[id] + i);
	return (int64_t)observations;
}

static void put_head(const struct sip_metrics *m, size_t i, struct sip_buf *b)
{
	static const char *const kinds[] = {
		[SIP_METRIC_COUNTER] = "counter",
		[SIP_METRIC_GAUGE] = "gauge",
		[SIP_METRIC_HISTOGRAM] = "histogram",
	};
	const struct sip_metric_row *row = &m->rows[i];
	if (i > 0 && strcmp(row->name, row[-1].name) == 0)
		return;
	sip_buf_putf(b, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, kinds[row->kind]);
}

static void put_bucket(const struct sip_metric_row *row, const char *le, uint64_t count, struct sip_buf *b)
{
	const char *comma = row->labels[0] ? "," : "";
	sip_buf_putf(b, "%s_bucket{%s%sle=\"%s\"} %llu\n", row->name, row->labels, comma, le,
		     (unsigned long long)count);
}

static void put_sample(const struct sip_metric_row *row, const char *suffix, int64_t value, struct sip_buf *b)
{
	const char *open = row->labels[0] ? "{" : "";
	const char *close = row->labels[0] ? "}" : "";
	sip_buf_putf(b, "%s%s%s%s%s %lld\n", row->name, suffix, open, row->labels, close, (long long)value);
}

/* The count is the sum of the buckets just read, so that a scrape agrees with itself. */
static void put_histogram(const struct sip_metrics *m, size_t i, struct sip_buf *b)
{
	uint64_t count = 0;
	char le[24];
	struct sip_buf text;
	for (unsigned k = 0; k < BUCKETS; k++) {
		count += sum_cell(m, m->buckets[i] + k);
		sip_buf_init_fixed(&text, le, sizeof le);
		sip_buf_put_u64(&text, (uint64_t)1 << k);
		put_bucket(&m->rows[i], sip_buf_z(&text), count, b);
	}
	count += sum_cell(m, m->buckets[i] + BUCKETS);
	put_bucket(&m->rows[i], "+Inf", count, b);
	put_sample(&m->rows[i], "_sum", (int64_t)sum_cell(m, i), b);
	put_sample(&m->rows[i], "_count", (int64_t)count, b);
}

void sip_metrics_put(struct sip_metrics *m, struct sip_buf *b)
{
	for (size_t i = 0; i < m->count; i++) {
		put_head(m, i, b);
		if (m->rows[i].kind == SIP_METRIC_HISTOGRAM)
			put_histogram(m, i, b);
		else
			put_sample(&m->rows[i], "", (int64_t)sum_cell(m, i), b);
	}
}
