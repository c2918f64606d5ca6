/* Where log lines go: standard output, standard error, a file, or syslog. The hook is called by any thread. */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <syslog.h>

static void to_syslog(void *arg, const struct sip_log_line *line)
{
	static const int priorities[] = { LOG_DEBUG, LOG_CRIT, LOG_ERR,	  LOG_WARNING,
					  LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_DEBUG };

	(void)arg;
	if (line->call_id.len)
		syslog(priorities[line->level], "%s [%.*s] %.*s", line->area, SIP_STR_ARG(line->call_id),
		       SIP_STR_ARG(line->text));
	else
		syslog(priorities[line->level], "%s %.*s", line->area, SIP_STR_ARG(line->text));
}

bool repro__log_sink_open(struct repro__log_sink *s, const struct repro_config *c)
{
	s->log.level = (int)c->log_level;
	s->log.fn = sip_log_to_stream;
	switch ((enum repro_logging_type)c->set.logging_type) {
	case REPRO_LOG_SYSLOG:
		openlog("repro", LOG_PID, LOG_DAEMON);
		s->is_syslog = true;
		s->log.fn = to_syslog;
		return true;
	case REPRO_LOG_FILE:
		s->file = fopen(c->set.log_filename, "ae");
		if (!s->file) {
			fprintf(stderr, "repro: cannot open the log file %s (%s): set LogFilename to a file that can be written\n",
				c->set.log_filename, strerror(errno));
			return false;
		}
		s->is_owned = true;
		break;
	case REPRO_LOG_CERR:
		s->file = stderr;
		break;
	case REPRO_LOG_COUT:
		s->file = stdout;
		break;
	}
	s->log.arg = s->file;
	return true;
}

void repro__log_sink_close(struct repro__log_sink *s)
{
	if (s->is_owned)
		(void)fclose(s->file);
	if (s->is_syslog)
		closelog();
	memset(s, 0, sizeof *s);
}
