/*
 * The states of an INVITE session, and what can happen to one. Rows only, no guard.
 */
#ifndef DUM_SESSION_STATE
#define DUM_SESSION_STATE(id, text)
#endif
#ifndef DUM_SESSION_INPUT
#define DUM_SESSION_INPUT(id, text)
#endif
DUM_SESSION_STATE(UAC_EARLY, "our INVITE has no final answer")
DUM_SESSION_STATE(UAC_OFFERED, "2xx with an offer: the ACK waits for our answer")
DUM_SESSION_STATE(UAC_CANCELLING, "we gave up, the final answer is still to come")
DUM_SESSION_STATE(UAS_NEW, "the peer's INVITE has no final answer")
DUM_SESSION_STATE(UAS_ACCEPTING, "accepted: the 2xx waits for a PRACK")
DUM_SESSION_STATE(UAS_ACCEPTED, "2xx sent, the ACK is to come")
DUM_SESSION_STATE(UAS_ENDING, "we want to hang up, but the ACK is to come first")
DUM_SESSION_STATE(CONNECTED, "it stands")
DUM_SESSION_STATE(REINVITE_SENT, "our re-INVITE has no final answer")
DUM_SESSION_STATE(REINVITE_OFFERED, "2xx with an offer to our re-INVITE: the ACK waits for our answer")
DUM_SESSION_STATE(REINVITE_GLARE, "491: our re-INVITE goes again in a while")
DUM_SESSION_STATE(REINVITE_IN, "the peer's re-INVITE waits for our answer")
DUM_SESSION_STATE(REINVITE_ACCEPTED, "2xx to a re-INVITE sent, the ACK is to come")
DUM_SESSION_STATE(BYE_SENT, "our BYE has no final answer")
DUM_SESSION_STATE(ENDED, "over")

DUM_SESSION_INPUT(RX_2XX, "2xx to our INVITE, nothing left to agree on")
DUM_SESSION_INPUT(RX_2XX_OFFER, "2xx with an offer")
DUM_SESSION_INPUT(RX_2XX_ILLEGAL, "2xx without the offer or answer it should have")
DUM_SESSION_INPUT(RX_2XX_AGAIN, "the same 2xx once more")
DUM_SESSION_INPUT(RX_FAILURE, "another final answer to our INVITE")
DUM_SESSION_INPUT(RX_PENDING, "491 to our re-INVITE, or 422: it goes again")
DUM_SESSION_INPUT(RX_GONE, "408 or 481: the peer has no such dialog")
DUM_SESSION_INPUT(RX_INVITE, "a re-INVITE")
DUM_SESSION_INPUT(RX_INVITE_GLARE, "a re-INVITE while another offer is out")
DUM_SESSION_INPUT(RX_ACK, "the ACK for our 2xx")
DUM_SESSION_INPUT(RX_ACK_ILLEGAL, "the ACK without the answer it should have")
DUM_SESSION_INPUT(RX_BYE, "BYE")
DUM_SESSION_INPUT(RX_CANCEL, "CANCEL of the INVITE we have not answered")
DUM_SESSION_INPUT(NO_ACK, "no ACK in 64*T1")
DUM_SESSION_INPUT(FORK_LOST, "another branch of our INVITE has answered")
DUM_SESSION_INPUT(GLARE_DUE, "the wait after 491 is over")
DUM_SESSION_INPUT(EXPIRED, "the time the peer's INVITE gives is over")
DUM_SESSION_INPUT(STALE, "no final answer in the time we give")
DUM_SESSION_INPUT(DO_ACCEPT, "the application accepts")
DUM_SESSION_INPUT(DO_ACCEPT_LATER, "it accepts while a reliable provisional response has no PRACK")
DUM_SESSION_INPUT(DO_ACCEPT_NOW, "the PRACK has come")
DUM_SESSION_INPUT(DO_REJECT, "the application refuses")
DUM_SESSION_INPUT(DO_REINVITE, "the application offers, or asks for an offer")
DUM_SESSION_INPUT(DO_ANSWER, "the application answers")
DUM_SESSION_INPUT(DO_END, "the application hangs up")
DUM_SESSION_INPUT(BYE_DONE, "the final answer to our BYE")
DUM_SESSION_INPUT(FAILED, "we cannot go on: no memory, no way out")
#undef DUM_SESSION_STATE
#undef DUM_SESSION_INPUT
