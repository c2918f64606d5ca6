/* What the manager hands to this room: requests that make no dialog. DUM's loop. Not for applications. */
#ifndef DUM_PAGER_PAGER_IN_H
#define DUM_PAGER_PAGER_IN_H

#include "dum/core/core.h"

#ifdef __cplusplus
extern "C" {
#endif

void dum_pager_on_message(struct dum *d, struct dum_incoming *in);
/* Any method nobody else takes. */
void dum_pager_on_other(struct dum *d, struct dum_incoming *in);

#ifdef __cplusplus
}
#endif
#endif
