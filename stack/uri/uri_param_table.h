/* URI parameters the stack itself looks at, at most eight; small letters. Rows only, no guard. */
SIP_URI_PARAM(TRANSPORT, "transport", 3261)
SIP_URI_PARAM(USER, "user", 3261)
SIP_URI_PARAM(METHOD, "method", 3261)
SIP_URI_PARAM(TTL, "ttl", 3261)
SIP_URI_PARAM(MADDR, "maddr", 3261)
SIP_URI_PARAM(LR, "lr", 3261)
SIP_URI_PARAM(GR, "gr", 5627)
SIP_URI_PARAM(OB, "ob", 5626)
