/*
 * Users and their HA1s, never their passwords. The file is changed by the command line; a
 * running repro looks users up in a snapshot that is replaced whole on reload.
 */
#ifndef REPRO_STORE_USER_STORE_H
#define REPRO_STORE_USER_STORE_H

#include "stack/uri/uri.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_store;

#define REPRO_HA1_MD5_LEN 32
#define REPRO_HA1_SHA_256_LEN 64
#define REPRO_USER_TEXT_MAX 255 /* bytes of a user name, and of a realm */

struct repro_user { /* read-only */
	struct sip_str user;       /* as it is dialled: no escapes */
	struct sip_str realm;      /* the domain, lower case */
	struct sip_str ha1_md5;    /* lower-case hexadecimal; empty: not stored */
	struct sip_str ha1_sha256;
};

/* ---- a snapshot: counted, immutable, any thread ------------------------------------------------------------ */
struct repro_users;
void repro_users_ref(struct repro_users *u);
void repro_users_unref(struct repro_users **u);
size_t repro_users_count(const struct repro_users *u);
/* User names by case, realms without (RFC 3261 19.1.4). NULL: nobody. Lives as long as the snapshot. */
const struct repro_user *repro_users_find(const struct repro_users *u, struct sip_str user, struct sip_str realm);
/* The n-th in order of realm and name; n < count. */
const struct repro_user *repro_users_at(const struct repro_users *u, size_t n);

/* Reads all of them. STORE (sentence in why, may be NULL), NOMEM. Blocks: on a worker's thread, or at start. */
enum sip_err repro_user_store_load(struct repro_store *s, struct repro_users **out,
				   struct sip_buf *why) SIP_MUST_USE;
/* The same, and it becomes the one that repro_user_store_get gives; on failure the old one stays. */
enum sip_err repro_user_store_reload(struct repro_store *s, struct sip_buf *why) SIP_MUST_USE;
/* The present snapshot, a reference for the caller; NULL before the first reload. Any thread, waits for no disk. */
struct repro_users *repro_user_store_get(struct repro_store *s);

/* ---- the command line's ------------------------------------------------------------------------------------ */
/* Adds, or replaces both HA1s. INVAL (empty, too long, not hexadecimal), STORE. A running repro sees it on reload. */
enum sip_err repro_user_store_add(struct repro_store *s, const struct repro_user *u,
				  struct sip_buf *why) SIP_MUST_USE;
/* NOTFOUND, STORE. */
enum sip_err repro_user_store_remove(struct repro_store *s, struct sip_str user, struct sip_str realm,
				     struct sip_buf *why) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
