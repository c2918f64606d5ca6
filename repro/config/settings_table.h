/*
 * Every setting once, under its name in reSIProcate's repro.config. Rows only, no guard.
 * REPRO_BOOL(field, name, default, reload, help)
 * REPRO_NUMBER(field, name, default, min, max, reload, help)
 * REPRO_TEXT(field, name, default, check, reload, help)
 * REPRO_SECRET(field, name, default, check, reload, help): a text that no log line and no message shows
 * REPRO_CHOICE(field, name, default, choices, reload, help)
 * REPRO_SLOT_…: the same, one for each Transport1 … Transport16
 * REPRO_UNSUPPORTED(name): reSIProcate has it, this repro does not honour it
 */
/* ---- logging ---- */
REPRO_CHOICE(logging_type, "LoggingType", "cout", logging_types, false, "Where the log goes.")
REPRO_CHOICE(log_level, "LogLevel", "INFO", log_levels, true, "The least important lines that are logged.")
REPRO_TEXT(log_filename, "LogFilename", "repro.log", NULL, false, "The file, when LoggingType is file.")
REPRO_NUMBER(statistics_log_interval, "StatisticsLogInterval", "60", 0, 86400, true,
	     "Seconds between lines of statistics in the log; 0: none.")
/* ---- capture ---- */
REPRO_TEXT(capture_host, "CaptureHost", "", repro__check_host, false,
	   "Host that gets a copy of every SIP message by HEP version 3 (Homer, sngrep); empty: none.")
REPRO_NUMBER(capture_port, "CapturePort", "9060", 1, 65535, false, "Its port.")
REPRO_NUMBER(capture_agent_id, "CaptureAgentID", "2001", 0, 4294967295, false, "Who we are to it.")
REPRO_CHOICE(capture_transport, "CaptureTransport", "UDP", capture_transports, false,
	     "How it is reached. (Not in reSIProcate.)")
REPRO_SECRET(capture_auth_key, "CaptureAuthKey", "", repro__check_capture_key, false,
	   "What it wants to hear before it believes us; empty: nothing. (Not in reSIProcate.)")
REPRO_TEXT(capture_file, "CaptureFile", "", NULL, false,
	   "pcap file that every SIP message is appended to, decrypted; empty: none. (Not in reSIProcate.)")
REPRO_NUMBER(capture_file_max_bytes, "CaptureFileMaxBytes", "104857600", 65536, 1099511627776, false,
	     "Bytes of it; then it is renamed to end in .1, in place of an earlier one. (Not in reSIProcate.)")
/* ---- transports ---- */
REPRO_TEXT(ip_address, "IPAddress", "", repro__check_ip_list, false,
	   "Addresses to bind SIP to, comma separated; empty: all adapters.")
REPRO_NUMBER(udp_port, "UDPPort", "5060", 0, 65535, false, "Port for SIP over UDP; 0: none.")
REPRO_NUMBER(tcp_port, "TCPPort", "5060", 0, 65535, false, "Port for SIP over TCP; 0: none.")
REPRO_NUMBER(tls_port, "TLSPort", "0", 0, 65535, false,
	     "Port for SIP over TLS, as a rule 5061; 0: none. It needs a certificate. (5061 in reSIProcate.)")
REPRO_NUMBER(ws_port, "WSPort", "0", 0, 65535, false,
	     "Port for SIP over WebSocket; 0: none. It may be that of TCPPort: both are served there. (80 in reSIProcate.)")
REPRO_NUMBER(wss_port, "WSSPort", "0", 0, 65535, false,
	     "Port for SIP over WebSocket over TLS; 0: none. It may be that of TLSPort. It needs a certificate. (443 in reSIProcate.)")
REPRO_NUMBER(dtls_port, "DTLSPort", "0", 0, 65535, false,
	     "Port for SIP over DTLS; 0: none. It needs a certificate and another number than UDPPort.")
REPRO_SLOT_TEXT(interface_text, "Transport%uInterface", "", repro__check_ip_port, false,
		"address:port of one more transport; if there is any, IPAddress, UDPPort, TCPPort and their like are not used.")
REPRO_SLOT_CHOICE(type, "Transport%uType", "UDP", transport_types, false,
		  "What this transport speaks. WS may have the address of one for TCP, WSS that of one for TLS.")
REPRO_SLOT_TEXT(record_route_uri, "Transport%uRecordRouteUri", "", repro__check_record_route, false,
		"The URI that requests through this transport get as Record-Route, or auto.")
REPRO_SLOT_NUMBER(rcvbuf, "Transport%uRcvBufLen", "0", 0, 1073741824, false,
		  "Bytes the kernel buffers for this transport; 0: a megabyte is asked for.")
REPRO_TEXT(advertised_host, "AdvertisedHost", "", repro__check_advertised, false,
	   "Host that Via and Record-Route give instead of our own address, as behind NAT; an address: for transports of its family; "
	   "empty: the address itself. (Not in reSIProcate.)")
REPRO_SLOT_TEXT(advertised_host, "Transport%uAdvertisedHost", "", repro__check_advertised, false,
		"The same for this transport; empty: AdvertisedHost. (Not in reSIProcate.)")
REPRO_SLOT_NUMBER(advertised_port, "Transport%uAdvertisedPort", "0", 0, 65535, false,
		  "The port that goes with it; 0: that of Transport<N>Interface. (Not in reSIProcate.)")
REPRO_SLOT_TEXT(device, "Transport%uDevice", "", repro__check_device, false,
		"The network interface this transport keeps to (SO_BINDTODEVICE), as eth0; empty: any. (Not in reSIProcate.)")
REPRO_NUMBER(dscp, "DSCP", "0", 0, 63, false,
	     "Differentiated services code point of all SIP that is sent, as 24 for CS3; 0: best effort. (Not in reSIProcate.)")
REPRO_SLOT_NUMBER(dscp, "Transport%uDSCP", "0", 0, 63, false, "The same for this transport; 0: as DSCP says. (Not in reSIProcate.)")
REPRO_CHOICE(udp_size_switch, "UDPSizeSwitch", "fallback", size_switches, false,
	     "Requests of more than 1,300 bytes to UDP peers: on: by TCP; fallback: by TCP, or UDP when there is none; off: by UDP. "
	     "(Not in reSIProcate.)")
REPRO_SLOT_CHOICE(udp_size_switch, "Transport%uUDPSizeSwitch", "default", slot_size_switches, false,
		  "The same for this transport; default: as UDPSizeSwitch says. (Not in reSIProcate.)")
REPRO_BOOL(enable_ipv6, "EnableIPv6", "true", false, "Use IPv6.")
REPRO_BOOL(disable_ipv4, "DisableIPv4", "false", false, "Do not use IPv4.")
REPRO_NUMBER(stream_message_size_limit, "StreamMessageSizeLimit", "0", 0, 1073741824, false,
	     "Bytes of body accepted on a stream; 0: the stack's own limit.")
REPRO_NUMBER(header_size_limit, "HeaderSizeLimit", "0", 0, 262144, false,
	     "Bytes of start line and header fields; more is answered 513, and its connection closed; 0: 65536. (Not in reSIProcate.)")
REPRO_NUMBER(header_line_size_limit, "HeaderLineSizeLimit", "0", 0, 65535, false,
	     "Bytes of one header field; more is answered 513; 0: 16384. (Not in reSIProcate.)")
REPRO_NUMBER(header_count_limit, "HeaderCountLimit", "0", 0, 65000, false,
	     "Header fields of one message; more is answered 513; 0: 1024. (Not in reSIProcate.)")
REPRO_NUMBER(parameter_count_limit, "ParameterCountLimit", "0", 0, 30000, false,
	     "Parameters of one header value; more is answered 400; 0: 256. (Not in reSIProcate.)")
REPRO_NUMBER(tcp_connection_gc_age, "TCPConnectionGCAge", "0", 0, 31536000, false,
	     "Seconds without traffic after which a connection is closed; 0: an hour.")
REPRO_NUMBER(tcp_connect_timeout, "TCPConnectTimeout", "10000", 100, 600000, false,
	     "Milliseconds a TCP connection may take to come about.")
REPRO_NUMBER(max_connections, "MaxConnections", "20000", 1, 1000000, false,
	     "Connections of each transport at a time; for one more the one that was used least lately is closed. (Not in reSIProcate.)")
/* ---- TLS ---- */
REPRO_TEXT(tls_domain, "TLSDomainName", "", repro__check_host, true,
	   "The domain whose certificate is shown to who names none, and to whom we connect; empty: that of TLSCertificate, or the first.")
REPRO_TEXT(tls_certificate, "TLSCertificate", "", NULL, true,
	   "PEM file of our certificate, followed by those between it and its authority.")
REPRO_TEXT(tls_key, "TLSPrivateKey", "", NULL, true, "PEM file of its private key; empty: it is in TLSCertificate's.")
REPRO_SECRET(tls_passphrase, "TLSPrivateKeyPassPhrase", "", NULL, true, "What the private key's file is encrypted with; empty: nothing.")
REPRO_TEXT(tls_ocsp, "TLSOCSPFile", "", NULL, true,
	   "DER file of an OCSP response about TLSCertificate, which is stapled; empty: none. (Not in reSIProcate.)")
REPRO_TEXT(certificate_path, "CertificatePath", "", NULL, true,
	   "Folder with domain_cert_NAME.pem and domain_key_NAME.pem of more domains, shown to who names them (SNI), and with "
	   "root_cert_*.pem of authorities.")
REPRO_TEXT(ca_file, "CAFile", "", repro__check_files, true,
	   "PEM files of authorities that peers' certificates may be from, comma separated. Without CAFile, CADirectory and "
	   "CertificatePath those the system trusts are taken.")
REPRO_TEXT(ca_directory, "CADirectory", "", repro__check_files, true, "Folders of such files (*.pem, *.crt), comma separated.")
REPRO_TEXT(tls_crl, "TLSCRLFile", "", repro__check_files, true,
	   "PEM files of revocation lists, comma separated; if there is any, each certificate of a chain is looked up. (Not in reSIProcate.)")
REPRO_CHOICE(tls_clients, "TLSClientVerification", "None", tls_verifications, true,
	     "Are clients asked for a certificate (Optional), or sent away without a good one (Mandatory)?")
REPRO_CHOICE(tls_method, "TLSConnectionMethod", "SSLv23", tls_methods, true,
	     "Versions: SSLv23 and TLS mean 1.2 or later, TLSv1_2 just that one, TLSv1_3 that or later. Older ones are not spoken.")
REPRO_TEXT(tls_ciphers, "TLSCiphers", "", NULL, true,
	   "Ciphers of TLS 1.2 and DTLS in OpenSSL's words; empty: those with forward secrecy and authenticated encryption. (Not in "
	   "reSIProcate.)")
REPRO_TEXT(tls_suites, "TLSCipherSuites", "", NULL, true,
	   "Cipher suites of TLS 1.3 in OpenSSL's words; empty: OpenSSL's own. (Not in reSIProcate.)")
REPRO_BOOL(tls_wildcards, "AllowWildcardCertificates", "false", true,
	   "Take *.example.com in a peer's certificate for a.example.com, against RFC 5922 7.2.")
REPRO_TEXT(tls_keylog, "TLSKeyLogFile", "", NULL, true,
	   "File that gets the keys of all sessions, so that Wireshark can read them: whoever has it reads everything. Empty: none. (Not "
	   "in reSIProcate.)")
REPRO_SLOT_TEXT(tls_domain, "Transport%uTlsDomain", "", repro__check_host, true, "As TLSDomainName, for this transport; empty: that.")
REPRO_SLOT_TEXT(tls_certificate, "Transport%uTlsCertificate", "", NULL, true,
		"As TLSCertificate, for this transport; empty: that, with its key.")
REPRO_SLOT_TEXT(tls_key, "Transport%uTlsPrivateKey", "", NULL, true, "Its private key; empty: it is in the certificate's file.")
REPRO_SLOT_SECRET(tls_passphrase, "Transport%uTlsPrivateKeyPassPhrase", "", NULL, true, "What that is encrypted with; empty: nothing.")
REPRO_SLOT_CHOICE(tls_clients, "Transport%uTlsClientVerification", "None", tls_verifications, true,
		  "As TLSClientVerification, for this transport.")
REPRO_SLOT_CHOICE(tls_method, "Transport%uTlsConnectionMethod", "SSLv23", tls_methods, true,
		  "As TLSConnectionMethod, for this transport.")
/* ---- WebSocket ---- */
REPRO_TEXT(ws_origins, "WSAllowedOrigins", "", repro__check_origins, false,
	   "Web pages whose scripts may connect, comma separated (https://phone.example.com); empty: all. (Not in reSIProcate.)")
/* ---- who may come in (doc/guard.md) ---- */
REPRO_TEXT(trusted_networks, "TrustedNetworks", "127.0.0.0/8, ::1", repro__check_networks, false,
	   "Networks, comma separated, to which no rate, bound or ban applies, and who may speak the PROXY protocol. (Not in reSIProcate.)")
REPRO_NUMBER(rate_limit, "RateLimit", "0", 0, 1000000, false,
	     "Messages a second from one source (of IPv6 a /64); more are dropped; 0: no limit. (Not in reSIProcate.)")
REPRO_NUMBER(rate_limit_burst, "RateLimitBurst", "0", 0, 1000000, false,
	     "Messages at once from one source; 0: as many as in a second. (Not in reSIProcate.)")
REPRO_NUMBER(connection_rate_limit, "ConnectionRateLimit", "0", 0, 1000000, false,
	     "Connections a second from one source; more are closed; 0: no limit. (Not in reSIProcate.)")
REPRO_NUMBER(connections_per_source, "ConnectionsPerSource", "0", 0, 1000000, false,
	     "Connections at a time from one source, which may be a NAT with many phones; 0: no limit. (Not in reSIProcate.)")
REPRO_NUMBER(ban_points, "BanPoints", "0", 0, 1000000, false,
	     "Points for which a source is banned: 10 a malformed message, 20 a stream that is no SIP, 5 a failed handshake, 1 a message "
	     "over RateLimit, 100 a scanner; 0: nobody is banned. (Not in reSIProcate.)")
REPRO_NUMBER(ban_auth_points, "BanAuthPoints", "10", 0, 1000000, true,
	     "Points for a wrong password or an unknown user. (Not in reSIProcate.)")
REPRO_NUMBER(ban_decay, "BanDecay", "600", 1, 86400, false,
	     "Seconds in which BanPoints points are forgotten. (Not in reSIProcate.)")
REPRO_NUMBER(ban_seconds, "BanSeconds", "60", 1, 31536000, false,
	     "Seconds of a first ban; each further one is twice as long. (Not in reSIProcate.)")
REPRO_NUMBER(ban_max_seconds, "BanMaxSeconds", "86400", 1, 31536000, false,
	     "Seconds of the longest ban, and how long after its end it is remembered. (Not in reSIProcate.)")
REPRO_TEXT(scanner_agents, "ScannerAgents",
	   "friendly-scanner, sipvicious, sipcli, VaxSIPUserAgent, VaxIPUserAgent, pplsip, sip-scan, sundayddr, iWar",
	   repro__check_agents, false, "Parts of User-Agents, comma separated, who get no answer. (Not in reSIProcate.)")
REPRO_BOOL(proxy_protocol, "ProxyProtocol", "false", false,
	   "Connections come by a load balancer in TrustedNetworks, which says by the PROXY protocol 2 for whom; others are closed. "
	   "(Not in reSIProcate.)")
REPRO_SLOT_CHOICE(proxy_protocol, "Transport%uProxyProtocol", "default", proxy_protocols, false,
		  "The same for this transport; default: as ProxyProtocol says. (Not in reSIProcate.)")
/* ---- names ---- */
REPRO_TEXT(dns_servers, "DNSServers", "", repro__check_server_list, false,
	   "Name servers, comma separated address or address:port; empty: those of the system.")
REPRO_NUMBER(dns_greylist_duration, "DNSGreylistDuration", "1800000", 0, 86400000, false,
	     "Milliseconds for which a target that failed is tried last.")
/* ---- HTTP ---- */
REPRO_TEXT(http_bind_address, "HttpBindAddress", "", repro__check_ip_list, false,
	   "Addresses for HTTP, comma separated; empty: all adapters.")
REPRO_NUMBER(http_port, "HttpPort", "5080", 0, 65535, false, "Port for /metrics, /healthz and /readyz; 0: none.")
/* ---- the process ---- */
REPRO_TEXT(database_path, "DatabasePath", "./", NULL, false, "Folder of the database file, repro.db.")
REPRO_TEXT(run_as_user, "RunAsUser", "", NULL, false, "User to become once the ports are bound.")
REPRO_TEXT(run_as_group, "RunAsGroup", "", NULL, false, "Group to become once the ports are bound.")
REPRO_BOOL(daemonize, "Daemonize", "false", false, "Go into the background.")
REPRO_TEXT(pid_file, "PidFile", "", NULL, false, "File the process id is written to; empty: none.")
REPRO_NUMBER(take_over_drain, "TakeOverDrain", "64", 1, 3600, true,
	     "Seconds for which calls that are being set up may go on when another repro takes over. (Not in reSIProcate.)")
REPRO_BOOL(threaded_stack, "ThreadedStack", "true", false,
	   "true: transports, transactions and the proxy have a thread each; false: they share one loop.")
REPRO_BOOL(congestion_management, "CongestionManagement", "true", false, "Refuse new work when queues grow.")
REPRO_CHOICE(congestion_metric, "CongestionManagementMetric", "WAIT_TIME", congestion_metrics, false,
	     "What is measured of a queue: its SIZE, the age of its head, or the expected wait.")
REPRO_NUMBER(congestion_tolerance, "CongestionManagementTolerance", "200", 1, 1000000000, false,
	     "Messages for SIZE, milliseconds otherwise, at which all but ACK, BYE, CANCEL and responses is refused.")
/* ---- who we are ---- */
REPRO_TEXT(domains, "Domains", "", repro__check_domains, true, "Domains we are responsible for, comma separated.")
REPRO_TEXT(server_text, "ServerText", "", NULL, false, "Server header of our responses; empty: none.")
/* ---- authentication ---- */
REPRO_BOOL(disable_auth, "DisableAuth", "false", true, "Challenge nobody.")
REPRO_TEXT(static_realm, "StaticRealm", "", NULL, true, "Realm of every challenge; empty: the domain in question.")
REPRO_TEXT(digest_algorithms, "DigestChallengeAlgorithms", "MD5", repro__check_algorithms, true,
	   "Algorithms of challenges (MD5, SHA-256), best first, comma separated. Phones that know only MD5 may give up when "
	   "SHA-256 comes first, and some (baresip 1) when it comes at all; SHA-256 credentials are accepted in any case.")
REPRO_BOOL(reject_bad_nonces, "RejectBadNonces", "false", true,
	   "Answer 403 to credentials with a nonce that was never ours, instead of a new challenge.")
REPRO_BOOL(always_allow_relaying, "AlwaysAllowRelaying", "false", true,
	   "Forward what is neither from nor to one of our domains.")
/* ---- registrar ---- */
REPRO_BOOL(disable_registrar, "DisableRegistrar", "false", true, "Accept no registrations.")
REPRO_NUMBER(registrar_min_expires, "RegistrarMinExpires", "60", 1, 86400, true,
	     "Seconds; less is answered 423. (Not in reSIProcate.)")
REPRO_NUMBER(registrar_default_expires, "RegistrarDefaultExpires", "3600", 1, 31536000, true,
	     "Seconds granted when none were asked for. (Not in reSIProcate.)")
REPRO_NUMBER(registrar_max_expires, "RegistrarMaxExpires", "7200", 1, 31536000, true,
	     "Seconds; more is shortened. (Not in reSIProcate.)")
REPRO_NUMBER(registrar_max_contacts, "RegistrarMaxContacts", "32", 1, 64, false,
	     "Contacts of one address of record. (Not in reSIProcate.)")
/* ---- flows (RFC 5626) ---- */
REPRO_BOOL(disable_outbound, "DisableOutbound", "false", false,
	   "No outbound (RFC 5626): several flows of one phone are not told apart, and nobody is kept reachable by them.")
REPRO_BOOL(assume_first_hop_supports_outbound, "AssumeFirstHopSupportsOutbound", "false", true,
	   "Take reg-id from phones behind proxies that do not say ob in their Path, instead of answering 439.")
REPRO_BOOL(enable_flow_tokens, "EnableFlowTokens", "false", false,
	   "Record-Route with a flow token the dialogs of every phone that is connected to us, not only of those that ask with ob.")
REPRO_NUMBER(flow_timer, "FlowTimer", "0", 0, 86400, true,
	     "Seconds between keep-alives that phones with outbound are asked for (Flow-Timer); a flow that stays silent has failed; "
	     "0: nothing is asked for.")
REPRO_NUMBER(flow_timer_grace, "FlowTimerGracePeriod", "30", 1, 3600, true,
	     "Seconds of silence beyond FlowTimer before a flow has failed. (Not in reSIProcate.)")
/* ---- forwarding ---- */
REPRO_TEXT(record_route_uri, "RecordRouteUri", "", repro__check_record_route, false,
	   "The URI that dialogs get as Record-Route, or auto: the transport's own address.")
REPRO_BOOL(force_record_routing, "ForceRecordRouting", "false", false, "Record-Route every dialog.")
REPRO_BOOL(add_via_rport, "AddViaRport", "true", false, "Ask for rport in the Via we insert (RFC 3581).")
REPRO_BOOL(add_via_alias, "AddViaAlias", "false", false,
	   "Say alias in the Via we insert over TLS, so that a peer that has verified our certificate may send us requests by the "
	   "connections we have made (RFC 5923). (Not in reSIProcate.)")
REPRO_NUMBER(timer_c, "TimerC", "180", 1, 86400, true, "Seconds a forwarded INVITE may ring (RFC 3261 16.6).")
REPRO_NUMBER(timer_t1, "TimerT1", "0", 0, 10000, false, "Milliseconds of T1; 0: 500.")
REPRO_BOOL(recursive_redirect, "RecursiveRedirect", "false", true, "Follow 3xx responses ourselves.")
REPRO_BOOL(q_value, "QValue", "true", true, "Try contacts in order of their q values.")
REPRO_CHOICE(q_value_behavior, "QValueBehavior", "EQUAL_Q_PARALLEL", q_value_behaviors, true,
	     "One after the other, equal q at once, or all at once.")
REPRO_BOOL(q_value_cancel, "QValueCancelBetweenForkGroups", "true", true,
	   "CANCEL a group that has rung for QValueMsBeforeCancel.")
REPRO_NUMBER(q_value_ms_before_cancel, "QValueMsBeforeCancel", "30000", 1, 3600000, true,
	     "Milliseconds before a group is cancelled.")
REPRO_BOOL(q_value_wait_for_terminate, "QValueWaitForTerminateBetweenForkGroups", "true", true,
	   "Wait for a group to end before the next is tried.")
REPRO_NUMBER(q_value_ms_between, "QValueMsBetweenForkGroups", "3000", 0, 3600000, true,
	     "Milliseconds before the next group, when groups are not waited for.")
/* ---- known, not honoured here ---- */
REPRO_UNSUPPORTED("SyslogFacility")
REPRO_UNSUPPORTED("LogMessageStructure")
REPRO_UNSUPPORTED("LogFileMaxBytes")
REPRO_UNSUPPORTED("LogFileMaxLines")
REPRO_UNSUPPORTED("KeepAllLogFiles")
REPRO_UNSUPPORTED("LoggingInstanceName")
REPRO_UNSUPPORTED("EnableSipMessageLogging")
REPRO_UNSUPPORTED("TLSUseEmailAsSIP")
REPRO_UNSUPPORTED("TlsDHParamsFilename")
REPRO_UNSUPPORTED("TCPMinimumGCHeadroom")
REPRO_UNSUPPORTED("DisableHttpAuth")
REPRO_UNSUPPORTED("HttpAdminRealm")
REPRO_UNSUPPORTED("HttpAdminUserFile")
REPRO_UNSUPPORTED("CommandBindAddress")
REPRO_UNSUPPORTED("CommandPort")
REPRO_UNSUPPORTED("CommandQueue")
REPRO_UNSUPPORTED("CommandEventTopic")
REPRO_UNSUPPORTED("RegSyncPort")
REPRO_UNSUPPORTED("RemoteRegSyncPort")
REPRO_UNSUPPORTED("RegSyncPeer")
REPRO_UNSUPPORTED("RegSyncBrokerTopic")
REPRO_UNSUPPORTED("EnablePublicationReplication")
REPRO_UNSUPPORTED("DefaultDatabase")
REPRO_UNSUPPORTED("Database%uType")
REPRO_UNSUPPORTED("Database%uPath")
REPRO_UNSUPPORTED("Database%uConnInfo")
REPRO_UNSUPPORTED("Database%uHost")
REPRO_UNSUPPORTED("Database%uPort")
REPRO_UNSUPPORTED("Database%uUser")
REPRO_UNSUPPORTED("Database%uPassword")
REPRO_UNSUPPORTED("Database%uDatabaseName")
REPRO_UNSUPPORTED("Database%uCustomUserAuthQuery")
REPRO_UNSUPPORTED("Database%uCustomTlsAuthQuery")
REPRO_UNSUPPORTED("Database%uTableNamePrefix")
REPRO_UNSUPPORTED("RuntimeDatabase")
REPRO_UNSUPPORTED("SessionAccountingEnabled")
REPRO_UNSUPPORTED("SessionAccountingAddRoutingHeaders")
REPRO_UNSUPPORTED("SessionAccountingAddViaHeaders")
REPRO_UNSUPPORTED("RegistrationAccountingEnabled")
REPRO_UNSUPPORTED("RegistrationAccountingAddRoutingHeaders")
REPRO_UNSUPPORTED("RegistrationAccountingAddViaHeaders")
REPRO_UNSUPPORTED("RegistrationAccountingLogRefreshes")
REPRO_UNSUPPORTED("PluginDirectory")
REPRO_UNSUPPORTED("LoadPlugins")
REPRO_UNSUPPORTED("OpenSSLCTXSetOptions")
REPRO_UNSUPPORTED("OpenSSLCTXClearOptions")
REPRO_UNSUPPORTED("OpenSSLCipherList")
REPRO_UNSUPPORTED("EnableCertServer")
REPRO_UNSUPPORTED("NumAsyncProcessorWorkerThreads")
REPRO_UNSUPPORTED("NumAuthGrabberWorkerThreads")
REPRO_UNSUPPORTED("DomainSuffixes")
REPRO_UNSUPPORTED("EnablePresenceServer")
REPRO_UNSUPPORTED("PresenceUsesRegistrationState")
REPRO_UNSUPPORTED("PresenceNotifyClosedStateForNonPublishedUsers")
REPRO_UNSUPPORTED("EnumSuffixes")
REPRO_UNSUPPORTED("EnumDomains")
REPRO_UNSUPPORTED("OutboundVersion")
REPRO_UNSUPPORTED("AssumeFirstHopSupportsFlowTokens")
REPRO_UNSUPPORTED("AllowInboundFlowTokensForNonDirectClients")
REPRO_UNSUPPORTED("ClientNatDetectionMode")
REPRO_UNSUPPORTED("NeverStripProxyAuthorizationHeaders")
REPRO_UNSUPPORTED("AllowInDialogImpersonationWithinRealm")
REPRO_UNSUPPORTED("EnableCertificateAuthenticator")
REPRO_UNSUPPORTED("CommonNameMappings")
REPRO_UNSUPPORTED("EnableRADIUS")
REPRO_UNSUPPORTED("RADIUSConfiguration")
REPRO_UNSUPPORTED("HttpHostname")
REPRO_UNSUPPORTED("DisableIdentity")
REPRO_UNSUPPORTED("EnablePAssertedIdentityProcessing")
REPRO_UNSUPPORTED("DisableAuthInt")
REPRO_UNSUPPORTED("AllowBadReg")
REPRO_UNSUPPORTED("WSCookieAuthSharedSecret")
REPRO_UNSUPPORTED("WSCookieNameInfo")
REPRO_UNSUPPORTED("WSCookieNameExtra")
REPRO_UNSUPPORTED("WSCookieNameMAC")
REPRO_UNSUPPORTED("WSCookieExtraHeaderName")
REPRO_UNSUPPORTED("DisableRequestFilterProcessor")
REPRO_UNSUPPORTED("RequestFilterDefaultNoMatchBehavior")
REPRO_UNSUPPORTED("RequestFilterDefaultDBErrorBehavior")
REPRO_UNSUPPORTED("RequestFilterDatabase")
REPRO_UNSUPPORTED("Routes")
REPRO_UNSUPPORTED("ParallelForkStaticRoutes")
REPRO_UNSUPPORTED("ContinueProcessingAfterRoutesFound")
REPRO_UNSUPPORTED("ChallengeThirdPartiesCallingLocalDomains")
REPRO_UNSUPPORTED("MessageSiloEnabled")
REPRO_UNSUPPORTED("MessageSiloDestFilterRegex")
REPRO_UNSUPPORTED("MessageSiloMimeTypeFilterRegex")
REPRO_UNSUPPORTED("MessageSiloExpirationTime")
REPRO_UNSUPPORTED("MessageSiloAddDateHeader")
REPRO_UNSUPPORTED("MessageSiloMaxContentLength")
REPRO_UNSUPPORTED("MessageSiloSuccessStatusCode")
REPRO_UNSUPPORTED("MessageSiloFilteredMimeTypeStatusCode")
REPRO_UNSUPPORTED("MessageSiloFailureStatusCode")
REPRO_UNSUPPORTED("GeoProximityTargetSorting")
REPRO_UNSUPPORTED("GeoProximityIPv4CityDatabaseFile")
REPRO_UNSUPPORTED("GeoProximityIPv6CityDatabaseFile")
REPRO_UNSUPPORTED("GeoProximityRequestUriFilter")
REPRO_UNSUPPORTED("GeoProximityDefaultDistance")
REPRO_UNSUPPORTED("LoadBalanceEqualDistantTargets")
REPRO_UNSUPPORTED("MySQLServer")
REPRO_UNSUPPORTED("MySQLUser")
REPRO_UNSUPPORTED("MySQLPassword")
REPRO_UNSUPPORTED("MySQLDatabaseName")
REPRO_UNSUPPORTED("MySQLPort")
REPRO_UNSUPPORTED("MySQLCustomUserAuthQuery")
REPRO_UNSUPPORTED("RuntimeMySQLServer")
REPRO_UNSUPPORTED("RuntimeMySQLUser")
REPRO_UNSUPPORTED("RuntimeMySQLPassword")
REPRO_UNSUPPORTED("RuntimeMySQLDatabaseName")
REPRO_UNSUPPORTED("RuntimeMySQLPort")
REPRO_UNSUPPORTED("RequestFilterMySQLServer")
REPRO_UNSUPPORTED("LoggingLevel")
REPRO_UNSUPPORTED("LoggingFilename")
