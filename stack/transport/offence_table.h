/* What a source can do wrong, and what it weighs. SIP_OFFENCE(id, points). Rows only. */
SIP_OFFENCE(MALFORMED, 10)  /* a message that is dropped, for it cannot even be answered */
SIP_OFFENCE(UNFRAMEABLE, 20) /* a stream that is no SIP */
SIP_OFFENCE(HANDSHAKE, 5)   /* of TLS or WebSocket; honest phones with an old certificate do it too, again and again */
SIP_OFFENCE(RATE, 1)        /* one more message, or connection, than the rate allows */
SIP_OFFENCE(SCANNER, 100)   /* it says itself what it is */
