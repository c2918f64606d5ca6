/* What a daemon does around its work: background, pid file, another user. On the main thread, before others start. */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whoever started us learns what came of it: the child has said that it is ready, or has ended before. */
static int await_child(pid_t child, int ready_fd)
{
	char byte;
	ssize_t n;
	int status;

	do {
		n = read(ready_fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		return REPRO_EXIT_OK;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return REPRO_EXIT_UNAVAILABLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : REPRO_EXIT_UNAVAILABLE;
}

static void silence(int first, int last)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = first; fd >= 0 && i <= last; i++)
		(void)dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

bool repro__daemon_detach(const struct repro_config *c, int *ready_fd)
{
	int ends[2];
	pid_t child = -1;

	*ready_fd = -1;
	if (!c->set.daemonize)
		return true;
	if (pipe2(ends, O_CLOEXEC) == 0)
		child = fork();
	if (child > 0) {
		close(ends[1]);
		_exit(await_child(child, ends[0]));
	}
	if (child < 0 || setsid() < 0) {
		fprintf(stderr, "repro: cannot go into the background: %s\n", strerror(errno));
		return false;
	}
	close(ends[0]);
	*ready_fd = ends[1];
	silence(STDIN_FILENO, STDOUT_FILENO);
	return true;
}

void repro__daemon_tell_ready(int *ready_fd)
{
	if (*ready_fd < 0)
		return;
	silence(STDERR_FILENO, STDERR_FILENO);
	if (write(*ready_fd, "", 1) == 1 || errno == EPIPE) /* nobody waits any more: it is ready all the same */
		close(*ready_fd);
	*ready_fd = -1;
}

bool repro__daemon_open_pid(const struct repro_config *c, int *fd)
{
	*fd = -1;
	if (!c->set.pid_file[0])
		return true;
	*fd = open(c->set.pid_file, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
	if (*fd < 0)
		fprintf(stderr, "repro: cannot write the pid file %s (%s): set PidFile to a file that can be written\n",
			c->set.pid_file, strerror(errno));
	return *fd >= 0;
}

/* Empty is what we have made: that of another repro has its process in it. */
void repro__daemon_drop_pid(const struct repro_config *c, int *fd)
{
	struct stat st;

	if (*fd < 0)
		return;
	if (fstat(*fd, &st) == 0 && st.st_size == 0)
		(void)unlink(c->set.pid_file);
	close(*fd);
	*fd = -1;
}

bool repro__daemon_write_pid(int *fd)
{
	bool is_written = *fd < 0 || (ftruncate(*fd, 0) == 0 && dprintf(*fd, "%ld\n", (long)getpid()) > 0);

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return is_written;
}

void repro__daemon_remove_pid(const struct repro_config *c)
{
	char text[24] = "";
	uint64_t pid = 0;
	FILE *f = c->set.pid_file[0] ? fopen(c->set.pid_file, "re") : NULL;

	if (!f)
		return;
	if (fgets(text, sizeof text, f) && sip_str_to_u64(sip_str_trim(sip_str_of(text)), INT64_MAX, &pid) == SIP_OK &&
	    pid == (uint64_t)getpid())
		(void)unlink(c->set.pid_file);
	fclose(f);
}

/* The database and its two companions were made by whoever started us, and are to be written by whom we become. */
static bool hand_over_database(const struct repro_config *c, uid_t uid, gid_t gid)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	char path[4096];

	for (size_t i = 0; i < SIP_COUNTOF(endings); i++) {
		int n = snprintf(path, sizeof path, "%s/%s%s", c->set.database_path, REPRO_STORE_FILE, endings[i]);
		if (n < 0 || (size_t)n >= sizeof path || (chown(path, uid, gid) != 0 && errno != ENOENT)) {
			fprintf(stderr, "repro: cannot give %s to RunAsUser: %s\n", path, strerror(errno));
			return false;
		}
	}
	return true;
}

static bool become_group(const char *name)
{
	struct group *g = getgrnam(name);

	if (g && setgid(g->gr_gid) == 0 && setgroups(1, &g->gr_gid) == 0)
		return true;
	fprintf(stderr, "repro: cannot become group %s: RunAsGroup needs an existing group and a start as root\n", name);
	return false;
}

static bool become_user(const struct repro_config *c, bool has_group)
{
	const char *name = c->set.run_as_user;
	struct passwd *p = getpwnam(name);
	bool is_done = p != NULL;

	if (is_done && !hand_over_database(c, p->pw_uid, has_group ? getgid() : p->pw_gid))
		return false;

	if (is_done && !has_group)
		is_done = initgroups(name, p->pw_gid) == 0 && setgid(p->pw_gid) == 0;
	if (is_done && setuid(p->pw_uid) == 0)
		return true;
	fprintf(stderr, "repro: cannot become user %s: RunAsUser needs an existing user and a start as root\n", name);
	return false;
}

bool repro__daemon_drop_privileges(const struct repro_config *c)
{
	bool has_group = c->set.run_as_group[0] != '\0';

	if (has_group && !become_group(c->set.run_as_group))
		return false;
	return !c->set.run_as_user[0] || become_user(c, has_group);
}
