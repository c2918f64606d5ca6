/* What a daemon does around its work: background, pid file, another user. On the main thread, before others start. */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

bool repro__daemon_detach(const struct repro_config *c)
{
	if (!c->set.daemonize)
		return true;
	if (daemon(1, 0) == 0)
		return true;
	fprintf(stderr, "repro: cannot go into the background: %s\n", strerror(errno));
	return false;
}

bool repro__daemon_write_pid(const struct repro_config *c)
{
	FILE *f;
	bool is_written;

	if (!c->set.pid_file[0])
		return true;
	f = fopen(c->set.pid_file, "we");
	is_written = f && fprintf(f, "%ld\n", (long)getpid()) > 0;
	if (f && fclose(f) != 0)
		is_written = false;
	if (!is_written)
		fprintf(stderr, "repro: cannot write the pid file %s (%s): set PidFile to a file that can be written\n",
			c->set.pid_file, strerror(errno));
	return is_written;
}

void repro__daemon_remove_pid(const struct repro_config *c)
{
	if (c->set.pid_file[0])
		(void)unlink(c->set.pid_file);
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
