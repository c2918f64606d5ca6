/*
 * Registers, says so, and takes the binding out again. cc register.c $(pkg-config --cflags --libs libdum)
 * ./register sip:alice@example.com [password]
 */
#include "dum/manager/manager.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	struct dum_register_options r;
	struct dum_handle registration;
	struct dum_event *e;
	struct sip_uri aor;
	bool is_over = false, is_bound = false;

	dum_options_init(&o);
	o.is_pull = true;
	o.listen = "0.0.0.0:0";
	dum_register_options_init(&r);
	r.aor = sip_str_of(argc > 1 ? argv[1] : "");
	if (sip_uri_parse(r.aor, &aor) != SIP_OK || dum_create(&o, &d) != DUM_OK)
		return 2;
	if ((argc > 2 && dum_profile_add_credentials(dum_master_profile(d), SIP_STR("*"), aor.user, sip_str_of(argv[2])) != DUM_OK) ||
	    dum_start(d) != DUM_OK || dum_register(d, &r, &registration) != DUM_OK)
		return 2;
	while (!is_over && dum_next_event(d, &e, 60 * 1000000) == DUM_OK) {
		printf("%s %u\n", dum_event_name(e->kind), e->status);
		is_bound |= e->kind == DUM_EVENT_REGISTRATION_SUCCESS;
		is_over = e->kind == DUM_EVENT_REGISTRATION_REMOVED || e->kind == DUM_EVENT_REGISTRATION_FAILURE ||
			  (e->kind == DUM_EVENT_REGISTRATION_SUCCESS && dum_end(d, registration, SIP_STR("")) != DUM_OK);
		dum_event_release(&e);
	}
	dum_destroy(&d);
	return is_bound ? 0 : 1;
}
