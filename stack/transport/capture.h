/*
 * capture: the one tap where SIP enters and leaves. A capture takes every message of the wires it is on, as it was received or
 * really sent, decrypted, with both addresses, and passes it to a collector (HEP v3 over UDP or TCP), to a pcap file, to a program.
 * On the wire's loop a message costs a reference and a small node; all else happens on the capture's loop. What is too much is
 * dropped and counted: no collector, disk or subscriber is ever waited for.
 */
#ifndef STACK_TRANSPORT_CAPTURE_H
#define STACK_TRANSPORT_CAPTURE_H

#include "stack/transport/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_capture_record { /* one message, as it was seen; lent for the call */
	int64_t wall_us;              /* since 1970-01-01, UTC */
	enum sip_transport_kind kind;
	bool is_out;
	struct sip_addr from, to;     /* as on the wire: `from` is ours when is_out */
	struct sip_str bytes;         /* the whole message, also one that was refused */
	struct sip_str call_id;       /* empty: it has none, or cannot be read */
};
/* On the capture's loop; must not block it for long: its own messages are dropped meanwhile, and those of nobody else. */
typedef void (*sip_capture_fn)(void *arg, const struct sip_capture_record *r);

struct sip_capture_options { /* any of collector, file and program; texts are copied */
	struct sip_str host;          /* the collector's name or address; empty: none */
	uint16_t port;                /* 9060 */
	enum sip_transport_kind kind; /* how it is reached: UDP or TCP */
	uint32_t agent_id;            /* 2001 */
	struct sip_str auth_key;      /* at most SIP_CAPTURE_KEY_MAX bytes; empty: none */
	size_t queue_bytes_max;       /* what waits for the collector, in bytes of HEP: 1 MiB, at least 128 KiB */
	struct sip_str file;          /* pcap file, appended to; empty: none */
	uint64_t file_bytes_max;      /* 100 MiB; then it becomes FILE.1, in place of an earlier one. At least 64 KiB */
	sip_capture_fn on_message;    /* may be NULL */
	void *arg;                    /* its own; lent, outlives the capture */
	size_t messages_max;          /* taken and not passed on yet: 16,384 … */
	size_t bytes_max;             /* … and the memory that keeps: 16 MiB */
};
#define SIP_CAPTURE_KEY_MAX 256
void sip_capture_options_init(struct sip_capture_options *o);

struct sip_capture; /* closed; belongs to its loop */
struct sip_capture_finder { /* who turns the collector's name into an address */
	/*
	 * The address is wanted: to begin with, after every failure (with a growing pause, of a minute at most), and every five
	 * minutes. Of a name with several it is the next one's turn with every address that has failed: address `turn`, modulo their
	 * number. Answered by sip_capture_found, at once or later. On the capture's loop.
	 */
	void (*find)(void *arg, struct sip_capture *c, unsigned turn);
	void *arg; /* lent, outlives the capture */
};
/*
 * On the loop's thread, or before it turns. `finder` NULL: the host is an address (INVAL otherwise). What opening the file failed
 * with; EXISTS: there is a file that is no such capture.
 */
enum sip_err sip_capture_create(const struct sip_capture_options *o, struct sip_loop *loop,
				const struct sip_capture_finder *finder, struct sip_capture **out) SIP_MUST_USE;
/* What was taken is passed on as far as that goes without waiting. Wires it is still on take nothing more for it. As above. */
void sip_capture_destroy(struct sip_capture **c);
/* The collector's address; NULL: it cannot be found now, for `why`. On the capture's loop. */
void sip_capture_found(struct sip_capture *c, const struct sip_addr *at, enum sip_err why);

/* From now on it takes what passes this wire. LIMIT (SIP_CAPTURES_MAX a wire), NOMEM, CLOSED. Any thread; waits for the wire's loop. */
#define SIP_CAPTURES_MAX 8
enum sip_err sip_capture_add_wire(struct sip_capture *c, struct sip_wire *w) SIP_MUST_USE;
/* What the wire took for it so far is on its way to the capture. A wire it is not on is left alone. Likewise. */
void sip_capture_remove_wire(struct sip_capture *c, struct sip_wire *w);

#ifdef __cplusplus
}
#endif
#endif
