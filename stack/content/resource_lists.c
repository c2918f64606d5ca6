/* Lists of URIs, lists in lists. No state, any thread. RFC 4826 3, RFC 5364. */
#include "stack/content/resource_lists.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_RESOURCE_LISTS

static const struct sip__xml_field name_fields[] = {
	SIP__XML_ATTR_IN(sip_resource_name, lang, SIP__XML_XML, "lang", 0),
	SIP__XML_TEXT(sip_resource_name, text),
};
static const struct sip__xml_schema name_schema = SIP__XML_SCHEMA(sip_resource_name, name_fields);

static const struct sip__xml_field entry_fields[] = {
	SIP__XML_ATTR(sip_resource_entry, uri, "uri", SIP__XML_MUST),
	SIP__XML_ATTR_IN(sip_resource_entry, copy_control, SIP__XML_COPY_CONTROL, "copyControl", 0),
	SIP__XML_ATTR_IN(sip_resource_entry, anonymize, SIP__XML_COPY_CONTROL, "anonymize", SIP__XML_BOOL),
	SIP__XML_ATTR_IN(sip_resource_entry, count, SIP__XML_COPY_CONTROL, "count", 0),
	SIP__XML_CHILD(sip_resource_entry, display_name, HERE, "display-name", name_schema),
};
static const struct sip__xml_schema entry_schema = SIP__XML_SCHEMA(sip_resource_entry, entry_fields);

static const struct sip__xml_field ref_fields[] = {
	SIP__XML_ATTR(sip_resource_ref, uri, "ref", SIP__XML_MUST),
	SIP__XML_CHILD(sip_resource_ref, display_name, HERE, "display-name", name_schema),
};
static const struct sip__xml_schema ref_schema = SIP__XML_SCHEMA(sip_resource_ref, ref_fields);

static const struct sip__xml_field external_fields[] = {
	SIP__XML_ATTR(sip_resource_ref, uri, "anchor", 0),
	SIP__XML_CHILD(sip_resource_ref, display_name, HERE, "display-name", name_schema),
};
static const struct sip__xml_schema external_schema = SIP__XML_SCHEMA(sip_resource_ref, external_fields);

static const struct sip__xml_schema list_schema;
static const struct sip__xml_field list_fields[] = {
	SIP__XML_ATTR(sip_resource_list, name, "name", 0),
	SIP__XML_CHILD(sip_resource_list, display_name, HERE, "display-name", name_schema),
	SIP__XML_CHILDREN(sip_resource_list, lists, HERE, "list", list_schema),
	SIP__XML_CHILDREN(sip_resource_list, externals, HERE, "external", external_schema),
	SIP__XML_CHILDREN(sip_resource_list, entries, HERE, "entry", entry_schema),
	SIP__XML_CHILDREN(sip_resource_list, entry_refs, HERE, "entry-ref", ref_schema),
};
static const struct sip__xml_schema list_schema = SIP__XML_SCHEMA(sip_resource_list, list_fields);

static const struct sip__xml_field lists_fields[] = {
	SIP__XML_CHILDREN(sip_resource_lists, lists, HERE, "list", list_schema),
};
static const struct sip__xml_schema lists_schema = SIP__XML_SCHEMA(sip_resource_lists, lists_fields);

SIP__XML_DOCUMENT(resource_lists, HERE, "resource-lists", lists_schema)
