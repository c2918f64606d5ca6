/*
 * What every message of ours says of us: User-Agent or Server, Contact, Allow, Supported, Accept and their like, from the profile
 * (RFC 3261 8.1.1, 8.2, 13.2.1, 20.5; RFC 3840 9). The host of a Contact is known when the transport is: of a response by the flow
 * it goes back by, of a request on the shard's loop, by dum_dress_prepare.
 */
#include "dum/core/core.h"

#define UNKNOWN_HOST "host.invalid"
#define CONTACT_MOST 3072
#define OWN_HOST_MOST (SIP_ADVERTISED_MAX + sizeof "[]:65535;transport=dtls-udp")

static enum sip_err set_from(struct sip_message *m, enum sip_header id, const struct sip_buf *b)
{
	if (b->err != SIP_OK)
		return b->err;
	return b->len && !sip_message_has(m, id) ? sip_message_set(m, id, sip_buf_str(b)) : SIP_OK;
}

static const struct {
	enum sip_header header;
	enum dum_profile_setting list;
} capabilities[] = {
	{ SIP_HEADER_ALLOW, DUM_PROFILE_METHODS },
	{ SIP_HEADER_SUPPORTED, DUM_PROFILE_OPTION_TAGS },
	{ SIP_HEADER_ACCEPT, DUM_PROFILE_MIME_TYPES },
	{ SIP_HEADER_ACCEPT_ENCODING, DUM_PROFILE_ENCODINGS },
	{ SIP_HEADER_ACCEPT_LANGUAGE, DUM_PROFILE_LANGUAGES },
	{ SIP_HEADER_ALLOW_EVENTS, DUM_PROFILE_EVENTS },
};

/* What the profile lists, and PRACK where it is of use (RFC 3262). */
void dum_dress_put_allow(struct dum_profile *p, struct sip_buf *b)
{
	bool is_reliable = dum_profile_number(p, DUM_PROFILE_UAC_RELIABLE) != DUM_RELIABLE_NEVER ||
			   dum_profile_number(p, DUM_PROFILE_UAS_RELIABLE) != DUM_RELIABLE_NEVER;

	dum_profile_put_list(p, DUM_PROFILE_METHODS, b);
	if (b->len && is_reliable && !dum_profile_has(p, DUM_PROFILE_METHODS, SIP_STR("PRACK")))
		SIP_BUF_LIT(b, ", PRACK");
}

static void put_tag(struct sip_buf *b, const char *tag)
{
	if (b->len)
		SIP_BUF_LIT(b, ", ");
	sip_buf_put_z(b, tag);
}

/* What the profile lists, and of this library what it has switched on. */
static void put_supported(struct dum_profile *p, struct sip_buf *b)
{
	dum_profile_put_list(p, DUM_PROFILE_OPTION_TAGS, b);
	if (dum_profile_number(p, DUM_PROFILE_UAS_RELIABLE) != DUM_RELIABLE_NEVER &&
	    !dum_profile_has(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("100rel")))
		put_tag(b, "100rel");
	if (dum_profile_number(p, DUM_PROFILE_SESSION_TIME) && !dum_profile_has(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("timer")))
		put_tag(b, "timer");
}

/* RFC 5626 4.3, RFC 5627 4.4. A REGISTER says what it asks for itself. */
static void put_reachable(struct dum_profile *p, struct sip_buf *b)
{
	if (dum_profile_flag(p, DUM_PROFILE_OUTBOUND) && !dum_profile_has(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("outbound")))
		put_tag(b, "outbound");
	if (dum_profile_flag(p, DUM_PROFILE_GRUU) && !dum_profile_has(p, DUM_PROFILE_OPTION_TAGS, SIP_STR("gruu")))
		put_tag(b, "gruu");
}

static enum sip_err put_capabilities(struct dum_profile *p, struct sip_message *m, bool is_all)
{
	char room[2048];
	struct sip_buf b;
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(capabilities) && err == SIP_OK; i++) {
		if (!is_all && !dum_profile_has(p, DUM_PROFILE_ADVERTISED, sip_header_rows[capabilities[i].header].name))
			continue;
		sip_buf_init_fixed(&b, room, sizeof room);
		if (capabilities[i].list == DUM_PROFILE_METHODS)
			dum_dress_put_allow(p, &b);
		else if (is_all && capabilities[i].list == DUM_PROFILE_OPTION_TAGS)
			put_supported(p, &b);
		else
			dum_profile_put_list(p, capabilities[i].list, &b);
		if (capabilities[i].list == DUM_PROFILE_OPTION_TAGS && sip_message_method(m) != SIP_METHOD_REGISTER)
			put_reachable(p, &b);
		err = set_from(m, capabilities[i].header, &b);
	}
	return err;
}

/* The user part: what the profile says, else that of From. */
static struct sip_str contact_user(struct dum_profile *p)
{
	struct sip_str user = dum_profile_text(p, DUM_PROFILE_CONTACT_USER);
	struct sip_name_addr from;

	if (user.len || sip_name_addr_parse(dum_profile_text(p, DUM_PROFILE_FROM), &from) != SIP_OK)
		return user;
	return from.uri.user;
}

struct contact {
	struct sip_str host, instance; /* instance empty: none */
	bool is_secure;
	bool is_registered;            /* in a REGISTER */
	bool is_anonymous;             /* From does not say who we are, and neither may this */
};

/* RFC 3840 9: methods="INVITE,ACK". */
static void put_methods(struct dum_profile *p, struct sip_buf *b)
{
	char room[1200];
	struct sip_str rest, method;
	struct sip_buf all;
	const char *between = "";

	sip_buf_init_fixed(&all, room, sizeof room);
	dum_dress_put_allow(p, &all);
	rest = sip_buf_str(&all);
	SIP_BUF_LIT(b, ";methods=\"");
	while (sip_list_value_next(&rest, &method)) {
		sip_buf_putf(b, "%s%.*s", between, SIP_STR_ARG(method));
		between = ",";
	}
	SIP_BUF_LIT(b, "\"");
}

/* The URI in its brackets, as it came; false: none of that kind that would do. */
static bool put_gruu_of(struct dum_profile *p, enum dum_profile_setting which, const struct contact *c, struct sip_buf *b)
{
	char room[2304];
	struct sip_buf own;

	sip_buf_init_fixed(&own, room, sizeof room);
	if (dum_profile_put_list(p, which, &own) != 1 || own.err != SIP_OK ||
	    (c->is_secure && !sip_str_starts_nocase(sip_buf_str(&own), SIP_STR("<sips:"))))
		return false;
	sip_buf_put_str(b, sip_buf_str(&own));
	return true;
}

/* RFC 5627 4.4: what dialogs and target refreshes say of us. A REGISTER says where we are instead. */
static bool put_gruu(struct dum_profile *p, const struct contact *c, struct sip_buf *b)
{
	bool is_temporary = c->is_anonymous || dum_profile_flag(p, DUM_PROFILE_GRUU_IS_TEMPORARY);

	if (c->is_registered || !dum_profile_flag(p, DUM_PROFILE_GRUU))
		return false;
	return (is_temporary && put_gruu_of(p, DUM_PROFILE_TEMPORARY_GRUU, c, b)) ||
	       (!c->is_anonymous && put_gruu_of(p, DUM_PROFILE_PUBLIC_GRUU, c, b));
}

/*
 * RFC 5626 4.3: what is said in the dialog is to come by the flow this went by; so it does by a GRUU whose registered Contact has
 * said "ob".
 */
static bool wants_ob(struct dum_profile *p, const struct contact *c)
{
	return dum_profile_flag(p, DUM_PROFILE_OUTBOUND) && (!c->is_registered || dum_profile_flag(p, DUM_PROFILE_GRUU));
}

static void put_address(struct dum_profile *p, const struct contact *c, struct sip_buf *b)
{
	struct sip_str user = contact_user(p), own = dum_profile_text(p, DUM_PROFILE_OVERRIDE_HOST);
	uint32_t port = dum_profile_number(p, DUM_PROFILE_OVERRIDE_PORT);

	sip_buf_put_z(b, c->is_secure ? "<sips:" : "<sip:");
	if (user.len) {
		sip_uri_put_user(b, user);
		SIP_BUF_LIT(b, "@");
	}
	sip_buf_put_str(b, own.len ? own : c->host);
	if (own.len && port)
		sip_buf_putf(b, ":%u", (unsigned)port);
	if (c->instance.len)
		sip_buf_putf(b, ";rinstance=%.*s", SIP_STR_ARG(c->instance));
	if (wants_ob(p, c))
		SIP_BUF_LIT(b, ";ob");
	SIP_BUF_LIT(b, ">");
}

static void put_contact(struct dum_profile *p, const struct contact *c, struct sip_buf *b)
{
	struct sip_str features = sip_params_trim(dum_profile_text(p, DUM_PROFILE_CAPABILITIES));
	struct sip_str display = dum_profile_text(p, DUM_PROFILE_DISPLAY);

	if (display.len) {
		sip_quoted_encode(b, display);
		SIP_BUF_LIT(b, " ");
	}
	if (!put_gruu(p, c, b))
		put_address(p, c, b);
	if (features.len)
		SIP_BUF_LIT(b, ";");
	sip_buf_put_str(b, features);
	if (c->is_registered && dum_profile_flag(p, DUM_PROFILE_METHODS_PARAM))
		put_methods(p, b);
}

void dum_dress_put_contact(struct dum_profile *p, struct sip_str instance, struct sip_buf *b)
{
	struct contact c = { .host = SIP_STR_INIT(UNKNOWN_HOST), .instance = instance, .is_registered = true };

	put_contact(p, &c, b);
}

enum sip_err dum_dress_add_headers(struct sip_message *m, struct sip_str lines)
{
	struct sip_str line;
	enum sip_err err = SIP_OK;

	while (err == SIP_OK && sip_str_cut(&lines, '\n', &line)) {
		size_t colon = sip_str_find(line, ':');
		if (!line.len)
			continue;
		err = colon == line.len || colon == 0 ?
			      SIP_E_INVAL :
			      sip_message_add_field(m, sip_str_trim(sip_str_make(line.p, colon)),
						    sip_str_trim(sip_str_from(line, colon + 1)));
	}
	return err;
}

static bool is_sips(const struct sip_message *m, enum sip_header id)
{
	const struct sip_name_addr *a = sip_message_name_addr(m, id, 0);

	return a && !a->is_star && a->uri.scheme == SIP_URI_SIPS;
}

/* RFC 3261 8.1.1.8, 12.1.1: a SIPS URI in the Request-URI, or on top of the route, asks for one in our Contact. */
static bool is_secure_request(const struct sip_message *m, enum sip_header route)
{
	const struct sip_uri *u = sip_message_uri(m);

	return (u && u->scheme == SIP_URI_SIPS) || is_sips(m, route);
}

static bool is_secure_response(const struct sip_message *request)
{
	return is_secure_request(request, SIP_HEADER_RECORD_ROUTE) ||
	       (!sip_message_has(request, SIP_HEADER_RECORD_ROUTE) && is_sips(request, SIP_HEADER_CONTACT));
}

/* RFC 3323 4.1.1.3, RFC 3261 8.1.1.3. */
static bool is_anonymous(const struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);

	return from && sip_host_eq(from->uri.host, SIP_STR("anonymous.invalid"));
}

/* RFC 3261 20.29; ACK goes where its INVITE went. */
static enum sip_err put_proxy_require(struct dum_profile *p, struct sip_message *m)
{
	char room[1200];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	if (sip_message_method(m) == SIP_METHOD_ACK || !dum_profile_put_list(p, DUM_PROFILE_PROXY_REQUIRES, &b))
		return SIP_OK;
	return set_from(m, SIP_HEADER_PROXY_REQUIRE, &b);
}

enum sip_err dum_dress_request(struct dum *d, struct dum_profile *p, struct sip_message *m, unsigned what)
{
	struct sip_str agent = dum_profile_text(p, DUM_PROFILE_USER_AGENT);
	char room[CONTACT_MOST];
	struct sip_buf b;
	enum sip_err err = SIP_OK;

	(void)d;
	sip_buf_init_fixed(&b, room, sizeof room);
	if ((what & DUM_DRESS_CONTACT) && !sip_message_has(m, SIP_HEADER_CONTACT)) {
		struct contact c = { .host = SIP_STR_INIT(UNKNOWN_HOST), .is_secure = is_secure_request(m, SIP_HEADER_ROUTE),
				     .is_anonymous = is_anonymous(m) };
		put_contact(p, &c, &b);
		err = set_from(m, SIP_HEADER_CONTACT, &b);
	}
	if (err == SIP_OK && (what & (DUM_DRESS_CAPABILITIES | DUM_DRESS_ALL)))
		err = put_capabilities(p, m, what & DUM_DRESS_ALL);
	if (err == SIP_OK && agent.len && !sip_message_has(m, SIP_HEADER_USER_AGENT))
		err = sip_message_set(m, SIP_HEADER_USER_AGENT, agent);
	return err == SIP_OK ? put_proxy_require(p, m) : err;
}

/* "host:port" and, where it is not UDP, the transport: how we are reached by what this came in by. */
static void put_own_host(struct sip_transport *t, const struct sip_addr *peer, bool is_sips, struct sip_buf *b)
{
	enum sip_transport_kind kind = sip_transport_kind_of(t);

	sip_transport_put_sent_by(t, peer, b);
	if (kind != SIP_TRANSPORT_UDP) {
		SIP_BUF_LIT(b, ";transport=");
		sip_buf_put_str(b, sip_transport_kind_param(kind, is_sips));
	}
}

enum sip_err dum_dress_response(struct dum *d, struct dum_profile *p, const struct sip_message *request, struct sip_message *m,
				unsigned what)
{
	struct sip_str agent = dum_profile_text(p, DUM_PROFILE_USER_AGENT);
	struct sip_flow *flow = sip_flow_from_ref(sip_message_flow(request));
	char room[CONTACT_MOST], host[OWN_HOST_MOST];
	struct sip_buf b, h;
	enum sip_err err = SIP_OK;

	(void)d;
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_init_fixed(&h, host, sizeof host);
	if ((what & DUM_DRESS_CONTACT) && flow) {
		struct contact c = { .is_secure = is_secure_response(request) };
		put_own_host(sip_flow_transport(flow), sip_flow_remote(flow), c.is_secure, &h);
		c.host = sip_buf_str(&h);
		put_contact(p, &c, &b);
		err = h.err != SIP_OK ? h.err : set_from(m, SIP_HEADER_CONTACT, &b);
	}
	if (err == SIP_OK && (what & (DUM_DRESS_CAPABILITIES | DUM_DRESS_ALL)))
		err = put_capabilities(p, m, what & DUM_DRESS_ALL);
	if (err == SIP_OK && agent.len)
		err = sip_message_set(m, SIP_HEADER_SERVER, agent);
	return err;
}

/* The first Contact with another host in it. */
static enum sip_err replace_host(struct sip_message *m, size_t n, struct sip_str value, struct sip_str host, const struct sip_buf *own)
{
	char room[CONTACT_MOST];
	struct sip_buf b;

	sip_buf_init_fixed(&b, room, sizeof room);
	sip_buf_put(&b, value.p, (size_t)(host.p - value.p));
	sip_buf_put_str(&b, sip_buf_str(own));
	sip_buf_put_str(&b, sip_str_from(value, (size_t)(host.p - value.p) + host.len));
	return b.err != SIP_OK ? b.err : sip_message_replace(m, SIP_HEADER_CONTACT, n, sip_buf_str(&b));
}

enum sip_err dum_dress_prepare(void *arg, struct sip_message *m, struct sip_transport *by, const struct sip_addr *to)
{
	const struct sip_name_addr *c;
	char room[OWN_HOST_MOST];
	struct sip_buf own;
	enum sip_err err = SIP_OK;

	(void)arg;
	sip_buf_init_fixed(&own, room, sizeof room);
	for (size_t n = 0; err == SIP_OK && (c = sip_message_name_addr(m, SIP_HEADER_CONTACT, n)) != NULL; n++) {
		if (!sip_str_eq(c->uri.host, SIP_STR(UNKNOWN_HOST)))
			continue;
		sip_buf_clear(&own);
		put_own_host(by, to, c->uri.scheme == SIP_URI_SIPS, &own);
		err = own.err != SIP_OK ? own.err : replace_host(m, n, c->text, c->uri.host, &own);
	}
	return err;
}

void dum_dress_put_from(struct dum *d, struct dum_profile *p, struct sip_str tag, struct sip_buf *b)
{
	struct sip_str from = sip_params_trim(dum_profile_text(p, DUM_PROFILE_FROM));
	struct sip_name_addr parsed;

	(void)d;
	if (!from.len || sip_name_addr_parse(from, &parsed) != SIP_OK)
		SIP_BUF_LIT(b, "\"Anonymous\" <sip:anonymous@anonymous.invalid>"); /* RFC 3261 8.1.1.3 */
	else if (parsed.is_bracketed)
		sip_buf_put_str(b, from);
	else
		sip_buf_putf(b, "<%.*s>", SIP_STR_ARG(from));
	if (tag.len) {
		SIP_BUF_LIT(b, ";tag=");
		sip_buf_put_str(b, tag);
	}
}
