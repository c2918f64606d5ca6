/*
 * Users: rows of the file for the command line, an immutable snapshot for everyone who authenticates. Each call that
 * meets the disk opens a connection of its own, so it may run on a worker's thread beside the writer.
 */
#include "repro/store/store_priv.h"

#include <sqlite3.h>

enum { USERS_MAX = 4000000, USERS_FIRST = 64, BUSY_MS = 5000 };
#define USERS_MAGIC 0x75736572u
#define USERS_TEXT_MAX ((size_t)1 << 31)

struct user_entry {
	struct repro_user user;
	struct sip_hash_node node;
};
struct repro_users {
	struct sip_ref ref;
	struct user_entry *entries; /* owned; by realm, then name */
	size_t count, room;
	struct sip_hash table;
	struct sip_arena arena;     /* their texts */
};

/* What is in the table is the operator's, so the key need not be secret. */
static const struct sip_hash_key users_key = { { 0x7374726f77676572u, 0x7573657273u } };

static uint64_t hash_of(struct sip_str user, struct sip_str realm)
{
	return sip_hash_mix(sip_hash_nocase(&users_key, realm), sip_hash_bytes(&users_key, user.p, user.len));
}

static void users_destroy(void *object)
{
	struct repro_users *u = object;
	sip_hash_fini(&u->table);
	sip_arena_fini(&u->arena);
	sip_free(u->entries);
	sip_free(u);
}

static struct repro_users *users_create(void)
{
	struct repro_users *u = sip_alloc_zero(sizeof(*u));
	if (!u)
		return NULL;
	sip_ref_init(&u->ref, USERS_MAGIC, users_destroy);
	sip_hash_init(&u->table, 0);
	sip_arena_init(&u->arena, NULL, 0, USERS_TEXT_MAX);
	return u;
}

void repro_users_ref(struct repro_users *u)
{
	MUST_BE(&u->ref, USERS_MAGIC);
	sip_ref_get(&u->ref);
}

void repro_users_unref(struct repro_users **u)
{
	if (!*u)
		return;
	MUST_BE(&(*u)->ref, USERS_MAGIC);
	sip_ref_put(&(*u)->ref);
	*u = NULL;
}

size_t repro_users_count(const struct repro_users *u)
{
	return u->count;
}

const struct repro_user *repro_users_at(const struct repro_users *u, size_t n)
{
	MUST(n < u->count);
	return &u->entries[n].user;
}

const struct repro_user *repro_users_find(const struct repro_users *u, struct sip_str user, struct sip_str realm)
{
	struct sip_hash_node *at = sip_hash_first(&u->table, hash_of(user, realm));
	for (; at; at = sip_hash_next(at)) {
		const struct repro_user *found = &SIP_CONTAINER(at, struct user_entry, node)->user;
		if (sip_str_eq(found->user, user) && sip_str_eq_nocase(found->realm, realm))
			return found;
	}
	return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static enum sip_err make_room(struct repro_users *u)
{
	size_t room = u->room ? 2 * u->room : USERS_FIRST;
	struct user_entry *more;
	if (u->count < u->room)
		return SIP_OK;
	if (u->count >= USERS_MAX)
		return SIP_E_LIMIT;
	more = sip_realloc(u->entries, room * sizeof(*more));
	if (!more)
		return SIP_E_NOMEM;
	u->entries = more;
	u->room = room;
	return SIP_OK;
}

static enum sip_err keep_column(struct repro_users *u, sqlite3_stmt *st, int column, struct sip_str *out)
{
	const char *text = (const char *)sqlite3_column_text(st, column);
	size_t len = (size_t)sqlite3_column_bytes(st, column);
	*out = sip_arena_str(&u->arena, sip_str_make(text ? text : "", len));
	return out->p ? SIP_OK : SIP_E_NOMEM;
}

static enum sip_err read_user(struct repro_users *u, sqlite3_stmt *st)
{
	enum sip_err err = make_room(u);
	if (err != SIP_OK)
		return err;
	struct repro_user *user = &u->entries[u->count].user;
	struct sip_str *const fields[] = { &user->user, &user->realm, &user->ha1_md5, &user->ha1_sha256 };
	for (int i = 0; i < (int)SIP_COUNTOF(fields) && err == SIP_OK; i++)
		err = keep_column(u, st, i, fields[i]);
	if (err == SIP_OK)
		u->count++;
	return err;
}

/* Only once the entries stand still. */
static enum sip_err index_users(struct repro_users *u)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < u->count && err == SIP_OK; i++) {
		struct user_entry *e = &u->entries[i];
		err = sip_hash_add(&u->table, &e->node, hash_of(e->user.user, e->user.realm));
	}
	return err;
}

static void say(struct repro_store *s, struct repro__file *f, struct sip_buf *why)
{
	if (why)
		sip_buf_putf(why, "database %s: %s", s->path, repro__file_error(f));
}

static enum sip_err read_all(struct repro_store *s, struct repro__file *f, struct repro_users *u, struct sip_buf *why)
{
	static const char sql[] = "SELECT user, realm, ha1_md5, ha1_sha256 FROM users ORDER BY realm, user";
	sqlite3_stmt *st = NULL;
	enum sip_err err = SIP_OK;
	int rc = sqlite3_prepare_v2(f->db, sql, -1, &st, NULL);
	while (rc == SQLITE_OK && err == SIP_OK && sqlite3_step(st) == SQLITE_ROW)
		err = read_user(u, st);
	rc = sqlite3_finalize(st) != SQLITE_OK ? SQLITE_ERROR : rc;
	if (err == SIP_OK && rc != SQLITE_OK) {
		say(s, f, why);
		err = SIP_E_STORE;
	}
	return err == SIP_OK ? index_users(u) : err;
}

enum sip_err repro_user_store_load(struct repro_store *s, struct repro_users **out, struct sip_buf *why)
{
	struct repro__file f;
	struct repro_users *u;
	enum sip_err err;
	repro__store_check(s);
	u = users_create();
	if (!u)
		return SIP_E_NOMEM;
	err = repro__file_open(&f, s->path, false, BUSY_MS, why);
	if (err == SIP_OK) {
		err = read_all(s, &f, u, why);
		repro__file_close(&f);
	}
	if (err != SIP_OK)
		repro_users_unref(&u);
	else
		*out = u;
	return err;
}

enum sip_err repro_user_store_reload(struct repro_store *s, struct sip_buf *why)
{
	struct repro_users *fresh, *old;
	enum sip_err err = repro_user_store_load(s, &fresh, why);
	if (err != SIP_OK)
		return err;
	pthread_mutex_lock(&s->lock);
	old = s->users;
	s->users = fresh;
	sip_metric_add(s->shared_cells, REPRO_M_USERS, (int64_t)fresh->count - (old ? (int64_t)old->count : 0));
	pthread_mutex_unlock(&s->lock);
	repro_users_unref(&old);
	return SIP_OK;
}

struct repro_users *repro_user_store_get(struct repro_store *s)
{
	struct repro_users *u;
	repro__store_check(s);
	pthread_mutex_lock(&s->lock);
	u = s->users;
	if (u)
		repro_users_ref(u);
	pthread_mutex_unlock(&s->lock);
	return u;
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

static bool is_name(struct sip_str s)
{
	if (s.len == 0 || s.len > REPRO_USER_TEXT_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_ha1(struct sip_str s, size_t len)
{
	if (s.len == 0)
		return true;
	for (size_t i = 0; i < s.len; i++) {
		if (!sip_char_is(s.p[i], SIP_CC_HEX))
			return false;
	}
	return s.len == len;
}

static int bind_text(sqlite3_stmt *st, int at, struct sip_str s)
{
	return sqlite3_bind_text(st, at, s.p ? s.p : "", (int)s.len, SQLITE_TRANSIENT);
}

/* One statement with these texts on a connection of its own; *changed: rows. */
static enum sip_err run(struct repro_store *s, const char *sql, const struct sip_str *texts, int count, int *changed,
			struct sip_buf *why)
{
	struct repro__file f;
	sqlite3_stmt *st = NULL;
	int rc;
	enum sip_err err = repro__file_open(&f, s->path, false, BUSY_MS, why);
	if (err != SIP_OK)
		return err;
	rc = sqlite3_prepare_v2(f.db, sql, -1, &st, NULL);
	for (int i = 0; rc == SQLITE_OK && i < count; i++)
		rc = bind_text(st, i + 1, texts[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_DONE) {
		say(s, &f, why);
		err = SIP_E_STORE;
	}
	*changed = sqlite3_changes(f.db);
	sqlite3_finalize(st);
	repro__file_close(&f);
	return err;
}

static struct sip_str lower(struct sip_str s, char room[REPRO_USER_TEXT_MAX])
{
	for (size_t i = 0; i < s.len; i++)
		room[i] = sip_char_lower(s.p[i]);
	return sip_str_make(room, s.len);
}

enum sip_err repro_user_store_add(struct repro_store *s, const struct repro_user *u, struct sip_buf *why)
{
	static const char sql[] = "INSERT OR REPLACE INTO users (user, realm, ha1_md5, ha1_sha256)"
				  " VALUES (?1, ?2, lower(?3), lower(?4))";
	char realm[REPRO_USER_TEXT_MAX];
	int changed;
	repro__store_check(s);
	if (!is_name(u->user) || !is_name(u->realm) || !is_ha1(u->ha1_md5, REPRO_HA1_MD5_LEN) ||
	    !is_ha1(u->ha1_sha256, REPRO_HA1_SHA_256_LEN) || (u->ha1_md5.len == 0 && u->ha1_sha256.len == 0))
		return SIP_E_INVAL;
	const struct sip_str texts[] = { u->user, lower(u->realm, realm), u->ha1_md5, u->ha1_sha256 };
	return run(s, sql, texts, SIP_COUNTOF(texts), &changed, why);
}

enum sip_err repro_user_store_remove(struct repro_store *s, struct sip_str user, struct sip_str realm,
				     struct sip_buf *why)
{
	char room[REPRO_USER_TEXT_MAX];
	int changed = 0;
	enum sip_err err;
	repro__store_check(s);
	if (!is_name(user) || !is_name(realm))
		return SIP_E_NOTFOUND;
	const struct sip_str texts[] = { user, lower(realm, room) };
	err = run(s, "DELETE FROM users WHERE user = ?1 AND realm = ?2", texts, SIP_COUNTOF(texts), &changed, why);
	return err == SIP_OK && changed == 0 ? SIP_E_NOTFOUND : err;
}
