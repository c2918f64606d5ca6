/*
 * Every setting of a profile. Rows only, no guard. The default stands where neither a profile nor its bases say
 * anything; `most` is the greatest number, or the longest text.
 */
/*          id                    type       name                          default     most        unit    what it says */
/* registrations, subscriptions, publications */
DUM_SETTING(REGISTRATION_TIME, NUMBER, "registration time", 3600, UINT32_MAX, "s", "how long a binding is asked to live")
DUM_SETTING(REGISTRATION_RETRY_BASE, NUMBER, "registration retry base", 30, 86400, "s",
	    "half of the longest wait after a failed registration, doubled by each further failure (RFC 5626 4.5); 0: never again")
DUM_SETTING(REGISTRATION_RETRY_BASE_OTHERS, NUMBER, "registration retry base others", 90, 86400, "s",
	    "the same while another flow of the registration has not failed (RFC 5626 4.5)")
DUM_SETTING(REGISTRATION_RETRY_MAX, NUMBER, "registration retry max", 1800, 86400, "s", "the longest such wait")
DUM_SETTING(SUBSCRIPTION_TIME, NUMBER, "subscription time", 3600, UINT32_MAX, "s",
	    "Expires of a SUBSCRIBE that says none; 0: none (RFC 6665 3.1.1)")
DUM_SETTING(PUBLICATION_TIME, NUMBER, "publication time", 3600, UINT32_MAX, "s",
	    "Expires of a PUBLISH that says none; 0: none (RFC 3903 4.2)")
/* sessions */
DUM_SETTING(STALE_CALL_TIME, NUMBER, "stale call time", 180, 86400, "s",
	    "how long an INVITE of ours may go without a final response; 0: for ever")
DUM_SETTING(STALE_REINVITE_TIME, NUMBER, "stale re-INVITE time", 40, 86400, "s", "the same for a re-INVITE")
DUM_SETTING(SESSION_TIME, NUMBER, "session time", 1800, UINT32_MAX, "s", "Session-Expires (RFC 4028); 0: no session timer")
DUM_SETTING(SESSION_TIMER_MODE, NUMBER, "session timer mode", DUM_SESSION_TIMER_CALLER, DUM_SESSION_TIMER_CALLEE, "mode",
	    "who refreshes, when it is ours to say: enum dum_session_timer")
DUM_SETTING(MIN_SE, NUMBER, "Min-SE", 90, UINT32_MAX, "s", "the shortest session time we take (RFC 4028 5)")
DUM_SETTING(PROVISIONAL_RESEND_TIME, NUMBER, "provisional resend time", 60, 86400, "s",
	    "how often a provisional response is repeated, so that proxies keep waiting (RFC 3261 13.3.1.1)")
DUM_SETTING(UAC_RELIABLE, NUMBER, "UAC reliable provisional", DUM_RELIABLE_NEVER, DUM_RELIABLE_REQUIRED, "mode",
	    "100rel in INVITEs we send (RFC 3262): enum dum_reliable")
DUM_SETTING(UAS_RELIABLE, NUMBER, "UAS reliable provisional", DUM_RELIABLE_NEVER, DUM_RELIABLE_REQUIRED, "mode",
	    "100rel in INVITEs we answer (RFC 3262): enum dum_reliable")
/* messages */
DUM_SETTING(MESSAGE_QUEUE, NUMBER, "message queue", 64, 65535, "MESSAGEs",
	    "how many out of dialogs wait for the answer to the one before to the same URI (RFC 3428 8); more are refused: FULL")
/* who we are */
DUM_SETTING(FROM, NAME_ADDR, "from", "", 1024, "name-addr", "From of what we send outside of dialogs")
DUM_SETTING(CONTACT_USER, TEXT, "contact user", "", 256, "user", "the user part of our Contact; empty: that of From")
DUM_SETTING(DISPLAY, TEXT, "display", "", 256, "text", "the display name of our Contact")
DUM_SETTING(INSTANCE_ID, TEXT, "instance id", "", 256, "URN",
	    "+sip.instance of our Contact in a REGISTER, without brackets (RFC 5626 4.1)")
DUM_SETTING(USER_AGENT, TEXT, "user agent", "", 512, "text", "User-Agent and Server; empty: none")
DUM_SETTING(CAPABILITIES, PARAMS, "user agent capabilities", "", 1024, "params",
	    "feature parameters of our Contact, \";\" between them (RFC 3840 9)")
/* the way out */
DUM_SETTING(OUTBOUND_PROXY, URI, "outbound proxy", "", 1024, "URI", "where requests go first; empty: where their URI says")
DUM_SETTING(FORCE_OUTBOUND_PROXY, FLAG, "force outbound proxy", false, 1, "", "also for requests inside dialogs")
DUM_SETTING(OUTBOUND_AS_ROUTE, FLAG, "outbound proxy as route", false, 1, "", "the outbound proxy stands in a Route")
DUM_SETTING(SERVICE_ROUTE, ROUTES, "service route", "", 8192, "routes",
	    "the route of requests outside of dialogs, which a registration has brought (RFC 3608)")
DUM_SETTING(FIXED_TRANSPORT_KIND, NUMBER, "fixed transport kind", SIP_TRANSPORT_NONE, SIP_TRANSPORT_NONE, "kind",
	    "what requests are sent by, whatever their URI says: enum sip_transport_kind; NONE: any")
DUM_SETTING(FIXED_TRANSPORT_INTERFACE, TEXT, "fixed transport interface", "", 64, "address",
	    "the local address they go from, where the target can be reached from it; without a transport there, none is sent; empty: any")
DUM_SETTING(FIXED_TRANSPORT_PORT, NUMBER, "fixed transport port", 0, 65535, "port", "the same of the local port; 0: any")
DUM_SETTING(OVERRIDE_HOST, TEXT, "override host", "", 256, "host", "the host of our Contact; empty: that of the transport")
DUM_SETTING(OVERRIDE_PORT, NUMBER, "override port", 0, 65535, "port", "the port that goes with it; 0: none")
DUM_SETTING(RPORT, FLAG, "rport", true, 1, "",
	    "rport in our Via (RFC 3581): of a stack the manager makes itself, when it is made; a lent one says it in its options")
DUM_SETTING(RINSTANCE, FLAG, "rinstance", true, 1, "", "a random rinstance parameter tells our Contacts apart")
DUM_SETTING(METHODS_PARAM, FLAG, "methods parameter", false, 1, "", "methods in the Contact of a REGISTER (RFC 3840 9)")
DUM_SETTING(OUTBOUND, FLAG, "outbound", false, 1, "",
	    "client-initiated connections (RFC 5626): reg-id, ob, keep-alives, another flow when one is gone")
DUM_SETTING(REG_ID, NUMBER, "reg-id", 0, INT32_MAX, "",
	    "which of our flows this is (RFC 5626 4.2), of several the first; 0: none, of several 1")
DUM_SETTING(OUTBOUND_FLOWS, ROUTES, "outbound flows", "", 8192, "routes",
	    "the edge proxies of a registration, \"<sip:a.example.com;lr>, <sip:b.example.com;lr>\": a flow by each, at most eight "
	    "(RFC 5626 4.2.1); empty: one flow")
DUM_SETTING(GRUU, FLAG, "gruu", false, 1, "",
	    "GRUUs (RFC 5627): registrations with an instance id ask for them, and our Contact is one where there is one")
DUM_SETTING(GRUU_IS_TEMPORARY, FLAG, "temporary gruu preferred", false, 1, "",
	    "our Contact is the temporary GRUU rather than the public one; an anonymous request has none but that anyway")
DUM_SETTING(PUBLIC_GRUU, ROUTES, "public gruu", "", 1100, "URI in brackets",
	    "which a registration has brought, or one made by yourself (RFC 5627 4.2, 4.3)")
DUM_SETTING(TEMPORARY_GRUU, ROUTES, "temporary gruu", "", 1100, "URI in brackets", "likewise; another one with every answer")
DUM_SETTING(KEEPALIVE_DATAGRAM, NUMBER, "keep-alive datagram", 0, 86400, "s",
	    "the longest between STUN keep-alives of a registration over datagrams; 0: none, or with outbound 29 (RFC 5626 4.4.2)")
DUM_SETTING(KEEPALIVE_STREAM, NUMBER, "keep-alive stream", 0, 86400, "s",
	    "the longest between double CRLFs over streams; 0: none, or with outbound 120 (RFC 5626 4.4.1)")
DUM_SETTING(FOLLOW_REDIRECTS, FLAG, "follow redirects", true, 1, "", "a 3xx is tried on at its Contacts (RFC 3261 8.1.3.4)")
DUM_SETTING(REDIRECT_LIMIT, NUMBER, "redirect limit", 10, 100, "targets", "of one request, after its first")
/* what we can */
DUM_SETTING(METHODS, METHODS, "supported methods", "INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE", 1024, "list", "Allow")
DUM_SETTING(OPTION_TAGS, LIST, "supported option tags", "", 1024, "list", "Supported; what else is required gets 420")
DUM_SETTING(PROXY_REQUIRES, LIST, "proxy requires", "", 1024, "list", "Proxy-Require of what we send")
DUM_SETTING(SCHEMES, LIST, "supported schemes", "sip", 256, "list",
	    "of a Request-URI, beside sip and sips; what else comes gets 416")
DUM_SETTING(MIME_TYPES, LIST, "supported MIME types", "application/sdp", 2048, "list", "Accept; what else comes gets 415")
DUM_SETTING(ENCODINGS, LIST, "supported encodings", "", 256, "list", "Accept-Encoding")
DUM_SETTING(LANGUAGES, LIST, "supported languages", "en", 256, "list", "Accept-Language")
DUM_SETTING(EVENTS, LIST, "allowed events", "", 1024, "list", "Allow-Events")
DUM_SETTING(ADVERTISED, LIST, "advertised capabilities", "Allow, Supported", 256, "list",
	    "which of Allow, Supported, Accept, Accept-Encoding, Accept-Language, Allow-Events we put on what we send")
/* who asks (RFC 3261 22): see dum_provide_ha1 */
DUM_SETTING(DIGEST_REALM, TEXT, "digest realm", "", 255, "text", "requests are challenged for it, by 401; empty: nobody is asked")
DUM_SETTING(DIGEST_ALGORITHMS, LIST, "digest algorithms", "SHA-256, MD5", 256, "list",
	    "those asked for, in this order (RFC 8760 2.3): SHA-512-256, SHA-256, MD5; what the library has not is left out")
DUM_SETTING(DIGEST_METHODS, METHODS, "digest methods", "", 1024, "list",
	    "whose requests are challenged; empty: all but ACK and CANCEL, which never are")
DUM_SETTING(DIGEST_IN_DIALOGS, FLAG, "digest in dialogs", false, 1, "", "also requests inside dialogs, of whoever began them")
DUM_SETTING(DIGEST_AUTH_INT, FLAG, "digest auth-int", false, 1, "", "auth-int is offered and taken beside auth")
DUM_SETTING(DIGEST_NEEDS_QOP, FLAG, "digest needs qop", false, 1, "",
	    "credentials without a nonce count (RFC 2069) are challenged again")
DUM_SETTING(DIGEST_NONCE_TIME, NUMBER, "digest nonce time", 300, 86400, "s",
	    "how long a nonce is good; read when the manager challenges first")
/* what we look at */
DUM_SETTING(VALIDATE_CONTENT, FLAG, "validate content", true, 1, "", "415 to a body of a type or encoding we do not have")
DUM_SETTING(VALIDATE_LANGUAGE, FLAG, "validate content language", false, 1, "", "415 to a body in another language")
DUM_SETTING(VALIDATE_ACCEPT, FLAG, "validate accept", false, 1, "", "406 when we have nothing the request accepts")
DUM_SETTING(MERGE_BY_REQUEST_URI, FLAG, "merge check on request-URI", false, 1, "",
	    "requests that differ in it alone are not merged (RFC 3261 8.2.2.2)")
