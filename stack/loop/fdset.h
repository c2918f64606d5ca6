/*
 * The select-style face without select's ceiling: a set that grows. Build it from one or
 * more loops and from descriptors of one's own, wait, hand it back to the loops. One thread.
 */
#ifndef STACK_LOOP_FDSET_H
#define STACK_LOOP_FDSET_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;
struct sip_fdset {
	struct pollfd *items; /* owned; may be handed to poll(2) as it is */
	size_t count;
	size_t cap;
	size_t *places;       /* owned; by descriptor: its item's number from 1, 0: none */
	size_t places_cap;
};
void sip_fdset_init(struct sip_fdset *s);
void sip_fdset_fini(struct sip_fdset *s);
/* Empty, memory kept: for the next round. */
void sip_fdset_clear(struct sip_fdset *s);
/* events: SIP_IO_READ | SIP_IO_WRITE; of one already there: these as well. NOMEM, INVAL (no descriptor). */
enum sip_err sip_fdset_add(struct sip_fdset *s, int fd, unsigned events) SIP_MUST_USE;
/* Waits at most timeout_us (<0: for ever); an interrupted wait counts as nothing ready. IO. */
enum sip_err sip_fdset_wait(struct sip_fdset *s, int64_t timeout_us) SIP_MUST_USE;
/* What was found ready of this descriptor: SIP_IO_READ | SIP_IO_WRITE | SIP_IO_ERROR. */
unsigned sip_fdset_ready(const struct sip_fdset *s, int fd);

#ifdef __cplusplus
}
#endif
#endif
