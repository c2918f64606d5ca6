/* A plain blocking client over every transport, for tests that say bytes and not messages. Certificates are not looked at. */
#ifndef TESTS_LIVE_LINE_H
#define TESTS_LIVE_LINE_H

#include "stack/base/base.h"

enum line_kind { LINE_UDP, LINE_TCP, LINE_TLS, LINE_DTLS, LINE_WS, LINE_WSS };

/* "udp" … "wss"; false when it is none of them. */
bool line_kind_of(const char *name, enum line_kind *out);
/* As a Via has it. */
const char *line_via(enum line_kind kind);
/* Messages keep their bounds: datagrams, and WebSocket's frames. */
bool line_has_bounds(enum line_kind kind);

struct line; /* owned */
/* Datagrams are from `local`, UDP from its port 5060, all else from ports of the kernel's choice. NULL, and a word on stderr, when it is refused. Reads wait 60 s. */
struct line *line_open(enum line_kind kind, const char *address, unsigned port, const char *local);
void line_close(struct line **l);
/* One datagram, frame, or piece of a stream; false: the server has closed it. */
bool line_send(struct line *l, struct sip_str bytes);
/* A byte after the other, each by itself. */
bool line_send_by_byte(struct line *l, struct sip_str bytes);
/* What has come, frames and all; 0: closed, or nothing came in time. */
size_t line_read(struct line *l, char *into, size_t size);

#endif
