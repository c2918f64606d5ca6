/* What the manager hands to this room: REGISTERs. DUM's loop. Not for applications. */
#ifndef DUM_REGISTER_REGISTER_IN_H
#define DUM_REGISTER_REGISTER_IN_H

#include "dum/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

void dum_register_on_request(struct dum *d, struct dum_incoming *in);

#ifdef __cplusplus
}
#endif
#endif
