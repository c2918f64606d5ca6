/*
 * reSIProcate's basicRegister, ported: registers, stays so for two seconds, takes every binding out and ends. One thread turns
 * everything. ./basic_register sip:alice@example.com secret [seconds]
 */
#include "dum/manager/manager.h"

#include <stdio.h>
#include <stdlib.h>

struct client {
	struct dum *dum;
	struct dum_handle registration;
	struct sip_timer pause;
	int64_t pause_us;
	bool is_done, is_good;
};

static void on_pause_over(void *arg)
{
	struct client *c = arg;

	c->is_done = dum_registration_remove_all(c->dum, c->registration) != DUM_OK;
}

static void on_success(struct dum *d, const struct dum_event *e)
{
	struct client *c = e->data;

	puts("registered: pausing before it is taken out");
	sip_loop_arm(dum_loop(d), &c->pause, c->pause_us);
}

static void on_removed(struct dum *d, const struct dum_event *e)
{
	struct client *c = e->data;

	(void)d;
	puts("removed");
	c->is_done = c->is_good = true;
}

static void on_failure(struct dum *d, const struct dum_event *e)
{
	struct client *c = e->data;

	(void)d;
	printf("failed: %u\n", e->status);
	c->is_done = true;
}

static const struct dum_registration_handler handler = {
	.on_success = on_success, .on_removed = on_removed, .on_failure = on_failure,
};

static enum sip_err set_up(struct dum_profile *p, struct sip_str aor, struct sip_str password)
{
	struct sip_uri uri;
	enum sip_err err = sip_uri_parse(aor, &uri);

	if (err == SIP_OK)
		err = dum_profile_set_number(p, DUM_PROFILE_REGISTRATION_TIME, 70);
	if (err == SIP_OK)
		err = dum_profile_set_number(p, DUM_PROFILE_REGISTRATION_RETRY_BASE, 0); /* what onRequestRetry's -1 says */
	if (err == SIP_OK)
		err = dum_profile_set_number(p, DUM_PROFILE_KEEPALIVE_DATAGRAM, 30);
	if (err == SIP_OK)
		err = dum_profile_set_text(p, DUM_PROFILE_FROM, aor);
	return err == SIP_OK ? dum_profile_add_credentials(p, SIP_STR("*"), uri.user, password) : err;
}

int main(int argc, char **argv)
{
	struct client c = { .pause_us = argc > 3 ? SIP_SECONDS(strtol(argv[3], NULL, 10)) : SIP_SECONDS(2) };
	struct dum_register_options r;
	struct dum_options o;

	dum_options_init(&o);
	o.layout = SIP_LAYOUT_EMBEDDED;
	o.listen = "0.0.0.0:0";
	o.handlers.registration = &handler;
	o.data = &c;
	dum_register_options_init(&r); /* whose: the profile's From */
	sip_timer_init(&c.pause, on_pause_over, &c);
	if (argc < 3 || dum_create(&o, &c.dum) != DUM_OK)
		return 2;
	if (set_up(dum_master_profile(c.dum), sip_str_of(argv[1]), sip_str_of(argv[2])) != DUM_OK || dum_start(c.dum) != DUM_OK ||
	    dum_register(c.dum, &r, &c.registration) != DUM_OK)
		c.is_done = true;
	while (!c.is_done && sip_loop_turn(dum_loop(c.dum), SIP_MS(100)) == SIP_OK)
		;
	sip_loop_disarm(dum_loop(c.dum), &c.pause);
	dum_destroy(&c.dum);
	return c.is_good ? 0 : 1;
}
