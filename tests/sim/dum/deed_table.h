/* What a talk does in its own time. Rows only, no guard. */
SIM_DEED(RING, "rings")
SIM_DEED(FINAL, "answers the call")
SIM_DEED(ANSWER, "answers an offer, or makes one that is wanted")
SIM_DEED(ACT, "does something of itself")
SIM_DEED(HANG_UP, "hangs up")
