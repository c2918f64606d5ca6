/*
 * What texts among the settings must look like, and taking them apart: domains, servers, algorithms; then
 * what settings say against each other. Runs while loading, on the loading thread.
 */
#include "repro/config/config_priv.h"

bool repro__next_piece(struct sip_str *rest, struct sip_str *piece)
{
	while (sip_str_cut(rest, ',', piece)) {
		if (piece->len > 0)
			return true;
	}
	return false;
}

/* ---- the checks of the table ----------------------------------------------------------------------------------- */

const char *repro__check_ip_list(struct sip_str text)
{
	struct sip_str piece;
	struct sip_addr a;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (sip_addr_parse(&a, piece, 0) != SIP_OK)
			return "IP addresses, comma separated";
		if (++count > REPRO_SERVERS_MAX)
			return "at most 16 addresses";
	}
	return NULL;
}

/* 192.0.2.1:5060, [2001:db8::1]:5060; as reSIProcate, 2001:db8::1:5060 is not understood: brackets are needed. */
const char *repro__check_ip_port(struct sip_str text)
{
	struct sip_addr a;
	bool has_colon = sip_str_find(text, ':') < text.len;
	if (text.len == 0 || (has_colon && sip_addr_parse_port(&a, text, 5060) == SIP_OK))
		return NULL;
	return "address:port";
}

const char *repro__check_server_list(struct sip_str text)
{
	struct sip_str piece;
	struct sip_addr a;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (sip_addr_parse_port(&a, piece, 53) != SIP_OK)
			return "addresses or address:port, comma separated";
		if (++count > REPRO_SERVERS_MAX)
			return "at most 16 servers";
	}
	return NULL;
}

const char *repro__check_capture_key(struct sip_str text)
{
	return text.len <= REPRO_CAPTURE_KEY_MAX ? NULL : "at most 256 bytes";
}

static bool is_auto(struct sip_str text)
{
	return sip_str_eq_nocase(text, SIP_STR("auto"));
}

const char *repro__check_record_route(struct sip_str text)
{
	struct sip_uri uri;
	if (text.len == 0 || is_auto(text))
		return NULL;
	if (sip_uri_parse(text, &uri) == SIP_OK && sip_uri_is_sip(&uri) && !uri.headers.p)
		return NULL;
	return "a sip URI without headers, or auto";
}

static bool is_host(struct sip_str text)
{
	struct sip_scan s;
	struct sip_str host;
	uint16_t port = 0;
	sip_scan_init(&s, text);
	return sip_host_scan(&s, &host, &port) && sip_scan_finish(&s) && port == 0;
}

const char *repro__check_host(struct sip_str text)
{
	struct sip_addr a;
	if (text.len == 0 || is_host(text) || sip_addr_parse(&a, text, 0) == SIP_OK)
		return NULL;
	return "a host name or an address, without a port";
}

const char *repro__check_advertised(struct sip_str text)
{
	return text.len <= REPRO_ADVERTISED_MAX ? repro__check_host(text) : "at most 255 bytes";
}

const char *repro__check_device(struct sip_str text)
{
	bool is_name = text.len <= REPRO_DEVICE_MAX;
	for (size_t i = 0; i < text.len; i++)
		is_name = is_name && text.p[i] > ' ' && text.p[i] != '/';
	return is_name ? NULL : "the name of an interface, at most 15 bytes";
}

const char *repro__check_domains(struct sip_str text)
{
	struct sip_str piece;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (!is_host(piece))
			return "host names, comma separated";
		if (++count > REPRO_DOMAINS_MAX)
			return "at most 1024 domains";
	}
	return NULL;
}

const char *repro__check_files(struct sip_str text)
{
	struct sip_str piece;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (++count > REPRO_FILES_MAX)
			return "at most 16 names, comma separated";
	}
	return NULL;
}

const char *repro__check_origins(struct sip_str text)
{
	struct sip_str piece;
	while (repro__next_piece(&text, &piece)) {
		size_t colon = sip_str_find(piece, ':');
		if (colon == 0 || piece.len < colon + 4 || piece.p[colon + 1] != '/' || piece.p[colon + 2] != '/' ||
		    sip_str_find(sip_str_from(piece, colon + 3), '/') < piece.len - colon - 3)
			return "origins like https://phone.example.com, comma separated";
	}
	return NULL;
}

static bool find_algorithm(struct sip_str name, enum repro_algorithm *out)
{
	static const struct {
		struct sip_str name;
		enum repro_algorithm algorithm;
	} known[] = {
		{ SIP_STR_INIT("MD5"), REPRO_ALGORITHM_MD5 },
		{ SIP_STR_INIT("SHA-256"), REPRO_ALGORITHM_SHA_256 },
	};
	for (size_t i = 0; i < SIP_COUNTOF(known); i++) {
		if (!sip_str_eq_nocase(name, known[i].name))
			continue;
		*out = known[i].algorithm;
		return true;
	}
	return false;
}

const char *repro__check_algorithms(struct sip_str text)
{
	struct sip_str piece;
	enum repro_algorithm a;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (!find_algorithm(piece, &a) || ++count > REPRO_ALGORITHMS_MAX)
			return "MD5 and SHA-256, comma separated, best first";
	}
	return NULL;
}

const char *repro__check_networks(struct sip_str text)
{
	struct sip_network networks[REPRO_NETWORKS_MAX];
	size_t count;
	enum sip_err err = sip_network_parse_list(networks, REPRO_NETWORKS_MAX, text, &count);
	if (err == SIP_E_LIMIT)
		return "at most 64 networks";
	return err == SIP_OK ? NULL : "networks as 192.0.2.0/24 or 2001:db8::/32, comma separated";
}

const char *repro__check_agents(struct sip_str text)
{
	struct sip_str piece;
	size_t count = 0;
	while (repro__next_piece(&text, &piece)) {
		if (++count > REPRO_AGENTS_MAX)
			return "at most 32 names";
	}
	return NULL;
}

/* ---- taking apart ---------------------------------------------------------------------------------------------- */

void repro__record_route_split(const char *text, struct sip_str *uri, bool *is_auto_route)
{
	*uri = sip_str_of(text);
	*is_auto_route = is_auto(*uri);
	if (*is_auto_route)
		*uri = sip_str_make("", 0);
}

static enum sip_err take_domains(struct repro_config *c)
{
	struct sip_str rest = sip_str_of(c->set.domains);
	struct sip_str piece;
	size_t count = 0;
	while (repro__next_piece(&rest, &piece))
		count++;
	if (count == 0)
		return SIP_OK;
	c->domains = sip_alloc_zero(count * sizeof(*c->domains));
	if (!c->domains)
		return SIP_E_NOMEM;
	rest = sip_str_of(c->set.domains);
	while (c->domain_count < count && repro__next_piece(&rest, &piece))
		c->domains[c->domain_count++] = piece;
	return SIP_OK;
}

static enum sip_err take_addrs(const char *text, uint16_t port, struct sip_addr *out, size_t *count)
{
	struct sip_str rest = sip_str_of(text);
	struct sip_str piece;
	enum sip_err err = SIP_OK;
	while (err == SIP_OK && *count < REPRO_SERVERS_MAX && repro__next_piece(&rest, &piece)) {
		err = sip_addr_parse_port(&out[*count], piece, port);
		*count += err == SIP_OK;
	}
	return err;
}

static enum sip_err take_http(struct repro_config *c)
{
	uint16_t port = (uint16_t)c->set.http_port;
	enum sip_err err;
	if (port == 0)
		return SIP_OK;
	err = take_addrs(c->set.http_bind_address, port, c->http_binds, &c->http_bind_count);
	if (err == SIP_OK && c->http_bind_count == 0)
		err = take_addrs(c->set.disable_ipv4 ? "::" : "0.0.0.0", port, c->http_binds, &c->http_bind_count);
	for (size_t i = 0; i < c->http_bind_count; i++)
		sip_addr_set_port(&c->http_binds[i], port);
	return err;
}

static void take_algorithms(struct repro_config *c)
{
	struct sip_str rest = sip_str_of(c->set.digest_algorithms);
	struct sip_str piece;
	while (c->algorithm_count < REPRO_ALGORITHMS_MAX && repro__next_piece(&rest, &piece)) {
		if (find_algorithm(piece, &c->algorithms[c->algorithm_count]))
			c->algorithm_count++;
	}
	/* As reSIProcate: an empty list challenges with MD5. */
	if (c->algorithm_count == 0)
		c->algorithms[c->algorithm_count++] = REPRO_ALGORITHM_MD5;
}

/* ---- what settings say against each other ----------------------------------------------------------------------- */

static const char *check_bounds(const struct repro_config *c)
{
	if (c->set.registrar_min_expires > c->set.registrar_max_expires)
		return "RegistrarMinExpires: expected at most RegistrarMaxExpires";
	if (c->set.registrar_default_expires < c->set.registrar_min_expires ||
	    c->set.registrar_default_expires > c->set.registrar_max_expires)
		return "RegistrarDefaultExpires: expected a number from RegistrarMinExpires to RegistrarMaxExpires";
	if (c->set.logging_type == REPRO_LOG_FILE && !c->set.log_filename[0])
		return "LogFilename: expected a file name, because LoggingType is file";
	return NULL;
}

static enum sip_err contradict(const struct repro__told *told, const char *text)
{
	struct sip_settings_issue issue = { .is_error = true };
	struct repro__place place;
	struct sip_buf b;
	if (!text)
		return SIP_OK;
	repro__config_place(told, sip_str_of(text), &place);
	issue.file = place.file;
	issue.line = place.line;
	sip_buf_init_fixed(&b, issue.text, sizeof(issue.text));
	sip_buf_put_z(&b, text);
	sip_buf_z(&b);
	if (told->fn)
		told->fn(told->arg, &issue);
	return SIP_E_INVAL;
}

static enum sip_log_level log_level_of(unsigned choice)
{
	static const enum sip_log_level levels[] = {
		SIP_LOG_NONE,    SIP_LOG_CRIT,   SIP_LOG_CRIT, SIP_LOG_CRIT,  SIP_LOG_ERR,
		SIP_LOG_WARNING, SIP_LOG_NOTICE, SIP_LOG_INFO, SIP_LOG_DEBUG, SIP_LOG_STACK,
	};
	return choice < SIP_COUNTOF(levels) ? levels[choice] : SIP_LOG_INFO;
}

enum sip_err repro__config_take_apart(struct repro_config *c, const struct repro__told *told)
{
	enum sip_err err, bounds;
	repro__record_route_split(c->set.record_route_uri, &c->record_route, &c->record_route_auto);
	c->log_level = log_level_of(c->set.log_level);
	take_algorithms(c);
	err = repro__listeners_take(c);
	if (err == SIP_E_LIMIT)
		return contradict(told, "IPAddress: expected at most 64 transports with all addresses and ports, found more");
	if (err == SIP_OK)
		err = take_domains(c);
	if (err == SIP_OK)
		err = take_addrs(c->set.dns_servers, 53, c->dns_servers, &c->dns_server_count);
	if (err == SIP_OK)
		err = take_http(c);
	if (err != SIP_OK)
		return err;
	err = contradict(told, repro__listeners_check(c));
	bounds = contradict(told, check_bounds(c));
	return err != SIP_OK ? err : bounds;
}
