/* A socket address, IPv4 or IPv6: an open value. No state, any thread. */
#ifndef STACK_BASE_ADDR_H
#define STACK_BASE_ADDR_H

#include "stack/base/buf.h"
#include "stack/base/hash.h"

#include <netinet/in.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sip_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u; /* family 0: no address */
};

/* [ffff:…:255.255.255.255%zone]:65535 and a zero */
#define SIP_ADDR_TEXT 80

static inline int sip_addr_family(const struct sip_addr *a)
{
	return a->u.sa.sa_family;
}
static inline bool sip_addr_is_none(const struct sip_addr *a)
{
	return a->u.sa.sa_family == AF_UNSPEC;
}
socklen_t sip_addr_len(const struct sip_addr *a);
void sip_addr_clear(struct sip_addr *a);
/* From the kernel's; IPv4-mapped IPv6 becomes IPv4. UNSUPPORTED for other families. */
enum sip_err sip_addr_from_sockaddr(struct sip_addr *a, const struct sockaddr *sa, socklen_t len) SIP_MUST_USE;
/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]", with an optional %zone (in brackets %25zone too); the port becomes `port`. */
enum sip_err sip_addr_parse(struct sip_addr *a, struct sip_str host, uint16_t port) SIP_MUST_USE;
/* "192.0.2.1:5060", "[2001:db8::1]:5060"; without a port `default_port`. */
enum sip_err sip_addr_parse_port(struct sip_addr *a, struct sip_str text, uint16_t default_port) SIP_MUST_USE;
uint16_t sip_addr_port(const struct sip_addr *a);
void sip_addr_set_port(struct sip_addr *a, uint16_t port);
bool sip_addr_eq(const struct sip_addr *a, const struct sip_addr *b);
bool sip_addr_eq_host(const struct sip_addr *a, const struct sip_addr *b);
bool sip_addr_is_any(const struct sip_addr *a);
bool sip_addr_is_loopback(const struct sip_addr *a);
bool sip_addr_is_multicast(const struct sip_addr *a);
/* fe80::/10: it means something only with the zone (the interface) it is on. */
bool sip_addr_is_link_local(const struct sip_addr *a);
/* Without a zone, which no message can say, a link-local one gets that of `near`, which is on the same link. */
void sip_addr_take_zone(struct sip_addr *a, const struct sip_addr *near);
/*
 * In bytes, for another process of this machine: how many, 0 of no address. And back, from the front of `in`: how many it were; 0: they
 * are none. An IPv6 address keeps its zone.
 */
#define SIP_ADDR_PACKED_MAX 23
size_t sip_addr_pack(const struct sip_addr *a, char out[SIP_ADDR_PACKED_MAX]);
size_t sip_addr_unpack(struct sip_str in, struct sip_addr *a);
uint64_t sip_addr_hash(const struct sip_hash_key *key, const struct sip_addr *a);
/*
 * Host alone (IPv6 without brackets), the same without the zone, which means nothing to others, in a URI or Via (that with
 * brackets), and with the port. No address is "none".
 */
void sip_addr_put_bare(struct sip_buf *b, const struct sip_addr *a);
void sip_addr_put_host(struct sip_buf *b, const struct sip_addr *a);
void sip_addr_put_uri_host(struct sip_buf *b, const struct sip_addr *a);
void sip_addr_put(struct sip_buf *b, const struct sip_addr *a);
/* The same as sip_addr_put into `text`, zero-terminated; returns text. */
const char *sip_addr_text(const struct sip_addr *a, char text[SIP_ADDR_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
