/* repro/store/user_store: added, replaced, removed, looked up in a snapshot that a reload replaces. */
#include "tests/unit/repro/store/store_test.h"

#define MD5 "0123456789abcdef0123456789ABCDEF"
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static enum sip_err add(struct store_rig *r, const char *user, const char *realm, const char *md5, const char *sha)
{
	const struct repro_user u = { sip_str_of(user), sip_str_of(realm), sip_str_of(md5), sip_str_of(sha) };
	return repro_user_store_add(r->store, &u, NULL);
}

static enum sip_err test_users_added_are_found_after_a_reload(void)
{
	struct store_rig r;
	struct repro_users *first = NULL, *second = NULL;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_CHECK(repro_user_store_get(r.store) == NULL);
	UNIT_TRY(add(&r, "bob", "Example.COM", MD5, SHA));
	UNIT_TRY(add(&r, "alice", "example.com", MD5, ""));
	UNIT_TRY(repro_user_store_reload(r.store, NULL));
	first = repro_user_store_get(r.store);
	UNIT_EQ(repro_users_count(first), 2);
	UNIT_STR(repro_users_at(first, 0)->user, "alice");
	const struct repro_user *bob = repro_users_find(first, SIP_STR("bob"), SIP_STR("EXAMPLE.com"));
	UNIT_CHECK(bob != NULL);
	UNIT_STR(bob->realm, "example.com");
	UNIT_STR(bob->ha1_md5, "0123456789abcdef0123456789abcdef");
	UNIT_STR(bob->ha1_sha256, SHA);
	UNIT_CHECK(repro_users_find(first, SIP_STR("Bob"), SIP_STR("example.com")) == NULL);
	UNIT_CHECK(repro_users_find(first, SIP_STR("bob"), SIP_STR("example.org")) == NULL);
	/* The old snapshot stays what it was. */
	UNIT_EQ(repro_user_store_remove(r.store, SIP_STR("bob"), SIP_STR("Example.com"), NULL), SIP_OK);
	UNIT_EQ(repro_user_store_remove(r.store, SIP_STR("bob"), SIP_STR("example.com"), NULL), SIP_E_NOTFOUND);
	UNIT_TRY(add(&r, "alice", "example.com", "", SHA));
	UNIT_TRY(repro_user_store_reload(r.store, NULL));
	second = repro_user_store_get(r.store);
	UNIT_EQ(repro_users_count(second), 1);
	UNIT_EQ(sip_metrics_get(r.metrics, REPRO_M_USERS), 1);
	UNIT_STR(repro_users_at(second, 0)->ha1_md5, "");
	UNIT_CHECK(repro_users_find(first, SIP_STR("bob"), SIP_STR("example.com")) == bob);
out:
	repro_users_unref(&first);
	repro_users_unref(&second);
	rig_fini(&r);
	return err;
}

static enum sip_err test_users_when_wrong_are_refused(void)
{
	char large[REPRO_USER_TEXT_MAX + 2];
	struct store_rig r;
	enum sip_err err;
	memset(large, 'a', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	UNIT_EQ(add(&r, "", "example.com", MD5, SHA), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob", "", MD5, SHA), SIP_E_INVAL);
	UNIT_EQ(add(&r, large, "example.com", MD5, SHA), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob\n", "example.com", MD5, SHA), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob", "example.com", "", ""), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob", "example.com", "0123", ""), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob", "example.com", "0123456789abcdef0123456789abcdeg", ""), SIP_E_INVAL);
	UNIT_EQ(add(&r, "bob", "example.com", SHA, ""), SIP_E_INVAL);
	UNIT_EQ(repro_user_store_remove(r.store, SIP_STR(""), SIP_STR("x"), NULL), SIP_E_NOTFOUND);
out:
	rig_fini(&r);
	return err;
}

static enum sip_err test_users_in_numbers_are_all_there(void)
{
	enum { MANY = 300 };
	struct store_rig r;
	char name[64];
	struct repro_users *u = NULL;
	enum sip_err err;
	UNIT_TRY(rig_init(&r));
	UNIT_TRY(rig_open(&r, true));
	for (unsigned i = 0; i < MANY; i++)
		UNIT_TRY(add(&r, aor_at(i, name), "example.com", MD5, SHA));
	UNIT_TRY(repro_user_store_load(r.store, &u, NULL));
	UNIT_EQ(repro_users_count(u), MANY);
	for (unsigned i = 0; i < MANY; i++)
		UNIT_CHECK(repro_users_find(u, sip_str_of(aor_at(i, name)), SIP_STR("example.com")) != NULL);
out:
	repro_users_unref(&u);
	rig_fini(&r);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_users_added_are_found_after_a_reload),
	UNIT_CASE_NO_OOM(test_users_when_wrong_are_refused),
	UNIT_CASE_NO_OOM(test_users_in_numbers_are_all_there),
};
const struct unit_suite user_store_suite = { "repro/store/user_store", cases, SIP_COUNTOF(cases) };
