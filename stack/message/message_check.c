/*
 * The three verdicts at the door: accept, answer with a named 4xx/505, drop. What is checked is the
 * table below, in order; the first that fails names the answer (RFC 3261 8.1.1, 8.2, 16.3, 18.3, 20;
 * RFC 4475). What only users can judge (Require, schemes, Max-Forwards 0) passes.
 */
#include "stack/message/message_priv.h"

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
	return sip_str_eq_nocase(m->version, SIP_STR("SIP/2.0"));
}

/* "SIP/" digits "." digits: another version, and not noise. */
static bool is_version(const struct sip_message *m)
{
	if (is_version_2(m))
		return true;
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
		return m->status >= 100 && m->status <= 699;
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

static bool is_length_good(const struct sip_message *m, enum sip_header id)
{
	(void)id;
	uint32_t n;
	return sip__content_length(m, &n) == SIP_OK;
}

/* ---- the table ---- */

struct start_rule {
	bool (*holds)(const struct sip_message *m);
	unsigned code;
	const char *reason;
};
static const struct start_rule start_rules[] = {
	{ is_version, 400, "Bad SIP Version" },
	{ is_version_2, 505, "Version Not Supported" },
	{ is_start_shaped, 400, "Bad Start Line" },
	{ has_only_fields, 400, "Bad Header Line" },
	{ has_whole_header, 400, "Missing Empty Line" },
};

enum {
	MANDATORY = 1,
	IN_RESPONSES = 2, /* as well as in requests */
	IN_REGISTER = 4,  /* and in nothing else: whoever uses the value elsewhere asks whether it is good */
};
struct field_rule {
	enum sip_header id;
	unsigned flags;
	bool (*holds)(const struct sip_message *m, enum sip_header id);
};
static const struct field_rule field_rules[] = {
	{ SIP_HEADER_VIA, MANDATORY | IN_RESPONSES, is_first_good },
	{ SIP_HEADER_FROM, MANDATORY | IN_RESPONSES, is_first_good },
	{ SIP_HEADER_TO, MANDATORY | IN_RESPONSES, is_first_good },
	{ SIP_HEADER_CALL_ID, MANDATORY | IN_RESPONSES, is_call_id_good },
	{ SIP_HEADER_CSEQ, MANDATORY | IN_RESPONSES, is_first_good },
	{ SIP_HEADER_MAX_FORWARDS, 0, is_number_good },
	{ SIP_HEADER_ROUTE, 0, is_first_good },
	{ SIP_HEADER_CONTACT, IN_REGISTER, is_every_good },
	{ SIP_HEADER_CONTENT_LENGTH, IN_RESPONSES, is_length_good },
};

static const struct start_rule last_rules[] = {
	{ is_uri_good, 400, "Bad Request-URI" },
	{ is_method_one, 400, "CSeq Method Is Not The Request's" },
};

/* ---- the judgement ---- */

static bool fail(struct sip_check *out, unsigned code, const char *reason)
{
	out->verdict = SIP_ANSWER;
	out->code = code;
	out->reason = reason;
	return false;
}

static bool check_rules(const struct sip_message *m, const struct start_rule *rules, size_t count,
			struct sip_check *out)
{
	for (size_t i = 0; i < count; i++)
		if (!rules[i].holds(m))
			return fail(out, rules[i].code, rules[i].reason);
	return true;
}

/* Free text may repeat: nobody here reads it, and elements on the way add their own. */
static bool is_repeat_harmful(const struct sip_message *m)
{
	return m->duplicate != SIP_HEADER_UNKNOWN && sip_header_rows[m->duplicate].type != SIP_VALUE_TEXT;
}

static bool is_due(const struct sip_message *m, unsigned flags)
{
	if (!m->is_request)
		return (flags & IN_RESPONSES) != 0;
	return !(flags & IN_REGISTER) || m->method == SIP_METHOD_REGISTER;
}

static bool check_fields(const struct sip_message *m, struct sip_check *out)
{
	for (size_t i = 0; i < SIP_COUNTOF(field_rules); i++) {
		const struct field_rule *rule = &field_rules[i];
		if (!is_due(m, rule->flags))
			continue;
		if (m->first[rule->id] == SIP__NONE) {
			if (rule->flags & MANDATORY)
				return fail(out, 400, missing[rule->id]);
			continue;
		}
		if (!rule->holds(m, rule->id))
			return fail(out, 400, bad[rule->id]);
	}
	return true;
}

/* A datagram's body is what Content-Length says; bytes behind it are not the message's (18.3). */
static bool check_body(struct sip_message *m, bool is_stream, struct sip_check *out)
{
	uint32_t said;
	if (sip__content_length(m, &said) != SIP_OK)
		return is_stream ? fail(out, 400, missing[SIP_HEADER_CONTENT_LENGTH]) : true;
	if (said > m->body.len)
		return fail(out, 400, "Body Shorter Than Content-Length");
	if (said < m->body.len) {
		m->body.len = said;
		m->is_whole = false;
	}
	m->is_length_right = true;
	return true;
}

static bool check_all(struct sip_message *m, bool is_stream, struct sip_check *out)
{
	if (m->fault)
		return fail(out, m->fault_code, m->fault);
	if (!check_rules(m, start_rules, SIP_COUNTOF(start_rules), out))
		return false;
	if (SIP_UNLIKELY(is_repeat_harmful(m)))
		return fail(out, 400, duplicate[m->duplicate]);
	return check_fields(m, out) && check_rules(m, last_rules, SIP_COUNTOF(last_rules), out) &&
	       check_body(m, is_stream, out);
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
