/* Dialogs and what they come to. No state, any thread. RFC 4235 4. */
#include "stack/content/dialog_info.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_DIALOG_INFO

static const struct sip__xml_field identity_fields[] = {
	/* The text of RFC 4235 and what is about say the one (4.1.6.1), its schema the other (4.4). */
	SIP__XML_ATTR(sip_dialog_info_identity, display_name, "display-name", SIP__XML_READ_ONLY),
	SIP__XML_ATTR(sip_dialog_info_identity, display_name, "display", 0),
	SIP__XML_TEXT(sip_dialog_info_identity, uri),
};
static const struct sip__xml_schema identity_schema = SIP__XML_SCHEMA(sip_dialog_info_identity, identity_fields);

static const struct sip__xml_field param_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_param, name, "pname", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info_param, value, "pval", 0),
};
static const struct sip__xml_schema param_schema = SIP__XML_SCHEMA(sip_dialog_info_param, param_fields);

static const struct sip__xml_field target_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_target, uri, "uri", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_dialog_info_target, params, HERE, "param", param_schema),
};
static const struct sip__xml_schema target_schema = SIP__XML_SCHEMA(sip_dialog_info_target, target_fields);

static const struct sip__xml_field description_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_description, type, "type", SIP__XML_MUST),
	SIP__XML_TEXT(sip_dialog_info_description, text),
};
static const struct sip__xml_schema description_schema = SIP__XML_SCHEMA(sip_dialog_info_description, description_fields);

static const struct sip__xml_field party_fields[] = {
	SIP__XML_CHILD(sip_dialog_info_party, identity, HERE, "identity", identity_schema),
	SIP__XML_CHILD(sip_dialog_info_party, target, HERE, "target", target_schema),
	SIP__XML_CHILD(sip_dialog_info_party, description, HERE, "session-description", description_schema),
	SIP__XML_ELEMENT(sip_dialog_info_party, cseq, HERE, "cseq", 0),
};
static const struct sip__xml_schema party_schema = SIP__XML_SCHEMA(sip_dialog_info_party, party_fields);

static const struct sip__xml_field state_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_state, event, "event", 0),
	SIP__XML_ATTR(sip_dialog_info_state, code, "code", 0),
	SIP__XML_TEXT(sip_dialog_info_state, state),
};
static const struct sip__xml_schema state_schema = SIP__XML_SCHEMA(sip_dialog_info_state, state_fields);

static const struct sip__xml_field replaces_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_replaces, call_id, "call-id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info_replaces, local_tag, "local-tag", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info_replaces, remote_tag, "remote-tag", SIP__XML_MUST),
};
static const struct sip__xml_schema replaces_schema = SIP__XML_SCHEMA(sip_dialog_info_replaces, replaces_fields);

static const struct sip__xml_field route_set_fields[] = {
	SIP__XML_TEXTS(sip_dialog_info_route_set, hops, HERE, "hop"),
};
static const struct sip__xml_schema route_set_schema = SIP__XML_SCHEMA(sip_dialog_info_route_set, route_set_fields);

static const struct sip__xml_field dialog_fields[] = {
	SIP__XML_ATTR(sip_dialog_info_dialog, id, "id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info_dialog, call_id, "call-id", 0),
	SIP__XML_ATTR(sip_dialog_info_dialog, local_tag, "local-tag", 0),
	SIP__XML_ATTR(sip_dialog_info_dialog, remote_tag, "remote-tag", 0),
	SIP__XML_ATTR(sip_dialog_info_dialog, direction, "direction", 0),
	SIP__XML_CHILD(sip_dialog_info_dialog, state, HERE, "state", state_schema),
	SIP__XML_ELEMENT(sip_dialog_info_dialog, duration, HERE, "duration", 0),
	SIP__XML_CHILD(sip_dialog_info_dialog, replaces, HERE, "replaces", replaces_schema),
	SIP__XML_CHILD(sip_dialog_info_dialog, referred_by, HERE, "referred-by", identity_schema),
	SIP__XML_CHILD(sip_dialog_info_dialog, route_set, HERE, "route-set", route_set_schema),
	SIP__XML_CHILD(sip_dialog_info_dialog, local, HERE, "local", party_schema),
	SIP__XML_CHILD(sip_dialog_info_dialog, remote, HERE, "remote", party_schema),
};
static const struct sip__xml_schema dialog_schema = SIP__XML_SCHEMA(sip_dialog_info_dialog, dialog_fields);

static const struct sip__xml_field info_fields[] = {
	SIP__XML_ATTR(sip_dialog_info, version, "version", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info, state, "state", SIP__XML_MUST),
	SIP__XML_ATTR(sip_dialog_info, entity, "entity", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_dialog_info, dialogs, HERE, "dialog", dialog_schema),
};
static const struct sip__xml_schema info_schema = SIP__XML_SCHEMA(sip_dialog_info, info_fields);

SIP__XML_DOCUMENT(dialog_info, HERE, "dialog-info", info_schema)
