/*
 * Flow tokens (RFC 5626 5.2): a flow named in the user part of our Path and Record-Route. A token says which process and which of its
 * flows, under an HMAC of this process's key. Flows that have one are kept in a bounded table until they are gone. Any thread.
 */
#ifndef REPRO_PROXY_FLOW_TOKEN_H
#define REPRO_PROXY_FLOW_TOKEN_H

#include "stack/transport/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_flow_tokens; /* counted */

#define REPRO_FLOW_TOKENS_MAX 200000 /* flows with a token at a time, where nothing else is said */
#define REPRO_FLOW_TOKEN_LEN 69      /* characters of one */

/* The key comes from `rand`, used only now. 0 flows: as above. NOMEM, UNSUPPORTED. */
enum sip_err repro_flow_tokens_create(struct sip_rand *rand, size_t flows_max, struct repro_flow_tokens **out) SIP_MUST_USE;
void repro_flow_tokens_ref(struct repro_flow_tokens *t);
void repro_flow_tokens_unref(struct repro_flow_tokens **t);

/* CLOSED: the flow is gone. FULL, NOMEM. */
enum sip_err repro_flow_token_put(struct repro_flow_tokens *t, struct sip_flow *f, struct sip_buf *b) SIP_MUST_USE;
/* Clients of this kind cannot be connected to, as a rule: they are reached by the connection they made, or not at all. */
bool repro_flow_token_is_due(enum sip_transport_kind kind);
/* Does this user part claim to be one? */
bool repro_flow_token_is(struct sip_str user);
/* The flow, with a reference for the caller. SYNTAX: forged, or broken. CLOSED: the flow is gone, perhaps with the process it was of. */
enum sip_err repro_flow_token_read(struct repro_flow_tokens *t, struct sip_str user, struct sip_flow **out) SIP_MUST_USE;
/* The flow is gone: its tokens lead nowhere. */
void repro_flow_tokens_forget(struct repro_flow_tokens *t, const struct sip_flow *f);

#ifdef __cplusplus
}
#endif
#endif
