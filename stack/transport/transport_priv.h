/*
 * The family of stack/transport. A wire has endpoints (one transport on this wire); an endpoint
 * has a kind, which is five functions. Datagram kinds share datagram.c, stream kinds share
 * connection.c and differ only in their pipe. Everything here belongs to the wire's loop.
 */
#ifndef STACK_TRANSPORT_TRANSPORT_PRIV_H
#define STACK_TRANSPORT_TRANSPORT_PRIV_H

#include "stack/transport/capture.h"
#include "stack/transport/guard_priv.h"
#include "stack/transport/hand_over.h"

#include <pthread.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIP__WIRE_MAGIC 0x57495245u
#define SIP__TRANSPORT_MAGIC 0x5452414eu
#define SIP__FLOW_MAGIC 0x464c4f57u
#define SIP__MEMORY_NET_MAGIC 0x4d4e4554u
#define SIP__FLOW_KEEP_MAGIC 0x4b454550u
#define SIP__CAPTURE_MAGIC 0x43415054u

struct sip__endpoint;
struct sip__connection;
struct sip__filter;
struct sip__memory_end;
struct sip__tap;
struct sip__taker;

/* ---- the wire's FIFO carries sends, and commands: nodes whose packet is NULL ------------------------------------ */
struct sip__command {
	struct sip_fifo_node node;
	struct sip_packet *packet; /* always NULL; where struct sip_send has its packet */
	void (*run)(struct sip__command *c);
};
struct sip__errand { /* the same for what a wire has to do itself, once however often it is asked meanwhile */
	struct sip__command command;
	struct sip_wire *wire;     /* owned while posted: a reference */
	void (*run)(struct sip_wire *w);
	bool is_posted;            /* atomic */
};

/* ---- flows ------------------------------------------------------------------------------------------------------- */
enum sip__flow_event {
#define SIP_FLOW_EVENT(id, text) SIP__FLOW_ON_##id,
#include "stack/transport/flow_event_table.h"
#undef SIP_FLOW_EVENT
	SIP__FLOW_EVENT_COUNT
};
enum sip__flow_effect {      /* appended by a row, carried out by the endpoint's kind */
	SIP__FLOW_START = 1, /* what waits may be sent */
	SIP__FLOW_DRAIN = 2, /* no more reading; DRAINED follows when nothing waits any more */
	SIP__FLOW_END = 4    /* fail what waits, close, forget */
};

struct sip_flow {
	struct sip_ref ref;
	uint8_t state;                   /* enum sip_flow_state; written by the wire's loop, read relaxed by anyone */
	uint8_t kind;
	bool is_close_posted;            /* atomic: the command below is on its way */
	bool is_to_close;                /* atomic: it was asked for in any case, not for want of use */
	int64_t idle_since_us;           /* nothing had gone by it since then when its users were asked whether they need it */
	uint32_t busy;                   /* atomic: the last search that found a transaction on it */
	struct sip__command close;
	uint64_t id;
	struct sip_transport *transport; /* owned: a reference */
	struct sip_wire *wire;           /* owned: a reference */
	struct sip__endpoint *endpoint;  /* lent by the transport, until GONE */
	struct sip_addr local;
	struct sip_addr remote;
	struct sip_hash_node by_remote;  /* the wire's table of UDP flows, or the endpoint's of connections */
	struct sip_list lru;
	struct sip_list keeps;           /* struct sip_flow_keep: who wants it kept open */
	int64_t heard_us;                /* when anything came by it last; kept while it is expected to say something */
	unsigned expect_s;               /* atomic: silence that ends it; 0: any silence will do */
	bool is_expect_posted;           /* atomic: the command below is on its way */
	struct sip__command expect;
	struct sip_timer silence;
};
/* The flow takes references to the endpoint's transport and wire. The one reference there is, is the wire's. */
void sip__flow_init(struct sip_flow *f, struct sip__endpoint *e, const struct sip_addr *local,
		    const struct sip_addr *remote, enum sip_flow_state state, sip_destroy_fn destroy);
/* What a destructor ends with: all references let go; the memory is the caller's to free. */
void sip__flow_fini(struct sip_flow *f);
void sip__flow_step(struct sip_flow *f, enum sip__flow_event event, enum sip_err why);
/* The machine alone, for tests: false for an unlisted pair. */
bool sip__flow_row(enum sip_flow_state in, enum sip__flow_event on, enum sip_flow_state *then, unsigned *effects);
/* flow_keep.c: nobody keeps it open any more */
void sip__flow_keeps_end(struct sip_flow *f);
/* True: it is kept by us, and a line end is a pong. */
bool sip__flow_on_pong(struct sip_flow *f);
/* The caller holds a reference: an answer may be its end. False: it answers nothing we have asked, or not rightly. */
bool sip__flow_on_stun(struct sip_flow *f, struct sip_str bytes);
void sip__flow_on_trouble(struct sip_flow *f, enum sip_err why);
/* flow_expect.c: its peer is alive. What comes by a flow is noted here, a store no more. */
void sip__flow_heard(struct sip_flow *f);
void sip__flow_expect_init(struct sip_flow *f);
void sip__flow_expect_end(struct sip_flow *f);

/* ---- STUN (stun.c) ----------------------------------------------------------------------------------------------- */
enum sip__stun { SIP__STUN_REQUEST, SIP__STUN_ANSWER, SIP__STUN_ERROR, SIP__STUN_OTHER };
#define SIP__STUN_LEN 20 /* of a Binding request of ours: the header alone */
/* Is this datagram STUN? The others take one that is. */
bool sip__stun_is(struct sip_str bytes);
enum sip__stun sip__stun_kind(struct sip_str bytes);
/* XOR-MAPPED-ADDRESS. NOTFOUND, SYNTAX. */
enum sip_err sip__stun_read_mapped(struct sip_str bytes, struct sip_addr *out) SIP_MUST_USE;
/* A Binding request with a new transaction number. */
void sip__stun_make(struct sip_rand *rand, unsigned char out[SIP__STUN_LEN]);
#define SIP__STUN_ANSWER_LEN 96
/* What is answered to a Binding request from there (RFC 5389 7.3): so many bytes; 0: nothing, it is to be dropped. */
size_t sip__stun_answer(struct sip_str request, const struct sip_addr *source, unsigned char out[SIP__STUN_ANSWER_LEN]);

/* ---- a kind of transport: the face it shows to the wire ---------------------------------------------------------- */
struct sip__kind {
	/* Binds to *at (in: wanted, out: with the real port) and starts to receive. */
	enum sip_err (*open)(struct sip__endpoint *e, struct sip_addr *at);
	/* Stops receiving, ends every flow. */
	void (*close)(struct sip__endpoint *e);
	/* Takes the send: queued, sent, or failed. */
	void (*send)(struct sip__endpoint *e, struct sip_send *s);
	/* At the end of a turn in which sip__wire_want_flush was called. */
	void (*flush)(struct sip__endpoint *e);
	/* Carries out effects of the flow's machine. */
	void (*flow)(struct sip_flow *f, unsigned effects, enum sip_err why);
};
extern const struct sip__kind sip__kind_udp;
extern const struct sip__kind sip__kind_tcp;
extern const struct sip__kind sip__kind_dtls; /* over UDP or the memory net */
extern const struct sip__kind sip__kind_memory_datagram;
extern const struct sip__kind sip__kind_memory_stream;

struct sip__endpoint { /* one transport on one wire; lives in its transport */
	struct sip_wire *wire;           /* lent by the transport */
	struct sip_transport *transport; /* lent; while open the wire holds a reference to it */
	const struct sip__kind *kind;
	void *state;                     /* owned by the kind while open */
	struct sip_tls_context *tls;     /* owned: a reference; NULL: not secure */
	struct sip__dtls *dtls;          /* owned while open: of the kind DTLS; else NULL */
	struct sip_list node;            /* on the wire's list while open */
	struct sip_list dirty;           /* wants to be flushed this turn */
	struct sip__command close;
	bool is_open;
	bool is_close_posted;            /* atomic */
};

/* ---- a transport ------------------------------------------------------------------------------------------------- */
#define SIP__SOURCE_SLOTS 64
#define SIP__SOURCE_TTL_US SIP_SECONDS(10)
struct sip__source {                     /* which of our addresses the kernel would use towards a host */
	struct sip_addr to, from;
	int64_t at_us;
};
struct sip__source_cache {
	pthread_mutex_t lock;
	struct sip_hash_key key;
	uint32_t turn;                   /* how often it was forgotten: what was asked before then is not kept */
	struct sip__source slots[SIP__SOURCE_SLOTS];
};
struct sip_transport {
	struct sip_ref ref;
	uint32_t id;
	struct sip_transport_options o;      /* advertised: owned copy */
	struct sip_addr bound;
	bool is_any;
	bool is_closed;                      /* atomic */
	uint32_t zone;                       /* of its device; 0: it has none */
	/* owned: "SIP/2.0/UDP host:port"; NULL with an any-address nobody advertises */
	char *via;
	size_t via_len;
	size_t sent_by_at;                   /* where sent-by begins in it */
	struct sip__source_cache *sources;   /* owned; of an any-address or a device only */
	struct sip_str *ws_origins;          /* owned array into o.ws_origins */
	size_t ws_origin_count;
	size_t count;
	struct sip__endpoint endpoints[];    /* one a wire; wires are owned references */
};
struct sip__endpoint *sip__transport_endpoint(struct sip_transport *t, const struct sip_wire *w);
/* The wire that shall send to this address without a flow. */
struct sip_wire *sip__transport_wire(struct sip_transport *t, const struct sip_addr *to);
/* Our address towards `to`, by its device if it has one, port 0; from the cache or the kernel. NOTFOUND: no route. Any thread. */
enum sip_err sip__source_find(const struct sip_transport *t, const struct sip_addr *to, struct sip_addr *from);

/* ---- the wire ---------------------------------------------------------------------------------------------------- */
#define SIP__SCRATCH (32 * 1024)
#define SIP__PLAIN (16 * 1024)
struct sip_wire {
	struct sip_ref ref;
	struct sip_loop *loop;               /* owned: a reference */
	struct sip_wire_options o;           /* server: owned copy */
	struct sip_log *log;                 /* lent by the loop */
	struct sip_metrics_cells *cells;     /* lent by the loop */
	struct sip_fifo fifo;                /* sends and commands */
	struct sip_fifo inbound;             /* parcels of the memory net */
	struct sip_loop_hook hook;
	struct sip_list endpoints;
	struct sip_list dirty;
	struct sip_list parcels;             /* of the memory net, waiting for their time */
	struct sip_hash udp_flows;           /* by (endpoint, remote) */
	struct sip_list udp_lru;             /* least used first */
	struct sip_list dtls_lru;            /* those of DTLS: they make room when there is nobody else */
	struct sip_hash_key key;             /* of the tables and of the to-tags made at the door */
	struct sip_packet *pong;             /* owned: CRLF */
	struct sip__batch *batch;            /* owned: receive buffers of UDP, made with the first socket */
	char *scratch;                       /* owned: what a pipe reads for filters, SIP__SCRATCH bytes, then SIP__PLAIN for TLS */
	struct sip__tap *taps;               /* owned: captures on this wire; NULL: none, and nothing is spent on it */
	int reserve_fd;                      /* given up for a moment when descriptors run out; -1: none */
	int64_t told_us;                 /* when a failed send was last logged; 0: never */
	uint64_t untold;                 /* those since */
	struct sip__guard *guard;        /* owned */
	bool has_shaken;                 /* a step of a handshake was done, this turn */
	struct sip__taker *taker;        /* owned: of datagrams another process reads for us; NULL: none does */
	int give_end;                    /* lent: where datagrams go that another process is to take; -1: there is none */
	struct sip__errand release, find_idle;
	uint32_t idle_search;            /* atomic: the number of a search for idle connections … */
	int64_t idle_since_us;           /* atomic: … and when it began */
	bool is_down;
};
/* May a step of a TLS handshake be done, or has this turn had one? Whoever may not comes again in the next. */
bool sip__wire_may_shake(struct sip_wire *w);
/* Carries out fn on the wire's loop and waits for it; at once when the loop is the caller's. CLOSED. */
enum sip_err sip__wire_call(struct sip_wire *w, enum sip_err (*fn)(void *arg), void *arg) SIP_MUST_USE;
/* Not waited for, and no memory is needed: `errand` is the wire's own. Any thread. */
void sip__wire_post_errand(struct sip_wire *w, struct sip__errand *errand, void (*run)(struct sip_wire *w));
/* Of `scratch` above; NULL when memory ends. */
char *sip__wire_scratch(struct sip_wire *w);
/* May a line be logged of what strangers can cause? One a second may; `untold` gets how many were not since. */
bool sip__wire_may_tell(struct sip_wire *w, uint64_t *untold);
/* The endpoint's flush runs at the end of this turn. */
void sip__wire_want_flush(struct sip__endpoint *e);
/* On the loop: takes the send and gives it to the endpoint it belongs to. */
void sip__wire_send(struct sip_wire *w, struct sip_send *s);
/* Tells the user, counts, destroys. */
void sip__wire_send_failed(struct sip_wire *w, struct sip_send *s, enum sip_err why);
/* Counted as sent, shown to captures, destroyed. `f` is the flow it went by; NULL: from the endpoint to s->to. */
void sip__wire_sent(struct sip_wire *w, struct sip__endpoint *e, const struct sip_flow *f, struct sip_send *s);
void sip__endpoint_close(struct sip__endpoint *e);
enum sip_err sip__endpoint_open(struct sip__endpoint *e, struct sip_addr *at) SIP_MUST_USE;

/* ---- the door ---------------------------------------------------------------------------------------------------- */
/* A datagram from `source` to our `local`: all are lent. */
void sip__door_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
			const struct sip_addr *local);
/* A framed message: takes *m. The flow is set on it. */
void sip__door_message(struct sip_flow *f, struct sip_message **m);
/* The same for one that was given: it has been by captures. */
void sip__door_taken(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		     const struct sip_addr *local);
/* What could not be framed but may be answered: takes *m. */
void sip__door_unframeable(struct sip_flow *f, struct sip_message **m);

/* ---- DTLS: between the carriers of datagrams and the door -------------------------------------------------------- */
/* From a carrier; all are lent. */
void sip__dtls_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
			const struct sip_addr *local);
/* ICMP has brought `quoted` back from there. */
void sip__dtls_refused(struct sip__endpoint *e, const struct sip_addr *remote, struct sip_str quoted);
/* on_flow_idle is told of up to `most` that the search found no transaction on, and that nothing went by since then. */
bool sip__dtls_is_idle(const struct sip_flow *f, int64_t since_us);
void sip__dtls_find_idle(struct sip__endpoint *e, uint32_t search, int64_t since_us, unsigned most);

/* ---- datagram kinds ---------------------------------------------------------------------------------------------- */
/* What carriers give everything to: the door, or DTLS before it. All are lent. */
void sip__datagram_in(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		      const struct sip_addr *local);
/* Found or made, the most used now; lent by the table. NULL when memory ends. */
struct sip_flow *sip__datagram_flow(struct sip__endpoint *e, const struct sip_addr *remote,
				    const struct sip_addr *local);
/* The one that is there, lent; `local` NULL: any to that peer. */
struct sip_flow *sip__datagram_find(struct sip__endpoint *e, const struct sip_addr *remote, const struct sip_addr *local);
/* It is the most used now. */
void sip__datagram_used(struct sip_flow *f);
void sip__datagram_flow_effects(struct sip_flow *f, unsigned effects, enum sip_err why);
void sip__datagram_close_flows(struct sip__endpoint *e);
void sip__udp_batch_free(struct sip__batch **b);
struct sock_filter;
/* The kernel asks this program before it queues what came; 0 instructions: nobody any more. */
void sip__udp_fence(struct sip__endpoint *e, struct sock_filter *program, size_t len);
/* One that was held receives from now on. */
void sip__udp_release(struct sip__endpoint *e);
/* What the network says of something that was sent there, and quotes of it. */
void sip__udp_told(struct sip__endpoint *e, const struct sip_addr *to, int error, struct sip_str quoted);
int sip__udp_fd(const struct sip__endpoint *e);

/* ---- hand-over (given.c, idle.c) ----------------------------------------------------------------------------------------- */
/* True: another process is to take what is not ours, and this is on its way, or lost and counted. All are lent. */
bool sip__give_away(struct sip__endpoint *e, struct sip_str bytes, const struct sip_addr *source, const struct sip_addr *local);
/* The socket tells one process of what either has sent: whoever takes over hears of it too. */
void sip__give_error(struct sip__endpoint *e, const struct sip_addr *to, int error, struct sip_str quoted);
void sip__taker_end(struct sip_wire *w);
/* One of these is told of. */
void sip__flow_idle(struct sip_flow *f, int64_t since_us);
/* Nothing goes by it, and nothing has since then. */
bool sip__flow_is_idle(struct sip_flow *f, int64_t since_us);
/* Has this search for idle ones, or a later one, found a transaction on it? */
bool sip__flow_is_busy(const struct sip_flow *f, uint32_t search);
/* To who takes, if we give. */
void sip__say_still_here(const struct sip_wire *w);

/* ---- sockets ----------------------------------------------------------------------------------------------------- */
/* A socket for this address, or a duplicate of the one that was given; non-blocking. */
enum sip_err sip__socket_open(const struct sip_transport *t, const struct sip_addr *at, int *fd) SIP_MUST_USE;
/* How what leaves it travels: DSCP, and by which interface. NOTFOUND: there is none of that name; what the kernel refused. */
enum sip_err sip__socket_set_path(int fd, int family, const struct sip_transport_options *o) SIP_MUST_USE;
/* By the above, then *at gets the real port. One that was given is bound: it is looked at. */
enum sip_err sip__socket_bind(int fd, const struct sip_transport *t, struct sip_addr *at) SIP_MUST_USE;
union sip__pktinfo { /* room for the source of one datagram */
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};
union sip__arrival { /* room for what the kernel says of one that came: where to, and how many it had to drop */
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
};
void sip__pktinfo_enable(int fd, int family);
/* Sets the host in *local when the kernel said which it was. */
void sip__pktinfo_read(struct msghdr *m, struct sip_addr *local);
/* Sets *dropped when the kernel said it (SO_RXQ_OVFL). */
void sip__overflow_read(struct msghdr *m, uint32_t *dropped);
void sip__pktinfo_write(struct msghdr *m, union sip__pktinfo *room, const struct sip_addr *local);

/* ---- stream kinds ------------------------------------------------------------------------------------------------ */
struct sip__pipe { /* what is under a connection */
	/* Begins; then sip__connection_piped or …_lost. */
	enum sip_err (*connect)(struct sip__connection *c);
	/* *n gets how many bytes went; AGAIN when not one did. */
	enum sip_err (*write)(struct sip__connection *c, const struct iovec *iov, int count, size_t *n);
	/* Calls for …_received (is_reading) and …_writable (is_writing) from now on. */
	void (*watch)(struct sip__connection *c, bool is_reading, bool is_writing);
	void (*close)(struct sip__connection *c, bool is_reset);
};
enum sip__wait { /* what a connection is watched for; each an ordered list and a deadline */
	SIP__WAIT_CONNECT, /* until it may carry messages: handshakes of its filters included */
	SIP__WAIT_HEADER,
	SIP__WAIT_WRITE,
	SIP__WAIT_CLOSE,
	SIP__WAIT_COUNT
};
struct sip__stream { /* the state of a stream endpoint */
	struct sip__endpoint *endpoint; /* lent: the one it is the state of */
	const struct sip__pipe *pipe;
	struct sip_hash by_remote;
	struct sip_hash by_alias;       /* the same connections, by where their peers say they listen (RFC 5923) */
	struct sip_list lru;            /* flows, least used first */
	struct sip_list dirty;          /* connections with something to write */
	struct sip_list waits[SIP__WAIT_COUNT];
	struct sip_timer sweep;
	int64_t sweep_at_us;            /* valid while armed */
	size_t count;
	struct sip_io listener;         /* fd -1: none */
	struct sip_hash ends;           /* of memory streams, by both addresses */
	bool is_closing;
};
struct sip__coded { /* bytes for the pipe, when there are filters */
	struct sip_buf bytes;           /* nothing is held while there is nothing */
	size_t off;                     /* so many of them are written */
	uint64_t written;               /* in all */
	uint64_t head_at;               /* where the head of the queue began */
	struct sip_fifo_node *last;     /* of the queue: this send and all before it are coded; NULL: none is */
};
struct sip__connection {
	struct sip_flow flow;           /* first */
	struct sip__stream *stream;     /* lent by the endpoint, until the flow is gone */
	struct sip_io io;               /* sockets; fd -1: none */
	struct sip__memory_end *memory; /* owned; memory streams */
	struct sip_framer *framer;      /* owned; made with the first bytes */
	struct sip_fifo_batch queue;    /* of sends; the head's first head_off bytes are written */
	size_t head_off;
	size_t queue_bytes;
	char *name;                     /* owned: of whom we connected to, before DNS; NULL: nobody named one */
	struct sip__filter *lowest;     /* owned, up to the highest; NULL: none, the pipe carries messages as they are */
	struct sip__filter *highest;
	struct sip__filter *dropped;    /* owned: to be destroyed when nothing goes up through them any more */
	struct sip__coded coded;        /* what the filters have made of sends, and of what they say themselves */
	unsigned receiving;             /* depth: filters that end within stay until it is over */
	int64_t used_us;
	int64_t since_us[SIP__WAIT_COUNT];
	struct sip_list waits[SIP__WAIT_COUNT];
	struct sip_list dirty;
	bool is_ours;                   /* we connected */
	bool is_piped;                  /* the pipe is open */
	bool has_shut;                  /* the filters have said our end */
	bool was_open;
	bool is_ended;                  /* the peer has sent its end */
	bool is_lingering;              /* … and someone may still answer what it sent before */
	bool is_blocked;                /* the pipe took no more */
	bool is_in_table;
	bool is_counted;                /* by the guard, as one of its source's */
	struct sip_hash_node by_alias;
	struct sip_addr alias;          /* family 0: none */
};
static inline struct sip__connection *sip__connection_of(struct sip_flow *f)
{
	return (struct sip__connection *)(void *)f;
}
void sip__stream_init(struct sip__stream *st, struct sip__endpoint *e, const struct sip__pipe *pipe);
void sip__stream_fini(struct sip__stream *st);
void sip__stream_send(struct sip__endpoint *e, struct sip_send *s);
void sip__stream_flush(struct sip__endpoint *e);
void sip__stream_flow_effects(struct sip_flow *f, unsigned effects, enum sip_err why);
/* A new connection in the table, which holds it; evicts when there are too many. */
enum sip_err sip__connection_create(struct sip__stream *st, const struct sip_addr *local, const struct sip_addr *remote,
				    struct sip__connection **out) SIP_MUST_USE;
/* The same, of ours: to be connected to who has this name before DNS; empty: nobody said. */
enum sip_err sip__connection_create_to(struct sip__stream *st, const struct sip_addr *remote, struct sip_str name,
				       struct sip__connection **out) SIP_MUST_USE;
/* Called by pipes. The caller holds a reference (sip_flow_ref) where it goes on with the connection after. */
void sip__connection_piped(struct sip__connection *c);
void sip__connection_writable(struct sip__connection *c);
/* Through the filters, if there are any, to the framer; false: stop reading. */
bool sip__connection_received(struct sip__connection *c, const char *bytes, size_t len);
/* Where a pipe reads to: room of the framer or, with filters, of the wire; NULL when memory ends. Then …_read. */
char *sip__connection_room(struct sip__connection *c, size_t *len);
/* A handshake that failed was the peer's fault: not the guard's own no, nor memory's; and who goes away has offended nobody. */
bool sip__is_handshake_s(enum sip_err err);
bool sip__connection_read(struct sip__connection *c, char *room, size_t len);
void sip__connection_ended(struct sip__connection *c);
void sip__connection_lost(struct sip__connection *c, enum sip_err why);
/* Its peer has sent its end, and nobody but the wire holds it any more: no answer will come. */
bool sip__connection_is_left(const struct sip__connection *c);
/* connection_table.c */
/* One to that peer by which messages for `name` may go, open or being opened by us. NULL. */
struct sip__connection *sip__connection_find(struct sip__stream *st, const struct sip_addr *remote, struct sip_str name);
enum sip_err sip__connection_table_add(struct sip__connection *c) SIP_MUST_USE;
/*
 * What came by it has this topmost Via. With "alias" a peer whose certificate was verified is found under its sent-by port too, for the
 * names in that certificate alone (RFC 5923 8.1, 9.2). Without memory it is not.
 */
void sip__connection_table_alias(struct sip__connection *c, const struct sip_via *via);
/* Found from now on. NOMEM. */
enum sip_err sip__connection_table_show(struct sip__connection *c) SIP_MUST_USE;
/* No more found, but still counted: it closes. */
void sip__connection_table_hide(struct sip__connection *c);
void sip__connection_table_remove(struct sip__connection *c);
void sip__connection_used(struct sip__connection *c);
/* Closes the least used, one without anything to write first. False: there was none. */
bool sip__connection_evict(struct sip__stream *st);
/* Called by filters: plain bytes for the framer; false: stop. */
bool sip__connection_feed(struct sip__connection *c, const char *bytes, size_t len);
/* One whole message, or a keep-alive, whose bounds are known (RFC 7118 5); false: stop. */
bool sip__connection_take(struct sip__connection *c, struct sip_str message);
/* An accepted one turns out to be another transport's, before anybody has heard of it. NOMEM, LIMIT. */
enum sip_err sip__connection_move(struct sip__connection *c, struct sip__stream *to) SIP_MUST_USE;
/* It may carry messages from now on. */
void sip__connection_opened(struct sip__connection *c);
/* There is something in `coded`. */
void sip__connection_has_coded(struct sip__connection *c);
/* send_queue.c */
enum sip_err sip__send_queue_put(struct sip__connection *c, struct sip_send *s) SIP_MUST_USE;
int sip__send_queue_gather(const struct sip__connection *c, struct iovec *iov, int most);
void sip__send_queue_wrote(struct sip__connection *c, size_t n);
/* What is coded has been written as far as `coded` says. */
void sip__send_queue_coded_wrote(struct sip__connection *c);
/* When the oldest was put there; when writing began to wait, when there is none. */
int64_t sip__send_queue_since(const struct sip__connection *c);
/* The queue moves into *out; a send of which something was written is failed. */
void sip__send_queue_take(struct sip__connection *c, struct sip_fifo_batch *out, enum sip_err why);
/* keepalive.c */
/* From now on, unless it waits for that already. */
void sip__connection_wait(struct sip__connection *c, enum sip__wait what);
void sip__connection_wait_no_more(struct sip__connection *c, enum sip__wait what);
void sip__connection_watch_idle(struct sip__connection *c);
void sip__stream_on_sweep(void *stream);
void sip__connection_pong(struct sip__connection *c);
/* ---- filters: what lies between a connection and its pipe -------------------------------------------------------- */
/*
 * A connection's filters are a chain from the pipe up. Bytes that come go up through `feed`, one message after the other goes down
 * through `write`. A filter that must first agree with its peer is not up at once: those above it, and messages, wait for it.
 */
struct sip__filter_kind {
	/* Below it everything is up. The first word is ours, or nothing. */
	enum sip_err (*start)(struct sip__filter *f);
	/* Takes all of it; what it holds goes on by sip__filter_pass. CLOSED: the peer has sent its end. */
	enum sip_err (*feed)(struct sip__filter *f, struct sip_str bytes);
	/* One whole message, or a keep-alive; goes on by sip__filter_put. */
	enum sip_err (*write)(struct sip__filter *f, struct sip_str bytes);
	/* Our end. */
	void (*close)(struct sip__filter *f);
	void (*destroy)(struct sip__filter *f);
};
struct sip__filter {
	const struct sip__filter_kind *kind;
	struct sip__connection *connection; /* lent: it owns us */
	struct sip__filter *above, *below;  /* NULL: the framer; the pipe */
	bool is_up;
};
/* Those of a connection of this kind. UNSUPPORTED, NOMEM; what was made is the connection's to end. */
enum sip_err sip__filters_make(struct sip__connection *c) SIP_MUST_USE;
/* On top of those that are there. */
void sip__filter_add(struct sip__connection *c, struct sip__filter *f, const struct sip__filter_kind *kind);
/* Starts what is not up yet, as far as it goes; opens the connection when all are. */
enum sip_err sip__filters_start(struct sip__connection *c) SIP_MUST_USE;
/* Called by a filter: its peer and it agree. */
enum sip_err sip__filter_up(struct sip__filter *f) SIP_MUST_USE;
/* To the filter above, or the framer. STATE: the connection is gone, or reads no more. */
enum sip_err sip__filter_pass(struct sip__filter *f, struct sip_str bytes) SIP_MUST_USE;
/* It has done its work: what it holds and what is behind that goes on to whoever is above it. It is destroyed on the way out. */
enum sip_err sip__filter_leave(struct sip__filter *f, struct sip_str held, struct sip_str rest) SIP_MUST_USE;
/* To the filter below, or the pipe. FULL: the peer does not read what we answer. */
enum sip_err sip__filter_put(struct sip__filter *f, struct sip_str bytes) SIP_MUST_USE;
/* Called by a filter that has nothing more to do: out of the chain. It is destroyed once nothing goes up any more. */
void sip__filter_drop(struct sip__filter *f);
/* filter_tls.c: as in a certificate, where an IPv6 address has no brackets; `room` is for the address of a peer nobody named. */
struct sip_str sip__tls_bare(struct sip_str name);
struct sip_str sip__tls_name(struct sip_str name, const struct sip_addr *peer, char room[SIP_ADDR_TEXT]);
/* Counted, and said once a second at most. */
void sip__tls_tell_failed(struct sip_wire *w, const char *what, bool is_ours, const struct sip_addr *peer,
			  const struct sip_tls_session *session);
/* Of a connection of a secure kind. */
enum sip_err sip__filter_tls_add(struct sip__connection *c) SIP_MUST_USE;
/* May messages for `name` go by it? (RFC 5923 8) */
/*
 * May what is for this name go by this session, which is up? For no name in particular, for the one we called it by, for one that its
 * certificate has (RFC 5923 8), or for the address of who showed none, and then we are its server.
 */
bool sip__tls_is_for(const struct sip_tls_session *session, const char *called, const struct sip_addr *remote, struct sip_str name);
bool sip__filter_tls_is_for(const struct sip__connection *c, struct sip_str name);
/* Has its peer shown a certificate that was verified, for this name where there is one? */
bool sip__filter_tls_has_shown(const struct sip__connection *c, struct sip_str name);
/* filter_ws.c, filter_greet.c; the latter of what we have accepted alone */
enum sip_err sip__filter_ws_add(struct sip__connection *c) SIP_MUST_USE;
enum sip_err sip__filter_greet_add(struct sip__connection *c) SIP_MUST_USE;
/* From the pipe into the lowest. STATE: the connection is gone, or reads no more. */
enum sip_err sip__filters_feed(struct sip__connection *c, struct sip_str bytes) SIP_MUST_USE;
/* Messages of the queue into the highest, as long as there is not too much for the pipe already. */
enum sip_err sip__filters_code(struct sip__connection *c) SIP_MUST_USE;
size_t sip__coded_left(const struct sip__connection *c);
void sip__coded_wrote(struct sip__connection *c, size_t n);
void sip__filters_close(struct sip__connection *c);
void sip__filters_end(struct sip__connection *c);
/* listener.c */
enum sip_err sip__listener_open(struct sip__stream *st, struct sip_addr *at) SIP_MUST_USE;
void sip__listener_close(struct sip__stream *st);
/* tcp.c */
enum sip_err sip__tcp_adopt(struct sip__stream *st, int fd, const struct sip_addr *remote) SIP_MUST_USE;
void sip__tcp_set_options(int fd, const struct sip_transport_options *o);

/* ---- the memory net ---------------------------------------------------------------------------------------------- */
enum sip__parcel_kind {
	SIP__PARCEL_DATAGRAM,
	SIP__PARCEL_CONNECT,
	SIP__PARCEL_ACCEPT,
	SIP__PARCEL_BYTES,
	SIP__PARCEL_END,
	SIP__PARCEL_RESET
};
struct sip__parcel {
	struct sip_fifo_node node;
	struct sip_memory_net *net;  /* owned: a reference */
	struct sip_wire *wire;       /* lent: the receiver, whose FIFO or list it is on */
	struct sip_timer timer;
	struct sip_list waiting;     /* on the wire's list */
	int64_t due_us;
	enum sip__parcel_kind kind;
	struct sip_addr from, to;
	struct sip_packet *packet;   /* owned; NULL when it carries none */
};
struct sip__posting { /* what is to be sent */
	enum sip__parcel_kind kind;
	enum sip_transport_kind transport;
	const struct sip_addr *from, *to;
	struct sip_packet *packet;   /* lent; may be NULL */
	int64_t now_us;
	int64_t due_us;              /* of a stream: in: not before; out: when it arrives */
};
/*
 * REFUSED (nobody is there, or fate), LIMIT; TIMEOUT: a blackhole swallowed it. A datagram that is lost on the way is
 * OK.
 */
enum sip_err sip__memory_post(struct sip_memory_net *n, struct sip__posting *p) SIP_MUST_USE;
struct sip__memory_binding { /* who is reached at an address: an endpoint, or the near end of a stream */
	struct sip_hash_node node;
	struct sip_addr at;
	bool is_stream;
	uint32_t transport;          /* its id */
	struct sip_wire *wire;       /* lent: the binding is taken off before the wire goes down */
};
/* Port 0 becomes a free one. INUSE; INVAL for an any-address. */
enum sip_err sip__memory_bind(struct sip_memory_net *n, struct sip__memory_binding *b, const struct sip__endpoint *e,
			      struct sip_addr *at) SIP_MUST_USE;
void sip__memory_unbind(struct sip_memory_net *n, struct sip__memory_binding *b);
/* The inbound FIFO's consumer. */
void sip__memory_on_parcel(void *wire, struct sip_fifo_node *node);
void sip__memory_drop_parcels(struct sip_wire *w);
void sip__parcel_free(struct sip__parcel *p);
/* The near end goes along with its connection to another endpoint of the wire. NOMEM. */
enum sip_err sip__memory_stream_move(struct sip__connection *c, struct sip__stream *to) SIP_MUST_USE;
/* True when it was for one of this endpoint's connections. */
bool sip__memory_stream_parcel(struct sip__endpoint *e, const struct sip__parcel *p);

/* ---- capture: the tap (capture.c), and what it leads to; all but the tap on the capture's loop ------------------- */
/* Asked only where w->taps says that somebody captures. Packets and messages are lent: references are taken. */
void sip__tap_datagram(struct sip__endpoint *e, struct sip_packet *packet, const struct sip_addr *source,
		       const struct sip_addr *local);
void sip__tap_message(const struct sip_flow *f, const struct sip_message *m);
void sip__tap_sent(struct sip__endpoint *e, const struct sip_flow *f, const struct sip_send *s);
/* The wire goes down: what was taken is passed on, the captures are let go. */
void sip__taps_end(struct sip_wire *w);

/* Both addresses in one family: IPv6 when either is (an IPv4 one is mapped then), and zeros for what is no address. */
struct sip__ip_pair {
	bool is_v6;
	size_t len;                     /* 4 or 16 */
	unsigned char from[16], to[16];
};
void sip__ip_pair_of(const struct sip_capture_record *r, struct sip__ip_pair *out);
/* 6 or 17: what carries a message of this kind over IP. */
unsigned sip__ip_protocol(enum sip_transport_kind kind);
/* In network order. */
void sip__put_u16(struct sip_buf *b, unsigned value);
void sip__put_u32(struct sip_buf *b, uint32_t value);

/* hep.c */
#define SIP__HEP_MAX 65507u            /* what fits a datagram is what is said over TCP too */
#define SIP__HEP_CALL_ID_MAX 1024u     /* longer ones are cut */
/*
 * One packet of HEP v3 behind what is in `b`, which has or makes room for SIP__HEP_MAX. True: the message was too long, and stands
 * without its end.
 */
bool sip__hep_put(struct sip_buf *b, const struct sip_capture_record *r, uint32_t agent_id, struct sip_str auth_key);

/* hep_sender.c: to the collector */
struct sip__hep_sender;
struct sip__hep_sender *sip__hep_sender_create(struct sip_capture *c, const struct sip_capture_options *o, struct sip_loop *loop,
					       const struct sip_capture_finder *finder /* lent; NULL: `host` is an address */);
void sip__hep_sender_destroy(struct sip__hep_sender **h);
void sip__hep_sender_put(struct sip__hep_sender *h, const struct sip_capture_record *r);
void sip__hep_sender_flush(struct sip__hep_sender *h);
void sip__hep_sender_found(struct sip__hep_sender *h, const struct sip_addr *at, enum sip_err why);

/* pcap.c */
#define SIP__PCAP_HEAD 24              /* bytes in front of the first packet of a file */
#define SIP__PCAP_DIRECTIONS 4096      /* streams whose numbers are remembered; a power of two */
struct sip__pcap_direction {
	struct sip_addr from, to;
	uint32_t next;                  /* the sequence number of its next byte */
};
struct sip__pcap {
	struct sip_hash_key key;
	struct sip__pcap_direction directions[SIP__PCAP_DIRECTIONS];
};
void sip__pcap_put_head(struct sip_buf *b);
/* How long the packet is, with its head, that begins with these SIP__PCAP_RECORD_HEAD bytes; 0: there is none of ours. */
#define SIP__PCAP_RECORD_HEAD 16u
size_t sip__pcap_len(const char *at);
/* At most so many bytes that sip__pcap_put puts behind what is in `b`: the packets this message would have been on the wire. */
size_t sip__pcap_most(const struct sip_capture_record *r);
void sip__pcap_put(struct sip__pcap *p, struct sip_buf *b, const struct sip_capture_record *r);

/* capture_file.c: to a file */
struct sip__capture_file;
enum sip_err sip__capture_file_open(const struct sip_capture_options *o, struct sip_loop *loop,
				    struct sip__capture_file **out) SIP_MUST_USE;
void sip__capture_file_close(struct sip__capture_file **f);
void sip__capture_file_put(struct sip__capture_file *f, const struct sip_capture_record *r);
void sip__capture_file_flush(struct sip__capture_file *f);

#ifdef __cplusplus
}
#endif
#endif
