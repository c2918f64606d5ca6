/*
 * stack/transport: bytes in and out. A wire is the transport layer of one loop: it owns the
 * sockets, connections and flows there. Messages that pass the door go up by a call-back on the
 * wire's loop; bytes to send come down through the wire's FIFO. Messages that do not pass are
 * answered or dropped right here. (RFC 3261 18, RFC 3581, RFC 5626 3.5.1)
 */
#ifndef STACK_TRANSPORT_TRANSPORT_H
#define STACK_TRANSPORT_TRANSPORT_H

#include "stack/crypto/tls.h"
#include "stack/loop/loop.h"
#include "stack/message/message.h"
#include "stack/transport/guard.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_wire;       /* the transport layer of one loop; counted */
struct sip_transport;  /* a listening point on one or more wires; counted, immutable once added */
struct sip_memory_net; /* a network inside the process */

/* ---- flows: one object for every kind (a UDP socket and a peer, a connection) ------------------------------------ */
/* Counted (a struct sip_ref comes first); identity immutable: any thread. Its machine belongs to its wire's loop. */
struct sip_flow;
enum sip_flow_state {
#define SIP_FLOW_STATE(id, text) SIP_FLOW_##id,
#include "stack/transport/flow_state_table.h"
#undef SIP_FLOW_STATE
	SIP_FLOW_STATE_COUNT
};
void sip_flow_ref(struct sip_flow *f);
void sip_flow_unref(struct sip_flow **f);
struct sip_ref *sip_flow_as_ref(struct sip_flow *f);
struct sip_flow *sip_flow_from_ref(struct sip_ref *r); /* NULL for NULL */
uint64_t sip_flow_id(const struct sip_flow *f);        /* never used again in this process */
enum sip_transport_kind sip_flow_kind(const struct sip_flow *f);
struct sip_transport *sip_flow_transport(const struct sip_flow *f); /* lent by the flow */
const struct sip_addr *sip_flow_local(const struct sip_flow *f);
const struct sip_addr *sip_flow_remote(const struct sip_flow *f);
enum sip_flow_state sip_flow_state(const struct sip_flow *f);  /* a relaxed read: may be old news */

/* ---- transports -------------------------------------------------------------------------------------------------- */
#define SIP_ADVERTISED_MAX 255 /* bytes of a host */
/* A request of more than 1,300 bytes for which we would take this UDP (RFC 3261 18.1.1); one to a flow goes by the flow. */
enum sip_size_switch {
	SIP_SIZE_SWITCH_FALLBACK, /* goes by TCP, and by UDP when no connection comes about */
	SIP_SIZE_SWITCH_ON,       /* goes by TCP or not at all (TOOBIG when there is no transport for it) */
	SIP_SIZE_SWITCH_OFF       /* goes by UDP, in fragments if need be */
};
struct sip_transport_options {
	enum sip_transport_kind kind;
	struct sip_addr bind;        /* address and port; port 0: the kernel chooses; any-address allowed */
	struct sip_str advertised;   /* host for Via, Contact, Record-Route, SIP_ADVERTISED_MAX at most; empty: the address itself */
	uint16_t advertised_port;    /* 0: the bound one */
	struct sip_str device;       /* everything through this interface alone, "eth0" (DENIED without the right to; NOTFOUND); empty: any */
	unsigned dscp;               /* 0 … 63: class of what is sent, by accepted connections too (RFC 2474) */
	enum sip_size_switch size_switch; /* UDP; FALLBACK */
	unsigned rcvbuf, sndbuf;     /* bytes; 0: 1 MiB asked for on UDP, the kernel's on TCP */
	size_t connections_max;      /* of this transport and wire: 20,000; beyond: the least used is evicted */
	size_t queue_bytes_max;      /* per connection waiting to be written: 256 KiB … */
	unsigned queue_age_ms;       /* … and how long the oldest may wait: 10,000; then the connection is closed */
	unsigned connect_ms;         /* until a connection may carry messages, TLS and WebSocket handshakes included: 10,000 */
	unsigned idle_s;             /* a connection nobody has used for so long is closed; 0: never (3,600) */
	unsigned header_ms;          /* an unfinished message may take this long: 30,000 */
	/*
	 * A socket that is bound to `bind` already (by systemd, by another process), of a stream one that listens or may; each wire
	 * takes a duplicate, the descriptor itself stays the caller's, who may close it after. -1: a socket of our own. It is set
	 * non-blocking, for all who share it. INVAL: of another type or address, or an IPv6 one that takes IPv4 as well.
	 */
	int fd;
	/* UDP, DTLS: nothing is received until sip_wire_release: another process reads the socket still. */
	bool is_held;
	struct sip_memory_net *net;  /* not NULL: endpoints in this memory network instead of sockets */
	struct sip_tls_context *tls; /* TLS, WSS, DTLS (for datagrams): certificates and rules; a reference is taken */
	/* TLS: requests of ours say "alias", so that a peer that has verified our certificate may send its own by our connections (RFC 5923) */
	bool adds_alias;
	/*
	 * WS (WSS) on the port of a transport for TCP (TLS), which is held: who begins there with HTTP is this one's; `bind` is not
	 * looked at.
	 */
	struct sip_transport *beside;
	struct sip_str ws_origins;   /* WS, WSS: web pages that may come, comma separated ("https://example.com"); empty: all */
	struct sip_str ws_resource;  /* what we ask a server for; empty: "/" */
	/*
	 * TCP, TLS, WS, WSS: who connects is one of the wire's trusted networks and says for whom, by the PROXY protocol 2, before
	 * everything else. Others are closed.
	 */
	bool proxy_protocol;
};
void sip_transport_options_init(struct sip_transport_options *o, enum sip_transport_kind kind);
/*
 * Opens it on every wire (SO_REUSEPORT when there is more than one) and starts to receive. INUSE, DENIED, … from the
 * kernel; INVAL: options that make no sense together; RANGE: one of them. Before the wires turn, or from any thread while
 * they do (it is carried out on the wires and waited for).
 */
enum sip_err sip_transport_open(const struct sip_transport_options *o, struct sip_wire *const *wires, size_t count,
				struct sip_transport **out) SIP_MUST_USE;
/*
 * Connections that come about from now on are by this context; those that are there go on by theirs. Any thread. NOMEM, CLOSED;
 * INVAL when the transport is not secure, or the context of the other kind.
 */
enum sip_err sip_transport_set_tls(struct sip_transport *t, struct sip_tls_context *tls /* a reference is taken */) SIP_MUST_USE;
/* Stops receiving, closes its connections; later sends by it fail. Any thread; not waited for. */
void sip_transport_close(struct sip_transport *t);
void sip_transport_ref(struct sip_transport *t);
void sip_transport_unref(struct sip_transport **t);
uint32_t sip_transport_id(const struct sip_transport *t);      /* 1 …, in order of opening in this process */
enum sip_transport_kind sip_transport_kind_of(const struct sip_transport *t);
/* As it was opened, with texts of its own; without its TLS context. Lent by it. */
const struct sip_transport_options *sip_transport_options_of(const struct sip_transport *t);
const struct sip_addr *sip_transport_bound(const struct sip_transport *t); /* with the real port */
/*
 * sent-by as this peer should see it: the advertised host, else the bound address, else (any-address) the source
 * towards `peer`.
 */
void sip_transport_put_sent_by(const struct sip_transport *t, const struct sip_addr *peer, struct sip_buf *b);
/* A link-local address without a zone gets that of the transport, which it has from its own address or its device. Any thread. */
void sip_transport_take_zone(const struct sip_transport *t, struct sip_addr *to);
/* The addresses or routes of this host have changed: what was learnt of the source towards peers is asked for again. Any thread. */
void sip_transport_forget_sources(struct sip_transport *t);
/*
 * Would this transport put this host and port (0: the default of its kind) into the sent-by of a Via? (RFC 3261
 * 18.1.2)
 */
bool sip_transport_is_sent_by(const struct sip_transport *t, struct sip_str host, uint16_t port);
bool sip_transport_is_closed(const struct sip_transport *t);

/* ---- the wire ---------------------------------------------------------------------------------------------------- */
struct sip_wire_user { /* all called on the wire's loop; none may block */
	/*
	 * A message that passed the door, stamped (received, rport), with flow and source set. On OK it is the
	 * user's; FULL leaves it with the wire, which answers a request (never an ACK) with 503 and Retry-After.
	 */
	enum sip_err (*on_message)(void *arg, struct sip_message *m);
	/* What was sent with this token could not be delivered: `packet` (lent) when the send gives it back, else NULL. Once a send at most. */
	void (*on_send_failed)(void *arg, uint64_t token, struct sip_packet *packet, enum sip_err why);
	/*
	 * The flow is gone: nothing more comes or goes by it. The user may keep its reference. Of a stream: what was written to it
	 * carries its id (sip_packet_flow), and what did not get so far was told on_send_failed, or goes by another, before.
	 */
	void (*on_flow_gone)(void *arg, struct sip_flow *f, enum sip_err why);
	/*
	 * A hand-over's, each may be NULL (stack/transport/hand_over.h): nothing more is given to this wire (TIMEOUT: who gives hangs);
	 * nothing goes by this flow.
	 */
	void (*on_taken)(void *arg, enum sip_err why);
	void (*on_flow_idle)(void *arg, struct sip_flow *f);
	/* How loaded the user is: asked once for every message, when it is indexed. */
	enum sip_congestion_level (*level)(void *arg);
	void *arg; /* lent, outlives the wire */
};
struct sip_wire_options {
	struct sip_loop *loop;          /* the wire takes a reference */
	struct sip_wire_user user;
	struct sip_limits limits;
	struct sip_str server;          /* Server header of answers made at the door; empty: none */
	unsigned retry_after_s;         /* spread over retry_after_s … 2 * retry_after_s: 5 */
	size_t queue_max;               /* sends waiting in the FIFO: 100,000 */
	struct sip_guard_options guard; /* who may come in, and how often; copied */
	size_t udp_flows_max;           /* remembered UDP flows: 100,000; the least used is forgotten */
};
void sip_wire_options_init(struct sip_wire_options *o);
enum sip_err sip_wire_create(const struct sip_wire_options *o, struct sip_wire **out) SIP_MUST_USE;
/* Closes every connection and flow, tells the user. On the loop's thread, or when nobody turns it any more. */
void sip_wire_shutdown(struct sip_wire *w);
void sip_wire_unref(struct sip_wire **w);
struct sip_loop *sip_wire_loop(const struct sip_wire *w);

/* ---- sending ----------------------------------------------------------------------------------------------------- */
struct sip_send { /* made by sip_send_create, filled in, posted: then it is the wire's */
	struct sip_fifo_node node;
	struct sip_packet *packet;     /* owned: a reference */
	/*
	 * Owned: a reference; the way to go while it is alive. Over UDP with an address below: there, from our address of the flow.
	 */
	struct sip_flow *flow;
	struct sip_transport *transport; /* owned: a reference; without a living flow: from here … */
	struct sip_addr to;            /* … to there. Family 0: only by the flow */
	struct sip_addr from;          /* our address a datagram without a flow leaves from; family 0: the kernel's choice */
	uint64_t token;                /* for on_send_failed; 0: nobody wants to know */
	bool gives_back;               /* the sender keeps no copy: on_send_failed brings the packet */
	bool is_coded;                 /* the wire's: these are a record of DTLS */
	bool is_retried;               /* the wire's: a connection died under it before, it has a second one now */
	uint64_t coded_at;             /* the wire's: where it ends in what a TLS or WebSocket connection writes; 0: not yet coded */
};
struct sip_send *sip_send_create(struct sip_packet *packet /* a reference is taken */) SIP_MUST_USE;
void sip_send_destroy(struct sip_send **s);
/* Any thread. Takes *s on success; FULL, CLOSED leave it. */
enum sip_err sip_send_post(struct sip_send **s, int64_t now_us) SIP_MUST_USE;
/*
 * Of UDP: found or made, as if something had come from there to our `local`; a reference. Any thread, waited for; at once on the wire's
 * loop. CLOSED, NOMEM; UNSUPPORTED: it is not UDP.
 */
enum sip_err sip_transport_open_flow(struct sip_transport *t, const struct sip_addr *local, const struct sip_addr *remote,
				     struct sip_flow **out) SIP_MUST_USE;
/* Closes a flow, as if the peer had. Any thread. */
void sip_flow_close(struct sip_flow *f);

/* ---- flows we keep open (RFC 5626 4.4): by double CRLFs over streams, by STUN Binding requests over datagrams ------- */
struct sip_flow_keep; /* counted by its flow too, which it does not hold: who holds one keeps it from closing */
struct sip_flow_keep_options {
	unsigned most_s;             /* between two pings; at least four fifths of it. Not 0 */
	/*
	 * An answer is owed. Without a pong within 10 s (4.4.1) the flow is lost (TIMEOUT); likewise without an answer to seven
	 * STUN requests, by an error answer or one that gives us another address (4.4.2, RFC 5389 7.2.1).
	 */
	bool is_watched;
};
/* Any thread. INVAL, NOMEM; CLOSED: the wire is down. Of a flow that is gone already nothing more is heard. */
enum sip_err sip_flow_keep_start(struct sip_flow *f, const struct sip_flow_keep_options *o,
				 struct sip_flow_keep **out) SIP_MUST_USE;
/* No more pings. NULL is left alone; *k is NULL after. Any thread. */
void sip_flow_keep_stop(struct sip_flow_keep **k);
/* Has any ping been answered? A relaxed read. Any thread. */
bool sip_flow_keep_is_answered(const struct sip_flow_keep *k);
/* A reference to its flow; NULL when that is gone, or the start has not come to the wire yet. Any thread. */
struct sip_flow *sip_flow_keep_find(struct sip_flow_keep *k);

/*
 * Its peer has promised to say something at least every so many seconds (RFC 5626 5.4): once nothing has come by it for longer, from
 * now or from then on, it is lost (TIMEOUT), or, over UDP, suspect until something does. 0: no more. Any thread.
 */
void sip_flow_expect(struct sip_flow *f, unsigned most_s);

/* ---- which transport for this target ----------------------------------------------------------------------------- */
/*
 * A selector is a list of transports and belongs to one loop; each loop that sends has its own and is told of changes
 * by whoever owns it, so that choosing needs no lock.
 */
#define SIP_SELECTOR_TRANSPORTS 64
struct sip_selector {
	struct sip_transport *transports[SIP_SELECTOR_TRANSPORTS]; /* owned: references */
	size_t count;
};
void sip_selector_init(struct sip_selector *s);
void sip_selector_fini(struct sip_selector *s);
enum sip_err sip_selector_add(struct sip_selector *s, struct sip_transport *t) SIP_MUST_USE; /* LIMIT */
void sip_selector_remove(struct sip_selector *s, struct sip_transport *t);
/* Kinds there is a transport for, as bits; and families. */
unsigned sip_selector_kinds(const struct sip_selector *s);
bool sip_selector_has_family(const struct sip_selector *s, int family);
/*
 * The transport to reach `to` by: same kind and family; `preferred` (may be NULL: where the request came in) when it
 * fits; else one bound to the source address the kernel would use, else an any-address one, else loopback rules out
 * the others. Lent; NULL: none.
 */
struct sip_transport *sip_selector_choose(const struct sip_selector *s, enum sip_transport_kind kind,
					  const struct sip_addr *to, struct sip_transport *preferred);
/* Our own Via for a request: "SIP/2.0/UDP host:port;rport;branch=…" (RFC 3261 18.1.1, RFC 3581). */
void sip_transport_put_via(const struct sip_transport *t, const struct sip_addr *peer, struct sip_str branch,
			   bool with_rport, struct sip_buf *b);
/*
 * Where a response goes (RFC 3261 18.2.2, RFC 3581 4): the address from its top Via (maddr, received, rport,
 * sent-by). NOTFOUND when the sent-by is a name without received: RFC 3263 5 then.
 */
enum sip_err sip_response_addr(const struct sip_via *via, struct sip_addr *out) SIP_MUST_USE;

/* ---- the memory wire --------------------------------------------------------------------------------------------- */
struct sip_memory_options {
	uint64_t seed;
	uint32_t loss, duplicate, reorder;    /* chances out of a million, UDP only */
	int64_t delay_min_us, delay_max_us;   /* of every parcel; a stream stays in order */
};
void sip_memory_options_init(struct sip_memory_options *o);
enum sip_err sip_memory_net_create(const struct sip_memory_options *o, struct sip_memory_net **out) SIP_MUST_USE;
void sip_memory_net_ref(struct sip_memory_net *n); /* transports count it too */
void sip_memory_net_unref(struct sip_memory_net **n);
/* From now on. Any thread. */
void sip_memory_net_set(struct sip_memory_net *n, const struct sip_memory_options *o);
enum sip_memory_fate { SIP_MEMORY_UP, SIP_MEMORY_REFUSES /* ICMP, RST */, SIP_MEMORY_BLACKHOLE };
/* What becomes of everything sent to this address (port 0: to the host). SIP_MEMORY_UP ends it. LIMIT, NOMEM. */
enum sip_err sip_memory_net_fate(struct sip_memory_net *n, const struct sip_addr *to,
				 enum sip_memory_fate fate) SIP_MUST_USE;
/*
 * A look at (and, by false, a veto on) everything that is sent: tests that drop the third ACK. A stream that loses
 * bytes is reset. Called under the net's lock, on any thread.
 */
typedef bool (*sip_memory_tap_fn)(void *arg, enum sip_transport_kind kind, const struct sip_addr *from,
				  const struct sip_addr *to, struct sip_str bytes);
void sip_memory_net_tap(struct sip_memory_net *n, sip_memory_tap_fn fn, void *arg);
/*
 * Puts a datagram on the net as if it came from `from`: scripted peers need no transport. Delivered to whoever is
 * bound at `to`.
 */
enum sip_err sip_memory_net_inject(struct sip_memory_net *n, const struct sip_addr *from, const struct sip_addr *to,
				   struct sip_str bytes, int64_t now_us) SIP_MUST_USE;
/*
 * A scripted peer: datagrams to `at` go to fn (on the sender's thread, under no lock) instead of a transport. fn
 * NULL: unbind.
 */
typedef void (*sip_memory_peer_fn)(void *arg, const struct sip_addr *from, struct sip_str bytes);
enum sip_err sip_memory_net_peer(struct sip_memory_net *n, const struct sip_addr *at, sip_memory_peer_fn fn,
				 void *arg) SIP_MUST_USE;
/* Parcels on their way. */
size_t sip_memory_net_in_flight(const struct sip_memory_net *n);

#ifdef __cplusplus
}
#endif
#endif
