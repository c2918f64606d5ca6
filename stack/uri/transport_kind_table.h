/* Every transport SIP has a name for, whether it is built in or not. Rows only, no guard. */
/*                 id    Via     URI     stream secure web    port  NAPTR        SRV           */
SIP_TRANSPORT_KIND(UDP, "UDP", "udp", false, false, false, 5060, "SIP+D2U", "_sip._udp.")
SIP_TRANSPORT_KIND(TCP, "TCP", "tcp", true, false, false, 5060, "SIP+D2T", "_sip._tcp.")
SIP_TRANSPORT_KIND(TLS, "TLS", "tls", true, true, false, 5061, "SIPS+D2T", "_sips._tcp.")
SIP_TRANSPORT_KIND(WS, "WS", "ws", true, false, true, 80, "SIP+D2W", "_ws._tcp.")
SIP_TRANSPORT_KIND(WSS, "WSS", "wss", true, true, true, 443, "SIPS+D2W", "_wss._tcp.")
SIP_TRANSPORT_KIND(DTLS, "DTLS-UDP", "dtls-udp", false, true, false, 5061, "", "")
