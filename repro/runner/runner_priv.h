/* The family of repro/runner. */
#ifndef REPRO_RUNNER_RUNNER_PRIV_H
#define REPRO_RUNNER_RUNNER_PRIV_H

#include "repro/runner/runner.h"

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- log_sink.c: where log lines go ------------------------------------------------------------------------------- */
struct repro__log_sink {
	struct sip_log log;
	FILE *file;             /* owned when is_owned; NULL: syslog */
	bool is_owned;
	bool is_syslog;
	bool has_writer;
	pthread_t writer;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t filled;
	struct sip_buf waiting; /* lines, each led by a byte that is its level */
	uint64_t dropped;       /* lines the buffer had no room for */
	bool is_closing;
};
/* False (said on standard error): the log file cannot be opened. */
bool repro__log_sink_open(struct repro__log_sink *s, const struct repro_config *c);
void repro__log_sink_close(struct repro__log_sink *s);

/* ---- tls.c: what secure transports show and trust ------------------------------------------------------------------- */
struct repro__tls {
	struct repro_config *config;       /* owned: a reference: it was made from this */
	struct sip_tls_context *contexts[REPRO_LISTENERS_MAX]; /* owned: references, as its listeners; NULL for those that are not secure */
	int64_t expires_s;                 /* wall clock: the first certificate of ours that ends; 0: there is none */
};
/*
 * Reads everything the settings name, for all listeners, or nothing: `why` has one sentence then. `before` (may be NULL): what it
 * replaces; its sessions and tickets go on.
 */
enum sip_err repro__tls_load(struct repro__tls *t, struct repro_config *config, const struct repro__tls *before,
			     struct sip_buf *why) SIP_MUST_USE;
void repro__tls_fini(struct repro__tls *t);
/* That of the listener of this kind and address; lent; NULL: there is none. */
struct sip_tls_context *repro__tls_find(const struct repro__tls *t, const struct repro_listener *l);

/* ---- activation.c: sockets systemd has bound for us --------------------------------------------------------------------- */
struct repro__inherited {
	int fds[REPRO_LISTENERS_MAX]; /* owned: of each listener of the configuration; -1: it opens one itself */
};
void repro__inherited_init(struct repro__inherited *in);
/*
 * Takes what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES name, and them out of the environment. False, with one sentence: they are
 * malformed, or a socket is of no listener.
 */
bool repro__inherited_take(struct repro__inherited *in, const struct repro_config *c, struct sip_buf *why);
void repro__inherited_close(struct repro__inherited *in);
/* Its two halves: how many are for this process (either text may be NULL); `count` from `first` on, all of which are ours from now on. */
bool repro__inherited_count(const char *pid, const char *count, int64_t own_pid, size_t *out, struct sip_buf *why);
/* Of another repro: it becomes that of the listener with this address and type, or is closed. */
void repro__inherited_offer(struct repro__inherited *in, const struct repro_config *c, int fd);
/* Which of the addresses for HTTP it listens on; http_bind_count: none. */
size_t repro__inherited_find_http(const struct repro_config *c, int fd);
bool repro__inherited_match(struct repro__inherited *in, const struct repro_config *c, int first, size_t count, const char *names,
			    struct sip_buf *why);

/* ---- notify.c: what systemd is told ------------------------------------------------------------------------------------- */
enum repro__state { REPRO__STATE_READY, REPRO__STATE_RELOADING, REPRO__STATE_STOPPING, REPRO__STATE_TAKEN_OVER };
/* Nobody wants to know: true. False: NOTIFY_SOCKET is no socket's name, or it takes nothing (errno). */
bool repro__notify(enum repro__state state, pid_t successor /* of TAKEN_OVER */);

/* ---- house.c: the parts and how they hang together ------------------------------------------------------------------ */
struct repro__house {
	struct repro_command_line line;
	struct repro_config *config;       /* owned: a reference */
	struct repro__log_sink sink;
	struct sip_metrics *metrics;       /* owned: repro's own */
	struct repro_store *store;         /* owned */
	struct repro_location *location;   /* owned */
	struct sip_nonces *nonces;         /* owned */
	struct repro_flow_tokens *tokens;  /* owned; of all shards */
	struct sip_stack *stack;           /* owned */
	struct sip_metrics_cells *cells;   /* lent by metrics: the main thread's */
	struct repro__tls tls;             /* in force */
	struct repro__inherited inherited; /* until the transports are open */
	struct repro_config *opened;       /* owned: a reference: the transports are its listeners', the pid file is its */
	struct sip_transport *transports[REPRO_LISTENERS_MAX]; /* lent by the stack; NULL: not opened */
	unsigned shards;
	struct repro_registrar **registrars; /* owned array, a shard each */
	struct repro_proxy **proxies;      /* owned array, a shard each */
	struct repro_admin *admin;         /* owned; NULL: HttpPort is 0 */
	struct repro__control *control;    /* owned; NULL: there is none */
	struct repro__take_over *take_over; /* owned: the talk with the repro we take over from; NULL: there is none */
	int http_fds[REPRO_SERVERS_MAX];   /* owned: sockets for HTTP we were given; -1: we bind one */
	int pid_fd;                        /* owned: of PidFile until it is written; -1 */
	bool is_taken_over;                /* atomic: another repro goes on with all of it … */
	pid_t successor;                   /* … and this is its process */
	int ready_fd;                      /* somebody waits for our readiness there; -1: nobody */
};
/* Tells every issue on standard error; NULL after an error. */
struct repro_config *repro__house_config(const struct repro_command_line *line);
/* 0, or the exit status after one sentence on standard error. */
int repro__house_build(struct repro__house *h, const struct repro_command_line *line);
int repro__house_light(struct repro__house *h);
#define REPRO__DRAIN_SECONDS 10 /* after SIGTERM */
/* New calls are refused; waits until none is under way, at most so long. */
void repro__house_drain(struct repro__house *h, unsigned seconds);
/* Another repro has taken over: ends what we have, at most so long, and closes connections nothing goes by. */
void repro__house_leave(struct repro__house *h, unsigned seconds);
void repro__house_close(struct repro__house *h);
/* SIGHUP: users, certificates, domains, log level and all that may change while running. */
void repro__house_reload(struct repro__house *h);
/* One line of figures. */
void repro__house_log_statistics(struct repro__house *h);

/* ---- control.c: commands of the same user to a running repro, by a Unix socket in DatabasePath ---------------------- */
#define REPRO__LINE_MAX 300 /* of one line between two of them, its end and all */
/* A repro without it still serves: what is wrong is logged. */
void repro__control_open(struct repro__house *h, int inherited_fd /* ours: it listens there already; -1: it is to be made */);
void repro__control_close(struct repro__house *h);
/* To the repro that runs on this DatabasePath. -1: errno says why. */
int repro__control_connect(const struct repro_config *c);

/* ---- take_over.c: from one repro to the next ------------------------------------------------------------------------------ */
/* The old one's half, on the control socket's thread. True: the other serves, and our main thread has been told. */
bool repro__take_over_serve(struct repro__house *h, struct sip_str version, int fd, int control_fd, int stop_fd);
/*
 * The new one's, on the main thread; false after one sentence on standard error, and the other goes on. Begin: its sockets, before
 * any are opened. Hold: what is left of it, before the registrations are read. Finish: all is ours, the stack runs.
 */
bool repro__take_over_begin(struct repro__house *h);
bool repro__take_over_hold(struct repro__house *h);
bool repro__take_over_finish(struct repro__house *h);
/* What came with the first step: the claim of the database, the control socket (the caller's then). */
void repro__take_over_claim(struct repro__house *h);
int repro__take_over_control_fd(struct repro__house *h);
void repro__take_over_end(struct repro__house *h);

/* ---- daemon.c ---------------------------------------------------------------------------------------------------------- */
/* Into the background, before any thread is there: the process that was started ends with our status, or once we are ready. */
bool repro__daemon_detach(const struct repro_config *c, int *ready_fd);
/* Lets the process that was started end with 0; until then standard error is its own. */
void repro__daemon_tell_ready(int *ready_fd);
/* Before privileges are dropped; nothing is changed yet. -1: there shall be none. */
bool repro__daemon_open_pid(const struct repro_config *c, int *fd);
bool repro__daemon_write_pid(int *fd);
/* Instead, when nothing comes of us. */
void repro__daemon_drop_pid(const struct repro_config *c, int *fd);
/* Not what another repro has written there. */
void repro__daemon_remove_pid(const struct repro_config *c);
/* Becomes RunAsUser and RunAsGroup, once the ports are bound. */
bool repro__daemon_drop_privileges(const struct repro_config *c);

/* ---- signals.c ----------------------------------------------------------------------------------------------------------- */
#define REPRO__TAKEN_OVER_SIGNAL SIGUSR1 /* from our own control socket to the main thread */
enum repro__signal { REPRO__SIGNAL_NONE, REPRO__SIGNAL_STOP, REPRO__SIGNAL_DRAIN, REPRO__SIGNAL_RELOAD, REPRO__SIGNAL_TAKEN_OVER };
/* Before the first thread: none of them will be interrupted. */
void repro__signals_block(void);
/* Waits for one, at most timeout_ms (<0: for ever). */
enum repro__signal repro__signals_wait(int timeout_ms);

#endif
