/*
 * What the answer to a REGISTER says of our own Contact among others, and the GRUUs it brings (RFC 5627 4.2): the newest answer counts,
 * until the registration has ended or lapsed. They are the profile's, and with it the Contact of all its user says. DUM's loop.
 */
#include "dum/register/register_priv.h"

static const struct {
	struct sip_str param;
	enum dum_profile_setting setting;
} gruus[2] = {
	{ SIP_STR_INIT("pub-gruu"), DUM_PROFILE_PUBLIC_GRUU },
	{ SIP_STR_INIT("temp-gruu"), DUM_PROFILE_TEMPORARY_GRUU },
};

/* "<urn:…>" of this instance. */
static bool is_of_instance(const struct dum__flow *f, const struct sip_name_addr *a)
{
	struct sip_str own = dum_profile_text(f->set->profile, DUM_PROFILE_INSTANCE_ID), value;

	return own.len && sip_params_find(a->params, SIP_STR("+sip.instance"), &value) && value.len == own.len + 2 &&
	       sip_str_eq_nocase(sip_str_make(value.p + 1, own.len), own);
}

/* One without a reg-id may be of any flow. */
static bool is_of_flow(const struct dum__flow *f, const struct sip_name_addr *a)
{
	struct sip_str value;
	uint32_t reg_id = 0;

	return !f->reg_id || !sip_params_find(a->params, SIP_STR("reg-id"), &value) ||
	       (sip_str_to_u32(value, INT32_MAX, &reg_id) == SIP_OK && reg_id == f->reg_id);
}

/* What registrars give back as it stood tells more than what they may have read. */
static bool is_ours(const struct dum__flow *f, const struct sip_name_addr *a)
{
	struct sip_str value;
	bool is_marked;

	if (a->is_star || !is_of_flow(f, a))
		return false;
	is_marked = sip_uri_find_param(&a->uri, SIP_STR("rinstance"), &value);
	return is_marked ? sip_str_eq(value, sip_str_of(f->registration->instance)) : is_of_instance(f, a);
}

const struct sip_name_addr *dum__own_contact(const struct dum__flow *f, const struct sip_message *m)
{
	const struct sip_name_addr *a, *first = NULL;
	struct sip_str value;

	for (size_t i = 0; (a = sip_message_name_addr(m, SIP_HEADER_CONTACT, i)) != NULL; i++) {
		if (is_ours(f, a))
			return a;
		if (!first && !sip_uri_find_param(&a->uri, SIP_STR("rinstance"), &value))
			first = a;
	}
	return first;
}

/* A SIP URI with "gr", which may stand in brackets (RFC 5627 7). */
static bool is_gruu(struct sip_str text)
{
	struct sip_uri uri;
	struct sip_str value;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f || text.p[i] == '<' || text.p[i] == '>')
			return false;
	return sip_uri_parse(text, &uri) == SIP_OK && sip_uri_is_sip(&uri) && sip_uri_find_param(&uri, SIP_STR("gr"), &value);
}

void dum__gruus_read(struct dum__gruus *g, const struct dum__flow *f, const struct sip_message *m)
{
	const struct sip_name_addr *own = dum__own_contact(f, m);
	struct sip_str value;

	for (size_t i = 0; i < SIP_COUNTOF(gruus); i++) {
		g->uri[i] = sip_str_make("", 0);
		/* Brackets go around it in the profile. */
		if (!own || !is_ours(f, own) || !sip_params_find(own->params, gruus[i].param, &value) ||
		    value.len > sizeof g->room[i] - 2)
			continue;
		value = sip_str_make(g->room[i], sip_quoted_decode(value, g->room[i]));
		if (is_gruu(value))
			g->uri[i] = value;
	}
}

/* RFC 5627 4.4.1: a GRUU is of one address of record, and the profile's user has one. */
static bool is_of_profile(const struct dum_registration *r)
{
	struct sip_str from = dum_profile_text(r->usage.set->profile, DUM_PROFILE_FROM);
	struct sip_name_addr a, b;

	return !from.len || (sip_name_addr_parse(from, &a) == SIP_OK && sip_name_addr_parse(r->aor, &b) == SIP_OK &&
			     sip_uri_eq(&a.uri, &b.uri));
}

static void note(struct dum_registration *r, size_t i, struct sip_str uri)
{
	struct dum_profile *p = r->usage.set->profile;
	char room[DUM__GRUU_MOST];
	struct sip_buf b;
	bool is_noted = false;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_putf(&b, "<%.*s>", SIP_STR_ARG(uri));
	if (uri.len && b.err == SIP_OK)
		is_noted = dum_profile_set_text(p, gruus[i].setting, sip_buf_str(&b)) == SIP_OK;
	if (!is_noted && r->has_gruu[i])
		dum_profile_unset(p, gruus[i].setting);
	r->has_gruu[i] = is_noted;
}

void dum__gruus_note(struct dum_registration *r, const struct dum__gruus *g)
{
	if (!dum_profile_flag(r->usage.set->profile, DUM_PROFILE_GRUU) || !is_of_profile(r)) {
		dum__gruus_forget(r);
		return;
	}
	for (size_t i = 0; i < SIP_COUNTOF(gruus); i++)
		note(r, i, g->uri[i]);
}

void dum__gruus_forget(struct dum_registration *r)
{
	for (size_t i = 0; i < SIP_COUNTOF(gruus); i++)
		note(r, i, sip_str_make("", 0));
}
