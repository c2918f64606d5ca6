/* "ACTOR gets …": what must have come just now, and what must be in it. */
#include "stack/transport/transport_priv.h"
#include "tests/replay/play.h"

static bool is_equal(struct sip_str a, struct sip_str b)
{
	return sip_str_eq(a, b);
}

static bool has_part(struct sip_str whole, struct sip_str part)
{
	for (size_t i = 0; i + part.len <= whole.len; i++)
		if (memcmp(whole.p + i, part.p, part.len) == 0)
			return true;
	return false;
}

static bool is_less(struct sip_str a, struct sip_str b)
{
	uint64_t x = 0, y = 0;

	return sip_str_to_u64(a, UINT64_MAX, &x) == SIP_OK && sip_str_to_u64(b, UINT64_MAX, &y) == SIP_OK && x < y;
}

static bool is_more(struct sip_str a, struct sip_str b)
{
	return is_less(b, a);
}

static const struct {
	const char *sign;
	bool (*fn)(struct sip_str a, struct sip_str b);
	bool is_negated;
} relations[] = {
	{ "=", is_equal, false }, { "!=", is_equal, true },  { "~", has_part, false },
	{ "!~", has_part, true }, { "<", is_less, false },   { ">", is_more, false },
};

static struct sip_str cut_word(struct sip_str *line)
{
	size_t end = sip_str_find(*line, ' ');
	struct sip_str word = sip_str_make(line->p, end);

	*line = sip_str_trim(sip_str_from(*line, end));
	return word;
}

/* same From To Via as NAME */
static void expect_same(struct play *p, const struct speech *s, struct sip_str rest)
{
	struct sip_str word, names = rest;
	const struct speech *other = NULL;

	while (rest.len) {
		word = cut_word(&rest);
		if (sip_str_eq(word, SIP_STR("as")))
			other = speech_find(p, rest);
	}
	if (!other)
		play_fail(p, NULL, "same HEADER… as NAME");
	while (!sip_str_eq(word = cut_word(&names), SIP_STR("as"))) {
		for (size_t i = 0;; i++) {
			struct sip_str a = i ? text_value(s->bytes, word, i) : text_path(p, s->bytes, word);
			struct sip_str b = i ? text_value(other->bytes, word, i) : text_path(p, other->bytes, word);
			if ((a.p == NULL) != (b.p == NULL) || !sip_str_eq(a, b))
				play_fail(p, s, "%.*s = \"%.*s\" as in %.*s, not \"%.*s\"", SIP_STR_ARG(word),
					  SIP_STR_ARG(b), SIP_STR_ARG(other->name), SIP_STR_ARG(a));
			if (!a.p)
				break;
		}
	}
}

static void expect_relation(struct play *p, const struct speech *s, struct sip_str path, struct sip_str rest)
{
	struct sip_str sign = cut_word(&rest), wanted = script_fill(p, rest), value = text_path(p, s->bytes, path);

	for (size_t i = 0; i < SIP_COUNTOF(relations); i++) {
		if (!sip_str_eq(sign, sip_str_of(relations[i].sign)))
			continue;
		if (!value.p && !relations[i].is_negated)
			play_fail(p, s, "%.*s %.*s \"%.*s\", but there is none", SIP_STR_ARG(path), SIP_STR_ARG(sign),
				  SIP_STR_ARG(wanted));
		if (relations[i].fn(value, wanted) == relations[i].is_negated)
			play_fail(p, s, "%.*s %.*s \"%.*s\", not \"%.*s\"", SIP_STR_ARG(path), SIP_STR_ARG(sign),
				  SIP_STR_ARG(wanted), SIP_STR_ARG(value));
		return;
	}
	play_fail(p, NULL, "= != ~ !~ < or > where there is \"%.*s\"", SIP_STR_ARG(sign));
}

static void expect_line(struct play *p, const struct speech *s, struct sip_str line)
{
	struct sip_str first = cut_word(&line);

	if (first.len == 0)
		return;
	if (sip_str_eq(first, SIP_STR("no"))) {
		if (text_path(p, s->bytes, line).p)
			play_fail(p, s, "no %.*s", SIP_STR_ARG(line));
	} else if (sip_str_eq(first, SIP_STR("has"))) {
		if (!text_path(p, s->bytes, line).p)
			play_fail(p, s, "a %.*s", SIP_STR_ARG(line));
	} else if (sip_str_eq(first, SIP_STR("same"))) {
		expect_same(p, s, line);
	} else {
		expect_relation(p, s, first, line);
	}
}

/* ---- what kind of thing --------------------------------------------------------------------------------------------- */

static void expect_status(struct play *p, const struct speech *s, struct sip_str status, enum speech_kind kind)
{
	if (s->kind != kind || text_is_request(s->bytes) || !sip_str_eq(text_path(p, s->bytes, SIP_STR("status")), status))
		play_fail(p, s, "%s%.*s", kind == SPEECH_STRAY ? "stray " : "", SIP_STR_ARG(status));
}

static void expect_method(struct play *p, const struct speech *s, struct sip_str method, size_t at)
{
	struct sip_str uri = at + 1 < p->cue.count ? p->cue.words[at + 1] : sip_str_make("", 0);

	if ((s->kind != SPEECH_MESSAGE && s->kind != SPEECH_CANCEL) || !text_is_request(s->bytes) ||
	    !sip_str_eq(text_path(p, s->bytes, SIP_STR("method")), method))
		play_fail(p, s, "%.*s", SIP_STR_ARG(method));
	if ((sip_str_starts_nocase(uri, SIP_STR("sip:")) || sip_str_starts_nocase(uri, SIP_STR("sips:"))) &&
	    !sip_str_eq(text_path(p, s->bytes, SIP_STR("uri")), uri))
		play_fail(p, s, "%.*s %.*s", SIP_STR_ARG(method), SIP_STR_ARG(uri));
}

static void expect_again(struct play *p, const struct speech *s, struct sip_str name)
{
	const struct speech *old = speech_find(p, name);

	if (!sip_str_eq(s->bytes, old->bytes))
		play_fail(p, s, "%.*s again, byte by byte", SIP_STR_ARG(name));
}

/* stun mapped ADDRESS: the answer to a request of the peer's; stun error: that it was not understood. */
static bool is_stun(struct play *p, const struct speech *s, size_t at)
{
	struct sip_str mapped = script_option(&p->cue, at, "mapped");
	bool is_error = script_has(&p->cue, at, "error");
	struct sip_addr want, said;

	if (s->kind != SPEECH_BYTES || s->bytes.len < 20 || memcmp(s->bytes.p + 4, "\x21\x12\xa4\x42", 4) != 0)
		return false;
	if (!mapped.len && !is_error)
		return s->bytes.len == 20 && memcmp(s->bytes.p, "\0\1\0\0", 4) == 0;
	if (memcmp(s->bytes.p + 8, "playsask1234", 12) != 0)
		return false;
	if (is_error)
		return memcmp(s->bytes.p, "\1\x11", 2) == 0 && memcmp(s->bytes.p + 24, "\0\0\4\x14", 4) == 0;
	want = script_addr(p, mapped);
	return memcmp(s->bytes.p, "\1\1", 2) == 0 && sip__stun_read_mapped(s->bytes, &said) == SIP_OK && sip_addr_eq(&said, &want);
}

static void expect_what(struct play *p, struct speech *s, size_t at)
{
	struct cue *c = &p->cue;
	struct sip_str what = c->words[at];

	if (sip_str_eq(what, SIP_STR("end"))) {
		if (s->kind != SPEECH_END)
			play_fail(p, s, "the end of a transaction");
	} else if (sip_str_eq(what, SIP_STR("close"))) {
		if (s->kind != SPEECH_CLOSE)
			play_fail(p, s, "a connection that closes");
	} else if (sip_str_eq(what, SIP_STR("stray")) && at + 1 < c->count) {
		expect_status(p, s, c->words[at + 1], SPEECH_STRAY);
	} else if (sip_str_eq(what, SIP_STR("text")) && at + 1 < c->count) {
		if (!sip_str_eq(s->bytes, c->words[at + 1]))
			play_fail(p, s, "other bytes");
	} else if (sip_str_eq(what, SIP_STR("stun"))) {
		if (!is_stun(p, s, at))
			play_fail(p, s, "this of STUN");
	} else if (what.p[0] >= '1' && what.p[0] <= '9') {
		expect_status(p, s, what, SPEECH_MESSAGE);
	} else if (what.p[0] >= 'A' && what.p[0] <= 'Z') {
		expect_method(p, s, what, at);
	} else if (script_has(c, at, "again")) {
		expect_again(p, s, what);
	} else {
		play_fail(p, NULL, "METHOD, STATUS, NAME again, stray, text, stun, end or close where there is \"%.*s\"",
			  SIP_STR_ARG(what));
	}
}

/* ---- whose, from where, why ------------------------------------------------------------------------------------------ */

/* to NAME, of NAME: a response to that, the CANCEL or end of that. */
static void expect_belonging(struct play *p, const struct speech *s, struct sip_str name)
{
	const struct speech *request = speech_find(p, name);

	if (s->voice->is_user) {
		if (s->tx != request->tx)
			play_fail(p, s, "this to belong to %.*s", SIP_STR_ARG(name));
	} else if (!sip_str_eq(text_path(p, s->bytes, SIP_STR("branch")), text_path(p, request->bytes, SIP_STR("branch"))) ||
		   !sip_str_eq(text_path(p, s->bytes, SIP_STR("cseq")), text_path(p, request->bytes, SIP_STR("cseq")))) {
		play_fail(p, s, "this to have the branch and CSeq of %.*s", SIP_STR_ARG(name));
	}
}

static void expect_over(struct play *p, const struct speech *s, struct sip_str over)
{
	const struct speech *other;

	if (sip_str_eq(over, SIP_STR("tcp")) || sip_str_eq(over, SIP_STR("udp"))) {
		if (sip_str_eq(over, SIP_STR("tcp")) != (s->transport == SIP_TRANSPORT_TCP))
			play_fail(p, s, "this over %.*s", SIP_STR_ARG(over));
		return;
	}
	other = speech_find(p, over);
	if (other->flow ? s->flow != other->flow : !sip_addr_eq(&s->far, &other->far))
		play_fail(p, s, "this by the way of %.*s", SIP_STR_ARG(over));
}

static void expect_options(struct play *p, const struct speech *s, size_t at)
{
	struct cue *c = &p->cue;
	struct sip_str to = script_option(c, at, "to"), of = script_option(c, at, "of");
	struct sip_str why = script_option(c, at, "because"), from = script_option(c, at, "from");
	struct sip_str over = script_option(c, at, "over");
	struct sip_addr a;

	if (to.len)
		expect_belonging(p, s, to);
	if (of.len)
		expect_belonging(p, s, of);
	if (why.len ? !sip_str_eq(why, sip_str_of(sip_err_name(s->why))) :
		      s->voice->is_user && s->kind != SPEECH_END && s->kind != SPEECH_CLOSE && s->why != SIP_OK)
		play_fail(p, s, "this because of %.*s, not %s", SIP_STR_ARG(why), sip_err_name(s->why));
	if (over.len)
		expect_over(p, s, over);
	if (from.len) {
		a = script_addr(p, from);
		if (!sip_addr_eq(&a, &s->far))
			play_fail(p, s, "this from %.*s", SIP_STR_ARG(from));
	}
	if (script_has(c, at, "merged") != s->is_merged)
		play_fail(p, s, "this to be%s merged", s->is_merged ? " not" : "");
}

void gets_block(struct play *p, const struct speech *s)
{
	for (size_t i = 0; i < p->cue.block_count; i++)
		expect_line(p, s, p->cue.block[i]);
}

/* sdp "…": that body, of that type; sdp none: no body. */
void gets_sdp(struct play *p, struct sip_str type, struct sip_str body, const struct speech *s)
{
	struct sip_str sdp = script_option(&p->cue, 0, "sdp");

	if (!sdp.p)
		return;
	if (sip_str_eq(sdp, SIP_STR("none")) ? body.len != 0 : !sip_str_eq(body, sdp))
		play_fail(p, s, "sdp \"%.*s\", not \"%.*s\"", SIP_STR_ARG(sdp), SIP_STR_ARG(body));
	if (body.len && !sip_str_eq_nocase(type, SIP_STR("application/sdp")))
		play_fail(p, s, "application/sdp, not \"%.*s\"", SIP_STR_ARG(type));
}

void cue_gets(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	struct sip_str name = script_option(c, at, "as");
	struct speech *s;

	if (at >= c->count)
		play_fail(p, NULL, "gets WHAT");
	s = speech_take(v);
	if (!s)
		play_fail(p, NULL, "%.*s to get %.*s at %lld ms, but nothing came", SIP_STR_ARG(v->name),
			  SIP_STR_ARG(c->words[at]), (long long)(stage_now(p) / 1000));
	expect_what(p, s, at);
	expect_options(p, s, at);
	if (name.len)
		s->name = name;
	gets_sdp(p, text_value(s->bytes, SIP_STR("Content-Type"), 0), text_body(s->bytes), s);
	gets_block(p, s);
}
