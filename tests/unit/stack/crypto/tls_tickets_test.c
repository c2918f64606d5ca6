/* Keys of tickets: how long one is given, how long it is taken, and that contexts which follow each other have the same. */
#include "stack/crypto/crypto_priv.h"
#include "tests/unit/stack/crypto/clock.h"
#include "tests/unit/stack/crypto/tls_test.h"

#include <string.h>

/* ---- by time ----------------------------------------------------------------------------------------------------------- */

static enum sip_err is_present(struct sip__tls_tickets *t, const struct sip__ticket_key *key, bool *is_same)
{
	struct sip__ticket_key now;
	enum sip_err err = sip__tls_tickets_present(t, &now);
	*is_same = err == SIP_OK && memcmp(&now, key, sizeof(now)) == 0;
	return err;
}

/* Found with all that belongs to it? */
static bool is_taken(struct sip__tls_tickets *t, const struct sip__ticket_key *key, bool is_previous)
{
	struct sip__ticket_key found;
	bool is_it = false;
	return sip__tls_tickets_find(t, key->name, &found, &is_it) == SIP_OK && memcmp(&found, key, sizeof(found)) == 0 &&
	       is_it == is_previous;
}

static enum sip_err test_key_is_given_for_a_day_and_taken_for_two(void)
{
	struct sip__tls_tickets *t = NULL;
	struct sip__ticket_key first, second;
	bool is_same = false;
	enum sip_err err;
	UNIT_TRY(sip__tls_tickets_create(&t));
	UNIT_TRY(sip__tls_tickets_present(t, &first));
	UNIT_CHECK(is_taken(t, &first, false));
	clock_set_ahead(CLOCK_DAY - 60);
	UNIT_TRY(is_present(t, &first, &is_same));
	UNIT_CHECK(is_same);
	clock_set_ahead(CLOCK_DAY + 60);
	UNIT_CHECK(is_taken(t, &first, true));
	UNIT_TRY(sip__tls_tickets_present(t, &second));
	UNIT_CHECK(memcmp(second.name, first.name, sizeof(first.name)) != 0);
	UNIT_CHECK(memcmp(second.cipher, first.cipher, sizeof(first.cipher)) != 0);
	UNIT_CHECK(memcmp(second.mac, first.mac, sizeof(first.mac)) != 0);
	UNIT_CHECK(is_taken(t, &second, false));
	clock_set_ahead(2 * CLOCK_DAY);
	UNIT_CHECK(is_taken(t, &first, true));
	UNIT_CHECK(is_taken(t, &second, false));
	clock_set_ahead(2 * CLOCK_DAY + 120);
	UNIT_EQ(sip__tls_tickets_find(t, first.name, &first, &is_same), SIP_E_NOTFOUND);
	UNIT_CHECK(is_taken(t, &second, true));
out:
	clock_set_ahead(0);
	sip__tls_tickets_unref(&t);
	return err;
}

static enum sip_err test_key_when_nobody_came_for_days_is_taken_no_more(void)
{
	struct sip__tls_tickets *t = NULL;
	struct sip__ticket_key key;
	bool is_same = false;
	enum sip_err err;
	UNIT_TRY(sip__tls_tickets_create(&t));
	UNIT_TRY(sip__tls_tickets_present(t, &key));
	clock_set_ahead(2 * CLOCK_DAY + 60);
	UNIT_EQ(sip__tls_tickets_find(t, key.name, &key, &is_same), SIP_E_NOTFOUND);
out:
	clock_set_ahead(0);
	sip__tls_tickets_unref(&t);
	return err;
}

static enum sip_err test_key_when_the_clock_is_set_back_is_changed_and_taken(void)
{
	struct sip__tls_tickets *t = NULL;
	struct sip__ticket_key key;
	bool is_same = true;
	enum sip_err err;
	UNIT_TRY(sip__tls_tickets_create(&t));
	UNIT_TRY(sip__tls_tickets_present(t, &key));
	clock_set_ahead(-60);
	UNIT_TRY(is_present(t, &key, &is_same));
	UNIT_CHECK(!is_same);
	UNIT_CHECK(is_taken(t, &key, true));
out:
	clock_set_ahead(0);
	sip__tls_tickets_unref(&t);
	return err;
}

static enum sip_err test_name_of_no_key_is_not_found(void)
{
	static const unsigned char nobody[SIP__TICKET_NAME_SIZE];
	struct sip__tls_tickets *t = NULL;
	struct sip__ticket_key key;
	bool is_previous = false;
	enum sip_err err;
	UNIT_TRY(sip__tls_tickets_create(&t));
	UNIT_EQ(sip__tls_tickets_find(t, nobody, &key, &is_previous), SIP_E_NOTFOUND);
out:
	sip__tls_tickets_unref(&t);
	return err;
}

/* ---- in handshakes ----------------------------------------------------------------------------------------------------- */

/* The client meets its server; the ticket it has got then begins with the name of its key. */
static enum sip_err meet(struct duo *d, bool is_resumed, unsigned char name[SIP__TICKET_NAME_SIZE])
{
	const unsigned char *ticket = NULL;
	size_t len = 0;
	enum sip_err err;
	UNIT_TRY(duo_connect(d, "a.test"));
	UNIT_CHECK(duo_is_up(d));
	UNIT_EQ(sip_tls_session_is_resumed(d->server.s), is_resumed);
	SSL_SESSION_get0_ticket(SSL_get_session(d->client.s->ssl), &ticket, &len);
	UNIT_CHECK(len > SIP__TICKET_NAME_SIZE);
	if (len > SIP__TICKET_NAME_SIZE)
		memcpy(name, ticket, SIP__TICKET_NAME_SIZE);
	duo_close(d);
out:
	return err;
}

/* Made an hour before the key's end, and shown half an hour after it, a ticket is taken, and the next is of the new key. */
static enum sip_err change_over(enum sip_tls_version ceiling)
{
	const struct duo_trust at_client = { .pair = NULL }, at_server = { .pair = "a" };
	unsigned char first[SIP__TICKET_NAME_SIZE] = { 0 }, second[SIP__TICKET_NAME_SIZE] = { 0 }, third[SIP__TICKET_NAME_SIZE] = { 0 };
	struct sip_tls_context *next = NULL;
	struct sip_tls_options o;
	struct duo d;
	enum sip_err err;
	duo_init(&d);
	sip_tls_options_init(&o);
	o.ceiling = ceiling;
	UNIT_TRY(duo_context(tls_pki, &at_client, &o, NULL, &d.for_client));
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, NULL, &d.for_server));
	clock_set_ahead(23 * CLOCK_HOUR);
	UNIT_TRY(meet(&d, false, first));
	UNIT_TRY(duo_context(tls_pki, &at_server, &o, d.for_server, &next));
	clock_set_ahead(CLOCK_DAY + CLOCK_HOUR / 2);
	UNIT_TRY(meet(&d, true, second));
	UNIT_CHECK(memcmp(first, second, sizeof(first)) != 0);
	/* The context that follows has these keys, also those made since. */
	sip_tls_context_unref(&d.for_server);
	d.for_server = next;
	next = NULL;
	UNIT_TRY(meet(&d, true, third));
	UNIT_CHECK(memcmp(second, third, sizeof(second)) == 0);
out:
	clock_set_ahead(0);
	sip_tls_context_unref(&next);
	duo_fini(&d);
	return err;
}

static enum sip_err test_ticket_of_the_previous_key_is_taken_and_renewed(void)
{
	return change_over(SIP_TLS_1_3);
}

static enum sip_err test_ticket_of_1_2_of_the_previous_key_is_taken_and_renewed(void)
{
	return change_over(SIP_TLS_1_2);
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_key_is_given_for_a_day_and_taken_for_two),
	UNIT_CASE(test_key_when_nobody_came_for_days_is_taken_no_more),
	UNIT_CASE(test_key_when_the_clock_is_set_back_is_changed_and_taken),
	UNIT_CASE(test_name_of_no_key_is_not_found),
	UNIT_CASE_DEAR(test_ticket_of_the_previous_key_is_taken_and_renewed),
	UNIT_CASE_NO_OOM(test_ticket_of_1_2_of_the_previous_key_is_taken_and_renewed), /* as of 1.3 */
};
const struct unit_suite tls_tickets_suite = { "stack/crypto/tls_tickets", cases, SIP_COUNTOF(cases) };
