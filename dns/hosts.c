/* The hosts file: names that need no name server. Read when the resolver is made and flushed; one a resolver. */
#include "dns/dns_priv.h"

#include <stdio.h>

struct host_addr {
	struct host_addr *next;
	struct sip_addr addr;
};
struct host {
	struct sip_hash_node node;
	struct sip_str name;
	struct host_addr *first, *last; /* in the order of the file */
	size_t count;
};

enum { HOSTS_MEMORY = 16 << 20 };

void dns__hosts_init(struct dns__hosts *h, const struct sip_hash_key *key)
{
	sip_hash_init(&h->table, DNS__HOSTS_MAX);
	sip_arena_init(&h->arena, NULL, 0, HOSTS_MEMORY);
	h->key = key;
}

void dns__hosts_fini(struct dns__hosts *h)
{
	sip_hash_fini(&h->table);
	sip_arena_fini(&h->arena);
}

static struct host *host_find(const struct dns__hosts *h, uint64_t hash, struct sip_str name)
{
	for (struct sip_hash_node *n = sip_hash_first(&h->table, hash); n; n = sip_hash_next(n)) {
		struct host *host = SIP_CONTAINER(n, struct host, node);
		if (sip_str_eq_nocase(host->name, name))
			return host;
	}
	return NULL;
}

static enum sip_err host_get(struct dns__hosts *h, struct sip_str name, struct host **out)
{
	uint64_t hash = sip_hash_nocase(h->key, name);
	struct host *host = host_find(h, hash, name);
	enum sip_err err;

	*out = host;
	if (host)
		return SIP_OK;
	host = sip_arena_alloc_zero(&h->arena, sizeof *host);
	if (!host)
		return SIP_E_NOMEM;
	host->name = sip_arena_str(&h->arena, name);
	if (!host->name.p)
		return SIP_E_NOMEM;
	err = sip_hash_add(&h->table, &host->node, hash);
	if (err == SIP_OK)
		*out = host;
	return err;
}

static enum sip_err host_add(struct dns__hosts *h, struct sip_str name, const struct sip_addr *addr)
{
	struct host *host;
	struct host_addr *a;
	enum sip_err err;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > DNS__NAME_MAX)
		return SIP_OK;
	err = host_get(h, name, &host);
	if (err != SIP_OK)
		return err;
	if (host->count == DNS__HOST_ADDRS_MAX)
		return SIP_OK;
	a = sip_arena_alloc_zero(&h->arena, sizeof *a);
	if (!a)
		return SIP_E_NOMEM;
	a->addr = *addr;
	if (host->last)
		host->last->next = a;
	else
		host->first = a;
	host->last = a;
	host->count++;
	return SIP_OK;
}

static struct sip_str take_word(struct sip_str *line)
{
	size_t n = 0;
	struct sip_str word;

	*line = sip_str_trim(*line);
	while (n < line->len && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	word = sip_str_make(line->p, n);
	*line = sip_str_from(*line, n);
	return word;
}

static enum sip_err read_line(struct dns__hosts *h, struct sip_str line)
{
	struct sip_addr addr;
	enum sip_err err = SIP_OK;

	line.len = sip_str_find(line, '#');
	if (sip_addr_parse(&addr, take_word(&line), 0) != SIP_OK)
		return SIP_OK;
	while (err == SIP_OK) {
		struct sip_str name = take_word(&line);
		if (name.len == 0)
			break;
		err = host_add(h, name, &addr);
	}
	return err;
}

/* Lines that are too long are left out. */
static enum sip_err read_lines(struct dns__hosts *h, FILE *file)
{
	char line[DNS__HOSTS_LINE_MAX];
	size_t total = 0;
	bool is_cut = false;
	enum sip_err err = SIP_OK;

	while (err == SIP_OK && total < DNS__HOSTS_FILE_MAX && fgets(line, sizeof line, file)) {
		size_t len = strlen(line);
		bool is_whole = len && (line[len - 1] == '\n' || feof(file));
		total += len;
		if (is_whole && !is_cut)
			err = read_line(h, sip_str_make(line, len));
		is_cut = !is_whole;
	}
	return err;
}

enum sip_err dns__hosts_load(struct dns__hosts *h, const char *path)
{
	struct dns__hosts fresh;
	enum sip_err err = SIP_OK;
	FILE *file = path ? fopen(path, "re") : NULL;

	dns__hosts_init(&fresh, h->key);
	if (file) {
		err = read_lines(&fresh, file);
		fclose(file);
	}
	if (err == SIP_E_NOMEM) {
		dns__hosts_fini(&fresh);
		return err;
	}
	dns__hosts_fini(h);
	*h = fresh;
	return SIP_OK;
}

enum sip_err dns__hosts_find(const struct dns__hosts *h, struct sip_str name, enum dns_type type,
			     struct dns_rrset **out)
{
	int family = type == DNS_TYPE_A ? AF_INET : AF_INET6;
	struct dns_rr rr[DNS__HOST_ADDRS_MAX];
	const struct host *host;
	size_t count = 0;
	enum sip_err err;

	*out = NULL;
	if (h->table.count == 0)
		return SIP_E_NOTFOUND;
	host = host_find(h, sip_hash_nocase(h->key, name), name);
	if (!host)
		return SIP_E_NOTFOUND;
	memset(rr, 0, sizeof rr);
	for (const struct host_addr *a = host->first; a; a = a->next) {
		if (sip_addr_family(&a->addr) != family)
			continue;
		rr[count].type = type;
		rr[count++].addr = a->addr;
	}
	err = dns_rrset_create(count ? SIP_OK : SIP_E_NOTFOUND, rr, count, out);
	if (err == SIP_OK)
		(*out)->expires_us = INT64_MAX;
	return err;
}
