/*
 * From the name at the start of a header line to its row, for whoever reads line after line and compares names by
 * whatever width there is. Constant tables, any thread.
 */
#ifndef STACK_HEADER_HEADER_NAME_H
#define STACK_HEADER_HEADER_NAME_H

#include "stack/header/header_priv.h"

#include "stack/header/header_hash.h"

#define SIP__NAME_BLOCK 32
/* As a line begins in the canonical spelling: the name, a colon, zeros. */
extern const char sip__header_names[SIP_HEADER_COUNT][SIP__NAME_BLOCK];

extern const uint8_t sip__header_slots[HEADER_SLOT_COUNT];

/* The only row this name (not empty) can have: whether it has is for the caller to compare. */
static inline unsigned sip__header_guess(struct sip_str name)
{
	unsigned hash = sip__name_hash(name, HEADER_K1, HEADER_K2, HEADER_K3);
	return sip__header_slots[hash % HEADER_SLOT_COUNT];
}

#endif
