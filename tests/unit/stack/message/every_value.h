/* What is done to a message when everything is asked of it: for the tests that compare messages, and for those that time it. */
#ifndef TESTS_UNIT_STACK_MESSAGE_EVERY_VALUE_H
#define TESTS_UNIT_STACK_MESSAGE_EVERY_VALUE_H

#include "stack/message/message_priv.h"

/* One typed form, each of its members, as text; nothing for one that is not there. */
void every_value_put_form(struct sip_buf *b, enum sip_value_type type, const void *form);
void every_value_put_uri(struct sip_buf *b, const struct sip_uri *u);
/* Start line, fields, values, typed forms and body, a line each. */
void every_value_dump(const struct sip_message *m, struct sip_buf *b);
/* The same without the names of fields as they are spelled. */
void every_value_dump_typed(const struct sip_message *m, struct sip_buf *b);
/* Every value in its typed form; how many there were. */
size_t every_value_touch(const struct sip_message *m);
/* Every value as text, with its parameters, and what else may be asked; some sum of it. */
size_t every_value_ask(const struct sip_message *m);

/*
 * STROWGER_SLOW: how many times slower this build is, at least 1; and n of what only repeats, that many times less, but not less than
 * one.
 */
unsigned every_value_slow(void);
unsigned every_value_rounds(unsigned n);

#endif
