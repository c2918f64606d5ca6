/* Bytes of a message, changed a little: pieces that mean something are put in, others go. */
#include "tests/unit/stack/message/mutate.h"

size_t mutate(struct sip_rand *r, char *text, size_t len, size_t most)
{
	static const char *const pieces[] = { "\r\n", "\n",        "\r\n ", ":",  ",",     ";",        "\"",
					      "<",    ">",         " ",     "\t", "Via: ", "l: 3\r\n", "\0",
					      "\xff", "To: x\r\n", "=",     "%",  "\\",    "[",        "9" };
	for (uint64_t n = 1 + sip_rand_below(r, 4); n > 0 && len > 1; n--) {
		size_t at = (size_t)sip_rand_below(r, len);
		const char *piece = pieces[sip_rand_below(r, SIP_COUNTOF(pieces))];
		size_t add = *piece ? strlen(piece) : 1, cut = (size_t)sip_rand_below(r, 6);
		switch (sip_rand_below(r, 3)) {
		case 0: text[at] = *piece; break;
		case 1:
			cut = cut < len - at ? cut : len - at;
			memmove(text + at, text + at + cut, len - at - cut);
			len -= cut;
			break;
		default:
			if (len + add > most)
				break;
			memmove(text + at + add, text + at, len - at);
			memcpy(text + at, piece, add);
			len += add;
		}
	}
	return len;
}
