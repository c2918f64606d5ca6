/* Where somebody is, and what may be done with it: point, circle, civic address, usage rules. RFC 4119, RFC 5139, RFC 5491. */
#include "stack/content/pidf.h"
#include "stack/content/xml_priv.h"

static const struct sip__xml_field point_fields[] = {
	SIP__XML_ATTR(sip_geo_point, srs_name, "srsName", 0),
	SIP__XML_ELEMENT(sip_geo_point, pos, SIP__XML_GML, "pos", SIP__XML_MUST),
};
static const struct sip__xml_schema point_schema = SIP__XML_SCHEMA(sip_geo_point, point_fields);

static const struct sip__xml_field radius_fields[] = {
	SIP__XML_ATTR(sip_geo_radius, uom, "uom", 0),
	SIP__XML_TEXT(sip_geo_radius, value),
};
static const struct sip__xml_schema radius_schema = SIP__XML_SCHEMA(sip_geo_radius, radius_fields);

static const struct sip__xml_field circle_fields[] = {
	SIP__XML_ATTR(sip_geo_circle, srs_name, "srsName", 0),
	SIP__XML_ELEMENT(sip_geo_circle, pos, SIP__XML_GML, "pos", SIP__XML_MUST),
	SIP__XML_CHILD(sip_geo_circle, radius, SIP__XML_SHAPE, "radius", radius_schema),
};
static const struct sip__xml_schema circle_schema = SIP__XML_SCHEMA(sip_geo_circle, circle_fields);

static const struct sip__xml_field civic_fields[] = {
	SIP__XML_ATTR_IN(sip_civic_address, lang, SIP__XML_XML, "lang", 0),
	SIP__XML_ITEMS(sip_civic_address, parts, SIP__XML_CIVIC),
};
static const struct sip__xml_schema civic_schema = SIP__XML_SCHEMA(sip_civic_address, civic_fields);

static const struct sip__xml_field location_fields[] = {
	SIP__XML_CHILD(sip_location_info, point, SIP__XML_GML, "Point", point_schema),
	SIP__XML_CHILD(sip_location_info, circle, SIP__XML_SHAPE, "Circle", circle_schema),
	SIP__XML_CHILD(sip_location_info, civic, SIP__XML_CIVIC, "civicAddress", civic_schema),
};
static const struct sip__xml_schema location_schema = SIP__XML_SCHEMA(sip_location_info, location_fields);

static const struct sip__xml_field rules_fields[] = {
	SIP__XML_ELEMENT(sip_usage_rules, may_retransmit, SIP__XML_BASIC_POLICY, "retransmission-allowed",
			SIP__XML_BOOL | SIP__XML_YES_NO),
	SIP__XML_ELEMENT(sip_usage_rules, retention_expiry, SIP__XML_BASIC_POLICY, "retention-expiry", 0),
	SIP__XML_ELEMENT(sip_usage_rules, external_ruleset, SIP__XML_BASIC_POLICY, "external-ruleset", 0),
	SIP__XML_ELEMENT(sip_usage_rules, note_well, SIP__XML_BASIC_POLICY, "note-well", 0),
};
static const struct sip__xml_schema rules_schema = SIP__XML_SCHEMA(sip_usage_rules, rules_fields);

static const struct sip__xml_field geopriv_fields[] = {
	SIP__XML_CHILD(sip_geopriv, location, SIP__XML_GEOPRIV, "location-info", location_schema),
	SIP__XML_CHILD(sip_geopriv, rules, SIP__XML_GEOPRIV, "usage-rules", rules_schema),
	SIP__XML_ELEMENT(sip_geopriv, method, SIP__XML_GEOPRIV, "method", 0),
};
const struct sip__xml_schema sip__geopriv_schema = SIP__XML_SCHEMA(sip_geopriv, geopriv_fields);
