/* A row of a transaction machine by its name, and without it. */
#include "tests/sim/forget.h"
#include "stack/transaction/transaction_priv.h"

#include <stdio.h>

bool sim_forget_transaction_row(const char *text)
{
	static const struct sip__machine *const machines[SIP__MACHINE_COUNT] = {
#define SIP__MACHINE(id, stem) &sip__##stem,
#include "stack/transaction/machine_table.h"
#undef SIP__MACHINE
	};
	char name[100];

	for (unsigned m = 0; m < SIP__MACHINE_COUNT; m++)
		for (unsigned s = 0; s < SIP__STATE_COUNT; s++)
			for (unsigned e = 0; e < SIP__EVENT_COUNT; e++) {
				snprintf(name, sizeof name, "%s:%s:%s", machines[m]->name, sip__state_name(s),
					 sip__event_name(e));
				if (strcmp(name, text) == 0 && machines[m]->rows[s][e].act) {
					sip__machine_forget_row((enum sip__machine_id)m, (enum sip__state)s,
								(enum sip__event)e);
					return true;
				}
			}
	return false;
}
