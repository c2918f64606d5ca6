/* See live.h. */
#include "tests/live/live.h"

#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void answer(struct sip_message *m)
{
	struct sip_message *a = NULL;
	struct sip_packet *p = NULL;
	struct sip_send *s;

	UNIT_EQ(sip_response_make(m, 200, NULL, SIP_STR("t"), &a), SIP_OK);
	UNIT_EQ(sip_message_encode(a, &p), SIP_OK);
	s = sip_send_create(p);
	s->flow = sip_flow_from_ref(sip_message_flow(m));
	sip_flow_ref(s->flow);
	if (sip_send_post(&s, sip_clock_real.now_us(NULL)) != SIP_OK)
		sip_send_destroy(&s);
	sip_packet_unref(&p);
	sip_message_unref(&a);
}

static void changed(struct live *l)
{
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static enum sip_err on_message(void *arg, struct sip_message *m)
{
	struct live *l = arg;
	bool is_request = sip_message_is_request(m);

	pthread_mutex_lock(&l->lock);
	if (is_request && l->is_answering)
		answer(m);
	if (is_request)
		l->requests++;
	else
		l->responses++;
	changed(l);
	sip_message_unref(&m);
	return SIP_OK;
}

static void on_send_failed(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why)
{
	struct live *l = arg;

	pthread_mutex_lock(&l->lock);
	l->failed++;
	l->why = why;
	l->token = token;
	l->gave_back = packet != NULL;
	changed(l);
}

static void on_flow_gone(void *arg, struct sip_flow *f, enum sip_err why)
{
	struct live *l = arg;

	(void)f;
	(void)why;
	pthread_mutex_lock(&l->lock);
	l->gone++;
	changed(l);
}

enum sip_err live_open(struct live *l, const struct sip_wire_options *o)
{
	struct sip_loop_options lo;
	struct sip_wire_options w;
	enum sip_err err;

	memset(l, 0, sizeof *l);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	sip_loop_options_init(&lo);
	UNIT_TRY(sip_metrics_create(sip_metric_rows, SIP_METRIC_COUNT, &l->metrics));
	lo.metrics = l->metrics;
	lo.name = "live";
	UNIT_TRY(sip_loop_create(&lo, &l->loop));
	sip_wire_options_init(&w);
	if (o)
		w = *o;
	w.loop = l->loop;
	w.user = (struct sip_wire_user){ .on_message = on_message, .on_send_failed = on_send_failed,
					 .on_flow_gone = on_flow_gone, .arg = l };
	UNIT_TRY(sip_wire_create(&w, &l->wire));
	UNIT_TRY(sip_thread_start(&l->thread, l->loop));
out:
	return err;
}

void live_close(struct live *l)
{
	sip_thread_stop(&l->thread);
	if (l->wire)
		sip_wire_shutdown(l->wire);
	if (l->metrics) {
		UNIT_EQ(sip_metrics_get(l->metrics, SIP_M_FLOWS), 0);
		UNIT_EQ(sip_metrics_get(l->metrics, SIP_M_CONNECTIONS), 0);
		UNIT_EQ(sip_metrics_get(l->metrics, SIP_M_UNLISTED), 0);
	}
	sip_wire_unref(&l->wire);
	sip_loop_unref(&l->loop);
	sip_metrics_unref(&l->metrics);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
}

enum sip_err live_transport(struct live *l, enum sip_transport_kind kind, const char *host,
			    const struct sip_transport_options *base, struct sip_transport **out)
{
	struct sip_transport_options o;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	if (base)
		o = *base;
	err = sip_addr_parse(&o.bind, sip_str_of(host ? host : "127.0.0.1"), 0);
	return err == SIP_OK ? sip_transport_open(&o, &l->wire, 1, out) : err;
}

static bool wait_for(struct live *l, bool (*is_so)(struct live *l, const void *what, int64_t n), const void *what,
		     int64_t n)
{
	struct timespec until;
	bool result;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	pthread_mutex_lock(&l->lock);
	while (!(result = is_so(l, what, n))) {
		struct timespec look;

		clock_gettime(CLOCK_REALTIME, &look);
		if (look.tv_sec > until.tv_sec)
			break;
		look.tv_nsec += 20000000;
		if (look.tv_nsec >= 1000000000) {
			look.tv_sec++;
			look.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&l->changed, &l->lock, &look);
	}
	pthread_mutex_unlock(&l->lock);
	return result;
}

static bool has_counted(struct live *l, const void *what, int64_t n)
{
	(void)l;
	return (int64_t) * (const size_t *)what >= n;
}

static bool has_metric(struct live *l, const void *what, int64_t n)
{
	return sip_metrics_get(l->metrics, *(const enum sip_metric *)what) == n;
}

bool live_wait(struct live *l, const size_t *counter, size_t n)
{
	return wait_for(l, has_counted, counter, (int64_t)n);
}

bool live_wait_metric(struct live *l, enum sip_metric id, int64_t n)
{
	return wait_for(l, has_metric, &id, n);
}

struct sip_str live_options(char *room, size_t size, const char *via_transport, const struct sip_addr *sent_by,
			    unsigned number)
{
	char text[SIP_ADDR_TEXT];
	int n = snprintf(room, size,
			 "OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK%u\r\n"
			 "Max-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: %u\r\n"
			 "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			 via_transport, sip_addr_text(sent_by, text), number, number);

	return sip_str_make(room, (size_t)n);
}

enum sip_err live_send(struct sip_transport *from, const struct sip_addr *to, struct sip_str text, uint64_t token)
{
	struct sip_packet *p = sip_packet_copy(text.p, text.len);
	struct sip_send *s = sip_send_create(p);
	enum sip_err err;

	s->transport = from;
	sip_transport_ref(from);
	s->to = *to;
	s->token = token;
	s->gives_back = true;
	err = sip_send_post(&s, sip_clock_real.now_us(NULL));
	sip_send_destroy(&s);
	sip_packet_unref(&p);
	return err;
}

int live_connect(const struct sip_addr *to, int rcvbuf)
{
	struct timeval wait = { .tv_sec = 20 };
	int fd = socket(sip_addr_family(to), SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (rcvbuf)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	if (connect(fd, &to->u.sa, sip_addr_len(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool live_read_until(int fd, const char *end)
{
	char room[65536];
	size_t len = 0;

	while (len < sizeof room - 1) {
		ssize_t n = recv(fd, room + len, sizeof room - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		room[len] = '\0';
		if (strstr(room, end))
			return true;
	}
	return false;
}
