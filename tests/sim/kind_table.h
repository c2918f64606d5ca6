/* What becomes of calls, and how many of a hundred. Rows only, no guard. */
SIM_KIND(ANSWER, "answer", 46)       /* every device rings, the first of them answers for certain */
SIM_KIND(BUSY, "busy", 5)            /* 486 from all */
SIM_KIND(DECLINE, "decline", 4)      /* 603 from one */
SIM_KIND(REDIRECT, "redirect", 4)    /* 302 to a device of somebody else */
SIM_KIND(NO_ANSWER, "no-answer", 4)  /* rings until the caller has enough */
SIM_KIND(TIMER_C, "timer-c", 2)      /* rings until the proxy has enough */
SIM_KIND(CANCEL, "cancel", 7)        /* the caller gives up early, perhaps before anything came back */
SIM_KIND(RACE, "race", 8)            /* … at about the time somebody answers */
SIM_KIND(ABANDON, "abandon", 2)      /* the callee's program loses interest */
SIM_KIND(DESERT, "desert", 2)         /* the caller's program loses interest */
SIM_KIND(UNKNOWN, "unknown", 2)      /* nobody has that name */
SIM_KIND(MESSAGE, "message", 10)
SIM_KIND(OPTIONS, "options", 4)
