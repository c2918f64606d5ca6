/* stack/content: presence (RFC 3863), of persons and devices (RFC 4479, RFC 4480), with locations (RFC 4119, RFC 5491, RFC 5139). */
#ifndef STACK_CONTENT_PIDF_H
#define STACK_CONTENT_PIDF_H

#include "stack/content/content.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- where somebody is: geopriv.c ---- */
struct sip_geo_point {
	struct sip_str srs_name;          /* "urn:ogc:def:crs:EPSG::4326" (2D), "…4979" (3D) */
	struct sip_str pos;               /* "-34.407 150.883" */
};
struct sip_geo_radius {
	struct sip_str uom;               /* "urn:ogc:def:uom:EPSG::9001": metres */
	struct sip_str value;
};
struct sip_geo_circle {
	struct sip_str srs_name;
	struct sip_str pos;
	struct sip_geo_radius *radius;
};
struct sip_civic_address {
	struct sip_str lang;
	struct sip_content_item *parts;   /* "country", "A1", "RD", "HNO", "PC", … (RFC 5139 3) */
};
struct sip_location_info {
	struct sip_geo_point *point;
	struct sip_geo_circle *circle;
	struct sip_civic_address *civic;
};
struct sip_usage_rules {
	struct sip_content_number may_retransmit; /* not said: it must not be passed on */
	struct sip_str retention_expiry;
	struct sip_str external_ruleset;
	struct sip_str note_well;
};
struct sip_geopriv {
	struct sip_location_info *location;
	struct sip_usage_rules *rules;
	struct sip_str method;            /* "GPS", "Wiremap", … */
};

/* ---- presence ---- */
struct sip_pidf_note {
	struct sip_pidf_note *next;
	struct sip_str lang;
	struct sip_str text;
};
struct sip_pidf_status {
	struct sip_str basic;             /* "open", "closed" */
	struct sip_geopriv *geopriv;
};
struct sip_pidf_contact {
	struct sip_str priority;          /* "0.8" */
	struct sip_str uri;
};
struct sip_pidf_names { /* what RPID says by names: busy, away, on-the-phone … */
	struct sip_str from, until;
	struct sip_pidf_note *notes;
	struct sip_content_item *names;   /* the text is that of "other" */
};
struct sip_pidf_user_input {
	struct sip_str state;             /* "active", "idle" */
	struct sip_content_number idle_threshold; /* s */
	struct sip_str last_input;
};
struct sip_pidf_tuple {
	struct sip_pidf_tuple *next;
	struct sip_str id;
	struct sip_pidf_status *status;
	struct sip_content_text *device_ids;
	struct sip_pidf_names *service_class, *relationship;
	struct sip_str rpid_class;
	struct sip_pidf_user_input *user_input;
	struct sip_pidf_contact *contact;
	struct sip_pidf_note *notes;
	struct sip_str timestamp;         /* RFC 3339 */
};
struct sip_pidf_person {
	struct sip_pidf_person *next;
	struct sip_str id;
	struct sip_pidf_names *activities, *mood, *place_type, *privacy;
	struct sip_str rpid_class, sphere, status_icon, time_offset;
	struct sip_pidf_user_input *user_input;
	struct sip_geopriv *geopriv;
	struct sip_pidf_note *notes;
	struct sip_str timestamp;
};
struct sip_pidf_device {
	struct sip_pidf_device *next;
	struct sip_str id;
	struct sip_str rpid_class;
	struct sip_pidf_user_input *user_input;
	struct sip_geopriv *geopriv;
	struct sip_str device_id;         /* a URN */
	struct sip_pidf_note *notes;
	struct sip_str timestamp;
};
struct sip_pidf {
	struct sip_str entity;            /* "pres:someone@example.com" */
	struct sip_pidf_tuple *tuples;
	struct sip_pidf_note *notes;
	struct sip_pidf_person *persons;
	struct sip_pidf_device *devices;
};
/* What holds an unknown element that must be understood is skipped with it (RFC 3863 4.2.3). */
enum sip_err sip_pidf_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			    struct sip_pidf **out) SIP_MUST_USE;
void sip_pidf_put(struct sip_buf *b, const struct sip_pidf *x);

#ifdef __cplusplus
}
#endif
#endif
