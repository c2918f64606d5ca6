/* What UDP and TCP sockets have in common when they are bound. No state, any thread. */
#include "stack/transport/transport_priv.h"

#include <errno.h>

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
