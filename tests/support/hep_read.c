/* HEP v3 for tests: see hep_read.h. */
#include "tests/support/hep_read.h"

static uint32_t number(struct sip_str s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n = n << 8 | (unsigned char)s.p[i];
	return n;
}

static uint32_t number_at(struct sip_str s, size_t at, size_t len)
{
	return number(sip_str_make(s.p + at, len));
}

/* The length a chunk's value must have; 0: any but none. */
static const unsigned char lengths[] = { [1] = 1, [2] = 1, [3] = 4, [4] = 4, [5] = 16, [6] = 16, [7] = 2, [8] = 2,
					 [9] = 4, [10] = 4, [11] = 1, [12] = 4, [13] = 2 };

static void keep(struct hep_read *out, unsigned type, struct sip_str v)
{
	switch (type) {
	case 0x01: out->family = number(v); break;
	case 0x02: out->protocol = number(v); break;
	case 0x03: case 0x05: memcpy(out->from, v.p, v.len); break;
	case 0x04: case 0x06: memcpy(out->to, v.p, v.len); break;
	case 0x07: out->from_port = number(v); break;
	case 0x08: out->to_port = number(v); break;
	case 0x09: out->seconds = number(v); break;
	case 0x0a: out->microseconds = number(v); break;
	case 0x0b: out->type = number(v); break;
	case 0x0c: out->agent = number(v); break;
	case 0x0e: out->key = v; break;
	case 0x0f: out->payload = v; break;
	default: out->correlation = v; break;
	}
}

struct sip_str hep_read_first(struct sip_str packets)
{
	if (packets.len < 6 || memcmp(packets.p, "HEP3", 4) != 0 || number_at(packets, 4, 2) > packets.len ||
	    number_at(packets, 4, 2) < 6)
		return sip_str_make(NULL, 0);
	return sip_str_make(packets.p, number_at(packets, 4, 2));
}

bool hep_read(struct sip_str packet, struct hep_read *out)
{
	struct sip_str rest = sip_str_from(packet, 6);

	memset(out, 0, sizeof *out);
	if (hep_read_first(packet).len != packet.len || packet.len == 0)
		return false;
	while (rest.len) {
		unsigned vendor, type;
		size_t len;

		if (rest.len < 6)
			return false;
		vendor = number_at(rest, 0, 2);
		type = number_at(rest, 2, 2);
		len = number_at(rest, 4, 2);
		if (vendor != 0 || len < 6 || len > rest.len || (out->seen & 1u << type))
			return false;
		if (type != 0x0e && type != 0x0f && type != 0x11 &&
		    (type >= sizeof lengths || lengths[type] == 0 || len - 6 != lengths[type]))
			return false;
		out->seen |= 1u << type;
		keep(out, type, sip_str_make(rest.p + 6, len - 6));
		rest = sip_str_from(rest, len);
	}
	return true;
}
