/* Sockets of our own and given ones, binding, and which of our addresses a datagram came to or shall leave from. No state, any thread. */
#include "stack/transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

static int socket_type(const struct sip_transport *t)
{
	return sip_transport_kinds[t->o.kind].is_stream ? SOCK_STREAM : SOCK_DGRAM;
}

enum sip_err sip__socket_open(const struct sip_transport *t, const struct sip_addr *at, int *fd)
{
	int flags;

	if (t->o.fd < 0) {
		*fd = socket(sip_addr_family(at), socket_type(t) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		return *fd < 0 ? sip_err_from_errno(errno) : SIP_OK;
	}
	*fd = fcntl(t->o.fd, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0)
		return sip_err_from_errno(errno);
	flags = fcntl(*fd, F_GETFL);
	if (flags >= 0 && fcntl(*fd, F_SETFL, flags | O_NONBLOCK) == 0)
		return SIP_OK;
	close(*fd);
	return SIP_E_INVAL;
}

enum sip_err sip__socket_set_path(int fd, int family, const struct sip_transport_options *o)
{
	int traffic_class = (int)o->dscp << 2; /* the lower two bits are ECN's, which the kernel minds (RFC 3168 5) */
	int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int name = family == AF_INET6 ? IPV6_TCLASS : IP_TOS;

	if (traffic_class && setsockopt(fd, level, name, &traffic_class, sizeof traffic_class) != 0)
		return sip_err_from_errno(errno);
	if (o->device.len && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->device.p, (socklen_t)o->device.len) != 0)
		return sip_err_from_errno(errno);
	return SIP_OK;
}

static enum sip_err read_name(int fd, struct sip_addr *at)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} name;
	socklen_t len = sizeof name;

	if (getsockname(fd, &name.sa, &len) != 0)
		return sip_err_from_errno(errno);
	return sip_addr_from_sockaddr(at, &name.sa, len);
}

/* Sources would come as ::ffff:192.0.2.1 from one that takes IPv4 as well, and no rule for IPv4 would know them. */
static bool is_one_family(int fd, int family)
{
	int on = 0;
	socklen_t len = sizeof on;

	return family != AF_INET6 || (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, &len) == 0 && on);
}

static enum sip_err check_given(int fd, const struct sip_transport *t, struct sip_addr *at)
{
	struct sip_addr bound;
	int type;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != socket_type(t) || read_name(fd, &bound) != SIP_OK)
		return SIP_E_INVAL;
	if (sip_addr_port(at) == 0)
		sip_addr_set_port(at, sip_addr_port(&bound));
	return sip_addr_port(at) && sip_addr_eq(at, &bound) && is_one_family(fd, sip_addr_family(at)) ? SIP_OK : SIP_E_INVAL;
}

enum sip_err sip__socket_bind(int fd, const struct sip_transport *t, struct sip_addr *at)
{
	int on = 1;
	enum sip_err err = sip__socket_set_path(fd, sip_addr_family(at), &t->o);

	if (err != SIP_OK)
		return err;
	if (t->o.fd >= 0)
		return check_given(fd, t, at);
	if (t->count > 1 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
		return sip_err_from_errno(errno);
	if (sip_addr_family(at) == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
		return sip_err_from_errno(errno);
	if (bind(fd, &at->u.sa, sip_addr_len(at)) != 0)
		return sip_err_from_errno(errno);
	return read_name(fd, at);
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
			if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
				continue;
			local->u.in6.sin6_addr = info.ipi6_addr;
			local->u.in6.sin6_scope_id = sip_addr_is_link_local(local) ? (uint32_t)info.ipi6_ifindex : 0;
		}
	}
}

void sip__overflow_read(struct msghdr *m, uint32_t *dropped)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
			memcpy(dropped, CMSG_DATA(c), sizeof *dropped);
}

void sip__pktinfo_write(struct msghdr *m, union sip__pktinfo *room, const struct sip_addr *local)
{
	struct cmsghdr *c = &room->head;

	memset(room, 0, sizeof *room);
	m->msg_control = room;
	if (sip_addr_family(local) == AF_INET6) {
		struct in6_pktinfo info = { .ipi6_addr = local->u.in6.sin6_addr, .ipi6_ifindex = local->u.in6.sin6_scope_id };
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
