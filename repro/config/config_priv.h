/* repro/config among its own files: what a text setting must look like, and what the texts say together. */
#ifndef REPRO_CONFIG_CONFIG_PRIV_H
#define REPRO_CONFIG_CONFIG_PRIV_H

#include "repro/config/config.h"

/* For the table: what is expected, or NULL when the text is right. */
const char *repro__check_ip_list(struct sip_str text);
const char *repro__check_ip_port(struct sip_str text);
const char *repro__check_server_list(struct sip_str text);
const char *repro__check_host(struct sip_str text);
const char *repro__check_advertised(struct sip_str text);
const char *repro__check_device(struct sip_str text);
const char *repro__check_capture_key(struct sip_str text);
const char *repro__check_record_route(struct sip_str text);
const char *repro__check_domains(struct sip_str text);
const char *repro__check_algorithms(struct sip_str text);
const char *repro__check_networks(struct sip_str text);
const char *repro__check_agents(struct sip_str text);
const char *repro__check_files(struct sip_str text);
const char *repro__check_origins(struct sip_str text);

/* Cuts the next piece of a comma list that is not empty. */
bool repro__next_piece(struct sip_str *rest, struct sip_str *piece);
/* What a RecordRouteUri says. */
void repro__record_route_split(const char *text, struct sip_str *uri, bool *is_auto);

/* listeners.c: the transports the settings ask for, and what is wrong with them, or NULL. LIMIT, NOMEM. */
enum sip_err repro__listeners_take(struct repro_config *c) SIP_MUST_USE;
const char *repro__listeners_check(const struct repro_config *c);

/* Whom to tell that settings contradict each other, and where they are from. */
struct repro__told {
	const char *file; /* may be NULL */
	const char *const *overrides;
	size_t override_count;
	sip_settings_issue_fn fn;
	void *arg;
};
struct repro__place {
	char file[256];
	unsigned line; /* 0: the file as a whole */
};
/* config.c: where the first of the settings that `text` names, and that was set at all, got its value. */
void repro__config_place(const struct repro__told *told, struct sip_str text, struct repro__place *out);
/* Takes the checked texts apart and compares settings with each other. INVAL (told), NOMEM. */
enum sip_err repro__config_take_apart(struct repro_config *c, const struct repro__told *told) SIP_MUST_USE;

#endif
