/*
 * Session descriptions: a body of type application/sdp as a value, after RFC 8866. Everything stands in the caller's arena,
 * texts are slices of the body. What nobody knows is carried in its order and written again. Attributes stay text until somebody
 * touches them (sdp_attribute.h); offers and answers are made in sdp_offer_answer.h. No state, any thread.
 */
#ifndef STACK_CONTENT_SDP_H
#define STACK_CONTENT_SDP_H

#include "stack/content/content.h"
#include "stack/content/sdp_attribute.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sip_sdp_origin { /* o= */
	struct sip_str username;
	struct sip_str session_id;      /* digits, as many as there are */
	struct sip_str session_version; /* the same */
	struct sip_str net_type;        /* "IN" */
	struct sip_str addr_type;       /* "IP4", "IP6" */
	struct sip_str address;
};

struct sip_sdp_connection { /* c= */
	struct sip_str net_type;
	struct sip_str addr_type;
	struct sip_str address;         /* without what stands behind "/" */
	bool has_ttl;                   /* of IPv4 multicast */
	uint8_t ttl;
	uint32_t count;                 /* of multicast addresses; 0: not said, one */
};

struct sip_sdp_bandwidth { /* b= */
	struct sip_str type;            /* "CT", "AS", "TIAS", "RS", "RR" … */
	uint64_t value;                 /* kbit/s of CT and AS, bit/s of the others */
};

struct sip_sdp_time { /* a time with its unit, as r= and z= have them */
	int64_t value;
	char unit;                      /* 'd', 'h', 'm', 's'; 0: none, seconds */
};
struct sip_sdp_repeat { /* r= */
	struct sip_sdp_time interval;
	struct sip_sdp_time duration;
	struct sip_sdp_time *offsets;
	size_t offset_count;
};
struct sip_sdp_zone { /* one adjustment of z= */
	uint64_t at;                    /* seconds since 1900 */
	struct sip_sdp_time offset;
};
struct sip_sdp_timing { /* t= and the r= and z= behind it */
	uint64_t start, stop;           /* seconds since 1900; 0: no bound */
	struct sip_sdp_repeat *repeats;
	size_t repeat_count;
	struct sip_sdp_zone *zones;     /* none without repeats */
	size_t zone_count;
};

struct sip_sdp_attribute { /* a= */
	struct sip_str name;
	struct sip_str value;           /* .p NULL: a property, without ":" */
};
struct sip_sdp_line { /* of a type that RFC 8866 has not */
	char type;
	struct sip_str value;
};

struct sip_sdp_section { /* what the session and each of its media have */
	struct sip_str information;     /* i=; .p NULL: none */
	struct sip_str key;             /* k=, obsolete; .p NULL: none */
	struct sip_sdp_connection *connections; /* of the session at most one */
	size_t connection_count;
	struct sip_sdp_bandwidth *bandwidths;
	size_t bandwidth_count;
	struct sip_sdp_attribute *attributes;
	size_t attribute_count;
	struct sip_sdp_line *others;    /* written last */
	size_t other_count;
};

struct sip_sdp_media { /* m= and what follows it */
	struct sip_str type;            /* "audio" … */
	uint16_t port;                  /* 0: refused, or ended; read so of a line without formats as well */
	uint32_t port_count;            /* behind "/"; 0: not said, one */
	struct sip_str proto;           /* "RTP/AVP" … */
	struct sip_str *formats;        /* of RTP: payload numbers; none may be there when the port is 0 */
	size_t format_count;
	struct sip_sdp_section section;
};

struct sip_sdp {
	struct sip_sdp_origin origin;
	struct sip_str name;            /* s=; empty: missing, "-" is written */
	struct sip_str uri;             /* u=; .p NULL: none */
	struct sip_str *emails;
	size_t email_count;
	struct sip_str *phones;
	size_t phone_count;
	struct sip_sdp_timing *timings; /* none: missing, "0 0" is written */
	size_t timing_count;
	struct sip_sdp_section section;
	struct sip_sdp_media *media;
	size_t media_count;
};

/* Where a body is broken. */
struct sip_sdp_where {
	unsigned line;                  /* counted from 1; 0: nowhere */
	struct sip_str text;            /* the line */
};

/*
 * Reads lines in any order within their section, that end in LF alone, with blanks at their ends, empty ones between them;
 * without s= or t=. Of several c= of the session the first counts; z= without r=, and attributes whose name has blanks in it, are
 * passed over; m= without a format has the port 0, and no a=bundle-only. limits->parts bounds each kind of line in a section, and the
 * words of a line. SYNTAX, LIMIT, NOMEM; *out is NULL then. `where` may be NULL.
 */
enum sip_err sip_sdp_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			   struct sip_sdp **out) SIP_MUST_USE;
enum sip_err sip_sdp_parse_where(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				 struct sip_sdp **out, struct sip_sdp_where *where) SIP_MUST_USE;
/*
 * In the order of RFC 8866 9. What no SDP can hold (an empty word, a line end, two c= of the session, a port or a=bundle-only without a
 * format) makes the buffer fail with INVAL; what is refused has the format 0 where it has none (RFC 3264 6).
 */
void sip_sdp_put(struct sip_buf *b, const struct sip_sdp *sdp);

/* The connection of the media (RFC 8866 5.7: its own before the session's), NULL when there is none. */
const struct sip_sdp_connection *sip_sdp_connection_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media);
/* Its address; UNSUPPORTED unless net and address types are known, SYNTAX for a name. */
enum sip_err sip_sdp_connection_addr(const struct sip_sdp_connection *c, uint16_t port, struct sip_addr *out) SIP_MUST_USE;
/* The value of the bandwidth of this type ("TIAS"), case folded. */
bool sip_sdp_bandwidth_find(const struct sip_sdp_section *section, struct sip_str type, uint64_t *value);
/* In seconds, at the ends of int64_t when it is too much. */
int64_t sip_sdp_time_seconds(const struct sip_sdp_time *time);

/* The first attribute of this name (compared as by sip_sdp_attribute_id_of); NULL when there is none. */
const struct sip_sdp_attribute *sip_sdp_attribute_find(const struct sip_sdp_section *section, enum sip_sdp_attribute_id id);
/* The next one behind `after` (NULL: the first). */
const struct sip_sdp_attribute *sip_sdp_attribute_next(const struct sip_sdp_section *section, enum sip_sdp_attribute_id id,
						       const struct sip_sdp_attribute *after);
/* That of the media, or the session's where it counts for all media (sip_sdp_attribute_rows). `media` may be NULL. */
const struct sip_sdp_attribute *sip_sdp_attribute_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media,
						     enum sip_sdp_attribute_id id);
/* Found and read: NOTFOUND, SYNTAX, RANGE. */
enum sip_err sip_sdp_value_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media, enum sip_sdp_attribute_id id,
			      union sip_sdp_value *out) SIP_MUST_USE;
/* The direction that counts for the media: SENDRECV unless said otherwise (RFC 8866 6.7). */
enum sip_sdp_direction sip_sdp_direction_of(const struct sip_sdp *sdp, const struct sip_sdp_media *media);
/* The parameters of a format (a=fmtp); empty when there are none. */
struct sip_str sip_sdp_fmtp_of(const struct sip_sdp_media *media, struct sip_str format);
/* What a format of RTP is: a=rtpmap, or the static number of RFC 3551 6. NOTFOUND when nobody says. */
enum sip_err sip_sdp_rtpmap_of(const struct sip_sdp_media *media, struct sip_str format, struct sip_sdp_rtpmap *out) SIP_MUST_USE;
/* The transport is RTP over anything. */
bool sip_sdp_media_is_rtp(const struct sip_sdp_media *media);

#ifdef __cplusplus
}
#endif
#endif
