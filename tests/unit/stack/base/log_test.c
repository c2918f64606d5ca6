#include "tests/unit/stack/base/base_test.h"

#include <stdio.h>

struct caught {
	unsigned lines;
	enum sip_log_level level;
	char area[32];
	char call_id[32];
	char text[2048];
	size_t len;
};

static void on_line(void *arg, const struct sip_log_line *line)
{
	struct caught *c = arg;
	c->lines++;
	c->level = line->level;
	c->len = line->text.len;
	snprintf(c->area, sizeof c->area, "%s", line->area);
	snprintf(c->call_id, sizeof c->call_id, "%.*s", SIP_STR_ARG(line->call_id));
	snprintf(c->text, sizeof c->text, "%.*s", SIP_STR_ARG(line->text));
}

static unsigned formatted;
static int count_formatting(void)
{
	return (int)++formatted;
}

static enum sip_err test_log_asks_the_level_first(void)
{
	struct caught c = { 0 };
	struct sip_log log = { on_line, &c, SIP_LOG_INFO };
	struct sip_log silent = { NULL, NULL, SIP_LOG_STACK };
	formatted = 0;
	SIP_LOG(&log, SIP_LOG_DEBUG, "dns", "%d", count_formatting());
	SIP_LOG(&silent, SIP_LOG_CRIT, "dns", "%d", count_formatting());
	SIP_LOG((struct sip_log *)NULL, SIP_LOG_CRIT, "dns", "%d", count_formatting());
	UNIT_EQ(formatted, 0);
	UNIT_EQ(c.lines, 0);
	SIP_LOG_CALL(&log, SIP_LOG_INFO, "dns", SIP_STR("id@host"), "n %d", count_formatting());
	UNIT_EQ(c.lines, 1);
	UNIT_EQ(c.level, SIP_LOG_INFO);
	UNIT_STR(sip_str_of(c.area), "dns");
	UNIT_STR(sip_str_of(c.call_id), "id@host");
	UNIT_STR(sip_str_of(c.text), "n 1");
	sip_log_write(&log, SIP_LOG_DEBUG, "dns", SIP_STR(""), "not on");
	UNIT_EQ(c.lines, 1);
	return SIP_OK;
}

static enum sip_err test_log_when_long_then_cut_and_masked(void)
{
	struct caught c = { 0 };
	struct sip_log log = { on_line, &c, SIP_LOG_INFO };
	SIP_LOG(&log, SIP_LOG_INFO, "dns", "%0*d", 5000, 1);
	UNIT_EQ(c.len, 2000);
	SIP_LOG(&log, SIP_LOG_INFO, "dns", "a\r\nb\x1b[31m\x7f\xc3\xa9");
	UNIT_STR(sip_str_of(c.text), "a??b?[31m?\xc3\xa9");
	return SIP_OK;
}

static enum sip_err test_log_level_names(void)
{
	enum sip_log_level level = SIP_LOG_NONE;
	for (unsigned i = SIP_LOG_NONE; i <= SIP_LOG_STACK; i++) {
		const char *name = sip_log_level_name((enum sip_log_level)i);
		UNIT_EQ(sip_log_level_parse(sip_str_of(name), &level), SIP_OK);
		UNIT_EQ(level, i);
	}
	UNIT_EQ(sip_log_level_parse(SIP_STR("warning"), &level), SIP_OK);
	UNIT_EQ(level, SIP_LOG_WARNING);
	UNIT_EQ(sip_log_level_parse(SIP_STR("loud"), &level), SIP_E_NOTFOUND);
	UNIT_STR(sip_str_of(sip_log_level_name((enum sip_log_level)99)), "UNKNOWN");
	return SIP_OK;
}

/* What the stream hook writes for this line, without the time. */
static struct sip_str streamed(const struct sip_log_line *line, char *mem, size_t size)
{
	memset(mem, 0, size);
	FILE *f = fmemopen(mem, size, "w");
	if (!f)
		return sip_str_make(NULL, 0);
	sip_log_to_stream(f, line);
	fclose(f);
	struct sip_str all = sip_str_of(mem);
	UNIT_EQ(all.p[10], 'T');
	UNIT_EQ(all.p[26], 'Z');
	return sip_str_from(all, 28);
}

static enum sip_err test_log_to_stream_is_one_safe_line(void)
{
	char mem[4096];
	char text[3000];
	struct sip_log_line line = { SIP_LOG_ERR, "proxy", SIP_STR_INIT("a\nb"),
				     SIP_STR_INIT("forged\n2026 line\x1b") };
	UNIT_STR(streamed(&line, mem, sizeof mem), "ERR proxy [a?b] forged?2026 line?\n");
	line.call_id = sip_str_make(NULL, 0);
	UNIT_STR(streamed(&line, mem, sizeof mem), "ERR proxy forged?2026 line?\n");
	memset(text, 'x', sizeof text);
	line.text = sip_str_make(text, sizeof text);
	line.call_id = sip_str_make(text, sizeof text);
	struct sip_str cut = streamed(&line, mem, sizeof mem);
	UNIT_EQ(cut.len, strlen("ERR proxy [") + 256 + strlen("] ") + 2000 + 1);
	UNIT_EQ(cut.p[cut.len - 1], '\n');
	line.text = sip_str_make(NULL, 0);
	line.call_id = sip_str_make(NULL, 0);
	UNIT_STR(streamed(&line, mem, sizeof mem), "ERR proxy \n");
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_log_asks_the_level_first),
	UNIT_CASE(test_log_when_long_then_cut_and_masked),
	UNIT_CASE(test_log_level_names),
	UNIT_CASE(test_log_to_stream_is_one_safe_line),
};
SUITE(log);
