/* The life of a flow. Rows only, no guard. */
SIP_FLOW_STATE(CONNECTING, "connecting")
SIP_FLOW_STATE(OPEN, "open")
SIP_FLOW_STATE(SUSPECT, "suspect")
SIP_FLOW_STATE(CLOSING, "closing")
SIP_FLOW_STATE(GONE, "gone")
