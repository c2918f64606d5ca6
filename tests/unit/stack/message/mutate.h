#ifndef TESTS_UNIT_STACK_MESSAGE_MUTATE_H
#define TESTS_UNIT_STACK_MESSAGE_MUTATE_H

#include "stack/base/base.h"

/* Changes a few places of the text, which has room for `most` bytes; how long it is then. */
size_t mutate(struct sip_rand *r, char *text, size_t len, size_t most);

#endif
