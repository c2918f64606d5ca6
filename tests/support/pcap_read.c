/* Packets of a pcap file for tests: see pcap_read.h. */
#include "tests/support/pcap_read.h"

#define RECORD_HEAD 16u
#define LEN_MOST 65535u
#define UDP 17
#define TCP 6

static uint32_t number(struct sip_str s, size_t at, size_t bytes)
{
	uint32_t n = 0;

	while (bytes--)
		n = n << 8 | (unsigned char)s.p[at++];
	return n;
}

/* RFC 1071: with the checksum in it, all of it sums up to nothing. */
static bool sums_up(uint32_t total, struct sip_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		total += i % 2 ? (unsigned char)bytes.p[i] : (uint32_t)(unsigned char)bytes.p[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total == 0xffff;
}

static bool read_transport(struct sip_str segment, uint32_t pseudo, struct pcap_read *out)
{
	size_t head = out->protocol == UDP ? 8 : 20;

	if ((out->protocol != UDP && out->protocol != TCP) || segment.len < head || !sums_up(pseudo, segment))
		return false;
	out->from_port = number(segment, 0, 2);
	out->to_port = number(segment, 2, 2);
	out->payload = sip_str_from(segment, head);
	if (out->protocol == UDP)
		return number(segment, 4, 2) == segment.len;
	out->seq = number(segment, 4, 4);
	out->ack = number(segment, 8, 4);
	out->flags = number(segment, 13, 1);
	return number(segment, 12, 1) == 5u << 4;
}

static bool read_ip(struct sip_str ip, struct pcap_read *out)
{
	size_t head = out->is_v6 ? 40 : 20, addresses = out->is_v6 ? 8 : 12;
	uint32_t pseudo;

	if (ip.len < head || number(ip, out->is_v6 ? 4 : 2, 2) != ip.len - (out->is_v6 ? head : 0))
		return false;
	if (!out->is_v6 && !sums_up(0, sip_str_make(ip.p, head)))
		return false;
	out->protocol = number(ip, out->is_v6 ? 6 : 9, 1);
	pseudo = out->protocol + (uint32_t)(ip.len - head);
	for (size_t at = addresses; at < head; at += 2)
		pseudo += number(ip, at, 2);
	return read_transport(sip_str_from(ip, head), pseudo, out);
}

bool pcap_read(struct sip_str file, struct pcap_read *out)
{
	memset(out, 0, sizeof *out);
	if (file.len <= RECORD_HEAD)
		return false;
	out->seconds = number(file, 0, 4);
	out->microseconds = number(file, 4, 4);
	out->len = number(file, 8, 4);
	out->whole = number(file, 12, 4);
	if (out->len == 0 || out->len > LEN_MOST || out->len > file.len - RECORD_HEAD || out->len > out->whole)
		return false;
	out->is_v6 = number(file, RECORD_HEAD, 1) >> 4 == 6;
	return read_ip(sip_str_make(file.p + RECORD_HEAD, out->len), out);
}

struct sip_str pcap_read_rest(struct sip_str file, const struct pcap_read *p)
{
	return sip_str_from(file, RECORD_HEAD + p->len);
}
