/* What the manager hands to this room: REGISTERs. DUM's loop. Not for applications. */
#ifndef DUM_REGISTER_REGISTER_IN_H
#define DUM_REGISTER_REGISTER_IN_H

#include "dum/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

void dum_register_on_request(struct dum *d, struct dum_incoming *in);
/* What was registered by it is registered again (RFC 5626 4.5). */
void dum_register_on_flow_gone(struct dum *d, struct sip_flow *flow);

#ifdef __cplusplus
}
#endif
#endif
