#include "tests/unit/stack/base/base_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS = 3, ISSUES = 24 };

struct wire {
	char *interface;
	uint64_t port;
};

struct config {
	bool is_recording;
	uint64_t timer_c;
	char *domain;
	char *secret;
	unsigned level;
	struct wire wires[SLOTS];
};

static const char *check_domain(struct sip_str text)
{
	return sip_str_find(text, ' ') < text.len ? "a name without spaces" : NULL;
}

static const char *const levels[] = { "off", "low", "high", NULL };
static const struct sip_setting_row rows[] = {
	{ .name = "RecordRoute", .type = SIP_SETTING_BOOL, .offset = offsetof(struct config, is_recording),
	  .value = "yes", .help = "Whether to stay in the path." },
	{ .name = "TimerC", .type = SIP_SETTING_NUMBER, .offset = offsetof(struct config, timer_c), .min = 1,
	  .max = 86400, .value = "180", .is_reloadable = true, .help = "Seconds." },
	{ .name = "Domain", .type = SIP_SETTING_TEXT, .offset = offsetof(struct config, domain), .max = 20,
	  .value = "", .check = check_domain, .help = "Our domain." },
	{ .name = "Secret", .type = SIP_SETTING_TEXT, .offset = offsetof(struct config, secret), .value = "a # b",
	  .help = "A secret." },
	{ .name = "Level", .type = SIP_SETTING_CHOICE, .offset = offsetof(struct config, level), .choices = levels,
	  .value = "low", .help = "How much." },
	{ .name = "Transport%uInterface", .type = SIP_SETTING_TEXT,
	  .offset = offsetof(struct config, wires) + offsetof(struct wire, interface), .stride = sizeof(struct wire),
	  .slots = SLOTS, .help = "Where to listen." },
	{ .name = "Transport%uPort", .type = SIP_SETTING_NUMBER,
	  .offset = offsetof(struct config, wires) + offsetof(struct wire, port), .stride = sizeof(struct wire),
	  .slots = SLOTS, .max = 65535, .value = "5060", .help = "The port." },
};
static const char *const unsupported[] = { "Daemonize", "Old%uThing", NULL };
static const struct sip_settings_table table = { rows, SIP_COUNTOF(rows), unsupported };

struct told {
	unsigned count;
	unsigned errors;
	struct sip_settings_issue issues[ISSUES];
	char files[ISSUES][128];
};

static void on_issue(void *arg, const struct sip_settings_issue *issue)
{
	struct told *t = arg;
	if (t->count < ISSUES) {
		t->issues[t->count] = *issue;
		snprintf(t->files[t->count], sizeof t->files[0], "%s", issue->file ? issue->file : "");
	}
	t->count++;
	t->errors += issue->is_error;
}

static enum sip_err set(struct config *c, struct told *t, const char *name, const char *value)
{
	return sip_settings_set(&table, c, sip_str_of(name), sip_str_of(value), "f", 7, on_issue, t);
}

static enum sip_err test_settings_init_gives_defaults(void)
{
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	UNIT_TRY(sip_settings_init(&table, &c));
	UNIT_CHECK(c.is_recording);
	UNIT_EQ(c.timer_c, 180);
	UNIT_STR(sip_str_of(c.domain), "");
	UNIT_STR(sip_str_of(c.secret), "a # b");
	UNIT_EQ(c.level, 1);
	for (size_t i = 0; i < SLOTS; i++) {
		UNIT_CHECK(c.wires[i].interface && !c.wires[i].interface[0]);
		UNIT_EQ(c.wires[i].port, 5060);
	}
out:
	sip_settings_fini(&table, &c);
	UNIT_CHECK(c.domain == NULL);
	return err;
}

static enum sip_err test_settings_set_each_type(void)
{
	static const char *const yes[] = { "true", "YES", "on", "1" };
	static const char *const no[] = { "False", "no", "OFF", "0" };
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	UNIT_TRY(sip_settings_init(&table, &c));
	for (size_t i = 0; i < 4; i++) {
		UNIT_TRY(set(&c, &t, "recordroute", no[i]));
		UNIT_CHECK(!c.is_recording);
		UNIT_TRY(set(&c, &t, "RecordRoute", yes[i]));
		UNIT_CHECK(c.is_recording);
	}
	UNIT_TRY(set(&c, &t, "TIMERC", "86400"));
	UNIT_EQ(c.timer_c, 86400);
	UNIT_TRY(set(&c, &t, "Domain", "example.com"));
	UNIT_STR(sip_str_of(c.domain), "example.com");
	UNIT_TRY(set(&c, &t, "Domain", "12345678901234567890"));
	UNIT_TRY(set(&c, &t, "Level", "HIGH"));
	UNIT_EQ(c.level, 2);
	UNIT_TRY(set(&c, &t, "transport1interface", "udp:1"));
	UNIT_TRY(set(&c, &t, "Transport3Interface", "udp:3"));
	UNIT_TRY(set(&c, &t, "Transport3Port", "0"));
	UNIT_STR(sip_str_of(c.wires[0].interface), "udp:1");
	UNIT_STR(sip_str_of(c.wires[2].interface), "udp:3");
	UNIT_EQ(c.wires[2].port, 0);
	UNIT_EQ(c.wires[1].port, 5060);
	UNIT_EQ(t.count, 0);
out:
	sip_settings_fini(&table, &c);
	return err;
}

static enum sip_err test_settings_set_when_wrong_then_told(void)
{
	static const struct {
		const char *name, *value;
		enum sip_err err;
		const char *text;
	} tries[] = {
		{ "TimerC", "soon", SIP_E_INVAL, "TimerC: expected a number from 1 to 86400, found \"soon\"" },
		{ "TimerC", "0", SIP_E_INVAL, "TimerC: expected a number from 1 to 86400, found \"0\"" },
		{ "TimerC", "86401", SIP_E_INVAL, "TimerC: expected a number from 1 to 86400, found \"86401\"" },
		{ "TimerC", "", SIP_E_INVAL, "TimerC: expected a number from 1 to 86400, found \"\"" },
		{ "RecordRoute", "maybe", SIP_E_INVAL, "RecordRoute: expected true or false, found \"maybe\"" },
		{ "Level", "mid\n", SIP_E_INVAL, "Level: expected one of off, low, high, found \"mid?\"" },
		{ "Domain", "a b", SIP_E_INVAL, "Domain: expected a name without spaces, found \"a b\"" },
		{ "Domain", "123456789012345678901", SIP_E_INVAL,
		  "Domain: expected at most 20 characters, found \"123456789012345678901\"" },
		{ "Transport4Port", "1", SIP_E_INVAL, "Transport4Port: expected a number from 1 to 3 in the name" },
		{ "Transport99999999999Port", "1", SIP_E_INVAL,
		  "Transport99999999999Port: expected a number from 1 to 3 in the name" },
		{ "Transport0Port", "1", SIP_E_NOTFOUND, "Transport0Port: no such setting" },
		{ "Transport01Port", "1", SIP_E_NOTFOUND, "Transport01Port: no such setting" },
		{ "TransportPort", "1", SIP_E_NOTFOUND, "TransportPort: no such setting" },
		{ "TransportxPort", "1", SIP_E_NOTFOUND, "TransportxPort: no such setting" },
		{ "Nothing", "1", SIP_E_NOTFOUND, "Nothing: no such setting" },
		{ "daemonize", "1", SIP_E_UNSUPPORTED, "daemonize: not supported here, ignored" },
		{ "Old12Thing", "1", SIP_E_UNSUPPORTED, "Old12Thing: not supported here, ignored" },
	};
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	UNIT_TRY(sip_settings_init(&table, &c));
	for (size_t i = 0; i < SIP_COUNTOF(tries); i++) {
		struct told t = { 0 };
		UNIT_EQ(set(&c, &t, tries[i].name, tries[i].value), tries[i].err);
		UNIT_EQ(t.count, 1);
		UNIT_EQ(t.issues[0].line, 7);
		UNIT_STR(sip_str_of(t.files[0]), "f");
		UNIT_STR(sip_str_of(t.issues[0].text), tries[i].text);
		UNIT_EQ(t.issues[0].is_error, tries[i].err != SIP_E_UNSUPPORTED);
	}
	UNIT_EQ(c.timer_c, 180);
	UNIT_EQ(sip_settings_set(&table, &c, SIP_STR("Nothing"), SIP_STR(""), NULL, 0, NULL, NULL), SIP_E_NOTFOUND);
out:
	sip_settings_fini(&table, &c);
	return err;
}

static enum sip_err test_settings_find_and_put_value(void)
{
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct sip_buf b;
	unsigned slot = 99;
	sip_buf_init(&b, 0);
	UNIT_TRY(sip_settings_init(&table, &c));
	UNIT_CHECK(sip_settings_find(&table, SIP_STR("timerc"), &slot) == &rows[1]);
	UNIT_EQ(slot, 0);
	UNIT_CHECK(sip_settings_find(&table, SIP_STR("TRANSPORT3PORT"), &slot) == &rows[6]);
	UNIT_EQ(slot, 3);
	UNIT_CHECK(sip_settings_find(&table, SIP_STR("Transport4Port"), &slot) == NULL);
	UNIT_CHECK(sip_settings_find(&table, SIP_STR(""), NULL) == NULL);
	c.wires[2].port = 5080;
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		sip_settings_put_value(&rows[i], &c, rows[i].stride ? 3 : 0, &b);
		sip_buf_put_char(&b, '|');
	}
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), "true|180||a # b|low||5080|");
out:
	sip_buf_fini(&b);
	sip_settings_fini(&table, &c);
	return err;
}

struct folder {
	char path[64];
	char file[128];
};

static bool write_file(struct folder *f, const char *name, const void *text, size_t len)
{
	if (!f->path[0]) {
		snprintf(f->path, sizeof f->path, "/tmp/settings-test-XXXXXX");
		if (!mkdtemp(f->path))
			return false;
	}
	snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
	FILE *out = fopen(f->file, "w");
	if (!out)
		return false;
	bool is_good = fwrite(text, 1, len, out) == len;
	return fclose(out) == 0 && is_good;
}

static void remove_folder(struct folder *f, const char *const *names)
{
	for (; *names; names++) {
		snprintf(f->file, sizeof f->file, "%s/%s", f->path, *names);
		unlink(f->file);
	}
	rmdir(f->path);
}

static enum sip_err test_settings_load_a_file(void)
{
	static const char text[] = "\xef\xbb\xbf# a comment\r\n"
				   "\r\n"
				   "  RecordRoute = no   # and why\r\n"
				   "TimerC=60\n"
				   "Domain = \"example.com\"\n"
				   "Secret = \" a # \" # quoted\n"
				   "Transport2Interface=a#b\n"
				   "Daemonize = true\n"
				   "Level = high";
	static const char *const names[] = { "a", NULL };
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	struct folder f = { "", "" };
	UNIT_CHECK(write_file(&f, names[0], text, sizeof text - 1));
	UNIT_TRY(sip_settings_init(&table, &c));
	UNIT_TRY(sip_settings_load(&table, &c, f.file, on_issue, &t));
	UNIT_CHECK(!c.is_recording);
	UNIT_EQ(c.timer_c, 60);
	UNIT_STR(sip_str_of(c.domain), "example.com");
	UNIT_STR(sip_str_of(c.secret), " a # ");
	UNIT_STR(sip_str_of(c.wires[1].interface), "a#b");
	UNIT_EQ(c.level, 2);
	UNIT_EQ(t.count, 1);
	UNIT_EQ(t.errors, 0);
	UNIT_EQ(t.issues[0].line, 8);
	UNIT_STR(sip_str_of(t.files[0]), f.file);
out:
	sip_settings_fini(&table, &c);
	remove_folder(&f, names);
	return err;
}

static enum sip_err test_settings_load_when_lines_are_wrong_then_each_is_told(void)
{
	static const struct {
		const char *line, *text;
		bool is_warning;
	} lines[] = {
		{ "TimerC = soon", "TimerC: expected a number from 1 to 86400, found \"soon\"", false },
		{ "just words", "just words: expected \"Name = value\"", false },
		{ "= 5", "expected a name before \"=\"", false },
		{ "Domain = \"open", "Domain: a quote does not close", false },
		{ "Domain = \"a\" b", "Domain: text after the closing quote", false },
		{ "Domain = a\"b", "Domain: a quote does not close", false },
		{ "Nothing = 1", "Nothing: no such setting", false },
		{ "Daemonize = 1", "Daemonize: not supported here, ignored", true },
		{ "Include", "Include: expected a file", false },
		{ "Include \"x", "Include: a quote does not close", false },
		{ "Level = low", NULL, false },
		{ "level = high", "level: set twice, before in line 11; the last one counts", true },
		{ "Transport1Port = 1", NULL, false },
		{ "Transport2Port = 2", NULL, false },
		{ "Transport1Port = 3", "Transport1Port: set twice, before in line 13; the last one counts", true },
	};
	static const char *const names[] = { "a", NULL };
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	struct folder f = { "", "" };
	struct sip_buf b;
	unsigned n = 0;
	sip_buf_init(&b, 0);
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++)
		sip_buf_putf(&b, "%s\n", lines[i].line);
	UNIT_TRY(b.err);
	UNIT_CHECK(write_file(&f, names[0], b.p, b.len));
	UNIT_TRY(sip_settings_init(&table, &c));
	err = sip_settings_load(&table, &c, f.file, on_issue, &t);
	UNIT_EQ(err, SIP_E_INVAL);
	if (err == SIP_E_NOMEM)
		goto out;
	err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		if (!lines[i].text)
			continue;
		UNIT_STR(sip_str_of(t.issues[n].text), lines[i].text);
		UNIT_EQ(t.issues[n].line, i + 1);
		UNIT_EQ(t.issues[n].is_error, !lines[i].is_warning);
		n++;
	}
	UNIT_EQ(t.count, n);
	UNIT_EQ(c.level, 2);
	UNIT_EQ(c.wires[0].port, 3);
	UNIT_EQ(c.wires[1].port, 2);
out:
	sip_buf_fini(&b);
	sip_settings_fini(&table, &c);
	remove_folder(&f, names);
	return err;
}

/* One error is expected of the load; memory ending is passed on. */
#define EXPECT_LOAD(path, expected)                                         \
	do {                                                                \
		err = sip_settings_load(&table, &c, (path), on_issue, &t);  \
		if (err == SIP_E_NOMEM)                                     \
			goto out;                                           \
		UNIT_EQ(err, (expected));                                   \
		err = SIP_OK;                                               \
	} while (0)

static enum sip_err test_settings_load_include_is_relative(void)
{
	static const char main_text[] = "Include b\nInclude = \"b\"\ninclude missing\nIncludeX = 1\n";
	static const char other_text[] = "\nTimerC = 61\nLevel = wrong\n";
	static const char *const names[] = { "a", "b", NULL };
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	struct folder f = { "", "" };
	UNIT_CHECK(write_file(&f, "b", other_text, sizeof other_text - 1));
	UNIT_CHECK(write_file(&f, "a", main_text, sizeof main_text - 1));
	UNIT_TRY(sip_settings_init(&table, &c));
	EXPECT_LOAD(f.file, SIP_E_INVAL);
	UNIT_EQ(c.timer_c, 61);
	UNIT_EQ(t.count, 6);
	UNIT_EQ(t.issues[0].line, 3);
	UNIT_CHECK(sip_str_ends_nocase(sip_str_of(t.files[0]), SIP_STR("/b")));
	UNIT_CHECK(strstr(t.issues[1].text, "set twice") != NULL);
	UNIT_CHECK(strstr(t.issues[4].text, "missing: cannot be read: not found") != NULL);
	UNIT_EQ(t.issues[4].line, 3);
	UNIT_STR(sip_str_of(t.files[4]), f.file);
	UNIT_STR(sip_str_of(t.issues[5].text), "IncludeX: no such setting");
out:
	sip_settings_fini(&table, &c);
	remove_folder(&f, names);
	return err;
}

static enum sip_err test_settings_load_bounds(void)
{
	static const char *const names[] = { "self", "long", "zero", "huge", NULL };
	static char text[4 * 1024 * 1024 + 1];
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	struct folder f = { "", "" };
	UNIT_TRY(sip_settings_init(&table, &c));
	UNIT_CHECK(write_file(&f, "self", "Include self\n", 13));
	EXPECT_LOAD(f.file, SIP_E_LIMIT);
	UNIT_EQ(t.count, 1);
	UNIT_STR(sip_str_of(t.issues[0].text), "Include: more than 8 files deep");
	t.count = 0;
	memset(text, ' ', sizeof text);
	text[8192] = '\n';
	UNIT_CHECK(write_file(&f, "long", text, 8193));
	EXPECT_LOAD(f.file, SIP_OK);
	text[8192] = ' ';
	text[8193] = '\n';
	UNIT_CHECK(write_file(&f, "long", text, 8194));
	EXPECT_LOAD(f.file, SIP_E_LIMIT);
	UNIT_EQ(t.issues[0].line, 1);
	UNIT_CHECK(write_file(&f, "zero", "TimerC = 5\0\n", 12));
	EXPECT_LOAD(f.file, SIP_E_INVAL);
	UNIT_EQ(c.timer_c, 180);
	memset(text, '\n', sizeof text);
	UNIT_CHECK(write_file(&f, "huge", text, sizeof text));
	EXPECT_LOAD(f.file, SIP_E_TOOBIG);
	UNIT_CHECK(write_file(&f, "huge", text, sizeof text - 1));
	EXPECT_LOAD(f.file, SIP_OK);
	t.count = 0;
	EXPECT_LOAD("/nowhere/at/all", SIP_E_NOTFOUND);
	UNIT_EQ(t.count, 1);
	UNIT_EQ(t.issues[0].line, 0);
	EXPECT_LOAD("/tmp", SIP_E_IO);
out:
	sip_settings_fini(&table, &c);
	remove_folder(&f, names);
	return err;
}

static enum sip_err test_settings_sample_loads_as_the_defaults(void)
{
	static const char *const names[] = { "sample", NULL };
	enum sip_err err = SIP_OK;
	struct config c = { 0 };
	struct told t = { 0 };
	struct folder f = { "", "" };
	struct sip_buf b;
	sip_buf_init(&b, 0);
	sip_settings_put_sample(&table, &b);
	UNIT_TRY(b.err);
	UNIT_CHECK(strstr(sip_buf_z(&b), "# Seconds.\n# a number from 1 to 86400; may be reloaded\nTimerC = 180\n"));
	UNIT_CHECK(strstr(sip_buf_z(&b), "Secret = \"a # b\"\n"));
	UNIT_CHECK(strstr(sip_buf_z(&b), "; numbered 1 to 3; read at start\n#Transport1Port = 5060\n"));
	UNIT_TRY(b.err);
	UNIT_CHECK(write_file(&f, names[0], b.p, b.len));
	UNIT_TRY(sip_settings_init(&table, &c));
	UNIT_TRY(sip_settings_load(&table, &c, f.file, on_issue, &t));
	UNIT_EQ(t.count, 0);
	UNIT_STR(sip_str_of(c.secret), "a # b");
	UNIT_EQ(c.timer_c, 180);
out:
	sip_buf_fini(&b);
	sip_settings_fini(&table, &c);
	remove_folder(&f, names);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_settings_init_gives_defaults),
	UNIT_CASE(test_settings_set_each_type),
	UNIT_CASE(test_settings_set_when_wrong_then_told),
	UNIT_CASE(test_settings_find_and_put_value),
	UNIT_CASE(test_settings_load_a_file),
	UNIT_CASE(test_settings_load_when_lines_are_wrong_then_each_is_told),
	UNIT_CASE(test_settings_load_include_is_relative),
	UNIT_CASE(test_settings_load_bounds),
	UNIT_CASE(test_settings_sample_loads_as_the_defaults),
};
SUITE(settings);
