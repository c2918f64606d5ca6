/*
 * repro/runner: builds the house from its configuration, lights it, watches for signals, closes
 * it. Everything here is the main thread's.
 */
#ifndef REPRO_RUNNER_RUNNER_H
#define REPRO_RUNNER_RUNNER_H

#include "repro/admin/admin.h"
#include "repro/processor/processor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Exit statuses, of sysexits where it has one. */
enum {
	REPRO_EXIT_OK = 0,
	REPRO_EXIT_FAILURE = 1,
	REPRO_EXIT_USAGE = 2,
	REPRO_EXIT_UNAVAILABLE = 69, /* a port, the database, memory */
	REPRO_EXIT_CONFIG = 78
};

struct repro_command_line {
	const char *config_path;         /* -c; may be NULL */
	const char *const *overrides;    /* "Name=Value" each; owned array of lent texts */
	size_t override_count;
	bool is_take_over;               /* --take-over: another repro runs, and shall end */
};

/* Runs repro until a signal ends it; the exit status. What goes wrong is said in one sentence on standard error. */
int repro_runner_run(const struct repro_command_line *line);
/* --check-config: says every issue; the exit status. */
int repro_runner_check(const struct repro_command_line *line);
/* --dump-config */
int repro_runner_dump(const struct repro_command_line *line);
/* --bans, --unban ADDRESS …: carried out by the repro that runs on this DatabasePath; the exit status. */
int repro_control_command(const struct repro_command_line *line, const char *name, int argc, char **argv);
/* Is there a command of this name? */
bool repro_control_is_command(const char *name);
/* repro user add|list|remove …; the exit status. */
int repro_user_command(const struct repro_command_line *line, int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
