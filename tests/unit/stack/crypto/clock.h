/* The wall clock of a test program, OpenSSL's as well: time() answers so many seconds more than the true one. One thread. */
#ifndef TESTS_UNIT_STACK_CRYPTO_CLOCK_H
#define TESTS_UNIT_STACK_CRYPTO_CLOCK_H

enum { CLOCK_HOUR = 60 * 60, CLOCK_DAY = 24 * CLOCK_HOUR };

void clock_set_ahead(long seconds);

#endif
