/* Binding, and which of our addresses a datagram came to or shall leave from. No state, any thread. */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <netinet/in.h>

enum sip_err sip__socket_bind(int fd, const struct sip_transport *t, struct sip_addr *at)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name;
	int on = 1;

	if (t->count > 1 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
		return sip_err_from_errno(errno);
	if (sip_addr_family(at) == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
		return sip_err_from_errno(errno);
	if (bind(fd, &at->u.sa, sip_addr_len(at)) != 0)
		return sip_err_from_errno(errno);
	if (getsockname(fd, &name.sa, &len) != 0)
		return sip_err_from_errno(errno);
	return sip_addr_from_sockaddr(at, &name.sa, len);
}

/* ---- the local address of a datagram on an any-address socket ---------------------------------------------------- */

void sip__pktinfo_enable(int fd, int family)
{
	int on = 1;

	/* A wish: without it the kernel chooses the source by its routes alone. */
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

void sip__pktinfo_read(struct msghdr *m, struct sip_addr *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			local->u.in.sin_addr = info.ipi_spec_dst;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			if (!IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
				local->u.in6.sin6_addr = info.ipi6_addr;
		}
	}
}

void sip__pktinfo_write(struct msghdr *m, union sip__pktinfo *room, const struct sip_addr *local)
{
	struct cmsghdr *c = &room->head;

	memset(room, 0, sizeof *room);
	m->msg_control = room;
	if (sip_addr_family(local) == AF_INET6) {
		struct in6_pktinfo info = { .ipi6_addr = local->u.in6.sin6_addr };
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
		m->msg_controllen = CMSG_SPACE(sizeof info);
	} else {
		struct in_pktinfo info = { .ipi_spec_dst = local->u.in.sin_addr };
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(c), &info, sizeof info);
		m->msg_controllen = CMSG_SPACE(sizeof info);
	}
}
