/* repro/config among its own files: what a text setting must look like, and what the texts say together. */
#ifndef REPRO_CONFIG_CONFIG_PRIV_H
#define REPRO_CONFIG_CONFIG_PRIV_H

#include "repro/config/config.h"

/* For the table: what is expected, or NULL when the text is right. */
const char *repro__check_ip_list(struct sip_str text);
const char *repro__check_ip_port(struct sip_str text);
const char *repro__check_server_list(struct sip_str text);
const char *repro__check_host(struct sip_str text);
const char *repro__check_capture_key(struct sip_str text);
const char *repro__check_record_route(struct sip_str text);
const char *repro__check_domains(struct sip_str text);
const char *repro__check_algorithms(struct sip_str text);
const char *repro__check_networks(struct sip_str text);
const char *repro__check_agents(struct sip_str text);

/* Whom to tell that settings contradict each other. */
struct repro__told {
	const char *file; /* may be NULL */
	sip_settings_issue_fn fn;
	void *arg;
};
/* Takes the checked texts apart and compares settings with each other. INVAL (told), NOMEM. */
enum sip_err repro__config_take_apart(struct repro_config *c, const struct repro__told *told) SIP_MUST_USE;

#endif
