/*
 * stack/security: who is asking. Digest access authentication for SIP (RFC 3261 22, RFC 7616,
 * RFC 8760), both sides: credentials and challenges as values, their computation, and nonces
 * that need no memory until they are used.
 */
#ifndef STACK_SECURITY_SECURITY_H
#define STACK_SECURITY_SECURITY_H

#include "stack/security/digest.h"
#include "stack/security/nonce.h"
#include "stack/security/challenge.h"
#include "stack/security/auth_info.h"

#endif
