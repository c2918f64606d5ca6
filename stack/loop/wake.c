/*
 * The descriptor that wakes a sleeping loop: an eventfd, or a pipe where there is none. Drained by
 * the loop's thread; signalled by any, and by signal handlers.
 */
#include "config.h"

#include "stack/loop/loop_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif

enum sip_err sip__wake_open_pipe(struct sip__wake *w)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return sip_err_from_errno(errno);
	w->reader = fds[0];
	w->writer = fds[1];
	return SIP_OK;
}

enum sip_err sip__wake_open(struct sip__wake *w)
{
#ifdef HAVE_EVENTFD
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd >= 0) {
		w->reader = w->writer = fd;
		return SIP_OK;
	}
	if (errno != ENOSYS && errno != EINVAL)
		return sip_err_from_errno(errno);
#endif
	return sip__wake_open_pipe(w);
}

void sip__wake_close(struct sip__wake *w)
{
	if (w->writer >= 0 && w->writer != w->reader)
		close(w->writer);
	if (w->reader >= 0)
		close(w->reader);
	w->reader = w->writer = -1;
}

void sip__wake_signal(const struct sip__wake *w)
{
	static const uint64_t one = 1;
	int saved = errno;
	ssize_t n;
	if (w->writer < 0)
		return;
	/* A full pipe is readable already: that is all we want. */
	do
		n = write(w->writer, &one, sizeof one);
	while (n < 0 && errno == EINTR);
	errno = saved;
}

void sip__wake_drain(const struct sip__wake *w)
{
	uint64_t buffer[64];
	ssize_t n;
	do
		n = read(w->reader, buffer, sizeof buffer);
	while ((n < 0 && errno == EINTR) || n == (ssize_t)sizeof buffer);
}
