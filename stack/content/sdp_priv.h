/* What the files of SDP share and nobody else sees. */
#ifndef STACK_CONTENT_SDP_PRIV_H
#define STACK_CONTENT_SDP_PRIV_H

#include "stack/content/sdp_offer_answer.h"

static inline bool sip__sdp_is_blank(char c)
{
	return c == ' ' || c == '\t';
}
/* Without blanks at its ends. */
struct sip_str sip__sdp_trim(struct sip_str s);
/* Cuts the next run without blanks; empty at the end. */
struct sip_str sip__sdp_word(struct sip_str *rest);
/* No NUL, CR or LF: what a line can hold (RFC 8866 9 byte-string). */
bool sip__sdp_is_bytes(struct sip_str s);
bool sip__sdp_is_digits(struct sip_str s);
/* A word that must be there. */
static inline bool sip__sdp_take(struct sip_str *rest, struct sip_str *word)
{
	*word = sip__sdp_word(rest);
	return word->len > 0;
}
bool sip__sdp_take_u32(struct sip_str *rest, uint32_t max, uint32_t *out);
bool sip__sdp_take_port(struct sip_str *rest, uint16_t *out);

/* ---- lines (sdp_parse.c, sdp_put.c) ------------------------------------------------------------------------------------------ */

struct sip__sdp_lines {
	struct sip_str rest;
	unsigned line;                  /* the number of the one that was read last, counted from 1 */
	struct sip_str text;            /* of it */
};
/* The next one that is not empty: its letter and what stands behind "=". NOTFOUND: the end; SYNTAX: it is none. */
enum sip_err sip__sdp_line_next(struct sip__sdp_lines *l, char *type, struct sip_str *value) SIP_MUST_USE;
/*
 * What stands behind "a="; value.p NULL: there is no ":". SYNTAX: there is no name; NOTFOUND: several words, which no attribute is
 * called (RFC 8866 9), so that nobody understands it and it is passed over (5.13).
 */
enum sip_err sip__sdp_attribute_split(struct sip_str text, struct sip_str *name, struct sip_str *value) SIP_MUST_USE;
void sip__sdp_put_attribute(struct sip_buf *b, struct sip_str name, struct sip_str value);

/* Asked of every attribute there is: most are told apart by their length, or their first letter. */
static inline bool sip__sdp_is_called(const struct sip_sdp_attribute_row *row, struct sip_str name)
{
	if (row->name.len != name.len)
		return false;
	if (row->is_folded)
		return sip_str_eq_nocase(row->name, name);
	return row->name.p[0] == name.p[0] && memcmp(row->name.p, name.p, name.len) == 0;
}

/* The buffer fails with INVAL. */
void sip__sdp_refuse(struct sip_buf *b);
/* Something without blanks; anything a line can hold, without blanks at its ends, perhaps empty. */
void sip__sdp_put_word(struct sip_buf *b, struct sip_str word);
void sip__sdp_put_text(struct sip_buf *b, struct sip_str text);
/* A blank and the word. */
void sip__sdp_put_next(struct sip_buf *b, struct sip_str word);
/* A blank and the text, unless it is empty. */
void sip__sdp_put_more(struct sip_buf *b, struct sip_str text);

/* The static payload number of what the map says but its number; -1: there is none. And what it says of a number. */
int sip__sdp_static_payload(const struct sip_sdp_rtpmap *map);
bool sip__sdp_static_map(uint8_t payload, struct sip_sdp_rtpmap *out);
bool sip__sdp_proto_is_rtp(struct sip_str proto);
/* One of what stands between its "/". */
bool sip__sdp_proto_has(struct sip_str proto, struct sip_str part);

/* ---- formats (sdp_codec.c) --------------------------------------------------------------------------------------------------- */

struct sip__sdp_format {
	struct sip_str text;            /* as m= has it */
	struct sip_sdp_rtpmap map;      /* not RTP: the text is its encoding */
	struct sip_str fmtp;            /* of RTP: it helps to tell formats apart */
	const struct sip_sdp_codec *codec; /* of ours; NULL: nobody's */
};
/* What a media section says of its payload numbers, read once. */
struct sip__sdp_formats {
	const struct sip_sdp_media *media; /* NULL: there are none */
	bool is_rtp;
	bool is_listed[128];            /* in m= */
	struct sip_sdp_rtpmap maps[128]; /* no encoding: nobody says what it is */
	struct sip_str fmtps[128];
};
void sip__sdp_formats_read(struct sip__sdp_formats *f, const struct sip_sdp_media *media);
/* False when nobody says what it is. */
bool sip__sdp_formats_get(const struct sip__sdp_formats *f, struct sip_str text, struct sip__sdp_format *out);
/* How many of the section's formats are looked at, and the i-th of them; false also for one that was there before. */
size_t sip__sdp_formats_count(const struct sip__sdp_formats *f);
bool sip__sdp_formats_next(const struct sip__sdp_formats *f, size_t i, bool seen[128], struct sip__sdp_format *out);
bool sip__sdp_fmtp_fits(struct sip_str encoding, struct sip_str a, struct sip_str b);
bool sip__sdp_format_is_same(const struct sip__sdp_format *a, const struct sip__sdp_format *b);
struct sip__sdp_format sip__sdp_codec_format(const struct sip_sdp_codec *codec);
/* The name and value of a parameter that is to be said as the offer says it; NULL: there is none. */
const struct sip_str *sip__sdp_fmtp_copied(struct sip_str encoding, struct sip_str ours, struct sip_str offered,
					   struct sip_str *value);
/* Whether a format carries media itself, or goes with others of its clock, or those whose numbers its fmtp names. */
enum sip__sdp_company { SIP__SDP_ALONE, SIP__SDP_BY_CLOCK, SIP__SDP_BY_NUMBER };
enum sip__sdp_company sip__sdp_company_of(struct sip_str encoding);
/* The part of fmtp that names numbers, and the next of them. */
struct sip_str sip__sdp_numbers_of(struct sip_str fmtp);
bool sip__sdp_number_next(struct sip_str *numbers, uint8_t *payload);

/*
 * What payload numbers have meant in the session (RFC 3264 8.3.2), m= line by m= line, as text; of 64 lines, and no more than 64 KiB.
 * Note: what the description says of its live lines, where nothing stood before. Read: what is remembered of the line, where f has
 * nothing. Forget: lines that have no port of ours.
 */
void sip__sdp_numbers_note(struct sip_buf *numbers, const struct sip_sdp *sdp);
void sip__sdp_numbers_read(struct sip_str numbers, size_t line, struct sip__sdp_formats *f);
void sip__sdp_numbers_forget(struct sip_buf *numbers, struct sip_str ports);

/* ---- making descriptions (sdp_plan.c) --------------------------------------------------------------------------------------- */

/* What one m= line is going to be. */
struct sip__sdp_plan {
	const struct sip_sdp_media_capability *capability; /* NULL: refused, or ended */
	const struct sip_sdp_media_capability *transport; /* whose address and port: its own, or that of its bundle */
	const struct sip_sdp_media *offered; /* in an answer; NULL in an offer */
	struct sip_str type, proto, mid;
	struct sip__sdp_format *formats;
	size_t format_count;
	enum sip_sdp_direction direction;
	enum sip_sdp_role setup;
	bool has_rtcp_mux, is_bundled, is_bundle_only;
	bool is_carried;                /* another section says what the transport is (RFC 9143 7.1.3) */
	bool has_ice;                   /* in an answer: the offer has it for this section */
	enum sip_sdp_keys keys;         /* in an answer: what was chosen; NONE where another one says what the transport is */
};
/* What the session agreed before. */
struct sip__sdp_past {
	struct sip_sdp *local, *remote; /* NULL: nothing */
	bool is_answer_ours;
	uint32_t mid;                   /* none of ours was as high */
	struct sip_str numbers;         /* what they have meant, for sip__sdp_numbers_read */
	uint16_t *ports;                /* one for each m= line: that of the capability which stands there; 0: nothing does */
};
struct sip__sdp_maker {
	struct sip_arena *arena;
	const struct sip_sdp_capabilities *can;
	struct sip__sdp_past past;
	const struct sip_sdp *offer;    /* in an answer; NULL in an offer */
	enum sip_err err;
	struct sip_buf text;            /* owned: of one value */
	struct sip__sdp_plan *plans;
	size_t plan_count;
	const struct sip__sdp_plan *bundle_first; /* stands first in the group; NULL: as they come */
	struct sip_sdp_attribute *attributes; /* of the section that is being made */
	size_t attribute_count, attribute_room;
};
void sip__sdp_maker_init(struct sip__sdp_maker *k, struct sip_arena *arena, const struct sip_sdp_capabilities *can);
void sip__sdp_maker_fini(struct sip__sdp_maker *k);
/* Zeroed, in the arena; NULL and the maker fails. */
void *sip__sdp_maker_alloc(struct sip__sdp_maker *k, size_t count, size_t size);
/* What is written to k->text, in the arena; empty again. */
struct sip_str sip__sdp_maker_text(struct sip__sdp_maker *k);
struct sip_str sip__sdp_maker_number(struct sip__sdp_maker *k, uint64_t value);
/* The description the plans are for. */
struct sip_sdp *sip__sdp_maker_make(struct sip__sdp_maker *k, uint64_t id, uint64_t version);

/* The plans of an offer (sdp_offer.c), and of an answer (sdp_answer.c), that follow on k->past. */
void sip__sdp_plan_offer(struct sip__sdp_maker *k);
void sip__sdp_plan_answer(struct sip__sdp_maker *k, const struct sip_sdp *offer);
/* One suite, and the same of what is negotiated (RFC 4568 6.3: UNENCRYPTED_SRTP …, and what nobody knows); case does not count (4). */
bool sip__sdp_crypto_fits(const struct sip_sdp_crypto *a, const struct sip_sdp_crypto *b);
/* RFC 4568 5.1.2: the first of the offered that fits one of ours, with our keys under its tag. False: there is none. */
bool sip__sdp_crypto_choose(const struct sip_sdp_media_capability *c, const struct sip_sdp_section *offered,
			    struct sip_sdp_crypto *out);
/* The capability may stand for a section of this type and mid. */
bool sip__sdp_may_stand_for(const struct sip_sdp_media_capability *c, struct sip_str type, struct sip_str mid);
/* The proto among those of the capability; NULL when it is not. */
const struct sip_str *sip__sdp_proto_find(const struct sip_sdp_media_capability *c, struct sip_str proto);

/* ---- what a description says of its media (sdp_media.c) ---------------------------------------------------------------------- */

/* The ids of a group, and the formats of what is not RTP, that are looked at; more are as if they were not there. */
#define SIP__SDP_GROUP_MAX 256
#define SIP__SDP_TOKENS_MAX 64
/* The mid; empty: none. */
struct sip_str sip__sdp_mid_of(const struct sip_sdp_media *media);
/* Finds the first section whose mid one before it has, unless there is trouble already. NOMEM. */
enum sip_err sip__sdp_mids_check(const struct sip_sdp *sdp, struct sip_sdp_trouble *found) SIP_MUST_USE;
/* The ids of a=group:BUNDLE; several groups are not bundled here: the first one is. Empty: none. */
struct sip_str sip__sdp_bundle_of(const struct sip_sdp *sdp);
/* How many of the ids stand before it; SIP__SDP_GROUP_MAX: it is not among them. */
unsigned sip__sdp_rank_of(struct sip_str ids, struct sip_str mid);
bool sip__sdp_is_in_group(struct sip_str ids, struct sip_str mid);
/* Both sides have put the section into their groups, by one mid. */
bool sip__sdp_is_bundled(struct sip_str local_ids, struct sip_str remote_ids, const struct sip_sdp_media *local,
			 const struct sip_sdp_media *remote);
/*
 * Which section says what the transport of the bundle is, in the offer and in the answer: of those that live in both, the first by the
 * offer's ids (RFC 9143 7.3.1), in whatever order the answer has them; the first by the answer's when keys were agreed by that one
 * alone, or when nothing else has the rtcp-mux that RTP wants. The offer's count: there is none.
 */
size_t sip__sdp_tagged_of(const struct sip_sdp *offer, const struct sip_sdp *answer);
/* Neither refused nor ended: formats, and a port, or a port of 0 that means that of its bundle. */
bool sip__sdp_is_live(const struct sip_sdp_media *media);
static inline bool sip__sdp_has(const struct sip_sdp_media *media, enum sip_sdp_attribute_id id)
{
	return sip_sdp_attribute_find(&media->section, id) != NULL;
}
/*
 * Who says it of the section's transport: the section, the session where it may, or the section that its bundle names first (RFC 9143
 * 7.1.3). NULL: nobody.
 */
const struct sip_sdp_section *sip__sdp_section_with(const struct sip_sdp *sdp, struct sip_str bundle,
						    const struct sip_sdp_media *media, enum sip_sdp_attribute_id id);
/* The answer has a line for the i-th of the offer, of its type. */
bool sip__sdp_is_answered(const struct sip_sdp *offer, const struct sip_sdp *answer, size_t i);
/*
 * Which line of an answer is for each of the offer, asked for one after the other. Closed up: it has fewer, no group, and some that live
 * where the offer has ended, or has another type or mid; each of its lines is for one of the offer then, in their order.
 */
struct sip__sdp_pairing {
	const struct sip_sdp *offer, *answer;
	bool is_closed_up;
	size_t offered, answered;       /* the next of each */
};
struct sip__sdp_pairing sip__sdp_pairing_of(const struct sip_sdp *offer, const struct sip_sdp *answer);
/* The line for the next of the offer; the answer's count: there is none. */
size_t sip__sdp_pairing_next(struct sip__sdp_pairing *p);
/* RFC 8839 4.2.5: by a=ice-ufrag. */
bool sip__sdp_has_ice(const struct sip_sdp *sdp, struct sip_str bundle, const struct sip_sdp_media *media);
/*
 * Kinds of keys, several in one: of these attributes, and of a section without its session. The best of them is DTLS, then MIKEY; a
 * proto of TLS or DTLS has no other keys (RFC 5763 5).
 */
#define SIP__SDP_KEYS_BIT(keys) (1u << (keys))
unsigned sip__sdp_keys_given(const struct sip_sdp_attribute *attributes, size_t count);
unsigned sip__sdp_keys_in(const struct sip_sdp_section *section);
unsigned sip__sdp_keys_of_session(const struct sip_sdp *sdp);
enum sip_sdp_keys sip__sdp_keys_best(unsigned kinds, struct sip_str proto);
/* Of two sections that say what the transport is. What the answer's has of its own counts, what its session has for want of that. */
enum sip_sdp_keys sip__sdp_keys_agreed(const struct sip_sdp *offer, const struct sip_sdp_media *offered, const struct sip_sdp *answer,
				       const struct sip_sdp_media *answered);
/* SRTP is never without, nor without DTLS where its proto says so; others may have any, or none. */
bool sip__sdp_keys_fit(enum sip_sdp_keys keys, struct sip_str proto);
/* SRTP: RTP/SAVP, RTP/SAVPF, over anything. */
bool sip__sdp_proto_is_secure(struct sip_str proto);
/* UDP/TLS/RTP/SAVPF, UDP/DTLS/SCTP, TCP/TLS/MSRP. */
bool sip__sdp_proto_is_tls(struct sip_str proto);
/* What the other side does with the stream, a connection to 0.0.0.0 counted as hold (RFC 3264 8.4). */
enum sip_sdp_direction sip__sdp_direction_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media);

#endif
