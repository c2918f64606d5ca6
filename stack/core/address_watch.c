/*
 * The kernel's notices of new addresses and routes (rtnetlink): our own addresses are learnt again, and so is which of them a peer
 * sees. On the first wire's loop.
 */
#include "stack/core/core_priv.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#define READS_A_TURN 64

/* Of one datagram: are there addresses in it, or only routes? */
static bool tells_of_addresses(struct nlmsghdr *head, size_t len)
{
	for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len))
		if (head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR)
			return true;
	return false;
}

static void on_notice(void *arg, unsigned events)
{
	struct sip_stack *s = arg;
	union {
		struct nlmsghdr head;
		char room[8192];
	} datagram;
	bool is_address = (events & SIP_IO_ERROR) != 0; /* some were lost */
	ssize_t n = 1;

	for (int i = 0; i < READS_A_TURN && n > 0; i++) {
		n = recv(s->notices.fd, &datagram, sizeof datagram, MSG_DONTWAIT | MSG_TRUNC);
		if (n > 0)
			is_address |= (size_t)n > sizeof datagram || tells_of_addresses(&datagram.head, (size_t)n);
	}
	if (is_address)
		sip_stack_learn_addresses(s);
	else
		sip__transports_forget_sources(s);
}

static int open_notices(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK,
				    .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	union {
		struct sockaddr_nl *nl;
		struct sockaddr *sa;
	} to = { .nl = &name };

	if (fd >= 0 && bind(fd, to.sa, sizeof name) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

enum sip_err sip__address_watch_start(struct sip_stack *s)
{
	int fd = s->o.poll == SIP_POLL_NONE ? -1 : open_notices();
	enum sip_err err;

	sip_io_init(&s->notices, fd, on_notice, s);
	if (fd < 0)
		return SIP_OK;
	err = sip_loop_add_io(s->wires[0].loop, &s->notices, SIP_IO_READ);
	if (err != SIP_OK) {
		close(fd);
		s->notices.fd = -1;
	}
	return err;
}

void sip__address_watch_stop(struct sip_stack *s)
{
	if (s->notices.fd < 0)
		return;
	sip_loop_remove_io(s->wires[0].loop, &s->notices);
	close(s->notices.fd);
	s->notices.fd = -1;
}
