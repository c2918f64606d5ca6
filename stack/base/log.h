/*
 * The log: a level, a hook, and nothing formatted that nobody will read. A log belongs to
 * its embedder (no global); the hook may be called by any thread at once and must not block.
 */
#ifndef STACK_BASE_LOG_H
#define STACK_BASE_LOG_H

#include "stack/base/check.h"
#include "stack/base/buf.h"
#include "stack/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_log_level { /* reSIProcate's and syslog's, fewer */
	SIP_LOG_NONE,
	SIP_LOG_CRIT,
	SIP_LOG_ERR,
	SIP_LOG_WARNING,
	SIP_LOG_NOTICE,
	SIP_LOG_INFO,
	SIP_LOG_DEBUG,
	SIP_LOG_STACK /* every move of every machine */
};

struct sip_log_line {
	enum sip_log_level level;
	const char *area;       /* the room: "transport", "dns", "proxy" … */
	struct sip_str call_id; /* empty when the line is not about a call */
	struct sip_str text;    /* one line, no line end */
};
typedef void (*sip_log_fn)(void *arg, const struct sip_log_line *line);

struct sip_log {
	sip_log_fn fn; /* NULL: silence */
	void *arg;     /* lent by the embedder, who outlives the log */
	int level;     /* enum sip_log_level; read and written relaxed, may change at any time */
};

static inline bool sip_log_is_on(const struct sip_log *log, enum sip_log_level level)
{
	return log && log->fn && (int)level <= __atomic_load_n(&log->level, __ATOMIC_RELAXED);
}
/* Formats and hands over; cut at 2,000 bytes, control characters become "?". The macros below ask the level first. */
void sip_log_write(const struct sip_log *log, enum sip_log_level level, const char *area, struct sip_str call_id,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
#define SIP_LOG(log, level, area, ...) SIP_LOG_CALL(log, level, area, sip_str_make(NULL, 0), __VA_ARGS__)
#define SIP_LOG_CALL(log, level, area, call_id, ...)                           \
	do {                                                                   \
		if (SIP_UNLIKELY(sip_log_is_on((log), (level))))               \
			sip_log_write((log), (level), (area), (call_id), __VA_ARGS__); \
	} while (0)

/* "INFO" and back (case folded); NOTFOUND. */
const char *sip_log_level_name(enum sip_log_level level);
enum sip_err sip_log_level_parse(struct sip_str name, enum sip_log_level *out) SIP_MUST_USE;
/* Bytes a line takes at most, its line end included. */
#define SIP_LOG_LINE_MAX 2512
/* "time level area [call-id] text" and a line end, control characters masked. Any thread. */
void sip_log_put_line(struct sip_buf *b, const struct sip_log_line *line);
/*
 * A ready hook that writes such a line to a stream; arg is a FILE *. One write a line, which waits for the stream: for
 * tests and small tools.
 */
void sip_log_to_stream(void *file, const struct sip_log_line *line);

#ifdef __cplusplus
}
#endif
#endif
