/*
 * A session's offers and answers, one after the other: keeps what was agreed, as text, and what waits for its answer. A value of
 * the caller's; one thread at a time. RFC 3264 4, 5, 8.
 */
#include "stack/content/sdp_priv.h"

void sip_sdp_session_init(struct sip_sdp_session *s, struct sip_rand *rand)
{
	*s = (struct sip_sdp_session){ .turn = SIP_SDP_IDLE };
	/* Peers keep it in 32 bits as often as in 64, with a sign. */
	s->id = sip_rand_u64(rand) >> 33;
	s->version = 1;
	sip_buf_init(&s->local, 0);
	sip_buf_init(&s->remote, 0);
	sip_buf_init(&s->offer, 0);
	sip_buf_init(&s->sent, 0);
	sip_buf_init(&s->numbers, 0);
	sip_buf_init(&s->ports, 0);
	sip_buf_init(&s->offer_ports, 0);
}

void sip_sdp_session_fini(struct sip_sdp_session *s)
{
	sip_buf_fini(&s->local);
	sip_buf_fini(&s->remote);
	sip_buf_fini(&s->offer);
	sip_buf_fini(&s->sent);
	sip_buf_fini(&s->numbers);
	sip_buf_fini(&s->ports);
	sip_buf_fini(&s->offer_ports);
}

static enum sip_err copy_text(struct sip_buf *to, const struct sip_buf *from)
{
	sip_buf_init(to, 0);
	sip_buf_put_str(to, sip_buf_str(from));
	return to->err;
}

enum sip_err sip_sdp_session_copy(struct sip_sdp_session *to, const struct sip_sdp_session *from)
{
	enum sip_err err[7];

	*to = *from;
	err[0] = copy_text(&to->local, &from->local);
	err[1] = copy_text(&to->remote, &from->remote);
	err[2] = copy_text(&to->offer, &from->offer);
	err[3] = copy_text(&to->sent, &from->sent);
	err[4] = copy_text(&to->numbers, &from->numbers);
	err[5] = copy_text(&to->ports, &from->ports);
	err[6] = copy_text(&to->offer_ports, &from->offer_ports);
	for (unsigned i = 0; i < SIP_COUNTOF(err); i++) {
		if (err[i] == SIP_OK)
			continue;
		sip_sdp_session_fini(to);
		return err[i];
	}
	return SIP_OK;
}

/* ---- texts ------------------------------------------------------------------------------------------------------------------- */

static void move_text(struct sip_buf *to, struct sip_buf *from)
{
	sip_buf_fini(to);
	*to = *from;
	sip_buf_init(from, 0);
}

/* From a text of ours, which may be larger than what a stranger may send. */
static enum sip_err read_text(struct sip_arena *arena, const struct sip_buf *text, struct sip_sdp **out)
{
	static const struct sip_content_limits limits = { .bytes = SIZE_MAX, .parts = UINT32_MAX, .depth = 1 };
	struct sip_str copy = sip_arena_str(arena, sip_buf_str(text));

	*out = NULL;
	return copy.p ? sip_sdp_parse(arena, copy, &limits, out) : SIP_E_NOMEM;
}

static uint16_t port_next(struct sip_str *ports)
{
	uint16_t port;

	return sip__sdp_take_port(ports, &port) ? port : 0;
}

static enum sip_err read_past(const struct sip_sdp_session *s, struct sip_arena *arena, struct sip__sdp_past *past)
{
	struct sip_str ports = sip_buf_str(&s->ports);

	*past = (struct sip__sdp_past){ .is_answer_ours = s->is_answer_ours, .mid = s->mid, .numbers = sip_buf_str(&s->numbers) };
	if (s->local.len == 0)
		return SIP_OK;
	enum sip_err err = read_text(arena, &s->local, &past->local);
	if (err == SIP_OK)
		err = read_text(arena, &s->remote, &past->remote);
	if (err != SIP_OK)
		return err;
	past->ports = sip_arena_alloc(arena, past->local->media_count * sizeof *past->ports);
	for (size_t i = 0; past->ports && i < past->local->media_count; i++)
		past->ports[i] = port_next(&ports);
	return past->ports ? SIP_OK : SIP_E_NOMEM;
}

static enum sip_err write_ports(const struct sip__sdp_maker *k, struct sip_buf *ports)
{
	for (size_t i = 0; i < k->plan_count; i++)
		sip_buf_putf(ports, "%u ", k->plans[i].capability ? (unsigned)k->plans[i].capability->port : 0);
	return ports->err;
}

static enum sip_err write_text(struct sip__sdp_maker *k, uint64_t id, uint64_t version, struct sip_buf *text)
{
	const struct sip_sdp *sdp = sip__sdp_maker_make(k, id, version);

	sip_buf_clear(text);
	if (!sdp)
		return k->err;
	sip_sdp_put(text, sdp);
	return text->err;
}

/*
 * What the plans make, under the version it has to have (RFC 3264 8): that of our last one when the two are the same. On success
 * *text is the caller's, and read again into the arena: so nothing it gives stands on the session.
 */
static enum sip_err write_description(struct sip_sdp_session *s, struct sip__sdp_maker *k, uint64_t *version, struct sip_buf *text,
				      struct sip_sdp **out)
{
	enum sip_err err = k->err == SIP_OK ? write_text(k, s->id, s->version, text) : k->err;

	*version = s->version;
	if (err == SIP_OK && s->sent.len > 0 && !sip_str_eq(sip_buf_str(text), sip_buf_str(&s->sent))) {
		++*version;
		err = write_text(k, s->id, *version, text);
	}
	return err == SIP_OK ? read_text(k->arena, text, out) : err;
}

/* ---- a step: all that a session becomes by it, made before anything of it is changed ----------------------------------------- */

enum { MID_MAX = 1 << 24 }; /* a peer's that is higher does not lift ours */
struct step {
	struct sip_buf text, sent, ports, numbers;
};

static void step_init(struct step *step)
{
	sip_buf_init(&step->text, 0);
	sip_buf_init(&step->sent, 0);
	sip_buf_init(&step->ports, 0);
	sip_buf_init(&step->numbers, 0);
}

static void step_fini(struct step *step)
{
	sip_buf_fini(&step->text);
	sip_buf_fini(&step->sent);
	sip_buf_fini(&step->ports);
	sip_buf_fini(&step->numbers);
}

static enum sip_err note_numbers(struct step *step, const struct sip_sdp_session *s, const struct sip_sdp *sdp)
{
	sip_buf_put_str(&step->numbers, sip_buf_str(&s->numbers));
	sip__sdp_numbers_note(&step->numbers, sdp);
	return step->numbers.err;
}

/* What is ours: the text stands in step->text. */
static enum sip_err finish_ours(struct step *step, const struct sip_sdp_session *s, const struct sip__sdp_maker *k,
				const struct sip_sdp *sdp)
{
	enum sip_err err = write_ports(k, &step->ports);

	if (err == SIP_OK)
		err = note_numbers(step, s, sdp);
	return err == SIP_OK ? copy_text(&step->sent, &step->text) : err;
}

/* Agreed: what ended means nothing any more, and its mid is not given again. */
static void finish_exchange(struct sip_sdp_session *s, struct step *step, const struct sip_sdp *sdp)
{
	uint32_t mid;

	for (size_t i = 0; i < sdp->media_count; i++)
		if (sip_str_to_u32(sip__sdp_mid_of(&sdp->media[i]), MID_MAX, &mid) == SIP_OK && mid >= s->mid)
			s->mid = mid + 1;
	move_text(&s->ports, &step->ports);
	move_text(&s->numbers, &step->numbers);
	sip__sdp_numbers_forget(&s->numbers, sip_buf_str(&s->ports));
}

/* ---- our offer --------------------------------------------------------------------------------------------------------------- */

static enum sip_err make_offer(struct sip_sdp_session *s, struct sip__sdp_maker *k, uint64_t *version, struct sip_buf *text,
			       struct sip_sdp **out)
{
	enum sip_err err = read_past(s, k->arena, &k->past);

	if (err != SIP_OK)
		return err;
	sip__sdp_plan_offer(k);
	return write_description(s, k, version, text, out);
}

enum sip_err sip_sdp_session_offer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
				   struct sip_sdp **offer)
{
	struct sip__sdp_maker k;
	struct step step;
	uint64_t version = 0;

	*offer = NULL;
	if (s->turn != SIP_SDP_IDLE)
		return SIP_E_STATE;
	step_init(&step);
	sip__sdp_maker_init(&k, arena, can);
	enum sip_err err = make_offer(s, &k, &version, &step.text, offer);
	if (err == SIP_OK)
		err = finish_ours(&step, s, &k, *offer);
	sip__sdp_maker_fini(&k);
	if (err == SIP_OK) {
		s->version = version;
		s->turn = SIP_SDP_OFFER_SENT;
		move_text(&s->sent, &step.sent);
		move_text(&s->offer, &step.text);
		move_text(&s->offer_ports, &step.ports);
		move_text(&s->numbers, &step.numbers);
	} else {
		*offer = NULL;
	}
	step_fini(&step);
	return err;
}

/* ---- the peer's offer and our answer ----------------------------------------------------------------------------------------- */

/*
 * How many m= lines a next offer has at least (RFC 3264 8), up to the last of those that were agreed: whoever left out of an answer
 * what it refused leaves it out of its offers too.
 */
static size_t count_agreed(const struct sip_sdp_session *s)
{
	struct sip_str ports = sip_buf_str(&s->ports);
	size_t agreed = 0;
	uint16_t port;

	for (size_t n = 1; sip__sdp_take_port(&ports, &port); n++)
		if (port != 0)
			agreed = n;
	return agreed;
}

static enum sip_err check_offer(const struct sip_sdp_session *s, const struct sip_sdp *offer, struct sip_sdp_trouble *found)
{
	if (offer->media_count < count_agreed(s))
		found->kind = SIP_SDP_TROUBLE_COUNT;
	return sip__sdp_mids_check(offer, found);
}

enum sip_err sip_sdp_session_take_offer(struct sip_sdp_session *s, const struct sip_sdp *offer, struct sip_sdp_trouble *trouble)
{
	struct sip_sdp_trouble found = { SIP_SDP_TROUBLE_NONE, 0 };
	struct step step;

	if (trouble)
		*trouble = found;
	if (s->turn != SIP_SDP_IDLE)
		return SIP_E_STATE;
	enum sip_err err = check_offer(s, offer, &found);
	if (trouble)
		*trouble = found;
	if (err != SIP_OK || found.kind != SIP_SDP_TROUBLE_NONE)
		return err != SIP_OK ? err : SIP_E_INVAL;
	step_init(&step);
	sip_sdp_put(&step.text, offer);
	err = step.text.err == SIP_OK ? note_numbers(&step, s, offer) : step.text.err;
	if (err == SIP_OK) {
		move_text(&s->offer, &step.text);
		move_text(&s->numbers, &step.numbers);
		s->turn = SIP_SDP_OFFER_TAKEN;
	}
	step_fini(&step);
	return err;
}

static bool is_any_live(const struct sip_sdp *sdp)
{
	for (size_t i = 0; i < sdp->media_count; i++)
		if (sip__sdp_is_live(&sdp->media[i]))
			return true;
	return false;
}

static enum sip_err make_answer(struct sip_sdp_session *s, struct sip__sdp_maker *k, uint64_t *version, struct sip_buf *text,
				struct sip_sdp **out)
{
	struct sip_sdp *offer;
	enum sip_err err = read_past(s, k->arena, &k->past);

	if (err == SIP_OK)
		err = read_text(k->arena, &s->offer, &offer);
	if (err != SIP_OK)
		return err;
	sip__sdp_plan_answer(k, offer);
	err = write_description(s, k, version, text, out);
	return err == SIP_OK && is_any_live(offer) && !is_any_live(*out) ? SIP_E_UNSUPPORTED : err;
}

enum sip_err sip_sdp_session_answer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp_capabilities *can,
				    struct sip_sdp **answer)
{
	struct sip__sdp_maker k;
	struct step step;
	uint64_t version = 0;

	*answer = NULL;
	if (s->turn != SIP_SDP_OFFER_TAKEN)
		return SIP_E_STATE;
	step_init(&step);
	sip__sdp_maker_init(&k, arena, can);
	enum sip_err err = make_answer(s, &k, &version, &step.text, answer);
	if (err == SIP_OK)
		err = finish_ours(&step, s, &k, *answer);
	sip__sdp_maker_fini(&k);
	if (err == SIP_OK) {
		s->version = version;
		s->turn = SIP_SDP_IDLE;
		s->is_answer_ours = true;
		move_text(&s->sent, &step.sent);
		move_text(&s->local, &step.text);
		move_text(&s->remote, &s->offer);
		finish_exchange(s, &step, *answer);
	} else {
		*answer = NULL;
	}
	step_fini(&step);
	return err;
}

/* ---- the peer's answer ------------------------------------------------------------------------------------------------------- */

/* Those of the offer, but where the answer refuses. */
static enum sip_err write_ports_answered(const struct sip_buf *offered, const struct sip_sdp *answer, struct sip_buf *ports)
{
	struct sip_str rest = sip_buf_str(offered);

	for (size_t i = 0; i < answer->media_count; i++) {
		unsigned port = port_next(&rest);
		sip_buf_putf(ports, "%u ", sip__sdp_is_live(&answer->media[i]) ? port : 0);
	}
	return ports->err;
}

/* With a line for each of the offer, of its type: what has none is refused. */
static enum sip_err complete(struct sip_arena *arena, const struct sip_sdp *offer, const struct sip_sdp *answer, struct sip_sdp *whole)
{
	struct sip__sdp_pairing pairing = sip__sdp_pairing_of(offer, answer);

	*whole = *answer;
	whole->media = sip_arena_alloc_zero(arena, offer->media_count * sizeof *whole->media);
	if (!whole->media)
		return SIP_E_NOMEM;
	whole->media_count = offer->media_count;
	for (size_t i = 0; i < offer->media_count; i++) {
		whole->media[i].type = offer->media[i].type;
		whole->media[i].proto = offer->media[i].proto;
		size_t at = sip__sdp_pairing_next(&pairing);
		if (at < answer->media_count)
			whole->media[i] = answer->media[at];
	}
	return SIP_OK;
}

enum sip_err sip_sdp_session_take_answer(struct sip_sdp_session *s, struct sip_arena *arena, const struct sip_sdp *answer,
					 struct sip_sdp_trouble *trouble)
{
	struct sip_sdp_trouble found = { SIP_SDP_TROUBLE_NONE, 0 };
	struct sip_sdp *offer = NULL, whole;
	struct step step;

	if (trouble)
		*trouble = found;
	if (s->turn != SIP_SDP_OFFER_SENT)
		return SIP_E_STATE;
	enum sip_err err = read_text(arena, &s->offer, &offer);
	if (err != SIP_OK)
		return err;
	err = sip_sdp_answer_check(offer, answer, &found);
	if (trouble)
		*trouble = found;
	if (err == SIP_OK || (err == SIP_E_INVAL && sip_sdp_trouble_is_mild(found.kind)))
		err = complete(arena, offer, answer, &whole);
	if (err != SIP_OK)
		return err;
	step_init(&step);
	sip_sdp_put(&step.text, &whole);
	err = step.text.err == SIP_OK ? write_ports_answered(&s->offer_ports, &whole, &step.ports) : step.text.err;
	if (err == SIP_OK)
		err = note_numbers(&step, s, &whole);
	if (err == SIP_OK) {
		s->turn = SIP_SDP_IDLE;
		s->is_answer_ours = false;
		move_text(&s->remote, &step.text);
		move_text(&s->local, &s->offer);
		finish_exchange(s, &step, offer);
	}
	step_fini(&step);
	return err;
}

void sip_sdp_session_refuse(struct sip_sdp_session *s)
{
	s->turn = SIP_SDP_IDLE;
	sip_buf_clear(&s->offer);
	sip__sdp_numbers_forget(&s->numbers, sip_buf_str(&s->ports));
}

enum sip_err sip_sdp_session_result(const struct sip_sdp_session *s, struct sip_arena *arena, struct sip_sdp_result **out)
{
	struct sip__sdp_past past;

	*out = NULL;
	if (s->local.len == 0)
		return SIP_E_NOTFOUND;
	enum sip_err err = read_past(s, arena, &past);
	return err == SIP_OK ? sip_sdp_result_make(arena, past.local, past.remote, past.is_answer_ours, out) : err;
}
