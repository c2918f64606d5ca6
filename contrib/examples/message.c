/* Sends a text and waits for its answer (RFC 3428). cc message.c $(pkg-config --cflags --libs libdum) */
#include "dum/manager/manager.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	struct dum_send_options m;
	struct dum_handle h;
	struct dum_event *e = NULL;
	unsigned status = 0;

	dum_options_init(&o);
	o.is_pull = true;
	o.listen = "0.0.0.0:0";
	dum_send_options_init(&m);
	m.target = sip_str_of(argc > 1 ? argv[1] : "");
	m.body = sip_str_of(argc > 2 ? argv[2] : "hello");
	if (dum_create(&o, &d) != DUM_OK || dum_start(d) != DUM_OK || dum_send(d, &m, &h) != DUM_OK)
		return 2;
	if (dum_next_event(d, &e, 60 * 1000000) == DUM_OK) {
		status = e->status;
		printf("%u\n", status);
	}
	dum_event_release(&e);
	dum_destroy(&d);
	return status / 100 == 2 ? 0 : 1;
}
