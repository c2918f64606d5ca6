/*
 * stack/uri: sip, sips and tel URIs as slices of the text they were parsed from; any other
 * scheme carried as it is (RFC 3261 19.1, RFC 3966). Values, no state, any thread.
 */
#ifndef STACK_URI_URI_H
#define STACK_URI_URI_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the transports of SIP, by name ---------------------------------------------------------------------------- */
enum sip_transport_kind {
#define SIP_TRANSPORT_KIND(id, via_name, uri_name, is_stream, is_secure, is_web, default_port, naptr, srv_prefix)   \
	SIP_TRANSPORT_##id,
#include "stack/uri/transport_kind_table.h"
#undef SIP_TRANSPORT_KIND
	SIP_TRANSPORT_KIND_COUNT,
	SIP_TRANSPORT_NONE = SIP_TRANSPORT_KIND_COUNT /* not named, or not known */
};
struct sip_transport_kind_row {
	struct sip_str via_name;    /* "UDP" */
	struct sip_str uri_name;    /* "udp" */
	bool is_stream;             /* also: reliable in the sense of RFC 3261 17 */
	bool is_secure;
	bool is_web;                /* a WebSocket (RFC 7118): its clients cannot be connected to */
	uint16_t default_port;
	struct sip_str naptr;       /* "SIP+D2U"; empty: none */
	struct sip_str srv_prefix;  /* "_sip._udp."; empty: none */
};
extern const struct sip_transport_kind_row sip_transport_kinds[SIP_TRANSPORT_KIND_COUNT];
/* By Via or URI name, case folded; SIP_TRANSPORT_NONE when unknown. */
enum sip_transport_kind sip_transport_kind_find(struct sip_str name);
/* What a sips URI means by it: over UDP DTLS, over TCP TLS, WS as WSS (RFC 3261 26.2.2, RFC 7118 5.2). NONE for NONE. */
enum sip_transport_kind sip_transport_kind_secured(enum sip_transport_kind kind);
/* What a URI says in its transport parameter: "ws" for WSS too, and with sips what is below TLS (RFC 7118 5.2, RFC 5630 3.1.4). */
struct sip_str sip_transport_kind_param(enum sip_transport_kind kind, bool is_sips);

/* ---- a URI ------------------------------------------------------------------------------------------------------ */
enum sip_uri_scheme { SIP_URI_SIP, SIP_URI_SIPS, SIP_URI_TEL, SIP_URI_OTHER };

enum sip_uri_param {
#define SIP_URI_PARAM(id, name, rfc) SIP_URI_PARAM_##id,
#include "stack/uri/uri_param_table.h"
#undef SIP_URI_PARAM
	SIP_URI_PARAM_COUNT
};

/* More parameters, or more headers, than this in one URI are not taken (RANGE). */
#define SIP_URI_PARTS_MAX 100

struct sip_uri {
	struct sip_str text;    /* all of it, as it stood */
	enum sip_uri_scheme scheme;
	uint16_t port;          /* 0: none given */
	bool has_user;          /* there was an "@" (the user may not be empty then) */
	uint8_t params_seen;    /* bit n: param n of the table is there */
	struct sip_str scheme_text;
	struct sip_str user;    /* escaped as it stood; of tel: the number without its parameters */
	struct sip_str password;
	struct sip_str host;    /* as it stood; IPv6 with its brackets; empty for tel and others */
	struct sip_str params;  /* "a=b;c" as it stood, without the first ";" */
	struct sip_str headers; /* "a=b&c=d" as it stood, without the "?" */
	struct sip_str opaque;  /* other schemes: everything after the ":" */
	struct sip_str param[SIP_URI_PARAM_COUNT]; /* values of the known parameters, escaped as they stood */
};

/*
 * All of `text` is the URI. The slices point into text; those that are not there have p NULL. SYNTAX,
 * RANGE (port, parts).
 * A known parameter twice is an error; other parameters may be anything the grammar allows. Beyond it, what has one meaning is let
 * pass: "#" in a user, an unknown parameter of a SIP URI in quotes or with "=" in its value, "=", ";" and "@" in the value of a header.
 */
enum sip_err sip_uri_parse(struct sip_str text, struct sip_uri *out) SIP_MUST_USE;
static inline bool sip_uri_has_param(const struct sip_uri *u, enum sip_uri_param id)
{
	return (u->params_seen >> id & 1u) != 0;
}
static inline bool sip_uri_is_sip(const struct sip_uri *u)
{
	return u->scheme == SIP_URI_SIP || u->scheme == SIP_URI_SIPS;
}
/* Any parameter by name (case folded); the value is empty for a flag. */
bool sip_uri_find_param(const struct sip_uri *u, struct sip_str name, struct sip_str *value);
/* The transport parameter, SIP_TRANSPORT_NONE when absent or unknown. */
enum sip_transport_kind sip_uri_transport(const struct sip_uri *u);
/* RFC 3261 19.1.4 in full, escapes undone where they do not matter. */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);
/* A keyed hash that is equal for equal URIs: scheme, user and host only. */
uint64_t sip_uri_hash(const struct sip_hash_key *key, const struct sip_uri *u);
/*
 * The canonical address of record of RFC 3261 10.3 step 5: "sip:user@host[:port]", escapes undone where allowed, host
 * in lower case, no parameters, no headers, no password. sips becomes sip. The port is left out when it is the scheme's
 * default (5060; for sips 5061 as well), because that is one resource to a registrar. tel: the number without visual
 * separators, with its phone-context if local. A zone of an IPv6 host means something on this machine alone and is left out.
 */
void sip_uri_put_aor(struct sip_buf *b, const struct sip_uri *u);
/* A user as one stands in a URI, with the escapes that it lacks: "#" may come without. */
void sip_uri_put_user(struct sip_buf *b, struct sip_str user);
/*
 * "sip:user@host:port" or "sips:…", to which parameters may be put: the user (plain text, no slice of a URI; empty: none) gets the
 * escapes it needs, an IPv6 address its brackets where they are not there; port 0: none.
 */
void sip_uri_put_sip(struct sip_buf *b, bool is_secure, struct sip_str user, struct sip_str host, uint16_t port);
/* Its parameters as they stand, each behind its ";", without those of these names (case folded, escapes undone). */
void sip_uri_put_params(struct sip_buf *b, const struct sip_uri *u, const struct sip_str *without, size_t count);
/* For a Request-URI made from a contact (RFC 3261 19.1.5, 16.6 step 2): without the method parameter and headers. */
void sip_uri_put_request(struct sip_buf *b, const struct sip_uri *u);
/* As a Route to it: without the method parameter and headers, and with lr. */
void sip_uri_put_route(struct sip_buf *b, const struct sip_uri *u);
/*
 * A header behind a URI, escaped (RFC 3261 19.1.1): "?name=value" the first, "&name=value" all others; "body" for the body. Name and
 * value as a request has them: sip_message_embed reads the same. Such a URI stands in brackets (20.10). INVAL in the buffer: no name.
 */
void sip_uri_put_header(struct sip_buf *b, bool is_first, struct sip_str name, struct sip_str value);
/* The host as an address (with the URI's port or `default_port`); NOTFOUND for a name, SYNTAX for "[:::1]". */
enum sip_err sip_uri_host_addr(const struct sip_uri *u, uint16_t default_port, struct sip_addr *out) SIP_MUST_USE;

/* ---- hosts, also for Via ---------------------------------------------------------------------------------------- */
/* Takes host [COLON port] off the scanner (RFC 3261 25.1), space around the colon allowed; port 0: there is none. */
bool sip_host_scan(struct sip_scan *s, struct sip_str *host, uint16_t *port);
/* Case folded, without a trailing dot; IPv6 compared as addresses. */
bool sip_host_eq(struct sip_str a, struct sip_str b);

/* ---- parameters of URIs and headers: ";name=value;flag" ------------------------------------------------------- */
/* Finds one in a raw parameter string (case folded); quotes are left off a quoted value. Of a flag value->p is NULL. */
bool sip_params_find(struct sip_str raw, struct sip_str name, struct sip_str *value);
/* Cuts the next one off *raw; false at the end or (then *raw is not empty) at a broken one. A last ";" is let pass. */
bool sip_params_next(struct sip_str *raw, struct sip_str *name, struct sip_str *value);

/* A header's value without that last ";": behind it one more parameter may be written. */
struct sip_str sip_params_trim(struct sip_str value);

/* Those that have a row, read as what they are; `raw` is what stands behind the first ";". */
enum sip_param {
#define SIP_PARAM(id, name, type, rfc) SIP_PARAM_##id,
#include "stack/uri/param_table.h"
#undef SIP_PARAM
	SIP_PARAM_COUNT,
	SIP_PARAM_UNKNOWN = SIP_PARAM_COUNT
};
enum sip_param_type {
	SIP_PARAM_IS_FLAG,   /* there or not; a value is let pass */
	SIP_PARAM_IS_BOOLEAN, /* a feature tag (RFC 3840 9): there, and neither "FALSE" nor "!TRUE" */
	SIP_PARAM_IS_TEXT,
	SIP_PARAM_IS_NUMBER, /* decimal: seconds, ports, counts; of some it may be missing */
	SIP_PARAM_IS_Q       /* 0 … 1 in thousandths */
};
struct sip_param_row {
	struct sip_str name;
	enum sip_param_type type;
	uint16_t rfc;
};
extern const struct sip_param_row sip_param_rows[SIP_PARAM_COUNT];
/* By name, case folded; SIP_PARAM_UNKNOWN for the rest. */
enum sip_param sip_param_find(struct sip_str name);
/* Of a boolean: it is true. */
bool sip_param_has(struct sip_str raw, enum sip_param id);
/* Without quotes, escapes kept; .p NULL for a flag. */
bool sip_param_text(struct sip_str raw, enum sip_param id, struct sip_str *value);
/* `missing` when it is not there; SYNTAX; above 2^32 - 1 that, and RANGE. */
enum sip_err sip_param_number(struct sip_str raw, enum sip_param id, uint32_t missing, uint32_t *out) SIP_MUST_USE;
/* The q parameter, or a qvalue as such, in thousandths (RFC 3261 25.1 qvalue). SYNTAX. */
enum sip_err sip_param_q(struct sip_str raw, uint32_t missing, uint32_t *q) SIP_MUST_USE;
enum sip_err sip_q_parse(struct sip_str text, uint32_t *q) SIP_MUST_USE;

/* ---- telephone numbers: tel URIs, and SIP URIs with user=phone (RFC 3966, RFC 3261 19.1.6) ------------------------ */
struct sip_tel { /* slices of the URI; .p NULL: not there */
	struct sip_str number;         /* as it stood, with its visual separators and escapes */
	bool is_global;                /* begins with "+" */
	bool has_npdi;                 /* RFC 4694: the database of ported numbers was asked */
	struct sip_str context;        /* phone-context */
	struct sip_str ext, isub;
	struct sip_str rn, rn_context, cic; /* RFC 4694: routing number, carrier */
	struct sip_str tgrp, trunk_context; /* RFC 4904 */
	struct sip_str params;         /* all, raw, without the first ";" */
};
/* NOTFOUND: it is neither; SYNTAX: no number, or two phone-contexts; RANGE: more parameters than SIP_URI_PARTS_MAX. */
enum sip_err sip_tel_of(const struct sip_uri *u, struct sip_tel *out) SIP_MUST_USE;
/* Of a SIP URI that need not say user=phone, where users have no names that could be numbers (RFC 3261 19.1.1). */
enum sip_err sip_tel_of_user(const struct sip_uri *u, struct sip_tel *out) SIP_MUST_USE;
/* Without visual separators and escapes. */
void sip_tel_put_number(struct sip_buf *b, const struct sip_tel *t);
/*
 * As a tel URI, and as a SIP URI at that host ("example.com:5070") with user=phone: isub, ext, postd and phone-context first, then the
 * others by name (RFC 3966 3), in lower case but for values of parameters that may mean something by it (RFC 3261 19.1.6). Visual
 * separators and escapes stay.
 */
void sip_tel_put(struct sip_buf *b, const struct sip_tel *t);
void sip_tel_put_sip(struct sip_buf *b, const struct sip_tel *t, struct sip_str host);

#ifdef __cplusplus
}
#endif
#endif
