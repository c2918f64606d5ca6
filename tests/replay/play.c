/* A play from its first line to its verdict. */
#include "tests/replay/play.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_MOST = 256 * 1024 };

void *play_alloc(struct play *p, size_t size)
{
	void *m = sip_arena_alloc_zero(&p->arena, size);

	if (!m) {
		fputs("replay: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return m;
}

struct sip_str play_copy(struct play *p, struct sip_str s)
{
	char *m = play_alloc(p, s.len + 1);

	if (s.len)
		memcpy(m, s.p, s.len);
	return sip_str_make(m, s.len);
}

const char *play_z(struct play *p, struct sip_str s)
{
	return play_copy(p, s).p;
}

struct sip_str play_format(struct play *p, const char *format, ...)
{
	struct sip_str out;
	struct sip_buf b;
	va_list args;

	sip_buf_init(&b, 0);
	va_start(args, format);
	sip_buf_putv(&b, format, args);
	va_end(args);
	out = play_copy(p, sip_buf_str(&b));
	sip_buf_fini(&b);
	return out;
}

void play_tell(struct play *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	sip_buf_putv(&p->story, format, args);
	va_end(args);
}

void play_fail(struct play *p, const struct speech *got, const char *format, ...)
{
	struct sip_str bytes = got ? got->bytes : sip_str_make(NULL, 0);
	va_list args;

	sip_buf_putf(&p->verdict, "%s:%u: expected ", p->file, p->cue.line ? p->cue.line : p->line);
	va_start(args, format);
	sip_buf_putv(&p->verdict, format, args);
	va_end(args);
	sip_buf_put_char(&p->verdict, '\n');
	if (got)
		sip_buf_putf(&p->verdict, "  %.*s %s:\n", SIP_STR_ARG(got->voice->name), got->is_sent ? "said" : "heard");
	while (bytes.len) {
		size_t end = sip_str_find(bytes, '\n');
		sip_buf_putf(&p->verdict, "  | %.*s\n", SIP_STR_ARG(sip_str_trim(sip_str_make(bytes.p, end))));
		bytes = sip_str_from(bytes, end + 1);
	}
	longjmp(p->stop, 1);
}

static char *read_file(const char *file, size_t *len)
{
	FILE *f = fopen(file, "r");
	char *text = f ? sip_alloc(SCRIPT_MOST) : NULL;

	*len = text ? fread(text, 1, SCRIPT_MOST, f) : 0;
	if (f)
		(void)fclose(f);
	return text;
}

static void play_all(struct play *p)
{
	voice_add(p, SIP_STR("user"))->is_user = true;
	while (script_next(p)) {
		if (p->is_set || !stage_direct(p)) {
			stage_set(p);
			cue_play(p);
		}
	}
	p->cue.line = p->line;
	if (!p->is_set)
		play_fail(p, NULL, "a scene: this play only has stage directions");
	stage_curtain(p);
	if (!p->quotes)
		play_fail(p, NULL, "a play to quote what it proves");
}

static bool perform(struct play *p)
{
	volatile bool is_good = false;

	if (setjmp(p->stop) == 0) {
		play_all(p);
		is_good = true;
	}
	stage_strike(p);
	return is_good;
}

bool play_run(const char *file, bool is_verbose)
{
	struct play *p = sip_alloc_zero(sizeof *p);
	long before = sip_mem_balance();
	size_t len;
	char *text;
	bool is_good = false;

	if (!p)
		return false;
	text = read_file(file, &len);
	p->file = file;
	p->is_verbose = is_verbose;
	p->rest = sip_str_make(text, len);
	sip_arena_init(&p->arena, NULL, 0, 256u << 20);
	sip_buf_init(&p->story, 0);
	sip_buf_init(&p->verdict, 0);
	sip_stack_options_init(&p->options);
	sip_clock_virtual_init(&p->clock, SIP_SECONDS(1800000000));
	if (text)
		is_good = perform(p);
	else
		sip_buf_putf(&p->verdict, "%s: cannot be read\n", file);
	sip_arena_fini(&p->arena);
	if (!is_good || is_verbose)
		printf("---- %s\n%s%s", file, sip_buf_z(&p->story), sip_buf_z(&p->verdict));
	sip_buf_fini(&p->story);
	sip_buf_fini(&p->verdict);
	sip_free(text);
	if (is_good && sip_mem_balance() != before) {
		printf("%s: %ld blocks of memory were not given back\n", file, sip_mem_balance() - before);
		is_good = false;
	}
	sip_free(p);
	return is_good;
}
