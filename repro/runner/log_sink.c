/*
 * Where log lines go: standard output, standard error, a file, or syslog. The hook is called by any thread and only
 * copies the line into a bounded buffer; a thread of the sink's own does the writing, so that no loop waits for a disk.
 */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <syslog.h>

#define BACKLOG_MAX ((size_t)1 << 20)

/* In the buffer each line is led by its level, for syslog. */
static void on_line(void *arg, const struct sip_log_line *line)
{
	struct repro__log_sink *s = arg;
	char mem[SIP_LOG_LINE_MAX];
	struct sip_buf b;

	sip_buf_init_fixed(&b, mem, sizeof mem);
	sip_log_put_line(&b, line);
	pthread_mutex_lock(&s->lock);
	if (s->waiting.len + b.len + 1 > BACKLOG_MAX) {
		s->dropped++;
	} else {
		sip_buf_put_char(&s->waiting, (char)line->level);
		sip_buf_put_str(&s->waiting, sip_buf_str(&b));
	}
	pthread_cond_signal(&s->filled);
	pthread_mutex_unlock(&s->lock);
}

static void write_line(struct repro__log_sink *s, enum sip_log_level level, struct sip_str text)
{
	static const int priorities[] = { LOG_DEBUG,  LOG_CRIT, LOG_ERR,   LOG_WARNING,
					  LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_DEBUG };

	if (s->is_syslog)
		syslog(priorities[level], "%.*s", SIP_STR_ARG(text));
	else
		(void)fwrite(text.p, 1, text.len, s->file);
}

static void write_lines(struct repro__log_sink *s, struct sip_str lines, uint64_t dropped)
{
	while (lines.len) {
		size_t n = sip_str_find(lines, '\n');
		write_line(s, (enum sip_log_level)lines.p[0], sip_str_make(lines.p + 1, n));
		lines = sip_str_from(lines, n + 1);
	}
	if (dropped && !s->is_syslog)
		fprintf(s->file, "(%llu lines more than could be written in time)\n", (unsigned long long)dropped);
	if (!s->is_syslog)
		(void)fflush(s->file);
}

static void *writer_main(void *arg)
{
	struct repro__log_sink *s = arg;
	struct sip_buf taken;
	bool is_over = false;

	sip_buf_init(&taken, BACKLOG_MAX);
	while (!is_over) {
		struct sip_buf empty = taken;
		uint64_t dropped;
		pthread_mutex_lock(&s->lock);
		while (s->waiting.len == 0 && s->dropped == 0 && !s->is_closing)
			pthread_cond_wait(&s->filled, &s->lock);
		taken = s->waiting;
		s->waiting = empty;
		sip_buf_clear(&s->waiting);
		dropped = s->dropped;
		s->dropped = 0;
		is_over = s->is_closing;
		pthread_mutex_unlock(&s->lock);
		write_lines(s, sip_buf_str(&taken), dropped);
	}
	sip_buf_fini(&taken);
	return NULL;
}

static bool open_file(struct repro__log_sink *s, const struct repro_config *c)
{
	switch ((enum repro_logging_type)c->set.logging_type) {
	case REPRO_LOG_SYSLOG:
		openlog("repro", LOG_PID, LOG_DAEMON);
		s->is_syslog = true;
		break;
	case REPRO_LOG_FILE:
		s->file = fopen(c->set.log_filename, "ae");
		s->is_owned = s->file != NULL;
		break;
	case REPRO_LOG_CERR:
		s->file = stderr;
		break;
	case REPRO_LOG_COUT:
		s->file = stdout;
		break;
	}
	if (s->file || s->is_syslog)
		return true;
	fprintf(stderr, "repro: cannot open the log file %s (%s): set LogFilename to a file that can be written\n",
		c->set.log_filename, strerror(errno));
	return false;
}

bool repro__log_sink_open(struct repro__log_sink *s, const struct repro_config *c)
{
	memset(s, 0, sizeof *s);
	if (!open_file(s, c))
		return false;
	s->log.level = (int)c->log_level;
	s->log.arg = s;
	sip_buf_init(&s->waiting, BACKLOG_MAX);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->filled, NULL);
	if (pthread_create(&s->writer, NULL, writer_main, s) != 0) {
		fprintf(stderr, "repro: cannot start a thread for the log\n");
		return false;
	}
	s->has_writer = true;
	s->log.fn = on_line;
	return true;
}

void repro__log_sink_close(struct repro__log_sink *s)
{
	if (s->has_writer) {
		pthread_mutex_lock(&s->lock);
		s->is_closing = true;
		pthread_cond_signal(&s->filled);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->writer, NULL);
		pthread_cond_destroy(&s->filled);
		pthread_mutex_destroy(&s->lock);
		sip_buf_fini(&s->waiting);
	}
	if (s->is_owned)
		(void)fclose(s->file);
	if (s->is_syslog)
		closelog();
	memset(s, 0, sizeof *s);
}
