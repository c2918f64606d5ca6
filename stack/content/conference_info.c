/* A conference and who is in it. No state, any thread. RFC 4575 5. */
#include "stack/content/conference_info.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_CONFERENCE_INFO

static const struct sip__xml_field uri_fields[] = {
	SIP__XML_ELEMENT(sip_conference_uri, uri, HERE, "uri", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_conference_uri, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_uri, purpose, HERE, "purpose", 0),
};
static const struct sip__xml_schema uri_schema = SIP__XML_SCHEMA(sip_conference_uri, uri_fields);

static const struct sip__xml_field uris_fields[] = {
	SIP__XML_ATTR(sip_conference_uris, state, "state", 0),
	SIP__XML_CHILDREN(sip_conference_uris, entries, HERE, "entry", uri_schema),
};
static const struct sip__xml_schema uris_schema = SIP__XML_SCHEMA(sip_conference_uris, uris_fields);

static const struct sip__xml_field medium_fields[] = {
	SIP__XML_ATTR(sip_conference_medium, label, "label", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_conference_medium, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_medium, type, HERE, "type", 0),
	SIP__XML_ELEMENT(sip_conference_medium, status, HERE, "status", 0),
};
static const struct sip__xml_schema medium_schema = SIP__XML_SCHEMA(sip_conference_medium, medium_fields);

static const struct sip__xml_field available_media_fields[] = {
	SIP__XML_CHILDREN(sip_conference_available_media, entries, HERE, "entry", medium_schema),
};
static const struct sip__xml_schema available_media_schema = SIP__XML_SCHEMA(sip_conference_available_media, available_media_fields);

static const struct sip__xml_field description_fields[] = {
	SIP__XML_ELEMENT(sip_conference_description, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_description, subject, HERE, "subject", 0),
	SIP__XML_ELEMENT(sip_conference_description, free_text, HERE, "free-text", 0),
	SIP__XML_ELEMENT(sip_conference_description, keywords, HERE, "keywords", 0),
	SIP__XML_CHILD(sip_conference_description, conf_uris, HERE, "conf-uris", uris_schema),
	SIP__XML_CHILD(sip_conference_description, service_uris, HERE, "service-uris", uris_schema),
	SIP__XML_ELEMENT(sip_conference_description, maximum_user_count, HERE, "maximum-user-count", 0),
	SIP__XML_CHILD(sip_conference_description, available_media, HERE, "available-media", available_media_schema),
};
static const struct sip__xml_schema description_schema = SIP__XML_SCHEMA(sip_conference_description, description_fields);

static const struct sip__xml_field host_fields[] = {
	SIP__XML_ELEMENT(sip_conference_host, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_host, web_page, HERE, "web-page", 0),
	SIP__XML_CHILD(sip_conference_host, uris, HERE, "uris", uris_schema),
};
static const struct sip__xml_schema host_schema = SIP__XML_SCHEMA(sip_conference_host, host_fields);

static const struct sip__xml_field state_fields[] = {
	SIP__XML_ELEMENT(sip_conference_state, user_count, HERE, "user-count", 0),
	SIP__XML_ELEMENT(sip_conference_state, active, HERE, "active", SIP__XML_BOOL),
	SIP__XML_ELEMENT(sip_conference_state, locked, HERE, "locked", SIP__XML_BOOL),
};
static const struct sip__xml_schema state_schema = SIP__XML_SCHEMA(sip_conference_state, state_fields);

static const struct sip__xml_field execution_fields[] = {
	SIP__XML_ELEMENT(sip_conference_execution, when, HERE, "when", 0),
	SIP__XML_ELEMENT(sip_conference_execution, reason, HERE, "reason", 0),
	SIP__XML_ELEMENT(sip_conference_execution, by, HERE, "by", 0),
};
static const struct sip__xml_schema execution_schema = SIP__XML_SCHEMA(sip_conference_execution, execution_fields);

static const struct sip__xml_field media_fields[] = {
	SIP__XML_ATTR(sip_conference_media, id, "id", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_conference_media, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_media, type, HERE, "type", 0),
	SIP__XML_ELEMENT(sip_conference_media, label, HERE, "label", 0),
	SIP__XML_ELEMENT(sip_conference_media, src_id, HERE, "src-id", 0),
	SIP__XML_ELEMENT(sip_conference_media, status, HERE, "status", 0),
};
static const struct sip__xml_schema media_schema = SIP__XML_SCHEMA(sip_conference_media, media_fields);

static const struct sip__xml_field sip_fields[] = {
	SIP__XML_ELEMENT(sip_conference_sip, display_text, HERE, "display-text", 0),
	SIP__XML_ELEMENT(sip_conference_sip, call_id, HERE, "call-id", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_conference_sip, from_tag, HERE, "from-tag", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_conference_sip, to_tag, HERE, "to-tag", SIP__XML_MUST),
};
static const struct sip__xml_schema sip_schema = SIP__XML_SCHEMA(sip_conference_sip, sip_fields);

static const struct sip__xml_field call_fields[] = {
	SIP__XML_CHILD(sip_conference_call, sip, HERE, "sip", sip_schema),
};
static const struct sip__xml_schema call_schema = SIP__XML_SCHEMA(sip_conference_call, call_fields);

static const struct sip__xml_field endpoint_fields[] = {
	SIP__XML_ATTR(sip_conference_endpoint, entity, "entity", 0),
	SIP__XML_ATTR(sip_conference_endpoint, state, "state", 0),
	SIP__XML_ELEMENT(sip_conference_endpoint, display_text, HERE, "display-text", 0),
	SIP__XML_CHILD(sip_conference_endpoint, referred, HERE, "referred", execution_schema),
	SIP__XML_ELEMENT(sip_conference_endpoint, status, HERE, "status", 0),
	SIP__XML_ELEMENT(sip_conference_endpoint, joining_method, HERE, "joining-method", 0),
	SIP__XML_CHILD(sip_conference_endpoint, joining_info, HERE, "joining-info", execution_schema),
	SIP__XML_ELEMENT(sip_conference_endpoint, disconnection_method, HERE, "disconnection-method", 0),
	SIP__XML_CHILD(sip_conference_endpoint, disconnection_info, HERE, "disconnection-info", execution_schema),
	SIP__XML_CHILDREN(sip_conference_endpoint, media, HERE, "media", media_schema),
	SIP__XML_CHILD(sip_conference_endpoint, call_info, HERE, "call-info", call_schema),
};
static const struct sip__xml_schema endpoint_schema = SIP__XML_SCHEMA(sip_conference_endpoint, endpoint_fields);

static const struct sip__xml_field roles_fields[] = {
	SIP__XML_TEXTS(sip_conference_roles, entries, HERE, "entry"),
};
static const struct sip__xml_schema roles_schema = SIP__XML_SCHEMA(sip_conference_roles, roles_fields);

static const struct sip__xml_field user_fields[] = {
	SIP__XML_ATTR(sip_conference_user, entity, "entity", 0),
	SIP__XML_ATTR(sip_conference_user, state, "state", 0),
	SIP__XML_ELEMENT(sip_conference_user, display_text, HERE, "display-text", 0),
	SIP__XML_CHILD(sip_conference_user, associated_aors, HERE, "associated-aors", uris_schema),
	SIP__XML_CHILD(sip_conference_user, roles, HERE, "roles", roles_schema),
	SIP__XML_ELEMENT(sip_conference_user, languages, HERE, "languages", 0),
	SIP__XML_ELEMENT(sip_conference_user, cascaded_focus, HERE, "cascaded-focus", 0),
	SIP__XML_CHILDREN(sip_conference_user, endpoints, HERE, "endpoint", endpoint_schema),
};
static const struct sip__xml_schema user_schema = SIP__XML_SCHEMA(sip_conference_user, user_fields);

static const struct sip__xml_field users_fields[] = {
	SIP__XML_ATTR(sip_conference_users, state, "state", 0),
	SIP__XML_CHILDREN(sip_conference_users, users, HERE, "user", user_schema),
};
static const struct sip__xml_schema users_schema = SIP__XML_SCHEMA(sip_conference_users, users_fields);

static const struct sip__xml_field info_fields[] = {
	SIP__XML_ATTR(sip_conference_info, entity, "entity", SIP__XML_MUST),
	SIP__XML_ATTR(sip_conference_info, state, "state", 0),
	SIP__XML_ATTR(sip_conference_info, version, "version", 0),
	SIP__XML_CHILD(sip_conference_info, description, HERE, "conference-description", description_schema),
	SIP__XML_CHILD(sip_conference_info, host, HERE, "host-info", host_schema),
	SIP__XML_CHILD(sip_conference_info, conference_state, HERE, "conference-state", state_schema),
	SIP__XML_CHILD(sip_conference_info, users, HERE, "users", users_schema),
	SIP__XML_CHILD(sip_conference_info, sidebars_by_ref, HERE, "sidebars-by-ref", uris_schema),
};
static const struct sip__xml_schema info_schema = SIP__XML_SCHEMA(sip_conference_info, info_fields);

SIP__XML_DOCUMENT(conference_info, HERE, "conference-info", info_schema)
