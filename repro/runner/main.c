/* repro: the command line. */
#include "repro/runner/runner.h"

#include "config.h"

#include <stdio.h>

static int usage(FILE *to)
{
	fputs("usage: repro [-c FILE] [Name=Value …]            runs until SIGTERM (drains) or SIGINT; SIGHUP reloads\n"
	      "       repro [-c FILE] [Name=Value …] --take-over  runs instead of the repro that runs on this DatabasePath\n"
	      "       repro [-c FILE] [Name=Value …] --check-config\n"
	      "       repro [-c FILE] [Name=Value …] --dump-config\n"
	      "       repro --sample-config                      every setting with its default, commented\n"
	      "       repro [-c FILE] user add|list|remove …\n"
	      "       repro [-c FILE] --bans                     who is banned by the repro that runs on this DatabasePath\n"
	      "       repro [-c FILE] --unban ADDRESS\n"
	      "       repro --version | --help\n"
	      "Settings have their names of reSIProcate's repro.config; --Name=Value is the same as Name=Value.\n",
	      to);
	return to == stdout ? REPRO_EXIT_OK : REPRO_EXIT_USAGE;
}

static int print_sample(void)
{
	struct sip_buf b;

	sip_buf_init(&b, 0);
	repro_config_put_sample(&b);
	(void)fwrite(b.p, 1, b.len, stdout);
	sip_buf_fini(&b);
	return REPRO_EXIT_OK;
}

static int run(const struct repro_command_line *line, const char *mode, int argc, char **argv)
{
	if (!mode)
		return repro_runner_run(line);
	if (strcmp(mode, "user") == 0)
		return repro_user_command(line, argc, argv);
	if (repro_control_is_command(mode))
		return repro_control_command(line, mode, argc, argv);
	if (strcmp(mode, "--check-config") == 0)
		return repro_runner_check(line);
	return repro_runner_dump(line);
}

/* What needs no configuration. */
static bool is_answered(const char *a, int *status)
{
	if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)
		*status = usage(stdout);
	else if (strcmp(a, "--version") == 0)
		*status = puts("repro (" PACKAGE_NAME ") " PACKAGE_VERSION) < 0;
	else if (strcmp(a, "--sample-config") == 0)
		*status = print_sample();
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct repro_command_line line = { 0 };
	const char **overrides = sip_alloc_zero((size_t)argc * sizeof *overrides);
	const char *mode = NULL;
	bool is_over = false;
	int i, status = REPRO_EXIT_OK;

	if (!overrides)
		return REPRO_EXIT_UNAVAILABLE;
	line.overrides = overrides;
	for (i = 1; i < argc && !is_over; i++) {
		const char *a = argv[i];
		if (is_answered(a, &status))
			is_over = true;
		else if (strcmp(a, "-c") == 0 && i + 1 < argc)
			line.config_path = argv[++i];
		else if (strcmp(a, "--check-config") == 0 || strcmp(a, "--dump-config") == 0)
			mode = a;
		else if (strcmp(a, "--take-over") == 0)
			line.is_take_over = true;
		else if (strchr(a, '=') && a[0] != '=')
			overrides[line.override_count++] = strncmp(a, "--", 2) == 0 ? a + 2 : a;
		else
			break;
	}
	bool has_words = !is_over && i < argc && (strcmp(argv[i], "user") == 0 || repro_control_is_command(argv[i]));
	if (has_words)
		mode = argv[i++];
	if (i < argc && !is_over && !has_words)
		status = usage(stderr);
	else if (!is_over)
		status = run(&line, mode, argc - i, argv + i);
	sip_free(overrides);
	return status;
}
