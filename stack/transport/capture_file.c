/*
 * Captured messages in a pcap file: appended in batches, never past its bound; then it becomes FILE.1 in place of an earlier one. It
 * has whole packets only, and nobody else's rights. A file that cannot be written costs what should have been written. Owned by its
 * capture, on the capture's loop; writing a file may take its time, which is why that loop is nobody else's where there are threads.
 */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_BYTES 262144u
#define READ_BYTES 65536u
#define OTHERS 077u                    /* who may not even read it */
#define AGAIN_US SIP_SECONDS(10)       /* how soon a file is opened again that could not be */

struct sip__capture_file {
	struct sip_loop *loop;          /* lent by the capture */
	char *path, *old_path;          /* owned */
	int fd;                         /* -1: it could not be opened */
	int64_t again_us;               /* not opened before, then */
	uint64_t size, most;            /* bytes in it; bytes that may be */
	bool is_torn;                   /* half a packet stands behind those, and cannot be taken away */
	struct sip_buf buf;             /* whole packets that are not in it yet */
	uint64_t waiting;               /* messages in buf */
	bool is_in_trouble;             /* and the log has said so */
	struct sip__pcap pcap;
};

static void lose(struct sip__capture_file *f, enum sip_err why)
{
	struct sip_metrics_cells *cells = sip_loop_cells(f->loop);

	sip_metric_add(cells, SIP_M_CAPTURE_DROP_FILE, (int64_t)f->waiting);
	sip_metric_count(cells, SIP_M_CAPTURE_FILE_ERRORS);
	if (!f->is_in_trouble)
		SIP_LOG(sip_loop_log(f->loop), SIP_LOG_WARNING, "capture", "%s cannot be written: %s", f->path, sip_err_text(why));
	f->is_in_trouble = true;
}

/* All of it or nothing: what stands behind half a packet could not be read. Where it stays the file is done with. */
static enum sip_err write_all(struct sip__capture_file *f, struct sip_str bytes)
{
	while (bytes.len) {
		ssize_t n = write(f->fd, bytes.p, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			enum sip_err err = sip_err_from_errno(errno);
			f->is_torn = ftruncate(f->fd, (off_t)f->size) != 0;
			return err;
		}
		bytes = sip_str_from(bytes, (size_t)n);
	}
	return SIP_OK;
}

static enum sip_err begin_file(struct sip__capture_file *f)
{
	char room[SIP__PCAP_HEAD];
	struct sip_buf head;
	enum sip_err err;

	sip_buf_init_fixed(&head, room, sizeof room);
	sip__pcap_put_head(&head);
	err = write_all(f, sip_buf_str(&head));
	if (err == SIP_OK)
		f->size = head.len;
	return err;
}

/* Not to be written to: whoever put it there would read what we write. */
static enum sip_err refuse(const struct sip__capture_file *f, const char *why)
{
	if (!f->is_in_trouble)
		SIP_LOG(sip_loop_log(f->loop), SIP_LOG_WARNING, "capture", "%s is not written to: %s", f->path, why);
	return SIP_E_EXISTS;
}

/* How much of it is whole packets. */
static enum sip_err measure(const struct sip__capture_file *f, uint64_t *whole)
{
	char room[READ_BYTES];
	uint64_t at = SIP__PCAP_HEAD, from = 0; /* what has been read of the file: `have` bytes from there */
	size_t have = 0, len;

	while (at + SIP__PCAP_RECORD_HEAD <= f->size) {
		if (at + SIP__PCAP_RECORD_HEAD > from + have) {
			ssize_t n = pread(f->fd, room, sizeof room, (off_t)at);
			if (n < 0)
				return sip_err_from_errno(errno);
			from = at;
			have = (size_t)n;
		}
		len = have < SIP__PCAP_RECORD_HEAD ? 0 : sip__pcap_len(room + (at - from));
		if (len == 0 || len > f->size - at)
			break;
		at += len;
	}
	*whole = at;
	return SIP_OK;
}

/* Who was killed while writing leaves half a packet: what stood behind it could not be read. */
static enum sip_err mend(struct sip__capture_file *f)
{
	uint64_t whole;
	enum sip_err err = measure(f, &whole);

	if (err != SIP_OK || whole == f->size)
		return err;
	SIP_LOG(sip_loop_log(f->loop), SIP_LOG_NOTICE, "capture", "%s: %llu bytes that are no whole packet were cut from its end", f->path,
		(unsigned long long)(f->size - whole));
	f->is_torn = ftruncate(f->fd, (off_t)whole) != 0;
	f->size = whole;
	return SIP_OK;
}

/* Is what is there one of ours, to be gone on with? */
static enum sip_err look_at_file(struct sip__capture_file *f)
{
	char room[SIP__PCAP_HEAD], there[SIP__PCAP_HEAD];
	struct sip_buf head;
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return sip_err_from_errno(errno);
	if (!S_ISREG(st.st_mode))
		return refuse(f, "it is no regular file");
	if (st.st_uid != geteuid() || (st.st_mode & OTHERS))
		return refuse(f, "it is another user's, or others have rights to it");
	f->size = (uint64_t)st.st_size;
	if (f->size == 0)
		return begin_file(f);
	sip_buf_init_fixed(&head, room, sizeof room);
	sip__pcap_put_head(&head);
	if (pread(f->fd, there, sizeof there, 0) != (ssize_t)sizeof there || memcmp(there, room, sizeof there) != 0)
		return refuse(f, "it is no capture of ours");
	return mend(f);
}

/* What was said, credentials too, is nobody else's to read. */
static enum sip_err open_file(struct sip__capture_file *f)
{
	enum sip_err err;

	f->is_torn = false;
	f->fd = open(f->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0600);
	if (f->fd < 0)
		return errno == ELOOP ? refuse(f, "it is a symbolic link") : sip_err_from_errno(errno);
	err = look_at_file(f);
	if (err == SIP_OK)
		return SIP_OK;
	close(f->fd);
	f->fd = -1;
	return err;
}

static enum sip_err rotate(struct sip__capture_file *f)
{
	close(f->fd);
	f->fd = -1;
	if (rename(f->path, f->old_path) != 0)
		return sip_err_from_errno(errno);
	return open_file(f);
}

static enum sip_err make_ready(struct sip__capture_file *f)
{
	int64_t now = sip_loop_now(f->loop);
	enum sip_err err = SIP_OK;

	if (f->fd < 0 && now < f->again_us)
		return SIP_E_AGAIN;
	if (f->fd < 0)
		err = open_file(f);
	if (err == SIP_OK && (f->is_torn || (f->size > SIP__PCAP_HEAD && f->size + f->buf.len > f->most)))
		err = rotate(f);
	if (err != SIP_OK)
		f->again_us = now + AGAIN_US;
	return err;
}

void sip__capture_file_flush(struct sip__capture_file *f)
{
	enum sip_err err;

	if (f->buf.len == 0)
		return;
	err = make_ready(f);
	if (err == SIP_OK)
		err = write_all(f, sip_str_make(f->buf.p, f->buf.len));
	if (err == SIP_OK) {
		f->size += f->buf.len;
		f->is_in_trouble = false;
	} else {
		lose(f, err);
	}
	f->waiting = 0;
	sip_buf_clear(&f->buf);
}

void sip__capture_file_put(struct sip__capture_file *f, const struct sip_capture_record *r)
{
	size_t most = sip__pcap_most(r);

	if (f->buf.len + most > BATCH_BYTES || f->size + f->buf.len + most > f->most)
		sip__capture_file_flush(f);
	f->waiting++;
	sip__pcap_put(&f->pcap, &f->buf, r);
	if (f->buf.err == SIP_OK)
		return;
	/* No room for this one; what stands before it is whole. */
	f->waiting--;
	sip__capture_file_flush(f);
	sip_metric_count(sip_loop_cells(f->loop), SIP_M_CAPTURE_DROP_FILE);
	sip_buf_clear(&f->buf);
}

enum sip_err sip__capture_file_open(const struct sip_capture_options *o, struct sip_loop *loop, struct sip__capture_file **out)
{
	struct sip__capture_file *f = sip_alloc_zero(sizeof *f);
	enum sip_err err = SIP_E_NOMEM;

	*out = NULL;
	if (!f)
		return SIP_E_NOMEM;
	f->loop = loop;
	f->fd = -1;
	f->most = o->file_bytes_max;
	f->path = sip_strdup(o->file.p, o->file.len);
	f->old_path = sip_alloc(o->file.len + sizeof ".1");
	sip_buf_init(&f->buf, 0);
	f->pcap.key.k[0] = sip_rand_u64(sip_loop_rand(loop));
	f->pcap.key.k[1] = sip_rand_u64(sip_loop_rand(loop));
	if (f->path && f->old_path) {
		memcpy(f->old_path, o->file.p, o->file.len);
		memcpy(f->old_path + o->file.len, ".1", sizeof ".1");
		err = open_file(f);
	}
	if (err != SIP_OK)
		sip__capture_file_close(&f);
	*out = f;
	return err;
}

void sip__capture_file_close(struct sip__capture_file **fp)
{
	struct sip__capture_file *f = *fp;

	*fp = NULL;
	if (!f)
		return;
	sip__capture_file_flush(f);
	if (f->fd >= 0)
		close(f->fd);
	sip_buf_fini(&f->buf);
	sip_free(f->path);
	sip_free(f->old_path);
	sip_free(f);
}
