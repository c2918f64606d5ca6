/*
 * RFC 3261 table 4, with RFC 6026 and RFC 4320: which of a transaction's two timers, its value over unreliable and over
 * reliable transports (NONE: not armed; ZERO: due at once), and the event it becomes. Rows only, no guard.
 */
/*        id            which   unreliable reliable event */
SIP__TIMER(A,           RESEND, T1,        NONE,    RESEND_DUE)  /* 17.1.1.2 */
SIP__TIMER(B,           LIFE,   T1_64,     T1_64,   TIMEOUT)     /* 17.1.1.2 */
SIP__TIMER(CANCEL,      LIFE,   T1_64,     T1_64,   TIMEOUT)     /* 9.1 */
SIP__TIMER(D,           LIFE,   TD,        ZERO,    LINGER_DUE)  /* 17.1.1.2, RFC 6026 8.4 */
SIP__TIMER(E,           RESEND, T1,        NONE,    RESEND_DUE)  /* 17.1.2.2 */
SIP__TIMER(F,           LIFE,   T1_64,     T1_64,   TIMEOUT)     /* 17.1.2.2 */
SIP__TIMER(G,           RESEND, T1,        NONE,    RESEND_DUE)  /* 17.2.1 */
SIP__TIMER(H,           LIFE,   T1_64,     T1_64,   TIMEOUT)     /* 17.2.1 */
SIP__TIMER(I,           LIFE,   T4,        ZERO,    LINGER_DUE)  /* 17.2.1 */
SIP__TIMER(J,           LIFE,   T1_64,     ZERO,    LINGER_DUE)  /* 17.2.2 */
SIP__TIMER(K,           LIFE,   T4,        ZERO,    LINGER_DUE)  /* 17.1.2.2 */
SIP__TIMER(L,           LIFE,   T1_64,     T1_64,   LINGER_DUE)  /* RFC 6026 8.6 */
SIP__TIMER(M,           LIFE,   T1_64,     T1_64,   LINGER_DUE)  /* RFC 6026 8.4 */
SIP__TIMER(TRYING,      RESEND, T100,      T100,    TRYING_DUE)  /* 17.2.1: 100 after 200 ms */
SIP__TIMER(TRYING_SLOW, RESEND, T_E_AT_T2, T_E_AT_T2, TRYING_DUE) /* RFC 4320 4.1: when the peer's timer E is at T2 */
