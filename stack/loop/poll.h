/*
 * The poller behind a loop: one row of functions a kernel interface, one file each
 * (poll_epoll.c, poll_poll.c, poll_none.c). No limit on the number or value of descriptors.
 */
#ifndef STACK_LOOP_POLL_H
#define STACK_LOOP_POLL_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_poll_kind {
	SIP_POLL_EPOLL, /* the default */
	SIP_POLL_POLL,  /* poll(2): everywhere, and behind the select-style face */
	SIP_POLL_NONE   /* no descriptors at all, and never a sleep: the simulator under a virtual clock */
};

#ifdef __cplusplus
}
#endif
#endif
