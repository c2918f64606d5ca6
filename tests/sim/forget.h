/* tests/sim/forget: takes a row out of a machine, so that a world without it can be looked at. */
#ifndef TESTS_SIM_FORGET_H
#define TESTS_SIM_FORGET_H

#include <stdbool.h>

/* MACHINE:STATE:EVENT of a transaction; false: there is no such row. */
bool sim_forget_transaction_row(const char *text);

#endif
