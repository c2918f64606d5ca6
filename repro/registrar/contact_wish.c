/* What the Contacts of a REGISTER ask for (RFC 3261 10.3 steps 6 and 7). Pure. */
#include "repro/registrar/registrar_priv.h"

static void refuse(struct repro__wishes *w, enum sip_refusal refusal)
{
	if (w->refusal == SIP_REFUSAL_COUNT)
		w->refusal = refusal;
}

/* Seconds asked for: the parameter, else the header, else ours. A broken number counts as 3,600 (20.10, 20.19). */
static uint32_t asked_expires(const struct sip_message *m, const struct sip_name_addr *a, const struct repro_config *c)
{
	struct sip_str text;
	uint32_t seconds;
	enum sip_err err;

	if (a && sip_params_find(a->params, SIP_STR("expires"), &text))
		err = sip_number_parse(text, UINT32_MAX, &seconds);
	else
		err = sip_message_number(m, SIP_HEADER_EXPIRES, &seconds);
	if (err == SIP_OK || err == SIP_E_RANGE)
		return seconds;
	return err == SIP_E_NOTFOUND ? (uint32_t)c->set.registrar_default_expires : 3600;
}

/* Short registrations are refused only below an hour (10.3 step 7). */
static uint32_t grant(struct repro__wishes *w, uint32_t asked, const struct repro_config *c)
{
	if (asked > 0 && asked < c->set.registrar_min_expires && asked < 3600)
		refuse(w, SIP_REFUSAL_TOO_BRIEF);
	return asked > c->set.registrar_max_expires ? (uint32_t)c->set.registrar_max_expires : asked;
}

static void read_star(const struct sip_message *m, size_t contacts, struct repro__wishes *w)
{
	uint32_t seconds;

	if (contacts != 1 || sip_message_number(m, SIP_HEADER_EXPIRES, &seconds) != SIP_OK || seconds != 0)
		refuse(w, SIP_REFUSAL_BAD_STAR);
	w->is_star = true;
}

static void read_contact(const struct sip_message *m, const struct sip_name_addr *a, const struct repro_config *c,
			 struct repro__wishes *w)
{
	struct repro__wish *wish = &w->list[w->count];
	uint32_t q;

	if (sip_name_addr_q(a, 1000, &q) != SIP_OK) {
		refuse(w, SIP_REFUSAL_BAD_Q);
		return;
	}
	wish->contact = a;
	wish->q = (uint16_t)q;
	wish->expires = grant(w, asked_expires(m, a, c), c);
	if (!sip_params_find(a->params, SIP_STR("+sip.instance"), &wish->instance))
		wish->instance = sip_str_make(NULL, 0);
	w->count++;
}

void repro__wishes_read(const struct sip_message *m, const struct repro_config *c, struct repro__wishes *w)
{
	size_t n = sip_message_count(m, SIP_HEADER_CONTACT);

	w->count = 0;
	w->is_star = false;
	w->refusal = SIP_REFUSAL_COUNT;
	for (size_t i = 0; i < n && w->refusal == SIP_REFUSAL_COUNT; i++) {
		const struct sip_name_addr *a = sip_message_name_addr(m, SIP_HEADER_CONTACT, i);
		if (!a)
			refuse(w, SIP_REFUSAL_BAD_CONTACT);
		else if (a->is_star)
			read_star(m, n, w);
		else if (w->count == REPRO_CONTACTS_MAX)
			refuse(w, SIP_REFUSAL_CONTACTS);
		else
			read_contact(m, a, c, w);
	}
}
