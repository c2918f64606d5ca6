/*
 * stack/header: what headers there are (one row each) and their value types (one file each).
 * Values are slices of the text they were parsed from; nothing is allocated here. No state, any thread.
 */
#ifndef STACK_HEADER_HEADER_H
#define STACK_HEADER_HEADER_H

#include "stack/uri/uri.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sip_header {
#define SIP_HEADER(id, name, compact, type, multiplicity, rfc) SIP_HEADER_##id,
#include "stack/header/header_table.h"
#undef SIP_HEADER
	SIP_HEADER_COUNT,
	SIP_HEADER_UNKNOWN = SIP_HEADER_COUNT /* any other name */
};

enum sip_value_type { /* the grammar of one value */
#define SIP_VALUE_PLAIN(id, what) SIP_VALUE_##id,
#define SIP_VALUE(id, form, parse, commas, what) SIP_VALUE_##id,
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN
	SIP_VALUE_COUNT
};
struct sip_value_row {
	struct sip_str name;    /* "NAME_ADDR" */
	uint32_t size;          /* of its typed form; 0: there is none */
	bool has_bare_commas;   /* parse may take one that stands outside of quotes and brackets */
	enum sip_err (*parse)(struct sip_str value, void *form); /* NULL: there is none */
};
extern const struct sip_value_row sip_value_rows[SIP_VALUE_COUNT];
enum sip_multiplicity {
	SIP_ONE,   /* a second one is an error */
	SIP_FIRST, /* the first one counts: nobody is misled by more */
	SIP_LIST,  /* lines repeat and commas separate */
	SIP_MANY   /* lines repeat, a comma is part of the value */
};
struct sip_header_row {
	struct sip_str name;    /* canonical spelling */
	char compact;           /* lower case; 0: none */
	enum sip_value_type type;
	enum sip_multiplicity multiplicity;
	uint16_t rfc;
};
extern const struct sip_header_row sip_header_rows[SIP_HEADER_COUNT];
/* By name or compact form, case folded: a perfect hash, one comparison. SIP_HEADER_UNKNOWN for the rest. */
enum sip_header sip_header_find(struct sip_str name);

/* ---- value types: parse takes one value (no comma), trimmed; SYNTAX or RANGE otherwise ------------------------- */

struct sip_via { /* RFC 3261 20.42, RFC 3581 */
	struct sip_str text;
	struct sip_str protocol;       /* "SIP/2.0" as it stood */
	struct sip_str transport_text;
	enum sip_transport_kind transport; /* NONE: a transport we do not know */
	uint16_t port;                 /* of sent-by; 0: none */
	uint16_t rport;                /* value; 0: none or empty */
	bool has_rport;                /* also the empty one */
	const char *rport_at;          /* its name, with has_rport */
	struct sip_str host;           /* of sent-by, IPv6 with brackets */
	struct sip_str branch;
	struct sip_str received;
	struct sip_str maddr;
	struct sip_str params;         /* all, raw, without the first ";"; behind the host when there are none; an old comment follows */
};
enum sip_err sip_via_parse(struct sip_str value, struct sip_via *out) SIP_MUST_USE;
/* Branch begins with the magic cookie z9hG4bK (case folded). */
bool sip_via_has_cookie(const struct sip_via *v);

struct sip_name_addr { /* RFC 3261 20.10: From, To, Contact, Route, Record-Route, Path … */
	struct sip_str text;
	struct sip_str display;        /* raw; inner text of a quoted string, or tokens */
	bool is_star;                  /* Contact: "*" */
	bool is_bracketed;
	struct sip_uri uri;
	struct sip_str params;         /* header parameters, raw, without the first ";" */
	struct sip_str tag;            /* the tag parameter; .p NULL when there is none */
};
enum sip_err sip_name_addr_parse(struct sip_str value, struct sip_name_addr *out) SIP_MUST_USE;
/* Not "*", which names nobody: only a Contact may be that (20.10). */
enum sip_err sip_name_addr_parse_one(struct sip_str value, struct sip_name_addr *out) SIP_MUST_USE;
/* Of Route and its kin: a loose router (RFC 3261 19.1.1 lr); without the brackets that it needs, or behind them, lr counts as well. */
bool sip_name_addr_is_loose(const struct sip_name_addr *a);
/* `"display" <uri>`, to which parameters may be put; the name, plain text and no slice of a value, gets its quotes; empty: none. */
void sip_name_addr_put(struct sip_buf *b, struct sip_str display, struct sip_str uri);
/* The q parameter in thousandths; `missing` when there is none; SYNTAX. (RFC 3261 20.10, 25.1 qvalue) */
enum sip_err sip_name_addr_q(const struct sip_name_addr *a, uint32_t missing, uint32_t *q) SIP_MUST_USE;

struct sip_cseq {
	uint32_t number;               /* below 2^31 */
	uint8_t method;                /* enum sip_method of stack/message; its UNKNOWN otherwise */
	struct sip_str method_text;
};
enum sip_err sip_cseq_parse(struct sip_str value, struct sip_cseq *out) SIP_MUST_USE;

/* delta-seconds and other numbers, parameters and comments after it skipped; above max: *out = max and RANGE. */
enum sip_err sip_number_parse(struct sip_str value, uint32_t max, uint32_t *out) SIP_MUST_USE;

struct sip_number_value { /* the same with what stands behind it */
	struct sip_str text;
	uint32_t number;
	struct sip_str comment;        /* raw, without its brackets; .p NULL when there is none */
	struct sip_str params;
};
enum sip_err sip_number_value_parse(struct sip_str value, struct sip_number_value *out) SIP_MUST_USE;

struct sip_word { /* TOKEN, WORD and PARAMS: Event, Reason, Accept-Contact, Privacy, User-to-User … */
	struct sip_str text;
	struct sip_str word;           /* what stands before the first ";", raw, without quotes; empty: parameters alone */
	bool is_quoted;
	struct sip_str params;         /* raw, without the first ";" */
};
/* "+name=value…" is parameters alone: a Feature-Caps without the "*" that RFC 6809 6.2.1 wants. */
enum sip_err sip_word_parse_token(struct sip_str value, struct sip_word *out) SIP_MUST_USE;
enum sip_err sip_word_parse(struct sip_str value, struct sip_word *out) SIP_MUST_USE;
enum sip_err sip_word_parse_params(struct sip_str value, struct sip_word *out) SIP_MUST_USE;

struct sip_auth_value { /* RFC 7616: Authorization, Proxy-Authorization and the two challenges */
	struct sip_str text;
	struct sip_str scheme;         /* "Digest" */
	struct sip_str params;         /* raw: name=value, name="value", … */
};
enum sip_err sip_auth_value_parse(struct sip_str value, struct sip_auth_value *out) SIP_MUST_USE;
/* Authentication-Info: no scheme. */
enum sip_err sip_auth_value_parse_params(struct sip_str value, struct sip_auth_value *out) SIP_MUST_USE;
/*
 * Cuts the next parameter; value without quotes (escapes kept), *is_quoted says whether there were some. False at the
 * end or (then *params is not empty) at a broken one.
 */
bool sip_auth_value_next(struct sip_str *params, struct sip_str *name, struct sip_str *value, bool *is_quoted);

struct sip_media_type {
	struct sip_str type, subtype, params;
};
enum sip_err sip_media_type_parse(struct sip_str value, struct sip_media_type *out) SIP_MUST_USE;

struct sip_dialog_ref { /* RFC 3891 Replaces, RFC 3911 Join, RFC 4538 Target-Dialog */
	struct sip_str text;
	struct sip_str call_id;
	struct sip_str local_tag;      /* of whoever reads it: to-tag, local-tag; "0" also of a peer without one, as RFC 2543 has it */
	struct sip_str remote_tag;     /* from-tag, remote-tag; likewise */
	bool is_early_only;
	struct sip_str params;
};
/* SYNTAX also when one of the tags is missing, or there twice. */
enum sip_err sip_dialog_ref_parse(struct sip_str value, struct sip_dialog_ref *out) SIP_MUST_USE;

struct sip_rack { /* RFC 3262 7.2 */
	uint32_t rseq, cseq;
	uint8_t method;                /* enum sip_method */
	struct sip_str method_text;
};
enum sip_err sip_rack_parse(struct sip_str value, struct sip_rack *out) SIP_MUST_USE;

struct sip_date { /* RFC 3261 20.17 */
	int64_t seconds;               /* since 1970, UTC */
};
enum sip_err sip_date_parse(struct sip_str value, struct sip_date *out) SIP_MUST_USE;
/* SIP-date (25.1). INVAL in the buffer: before the year 0 or beyond 9999. */
void sip_date_put(struct sip_buf *b, const struct sip_date *d);

struct sip_warning { /* RFC 3261 20.43 */
	uint16_t code;                 /* 100 … 999 */
	struct sip_str agent;
	struct sip_str words;          /* raw, without its quotes */
};
enum sip_err sip_warning_parse(struct sip_str value, struct sip_warning *out) SIP_MUST_USE;

struct sip_timestamp { /* RFC 3261 20.38 */
	uint64_t time_us;              /* by the clock of whoever put it there */
	uint64_t delay_us;
	bool has_delay;
};
enum sip_err sip_timestamp_parse(struct sip_str value, struct sip_timestamp *out) SIP_MUST_USE;

/* callid: word [ "@" word ] (RFC 3261 25.1). */
bool sip_call_id_is_valid(struct sip_str value);

/*
 * Cuts the first value off a comma list (quotes, brackets respected); false when none is left. Values are trimmed; between two commas
 * may be nothing, which is no value.
 */
bool sip_list_value_next(struct sip_str *rest, struct sip_str *value);

/* ---- methods: known here, because CSeq names them --------------------------------------------------------------- */
enum sip_method {
#define SIP_METHOD(id, name, rfc) SIP_METHOD_##id,
#include "stack/header/method_table.h"
#undef SIP_METHOD
	SIP_METHOD_COUNT,
	SIP_METHOD_UNKNOWN = SIP_METHOD_COUNT
};
extern const struct sip_str sip_method_names[SIP_METHOD_COUNT];
/* ACK, BYE, CANCEL, PRACK: what ends or confirms something that has begun, and passes where new work is refused. */
static inline bool sip_method_is_essential(enum sip_method m)
{
	return m == SIP_METHOD_ACK || m == SIP_METHOD_BYE || m == SIP_METHOD_CANCEL || m == SIP_METHOD_PRACK;
}
/* Methods are case-sensitive (RFC 3261 7.1). */
enum sip_method sip_method_find(struct sip_str name);

#ifdef __cplusplus
}
#endif
#endif
