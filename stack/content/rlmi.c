/* What a list subscription says of its resources. No state, any thread. RFC 4662 5. */
#include "stack/content/rlmi.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_RLMI

static const struct sip__xml_field name_fields[] = {
	SIP__XML_ATTR_IN(sip_rlmi_name, lang, SIP__XML_XML, "lang", 0),
	SIP__XML_TEXT(sip_rlmi_name, text),
};
static const struct sip__xml_schema name_schema = SIP__XML_SCHEMA(sip_rlmi_name, name_fields);

static const struct sip__xml_field instance_fields[] = {
	SIP__XML_ATTR(sip_rlmi_instance, id, "id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_rlmi_instance, state, "state", SIP__XML_MUST),
	SIP__XML_ATTR(sip_rlmi_instance, reason, "reason", 0),
	SIP__XML_ATTR(sip_rlmi_instance, cid, "cid", 0),
};
static const struct sip__xml_schema instance_schema = SIP__XML_SCHEMA(sip_rlmi_instance, instance_fields);

static const struct sip__xml_field resource_fields[] = {
	SIP__XML_ATTR(sip_rlmi_resource, uri, "uri", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_rlmi_resource, names, HERE, "name", name_schema),
	SIP__XML_CHILDREN(sip_rlmi_resource, instances, HERE, "instance", instance_schema),
};
static const struct sip__xml_schema resource_schema = SIP__XML_SCHEMA(sip_rlmi_resource, resource_fields);

static const struct sip__xml_field rlmi_fields[] = {
	SIP__XML_ATTR(sip_rlmi, uri, "uri", SIP__XML_MUST),
	SIP__XML_ATTR(sip_rlmi, version, "version", SIP__XML_MUST),
	SIP__XML_ATTR(sip_rlmi, full_state, "fullState", SIP__XML_MUST | SIP__XML_BOOL),
	SIP__XML_ATTR(sip_rlmi, cid, "cid", 0),
	SIP__XML_CHILDREN(sip_rlmi, names, HERE, "name", name_schema),
	SIP__XML_CHILDREN(sip_rlmi, resources, HERE, "resource", resource_schema),
};
static const struct sip__xml_schema rlmi_schema = SIP__XML_SCHEMA(sip_rlmi, rlmi_fields);

SIP__XML_DOCUMENT(rlmi, HERE, "list", rlmi_schema)
