/*
 * The SQLite file: opening, schema, the few statements there are. A connection belongs to one thread at a time.
 * WAL with synchronous=NORMAL: what is committed survives the process, a commit costs no fsync.
 */
#include "repro/store/store_priv.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

/* user_version of the file; the rows below bring an older one up. */
enum { SCHEMA_VERSION = 1 };

/* While one repro takes over from another both use the file: a step leaves alone what the one before it reads and writes. */
static const char *const schema_steps[SCHEMA_VERSION] = {
	"CREATE TABLE location (id INTEGER PRIMARY KEY, aor TEXT NOT NULL, expires INTEGER NOT NULL,"
	" bindings BLOB NOT NULL);"
	"CREATE TABLE users (user TEXT NOT NULL, realm TEXT NOT NULL, ha1_md5 TEXT NOT NULL,"
	" ha1_sha256 TEXT NOT NULL, PRIMARY KEY (user, realm)) WITHOUT ROWID;",
};

const char *repro__file_error(const struct repro__file *f)
{
	return f->db ? sqlite3_errmsg(f->db) : "out of memory";
}

enum sip_err repro__file_exec(struct repro__file *f, const char *sql)
{
	return sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SIP_OK : SIP_E_STORE;
}

static void say(struct sip_buf *why, const char *path, const char *problem, const char *deed)
{
	if (why)
		sip_buf_putf(why, "database %s: %s; %s", path, problem, deed);
}

static enum sip_err read_version(struct repro__file *f, int *version)
{
	sqlite3_stmt *st = NULL;
	enum sip_err err = SIP_E_STORE;
	if (sqlite3_prepare_v2(f->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		*version = sqlite3_column_int(st, 0);
		err = SIP_OK;
	}
	sqlite3_finalize(st);
	return err;
}

/* In one transaction, and asked again inside it: two processes may be at it at once. */
static enum sip_err upgrade(struct repro__file *f, int *version)
{
	char pragma[48];
	struct sip_buf b;
	enum sip_err err = repro__file_begin(f);
	if (err == SIP_OK)
		err = read_version(f, version);
	while (err == SIP_OK && *version >= 0 && *version < SCHEMA_VERSION)
		err = repro__file_exec(f, schema_steps[(*version)++]);
	if (err == SIP_OK && *version == SCHEMA_VERSION) {
		sip_buf_init_fixed(&b, pragma, sizeof(pragma));
		sip_buf_putf(&b, "PRAGMA user_version = %d", *version);
		err = repro__file_exec(f, sip_buf_z(&b));
	}
	if (err == SIP_OK)
		err = repro__file_commit(f);
	if (err != SIP_OK)
		repro__file_rollback(f);
	return err;
}

/* What runs for every batch, compiled once. */
static const struct statement_row {
	size_t offset;
	const char *sql;
} statement_rows[] = {
	{ offsetof(struct repro__file, begin), "BEGIN IMMEDIATE" },
	{ offsetof(struct repro__file, commit), "COMMIT" },
	{ offsetof(struct repro__file, put), "REPLACE INTO location (id, aor, expires, bindings) VALUES (?1, ?2, ?3, ?4)" },
	{ offsetof(struct repro__file, drop), "DELETE FROM location WHERE id = ?1" },
};

static struct sqlite3_stmt **statement_at(struct repro__file *f, size_t i)
{
	return (struct sqlite3_stmt **)(void *)((char *)f + statement_rows[i].offset);
}

static enum sip_err prepare(struct repro__file *f)
{
	for (size_t i = 0; i < SIP_COUNTOF(statement_rows); i++) {
		if (sqlite3_prepare_v3(f->db, statement_rows[i].sql, -1, SQLITE_PREPARE_PERSISTENT, statement_at(f, i),
				       NULL) != SQLITE_OK)
			return SIP_E_STORE;
	}
	return SIP_OK;
}

/*
 * A changed row costs a page in the log, and each page's checksum costs by its size: small pages, since a row is about
 * 250 bytes and AORs register in no order.
 */
static const char set_up_sql[] = "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
				 "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -4096;";

static enum sip_err set_up(struct repro__file *f, const char *path, struct sip_buf *why)
{
	int version = 0;
	enum sip_err err = repro__file_exec(f, set_up_sql);
	if (err == SIP_OK)
		err = read_version(f, &version);
	if (err == SIP_OK && version < SCHEMA_VERSION)
		err = upgrade(f, &version);
	if (err == SIP_OK && version != SCHEMA_VERSION) {
		say(why, path, "made by a newer version", "use that version, or move the file away");
		return SIP_E_STORE;
	}
	if (err == SIP_OK)
		err = prepare(f);
	if (err != SIP_OK)
		say(why, path, repro__file_error(f), "check that file and folder are writable and not in use by others");
	return err;
}

/* SQLite would only say "unable to open". */
static bool is_folder_there(const char *path, struct sip_buf *why)
{
	struct stat st;
	struct sip_str folder = sip_str_of(path);
	char name[4096];
	struct sip_buf b;
	while (folder.len > 1 && folder.p[folder.len - 1] != '/')
		folder.len--;
	sip_buf_init_fixed(&b, name, sizeof(name));
	sip_buf_put_str(&b, folder);
	if (stat(sip_buf_z(&b), &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	say(why, path, "its folder does not exist", "make it, or set DatabasePath to one that does");
	return false;
}

/* Before SQLite makes it readable for all: HA1s are as good as passwords. What comes beside it gets the same mode. */
static void make_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd >= 0)
		close(fd);
}

enum sip_err repro__file_open(struct repro__file *f, const char *path, bool is_made, unsigned busy_ms,
			      struct sip_buf *why)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (is_made ? SQLITE_OPEN_CREATE : 0);
	enum sip_err err;
	memset(f, 0, sizeof(*f));
	if (!is_folder_there(path, why))
		return SIP_E_STORE;
	if (is_made)
		make_private(path);
	if (sqlite3_open_v2(path, &f->db, flags, NULL) != SQLITE_OK) {
		say(why, path, repro__file_error(f), "check that file and folder are writable by this user");
		repro__file_close(f);
		return SIP_E_STORE;
	}
	sqlite3_extended_result_codes(f->db, 1);
	sqlite3_busy_timeout(f->db, (int)busy_ms);
	err = set_up(f, path, why);
	if (err != SIP_OK)
		repro__file_close(f);
	return err;
}

void repro__file_close(struct repro__file *f)
{
	for (size_t i = 0; i < SIP_COUNTOF(statement_rows); i++)
		sqlite3_finalize(*statement_at(f, i));
	sqlite3_close(f->db);
	memset(f, 0, sizeof(*f));
}

static enum sip_err run(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? SIP_OK : SIP_E_STORE;
}

/* IMMEDIATE: the lock is asked for here, where waiting for it is allowed, and not in the middle. */
enum sip_err repro__file_begin(struct repro__file *f)
{
	return f->begin ? run(f->begin) : repro__file_exec(f, "BEGIN IMMEDIATE");
}

enum sip_err repro__file_commit(struct repro__file *f)
{
	return f->commit ? run(f->commit) : repro__file_exec(f, "COMMIT");
}

void repro__file_rollback(struct repro__file *f)
{
	/* A full disk has already rolled back by itself. */
	if (f->db && !sqlite3_get_autocommit(f->db))
		sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
}

static int64_t last_expiry(const struct repro_contacts *c)
{
	int64_t last = 0;
	for (unsigned i = 0; i < c->count; i++) {
		if (c->bindings[i].expires_s > last)
			last = c->bindings[i].expires_s;
	}
	return last;
}

enum sip_err repro__file_put(struct repro__file *f, uint64_t id, const struct repro_contacts *c,
			     struct sip_buf *scratch)
{
	enum sip_err err;
	if (!c) {
		sqlite3_bind_int64(f->drop, 1, (sqlite3_int64)id);
		return run(f->drop);
	}
	sip_buf_clear(scratch);
	repro__row_encode(scratch, c);
	if (scratch->err != SIP_OK)
		return scratch->err;
	sqlite3_bind_int64(f->put, 1, (sqlite3_int64)id);
	sqlite3_bind_text(f->put, 2, c->aor.p, (int)c->aor.len, SQLITE_STATIC);
	sqlite3_bind_int64(f->put, 3, last_expiry(c));
	sqlite3_bind_blob(f->put, 4, scratch->p, (int)scratch->len, SQLITE_STATIC);
	err = run(f->put);
	sqlite3_clear_bindings(f->put);
	return err;
}
