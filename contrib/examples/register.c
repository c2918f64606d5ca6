/*
 * Registers, says so, and takes the binding out again. cc register.c $(pkg-config --cflags --libs libdum)
 * ./register sip:alice@example.com alice secret
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
	bool is_bound = false, is_over = false;

	dum_options_init(&o);
	o.is_pull = true;
	o.listen = "0.0.0.0:0";
	dum_register_options_init(&r);
	r.aor = sip_str_of(argc == 4 ? argv[1] : "");
	if (argc != 4 || dum_create(&o, &d) != DUM_OK || dum_start(d) != DUM_OK ||
	    dum_profile_add_credentials(dum_master_profile(d), SIP_STR("*"), sip_str_of(argv[2]), sip_str_of(argv[3])) != DUM_OK ||
	    dum_register(d, &r, &registration) != DUM_OK)
		return 2;
	while (!is_over && dum_next_event(d, &e, 60 * 1000000) == DUM_OK) {
		printf("%s %u\n", dum_event_name(e->kind), e->status);
		if (e->kind == DUM_EVENT_REGISTRATION_SUCCESS)
			is_bound = dum_end(d, registration, SIP_STR("")) == DUM_OK;
		is_over = e->kind == DUM_EVENT_SET_TERMINATED; /* refused, or taken out */
		dum_event_release(&e);
	}
	dum_destroy(&d);
	return is_bound ? 0 : 1;
}
