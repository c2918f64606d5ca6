/*
 * FUZZ_TARGET(name, turn, what its bytes are). Those of one turn are fuzzed together, for they share a parser; with no turn they
 * are not of the message layer, and wait for whoever asks for them.
 */
FUZZ_TARGET(datagram, "datagram", "one datagram: framed, checked, touched, edited, answered, encoded, read again")
FUZZ_TARGET(stream, "stream", "a count of pieces, their lengths, then a stream: whole and in pieces the same messages")
FUZZ_TARGET(edit, "edit", "edits of a message: see fuzz_edit.c")
FUZZ_TARGET(embed, "embed", "a URI, whose headers go into a request")
FUZZ_TARGET(uri, "uri", "two URIs, a line feed between them: parsed, compared, hashed, written")
FUZZ_TARGET(params, "params", "parameters, as behind URIs and values, in challenges, and in lists")
FUZZ_TARGET(sdp, "sdp", "a session description: written again, answered, taken as an answer")
FUZZ_TARGET(content, "content", "a Content-Type line, then a body of it")
FUZZ_TARGET(registry, "content", "types of a program's own, an empty line, then as content")
/* Each grammar of a header's value, by the form it is read into. */
#define SIP_VALUE_PLAIN(id, what) FUZZ_TARGET(value_##id, "plain value", what)
#define SIP_VALUE(id, form, parse, commas, what) FUZZ_TARGET(value_##id, #form, what)
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN
/* Each type of a body that is read; before those that have parameters stands a line of them. By what they look like. */
#define SIP_CONTENT(id, type, subtype, stem, rfc) FUZZ_TARGET(content_##id, type "/" subtype, "a body")
#define SIP_CONTENT_PARAMS(id, type, subtype, stem, rfc) FUZZ_TARGET(content_##id, type "/" subtype, "parameters, line feed, a body")
#define SIP_CONTENT_BYTES(id, type, subtype, rfc)
#include "stack/content/content_table.h"
#undef SIP_CONTENT
#undef SIP_CONTENT_PARAMS
#undef SIP_CONTENT_BYTES

FUZZ_TARGET(dns, "", "a type and a name server's answer")
FUZZ_TARGET(auth, "", "credentials or a challenge")
FUZZ_TARGET(settings, "", "a settings file")
FUZZ_TARGET(branch, "", "a message, for its branch and its shard")
FUZZ_TARGET(hep, "", "a captured message, as HEP and as packets: see fuzz_hep.c")
FUZZ_TARGET(transaction, "", "events for a stack: four bytes each")
FUZZ_TARGET(proxy, "", "deeds against a repro: see fuzz_proxy.c")
FUZZ_TARGET(proxy_protocol, "", "what a load balancer says before everything else")
FUZZ_TARGET(ws, "", "how and a length of pieces, then bytes for a WebSocket: whole and in pieces the same")
FUZZ_TARGET(tls, "", "a stage, then pieces of a stream for a TLS server: see fuzz_tls.c")
FUZZ_TARGET(dtls, "", "the same, datagrams for a DTLS server")
FUZZ_TARGET(stun, "", "a STUN message, and what is answered to it")
