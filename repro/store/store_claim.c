/*
 * One repro a database: two would each keep the other's registrations out of memory and write over the other's rows. The lock
 * is on a file of its own, since closing the database a second time would drop SQLite's locks, and ends with the process.
 */
#include "repro/store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum sip_err repro_store_claim(struct repro_store *s, struct sip_buf *why)
{
	struct sip_buf b;
	bool is_taken = false;

	repro__store_check(s);
	sip_buf_init(&b, 0);
	sip_buf_putf(&b, "%s.lock", s->path);
	sip_buf_put_char(&b, '\0');
	if (b.err == SIP_OK)
		s->claim_fd = open(b.p, O_RDONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
	/* A file system without locks does not tell: nobody is refused for that. */
	if (s->claim_fd >= 0 && flock(s->claim_fd, LOCK_EX | LOCK_NB) != 0)
		is_taken = errno == EWOULDBLOCK;
	sip_buf_fini(&b);
	if (is_taken && why)
		sip_buf_putf(why, "database %s: another repro runs on it; stop that one, or set DatabasePath to another folder",
			     s->path);
	return is_taken ? SIP_E_INUSE : SIP_OK;
}

void repro__store_release(struct repro_store *s)
{
	if (s->claim_fd >= 0)
		close(s->claim_fd);
	s->claim_fd = -1;
}

void repro_store_take_claim(struct repro_store *s, int fd)
{
	repro__store_check(s);
	repro__store_release(s);
	s->claim_fd = fd;
}

int repro_store_claim_fd(const struct repro_store *s)
{
	repro__store_check(s);
	return s->claim_fd;
}
