/* What happens to a flow. Rows only, no guard. */
SIP_FLOW_EVENT(OPENED, "opened")
SIP_FLOW_EVENT(HEARD, "heard")
SIP_FLOW_EVENT(TROUBLE, "trouble")
SIP_FLOW_EVENT(END, "end")
SIP_FLOW_EVENT(CLOSE, "close")
SIP_FLOW_EVENT(DRAINED, "drained")
SIP_FLOW_EVENT(LOST, "lost")
