/*
 * repro user add|list|remove: users in the database file, also while a repro runs on it, which
 * sees them on SIGHUP. Passwords come from the command line or standard input and are never kept.
 */
#include "repro/runner/runner_priv.h"

#include <unistd.h>

#define PASSWORD_MAX 256

static int usage(void)
{
	fputs("usage: repro [-c FILE] user add USER@DOMAIN [--password PASSWORD]   (else it is read from standard input)\n"
	      "       repro [-c FILE] user list\n"
	      "       repro [-c FILE] user remove USER@DOMAIN\n",
	      stderr);
	return REPRO_EXIT_USAGE;
}

struct name {
	struct sip_str user, realm;
	char text[REPRO_USER_TEXT_MAX];
};

/* The realm as challenges spell it, for the HA1 is of its very letters: StaticRealm as it is set, a domain in small ones. */
static struct sip_str spell(const struct repro_config *c, struct sip_str realm, char text[REPRO_USER_TEXT_MAX])
{
	struct sip_str fixed = sip_str_of(c->set.static_realm);

	if (sip_str_eq_nocase(fixed, realm))
		return fixed;
	for (size_t i = 0; i < realm.len; i++)
		text[i] = sip_char_lower(realm.p[i]);
	return sip_str_make(text, realm.len);
}

/* Nobody could ever log in as what is left of a whole URI. */
static bool split(const struct repro_config *c, const char *text, struct name *n)
{
	struct sip_str s = sip_str_of(text), realm;
	size_t at = sip_str_find(s, '@');

	n->user = sip_str_make(s.p, at);
	realm = sip_str_from(s, at + 1);
	if (at == 0 || at >= s.len || strpbrk(text, ":;<>\"") || realm.len == 0 || realm.len > REPRO_USER_TEXT_MAX) {
		fprintf(stderr, "repro: %s: expected USER@DOMAIN, as in alice@example.com\n", text);
		return false;
	}
	n->realm = spell(c, realm, n->text);
	return true;
}

static bool read_password(char *out, size_t size)
{
	if (isatty(STDIN_FILENO))
		fputs("Password: ", stderr);
	if (!fgets(out, (int)size, stdin))
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return out[0] != '\0';
}

static enum sip_err make_user(struct sip_str user, struct sip_str realm, struct sip_str password, char *md5, char *sha256,
			      struct repro_user *out)
{
	struct sip_digest_hash *hash;
	enum sip_err err = sip_digest_hash_create(&hash);

	if (err != SIP_OK)
		return err;
	memset(out, 0, sizeof *out);
	out->user = user;
	out->realm = realm;
	err = sip_digest_ha1(hash, SIP_DIGEST_SHA_256, user, realm, password, sha256);
	if (err == SIP_OK)
		out->ha1_sha256 = sip_str_of(sha256);
	/* A library without MD5 (FIPS) leaves SHA-256 alone. */
	if (err == SIP_OK && sip_digest_ha1(hash, SIP_DIGEST_MD5, user, realm, password, md5) == SIP_OK)
		out->ha1_md5 = sip_str_of(md5);
	sip_digest_hash_destroy(&hash);
	return err;
}

static int tell(enum sip_err err, struct sip_buf *why, const char *name)
{
	if (err == SIP_OK)
		return REPRO_EXIT_OK;
	if (why->len)
		fprintf(stderr, "repro: %s\n", sip_buf_z(why));
	else
		fprintf(stderr, "repro: %s: %s\n", name, err == SIP_E_NOTFOUND ? "there is no such user" : sip_err_text(err));
	return err == SIP_E_STORE ? REPRO_EXIT_UNAVAILABLE : REPRO_EXIT_FAILURE;
}

static int add(const struct repro_config *c, struct repro_store *s, const char *text, const char *given, struct sip_buf *why)
{
	char password[PASSWORD_MAX], md5[SIP_DIGEST_HEX_MAX], sha256[SIP_DIGEST_HEX_MAX];
	struct repro_user u;
	struct name name;
	enum sip_err err;

	if (!split(c, text, &name))
		return REPRO_EXIT_USAGE;
	if (given ? !given[0] : !read_password(password, sizeof password)) {
		fputs("repro: no password given\n", stderr);
		return REPRO_EXIT_USAGE;
	}
	err = make_user(name.user, name.realm, sip_str_of(given ? given : password), md5, sha256, &u);
	sip_crypto_wipe(password, sizeof password);
	if (err == SIP_OK)
		err = repro_user_store_add(s, &u, why);
	return tell(err, why, text);
}

static int list(struct repro_store *s, struct sip_buf *why)
{
	struct repro_users *users = NULL;
	enum sip_err err = repro_user_store_load(s, &users, why);

	for (size_t i = 0; err == SIP_OK && i < repro_users_count(users); i++) {
		const struct repro_user *u = repro_users_at(users, i);
		printf("%.*s@%.*s%s%s\n", SIP_STR_ARG(u->user), SIP_STR_ARG(u->realm), u->ha1_md5.len ? " MD5" : "",
		       u->ha1_sha256.len ? " SHA-256" : "");
	}
	repro_users_unref(&users);
	return tell(err, why, "list");
}

static int remove_user(struct repro_store *s, const char *text, struct sip_buf *why)
{
	struct sip_str name = sip_str_of(text);
	size_t at = sip_str_find(name, '@');

	if (at == 0 || at + 1 >= name.len)
		return usage();
	return tell(repro_user_store_remove(s, sip_str_make(name.p, at), sip_str_from(name, at + 1), why), why, text);
}

static int carry_out(const struct repro_config *c, struct repro_store *s, int argc, char **argv, struct sip_buf *why)
{
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return list(s, why);
	if (argc == 2 && strcmp(argv[0], "remove") == 0)
		return remove_user(s, argv[1], why);
	if (argc == 2 && strcmp(argv[0], "add") == 0)
		return add(c, s, argv[1], NULL, why);
	if (argc == 4 && strcmp(argv[0], "add") == 0 && strcmp(argv[2], "--password") == 0)
		return add(c, s, argv[1], argv[3], why);
	return usage();
}

int repro_user_command(const struct repro_command_line *line, int argc, char **argv)
{
	struct repro_config *c = repro__house_config(line);
	struct repro_store_options so;
	struct repro_store *s = NULL;
	char text[600];
	struct sip_buf why;
	int status;

	if (!c)
		return REPRO_EXIT_CONFIG;
	sip_buf_init_fixed(&why, text, sizeof text);
	repro_store_options_init(&so);
	so.folder = c->set.database_path;
	if (repro_store_open(&so, &s, &why) == SIP_OK)
		status = carry_out(c, s, argc, argv, &why);
	else
		status = tell(SIP_E_STORE, &why, "database");
	repro_store_unref(&s);
	repro_config_unref(&c);
	return status;
}
