/* Who watches a resource. No state, any thread. RFC 3858. */
#include "stack/content/watcherinfo.h"

#include "stack/content/xml_priv.h"

#define HERE SIP__XML_WATCHERINFO

static const struct sip__xml_field watcher_fields[] = {
	SIP__XML_ATTR(sip_watcherinfo_watcher, id, "id", SIP__XML_MUST),
	SIP__XML_ATTR(sip_watcherinfo_watcher, status, "status", SIP__XML_MUST),
	SIP__XML_ATTR(sip_watcherinfo_watcher, event, "event", SIP__XML_MUST),
	SIP__XML_ATTR(sip_watcherinfo_watcher, display_name, "display-name", 0),
	SIP__XML_ATTR(sip_watcherinfo_watcher, expiration, "expiration", 0),
	SIP__XML_ATTR(sip_watcherinfo_watcher, duration_subscribed, "duration-subscribed", 0),
	SIP__XML_TEXT(sip_watcherinfo_watcher, uri),
};
static const struct sip__xml_schema watcher_schema = SIP__XML_SCHEMA(sip_watcherinfo_watcher, watcher_fields);

static const struct sip__xml_field list_fields[] = {
	SIP__XML_ATTR(sip_watcherinfo_list, resource, "resource", SIP__XML_MUST),
	SIP__XML_ATTR(sip_watcherinfo_list, package, "package", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_watcherinfo_list, watchers, HERE, "watcher", watcher_schema),
};
static const struct sip__xml_schema list_schema = SIP__XML_SCHEMA(sip_watcherinfo_list, list_fields);

static const struct sip__xml_field watcherinfo_fields[] = {
	SIP__XML_ATTR(sip_watcherinfo, version, "version", SIP__XML_MUST),
	SIP__XML_ATTR(sip_watcherinfo, state, "state", SIP__XML_MUST),
	SIP__XML_CHILDREN(sip_watcherinfo, lists, HERE, "watcher-list", list_schema),
};
static const struct sip__xml_schema watcherinfo_schema = SIP__XML_SCHEMA(sip_watcherinfo, watcherinfo_fields);

SIP__XML_DOCUMENT(watcherinfo, HERE, "watcherinfo", watcherinfo_schema)
