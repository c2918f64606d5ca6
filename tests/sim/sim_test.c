/*
 * Runs worlds by seed, each in a process of its own, so that nothing of one is left for the next; says what did not
 * hold, and the command that shows it again.
 */
#include "tests/sim/sim.h"
#include "stack/transaction/transaction_priv.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 64

struct run {
	struct sim_options o;
	uint64_t first, last;
	unsigned jobs;
	bool is_verbose, is_once;
	const char *program;
};

static const char *const wires[] = { "udp", "tcp", "mixed" };
static const char *const layouts[] = { "single", "chain" };

/* ---- the command line ------------------------------------------------------------------------ */

static int usage(FILE *to)
{
	fputs("usage: sim_test [--seeds A..B | --seed N] [--calls N] [--loss PERMILLION] [--layout single|chain]\n"
	      "                [--wire udp|tcp|mixed] [--forget MACHINE:STATE:EVENT] [--blind] [--jobs N] [--once] [--trace] [-v]\n"
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

static bool read_name(const char *text, const char *const *names, size_t count, int *out)
{
	for (size_t i = 0; text && i < count; i++)
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
		is_good = read_name(value, layouts, SIP_COUNTOF(layouts), &r->o.layout);
	} else if (strcmp(name, "--wire") == 0) {
		is_good = read_name(value, wires, SIP_COUNTOF(wires), &r->o.wire);
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

/* ---- a missing row --------------------------------------------------------------------------- */

static bool forget(const char *text)
{
	static const struct sip__machine *const machines[SIP__MACHINE_COUNT] = {
#define SIP__MACHINE(id, stem) &sip__##stem,
#include "stack/transaction/machine_table.h"
#undef SIP__MACHINE
	};
	char name[100];

	for (unsigned m = 0; m < SIP__MACHINE_COUNT; m++)
		for (unsigned s = 0; s < SIP__STATE_COUNT; s++)
			for (unsigned e = 0; e < SIP__EVENT_COUNT; e++) {
				snprintf(name, sizeof name, "%s:%s:%s", machines[m]->name, sip__state_name(s),
					 sip__event_name(e));
				if (strcmp(name, text) == 0 && machines[m]->rows[s][e].act) {
					sip__machine_forget_row((enum sip__machine_id)m, (enum sip__state)s,
								(enum sip__event)e);
					return true;
				}
			}
	return false;
}

/* ---- one seed -------------------------------------------------------------------------------- */

static void put_command(const struct run *r, uint64_t seed, FILE *to)
{
	fprintf(to, "%s --seed %llu --calls %u --loss %u", r->program, (unsigned long long)seed, r->o.calls, r->o.loss);
	if (r->o.layout >= 0)
		fprintf(to, " --layout %s", layouts[r->o.layout]);
	if (r->o.wire >= 0)
		fprintf(to, " --wire %s", wires[r->o.wire]);
	if (r->o.forget)
		fprintf(to, " --forget %s", r->o.forget);
	if (r->o.is_blind)
		fputs(" --blind", to);
}

static void put_violations(const struct sim_world *w, FILE *to)
{
	for (uint64_t i = 0; i < w->stats.violations && i < SIM_VIOLATIONS; i++)
		fprintf(to, "  %s\n", w->texts[i]);
	if (w->stats.violations > SIM_VIOLATIONS)
		fprintf(to, "  … and %llu more\n", (unsigned long long)(w->stats.violations - SIM_VIOLATIONS));
}

/*
 * What a world needs at once and in large pages: asked for page by page it costs as much as all that happens there. Only a wish;
 * a malloc that is not glibc's has no use for it.
 */
static void reserve(unsigned calls)
{
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (size_t)3 << 20, most = (size_t)31 << 20;
	char *p, *from;

	size += (size_t)calls * 24 * 1024;
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
	(void)calls;
#endif
}

static int run_seed(const struct run *r, uint64_t seed)
{
	static struct sim_world w;
	struct sim_options o = r->o;

	o.seed = seed;
	reserve(o.calls);
	sim_world_run(&o, &w);
	if (r->is_verbose)
		printf("seed %llu: %s, %s, %llu messages, %llu turns, at most %llu contexts, "
		       "outcomes %llu/%llu/%llu/%llu/%llu, 2xx resent %llu, %lld s\n",
		       (unsigned long long)seed, wires[w.wire], layouts[w.layout], (unsigned long long)w.stats.sent,
		       (unsigned long long)w.stats.turns, (unsigned long long)w.stats.in_flight_most,
		       (unsigned long long)w.stats.outcomes[2], (unsigned long long)w.stats.outcomes[3],
		       (unsigned long long)w.stats.outcomes[4], (unsigned long long)w.stats.outcomes[5],
		       (unsigned long long)w.stats.outcomes[6], (unsigned long long)w.stats.resent,
		       (long long)(w.stats.virtual_us / 1000000));
	if (w.stats.violations) {
		printf("seed %llu (%s, %s): %llu violations\n", (unsigned long long)seed, wires[w.wire],
		       layouts[w.layout], (unsigned long long)w.stats.violations);
		put_violations(&w, stdout);
	}
	return w.stats.violations != 0;
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

int main(int argc, char **argv)
{
	struct run r = { .o = { .calls = 1000, .loss = 50000, .layout = SIM_ANY, .wire = SIM_ANY }, .first = 1,
			 .last = 200, .jobs = 2, .program = argv[0] };
	const char *seeds = getenv("SIM_SEEDS"), *slow = getenv("STROWGER_SLOW");
	uint64_t times = 0;

	if (read_number(slow, 1000, &times) && times > 1) {
		r.last = r.last / times + 1;
		r.o.calls = 250; /* another world shows more than more of the same */
	}
	if (seeds && *seeds && !read_seeds(seeds, &r))
		return usage(stderr);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (!read_command_line(&r, argc, argv))
		return usage(stderr);
	if (r.o.forget && !forget(r.o.forget)) {
		fprintf(stderr, "sim_test: there is no row %s\n", r.o.forget);
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
