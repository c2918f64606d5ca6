/*
 * The values of SDP's attributes in their typed form: one row an attribute (sdp_attribute_table.h), one struct a form
 * (sdp_value_table.h), each with a function that reads it and one that writes it. Texts are slices of the value.
 * Reading gives SYNTAX or RANGE; writing what no attribute can hold makes the buffer fail with INVAL. No state, any thread.
 */
#ifndef STACK_CONTENT_SDP_ATTRIBUTE_H
#define STACK_CONTENT_SDP_ATTRIBUTE_H

#include "stack/base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_sdp_attribute_id {
#define SIP_SDP_ATTRIBUTE(id, name, level, form, answer, bundled, rfc) SIP_SDP_##id,
#include "stack/content/sdp_attribute_table.h"
#undef SIP_SDP_ATTRIBUTE
	SIP_SDP_ATTRIBUTE_COUNT,
	SIP_SDP_ATTRIBUTE_UNKNOWN = SIP_SDP_ATTRIBUTE_COUNT
};
enum sip_sdp_form {
#define SIP_SDP_VALUE(id, form) SIP_SDP_FORM_##id,
#include "stack/content/sdp_value_table.h"
#undef SIP_SDP_VALUE
	SIP_SDP_FORM_COUNT,
	SIP_SDP_FORM_FLAG = SIP_SDP_FORM_COUNT /* no value */
};
enum sip_sdp_level { SIP_SDP_SESSION = 1, SIP_SDP_MEDIA = 2, SIP_SDP_BOTH = 3 };
enum sip_sdp_answering { SIP_SDP_OWN, SIP_SDP_ECHO, SIP_SDP_ICE, SIP_SDP_KEYS };
enum sip_sdp_bundling { SIP_SDP_EACH, SIP_SDP_TAGGED, SIP_SDP_REPEAT }; /* which sections of a bundle say it (RFC 9143 7.1.3) */
struct sip_sdp_attribute_row {
	struct sip_str name;
	enum sip_sdp_level level;
	enum sip_sdp_form form;
	enum sip_sdp_answering answer;
	enum sip_sdp_bundling bundled;
	uint16_t rfc;
	bool is_folded;                 /* the case of its name does not count */
};
extern const struct sip_sdp_attribute_row sip_sdp_attribute_rows[SIP_SDP_ATTRIBUTE_COUNT];
/* By name, case as it stands (RFC 8866 5.13), but folded of T.38's, which are spelt in several ways. UNKNOWN for the rest. */
enum sip_sdp_attribute_id sip_sdp_attribute_id_of(struct sip_str name);

/* What one side does with a stream: bits. */
enum sip_sdp_direction { SIP_SDP_NEITHER = 0, SIP_SDP_SEND = 1, SIP_SDP_RECEIVE = 2, SIP_SDP_SEND_AND_RECEIVE = 3 };
/* The attribute that says it, and what the other side then does. */
enum sip_sdp_attribute_id sip_sdp_direction_attribute(enum sip_sdp_direction direction);
enum sip_sdp_direction sip_sdp_direction_mirror(enum sip_sdp_direction direction);

/* ---- forms ---------------------------------------------------------------------------------------------------------- */

struct sip_sdp_text {
	struct sip_str text;            /* of ice-options and content: for sip_sdp_list_next with ' ' and ',' */
};
struct sip_sdp_token {
	struct sip_str token;           /* no blanks */
};
struct sip_sdp_number {
	uint64_t number;
};
struct sip_sdp_decimal {
	uint64_t whole;
	struct sip_str fraction;        /* digits; empty: no point */
};
struct sip_sdp_toggle { /* ITU-T T.38 D.2.3: 1 or 0, or nothing, which is 1 */
	bool is_on;
};
/* Cuts the next element off the list; false when none is left. */
bool sip_sdp_list_next(struct sip_str *text, char separator, struct sip_str *element);

struct sip_sdp_rtpmap { /* RFC 8866 6.6 */
	uint8_t payload;
	struct sip_str encoding;
	uint32_t clock;                 /* Hz */
	uint32_t channels;              /* 0: not said, one; of Opus two */
};
/* The same encoding (case folded), clock and channels. */
bool sip_sdp_rtpmap_is_same(const struct sip_sdp_rtpmap *a, const struct sip_sdp_rtpmap *b);
struct sip_sdp_fmtp { /* RFC 8866 6.15 */
	struct sip_str format;
	struct sip_str parameters;      /* for sip_sdp_parameter_next; may be empty */
};
/* "a=1; b=2;c": the next, name and value trimmed, the value .p NULL without "="; false when none is left. */
bool sip_sdp_parameter_next(struct sip_str *parameters, struct sip_str *name, struct sip_str *value);
/* By name, case folded. */
bool sip_sdp_parameter_find(struct sip_str parameters, struct sip_str name, struct sip_str *value);
struct sip_sdp_rtcp { /* RFC 3605 */
	uint16_t port;
	struct sip_str net_type, addr_type, address; /* empty: those of the media */
};
struct sip_sdp_rtcp_fb { /* RFC 4585 4.2 */
	struct sip_str format;          /* "*": every one */
	struct sip_str feedback;        /* "nack pli" */
};
struct sip_sdp_candidate { /* RFC 8839 5.1 */
	struct sip_str foundation;
	uint32_t component;             /* 1: RTP, 2: RTCP */
	struct sip_str transport;       /* "UDP" */
	uint32_t priority;
	struct sip_str address;
	uint16_t port;
	struct sip_str type;            /* "host", "srflx", "prflx", "relay" */
	struct sip_str related_address; /* empty: none */
	uint16_t related_port;
	bool has_related_port;
	struct sip_str extensions;      /* "tcptype passive generation 0", for sip_sdp_candidate_extension */
};
bool sip_sdp_candidate_extension(const struct sip_sdp_candidate *c, struct sip_str name, struct sip_str *value);
struct sip_sdp_remote_candidates { /* RFC 8839 5.2 */
	struct sip_str text;
};
struct sip_sdp_remote_candidate {
	uint32_t component;
	struct sip_str address;
	uint16_t port;
};
bool sip_sdp_remote_candidate_next(struct sip_str *text, struct sip_sdp_remote_candidate *out);
struct sip_sdp_fingerprint { /* RFC 8122 5 */
	struct sip_str hash;            /* "sha-256" */
	struct sip_str text;            /* "4A:AD:…" */
};
#define SIP_SDP_FINGERPRINT_MAX 64
/* The bytes of it: SYNTAX, LIMIT. */
enum sip_err sip_sdp_fingerprint_bytes(const struct sip_sdp_fingerprint *f, uint8_t out[SIP_SDP_FINGERPRINT_MAX],
				       size_t *len) SIP_MUST_USE;
enum sip_sdp_role { SIP_SDP_ROLE_NONE, SIP_SDP_ACTIVE, SIP_SDP_PASSIVE, SIP_SDP_ACTPASS, SIP_SDP_HOLDCONN };
struct sip_sdp_setup { /* RFC 4145 4 */
	enum sip_sdp_role role;
};
struct sip_sdp_group { /* RFC 5888 5; ssrc-group of RFC 5576 4.2 */
	struct sip_str semantics;       /* "BUNDLE", "LS", "FID" */
	struct sip_str ids;             /* for sip_sdp_list_next with ' '; may be empty */
};
struct sip_sdp_extmap { /* RFC 8285 8 */
	uint32_t id;
	struct sip_str direction;       /* empty: sendrecv */
	struct sip_str uri;
	struct sip_str attributes;      /* may be empty */
};
struct sip_sdp_ssrc { /* RFC 5576 4.1 */
	uint32_t ssrc;
	struct sip_str attribute;
	struct sip_str value;           /* .p NULL: none */
};
struct sip_sdp_msid { /* RFC 8830 2 */
	struct sip_str id;
	struct sip_str appdata;         /* may be empty */
};
struct sip_sdp_crypto { /* RFC 4568 4 */
	uint32_t tag;
	struct sip_str suite;
	struct sip_str keys;            /* "inline:…;inline:…" */
	struct sip_str parameters;      /* of the session; may be empty */
};
struct sip_sdp_rid { /* RFC 8851 4 */
	struct sip_str id;
	struct sip_str direction;       /* "send", "recv" */
	struct sip_str restrictions;    /* for sip_sdp_parameter_next; may be empty */
};
struct sip_sdp_simulcast { /* RFC 8853 5.1 */
	struct sip_str send, receive;   /* "1;~2,3"; empty: none */
	bool is_receive_first;
};
struct sip_sdp_precondition { /* RFC 3312 4: curr, des, conf */
	struct sip_str type;            /* "qos" */
	struct sip_str strength;        /* of des: "mandatory"; empty of the others */
	struct sip_str status;          /* "e2e", "local", "remote" */
	struct sip_str direction;       /* "none", "send", "recv", "sendrecv" */
};

union sip_sdp_value {
#define SIP_SDP_VALUE(id, form) struct sip_sdp_##form form;
#include "stack/content/sdp_value_table.h"
#undef SIP_SDP_VALUE
};
/* By the attribute's form. A flag has no value to read: SYNTAX when there is one. */
enum sip_err sip_sdp_value_parse(enum sip_sdp_attribute_id id, struct sip_str value, union sip_sdp_value *out) SIP_MUST_USE;
/* The value alone, without name and ":". */
void sip_sdp_value_put(struct sip_buf *b, enum sip_sdp_attribute_id id, const union sip_sdp_value *value);

enum sip_err sip_sdp_text_parse(struct sip_str value, struct sip_sdp_text *out) SIP_MUST_USE;
void sip_sdp_text_put(struct sip_buf *b, const struct sip_sdp_text *v);
enum sip_err sip_sdp_token_parse(struct sip_str value, struct sip_sdp_token *out) SIP_MUST_USE;
void sip_sdp_token_put(struct sip_buf *b, const struct sip_sdp_token *v);
enum sip_err sip_sdp_number_parse(struct sip_str value, struct sip_sdp_number *out) SIP_MUST_USE;
void sip_sdp_number_put(struct sip_buf *b, const struct sip_sdp_number *v);
enum sip_err sip_sdp_decimal_parse(struct sip_str value, struct sip_sdp_decimal *out) SIP_MUST_USE;
void sip_sdp_decimal_put(struct sip_buf *b, const struct sip_sdp_decimal *v);
enum sip_err sip_sdp_toggle_parse(struct sip_str value, struct sip_sdp_toggle *out) SIP_MUST_USE;
void sip_sdp_toggle_put(struct sip_buf *b, const struct sip_sdp_toggle *v);
enum sip_err sip_sdp_rtpmap_parse(struct sip_str value, struct sip_sdp_rtpmap *out) SIP_MUST_USE;
void sip_sdp_rtpmap_put(struct sip_buf *b, const struct sip_sdp_rtpmap *v);
enum sip_err sip_sdp_fmtp_parse(struct sip_str value, struct sip_sdp_fmtp *out) SIP_MUST_USE;
void sip_sdp_fmtp_put(struct sip_buf *b, const struct sip_sdp_fmtp *v);
enum sip_err sip_sdp_rtcp_parse(struct sip_str value, struct sip_sdp_rtcp *out) SIP_MUST_USE;
void sip_sdp_rtcp_put(struct sip_buf *b, const struct sip_sdp_rtcp *v);
enum sip_err sip_sdp_rtcp_fb_parse(struct sip_str value, struct sip_sdp_rtcp_fb *out) SIP_MUST_USE;
void sip_sdp_rtcp_fb_put(struct sip_buf *b, const struct sip_sdp_rtcp_fb *v);
enum sip_err sip_sdp_candidate_parse(struct sip_str value, struct sip_sdp_candidate *out) SIP_MUST_USE;
void sip_sdp_candidate_put(struct sip_buf *b, const struct sip_sdp_candidate *v);
enum sip_err sip_sdp_remote_candidates_parse(struct sip_str value, struct sip_sdp_remote_candidates *out) SIP_MUST_USE;
void sip_sdp_remote_candidates_put(struct sip_buf *b, const struct sip_sdp_remote_candidates *v);
enum sip_err sip_sdp_fingerprint_parse(struct sip_str value, struct sip_sdp_fingerprint *out) SIP_MUST_USE;
void sip_sdp_fingerprint_put(struct sip_buf *b, const struct sip_sdp_fingerprint *v);
enum sip_err sip_sdp_setup_parse(struct sip_str value, struct sip_sdp_setup *out) SIP_MUST_USE;
void sip_sdp_setup_put(struct sip_buf *b, const struct sip_sdp_setup *v);
enum sip_err sip_sdp_group_parse(struct sip_str value, struct sip_sdp_group *out) SIP_MUST_USE;
void sip_sdp_group_put(struct sip_buf *b, const struct sip_sdp_group *v);
enum sip_err sip_sdp_extmap_parse(struct sip_str value, struct sip_sdp_extmap *out) SIP_MUST_USE;
void sip_sdp_extmap_put(struct sip_buf *b, const struct sip_sdp_extmap *v);
enum sip_err sip_sdp_ssrc_parse(struct sip_str value, struct sip_sdp_ssrc *out) SIP_MUST_USE;
void sip_sdp_ssrc_put(struct sip_buf *b, const struct sip_sdp_ssrc *v);
enum sip_err sip_sdp_msid_parse(struct sip_str value, struct sip_sdp_msid *out) SIP_MUST_USE;
void sip_sdp_msid_put(struct sip_buf *b, const struct sip_sdp_msid *v);
enum sip_err sip_sdp_crypto_parse(struct sip_str value, struct sip_sdp_crypto *out) SIP_MUST_USE;
void sip_sdp_crypto_put(struct sip_buf *b, const struct sip_sdp_crypto *v);
enum sip_err sip_sdp_rid_parse(struct sip_str value, struct sip_sdp_rid *out) SIP_MUST_USE;
void sip_sdp_rid_put(struct sip_buf *b, const struct sip_sdp_rid *v);
enum sip_err sip_sdp_simulcast_parse(struct sip_str value, struct sip_sdp_simulcast *out) SIP_MUST_USE;
void sip_sdp_simulcast_put(struct sip_buf *b, const struct sip_sdp_simulcast *v);
enum sip_err sip_sdp_precondition_parse(struct sip_str value, struct sip_sdp_precondition *out) SIP_MUST_USE;
void sip_sdp_precondition_put(struct sip_buf *b, const struct sip_sdp_precondition *v);

#ifdef __cplusplus
}
#endif
#endif
