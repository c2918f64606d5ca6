/*
 * Types of bodies. SIP_CONTENT: sip_STEM_parse reads it, sip_STEM_put writes it; _PARAMS: the parameters of Content-Type as well, and
 * sip_STEM_put_type; _BYTES: it is carried as it is. Rows only, no guard.
 */
/*          id            type           subtype                            stem      rfc (0: none) */
SIP_CONTENT_PARAMS(PLAIN, "text", "plain", plain, 2046)
SIP_CONTENT_BYTES(OCTETS, "application", "octet-stream", 2046)
SIP_CONTENT_PARAMS(MULTIPART, "multipart", "*", multipart, 2046)
SIP_CONTENT_BYTES(PKCS7_MIME, "application", "pkcs7-mime", 8551)
SIP_CONTENT_BYTES(PKCS7_SIGNATURE, "application", "pkcs7-signature", 8551)
SIP_CONTENT(SDP, "application", "sdp", sdp, 8866)
SIP_CONTENT(SIPFRAG, "message", "sipfrag", sipfrag, 3420)
SIP_CONTENT(SIP, "message", "sip", sipfrag, 3261)
SIP_CONTENT(MESSAGE_SUMMARY, "application", "simple-message-summary", message_summary, 3842)
SIP_CONTENT(CPIM, "message", "cpim", cpim, 3862)
SIP_CONTENT_PARAMS(EXTERNAL_BODY, "message", "external-body", external_body, 4483)
SIP_CONTENT(ICE_SDPFRAG, "application", "trickle-ice-sdpfrag", ice_sdpfrag, 8840)
SIP_CONTENT(DTMF, "application", "dtmf", dtmf, 0)
SIP_CONTENT(DTMF_RELAY, "application", "dtmf-relay", dtmf_relay, 0)
SIP_CONTENT_BYTES(MEDIA_CONTROL, "application", "media_control+xml", 5168)
SIP_CONTENT(PIDF, "application", "pidf+xml", pidf, 3863)
SIP_CONTENT(DIALOG_INFO, "application", "dialog-info+xml", dialog_info, 4235)
SIP_CONTENT(REGINFO, "application", "reginfo+xml", reginfo, 3680)
SIP_CONTENT(RESOURCE_LISTS, "application", "resource-lists+xml", resource_lists, 4826)
SIP_CONTENT(RLMI, "application", "rlmi+xml", rlmi, 4662)
SIP_CONTENT(WATCHERINFO, "application", "watcherinfo+xml", watcherinfo, 3858)
SIP_CONTENT(CONFERENCE_INFO, "application", "conference-info+xml", conference_info, 4575)
