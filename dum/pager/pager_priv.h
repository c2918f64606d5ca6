/* The family of dum/pager. DUM's loop. */
#ifndef DUM_PAGER_PAGER_PRIV_H
#define DUM_PAGER_PAGER_PRIV_H

#include "dum/dialog/dialog.h"
#include "dum/pager/pager.h"
#include "dum/pager/pager_in.h"

struct dum__line;
struct dum_pager {
	struct dum_usage usage;
	struct dum_request *request;
	bool is_message;
	bool is_unheard;              /* its handle has gone, but no other MESSAGE may go before its answer */
	struct dum__line *line;       /* lent by itself: it lives while somebody stands in it; NULL: in none */
	struct sip_list place;        /* in the line */
	struct sip_message *message;  /* owned: while it waits */
};

/* line.c: MESSAGEs out of dialogs go to a URI one after another (RFC 3428 8). */
/* At its end. FULL: as many wait as the profile lets wait; NOMEM. */
enum sip_err dum__line_join(struct dum_pager *p, const struct sip_message *m) SIP_MUST_USE;
/* Nobody is before it. */
bool dum__line_is_first(const struct dum_pager *p);
/* Whose turn it is now, if it was this one's until now; else NULL. */
struct dum_pager *dum__line_leave(struct dum_pager *p);

#endif
