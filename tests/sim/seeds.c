/*
 * Runs worlds by seed, each in a process of its own, so that nothing of one is left for the next; says what did not
 * hold, and the command that shows it again.
 */
#include "tests/sim/seeds.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 64

struct run {
	const struct sim_program *p;     /* static */
	struct sim_options o;
	uint64_t first, last;
	unsigned jobs;
	bool is_verbose, is_once;
	const char *name;
};

const char *const sim_wire_names[] = { "udp", "tcp", "mixed", NULL };

/* ---- the command line ------------------------------------------------------------------------ */

static void put_names(const char *const *names, FILE *to)
{
	for (size_t i = 0; names[i]; i++)
		fprintf(to, "%s%s", i ? "|" : "", names[i]);
}

static int usage(const struct run *r, FILE *to)
{
	fprintf(to, "usage: %s [--seeds A..B | --seed N] [--calls N] [--loss PERMILLION] [--layout ", r->name);
	put_names(r->p->layouts, to);
	fputs("] [--wire ", to);
	put_names(sim_wire_names, to);
	fputs("]\n"
	      "                [--forget MACHINE:STATE:EVENT] [--blind] [--jobs N] [--once] [--trace] [-v]\n"
	      "--forget   one row of one machine is missing, as in client-invite:trying:rx-2xx\n"
	      "--blind    transitions that no machine lists are no violation\n"
	      "--once     the first seed that fails is the last\n"
	      "--trace    (with --seed) every message on the wire and every decision, on standard output\n",
	      to);
	return to == stdout ? 0 : 2;
}

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	return text && sip_str_to_u64(sip_str_of(text), max, out) == SIP_OK;
}

static bool read_seeds(const char *text, struct run *r)
{
	const char *dots = text ? strstr(text, "..") : NULL;

	return dots && sip_str_to_u64(sip_str_make(text, (size_t)(dots - text)), UINT64_MAX, &r->first) == SIP_OK &&
	       read_number(dots + 2, UINT64_MAX, &r->last) && r->first <= r->last;
}

static bool read_name(const char *text, const char *const *names, int *out)
{
	for (size_t i = 0; text && names[i]; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (int)i;
			return true;
		}
	return false;
}

static bool read_value(struct run *r, const char *name, const char *value)
{
	uint64_t n = 0;
	bool is_good = true;

	if (strcmp(name, "--seeds") == 0)
		return read_seeds(value, r);
	if (strcmp(name, "--seed") == 0) {
		is_good = read_number(value, UINT64_MAX, &r->first);
		r->last = r->first;
	} else if (strcmp(name, "--calls") == 0) {
		is_good = read_number(value, SIM_CALLS_MAX, &n);
		r->o.calls = (unsigned)n;
	} else if (strcmp(name, "--loss") == 0) {
		is_good = read_number(value, 1000000, &n);
		r->o.loss = (uint32_t)n;
	} else if (strcmp(name, "--jobs") == 0) {
		is_good = read_number(value, JOBS_MAX, &n) && n > 0;
		r->jobs = (unsigned)n;
	} else if (strcmp(name, "--layout") == 0) {
		is_good = read_name(value, r->p->layouts, &r->o.layout);
	} else if (strcmp(name, "--wire") == 0) {
		is_good = read_name(value, sim_wire_names, &r->o.wire);
	} else if (strcmp(name, "--forget") == 0) {
		r->o.forget = value;
		is_good = value != NULL;
	} else {
		is_good = false;
	}
	return is_good;
}

static bool read_command_line(struct run *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			r->o.is_traced = true;
		else if (strcmp(argv[i], "--blind") == 0)
			r->o.is_blind = true;
		else if (strcmp(argv[i], "--once") == 0)
			r->is_once = true;
		else if (strcmp(argv[i], "-v") == 0)
			r->is_verbose = true;
		else if (!read_value(r, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
			return false;
		else
			i++;
	}
	return !r->o.is_traced || r->first == r->last;
}

/* ---- one seed -------------------------------------------------------------------------------- */

static void put_command(const struct run *r, uint64_t seed, FILE *to)
{
	fprintf(to, "%s --seed %llu --calls %u --loss %u", r->name, (unsigned long long)seed, r->o.calls, r->o.loss);
	if (r->o.layout >= 0)
		fprintf(to, " --layout %s", r->p->layouts[r->o.layout]);
	if (r->o.wire >= 0)
		fprintf(to, " --wire %s", sim_wire_names[r->o.wire]);
	if (r->o.forget)
		fprintf(to, " --forget %s", r->o.forget);
	if (r->o.is_blind)
		fputs(" --blind", to);
}

static void put_violations(const struct sim_base *b, FILE *to)
{
	for (uint64_t i = 0; i < b->violations && i < SIM_VIOLATIONS; i++)
		fprintf(to, "  %s\n", b->texts[i]);
	if (b->violations > SIM_VIOLATIONS)
		fprintf(to, "  … and %llu more\n", (unsigned long long)(b->violations - SIM_VIOLATIONS));
}

/*
 * What a world needs at once and in large pages: asked for page by page it costs as much as all that happens there. Only a wish;
 * a malloc that is not glibc's has no use for it.
 */
static void reserve(size_t bytes)
{
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (size_t)3 << 20, most = (size_t)31 << 20;
	char *p, *from;

	size += bytes;
	size = size < most ? size : most;
	if (!mallopt(M_MMAP_THRESHOLD, (int)most + 1) || !mallopt(M_TRIM_THRESHOLD, (int)most * 4))
		return;
	p = malloc(size + page);
	if (!p)
		return;
	from = p + (page - (uintptr_t)p % page);
	size -= size % page;
	(void)madvise(from, size, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
	(void)madvise(from, size, MADV_POPULATE_WRITE);
#endif
	free(p);
#else
	(void)bytes;
#endif
}

static int run_seed(const struct run *r, uint64_t seed)
{
	const struct sim_base *b;
	struct sim_options o = r->o;
	int wire = 0, layout = 0;

	o.seed = seed;
	reserve((size_t)o.calls * r->p->bytes_a_call);
	b = r->p->run(&o, r->is_verbose, &wire, &layout);
	if (b->violations) {
		printf("seed %llu (%s, %s): %llu violations\n", (unsigned long long)seed, sim_wire_names[wire], r->p->layouts[layout],
		       (unsigned long long)b->violations);
		put_violations(b, stdout);
	}
	return b->violations != 0;
}

static void report(const struct run *r, uint64_t seed, int status)
{
	if (WIFSIGNALED(status))
		printf("seed %llu: ended by signal %d\n", (unsigned long long)seed, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 1)
		printf("seed %llu: ended with status %d\n", (unsigned long long)seed, WEXITSTATUS(status));
	printf("again: ");
	put_command(r, seed, stdout);
	putchar('\n');
	fflush(stdout);
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct job {
	pid_t pid;
	uint64_t seed;
};

static void start(const struct run *r, struct job *j, uint64_t seed)
{
	fflush(stdout);
	j->seed = seed;
	j->pid = fork();
	SIM_MUST(j->pid >= 0);
	if (j->pid == 0) {
		int status = run_seed(r, seed);
		fflush(stdout);
		exit(status);
	}
}

static bool await(const struct run *r, struct job *jobs, unsigned *count)
{
	int status = 0;
	pid_t pid = wait(&status);

	for (unsigned i = 0; i < *count; i++) {
		if (jobs[i].pid != pid)
			continue;
		if (status)
			report(r, jobs[i].seed, status);
		jobs[i] = jobs[--*count];
		return status == 0;
	}
	return pid >= 0;
}

static int run_all(const struct run *r)
{
	struct job jobs[JOBS_MAX];
	unsigned count = 0, failed = 0;

	for (uint64_t seed = r->first;; seed++) {
		if (count == r->jobs)
			failed += !await(r, jobs, &count);
		if (failed && r->is_once)
			break;
		start(r, &jobs[count++], seed);
		if (seed == r->last)
			break;
	}
	while (count)
		failed += !await(r, jobs, &count);
	printf("%llu seeds of %u calls, %u failed\n", (unsigned long long)(r->last - r->first + 1), r->o.calls, failed);
	return failed != 0;
}

int sim_seeds_main(const struct sim_program *p, int argc, char **argv)
{
	struct run r = { .p = p, .o = { .calls = p->calls, .loss = 50000, .layout = SIM_ANY, .wire = SIM_ANY }, .first = 1,
			 .last = p->seeds, .jobs = 2, .name = argv[0] };
	const char *seeds = getenv("SIM_SEEDS"), *slow = getenv("STROWGER_SLOW");
	uint64_t times = 0;

	if (read_number(slow, 1000, &times) && times > 1) {
		r.last = r.last / times + 1;
		r.o.calls = p->calls_slow;
	}
	if (seeds && *seeds && !read_seeds(seeds, &r))
		return usage(&r, stderr);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(&r, stdout);
	if (!read_command_line(&r, argc, argv))
		return usage(&r, stderr);
	if (r.o.forget && !p->forget(r.o.forget)) {
		fprintf(stderr, "there is no row %s\n", r.o.forget);
		return 2;
	}
	if (r.first == r.last) {
		int status = run_seed(&r, r.first);
		if (status)
			report(&r, r.first, status << 8);
		return status;
	}
	return run_all(&r);
}
