/* Random values of headers, each of the characters and shapes its grammar allows; for messages that must be understood. */
#ifndef TESTS_UNIT_STACK_MESSAGE_RANDOM_VALUE_H
#define TESTS_UNIT_STACK_MESSAGE_RANDOM_VALUE_H

#include "stack/header/header.h"

void random_token(struct sip_rand *r, struct sip_buf *b);
void random_call_id(struct sip_rand *r, struct sip_buf *b);
void random_uri(struct sip_rand *r, struct sip_buf *b);
void random_name_addr(struct sip_rand *r, struct sip_buf *b, bool with_tag);
/* UTF-8, perhaps with blanks inside; perhaps empty. */
void random_words(struct sip_rand *r, struct sip_buf *b);
/* One value of this header, without a fold. */
void random_value(struct sip_rand *r, struct sip_buf *b, enum sip_header id);

#endif
