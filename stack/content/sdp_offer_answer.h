/*
 * Offers and answers (RFC 3264, with the bundling of RFC 9143, which was RFC 8843, and the rtcp-mux of RFC 5761): a program says
 * what it can do, and gets the offer, the answer to an offer, and at the end what its media engine has to know. The state of one
 * session is a value of the caller's; no clock, randomness is handed in. Any thread, one at a time for each session.
 */
#ifndef STACK_CONTENT_SDP_OFFER_ANSWER_H
#define STACK_CONTENT_SDP_OFFER_ANSWER_H

#include "stack/content/sdp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a program can do: all of it lent for the call ------------------------------------------------------------------ */

struct sip_sdp_codec {
	struct sip_str encoding;        /* "opus", "telephone-event", "rtx" (of the codec before it); not RTP: the format itself */
	uint32_t clock;                 /* Hz; not RTP: 0 */
	uint32_t channels;              /* 0: one; of Opus two */
	uint8_t payload;                /* the number to offer; 0: the static one, or one is chosen */
	struct sip_str fmtp;            /* our parameters; empty: none */
	const struct sip_str *feedbacks; /* "nack pli" (RFC 4585) */
	size_t feedback_count;
};

struct sip_sdp_media_capability {
	struct sip_str type;            /* "audio" */
	const struct sip_str *protos;   /* the first one is offered */
	size_t proto_count;
	const struct sip_sdp_codec *codecs; /* the best first */
	size_t codec_count;
	enum sip_sdp_direction direction; /* at most; hold: SIP_SDP_SEND or SIP_SDP_NEITHER */
	struct sip_str address;         /* or name; empty: that of the session */
	uint16_t port;                  /* 0: not now; what was there ends */
	uint16_t rtcp_port;             /* 0: the next one, not said */
	bool has_rtcp_mux;              /* without it RTP is in no bundle (RFC 9143 9.3) */
	bool is_bundle_only;            /* offered without a port of its own */
	struct sip_str mid;             /* empty: kept, or chosen where one is needed */
	/*
	 * Offered, or wanted of what the offer leaves open; ROLE_NONE: no a=setup. In answers the roles of a stream that goes on stay
	 * until the peer has other keys or another tls-id (RFC 8842 5.3).
	 */
	enum sip_sdp_role setup;
	uint32_t ptime, maxptime;       /* ms; 0: not said */
	const struct sip_sdp_bandwidth *bandwidths;
	size_t bandwidth_count;
	/*
	 * Others, as they stand: ICE, fingerprint … In an answer those only that may be there (sdp_attribute_table.h), extmap with
	 * the offer's numbers, crypto with the first tag of the offer whose suite and negotiated parameters are ours. SRTP (RTP/SAVP,
	 * RTP/SAVPF) is answered only where both sides have keys of one kind, and with that kind alone, the first of fingerprint, key-mgmt,
	 * crypto (RFC 8643 3.2), a proto of TLS or DTLS with fingerprint only; without keys of DTLS, RTP over UDP has no a=setup.
	 */
	const struct sip_sdp_attribute *attributes;
	size_t attribute_count;
};

struct sip_sdp_capabilities {
	struct sip_str username;        /* of o=; empty: "-" */
	struct sip_str name;            /* of s=; empty: "-" */
	struct sip_str address;         /* or name; of o= and c= */
	bool has_bundle;
	bool is_our_order;              /* an answer's formats stand as we like them, not as the offerer does (RFC 3264 6.1) */
	const struct sip_sdp_media_capability *media;
	size_t media_count;
	/* Of the session, as those of media: keys and ICE, in an answer where not all sections want them, are said by those that do. */
	const struct sip_sdp_attribute *attributes;
	size_t attribute_count;
};

/* ---- what is wrong with what the peer sent ------------------------------------------------------------------------------- */

enum sip_sdp_trouble_kind {
#define SIP_SDP_TROUBLE(id, weight, text) SIP_SDP_TROUBLE_##id,
#include "stack/content/sdp_trouble_table.h"
#undef SIP_SDP_TROUBLE
	SIP_SDP_TROUBLE_COUNT_OF
};
struct sip_sdp_trouble {
	enum sip_sdp_trouble_kind kind;
	size_t media;                   /* which m= line, counted from 0 */
};
/* The sentence; static text, never NULL. */
const char *sip_sdp_trouble_text(enum sip_sdp_trouble_kind kind);
/* One that a session does not end for. */
bool sip_sdp_trouble_is_mild(enum sip_sdp_trouble_kind kind);
/*
 * Whether the answer fits the offer (RFC 3264 6, RFC 4568 5.1.3, RFC 5888 9.1, RFC 9143 7.3, RFC 5761 5.1.1): OK, INVAL with
 * the first trouble (mild ones last of all: many phones answer sendrecv to sendonly, and some leave out what they refuse), NOMEM.
 * Fewer m= lines than the offer has, or one of another type, are mild (UNANSWERED) where nothing is bundled and a stream is
 * left, more of them never. What the offer had at port 0 need not be answered. Where one of fewer lines lives in the place of what
 * ended, or of another type or mid, they have closed up: each counts for the next of the offer that it can be for. Only
 * sip_sdp_session_take_answer puts such an answer right: sip_sdp_result_make wants a line for each. `trouble` may be NULL.
 */
enum sip_err sip_sdp_answer_check(const struct sip_sdp *offer, const struct sip_sdp *answer,
				  struct sip_sdp_trouble *trouble) SIP_MUST_USE;

/* ---- what was agreed ------------------------------------------------------------------------------------------------------ */

struct sip_sdp_payload {
	struct sip_sdp_rtpmap map;      /* not RTP: the format is its encoding */
	uint8_t send;                   /* the number in packets we send (not RTP: 0) */
	uint8_t receive;                /* … in those we get */
	struct sip_str local_fmtp;      /* what we said we want to get */
	struct sip_str remote_fmtp;
};

/*
 * By which attribute the keys of a stream were agreed: the first of those that both sides have, in the section that says what its
 * transport is. In the answer those of the section go before those of the session.
 */
enum sip_sdp_keys {
	SIP_SDP_KEYS_NONE,
	SIP_SDP_KEYS_FINGERPRINT,       /* DTLS, TLS (RFC 5763, RFC 8122) */
	SIP_SDP_KEYS_KEY_MGMT,          /* MIKEY (RFC 4567) */
	SIP_SDP_KEYS_CRYPTO             /* RFC 4568 */
};

struct sip_sdp_stream { /* one for each m= line */
	const struct sip_sdp_media *local, *remote; /* of the descriptions given */
	bool is_active;                 /* else refused or ended; nothing below counts then */
	enum sip_sdp_direction direction; /* ours */
	size_t transport;               /* the m= line whose addresses count: its own, or that of its bundle */
	struct sip_addr local_rtp, remote_rtp; /* family 0: a name, in the c= lines */
	struct sip_addr local_rtcp, remote_rtcp; /* the same with rtcp-mux */
	bool has_rtcp_mux;
	enum sip_sdp_keys keys;         /* of SRTP, or what else is encrypted; with those RTP/AVP is SRTP as well (RFC 8643) */
	enum sip_sdp_role setup;        /* ours: ACTIVE is the client of DTLS and of TCP; ROLE_NONE: nobody said */
	uint32_t ptime, maxptime;       /* ms, what the peer wants to get; 0: not said */
	struct sip_sdp_payload *payloads; /* those of both, in the order of the answer */
	size_t payload_count;
};
struct sip_sdp_result {
	struct sip_sdp_stream *streams;
	size_t stream_count;
};
/*
 * From the two descriptions of one exchange, as a session has them; the result stands in the arena and on them. NOMEM; INVAL unless of
 * one size, as an answer that leaves lines out is not.
 */
enum sip_err sip_sdp_result_make(struct sip_arena *arena, const struct sip_sdp *local, const struct sip_sdp *remote,
				 bool is_answer_ours, struct sip_sdp_result **out) SIP_MUST_USE;

/* ---- a session ------------------------------------------------------------------------------------------------------------ */

enum sip_sdp_turn { SIP_SDP_IDLE, SIP_SDP_OFFER_SENT, SIP_SDP_OFFER_TAKEN };
struct sip_sdp_session {
	uint64_t id, version;           /* of our o= */
	enum sip_sdp_turn turn;
	bool is_answer_ours;            /* of the last exchange that was agreed */
	struct sip_buf local, remote;   /* owned: as agreed; empty: nothing was yet */
	struct sip_buf offer;           /* owned: what waits for its answer */
	struct sip_buf sent;            /* owned: our last description, agreed or not */
	struct sip_buf numbers;         /* owned: what payload numbers have meant while streams last; at most 64 KiB */
	uint32_t mid;                   /* the next to give: none is given twice */
	struct sip_buf ports, offer_ports; /* owned: of what of ours stands in each m= line, as agreed, and of our open offer */
};
void sip_sdp_session_init(struct sip_sdp_session *s, struct sip_rand *rand);
void sip_sdp_session_fini(struct sip_sdp_session *s);
/* For a fork: another dialog that answers the same offer. `to` is uninitialised before, and after NOMEM. */
enum sip_err sip_sdp_session_copy(struct sip_sdp_session *to, const struct sip_sdp_session *from) SIP_MUST_USE;

/*
 * Our offer, the first or the next one (RFC 3264 5, 8): m= lines keep their places, those that end stay with port 0, their places
 * are used again; payload numbers keep their meaning; the version goes up only when something changed. What the session holds of
 * itself and what it gives are apart: *offer lives as long as the arena. STATE when an offer is open, INVAL when the capabilities
 * hold what no SDP can, a mid twice, or media without a codec, NOMEM.
 */
enum sip_err sip_sdp_session_offer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
				   struct sip_sdp **offer) SIP_MUST_USE;
/*
 * The peer's offer; INVAL with the trouble when it has fewer m= lines than were agreed (RFC 3264 8; those that were refused may be
 * missing at the end, those that had ended before what goes on may not, even where the peer's answer had closed up), or one mid twice
 * (RFC 5888 4). STATE, NOMEM.
 */
enum sip_err sip_sdp_session_take_offer(struct sip_sdp_session *s, const struct sip_sdp *offer,
					struct sip_sdp_trouble *trouble) SIP_MUST_USE;
/*
 * Our answer to it (RFC 3264 6), which is the agreement then. UNSUPPORTED: nothing of what was offered is possible, or some of
 * an agreed bundle, but not the section on whose transport it goes on (RFC 9143 7.3.3): say 488; the offer stays open until
 * sip_sdp_session_refuse. What was bundled stays so, or is refused, has_bundle or not (7.3.2). STATE, INVAL, NOMEM.
 */
enum sip_err sip_sdp_session_answer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
				    struct sip_sdp **answer) SIP_MUST_USE;
/*
 * The peer's answer to ours. INVAL with the trouble, but what is mild is only told: a wrong direction is clipped, what is unanswered
 * counts as refused. The arena is used on the way.
 */
enum sip_err sip_sdp_session_take_answer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp *answer,
					 struct sip_sdp_trouble *trouble) SIP_MUST_USE;
/* The open offer, ours or the peer's, was refused: as it was before (RFC 3264 8, RFC 3261 14.1). */
void sip_sdp_session_refuse(struct sip_sdp_session *s);
/* What was agreed last; NOTFOUND before the first time. NOMEM. */
enum sip_err sip_sdp_session_result(const struct sip_sdp_session *s, struct sip_arena *arena,
				    struct sip_sdp_result **out) SIP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
