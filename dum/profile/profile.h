/*
 * dum/profile: how a user agent is to behave. Settings (one row each in profile_table.h) and
 * digest credentials; what a profile does not say its base does, and in the end the table. A
 * profile is counted, holds its base, and may be read and changed from any thread at any time.
 */
#ifndef DUM_PROFILE_PROFILE_H
#define DUM_PROFILE_PROFILE_H

#include "stack/message/message.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dum_session_timer { /* who refreshes a session (RFC 4028 7.1, 9) */
	DUM_SESSION_TIMER_NONE,    /* we say nothing: whoever the peer names */
	DUM_SESSION_TIMER_LOCAL,
	DUM_SESSION_TIMER_REMOTE,
	DUM_SESSION_TIMER_CALLER,
	DUM_SESSION_TIMER_CALLEE
};
enum dum_reliable { /* provisional responses (RFC 3262) */
	DUM_RELIABLE_NEVER,
	DUM_RELIABLE_SUPPORTED,           /* all of them, where the peer can */
	DUM_RELIABLE_SUPPORTED_ESSENTIAL, /* where the peer can, those that carry a body */
	DUM_RELIABLE_REQUIRED
};

enum dum_profile_setting {
#define DUM_SETTING(id, type, name, value, most, unit, what) DUM_PROFILE_##id,
#include "dum/profile/profile_table.h"
#undef DUM_SETTING
	DUM_PROFILE_SETTING_COUNT
};
enum dum_profile_type {
	DUM_PROFILE_TYPE_NUMBER,    /* uint32_t, also modes */
	DUM_PROFILE_TYPE_FLAG,      /* bool */
	DUM_PROFILE_TYPE_TEXT,      /* one line; empty says "none", whatever the base says */
	DUM_PROFILE_TYPE_NAME_ADDR, /* text of that grammar, or empty */
	DUM_PROFILE_TYPE_URI,
	DUM_PROFILE_TYPE_PARAMS,    /* "audio;video;methods=\"INVITE,BYE\"" */
	DUM_PROFILE_TYPE_LIST,      /* a set of tokens, case folded: "A, B" */
	DUM_PROFILE_TYPE_METHODS,   /* the same, case kept (RFC 3261 7.1) */
	DUM_PROFILE_TYPE_ROUTES     /* name-addrs; changes while in use, so it is read by copy only */
};
struct dum_profile_row {
	struct sip_str name, unit, what;
	enum dum_profile_type type;
	uint32_t number;            /* the default of a NUMBER, a FLAG */
	struct sip_str text;        /* the default of the others */
	uint32_t most;
};
/* The row of a setting; static. */
const struct dum_profile_row *dum_profile_row(enum dum_profile_setting id);
/* By name, case folded; NOTFOUND. */
enum sip_err dum_profile_find_setting(struct sip_str name, enum dum_profile_setting *out) SIP_MUST_USE;

struct dum_profile; /* counted */

/* One that says nothing yet. NOMEM. */
enum sip_err dum_profile_create(struct dum_profile *base /* a reference is taken; may be NULL */,
				struct dum_profile **out) SIP_MUST_USE;
void dum_profile_ref(struct dum_profile *p);
/* The last one wipes the secrets and lets go of the base. */
void dum_profile_unref(struct dum_profile **p);

/* ---- settings: any thread; to ask for one by another type than its row's is a fault of ours (MUST) ---------------- */
/* What this profile says, or its base, or the table. */
uint32_t dum_profile_number(struct dum_profile *p, enum dum_profile_setting id);
bool dum_profile_flag(struct dum_profile *p, enum dum_profile_setting id);
/* Every text but ROUTES; lives until the profile dies (its bases die after it). Never NULL. */
struct sip_str dum_profile_text(struct dum_profile *p, enum dum_profile_setting id);
/* LIST, METHODS, ROUTES as a header value: "A, B". Says how many there are: with none nothing is put. */
size_t dum_profile_put_list(struct dum_profile *p, enum dum_profile_setting id, struct sip_buf *b);
/* LIST, METHODS: is the token one of them? Parameters of a media type are not looked at. */
bool dum_profile_has(struct dum_profile *p, enum dum_profile_setting id, struct sip_str token);
/* Does this profile say it itself? */
bool dum_profile_is_set(struct dum_profile *p, enum dum_profile_setting id);

/* RANGE: over the row's most; nothing has changed then. */
enum sip_err dum_profile_set_number(struct dum_profile *p, enum dum_profile_setting id, uint32_t value) SIP_MUST_USE;
void dum_profile_set_flag(struct dum_profile *p, enum dum_profile_setting id, bool value);
/*
 * The text is copied, a list without what stands in it twice. Texts are kept until the profile dies, equal ones once:
 * LIMIT when they grow over 64 KiB. SYNTAX: not of the type's grammar; INVAL: a control character; TOOBIG: longer than
 * the row's most; NOMEM. Nothing has changed then.
 */
enum sip_err dum_profile_set_text(struct dum_profile *p, enum dum_profile_setting id, struct sip_str text) SIP_MUST_USE;
/* LIST, METHODS: what was said until now (here or below) with this token, or without it. The same errors. */
enum sip_err dum_profile_add_token(struct dum_profile *p, enum dum_profile_setting id, struct sip_str token) SIP_MUST_USE;
enum sip_err dum_profile_remove_token(struct dum_profile *p, enum dum_profile_setting id,
				      struct sip_str token) SIP_MUST_USE;
/* The base speaks again. */
void dum_profile_unset(struct dum_profile *p, enum dum_profile_setting id);

/* ---- digest credentials (RFC 3261 22): any thread ----------------------------------------------------------------- */
#define DUM_PROFILE_CREDENTIALS_MAX 64  /* of one profile */
#define DUM_PROFILE_SECRET_MAX 256      /* bytes of a realm, a user, a password */

struct dum_credentials { /* a value with a secret in it: wipe it after use */
	char user[DUM_PROFILE_SECRET_MAX];
	char secret[DUM_PROFILE_SECRET_MAX];
	size_t user_len, secret_len;
	bool is_ha1;               /* the secret is H(user:realm:password) in hexadecimal, not the password */
};
/*
 * For a realm as it is without quotes and escapes, case kept; "*": for any. What another user had for the realm goes, and
 * what the same user had of the same kind. TOOBIG, LIMIT, NOMEM; INVAL: no realm, no user or a control character.
 */
enum sip_err dum_profile_add_credentials(struct dum_profile *p, struct sip_str realm, struct sip_str user,
					 struct sip_str password) SIP_MUST_USE;
/* The same with an HA1 of one algorithm ("MD5", "SHA-256" …) in place of the password. INVAL also for "*", for an HA1
 * belongs to its realm, and when it is not hexadecimal. */
enum sip_err dum_profile_add_ha1(struct dum_profile *p, struct sip_str realm, struct sip_str user,
				 struct sip_str algorithm, struct sip_str ha1) SIP_MUST_USE;
/* All of the realm; the base's are found again. */
void dum_profile_remove_credentials(struct dum_profile *p, struct sip_str realm);
/*
 * A copy of what answers a challenge of this realm and algorithm: the realm's HA1, its password, or what is for any
 * realm; of this profile before its base. NOTFOUND.
 */
enum sip_err dum_profile_find_credentials(struct dum_profile *p, struct sip_str realm, struct sip_str algorithm,
					  struct dum_credentials *out) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
