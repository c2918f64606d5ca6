/* What can happen to a transaction. A condition is another event, so that rows need no guards. Rows only, no guard. */
/* the client's */
SIP__EVENT(LOCATED, "located")               /* a target is at hand and the packet is made */
SIP__EVENT(LOCATE_FAILED, "locate-failed")   /* there is no target (any more) */
SIP__EVENT(FLOW_LOST, "flow-lost")           /* the only flow it may go by is gone (RFC 5626 5.3) */
SIP__EVENT(RX_1XX, "rx-1xx")
SIP__EVENT(RX_2XX, "rx-2xx")
SIP__EVENT(RX_FAILURE, "rx-failure")         /* 300 … 699 */
SIP__EVENT(RX_503_NEXT, "rx-503-next")       /* 503, and there is a further target */
SIP__EVENT(TIMEOUT_NEXT, "timeout-next")     /* timer B or F without any response, and there is a further target */
SIP__EVENT(SEND_FAILED_NEXT, "send-failed-next")
SIP__EVENT(FLOW_GONE, "flow-gone")           /* the connection of a request that may still be answered (18.2.2), by another one */
SIP__EVENT(FLOW_GONE_RETRY, "flow-gone-retry") /* that of a CANCEL, and another one may be opened */
SIP__EVENT(CANCEL, "cancel")                 /* the user's */
/* both sides' */
SIP__EVENT(SEND_FAILED, "send-failed")
SIP__EVENT(RESEND_DUE, "resend-due")         /* timer A, E, G */
SIP__EVENT(TIMEOUT, "timeout")               /* timer B, F, H, or 64*T1 after CANCEL */
SIP__EVENT(LINGER_DUE, "linger-due")         /* timer D, I, J, K, L, M */
SIP__EVENT(ABANDON, "abandon")               /* the user has lost interest */
/* the server's */
SIP__EVENT(RX_AGAIN, "rx-again")             /* the request once more */
SIP__EVENT(RX_ACK, "rx-ack")
SIP__EVENT(RX_CANCEL, "rx-cancel")
SIP__EVENT(TRYING_DUE, "trying-due")         /* nobody answered in time: 100 */
SIP__EVENT(TU_1XX, "tu-1xx")
SIP__EVENT(TU_2XX, "tu-2xx")
SIP__EVENT(TU_FAILURE, "tu-failure")         /* 300 … 699 */
SIP__EVENT(TU_ONCE, "tu-once")               /* a final response to a request that may be answered anew each time it comes (RFC 3261 8.2.7) */
SIP__EVENT(TU_408, "tu-408")                 /* 408 to a non-INVITE, which is never sent (RFC 4320 4.2) */
SIP__EVENT(TU_LOST, "tu-lost")               /* a final response that memory did not suffice for */
