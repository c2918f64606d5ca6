/* dum/profile: what falls through to what, what is no value, sets of tokens, credentials, and many threads at once. */
#include "dum/profile/profile.h"
#include "tests/support/unit.h"

#include <pthread.h>

static enum sip_err test_profile_rows_are_complete_and_found_by_name(void)
{
	enum dum_profile_setting id;
	for (unsigned i = 0; i < DUM_PROFILE_SETTING_COUNT; i++) {
		const struct dum_profile_row *row = dum_profile_row((enum dum_profile_setting)i);
		UNIT_CHECK(row->name.len > 0 && row->what.len > 0 && row->number <= row->most && row->text.len <= row->most);
		UNIT_EQ(dum_profile_find_setting(row->name, &id), SIP_OK);
		UNIT_EQ(id, i);
	}
	UNIT_EQ(dum_profile_find_setting(SIP_STR("MIN-se"), &id), SIP_OK);
	UNIT_EQ(id, DUM_PROFILE_MIN_SE);
	UNIT_EQ(dum_profile_find_setting(SIP_STR("no such"), &id), SIP_E_NOTFOUND);
	return SIP_OK;
}

/* Every default must be a value one could set. */
static enum sip_err test_profile_defaults_are_values(void)
{
	struct dum_profile *p = NULL;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &p));
	for (unsigned i = 0; i < DUM_PROFILE_SETTING_COUNT; i++) {
		enum dum_profile_setting id = (enum dum_profile_setting)i;
		const struct dum_profile_row *row = dum_profile_row(id);
		if (row->type == DUM_PROFILE_TYPE_NUMBER) {
			UNIT_EQ(dum_profile_number(p, id), row->number);
			UNIT_TRY(dum_profile_set_number(p, id, row->number));
		} else if (row->type == DUM_PROFILE_TYPE_FLAG) {
			UNIT_EQ(dum_profile_flag(p, id), row->number);
			dum_profile_set_flag(p, id, !row->number);
			UNIT_EQ(dum_profile_flag(p, id), !row->number);
		} else {
			UNIT_TRY(dum_profile_set_text(p, id, row->text));
			if (row->type != DUM_PROFILE_TYPE_ROUTES)
				UNIT_CHECK(sip_str_eq(dum_profile_text(p, id), row->text));
		}
		UNIT_CHECK(dum_profile_is_set(p, id));
	}
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_REGISTRATION_TIME), 3600);
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_SESSION_TIMER_MODE), DUM_SESSION_TIMER_CALLER);
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_FIXED_TRANSPORT_KIND), SIP_TRANSPORT_NONE);
out:
	dum_profile_unref(&p);
	return err;
}

static enum sip_err test_profile_when_silent_lets_its_base_speak(void)
{
	struct dum_profile *base = NULL, *middle = NULL, *p = NULL;
	struct sip_str old;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &base));
	UNIT_TRY(dum_profile_create(base, &middle));
	UNIT_TRY(dum_profile_create(middle, &p));
	dum_profile_unref(&middle); /* held by p */
	UNIT_TRY(dum_profile_set_number(base, DUM_PROFILE_SESSION_TIME, 600));
	UNIT_TRY(dum_profile_set_text(base, DUM_PROFILE_USER_AGENT, SIP_STR("base/1")));
	dum_profile_set_flag(base, DUM_PROFILE_RPORT, false);
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_SESSION_TIME), 600);
	UNIT_STR(dum_profile_text(p, DUM_PROFILE_USER_AGENT), "base/1");
	UNIT_CHECK(!dum_profile_flag(p, DUM_PROFILE_RPORT));
	UNIT_CHECK(!dum_profile_is_set(p, DUM_PROFILE_RPORT));
	UNIT_TRY(dum_profile_set_number(p, DUM_PROFILE_SESSION_TIME, 0));
	UNIT_TRY(dum_profile_set_text(p, DUM_PROFILE_USER_AGENT, SIP_STR("")));
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_SESSION_TIME), 0);
	UNIT_STR(dum_profile_text(p, DUM_PROFILE_USER_AGENT), "");
	UNIT_EQ(dum_profile_number(base, DUM_PROFILE_SESSION_TIME), 600);
	dum_profile_unset(p, DUM_PROFILE_SESSION_TIME);
	dum_profile_unset(p, DUM_PROFILE_USER_AGENT);
	UNIT_EQ(dum_profile_number(p, DUM_PROFILE_SESSION_TIME), 600);
	old = dum_profile_text(p, DUM_PROFILE_USER_AGENT);
	UNIT_TRY(dum_profile_set_text(base, DUM_PROFILE_USER_AGENT, SIP_STR("base/2")));
	dum_profile_unref(&base);
	UNIT_STR(dum_profile_text(p, DUM_PROFILE_USER_AGENT), "base/2");
	UNIT_STR(old, "base/1"); /* as long as p lives */
out:
	dum_profile_unref(&p);
	dum_profile_unref(&middle);
	dum_profile_unref(&base);
	return err;
}

static enum sip_err test_profile_value_when_wrong_changes_nothing(void)
{
	static const struct {
		enum dum_profile_setting id;
		const char *text;
		enum sip_err err;
	} texts[] = {
		{ DUM_PROFILE_FROM, "Bob <sip:bob@biloxi.com>", SIP_OK },
		{ DUM_PROFILE_FROM, "", SIP_OK },
		{ DUM_PROFILE_FROM, "<sip:bob@biloxi.com", SIP_E_SYNTAX },
		{ DUM_PROFILE_FROM, "*", SIP_E_SYNTAX },
		{ DUM_PROFILE_OUTBOUND_PROXY, "sip:proxy.biloxi.com;lr", SIP_OK },
		{ DUM_PROFILE_OUTBOUND_PROXY, "proxy biloxi", SIP_E_SYNTAX },
		{ DUM_PROFILE_CAPABILITIES, "audio;video;methods=\"INVITE,BYE\"", SIP_OK },
		{ DUM_PROFILE_CAPABILITIES, "audio;=", SIP_E_SYNTAX },
		{ DUM_PROFILE_SERVICE_ROUTE, "<sip:a;lr>, <sip:b;lr>", SIP_OK },
		{ DUM_PROFILE_SERVICE_ROUTE, "sip:a;lr", SIP_E_SYNTAX },
		{ DUM_PROFILE_DISPLAY, "Bob\r\nEvil: 1", SIP_E_INVAL },
		{ DUM_PROFILE_METHODS, "INVITE, B@D", SIP_E_SYNTAX },
		{ DUM_PROFILE_OPTION_TAGS, "100rel,, timer", SIP_OK },
		{ DUM_PROFILE_OPTION_TAGS, "100rel, ;timer", SIP_E_SYNTAX },
		{ DUM_PROFILE_FIXED_TRANSPORT_INTERFACE,
		  "01234567890123456789012345678901234567890123456789012345678901234567890", SIP_E_TOOBIG },
	};
	struct dum_profile *p = NULL;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &p));
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		err = dum_profile_set_text(p, texts[i].id, sip_str_of(texts[i].text));
		unit_check_int(err, texts[i].err, texts[i].text, __FILE__, __LINE__);
		if (err == SIP_E_NOMEM)
			goto out;
	}
	UNIT_CHECK(!dum_profile_is_set(p, DUM_PROFILE_METHODS));
	UNIT_CHECK(!dum_profile_is_set(p, DUM_PROFILE_DISPLAY));
	UNIT_EQ(dum_profile_set_number(p, DUM_PROFILE_UAC_RELIABLE, DUM_RELIABLE_REQUIRED + 1), SIP_E_RANGE);
	UNIT_EQ(dum_profile_set_number(p, DUM_PROFILE_OVERRIDE_PORT, 65536), SIP_E_RANGE);
	UNIT_CHECK(!dum_profile_is_set(p, DUM_PROFILE_OVERRIDE_PORT));
	err = SIP_OK;
out:
	dum_profile_unref(&p);
	return err;
}

static enum sip_err test_profile_list_is_a_set(void)
{
	char text[200];
	struct sip_buf b;
	struct dum_profile *base = NULL, *p = NULL;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &base));
	UNIT_TRY(dum_profile_create(base, &p));
	UNIT_CHECK(dum_profile_has(p, DUM_PROFILE_METHODS, SIP_STR("BYE")));
	UNIT_CHECK(!dum_profile_has(p, DUM_PROFILE_METHODS, SIP_STR("bye")));
	UNIT_CHECK(dum_profile_has(p, DUM_PROFILE_ADVERTISED, SIP_STR("allow")));
	UNIT_TRY(dum_profile_set_text(base, DUM_PROFILE_OPTION_TAGS, SIP_STR("timer,Timer ,replaces")));
	UNIT_STR(dum_profile_text(base, DUM_PROFILE_OPTION_TAGS), "timer, replaces");
	UNIT_TRY(dum_profile_add_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("100rel")));
	UNIT_TRY(dum_profile_add_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("TIMER")));
	UNIT_STR(dum_profile_text(p, DUM_PROFILE_OPTION_TAGS), "timer, replaces, 100rel");
	UNIT_STR(dum_profile_text(base, DUM_PROFILE_OPTION_TAGS), "timer, replaces");
	UNIT_TRY(dum_profile_remove_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("timer")));
	UNIT_TRY(dum_profile_remove_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("absent")));
	UNIT_STR(dum_profile_text(p, DUM_PROFILE_OPTION_TAGS), "replaces, 100rel");
	UNIT_EQ(dum_profile_add_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("a,b")), SIP_E_SYNTAX);
	UNIT_EQ(dum_profile_add_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("")), SIP_E_SYNTAX);
	UNIT_EQ(dum_profile_add_token(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("a\nb")), SIP_E_INVAL);
	UNIT_TRY(dum_profile_add_token(p, DUM_PROFILE_MIME_TYPES, SIP_STR("text/plain;charset=utf-8")));
	UNIT_CHECK(dum_profile_has(p, DUM_PROFILE_MIME_TYPES, SIP_STR("Text/Plain")));
	UNIT_CHECK(!dum_profile_has(p, DUM_PROFILE_MIME_TYPES, SIP_STR("text")));
	sip_buf_init_fixed(&b, text, sizeof text);
	UNIT_EQ(dum_profile_put_list(p, DUM_PROFILE_ENCODINGS, &b), 0);
	UNIT_EQ(b.len, 0);
	UNIT_EQ(dum_profile_put_list(p, DUM_PROFILE_MIME_TYPES, &b), 2);
	UNIT_STR(sip_buf_str(&b), "application/sdp, text/plain;charset=utf-8");
out:
	dum_profile_unref(&p);
	dum_profile_unref(&base);
	return err;
}

/* RFC 3608 6.4: a route may change with every registration, for years; it costs no more than it is long. */
static enum sip_err test_profile_route_may_change_for_ever(void)
{
	char text[80];
	struct sip_buf b;
	struct dum_profile *p = NULL;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &p));
	for (unsigned i = 0; i < 5000; i++) {
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_buf_putf(&b, "<sip:token%u@edge.biloxi.com;lr>,<sip:home;lr>", i);
		UNIT_TRY(dum_profile_set_text(p, DUM_PROFILE_SERVICE_ROUTE, sip_buf_str(&b)));
	}
	sip_buf_clear(&b);
	UNIT_EQ(dum_profile_put_list(p, DUM_PROFILE_SERVICE_ROUTE, &b), 2);
	UNIT_STR(sip_buf_str(&b), "<sip:token4999@edge.biloxi.com;lr>, <sip:home;lr>");
	dum_profile_unset(p, DUM_PROFILE_SERVICE_ROUTE);
	UNIT_EQ(dum_profile_put_list(p, DUM_PROFILE_SERVICE_ROUTE, &b), 0);
out:
	dum_profile_unref(&p);
	return err;
}

static enum sip_err test_profile_texts_are_kept_within_a_limit(void)
{
	char text[40];
	struct sip_buf b;
	struct dum_profile *p = NULL;
	struct sip_str first;
	unsigned i;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &p));
	UNIT_TRY(dum_profile_set_text(p, DUM_PROFILE_USER_AGENT, SIP_STR("one")));
	first = dum_profile_text(p, DUM_PROFILE_USER_AGENT);
	for (i = 0; i < 20000; i++) { /* to and fro costs nothing */
		UNIT_TRY(dum_profile_set_text(p, DUM_PROFILE_USER_AGENT, i & 1 ? SIP_STR("one") : SIP_STR("two")));
	}
	UNIT_CHECK(dum_profile_text(p, DUM_PROFILE_USER_AGENT).p == first.p);
	for (i = 0; err == SIP_OK && i < 10000; i++) {
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_buf_putf(&b, "agent/%u", i);
		err = dum_profile_set_text(p, DUM_PROFILE_USER_AGENT, sip_buf_str(&b));
	}
	UNIT_EQ(err, SIP_E_LIMIT);
	UNIT_CHECK(i > 1000 && i < 10000);
	UNIT_STR(first, "one");
	err = SIP_OK;
out:
	dum_profile_unref(&p);
	return err;
}

static void check_found(struct dum_profile *p, const char *realm, const char *algorithm, const char *user, const char *secret)
{
	struct dum_credentials c;
	enum sip_err err = dum_profile_find_credentials(p, sip_str_of(realm), sip_str_of(algorithm), &c);
	UNIT_EQ(err, SIP_OK);
	if (err != SIP_OK)
		return;
	UNIT_STR(sip_str_make(c.user, c.user_len), user);
	UNIT_STR(sip_str_make(c.secret, c.secret_len), secret);
	UNIT_EQ(c.is_ha1, strlen(secret) == 32);
}

static const char ha1[] = "939e7578ed9e3c518a452acee763bce9";

static enum sip_err test_profile_credentials_are_found_by_realm_and_algorithm(void)
{
	struct dum_profile *base = NULL, *p = NULL;
	struct dum_credentials c;
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &base));
	UNIT_TRY(dum_profile_create(base, &p));
	UNIT_EQ(dum_profile_find_credentials(p, SIP_STR("biloxi.com"), SIP_STR("MD5"), &c), SIP_E_NOTFOUND);
	UNIT_TRY(dum_profile_add_credentials(base, SIP_STR("*"), SIP_STR("any"), SIP_STR("anyway")));
	check_found(p, "biloxi.com", "MD5", "any", "anyway");
	UNIT_TRY(dum_profile_add_credentials(base, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("zanzibar")));
	UNIT_TRY(dum_profile_add_ha1(base, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("md5"), sip_str_of(ha1)));
	check_found(p, "biloxi.com", "MD5", "bob", ha1);
	check_found(p, "biloxi.com", "SHA-256", "bob", "zanzibar");
	check_found(p, "BILOXI.com", "SHA-256", "any", "anyway");
	UNIT_TRY(dum_profile_add_credentials(p, SIP_STR("biloxi.com"), SIP_STR("bob"), SIP_STR("")));
	check_found(p, "biloxi.com", "MD5", "bob", "");
	check_found(base, "biloxi.com", "MD5", "bob", ha1);
	dum_profile_remove_credentials(p, SIP_STR("biloxi.com"));
	check_found(p, "biloxi.com", "MD5", "bob", ha1);
	/* Another user's: what the first had is gone, of either kind. */
	UNIT_TRY(dum_profile_add_credentials(base, SIP_STR("biloxi.com"), SIP_STR("alice"), SIP_STR("rabbit")));
	check_found(p, "biloxi.com", "MD5", "alice", "rabbit");
out:
	dum_profile_unref(&p);
	dum_profile_unref(&base);
	return err;
}

static enum sip_err test_profile_credentials_when_wrong_are_refused(void)
{
	char realm[DUM_PROFILE_SECRET_MAX + 1];
	struct dum_profile *p = NULL;
	enum sip_err err;
	memset(realm, 'r', sizeof realm);
	UNIT_TRY(dum_profile_create(NULL, &p));
	UNIT_EQ(dum_profile_add_credentials(p, SIP_STR(""), SIP_STR("u"), SIP_STR("p")), SIP_E_INVAL);
	UNIT_EQ(dum_profile_add_credentials(p, SIP_STR("r"), SIP_STR(""), SIP_STR("p")), SIP_E_INVAL);
	UNIT_EQ(dum_profile_add_credentials(p, SIP_STR("r"), SIP_STR("u\n"), SIP_STR("p")), SIP_E_INVAL);
	UNIT_EQ(dum_profile_add_credentials(p, sip_str_make(realm, sizeof realm), SIP_STR("u"), SIP_STR("p")), SIP_E_TOOBIG);
	UNIT_EQ(dum_profile_add_ha1(p, SIP_STR("*"), SIP_STR("u"), SIP_STR("MD5"), sip_str_of(ha1)), SIP_E_INVAL);
	UNIT_EQ(dum_profile_add_ha1(p, SIP_STR("r"), SIP_STR("u"), SIP_STR(""), sip_str_of(ha1)), SIP_E_INVAL);
	UNIT_EQ(dum_profile_add_ha1(p, SIP_STR("r"), SIP_STR("u"), SIP_STR("MD5"), SIP_STR("not hex")), SIP_E_INVAL);
	for (size_t i = 1; i <= DUM_PROFILE_CREDENTIALS_MAX; i++)
		UNIT_TRY(dum_profile_add_credentials(p, sip_str_make(realm, i), SIP_STR("u"), SIP_STR("p")));
	err = dum_profile_add_credentials(p, SIP_STR("one more"), SIP_STR("u"), SIP_STR("p"));
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_EQ(err, SIP_E_LIMIT);
	UNIT_TRY(dum_profile_add_credentials(p, sip_str_make(realm, 3), SIP_STR("u"), SIP_STR("q")));
out:
	dum_profile_unref(&p);
	return err;
}

/* Any thread, at any time. */
enum { THREADS = 4, TURNS = 3000 };
static void *user_main(void *arg)
{
	struct dum_profile *p = arg;
	struct dum_credentials c;
	char text[100];
	struct sip_buf b;
	for (unsigned i = 0; i < TURNS; i++) {
		bool is_odd = i & 1;
		sip_buf_init_fixed(&b, text, sizeof text);
		if (dum_profile_set_number(p, DUM_PROFILE_MIN_SE, i) != SIP_OK ||
		    dum_profile_set_text(p, DUM_PROFILE_USER_AGENT, is_odd ? SIP_STR("a/1") : SIP_STR("b/2")) != SIP_OK ||
		    dum_profile_set_text(p, DUM_PROFILE_SERVICE_ROUTE, is_odd ? SIP_STR("<sip:a>") : SIP_STR("<sip:b>")) != SIP_OK ||
		    dum_profile_add_credentials(p, SIP_STR("r"), SIP_STR("u"), is_odd ? SIP_STR("p") : SIP_STR("q")) != SIP_OK ||
		    dum_profile_find_credentials(p, SIP_STR("r"), SIP_STR("MD5"), &c) != SIP_OK ||
		    dum_profile_number(p, DUM_PROFILE_MIN_SE) >= TURNS ||
		    dum_profile_text(p, DUM_PROFILE_USER_AGENT).len != 3 ||
		    dum_profile_put_list(p, DUM_PROFILE_SERVICE_ROUTE, &b) != 1 ||
		    !dum_profile_has(p, DUM_PROFILE_METHODS, SIP_STR("INVITE")))
			return p;
		if (i % 16 == 0)
			dum_profile_unset(p, DUM_PROFILE_DISPLAY);
	}
	dum_profile_unref(&p);
	return NULL;
}

static enum sip_err test_profile_may_be_used_by_many_threads(void)
{
	struct dum_profile *base = NULL, *p = NULL;
	pthread_t threads[THREADS];
	enum sip_err err;
	UNIT_TRY(dum_profile_create(NULL, &base));
	UNIT_TRY(dum_profile_create(base, &p));
	dum_profile_unref(&base);
	for (unsigned i = 0; i < THREADS; i++) {
		dum_profile_ref(p);
		UNIT_EQ(pthread_create(&threads[i], NULL, user_main, p), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *failed = p;
		pthread_join(threads[i], &failed);
		UNIT_CHECK(failed == NULL);
	}
out:
	dum_profile_unref(&p);
	dum_profile_unref(&base);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_profile_rows_are_complete_and_found_by_name),
	UNIT_CASE(test_profile_defaults_are_values),
	UNIT_CASE(test_profile_when_silent_lets_its_base_speak),
	UNIT_CASE(test_profile_value_when_wrong_changes_nothing),
	UNIT_CASE(test_profile_list_is_a_set),
	UNIT_CASE_NO_OOM(test_profile_route_may_change_for_ever), /* thousands of allocations, all of one kind */
	UNIT_CASE_NO_OOM(test_profile_texts_are_kept_within_a_limit),
	UNIT_CASE(test_profile_credentials_are_found_by_realm_and_algorithm),
	UNIT_CASE(test_profile_credentials_when_wrong_are_refused),
	UNIT_CASE_NO_OOM(test_profile_may_be_used_by_many_threads),
};

int main(int argc, char **argv)
{
	static const struct unit_suite suite = { "dum/profile/profile", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}
