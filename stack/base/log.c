/* Log lines are formatted on the caller's stack and handed to the embedder's hook. Any thread. */
#include "stack/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { LINE_MOST = 2000, CALL_ID_MOST = 256 };

static const char *const level_names[] = {
	[SIP_LOG_NONE] = "NONE",       [SIP_LOG_CRIT] = "CRIT",     [SIP_LOG_ERR] = "ERR",
	[SIP_LOG_WARNING] = "WARNING", [SIP_LOG_NOTICE] = "NOTICE", [SIP_LOG_INFO] = "INFO",
	[SIP_LOG_DEBUG] = "DEBUG",     [SIP_LOG_STACK] = "STACK",
};

/* A control character from the network could forge a line or drive the reader's terminal. */
static void mask_controls(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			p[i] = '?';
	}
}

void sip_log_write(const struct sip_log *log, enum sip_log_level level, const char *area, struct sip_str call_id,
		   const char *format, ...)
{
	char text[LINE_MOST + 1];
	va_list args;
	if (!sip_log_is_on(log, level))
		return;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return;
	size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	mask_controls(text, len);
	struct sip_log_line line = { level, area, call_id, sip_str_make(text, len) };
	log->fn(log->arg, &line);
}

const char *sip_log_level_name(enum sip_log_level level)
{
	return (unsigned)level < SIP_COUNTOF(level_names) ? level_names[level] : "UNKNOWN";
}

enum sip_err sip_log_level_parse(struct sip_str name, enum sip_log_level *out)
{
	for (size_t i = 0; i < SIP_COUNTOF(level_names); i++) {
		if (sip_str_eq_nocase(name, sip_str_of(level_names[i]))) {
			*out = (enum sip_log_level)i;
			return SIP_OK;
		}
	}
	return SIP_E_NOTFOUND;
}

/* Masked, and cut at `most`. */
static void put_masked(struct sip_buf *b, struct sip_str s, size_t most)
{
	size_t n = s.len < most ? s.len : most;
	char *to = sip_buf_reserve(b, n);
	if (!to || n == 0)
		return;
	memcpy(to, s.p, n);
	mask_controls(to, n);
	sip_buf_advance(b, n);
}

/* The wall clock, not the loop's: a log line is read beside other programs' lines. */
static void put_time(struct sip_buf *b)
{
	struct timespec now;
	struct tm utc;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || !gmtime_r(&now.tv_sec, &utc))
		return;
	sip_buf_putf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
		     utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000);
}

void sip_log_put_line(struct sip_buf *b, const struct sip_log_line *line)
{
	put_time(b);
	sip_buf_put_char(b, ' ');
	sip_buf_put_z(b, sip_log_level_name(line->level));
	sip_buf_put_char(b, ' ');
	put_masked(b, sip_str_of(line->area), 64);
	if (line->call_id.len > 0) {
		SIP_BUF_LIT(b, " [");
		put_masked(b, line->call_id, CALL_ID_MOST);
		sip_buf_put_char(b, ']');
	}
	sip_buf_put_char(b, ' ');
	put_masked(b, line->text, LINE_MOST);
	sip_buf_put_char(b, '\n');
}

void sip_log_to_stream(void *file, const struct sip_log_line *line)
{
	char mem[SIP_LOG_LINE_MAX];
	struct sip_buf b;
	sip_buf_init_fixed(&b, mem, sizeof mem);
	sip_log_put_line(&b, line);
	fwrite(b.p, 1, b.len, file);
	fflush(file);
}
