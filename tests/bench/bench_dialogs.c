/*
 * What a dialog costs in memory: two managers over the memory wire, embedded, on a virtual clock, with an INVITE session at both
 * ends of each dialog. Counted is every block from malloc as the C library lays it out, for the side whose turn it was when the block
 * was taken: when all calls stand and every transaction is over, and when all have ended. Made and ended twice: what the first
 * time leaves (tables and pages that are kept) must do for the second. Fails when a dialog takes more than BYTES_MOST.
 *   bench_dialogs [--json] [--case timers|plain] [--by-size] [COUNT]
 */
#include "dum/manager/manager.h"

#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 10000, WAVE = 100, BYTES_MOST = 4096 };
enum side_name { NEITHER, CALLER, CALLEE, SIDES };
static const char *const side_names[] = { "neither", "caller", "callee" };

static const char offer[] = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			    "m=audio 49170 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

struct side {
	enum side_name name;
	struct sip_stack *stack;
	struct dum *dum;
	struct sip_loop *loop;
	size_t sessions; /* that stand */
};

struct bench {
	struct side sides[SIDES];
	struct sip_clock_virtual clock;
	struct sip_memory_net *net;
	struct dum_handle *sets; /* of the calls made */
	size_t count;
};

static void must(enum sip_err err, const char *what)
{
	if (err == SIP_OK)
		return;
	fprintf(stderr, "bench_dialogs: %s: %s\n", what, sip_err_text(err));
	exit(1);
}

/* ---- whose memory it is: the linker sends malloc and its like here (--wrap) ---------------------------------------------- */

struct block {
	size_t size;
	enum side_name side;
};
_Static_assert(sizeof(struct block) == 16, "what stands behind it is aligned");

enum { SIZES = 8192 }; /* from there on sizes are one */
static enum side_name turn_of;
static size_t held[SIDES];
static long blocks[SIDES][SIZES];

/* A word before each block, and sixteen bytes at a time. */
static size_t cost_of(size_t size)
{
	size_t cost = (size + sizeof(size_t) + 15) & ~(size_t)15;

	return cost < 32 ? 32 : cost;
}

static void count(const struct block *b, int by)
{
	held[b->side] += by > 0 ? cost_of(b->size) : (size_t)0 - cost_of(b->size);
	blocks[b->side][b->size < SIZES ? b->size : SIZES - 1] += by;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static void *take(struct block *b, size_t size)
{
	if (!b)
		return NULL;
	b->size = size;
	b->side = turn_of;
	count(b, 1);
	return b + 1;
}

void *__wrap_malloc(size_t size)
{
	return take(__real_malloc(sizeof(struct block) + size), size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return take(__real_calloc(1, sizeof(struct block) + n * size), n * size);
}

void __wrap_free(void *p)
{
	struct block *b = p ? (struct block *)p - 1 : NULL;

	if (b)
		count(b, -1);
	__real_free(b);
}

void *__wrap_realloc(void *p, size_t size)
{
	struct block *b = p ? (struct block *)p - 1 : NULL, old, *moved;

	if (!b)
		return __wrap_malloc(size);
	old = *b;
	moved = __real_realloc(b, sizeof *b + size);
	if (moved)
		count(&old, -1);
	return take(moved, size);
}

/* Blocks a thread keeps to give out again would be of whoever had them first. */
void *__wrap_sip_alloc_kept(size_t size);
void __wrap_sip_free_kept(void *p, size_t size);

void *__wrap_sip_alloc_kept(size_t size)
{
	return sip_alloc((size + 1023) & ~(size_t)1023);
}

void __wrap_sip_free_kept(void *p, size_t size)
{
	(void)size;
	sip_free(p);
}

/* ---- the two ----------------------------------------------------------------------------------------------------------- */

static void on_new_session(struct dum *d, const struct dum_event *e)
{
	(void)d;
	(void)e; /* the offer comes next */
}

static void on_offer(struct dum *d, const struct dum_event *e)
{
	must(dum_session_provide_answer(d, e->handle, e->type, e->body), "answer");
	must(dum_session_accept(d, e->handle, 200), "accept");
}

static void on_connected(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	s->sessions++;
}

static void on_terminated(struct dum *d, const struct dum_event *e)
{
	struct side *s = e->data;

	(void)d;
	s->sessions--;
}

static const struct dum_session_handler handler = {
	.on_new_session = on_new_session, .on_offer = on_offer, .on_connected = on_connected, .on_terminated = on_terminated,
};

static void make_stack(struct bench *b, struct side *s)
{
	struct sip_stack_options so;
	struct sip_transport_options to;

	sip_stack_options_init(&so);
	so.layout = SIP_LAYOUT_EMBEDDED;
	so.poll = SIP_POLL_NONE;
	so.clock = &b->clock.clock;
	so.seed = s->name;
	so.hosts_path = "";
	must(sip_stack_create(&so, &s->stack), "create a stack");
	sip_transport_options_init(&to, SIP_TRANSPORT_UDP);
	to.net = b->net;
	must(sip_addr_parse(&to.bind, sip_str_of(s->name == CALLER ? "192.0.2.1" : "192.0.2.2"), 5060), "parse an address");
	must(sip_stack_add_transport(s->stack, &to, NULL), "open a transport");
}

static void make_side(struct bench *b, enum side_name name, bool has_timers)
{
	struct side *s = &b->sides[name];
	struct dum_options o;

	turn_of = s->name = name;
	make_stack(b, s);
	dum_options_init(&o);
	o.stack = s->stack;
	o.handlers.session = &handler;
	o.data = s;
	must(dum_create(&o, &s->dum), "create a manager");
	if (!has_timers)
		must(dum_profile_set_number(dum_master_profile(s->dum), DUM_PROFILE_SESSION_TIME, 0), "set a time");
	must(dum_profile_set_text(dum_master_profile(s->dum), DUM_PROFILE_FROM,
				  sip_str_of(name == CALLER ? "\"Alice\" <sip:alice@example.com>" : "\"Bob\" <sip:bob@example.com>")),
	     "set a name");
	must(sip_stack_start(s->stack), "start");
	s->loop = sip_stack_loop(s->stack, 0);
	turn_of = NEITHER;
}

static void make(struct bench *b, bool has_timers)
{
	struct sip_memory_options mo;

	sip_clock_virtual_init(&b->clock, SIP_SECONDS(1700000000));
	sip_memory_options_init(&mo);
	mo.loss = mo.duplicate = mo.reorder = 0;
	mo.delay_min_us = mo.delay_max_us = SIP_MS(1);
	must(sip_memory_net_create(&mo, &b->net), "create a network");
	make_side(b, CALLEE, has_timers);
	make_side(b, CALLER, has_timers);
	b->sets = sip_alloc(b->count * sizeof b->sets[0]);
	must(b->sets ? SIP_OK : SIP_E_NOMEM, "remember calls");
}

static void end(struct bench *b)
{
	for (unsigned i = CALLER; i < SIDES; i++)
		sip_stack_stop(b->sides[i].stack);
	for (unsigned i = CALLER; i < SIDES; i++) {
		dum_destroy(&b->sides[i].dum);
		sip_stack_destroy(&b->sides[i].stack);
	}
	sip_memory_net_unref(&b->net);
	sip_free(b->sets);
}

/* ---- time ---------------------------------------------------------------------------------------------------------------- */

/* Until nobody has anything to do now; how long until somebody has (<0: never). */
static int64_t settle(struct bench *b)
{
	int64_t next;
	bool has_turned;

	do {
		has_turned = false;
		next = -1;
		for (unsigned i = CALLER; i < SIDES; i++) {
			int64_t wait = sip_loop_sleep_us(b->sides[i].loop);
			if (wait == 0) {
				turn_of = b->sides[i].name;
				must(sip_loop_turn(b->sides[i].loop, 0), "turn");
				turn_of = NEITHER;
				has_turned = true;
			} else if (wait > 0 && (next < 0 || wait < next)) {
				next = wait;
			}
		}
	} while (has_turned);
	return next;
}

static void pass(struct bench *b, int64_t us)
{
	int64_t until = b->clock.now + us;

	for (int64_t wait = settle(b); wait >= 0 && b->clock.now + wait < until; wait = settle(b))
		sip_clock_virtual_advance(&b->clock, wait);
	sip_clock_virtual_advance(&b->clock, until - b->clock.now);
	(void)settle(b);
}

/* 80*T1, and a little: every transaction is over (64*T1 at most), and so is what waits for 2xx that come late (dum/core/request.c). */
#define REST SIP_SECONDS(41)

static void call_all(struct bench *b)
{
	struct dum_invite_options call;

	dum_invite_options_init(&call);
	call.target = SIP_STR("sip:bob@192.0.2.2");
	call.body = sip_str_of(offer);
	for (size_t i = 0; i < b->count; i++) {
		turn_of = CALLER;
		must(dum_invite(b->sides[CALLER].dum, &call, &b->sets[i]), "call");
		turn_of = NEITHER;
		if (i % WAVE == WAVE - 1)
			pass(b, SIP_MS(100));
	}
	pass(b, REST);
}

static void hang_up_all(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		turn_of = CALLER;
		must(dum_end(b->sides[CALLER].dum, b->sets[i], SIP_STR("")), "hang up");
		turn_of = NEITHER;
		if (i % WAVE == WAVE - 1)
			pass(b, SIP_MS(100));
	}
	pass(b, REST);
}

/* ---- measuring ------------------------------------------------------------------------------------------------------------- */

struct figures {
	size_t before, standing, left, left_again;
	long blocks[SIZES];
};

static void note_blocks(struct bench *b, struct figures f[SIDES])
{
	for (unsigned i = CALLER; i < SIDES; i++) {
		must(b->sides[i].sessions == b->count ? SIP_OK : SIP_E_STATE, "all calls stand");
		f[i].standing = held[i];
		for (size_t n = 0; n < SIZES; n++)
			f[i].blocks[n] = blocks[i][n] - f[i].blocks[n];
	}
}

static void tell_sizes(const struct figures *f, enum side_name name, size_t count)
{
	for (size_t n = 0; n < SIZES; n++)
		if (f->blocks[n] && (size_t)labs(f->blocks[n]) * 100 >= count)
			printf("%s %5zu bytes x %.2f a dialog\n", side_names[name], n, (double)f->blocks[n] / (double)count);
}

static bool tell(const struct figures *f, enum side_name name, bool has_timers, size_t count)
{
	double each = ((double)f->standing - (double)f->before) / (double)count;
	long grown = (long)f->left_again - (long)f->left;

	printf("{\"bench\":\"dialogs\",\"case\":\"%s\",\"message\":\"%s\",\"count\":%zu,\"bytes\":%.0f,\"left\":%ld,\"grown\":%ld}\n",
	       has_timers ? "timers" : "plain", side_names[name], count, each, (long)f->left - (long)f->before, grown);
	return each <= BYTES_MOST && grown <= 0;
}

static bool measure(size_t count, bool has_timers, bool by_size)
{
	static struct figures f[SIDES];
	struct bench b = { .count = count };
	bool is_good = true;

	make(&b, has_timers);
	pass(&b, REST);
	for (unsigned i = CALLER; i < SIDES; i++) {
		f[i].before = held[i];
		memcpy(f[i].blocks, blocks[i], sizeof f[i].blocks);
	}
	call_all(&b);
	note_blocks(&b, f);
	hang_up_all(&b);
	for (unsigned i = CALLER; i < SIDES; i++)
		f[i].left = held[i];
	call_all(&b);
	hang_up_all(&b);
	for (unsigned i = CALLER; i < SIDES; i++) {
		f[i].left_again = held[i];
		is_good &= tell(&f[i], b.sides[i].name, has_timers, count);
		if (by_size)
			tell_sizes(&f[i], b.sides[i].name, count);
	}
	end(&b);
	return is_good;
}

int main(int argc, char **argv)
{
	const char *slow = getenv("STROWGER_SLOW"), *only = NULL;
	size_t count = COUNT / (slow ? strtoul(slow, NULL, 10) : 1);
	bool by_size = false, is_good = true;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--by-size") == 0)
			by_size = true;
		else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "--json") != 0)
			count = strtoul(argv[i], NULL, 10);
	}
	if (count == 0) {
		fputs("usage: bench_dialogs [--json] [--case timers|plain] [--by-size] [COUNT]\n", stderr);
		return 2;
	}
	for (int has_timers = 1; has_timers >= 0; has_timers--)
		if (!only || strcmp(only, has_timers ? "timers" : "plain") == 0)
			is_good &= measure(count, has_timers != 0, by_size);
	return is_good ? 0 : 1;
}
