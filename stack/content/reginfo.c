/* Registrations and their contacts. No state, any thread. RFC 3680 5, RFC 5628 4. */
#include "stack/content/reginfo.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_REGINFO

static const struct sip__xml_field gruu_fields[] = {
	SIP__XML_ATTR(sip_reginfo_gruu, uri, "uri", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_gruu, first_cseq, "first-cseq", 0),
};
static const struct sip__xml_schema gruu_schema = SIP__XML_SCHEMA(sip_reginfo_gruu, gruu_fields);

static const struct sip__xml_field param_fields[] = {
	SIP__XML_ATTR(sip_reginfo_param, name, "name", SIP__XML_MUST),
	SIP__XML_TEXT(sip_reginfo_param, value),
};
static const struct sip__xml_schema param_schema = SIP__XML_SCHEMA(sip_reginfo_param, param_fields);

static const struct sip__xml_field display_name_fields[] = {
	SIP__XML_ATTR_IN(sip_reginfo_display_name, lang, SIP__XML_XML, "lang", 0),
	SIP__XML_TEXT(sip_reginfo_display_name, text),
};
static const struct sip__xml_schema display_name_schema = SIP__XML_SCHEMA(sip_reginfo_display_name, display_name_fields);

static const struct sip__xml_field contact_fields[] = {
	SIP__XML_ATTR(sip_reginfo_contact, id, "id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_contact, state, "state", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_contact, event, "event", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_contact, duration_registered, "duration-registered", 0),
	SIP__XML_ATTR(sip_reginfo_contact, expires, "expires", 0),
	SIP__XML_ATTR(sip_reginfo_contact, retry_after, "retry-after", 0),
	SIP__XML_ATTR(sip_reginfo_contact, q, "q", 0),
	SIP__XML_ATTR(sip_reginfo_contact, call_id, "callid", 0),
	SIP__XML_ATTR(sip_reginfo_contact, cseq, "cseq", 0),
	SIP__XML_ELEMENT(sip_reginfo_contact, uri, HERE, "uri", SIP__XML_MUST),
	SIP__XML_CHILD(sip_reginfo_contact, display_name, HERE, "display-name", display_name_schema),
	SIP__XML_CHILDREN(sip_reginfo_contact, params, HERE, "unknown-param", param_schema),
	SIP__XML_CHILD(sip_reginfo_contact, pub_gruu, SIP__XML_GRUUINFO, "pub-gruu", gruu_schema),
	SIP__XML_CHILD(sip_reginfo_contact, temp_gruu, SIP__XML_GRUUINFO, "temp-gruu", gruu_schema),
};
static const struct sip__xml_schema contact_schema = SIP__XML_SCHEMA(sip_reginfo_contact, contact_fields);

static const struct sip__xml_field registration_fields[] = {
	SIP__XML_ATTR(sip_reginfo_registration, aor, "aor", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_registration, id, "id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo_registration, state, "state", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_reginfo_registration, contacts, HERE, "contact", contact_schema),
};
static const struct sip__xml_schema registration_schema = SIP__XML_SCHEMA(sip_reginfo_registration, registration_fields);

static const struct sip__xml_field reginfo_fields[] = {
	SIP__XML_ATTR(sip_reginfo, version, "version", SIP__XML_MUST),
	SIP__XML_ATTR(sip_reginfo, state, "state", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_reginfo, registrations, HERE, "registration", registration_schema),
};
static const struct sip__xml_schema reginfo_schema = SIP__XML_SCHEMA(sip_reginfo, reginfo_fields);

SIP__XML_DOCUMENT(reginfo, HERE, "reginfo", reginfo_schema)
