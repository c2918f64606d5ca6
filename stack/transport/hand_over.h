/*
 * stack/transport: the hand-over of sockets, secrets and datagrams to another process of this machine, which goes on where this
 * one ends. A message goes once over a connected Unix stream socket, descriptors with it (SCM_RIGHTS); datagrams go one by one
 * over a pair of their own. What comes is read as a stranger's: bounded, and nothing is kept of a message that is not whole.
 */
#ifndef STACK_TRANSPORT_HAND_OVER_H
#define STACK_TRANSPORT_HAND_OVER_H

#include "stack/transport/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the message ------------------------------------------------------------------------------------------------- */
#define SIP_HAND_OVER_VERSION 1
#define SIP_HAND_OVER_ITEMS 128         /* in one message, and descriptors in it */
#define SIP_HAND_OVER_BYTES (4u << 20)  /* of all items */

struct sip_hand_over_item {
	uint16_t tag;                    /* says what it is; the users' to agree on */
	int fd;                          /* owned; -1: none, or it was taken */
	size_t at, len;                  /* in the bytes of the message */
};
struct sip_hand_over {
	struct sip_hand_over_item items[SIP_HAND_OVER_ITEMS];
	size_t count;
	struct sip_buf bytes;
};
void sip_hand_over_init(struct sip_hand_over *h);
/* Closes what was not taken, wipes what was said. Good for another sip_hand_over_init. */
void sip_hand_over_fini(struct sip_hand_over *h);
/* `fd` (-1: none) comes to the message, also on failure; the bytes are copied. LIMIT, NOMEM. */
enum sip_err sip_hand_over_add(struct sip_hand_over *h, uint16_t tag, int fd, struct sip_str bytes) SIP_MUST_USE;
/* Lent by the message. */
struct sip_str sip_hand_over_bytes(const struct sip_hand_over *h, size_t item);
/* The descriptor comes to the caller; -1: it has none. */
int sip_hand_over_take_fd(struct sip_hand_over *h, size_t item);
/* The first item of this tag from `from` on; count: there is none. */
size_t sip_hand_over_find(const struct sip_hand_over *h, uint16_t tag, size_t from);
struct sip_hand_over_patience {
	const struct sip_clock *clock;   /* lent */
	int64_t until_us;                /* its now_us then */
	int stop_fd;                     /* lent: readable when it is to end at once; -1: none is */
};
/* The socket can be read or written (POLLIN, POLLOUT); false: patience has ended. */
bool sip_hand_over_await(int socket, short events, const struct sip_hand_over_patience *p);
/* The descriptors stay ours, the other side gets its own. CLOSED, TIMEOUT (or it was to end), IO. */
enum sip_err sip_hand_over_send(const struct sip_hand_over *h, int socket, const struct sip_hand_over_patience *p) SIP_MUST_USE;
/*
 * Over a blocking socket, for as long as its SO_RCVTIMEO lets it wait. Into an initialised, empty message, which is empty after a
 * failure, every descriptor that came being closed. CLOSED, TIMEOUT, IO, NOMEM, SYNTAX (it is none, or its parts do not fit),
 * UNSUPPORTED (another version), LIMIT (too many items, descriptors or bytes).
 */
enum sip_err sip_hand_over_receive(struct sip_hand_over *h, int socket) SIP_MUST_USE;

/* ---- datagrams --------------------------------------------------------------------------------------------------- */
struct sip_hand_over_datagram {
	enum sip_transport_kind kind;    /* UDP, DTLS */
	struct sip_addr bound;           /* of the transport */
	struct sip_addr source, local;
	struct sip_str bytes;            /* lent */
	int error;                       /* not 0: errno of what the network says of one sent to `source`, of which `bytes` is what it quotes */
};
/* The two ends of what datagrams go over: [0] gives, [1] takes. What the kernel refused. */
enum sip_err sip_hand_over_pair(int ends[2]) SIP_MUST_USE;
/* Never waits. Any thread. AGAIN: the other side has not read what it was given; TOOBIG; CLOSED: it has gone. */
enum sip_err sip_hand_over_give(int end, const struct sip_hand_over_datagram *d) SIP_MUST_USE;

/* ---- wires (see sip_stack_give, sip_stack_take in stack/core/core.h) --------------------------------------------- */
/*
 * From now on: nothing is accepted; handshakes of DTLS, STUN that answers nothing of ours, CRLFs and ICMP errors go to `end` (lent,
 * outlives the wire), whose guard judges datagrams. -1: as before, but for what was closed. Any thread, waited for. CLOSED.
 */
enum sip_err sip_wire_give(struct sip_wire *w, int end) SIP_MUST_USE;
/*
 * Takes datagrams from `end` (ours, on OK) as if its transports had read them, but for captures, by which they have gone. When the
 * other side has closed its own, or has been silent for 15 s although it has said once that it is still here: on_taken. Any thread,
 * waited for. NOMEM, CLOSED, STATE: it takes already.
 */
enum sip_err sip_wire_take(struct sip_wire *w, int end) SIP_MUST_USE;
/* Transports that were opened with is_held receive from now on. Any thread; not waited for. */
void sip_wire_release(struct sip_wire *w);
/*
 * on_flow_idle is told of some connections that carry nothing, that nothing came by since then, and that sip_flow_set_busy was not
 * called for with the number of this search. A wire that gives says that it is still here. Any thread; not waited for.
 */
void sip_wire_find_idle(struct sip_wire *w, uint32_t search, int64_t since_us);
void sip_flow_set_busy(struct sip_flow *f, uint32_t search);
/* One that on_flow_idle was told of, if nothing has come or gone by it meanwhile. Any thread. */
void sip_flow_close_idle(struct sip_flow *f);
/*
 * A duplicate of the socket a transport has; the caller's to close. NOTFOUND: it has none of its own; UNSUPPORTED: it
 * is on several wires. Any thread, waited for.
 */
enum sip_err sip_transport_socket(struct sip_transport *t, int *out) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
