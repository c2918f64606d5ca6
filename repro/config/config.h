/*
 * repro/config: what repro was told. Settings come from a table (reSIProcate's names), a file
 * and overrides; out comes one immutable, counted struct that every loop may read. A reload
 * makes a new one and says what has changed.
 */
#ifndef REPRO_CONFIG_CONFIG_H
#define REPRO_CONFIG_CONFIG_H

#include "stack/base/network.h"
#include "stack/uri/uri.h"
#include "repro/config/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

enum repro_logging_type { REPRO_LOG_COUT, REPRO_LOG_CERR, REPRO_LOG_SYSLOG, REPRO_LOG_FILE };
enum repro_congestion_metric { REPRO_BY_SIZE, REPRO_BY_TIME_DEPTH, REPRO_BY_WAIT_TIME };
enum repro_proxy_protocol { REPRO_PROXY_PROTOCOL_DEFAULT, REPRO_PROXY_PROTOCOL_FALSE, REPRO_PROXY_PROTOCOL_TRUE };
enum repro_size_switch { REPRO_SIZE_SWITCH_FALLBACK, REPRO_SIZE_SWITCH_ON, REPRO_SIZE_SWITCH_OFF };
enum repro_tls_clients { REPRO_TLS_NONE, REPRO_TLS_OPTIONAL, REPRO_TLS_MANDATORY };
enum repro_tls_method { REPRO_TLS_SSLV23, REPRO_TLS_ANY, REPRO_TLS_1_2, REPRO_TLS_1_3 };
enum repro_q_behavior { REPRO_Q_FULL_SEQUENTIAL, REPRO_Q_EQUAL_PARALLEL, REPRO_Q_FULL_PARALLEL };

#define REPRO_TRANSPORT_SLOTS 16

/* The settings as they stand, a field a row: BOOL bool, NUMBER uint64_t, TEXT char * (never NULL), CHOICE unsigned. */
struct repro_transport_settings {
#define REPRO_BOOL(field, name, value, reload, help)
#define REPRO_NUMBER(field, name, value, min, max, reload, help)
#define REPRO_TEXT(field, name, value, check, reload, help)
#define REPRO_SECRET(field, name, value, check, reload, help)
#define REPRO_CHOICE(field, name, value, choices, reload, help)
#define REPRO_SLOT_NUMBER(field, name, value, min, max, reload, help) uint64_t field;
#define REPRO_SLOT_TEXT(field, name, value, check, reload, help) char *field;
#define REPRO_SLOT_SECRET(field, name, value, check, reload, help) char *field;
#define REPRO_SLOT_CHOICE(field, name, value, choices, reload, help) unsigned field;
#define REPRO_UNSUPPORTED(name)
#include "repro/config/settings_table.h"
#undef REPRO_BOOL
#undef REPRO_NUMBER
#undef REPRO_TEXT
#undef REPRO_SECRET
#undef REPRO_CHOICE
#undef REPRO_SLOT_NUMBER
#undef REPRO_SLOT_TEXT
#undef REPRO_SLOT_SECRET
#undef REPRO_SLOT_CHOICE
};
struct repro_settings {
#define REPRO_BOOL(field, name, value, reload, help) bool field;
#define REPRO_NUMBER(field, name, value, min, max, reload, help) uint64_t field;
#define REPRO_TEXT(field, name, value, check, reload, help) char *field;
#define REPRO_SECRET(field, name, value, check, reload, help) char *field;
#define REPRO_CHOICE(field, name, value, choices, reload, help) unsigned field;
#define REPRO_SLOT_NUMBER(field, name, value, min, max, reload, help)
#define REPRO_SLOT_TEXT(field, name, value, check, reload, help)
#define REPRO_SLOT_SECRET(field, name, value, check, reload, help)
#define REPRO_SLOT_CHOICE(field, name, value, choices, reload, help)
#include "repro/config/settings_table.h"
#undef REPRO_BOOL
#undef REPRO_NUMBER
#undef REPRO_TEXT
#undef REPRO_SECRET
#undef REPRO_CHOICE
#undef REPRO_SLOT_NUMBER
#undef REPRO_SLOT_TEXT
#undef REPRO_SLOT_SECRET
#undef REPRO_SLOT_CHOICE
#undef REPRO_UNSUPPORTED
	struct repro_transport_settings transport[REPRO_TRANSPORT_SLOTS]; /* Transport1 is [0] */
};

struct repro_tls { /* how a transport presents itself; texts lent by the settings, "" when there is none */
	const char *domain;
	const char *certificate;
	const char *key;
	const char *passphrase;
	const char *ocsp;
	enum repro_tls_clients clients;
	enum repro_tls_method method;
};

struct repro_listener { /* a transport to open */
	enum sip_transport_kind kind;
	struct repro_tls tls;          /* of the secure kinds; of the others all is empty */
	int beside;                    /* WS, WSS: the listener whose port it shares; -1: it has its own */
	struct sip_addr bind;
	struct sip_str record_route;   /* URI; empty: none of its own */
	bool record_route_auto;        /* its own address */
	unsigned rcvbuf;               /* bytes; 0: default */
	struct sip_str advertised;     /* host; empty: none but its own address */
	uint16_t advertised_port;      /* 0: its own */
	unsigned dscp;
	const char *device;            /* lent by the settings; "": any */
	enum repro_size_switch size_switch; /* UDP */
	bool proxy_protocol;           /* never with UDP */
};
#define REPRO_LISTENERS_MAX 64
#define REPRO_DOMAINS_MAX 1024
#define REPRO_SERVERS_MAX 16
#define REPRO_ALGORITHMS_MAX 4
#define REPRO_CAPTURE_KEY_MAX 256 /* bytes */
#define REPRO_ADVERTISED_MAX 255  /* bytes */
#define REPRO_DEVICE_MAX 15       /* bytes: as long as the kernel takes them */
#define REPRO_NETWORKS_MAX 64
#define REPRO_AGENTS_MAX 32
#define REPRO_FILES_MAX 16

enum repro_algorithm { REPRO_ALGORITHM_MD5, REPRO_ALGORITHM_SHA_256 };

struct repro_config { /* counted; read-only once it is out of repro_config_load; any thread */
	struct sip_ref ref;
	struct repro_settings set;
	/* What the texts among them say, taken apart. Slices point into `set`. */
	struct repro_listener listeners[REPRO_LISTENERS_MAX];
	size_t listener_count;
	struct sip_str *domains;                       /* owned array, in the order given */
	size_t domain_count;
	struct sip_addr dns_servers[REPRO_SERVERS_MAX]; /* port 53 unless given */
	size_t dns_server_count;
	struct sip_addr http_binds[REPRO_SERVERS_MAX];  /* with HttpPort; none when it is 0 */
	size_t http_bind_count;
	enum repro_algorithm algorithms[REPRO_ALGORITHMS_MAX]; /* in order of preference */
	size_t algorithm_count;
	struct sip_str record_route;                   /* RecordRouteUri as a URI; empty: none or auto */
	bool record_route_auto;
	enum sip_log_level log_level;
};

/*
 * Defaults, then the file (may be NULL), then the overrides ("Name=Value", told as of the file "command line", line n).
 * Every issue is told, warnings too; with an error nothing is made: SYNTAX, INVAL, NOTFOUND (unknown name or no such
 * file), RANGE, NOMEM.
 */
enum sip_err repro_config_load(const char *path, const char *const *overrides, size_t override_count,
			       sip_settings_issue_fn fn, void *arg, struct repro_config **out) SIP_MUST_USE;
void repro_config_ref(struct repro_config *c);
void repro_config_unref(struct repro_config **c);

/* Are we responsible for this host (case folded, port not looked at)? Only Domains is asked. */
bool repro_config_is_domain(const struct repro_config *c, struct sip_str host);

/* Tells each setting that differs: its name as in a file ("Transport2Type"), both values, is a restart needed. */
typedef void (*repro_config_diff_fn)(void *arg, const char *name, const char *old_value, const char *new_value,
				     bool needs_restart);
/* Returns how many differ. NOMEM shows as SIZE_MAX. */
size_t repro_config_diff(const struct repro_config *before, const struct repro_config *after, repro_config_diff_fn fn,
			 void *arg);
/* Its value is nobody's business: not to be logged. The name as in a file. */
bool repro_config_is_secret(const char *name);
/* Every setting with its present value, as a file (--dump-config); a commented sample with the defaults. */
void repro_config_put(const struct repro_config *c, struct sip_buf *b);
void repro_config_put_sample(struct sip_buf *b);

#ifdef __cplusplus
}
#endif
#endif
