/*
 * dum/auth: digest authentication for user agents (RFC 3261 22, RFC 7616, RFC 8760), both sides:
 * what a client remembers of challenges, and how a server asks and decides. Structs and functions
 * without a loop; each belongs to one thread at a time.
 */
#ifndef DUM_AUTH_AUTH_H
#define DUM_AUTH_AUTH_H

#include "dum/auth/client_auth.h"
#include "dum/auth/server_auth.h"

#endif
