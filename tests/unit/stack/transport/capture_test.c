/* The tap: what a capture sees, what it does not, and what it costs others when it has no room; the file. */
#include "tests/unit/stack/transport/bed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN 16
#define VIA "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1"

struct seen {
	size_t count;
	struct sip_capture_record records[SEEN]; /* the slices point nowhere any more */
	char bytes[SEEN][1024];
	size_t lens[SEEN];
	char call_ids[SEEN][64];
};

static void see(void *arg, const struct sip_capture_record *r)
{
	struct seen *seen = arg;
	size_t i = seen->count++;

	if (i >= SEEN)
		return;
	seen->records[i] = *r;
	seen->lens[i] = r->bytes.len;
	snprintf(seen->bytes[i], sizeof seen->bytes[i], "%.*s", SIP_STR_ARG(r->bytes));
	snprintf(seen->call_ids[i], sizeof seen->call_ids[i], "%.*s", SIP_STR_ARG(r->call_id));
}

static enum sip_err start(struct bed *bed, struct seen *seen, size_t messages_max, size_t bytes_max, struct sip_capture **out)
{
	struct sip_capture_options o;
	enum sip_err err;

	memset(seen, 0, sizeof *seen);
	sip_capture_options_init(&o);
	o.on_message = see;
	o.arg = seen;
	if (messages_max)
		o.messages_max = messages_max;
	if (bytes_max)
		o.bytes_max = bytes_max;
	err = sip_capture_create(&o, bed->loop, NULL, out);
	if (err == SIP_OK)
		err = sip_capture_add_wire(*out, bed->a.wire);
	return err;
}

static void check_record(const struct seen *seen, size_t i, bool is_out, const char *from, const char *to, const char *begin)
{
	struct sip_addr f = bed_addr(from), t = bed_addr(to);

	UNIT_EQ(seen->records[i].is_out, is_out);
	UNIT_CHECK(sip_addr_eq(&seen->records[i].from, &f));
	UNIT_CHECK(sip_addr_eq(&seen->records[i].to, &t));
	UNIT_CHECK(strncmp(seen->bytes[i], begin, strlen(begin)) == 0);
}

static enum sip_err test_tap_when_datagrams_pass_then_each_once_with_its_addresses(void)
{
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	char room[1024];
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	bed.clock.wall_off = 1700000000000000;
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:7000", "10.0.0.1:5060", bed_options(room, sizeof room, VIA, "in")));
	bed_run(&bed, SIP_MS(1));
	UNIT_TRY(bed_send(&bed, bed.a.udp, "10.0.0.9:5060", bed_options(room, sizeof room, VIA, "out"), 0));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 2);
	check_record(&seen, 0, false, "10.0.0.9:7000", "10.0.0.1:5060", "OPTIONS");
	check_record(&seen, 1, true, "10.0.0.1:5060", "10.0.0.9:5060", "OPTIONS");
	UNIT_STR(sip_str_of(seen.call_ids[0]), "in");
	UNIT_STR(sip_str_of(seen.call_ids[1]), "out");
	UNIT_CHECK(strstr(seen.bytes[0], "received=") == NULL); /* as it came, not as it was stamped */
	UNIT_EQ(seen.records[0].kind, SIP_TRANSPORT_UDP);
	UNIT_EQ(seen.records[0].wall_us, 1700000001000000);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURED), 2);
	/* No more. */
	sip_capture_remove_wire(capture, bed.a.wire);
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:7000", "10.0.0.1:5060", bed_options(room, sizeof room, VIA, "later")));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 2);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

/* Refused, unreadable: it is what one wants to see. Keep-alives are not. */
static enum sip_err test_tap_when_it_is_refused_then_seen_and_the_answer_too(void)
{
	static const char *const broken = "OPTIONS sip:a@x SIP/2.0\r\nVia: " VIA "\r\nFrom: <sip:a@x>;tag=1\r\n"
					  "To: <sip:b@x>\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n";
	static const char stun[20] = { 0, 1, 0, 0, 0x21, 0x12, (char)0xa4, 0x42 };
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("\r\n\r\n")));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_make(stun, sizeof stun)));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", SIP_STR("nonsense")));
	UNIT_TRY(bed_inject(&bed, "10.0.0.9:5060", "10.0.0.1:5060", sip_str_of(broken)));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 3);
	check_record(&seen, 0, false, "10.0.0.9:5060", "10.0.0.1:5060", "nonsense");
	UNIT_STR(sip_str_of(seen.call_ids[0]), "");
	check_record(&seen, 1, false, "10.0.0.9:5060", "10.0.0.1:5060", "OPTIONS");
	check_record(&seen, 2, true, "10.0.0.1:5060", "10.0.0.9:5060", "SIP/2.0 400");
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

static enum sip_err test_tap_when_a_stream_then_the_connection_s_addresses_and_all_the_body(void)
{
	static char body[20000], text[21000];
	struct sip_capture *capture = NULL;
	struct sip_addr first;
	struct seen seen;
	struct bed bed;
	enum sip_err err;
	int n;

	memset(body, 'b', sizeof body - 1);
	n = snprintf(text, sizeof text, "MESSAGE sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
		     "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\ni: c\r\nCSeq: 1 MESSAGE\r\nContent-Length: %zu\r\n\r\n%s",
		     strlen(body), body);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	bed.a.holds_flow = true;
	UNIT_TRY(bed_send(&bed, bed.b.tcp, "10.0.0.1:5060", sip_str_make(text, (size_t)n), 0));
	bed_run(&bed, SIP_MS(20));
	if (!bed.a.flow) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_TRY(bed_send_by(&bed, bed.a.flow, SIP_STR("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), 0));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 2);
	UNIT_EQ(seen.lens[0], n);
	UNIT_STR(sip_str_of(seen.call_ids[0]), "c");
	UNIT_EQ(seen.records[0].kind, SIP_TRANSPORT_TCP);
	first = *sip_flow_remote(bed.a.flow);
	UNIT_CHECK(sip_addr_eq(&seen.records[0].from, &first));
	UNIT_CHECK(sip_addr_eq(&seen.records[1].to, &first));
	UNIT_CHECK(sip_addr_eq(&seen.records[0].to, &seen.records[1].from));
	UNIT_CHECK(seen.records[1].is_out);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

/* What cannot be framed is shown as far as it was read. */
static enum sip_err test_tap_when_a_stream_breaks_then_what_came_of_it(void)
{
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	UNIT_TRY(bed_send(&bed, bed.b.tcp, "10.0.0.1:5060",
			  SIP_STR("OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bK1\r\n"
				  "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: x\r\n\r\n"),
			  0));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 2);
	UNIT_CHECK(strstr(seen.bytes[0], "Content-Length: x\r\n\r\n") != NULL);
	UNIT_CHECK(strncmp(seen.bytes[1], "SIP/2.0 400", 11) == 0);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

static enum sip_err test_tap_when_a_header_is_too_long_then_its_lines_so_far(void)
{
	char text[1200];
	struct sip_transport_options t;
	struct sip_wire_options w;
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err;
	int n = snprintf(text, sizeof text, "OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bK1\r\n"
			 "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\nX: %0800d\r\n\r\n", 0);

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	w.limits.header = 500;
	UNIT_TRY(bed_open_with(&bed, &t, &w));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	UNIT_TRY(bed_send(&bed, bed.b.tcp, "10.0.0.1:5060", sip_str_make(text, (size_t)n), 0));
	bed_run(&bed, SIP_MS(20));
	UNIT_EQ(seen.count, 2);
	UNIT_CHECK(strncmp(seen.bytes[0], text, 90) == 0);
	UNIT_CHECK(seen.lens[0] >= 90 && seen.lens[0] <= (size_t)n && memcmp(seen.bytes[0], text, seen.lens[0]) == 0);
	UNIT_CHECK(strncmp(seen.bytes[1], "SIP/2.0 513", 11) == 0);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

/* `count` requests in one turn, each of which is answered by its user's refusal. */
static enum sip_err flood(struct bed *bed, size_t count)
{
	char room[1024];
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < count && err == SIP_OK; i++)
		err = bed_inject(bed, "10.0.0.9:5060", "10.0.0.1:5060", bed_options(room, sizeof room, VIA, "c"));
	if (err == SIP_OK)
		bed_run(bed, SIP_MS(20));
	return err;
}

static enum sip_err test_tap_when_there_is_no_room_then_dropped_and_counted_and_nobody_else_sees_it(void)
{
	static const struct {
		size_t messages, bytes, taken;
	} rows[] = { { 100, 0, 64 }, { 0, 6000, 20 }, { 0, 1, 0 } };
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++) {
		UNIT_TRY(bed_open(&bed));
		UNIT_TRY(start(&bed, &seen, rows[i].messages, rows[i].bytes, &capture));
		UNIT_TRY(flood(&bed, 128));
		UNIT_EQ(bed.a.messages, 128);
		UNIT_EQ(seen.count + (size_t)bed_metric(&bed, SIP_M_CAPTURE_DROP_QUEUE), 128);
		if (rows[i].messages)
			UNIT_EQ(seen.count, rows[i].taken);
		else
			UNIT_CHECK(seen.count <= rows[i].taken);
		/* When it has caught up there is room again. */
		if (rows[i].bytes != 1) {
			size_t before = seen.count;
			UNIT_TRY(flood(&bed, 1));
			UNIT_EQ(seen.count, before + 1);
		}
		sip_capture_destroy(&capture);
		bed_close(&bed);
	}
	return err;
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

#define STREAM_VIA "SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bK1"

/* `count` requests by one connection, either one read after the other or all of them in one. */
static enum sip_err flood_stream(struct bed *bed, size_t count, bool is_one_read)
{
	char room[1024], all[8192];
	struct sip_str text = bed_options(room, sizeof room, STREAM_VIA, "c");
	enum sip_err err = SIP_OK;

	UNIT_CHECK(count * text.len <= sizeof all);
	for (size_t i = 0; i < count; i++)
		memcpy(all + i * text.len, text.p, text.len);
	if (is_one_read)
		err = bed_send(bed, bed->b.tcp, "10.0.0.1:5060", sip_str_make(all, count * text.len), 0);
	for (size_t i = 0; !is_one_read && i < count && err == SIP_OK; i++) {
		err = bed_send(bed, bed->b.tcp, "10.0.0.1:5060", text, 0);
		bed_run(bed, SIP_MS(1));
	}
	bed_run(bed, SIP_MS(20));
	return err;
}

/* A message of 300 bytes holds the 4 KiB it was read into: that is what is bounded. Where several share them, once. */
static enum sip_err test_tap_when_messages_hold_more_than_their_bytes_then_that_is_bounded(void)
{
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(start(&bed, &seen, 0, 16384, &capture));
	UNIT_TRY(flood_stream(&bed, 1, true));
	UNIT_EQ(seen.count, 1);
	UNIT_TRY(flood_stream(&bed, 8, false));
	UNIT_EQ(bed.a.messages, 9);
	UNIT_EQ(seen.count, 1 + 3);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURE_DROP_QUEUE), 5);
	UNIT_TRY(flood_stream(&bed, 8, true));
	UNIT_EQ(seen.count, 1 + 3 + 8);
	UNIT_TRY(flood_stream(&bed, 3, false));
	UNIT_EQ(seen.count, 1 + 3 + 8 + 3); /* nothing of them is still counted */
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

/* Whoever sends too much over a stream fills no capture either. */
static enum sip_err test_tap_when_the_guard_drops_then_not_seen(void)
{
	struct sip_transport_options t;
	struct sip_wire_options w;
	struct sip_capture *capture = NULL;
	struct seen seen;
	struct bed bed;
	enum sip_err err;

	sip_transport_options_init(&t, SIP_TRANSPORT_UDP);
	sip_wire_options_init(&w);
	w.guard.rate = 1;
	w.guard.burst = 2;
	UNIT_TRY(bed_open_with(&bed, &t, &w));
	UNIT_TRY(start(&bed, &seen, 0, 0, &capture));
	UNIT_TRY(flood_stream(&bed, 8, true));
	UNIT_EQ(bed.a.messages, 2);
	UNIT_EQ(bed_metric(&bed, SIP_M_DROP_RATE), 6);
	UNIT_EQ(seen.count, 2);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

static enum sip_err test_capture_when_wires_and_captures_end_in_any_order_then_nothing_is_left(void)
{
	struct sip_capture *captures[SIP_CAPTURES_MAX + 1] = { NULL };
	struct seen seen;
	struct bed bed;
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	for (size_t i = 0; i < SIP_CAPTURES_MAX; i++)
		UNIT_TRY(start(&bed, &seen, 0, 0, &captures[i]));
	err = start(&bed, &seen, 0, 0, &captures[SIP_CAPTURES_MAX]);
	UNIT_CHECK(err == SIP_E_LIMIT);
	if (err == SIP_E_NOMEM)
		goto out;
	/* One ends while the wire still has it: what the wire takes for it is dropped. */
	sip_capture_destroy(&captures[0]);
	UNIT_TRY(flood(&bed, 1));
	UNIT_EQ(seen.count, SIP_CAPTURES_MAX - 1);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURE_DROP_QUEUE), 1);
	/* Another outlives the wire. */
	sip_wire_shutdown(bed.a.wire);
	err = sip_capture_add_wire(captures[SIP_CAPTURES_MAX], bed.a.wire);
	UNIT_EQ(err, SIP_E_CLOSED);
	sip_capture_remove_wire(captures[1], bed.a.wire);
	err = SIP_OK;
out:
	for (size_t i = 0; i < SIP_COUNTOF(captures); i++)
		sip_capture_destroy(&captures[i]);
	bed_close(&bed);
	return err;
}

static enum sip_err test_capture_when_options_are_wrong_then_inval(void)
{
	struct sip_capture_options good, o;
	struct sip_capture *capture = NULL;
	struct bed bed;
	enum sip_err err;
	char key[SIP_CAPTURE_KEY_MAX + 1] = { 'k' };

	UNIT_TRY(bed_open(&bed));
	sip_capture_options_init(&good);
	good.host = SIP_STR("10.0.0.7");
	good.auth_key = SIP_STR("key");
	UNIT_TRY(sip_capture_create(&good, bed.loop, NULL, &capture));
	sip_capture_destroy(&capture);
	for (unsigned i = 0; i < 7; i++) {
		o = good;
		switch (i) {
		case 0: o.host.len = 0; break;
		case 1: o.host = SIP_STR("a.name"); break; /* and nobody to find it */
		case 2: o.port = 0; break;
		case 3: o.kind = SIP_TRANSPORT_TLS; break;
		case 4: o.auth_key = sip_str_make(key, sizeof key); break;
		case 5: o.queue_bytes_max = 1; break;
		default: o.messages_max = 0; break;
		}
		UNIT_EQ(sip_capture_create(&o, bed.loop, NULL, &capture), SIP_E_INVAL);
	}
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	return err;
}

/* ---- the file ---------------------------------------------------------------------------------------------------------- */

static bool is_append_only; /* as a file with that attribute is */

/* In place of the C library's. */
int ftruncate(int fd, off_t length)
{
	return is_append_only ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static enum sip_err open_to_file(struct bed *bed, const char *path, struct sip_capture **out)
{
	struct sip_capture_options o;
	enum sip_err err;

	sip_capture_options_init(&o);
	o.file = sip_str_of(path);
	o.file_bytes_max = 65536;
	err = sip_capture_create(&o, bed->loop, NULL, out);
	return err == SIP_OK ? sip_capture_add_wire(*out, bed->a.wire) : err;
}

/* Some 200 messages fill it. */
static enum sip_err test_file_when_full_then_renamed_and_begun_anew(void)
{
	char folder[] = "/tmp/capture_test_XXXXXX", path[64], old_path[64];
	struct sip_capture *capture = NULL;
	struct bed bed;
	off_t one;
	enum sip_err err;

	if (!mkdtemp(folder))
		return SIP_E_IO;
	snprintf(path, sizeof path, "%s/a.pcap", folder);
	snprintf(old_path, sizeof old_path, "%s/a.pcap.1", folder);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_EQ(size_of(path), 24);
	UNIT_TRY(flood(&bed, 1));
	one = size_of(path) - 24;
	UNIT_CHECK(one > 200);
	/* Gone on with after a restart. */
	sip_capture_destroy(&capture);
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_TRY(flood(&bed, 1));
	UNIT_EQ(size_of(path), 24 + 2 * one);
	for (int i = 0; i < 5; i++)
		UNIT_TRY(flood(&bed, 60));
	UNIT_CHECK(size_of(path) > 24 && size_of(path) <= 65536);
	UNIT_CHECK(size_of(old_path) > 24 && size_of(old_path) <= 65536);
	UNIT_EQ(size_of(path) + size_of(old_path), 48 + 302 * one);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURE_DROP_FILE), 0);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	unlink(path);
	unlink(old_path);
	rmdir(folder);
	return err;
}

static enum sip_err test_file_when_it_is_somebody_s_then_left_alone(void)
{
	static const char *const mine = "my diary, longer than the head of a capture";
	char path[] = "/tmp/capture_test_XXXXXX";
	struct sip_capture *capture = NULL;
	struct bed bed;
	int fd = mkstemp(path);
	enum sip_err err;

	UNIT_TRY(bed_open(&bed));
	UNIT_CHECK(fd >= 0 && write(fd, mine, strlen(mine)) == (ssize_t)strlen(mine));
	err = open_to_file(&bed, path, &capture);
	UNIT_EQ(err, SIP_E_EXISTS);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(size_of(path), (off_t)strlen(mine));
	err = open_to_file(&bed, "/proc/nowhere/a.pcap", &capture);
	UNIT_CHECK(err != SIP_OK);
	err = open_to_file(&bed, "/dev/null", &capture);
	UNIT_EQ(err, SIP_E_EXISTS);
	err = err == SIP_E_NOMEM ? err : SIP_OK;
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	if (fd >= 0)
		close(fd);
	unlink(path);
	return err;
}

/* Empty, or with our head, but put there by who wants to read what we write. */
static enum sip_err test_file_when_others_may_read_it_then_left_alone(void)
{
	char folder[] = "/tmp/capture_test_XXXXXX", path[64], link_path[64];
	struct sip_capture *capture = NULL;
	struct bed bed;
	enum sip_err err;
	int fd;

	if (!mkdtemp(folder))
		return SIP_E_IO;
	snprintf(path, sizeof path, "%s/a.pcap", folder);
	snprintf(link_path, sizeof link_path, "%s/link.pcap", folder);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	UNIT_TRY(bed_open(&bed));
	UNIT_CHECK(fd >= 0 && fchmod(fd, 0640) == 0);
	err = open_to_file(&bed, path, &capture);
	UNIT_CHECK(err == SIP_E_EXISTS || err == SIP_E_NOMEM);
	UNIT_CHECK(fchmod(fd, 0600) == 0 && symlink(path, link_path) == 0);
	err = open_to_file(&bed, link_path, &capture);
	UNIT_CHECK(err == SIP_E_EXISTS || err == SIP_E_NOMEM);
	if (geteuid() == 0) { /* who else could give it away? */
		UNIT_CHECK(fchown(fd, 1, (gid_t)-1) == 0);
		err = open_to_file(&bed, path, &capture);
		UNIT_CHECK(err == SIP_E_EXISTS || err == SIP_E_NOMEM);
		UNIT_CHECK(fchown(fd, 0, (gid_t)-1) == 0);
	}
	UNIT_EQ(size_of(path), 0);
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_EQ(size_of(path), 24);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	if (fd >= 0)
		close(fd);
	unlink(link_path);
	unlink(path);
	rmdir(folder);
	return err;
}

/* Puts the first `len` bytes of its first packet behind what is in it, or zeros. */
static void tear(const char *path, size_t len, bool is_zeros)
{
	char room[256] = { 0 };
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);

	UNIT_CHECK(fd >= 0 && len <= sizeof room);
	UNIT_CHECK(is_zeros || pread(fd, room, len, 24) == (ssize_t)len);
	UNIT_CHECK(write(fd, room, len) == (ssize_t)len);
	close(fd);
}

/* We were killed in the middle of a write. */
static enum sip_err test_file_when_its_end_is_torn_then_cut_or_renamed(void)
{
	char folder[] = "/tmp/capture_test_XXXXXX", path[64], old_path[64];
	struct sip_capture *capture = NULL;
	struct bed bed;
	off_t one;
	enum sip_err err;

	if (!mkdtemp(folder))
		return SIP_E_IO;
	snprintf(path, sizeof path, "%s/a.pcap", folder);
	snprintf(old_path, sizeof old_path, "%s/a.pcap.1", folder);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_TRY(flood(&bed, 1));
	one = size_of(path) - 24;
	UNIT_TRY(flood(&bed, 150)); /* more than is read at once */
	for (int i = 0; i < 3; i++) {
		sip_capture_destroy(&capture);
		tear(path, i == 0 ? 7 : 200, i == 2);
		UNIT_TRY(open_to_file(&bed, path, &capture));
		UNIT_EQ(size_of(path), 24 + (151 + i) * one);
		UNIT_TRY(flood(&bed, 1));
		UNIT_EQ(size_of(path), 24 + (152 + i) * one);
	}
	/* It cannot be cut. */
	sip_capture_destroy(&capture);
	tear(path, 200, false);
	is_append_only = true;
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_TRY(flood(&bed, 1));
	UNIT_EQ(size_of(path), 24 + one);
	UNIT_EQ(size_of(old_path), 24 + 154 * one + 200);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURE_DROP_FILE), 0);
out:
	is_append_only = false;
	sip_capture_destroy(&capture);
	bed_close(&bed);
	unlink(path);
	unlink(old_path);
	rmdir(folder);
	return err;
}

/* It is to be renamed, and its folder is gone: nobody but the file's reader notices. */
static enum sip_err test_file_when_it_cannot_be_written_then_dropped_and_counted(void)
{
	char folder[] = "/tmp/capture_test_XXXXXX", path[64];
	struct sip_capture *capture = NULL;
	struct bed bed;
	enum sip_err err;

	if (!mkdtemp(folder))
		return SIP_E_IO;
	snprintf(path, sizeof path, "%s/a.pcap", folder);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(open_to_file(&bed, path, &capture));
	for (int i = 0; i < 4; i++)
		UNIT_TRY(flood(&bed, 60));
	unlink(path);
	rmdir(folder);
	UNIT_TRY(flood(&bed, 60));
	UNIT_CHECK(bed_metric(&bed, SIP_M_CAPTURE_DROP_FILE) > 0);
	UNIT_CHECK(bed_metric(&bed, SIP_M_CAPTURE_FILE_ERRORS) > 0);
	UNIT_EQ(bed.a.messages, 300);
	/* It is there again, and so is the file, after a pause. */
	UNIT_CHECK(mkdir(folder, 0700) == 0);
	bed_run(&bed, SIP_SECONDS(11));
	UNIT_TRY(flood(&bed, 1));
	UNIT_CHECK(size_of(path) > 24);
out:
	sip_capture_destroy(&capture);
	bed_close(&bed);
	unlink(path);
	rmdir(folder);
	return err;
}

/* Half of a batch finds room: it is taken back, so that what comes later can be read. */
static enum sip_err test_file_when_the_disk_is_full_then_only_whole_packets_are_in_it(void)
{
	char path[] = "/tmp/capture_test_XXXXXX", old_path[64];
	struct sip_capture *capture = NULL;
	struct rlimit before, few;
	struct bed bed;
	int fd = mkstemp(path);
	off_t one;
	enum sip_err err;

	if (fd < 0 || getrlimit(RLIMIT_FSIZE, &before) != 0)
		return SIP_E_IO;
	close(fd);
	snprintf(old_path, sizeof old_path, "%s.1", path);
	signal(SIGXFSZ, SIG_IGN);
	UNIT_TRY(bed_open(&bed));
	UNIT_TRY(open_to_file(&bed, path, &capture));
	UNIT_TRY(flood(&bed, 1));
	one = size_of(path) - 24;
	few = before;
	few.rlim_cur = (rlim_t)(24 + 5 * one + 7);
	UNIT_CHECK(setrlimit(RLIMIT_FSIZE, &few) == 0);
	UNIT_TRY(flood(&bed, 30));
	UNIT_CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	UNIT_EQ(size_of(path), 24 + one);
	UNIT_EQ(bed_metric(&bed, SIP_M_CAPTURE_DROP_FILE), 30);
	UNIT_EQ(bed.a.messages, 31);
	UNIT_TRY(flood(&bed, 2));
	UNIT_EQ(size_of(path), 24 + 3 * one);
	/* It cannot be taken back: such a file is renamed, and another begun. */
	is_append_only = true;
	UNIT_CHECK(setrlimit(RLIMIT_FSIZE, &few) == 0);
	UNIT_TRY(flood(&bed, 30));
	UNIT_CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	UNIT_EQ(size_of(path), 24 + 5 * one + 7);
	UNIT_TRY(flood(&bed, 2));
	UNIT_EQ(size_of(path), 24 + 2 * one);
	UNIT_EQ(size_of(old_path), 24 + 5 * one + 7);
out:
	is_append_only = false;
	sip_capture_destroy(&capture);
	bed_close(&bed);
	unlink(path);
	unlink(old_path);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_tap_when_datagrams_pass_then_each_once_with_its_addresses),
	UNIT_CASE(test_tap_when_it_is_refused_then_seen_and_the_answer_too),
	UNIT_CASE(test_tap_when_a_stream_then_the_connection_s_addresses_and_all_the_body),
	UNIT_CASE(test_tap_when_a_stream_breaks_then_what_came_of_it),
	UNIT_CASE(test_tap_when_a_header_is_too_long_then_its_lines_so_far),
	UNIT_CASE_NO_OOM(test_tap_when_there_is_no_room_then_dropped_and_counted_and_nobody_else_sees_it), /* thousands of them */
	UNIT_CASE_NO_OOM(test_tap_when_messages_hold_more_than_their_bytes_then_that_is_bounded), /* it counts what is lost */
	UNIT_CASE(test_tap_when_the_guard_drops_then_not_seen),
	UNIT_CASE(test_capture_when_wires_and_captures_end_in_any_order_then_nothing_is_left),
	UNIT_CASE(test_capture_when_options_are_wrong_then_inval),
	UNIT_CASE_NO_OOM(test_file_when_full_then_renamed_and_begun_anew), /* likewise */
	UNIT_CASE(test_file_when_it_is_somebody_s_then_left_alone),
	UNIT_CASE(test_file_when_others_may_read_it_then_left_alone),
	UNIT_CASE_NO_OOM(test_file_when_its_end_is_torn_then_cut_or_renamed), /* likewise */
	UNIT_CASE_NO_OOM(test_file_when_the_disk_is_full_then_only_whole_packets_are_in_it), /* likewise */
	UNIT_CASE_NO_OOM(test_file_when_it_cannot_be_written_then_dropped_and_counted), /* likewise */
};
const struct unit_suite capture_suite = { "stack/transport/capture", cases, SIP_COUNTOF(cases) };
