/*
 * How an answer, or a next offer, can fail to fit: the sentence said of it. GRAVE: it is none; MILD: it is told, and the session goes
 * on. The worst first. Rows only, no guard.
 */
SIP_SDP_TROUBLE(NONE, MILD, "it fits")
SIP_SDP_TROUBLE(COUNT, GRAVE, "not the same number of m= lines")
SIP_SDP_TROUBLE(TYPE, GRAVE, "another type of media")
SIP_SDP_TROUBLE(PROTO, GRAVE, "another transport")
SIP_SDP_TROUBLE(REFUSED, GRAVE, "a port where the offer has none")
SIP_SDP_TROUBLE(FORMATS, GRAVE, "no format of the offer")
SIP_SDP_TROUBLE(MID, GRAVE, "another mid than the offer has")
SIP_SDP_TROUBLE(MID_TWICE, GRAVE, "a mid that stands twice")
SIP_SDP_TROUBLE(BUNDLE, GRAVE, "bundled, but not in the offer")
SIP_SDP_TROUBLE(RTCP_MUX, GRAVE, "rtcp-mux, but not in the offer")
SIP_SDP_TROUBLE(NOT_MUXED, GRAVE, "bundled, but without rtcp-mux")
SIP_SDP_TROUBLE(KEYS, GRAVE, "no keys for SRTP, or others than those of the offer")
SIP_SDP_TROUBLE(UNANSWERED, MILD, "no m= line for one of the offer, or another type of media in it: it counts as refused")
SIP_SDP_TROUBLE(DIRECTION, MILD, "a direction that the offer does not allow")
