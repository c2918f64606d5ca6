/*
 * Flow tokens (RFC 5626 5.2): a flow named in the user part of our Path and Record-Route. A token says which process and which of its
 * flows, or of UDP which two addresses, under an HMAC; with its key another process can go on with those of UDP. Flows that have
 * one are kept in a bounded table until they are gone. Any thread.
 */
#ifndef REPRO_PROXY_FLOW_TOKEN_H
#define REPRO_PROXY_FLOW_TOKEN_H

#include "stack/transport/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct repro_flow_tokens; /* counted */

#define REPRO_FLOW_TOKENS_MAX 200000 /* flows with a token at a time, where nothing else is said */
#define REPRO_FLOW_TOKEN_MAX 145     /* characters of one, at most */

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
struct repro_flow_ends { /* a flow of UDP */
	struct sip_addr local, remote;
};
/*
 * The flow, with a reference for the caller. SYNTAX: forged, or broken. CLOSED: the flow is gone, perhaps with the process it was of.
 * NOTFOUND: of UDP, and good, but not in the table: it is the flow between `ends`, filled in then, to be made and kept.
 */
enum sip_err repro_flow_token_read(struct repro_flow_tokens *t, struct sip_str user, struct sip_flow **out,
				   struct repro_flow_ends *ends) SIP_MUST_USE;
/* As if it had a token already. CLOSED, FULL, NOMEM. */
enum sip_err repro_flow_token_keep(struct repro_flow_tokens *t, struct sip_flow *f) SIP_MUST_USE;
/* Is it of a connection that this process alone has, and that is open? */
bool repro_flow_token_is_here(struct repro_flow_tokens *t, struct sip_str user);
/* The key, for the process that takes over; there before any token is put or read. SYNTAX. */
void repro_flow_tokens_put_secret(const struct repro_flow_tokens *t, struct sip_buf *b);
enum sip_err repro_flow_tokens_take_secret(struct repro_flow_tokens *t, struct sip_str secret) SIP_MUST_USE;
/* The flow is gone: its tokens lead nowhere. */
void repro_flow_tokens_forget(struct repro_flow_tokens *t, const struct sip_flow *f);

#ifdef __cplusplus
}
#endif
#endif
