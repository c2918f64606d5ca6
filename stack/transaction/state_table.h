/* The states of the four machines; each machine uses some of them. Rows only, no guard. */
SIP__STATE(LOCATING, "locating")             /* client: the next target is being looked for (RFC 3263 4) */
SIP__STATE(TRYING, "trying")                 /* client: Calling or Trying; server: nothing answered yet */
SIP__STATE(TRYING_CANCELLED, "trying-cancelled") /* INVITE client: CANCEL waits for a provisional (9.1) */
SIP__STATE(PROCEEDING, "proceeding")
SIP__STATE(CANCELLING, "cancelling")         /* INVITE client: CANCEL was sent (9.1) */
SIP__STATE(COMPLETED, "completed")
SIP__STATE(CONFIRMED, "confirmed")           /* INVITE server */
SIP__STATE(ACCEPTED, "accepted")             /* INVITE, both sides (RFC 6026 7) */
SIP__STATE(TERMINATED, "terminated")
