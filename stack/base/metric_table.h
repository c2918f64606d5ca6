/* Everything libstack counts, once. Rows of one name stand together. Rows only, no guard. */
SIP_METRIC(RX_UDP, COUNTER, "sip_messages_received_total", "transport=\"udp\"",
	   "SIP messages that came in, by transport.")
SIP_METRIC(RX_TCP, COUNTER, "sip_messages_received_total", "transport=\"tcp\"", "")
SIP_METRIC(RX_MEMORY, COUNTER, "sip_messages_received_total", "transport=\"memory\"", "")
SIP_METRIC(TX_UDP, COUNTER, "sip_messages_sent_total", "transport=\"udp\"",
	   "SIP messages handed to the network, by transport.")
SIP_METRIC(TX_TCP, COUNTER, "sip_messages_sent_total", "transport=\"tcp\"", "")
SIP_METRIC(TX_MEMORY, COUNTER, "sip_messages_sent_total", "transport=\"memory\"", "")
SIP_METRIC(RX_REQUESTS, COUNTER, "sip_requests_received_total", "", "Requests that passed the door.")
SIP_METRIC(RX_RESPONSES, COUNTER, "sip_responses_received_total", "", "Responses that passed the door.")
SIP_METRIC(RX_KEEPALIVE, COUNTER, "sip_keepalives_received_total", "",
	   "Keep-alives that came in, and answers to ours: CRLFs and STUN (RFC 5626 4.4).")
SIP_METRIC(DROP_MALFORMED, COUNTER, "sip_messages_dropped_total", "reason=\"malformed\"",
	   "Messages dropped without an answer, by reason.")
SIP_METRIC(DROP_STRAY, COUNTER, "sip_messages_dropped_total", "reason=\"stray\"", "")
SIP_METRIC(DROP_OVERLOAD, COUNTER, "sip_messages_dropped_total", "reason=\"overload\"", "")
SIP_METRIC(DROP_NOMEM, COUNTER, "sip_messages_dropped_total", "reason=\"nomem\"", "")
SIP_METRIC(DROP_QUEUE, COUNTER, "sip_messages_dropped_total", "reason=\"send_queue\"", "")
SIP_METRIC(DROP_ERROR, COUNTER, "sip_messages_dropped_total", "reason=\"send_error\"", "")
SIP_METRIC(DROP_RATE, COUNTER, "sip_messages_dropped_total", "reason=\"rate\"", "")
SIP_METRIC(DROP_BANNED, COUNTER, "sip_messages_dropped_total", "reason=\"banned\"", "")
SIP_METRIC(DROP_FENCED, COUNTER, "sip_messages_dropped_total", "reason=\"fence\"", "")
SIP_METRIC(DROP_SCANNER, COUNTER, "sip_messages_dropped_total", "reason=\"scanner\"", "")
SIP_METRIC(DROP_HAND_OVER, COUNTER, "sip_messages_dropped_total", "reason=\"hand_over\"", "")
SIP_METRIC(DROP_RCVBUF, COUNTER, "sip_messages_dropped_total", "reason=\"receive_buffer\"", "")
SIP_METRIC(GIVEN, COUNTER, "sip_hand_over_datagrams_total", "way=\"given\"",
	   "Datagrams that came to one process and were for another, by way.")
SIP_METRIC(TAKEN, COUNTER, "sip_hand_over_datagrams_total", "way=\"taken\"", "")
SIP_METRIC(ANSWERED_INVALID, COUNTER, "sip_stateless_replies_total", "why=\"invalid\"",
	   "Requests answered without a transaction, by why.")
SIP_METRIC(ANSWERED_OVERLOAD, COUNTER, "sip_stateless_replies_total", "why=\"overload\"", "")
SIP_METRIC(ANSWERED_NOUSER, COUNTER, "sip_stateless_replies_total", "why=\"no_user\"", "")
SIP_METRIC(CONNECTIONS, GAUGE, "sip_connections", "", "Stream connections and DTLS associations, open or being opened.")
SIP_METRIC(CONNECTIONS_IN, COUNTER, "sip_connections_total", "direction=\"in\"",
	   "Stream connections and DTLS associations ever made, by direction.")
SIP_METRIC(CONNECTIONS_OUT, COUNTER, "sip_connections_total", "direction=\"out\"", "")
SIP_METRIC(CONNECTIONS_EVICTED, COUNTER, "sip_connections_evicted_total", "",
	   "Connections closed as the least used to make room.")
SIP_METRIC(CONNECTIONS_SLOW, COUNTER, "sip_connections_slow_total", "",
	   "Connections closed because the peer did not read.")
SIP_METRIC(REFUSED_BANNED, COUNTER, "sip_connections_refused_total", "reason=\"banned\"",
	   "Connections closed at once because of where they came from, by reason.")
SIP_METRIC(REFUSED_RATE, COUNTER, "sip_connections_refused_total", "reason=\"rate\"", "")
SIP_METRIC(REFUSED_SOURCE, COUNTER, "sip_connections_refused_total", "reason=\"per_source\"", "")
SIP_METRIC(REFUSED_PROXY, COUNTER, "sip_connections_refused_total", "reason=\"proxy_header\"", "")
SIP_METRIC(BANNED, GAUGE, "sip_banned_sources", "", "Sources that are banned now, on each transport loop.")
SIP_METRIC(BANS, COUNTER, "sip_bans_total", "", "Bans ever made.")
SIP_METRIC(TLS_UP, COUNTER, "sip_tls_handshakes_total", "result=\"up\"", "TLS and DTLS handshakes, and how they ended.")
SIP_METRIC(TLS_FAILED, COUNTER, "sip_tls_handshakes_total", "result=\"failed\"", "")
SIP_METRIC(CONNECTIONS_UNFRAMED, COUNTER, "sip_connections_unframed_total", "",
	   "Connections closed because the stream could not be framed.")
SIP_METRIC(FLOWS, GAUGE, "sip_flows", "", "Flows alive.")
SIP_METRIC(FLOWS_EVICTED, COUNTER, "sip_flows_evicted_total", "", "Flows of datagrams forgotten as the least used to make room.")
SIP_METRIC(CLIENT_TRANSACTIONS, GAUGE, "sip_transactions", "role=\"client\"", "Transactions alive, by role.")
SIP_METRIC(SERVER_TRANSACTIONS, GAUGE, "sip_transactions", "role=\"server\"", "")
SIP_METRIC(CLIENT_TRANSACTIONS_TOTAL, COUNTER, "sip_transactions_total", "role=\"client\"",
	   "Transactions ever made, by role.")
SIP_METRIC(SERVER_TRANSACTIONS_TOTAL, COUNTER, "sip_transactions_total", "role=\"server\"", "")
SIP_METRIC(RETRANSMIT_SENT, COUNTER, "sip_retransmissions_total", "direction=\"sent\"",
	   "Messages sent again, and received again.")
SIP_METRIC(RETRANSMIT_RECEIVED, COUNTER, "sip_retransmissions_total", "direction=\"received\"", "")
SIP_METRIC(TRANSACTION_TIMEOUTS, COUNTER, "sip_transaction_timeouts_total", "",
	   "Client transactions that ended by timer B or F.")
SIP_METRIC(TRANSPORT_FAILURES, COUNTER, "sip_transport_failures_total", "",
	   "Sends that the transport reported as failed.")
SIP_METRIC(FAILOVERS, COUNTER, "sip_failovers_total", "", "Requests that went to a further target (RFC 3263 4.3).")
SIP_METRIC(UNLISTED, COUNTER, "sip_unlisted_transitions_total", "", "Events that a machine had no row for.")
SIP_METRIC(TX_COLLISIONS, COUNTER, "sip_merged_requests_total", "", "Requests that had come by another way before (RFC 3261 8.2.2.2).")
SIP_METRIC(DNS_QUERIES, COUNTER, "sip_dns_queries_total", "", "Questions sent to name servers.")
SIP_METRIC(DNS_HITS, COUNTER, "sip_dns_cache_hits_total", "", "Questions answered from the cache.")
SIP_METRIC(DNS_FAILURES, COUNTER, "sip_dns_failures_total", "", "Questions that ended without an answer.")
SIP_METRIC(DNS_CUT, COUNTER, "sip_dns_answers_cut_total", "", "Answers with more records than are kept.")
SIP_METRIC(DNS_CACHE, GAUGE, "sip_dns_cache_entries", "", "Record sets in the cache.")
SIP_METRIC(DNS_MICROSECONDS, HISTOGRAM, "sip_dns_query_microseconds", "", "How long name servers took.")
SIP_METRIC(FIFO_REFUSED, COUNTER, "sip_fifo_refused_total", "", "Posts refused because a FIFO was full.")
SIP_METRIC(FIFO_DEPTH, GAUGE, "sip_fifo_depth", "", "Messages and events that wait in FIFOs.")
SIP_METRIC(FIFO_AGE_MICROSECONDS, HISTOGRAM, "sip_fifo_age_microseconds", "",
	   "How old the head of a FIFO was when its batch was taken.")
SIP_METRIC(LOOP_TURNS, COUNTER, "sip_loop_turns_total", "", "Turns of event loops.")
SIP_METRIC(LOOP_WAKES, COUNTER, "sip_loop_wakes_total", "", "Sleeping loops that another thread woke.")
SIP_METRIC(CAPTURED, COUNTER, "sip_capture_messages_total", "", "Messages taken by captures, once for each capture.")
SIP_METRIC(CAPTURE_DROP_QUEUE, COUNTER, "sip_capture_dropped_total", "before=\"queue\"",
	   "Messages that captures lost, by what had no room for them.")
SIP_METRIC(CAPTURE_DROP_COLLECTOR, COUNTER, "sip_capture_dropped_total", "before=\"collector\"", "")
SIP_METRIC(CAPTURE_DROP_FILE, COUNTER, "sip_capture_dropped_total", "before=\"file\"", "")
SIP_METRIC(CAPTURE_CUT, COUNTER, "sip_capture_cut_total", "", "Messages too long for a HEP packet, sent without their end.")
SIP_METRIC(CAPTURE_NAME_ERRORS, COUNTER, "sip_capture_errors_total", "of=\"name\"",
	   "What failed for captures: finding the collector, reaching it, writing the file.")
SIP_METRIC(CAPTURE_COLLECTOR_ERRORS, COUNTER, "sip_capture_errors_total", "of=\"collector\"", "")
SIP_METRIC(CAPTURE_FILE_ERRORS, COUNTER, "sip_capture_errors_total", "of=\"file\"", "")
