/*
 * The three verdicts at the door: accept, answer with a named 4xx/505, drop. What is checked is the
 * lists below, in order; the first that fails names the answer (RFC 3261 8.1.1, 8.2, 16.3, 18.3, 20;
 * RFC 4475). What only users can judge (Require, schemes, Max-Forwards 0) passes.
 */
#include "stack/message/message_priv.h"
#include "stack/message/start_line_priv.h"

#define SIP_HEADER(id, name, compact, type, multiplicity, rfc) "Missing " name,
static const char *const missing[] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER
#define SIP_HEADER(id, name, compact, type, multiplicity, rfc) "Bad " name,
static const char *const bad[] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER
#define SIP_HEADER(id, name, compact, type, multiplicity, rfc) "Duplicate " name,
static const char *const duplicate[] = {
#include "stack/header/header_table.h"
};
#undef SIP_HEADER

/* ---- what of a message must be so ---- */

static bool is_version_2(const struct sip_message *m)
{
	return sip__is_version_2(m->version);
}

/* "SIP/" digits "." digits: another version, and not noise. */
static __attribute__((noinline)) bool is_other_version(const struct sip_message *m)
{
	struct sip_scan s;
	sip_scan_init(&s, sip_str_from(m->version, 4));
	sip_scan_run(&s, SIP_CC_DIGIT);
	sip_scan_expect(&s, '.');
	sip_scan_run(&s, SIP_CC_DIGIT);
	return sip_scan_is_ok(&s) && sip_scan_is_end(&s);
}

static bool is_start_shaped(const struct sip_message *m)
{
	if (!m->is_request)
		return sip__is_status(m->status);
	return m->method != SIP_METHOD_UNKNOWN || sip__is_token(m->method_text);
}

static bool has_whole_header(const struct sip_message *m)
{
	return m->has_end;
}

static bool has_only_fields(const struct sip_message *m)
{
	return !m->has_broken_line;
}

static bool is_uri_good(const struct sip_message *m)
{
	return !m->is_request || sip_message_uri(m) != NULL;
}

static bool is_method_one(const struct sip_message *m)
{
	if (!m->is_request)
		return true;
	const struct sip_cseq *cseq = sip_message_cseq(m);
	if (SIP_LIKELY(m->method != SIP_METHOD_UNKNOWN))
		return cseq && cseq->method == m->method;
	return cseq && sip_str_eq(cseq->method_text, m->method_text);
}

static bool is_first_good(const struct sip_message *m, enum sip_header id)
{
	return sip__first_value_parses(m->self, id);
}

static bool is_every_good(const struct sip_message *m, enum sip_header id)
{
	return sip__values_parse(m->self, id);
}

static bool is_call_id_good(const struct sip_message *m, enum sip_header id)
{
	(void)id;
	return sip_call_id_is_valid(sip_message_call_id(m));
}

static bool is_number_good(const struct sip_message *m, enum sip_header id)
{
	uint32_t n;
	return sip_message_number(m, id, &n) == SIP_OK;
}

/* ---- the judgement ---- */

/* `reason` NULL: the refusal's own. */
static __attribute__((noinline)) bool fail(struct sip_check *out, enum sip_refusal refusal, const char *reason)
{
	out->verdict = SIP_ANSWER;
	out->code = sip_refusal_code(refusal);
	out->reason = reason ? reason : sip_refusal_reason(refusal);
	return false;
}

typedef bool (*holds_fn)(const struct sip_message *m);
typedef bool (*field_holds_fn)(const struct sip_message *m, enum sip_header id);

/* A row of the lists below. They are unrolled: each row is a look at a flag and the rule itself. */
static inline __attribute__((always_inline)) bool is_so(const struct sip_message *m, holds_fn holds, enum sip_refusal refusal,
							struct sip_check *out)
{
	return SIP_LIKELY(holds(m)) || fail(out, refusal, NULL);
}

static inline __attribute__((always_inline)) bool is_field_so(const struct sip_message *m, enum sip_header id, field_holds_fn holds,
							      struct sip_check *out)
{
	return SIP_LIKELY(holds(m, id)) || fail(out, SIP_REFUSAL_FIELD_BAD, bad[id]);
}

static inline __attribute__((always_inline)) bool is_there_and_so(const struct sip_message *m, enum sip_header id,
								  field_holds_fn holds, struct sip_check *out)
{
	if (SIP_UNLIKELY(m->first[id] == SIP__NONE))
		return fail(out, SIP_REFUSAL_FIELD_MISSING, missing[id]);
	return is_field_so(m, id, holds, out);
}

static inline __attribute__((always_inline)) bool is_so_if_there(const struct sip_message *m, enum sip_header id,
								 field_holds_fn holds, struct sip_check *out)
{
	return m->first[id] == SIP__NONE || is_field_so(m, id, holds, out);
}

static bool check_start(const struct sip_message *m, struct sip_check *out)
{
	if (SIP_UNLIKELY(!is_version_2(m)))
		return fail(out, is_other_version(m) ? SIP_REFUSAL_VERSION : SIP_REFUSAL_NO_VERSION, NULL);
	return is_so(m, is_start_shaped, SIP_REFUSAL_START_LINE, out) &&
	       is_so(m, has_only_fields, SIP_REFUSAL_FIELD_LINE, out) &&
	       is_so(m, has_whole_header, SIP_REFUSAL_NO_END, out);
}

static bool check_fields(const struct sip_message *m, struct sip_check *out)
{
	return is_there_and_so(m, SIP_HEADER_VIA, is_first_good, out) &&
	       is_there_and_so(m, SIP_HEADER_FROM, is_first_good, out) &&
	       is_there_and_so(m, SIP_HEADER_TO, is_first_good, out) &&
	       is_there_and_so(m, SIP_HEADER_CALL_ID, is_call_id_good, out) &&
	       is_there_and_so(m, SIP_HEADER_CSEQ, is_first_good, out);
}

static bool check_fields_of_request(const struct sip_message *m, struct sip_check *out)
{
	return is_so_if_there(m, SIP_HEADER_MAX_FORWARDS, is_number_good, out) &&
	       is_so_if_there(m, SIP_HEADER_ROUTE, is_first_good, out);
}

/* And in nothing else: whoever uses the value elsewhere asks whether it is good. */
static bool check_fields_of_register(const struct sip_message *m, struct sip_check *out)
{
	return is_so_if_there(m, SIP_HEADER_CONTACT, is_every_good, out);
}

static bool check_last(const struct sip_message *m, struct sip_check *out)
{
	return is_so(m, is_uri_good, SIP_REFUSAL_REQUEST_URI, out) && is_so(m, is_method_one, SIP_REFUSAL_CSEQ_METHOD, out);
}

/* A datagram's body is what Content-Length says; bytes behind it are not the message's (18.3). */
static bool check_body(struct sip_message *m, bool is_stream, struct sip_check *out)
{
	uint32_t said;
	enum sip_err err = sip__content_length(m, &said);
	if (err == SIP_E_NOTFOUND)
		return is_stream ? fail(out, SIP_REFUSAL_FIELD_MISSING, missing[SIP_HEADER_CONTENT_LENGTH]) : true;
	if (err != SIP_OK)
		return fail(out, SIP_REFUSAL_FIELD_BAD, bad[SIP_HEADER_CONTENT_LENGTH]);
	if (said > m->body.len)
		return fail(out, SIP_REFUSAL_SHORT_BODY, NULL);
	if (said < m->body.len) {
		m->body.len = said;
		m->is_whole = false;
	}
	m->is_length_right = true;
	return true;
}

static bool check_all(struct sip_message *m, bool is_stream, struct sip_check *out)
{
	if (m->is_refused)
		return fail(out, (enum sip_refusal)m->refusal, NULL);
	if (!check_start(m, out))
		return false;
	if (SIP_UNLIKELY(m->duplicate != SIP_HEADER_UNKNOWN))
		return fail(out, SIP_REFUSAL_FIELD_TWICE, duplicate[m->duplicate]);
	if (!check_fields(m, out) || (m->is_request && !check_fields_of_request(m, out)) ||
	    (m->method == SIP_METHOD_REGISTER && !check_fields_of_register(m, out)))
		return false;
	return check_body(m, is_stream, out) && check_last(m, out);
}

void sip_message_check(struct sip_message *m, bool is_stream, struct sip_check *out)
{
	out->verdict = SIP_ACCEPT;
	out->code = 0;
	out->reason = "";
	if (SIP_LIKELY(check_all(m, is_stream, out)))
		return;
	bool is_answerable = m->is_request && m->method != SIP_METHOD_ACK && sip_message_via(m, 0);
	if (m->is_short_of_memory)
		out->reason = "Out Of Memory";
	if (is_answerable && !m->is_short_of_memory)
		return;
	out->verdict = SIP_DROP;
	out->code = 0;
}
