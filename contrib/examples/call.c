/* Calls, and hangs up when it is answered. cc call.c $(pkg-config --cflags --libs libdum) */
#include "dum/manager/manager.h"

#include <stdio.h>

static const char offer[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

int main(int argc, char **argv)
{
	struct dum *d = NULL;
	struct dum_options o;
	struct dum_invite_options call;
	struct dum_handle set;
	struct dum_event *e;
	bool was_connected = false, is_over = false;

	dum_options_init(&o);
	o.is_pull = true; /* no call-backs: events are taken below */
	o.listen = "0.0.0.0:0";
	dum_invite_options_init(&call);
	call.target = sip_str_of(argc > 1 ? argv[1] : "");
	call.body = sip_str_of(offer);
	if (dum_create(&o, &d) != DUM_OK || dum_start(d) != DUM_OK || dum_invite(d, &call, &set) != DUM_OK)
		return 2;
	while (!is_over && dum_next_event(d, &e, 60 * 1000000) == DUM_OK) {
		printf("%s %u\n", dum_event_name(e->kind), e->status);
		was_connected |= e->kind == DUM_EVENT_CONNECTED;
		is_over = e->kind == DUM_EVENT_SET_TERMINATED;
		if (e->kind == DUM_EVENT_CONNECTED && dum_end(d, e->handle, SIP_STR("")) != DUM_OK)
			is_over = true;
		dum_event_release(&e);
	}
	dum_destroy(&d);
	return was_connected ? 0 : 1;
}
