/* Writes a session description in the order of RFC 8866 9: strictly, whatever was read. No state, any thread. */
#include "stack/content/sdp_priv.h"

static void end_line(struct sip_buf *b)
{
	SIP_BUF_LIT(b, "\r\n");
}

static void begin_line(struct sip_buf *b, char type)
{
	sip_buf_put_char(b, type);
	sip_buf_put_char(b, '=');
}

/* Anything a line can hold, as it stands. */
static void put_bytes(struct sip_buf *b, struct sip_str text)
{
	if (!sip__sdp_is_bytes(text))
		sip__sdp_refuse(b);
	sip_buf_put_str(b, text);
}

static void put_line(struct sip_buf *b, char type, struct sip_str text, void (*put)(struct sip_buf *b, struct sip_str text))
{
	if (!text.p)
		return;
	if (text.len == 0)
		sip__sdp_refuse(b);
	begin_line(b, type);
	put(b, text);
	end_line(b);
}

static void put_text_line(struct sip_buf *b, char type, struct sip_str text)
{
	put_line(b, type, text, put_bytes);
}

static void put_trimmed_line(struct sip_buf *b, char type, struct sip_str text)
{
	put_line(b, type, text, sip__sdp_put_text);
}

/* ---- the session ------------------------------------------------------------------------------------------------------------ */

static void put_digits(struct sip_buf *b, struct sip_str digits)
{
	if (!sip__sdp_is_digits(digits))
		sip__sdp_refuse(b);
	sip_buf_put_str(b, digits);
}

static void put_origin(struct sip_buf *b, const struct sip_sdp_origin *o)
{
	begin_line(b, 'o');
	sip__sdp_put_word(b, o->username);
	sip_buf_put_char(b, ' ');
	put_digits(b, o->session_id);
	sip_buf_put_char(b, ' ');
	put_digits(b, o->session_version);
	sip__sdp_put_next(b, o->net_type);
	sip__sdp_put_next(b, o->addr_type);
	sip__sdp_put_next(b, o->address);
	end_line(b);
}

static void put_time(struct sip_buf *b, const struct sip_sdp_time *t, int64_t least)
{
	if (t->value < least || (t->unit && !strchr("dhms", t->unit)))
		sip__sdp_refuse(b);
	if (t->value < 0)
		sip_buf_put_char(b, '-');
	sip_buf_put_u64(b, t->value < 0 ? (uint64_t)0 - (uint64_t)t->value : (uint64_t)t->value);
	if (t->unit)
		sip_buf_put_char(b, t->unit);
}

static void put_repeat(struct sip_buf *b, const struct sip_sdp_repeat *r)
{
	begin_line(b, 'r');
	put_time(b, &r->interval, 0);
	sip_buf_put_char(b, ' ');
	put_time(b, &r->duration, 0);
	for (size_t i = 0; i < r->offset_count; i++) {
		sip_buf_put_char(b, ' ');
		put_time(b, &r->offsets[i], 0);
	}
	if (r->offset_count == 0)
		sip__sdp_refuse(b);
	end_line(b);
}

static void put_timing(struct sip_buf *b, const struct sip_sdp_timing *t)
{
	begin_line(b, 't');
	sip_buf_put_u64(b, t->start);
	sip_buf_put_char(b, ' ');
	sip_buf_put_u64(b, t->stop);
	end_line(b);
	for (size_t i = 0; i < t->repeat_count; i++)
		put_repeat(b, &t->repeats[i]);
	if (t->zone_count == 0)
		return;
	if (t->repeat_count == 0)
		sip__sdp_refuse(b);
	begin_line(b, 'z');
	for (size_t i = 0; i < t->zone_count; i++) {
		if (i > 0)
			sip_buf_put_char(b, ' ');
		sip_buf_put_u64(b, t->zones[i].at);
		sip_buf_put_char(b, ' ');
		put_time(b, &t->zones[i].offset, -INT64_MAX);
	}
	end_line(b);
}

static void put_timings(struct sip_buf *b, const struct sip_sdp *sdp)
{
	if (sdp->timing_count == 0)
		SIP_BUF_LIT(b, "t=0 0\r\n");
	for (size_t i = 0; i < sdp->timing_count; i++)
		put_timing(b, &sdp->timings[i]);
}

/* ---- what every section has ----------------------------------------------------------------------------------------------- */

/* What stands behind "/" would be read as something else. */
static bool is_multicast_readable(const struct sip_sdp_connection *c)
{
	bool is_ip4 = sip_str_eq_nocase(c->addr_type, SIP_STR("IP4")), is_ip6 = sip_str_eq_nocase(c->addr_type, SIP_STR("IP6"));

	if ((is_ip4 || is_ip6) && sip_str_find(c->address, '/') < c->address.len)
		return false;
	return is_ip4 ? c->has_ttl || c->count == 0 : !c->has_ttl && (is_ip6 || c->count == 0);
}

static void put_connection(struct sip_buf *b, const struct sip_sdp_connection *c)
{
	if (!is_multicast_readable(c))
		sip__sdp_refuse(b);
	begin_line(b, 'c');
	sip__sdp_put_word(b, c->net_type);
	sip__sdp_put_next(b, c->addr_type);
	sip__sdp_put_next(b, c->address);
	if (c->has_ttl) {
		sip_buf_put_char(b, '/');
		sip_buf_put_u64(b, c->ttl);
	}
	if (c->count > 0) {
		sip_buf_put_char(b, '/');
		sip_buf_put_u64(b, c->count);
	}
	end_line(b);
}

static void put_bandwidth(struct sip_buf *b, const struct sip_sdp_bandwidth *w)
{
	begin_line(b, 'b');
	if (sip_str_find(w->type, ':') < w->type.len)
		sip__sdp_refuse(b);
	sip__sdp_put_word(b, w->type);
	sip_buf_put_char(b, ':');
	sip_buf_put_u64(b, w->value);
	end_line(b);
}

void sip__sdp_put_attribute(struct sip_buf *b, struct sip_str name, struct sip_str value)
{
	begin_line(b, 'a');
	if (sip_str_find(name, ':') < name.len)
		sip__sdp_refuse(b);
	sip__sdp_put_word(b, name);
	if (value.p) {
		sip_buf_put_char(b, ':');
		put_bytes(b, value);
	}
	end_line(b);
}

static void put_rest(struct sip_buf *b, const struct sip_sdp_section *s)
{
	put_trimmed_line(b, 'k', s->key);
	for (size_t i = 0; i < s->attribute_count; i++)
		sip__sdp_put_attribute(b, s->attributes[i].name, s->attributes[i].value);
	for (size_t i = 0; i < s->other_count; i++) {
		if (!sip_char_is(s->others[i].type, SIP_CC_ALPHA) || strchr("abceikmoprstuvz", s->others[i].type))
			sip__sdp_refuse(b);
		begin_line(b, s->others[i].type);
		put_bytes(b, s->others[i].value);
		end_line(b);
	}
}

static void put_connections(struct sip_buf *b, const struct sip_sdp_section *s)
{
	for (size_t i = 0; i < s->connection_count; i++)
		put_connection(b, &s->connections[i]);
	for (size_t i = 0; i < s->bandwidth_count; i++)
		put_bandwidth(b, &s->bandwidths[i]);
}

static void put_media(struct sip_buf *b, const struct sip_sdp_media *m)
{
	begin_line(b, 'm');
	sip__sdp_put_word(b, m->type);
	sip_buf_put_char(b, ' ');
	sip_buf_put_u64(b, m->port);
	if (m->port_count > 0) {
		sip_buf_put_char(b, '/');
		sip_buf_put_u64(b, m->port_count);
	}
	sip__sdp_put_next(b, m->proto);
	for (size_t i = 0; i < m->format_count; i++)
		sip__sdp_put_next(b, m->formats[i]);
	/* "Any media formats listed are ignored. At least one MUST be present" (RFC 3264 6), for what is refused and no other. */
	if (m->format_count == 0 && (m->port != 0 || sip__sdp_has(m, SIP_SDP_BUNDLE_ONLY)))
		sip__sdp_refuse(b);
	else if (m->format_count == 0)
		SIP_BUF_LIT(b, " 0");
	end_line(b);
	put_text_line(b, 'i', m->section.information);
	put_connections(b, &m->section);
	put_rest(b, &m->section);
}

void sip_sdp_put(struct sip_buf *b, const struct sip_sdp *sdp)
{
	SIP_BUF_LIT(b, "v=0\r\n");
	put_origin(b, &sdp->origin);
	put_text_line(b, 's', sdp->name.len > 0 ? sdp->name : SIP_STR("-"));
	put_text_line(b, 'i', sdp->section.information);
	put_trimmed_line(b, 'u', sdp->uri);
	for (size_t i = 0; i < sdp->email_count; i++)
		put_trimmed_line(b, 'e', sdp->emails[i]);
	for (size_t i = 0; i < sdp->phone_count; i++)
		put_trimmed_line(b, 'p', sdp->phones[i]);
	/* Several are for the layers of one medium (RFC 8866 5.7). */
	if (sdp->section.connection_count > 1)
		sip__sdp_refuse(b);
	put_connections(b, &sdp->section);
	put_timings(b, sdp);
	put_rest(b, &sdp->section);
	for (size_t i = 0; i < sdp->media_count; i++)
		put_media(b, &sdp->media[i]);
}
