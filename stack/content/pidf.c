/* Presence: tuples, persons, devices, notes. No state, any thread. RFC 3863, RFC 4479, RFC 4480. */
#include "stack/content/pidf.h"

#include "stack/content/xml_priv.h"

/* A note has the same form in each of three namespaces. */
static const struct sip__xml_field note_fields[] = {
	SIP__XML_ATTR_IN(sip_pidf_note, lang, SIP__XML_XML, "lang", 0),
	SIP__XML_TEXT(sip_pidf_note, text),
};
static const struct sip__xml_schema note_schema = SIP__XML_SCHEMA(sip_pidf_note, note_fields);

static const struct sip__xml_field status_fields[] = {
	SIP__XML_ELEMENT(sip_pidf_status, basic, SIP__XML_PIDF, "basic", 0),
	SIP__XML_CHILD(sip_pidf_status, geopriv, SIP__XML_GEOPRIV, "geopriv", sip__geopriv_schema),
};
static const struct sip__xml_schema status_schema = SIP__XML_SCHEMA(sip_pidf_status, status_fields);

static const struct sip__xml_field contact_fields[] = {
	SIP__XML_ATTR(sip_pidf_contact, priority, "priority", 0),
	SIP__XML_TEXT(sip_pidf_contact, uri),
};
static const struct sip__xml_schema contact_schema = SIP__XML_SCHEMA(sip_pidf_contact, contact_fields);

static const struct sip__xml_field names_fields[] = {
	SIP__XML_ATTR(sip_pidf_names, from, "from", 0),
	SIP__XML_ATTR(sip_pidf_names, until, "until", 0),
	SIP__XML_CHILDREN(sip_pidf_names, notes, SIP__XML_RPID, "note", note_schema),
	SIP__XML_ITEMS(sip_pidf_names, names, SIP__XML_RPID),
};
static const struct sip__xml_schema names_schema = SIP__XML_SCHEMA(sip_pidf_names, names_fields);

/* What places there are says another registry (RFC 4589). */
static const struct sip__xml_field place_type_fields[] = {
	SIP__XML_ATTR(sip_pidf_names, from, "from", 0),
	SIP__XML_ATTR(sip_pidf_names, until, "until", 0),
	SIP__XML_CHILDREN(sip_pidf_names, notes, SIP__XML_RPID, "note", note_schema),
	SIP__XML_ITEMS(sip_pidf_names, names, SIP__XML_LOCATION_TYPE),
};
static const struct sip__xml_schema place_type_schema = SIP__XML_SCHEMA(sip_pidf_names, place_type_fields);

static const struct sip__xml_field user_input_fields[] = {
	SIP__XML_ATTR(sip_pidf_user_input, idle_threshold, "idle-threshold", 0),
	SIP__XML_ATTR(sip_pidf_user_input, last_input, "last-input", 0),
	SIP__XML_TEXT(sip_pidf_user_input, state),
};
static const struct sip__xml_schema user_input_schema = SIP__XML_SCHEMA(sip_pidf_user_input, user_input_fields);

static const struct sip__xml_field tuple_fields[] = {
	SIP__XML_ATTR(sip_pidf_tuple, id, "id", SIP__XML_MUST),
	SIP__XML_CHILD(sip_pidf_tuple, status, SIP__XML_PIDF, "status", status_schema),
	SIP__XML_TEXTS(sip_pidf_tuple, device_ids, SIP__XML_DATA_MODEL, "deviceID"),
	SIP__XML_ELEMENT(sip_pidf_tuple, rpid_class, SIP__XML_RPID, "class", 0),
	SIP__XML_CHILD(sip_pidf_tuple, relationship, SIP__XML_RPID, "relationship", names_schema),
	SIP__XML_CHILD(sip_pidf_tuple, service_class, SIP__XML_RPID, "service-class", names_schema),
	SIP__XML_CHILD(sip_pidf_tuple, user_input, SIP__XML_RPID, "user-input", user_input_schema),
	SIP__XML_CHILD(sip_pidf_tuple, contact, SIP__XML_PIDF, "contact", contact_schema),
	SIP__XML_CHILDREN(sip_pidf_tuple, notes, SIP__XML_PIDF, "note", note_schema),
	SIP__XML_ELEMENT(sip_pidf_tuple, timestamp, SIP__XML_PIDF, "timestamp", 0),
};
static const struct sip__xml_schema tuple_schema = SIP__XML_SCHEMA(sip_pidf_tuple, tuple_fields);

static const struct sip__xml_field person_fields[] = {
	SIP__XML_ATTR(sip_pidf_person, id, "id", SIP__XML_MUST),
	SIP__XML_CHILD(sip_pidf_person, activities, SIP__XML_RPID, "activities", names_schema),
	SIP__XML_ELEMENT(sip_pidf_person, rpid_class, SIP__XML_RPID, "class", 0),
	SIP__XML_CHILD(sip_pidf_person, mood, SIP__XML_RPID, "mood", names_schema),
	SIP__XML_CHILD(sip_pidf_person, place_type, SIP__XML_RPID, "place-type", place_type_schema),
	SIP__XML_CHILD(sip_pidf_person, privacy, SIP__XML_RPID, "privacy", names_schema),
	SIP__XML_ELEMENT(sip_pidf_person, sphere, SIP__XML_RPID, "sphere", 0),
	SIP__XML_ELEMENT(sip_pidf_person, status_icon, SIP__XML_RPID, "status-icon", 0),
	SIP__XML_ELEMENT(sip_pidf_person, time_offset, SIP__XML_RPID, "time-offset", 0),
	SIP__XML_CHILD(sip_pidf_person, user_input, SIP__XML_RPID, "user-input", user_input_schema),
	SIP__XML_CHILD(sip_pidf_person, geopriv, SIP__XML_GEOPRIV, "geopriv", sip__geopriv_schema),
	SIP__XML_CHILDREN(sip_pidf_person, notes, SIP__XML_DATA_MODEL, "note", note_schema),
	SIP__XML_ELEMENT(sip_pidf_person, timestamp, SIP__XML_DATA_MODEL, "timestamp", 0),
};
static const struct sip__xml_schema person_schema = SIP__XML_SCHEMA(sip_pidf_person, person_fields);

static const struct sip__xml_field device_fields[] = {
	SIP__XML_ATTR(sip_pidf_device, id, "id", SIP__XML_MUST),
	SIP__XML_ELEMENT(sip_pidf_device, rpid_class, SIP__XML_RPID, "class", 0),
	SIP__XML_CHILD(sip_pidf_device, user_input, SIP__XML_RPID, "user-input", user_input_schema),
	SIP__XML_CHILD(sip_pidf_device, geopriv, SIP__XML_GEOPRIV, "geopriv", sip__geopriv_schema),
	SIP__XML_ELEMENT(sip_pidf_device, device_id, SIP__XML_DATA_MODEL, "deviceID", 0),
	SIP__XML_CHILDREN(sip_pidf_device, notes, SIP__XML_DATA_MODEL, "note", note_schema),
	SIP__XML_ELEMENT(sip_pidf_device, timestamp, SIP__XML_DATA_MODEL, "timestamp", 0),
};
static const struct sip__xml_schema device_schema = SIP__XML_SCHEMA(sip_pidf_device, device_fields);

static const struct sip__xml_field pidf_fields[] = {
	SIP__XML_ATTR(sip_pidf, entity, "entity", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_pidf, tuples, SIP__XML_PIDF, "tuple", tuple_schema),
	SIP__XML_CHILDREN(sip_pidf, notes, SIP__XML_PIDF, "note", note_schema),
	SIP__XML_CHILDREN(sip_pidf, persons, SIP__XML_DATA_MODEL, "person", person_schema),
	SIP__XML_CHILDREN(sip_pidf, devices, SIP__XML_DATA_MODEL, "device", device_schema),
};
static const struct sip__xml_schema pidf_schema = SIP__XML_SCHEMA(sip_pidf, pidf_fields);

SIP__XML_DOCUMENT(pidf, SIP__XML_PIDF, "presence", pidf_schema)
