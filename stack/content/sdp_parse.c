/*
 * Reads a session description: one pass counts the lines of each kind, a second one fills arrays of that size; what belongs to one
 * section is a run of each array. All in the caller's arena. No state, any thread. RFC 8866 5.
 */
#include "stack/content/content_priv.h"
#include "stack/content/sdp_priv.h"

struct reader {
	struct sip_arena *arena;
	size_t most;                    /* of a kind in one section */
	struct sip__sdp_lines lines;
	enum sip_err err;
	size_t counts[26];              /* lines by letter */
	size_t other_count;             /* lines of no letter */
	uint32_t seen;                  /* letters of this section that may stand once */
	struct sip_sdp_repeat *repeats;
	struct sip_sdp *sdp;
	struct sip_sdp_section *section;
	struct sip_sdp_media *media;    /* NULL: in the session's section */
};

static bool fail(struct reader *r, enum sip_err err)
{
	if (r->err == SIP_OK)
		r->err = err;
	return false;
}

static bool need(struct reader *r, bool holds)
{
	return holds || fail(r, SIP_E_SYNTAX);
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------- */

/* There may be half a million of them. */
static void skip_line_ends(struct sip__sdp_lines *l)
{
	const char *p = l->rest.p, *end = p + l->rest.len;

	while (p < end && (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n'))) {
		p += *p == '\n' ? 1 : 2;
		l->line++;
	}
	l->rest = sip_str_make(p, (size_t)(end - p));
}

enum sip_err sip__sdp_line_next(struct sip__sdp_lines *l, char *type, struct sip_str *value)
{
	struct sip_str line = { NULL, 0 };

	while (l->rest.len > 0 && sip__sdp_trim(line).len == 0) {
		skip_line_ends(l);
		size_t n = sip_str_find(l->rest, '\n');
		line = sip_str_make(l->rest.p, n);
		l->rest = sip_str_from(l->rest, n + 1);
		l->line++;
		while (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
	}
	if (sip__sdp_trim(line).len == 0)
		return SIP_E_NOTFOUND;
	l->text = line;
	if (line.len < 2 || line.p[1] != '=' || !sip_char_is(line.p[0], SIP_CC_ALPHA) || !sip__sdp_is_bytes(line))
		return SIP_E_SYNTAX;
	*type = line.p[0];
	*value = sip_str_from(line, 2);
	return SIP_OK;
}

/* False at the end or at a broken one. */
static bool next_line(struct reader *r, char *type, struct sip_str *value)
{
	enum sip_err err = sip__sdp_line_next(&r->lines, type, value);

	return err == SIP_OK || (err != SIP_E_NOTFOUND && fail(r, err));
}

enum sip_err sip__sdp_attribute_split(struct sip_str text, struct sip_str *name, struct sip_str *value)
{
	size_t n = sip_str_find(text, ':');
	struct sip_str words = sip_str_make(text.p, n);

	*value = n < text.len ? sip_str_from(text, n + 1) : sip_str_make(NULL, 0);
	*name = sip__sdp_word(&words);
	if (name->len == 0)
		return SIP_E_SYNTAX;
	return sip__sdp_trim(words).len == 0 ? SIP_OK : SIP_E_NOTFOUND;
}

/* ---- lines of the session --------------------------------------------------------------------------------------------------- */

static bool read_version(struct reader *r, struct sip_str value)
{
	return need(r, sip_str_eq(sip__sdp_trim(value), SIP_STR("0")));
}

static bool read_origin(struct reader *r, struct sip_str value)
{
	struct sip_sdp_origin *o = &r->sdp->origin;

	o->username = sip__sdp_word(&value);
	o->session_id = sip__sdp_word(&value);
	o->session_version = sip__sdp_word(&value);
	o->net_type = sip__sdp_word(&value);
	o->addr_type = sip__sdp_word(&value);
	o->address = sip__sdp_word(&value);
	return need(r, sip__sdp_is_digits(o->session_id) && sip__sdp_is_digits(o->session_version) && o->address.len > 0 &&
			       sip__sdp_word(&value).len == 0);
}

static bool read_name(struct reader *r, struct sip_str value)
{
	r->sdp->name = value;
	return true;
}

/* A line that says nothing is none. */
static void keep_text(struct sip_str *to, struct sip_str value)
{
	if (value.len > 0)
		*to = value;
}

static bool read_uri(struct reader *r, struct sip_str value)
{
	keep_text(&r->sdp->uri, sip__sdp_trim(value));
	return true;
}

/* One more of several, unless it is empty. */
static bool keep_one(struct reader *r, struct sip_str value, struct sip_str *list, size_t *count)
{
	value = sip__sdp_trim(value);
	if (value.len == 0)
		return true;
	if (*count == r->most)
		return fail(r, SIP_E_LIMIT);
	list[(*count)++] = value;
	return true;
}

static bool read_email(struct reader *r, struct sip_str value)
{
	return keep_one(r, value, r->sdp->emails, &r->sdp->email_count);
}

static bool read_phone(struct reader *r, struct sip_str value)
{
	return keep_one(r, value, r->sdp->phones, &r->sdp->phone_count);
}

/* ---- times ------------------------------------------------------------------------------------------------------------------- */

static bool take_u64(struct sip_str *rest, uint64_t *out)
{
	return sip_str_to_u64(sip__sdp_word(rest), UINT64_MAX, out) == SIP_OK;
}

static bool take_time(struct sip_str *rest, bool may_be_negative, struct sip_sdp_time *out)
{
	struct sip_str word = sip__sdp_word(rest);
	bool is_negative = may_be_negative && word.len > 0 && word.p[0] == '-';
	uint64_t value = 0;

	if (is_negative)
		word = sip_str_from(word, 1);
	out->unit = word.len > 0 ? word.p[word.len - 1] : '\0';
	if (out->unit != 'd' && out->unit != 'h' && out->unit != 'm' && out->unit != 's')
		out->unit = '\0';
	else
		word.len--;
	if (sip_str_to_u64(word, INT64_MAX, &value) != SIP_OK)
		return false;
	out->value = is_negative ? -(int64_t)value : (int64_t)value;
	return true;
}

/* How many words there are; 0 also when there are too many. */
static size_t count_words(struct reader *r, struct sip_str value)
{
	size_t n = 0;

	while (sip__sdp_word(&value).len > 0)
		n++;
	if (n > r->most)
		return (size_t)fail(r, SIP_E_LIMIT);
	return n;
}

static bool read_timing(struct reader *r, struct sip_str value)
{
	struct sip_sdp_timing *t = r->sdp->timings + r->sdp->timing_count;

	if (r->sdp->timing_count == r->most)
		return fail(r, SIP_E_LIMIT);
	/* Those of one time follow those of the time before in the same array. */
	t->repeats = r->sdp->timing_count ? t[-1].repeats + t[-1].repeat_count : r->repeats;
	r->sdp->timing_count++;
	return need(r, take_u64(&value, &t->start) && take_u64(&value, &t->stop) && sip__sdp_word(&value).len == 0);
}

static bool read_repeat(struct reader *r, struct sip_str value)
{
	size_t count = count_words(r, value);

	if (!need(r, r->sdp->timing_count > 0 && count >= 3))
		return false;
	struct sip_sdp_timing *t = &r->sdp->timings[r->sdp->timing_count - 1];
	if (t->repeat_count == r->most)
		return fail(r, SIP_E_LIMIT);
	struct sip_sdp_repeat *repeat = t->repeats + t->repeat_count++;
	*repeat = (struct sip_sdp_repeat){ .offset_count = count - 2 };
	repeat->offsets = sip_arena_alloc(r->arena, repeat->offset_count * sizeof *repeat->offsets);
	if (!repeat->offsets)
		return fail(r, SIP_E_NOMEM);
	if (!need(r, take_time(&value, false, &repeat->interval) && take_time(&value, false, &repeat->duration)))
		return false;
	for (size_t i = 0; i < repeat->offset_count; i++)
		if (!need(r, take_time(&value, false, &repeat->offsets[i])))
			return false;
	return true;
}

static bool read_zones(struct reader *r, struct sip_str value)
{
	size_t count = count_words(r, value);

	if (!need(r, r->sdp->timing_count > 0 && count >= 2 && count % 2 == 0))
		return false;
	/* RFC 4566 9 has it behind all times. */
	struct sip_sdp_timing *t = &r->sdp->timings[r->sdp->timing_count - 1];
	while (t > r->sdp->timings && t->repeat_count == 0)
		t--;
	if (!need(r, t->zone_count == 0))
		return false;
	t->zone_count = count / 2;
	t->zones = sip_arena_alloc(r->arena, t->zone_count * sizeof *t->zones);
	if (!t->zones)
		return fail(r, SIP_E_NOMEM);
	for (size_t i = 0; i < t->zone_count; i++)
		if (!need(r, take_u64(&value, &t->zones[i].at) && take_time(&value, true, &t->zones[i].offset)))
			return false;
	return true;
}

/* ---- lines of every section -------------------------------------------------------------------------------------------------- */

static bool read_information(struct reader *r, struct sip_str value)
{
	keep_text(&r->section->information, value);
	return true;
}

static bool read_key(struct reader *r, struct sip_str value)
{
	keep_text(&r->section->key, sip__sdp_trim(value));
	return true;
}

/* What stands behind the address: "/127/3" of IPv4, "/3" of IPv6. Other families have their own ways. */
static bool read_multicast(struct sip_sdp_connection *c, struct sip_str more)
{
	struct sip_str ttl;
	uint32_t value = 0;

	if (more.len == 0)
		return true;
	more = sip_str_from(more, 1);
	if (sip_str_eq_nocase(c->addr_type, SIP_STR("IP4"))) {
		size_t n = sip_str_find(more, '/');
		ttl = sip_str_make(more.p, n);
		if (sip_str_to_u32(ttl, UINT8_MAX, &value) != SIP_OK)
			return false;
		c->has_ttl = true;
		c->ttl = (uint8_t)value;
		if (n == more.len)
			return true;
		more = sip_str_from(more, n + 1);
	}
	return sip_str_to_u32(more, UINT32_MAX, &c->count) == SIP_OK && c->count > 0;
}

static bool read_connection(struct reader *r, struct sip_str value)
{
	struct sip_sdp_connection *c = r->section->connections + r->section->connection_count;

	if (r->section->connection_count == r->most)
		return fail(r, SIP_E_LIMIT);
	r->section->connection_count++;
	c->net_type = sip__sdp_word(&value);
	c->addr_type = sip__sdp_word(&value);
	struct sip_str address = sip__sdp_word(&value);
	bool is_ip = sip_str_eq_nocase(c->addr_type, SIP_STR("IP4")) || sip_str_eq_nocase(c->addr_type, SIP_STR("IP6"));
	size_t n = is_ip ? sip_str_find(address, '/') : address.len;
	c->address = sip_str_make(address.p, n);
	return need(r, n > 0 && read_multicast(c, sip_str_from(address, n)) && sip__sdp_word(&value).len == 0);
}

static bool read_bandwidth(struct reader *r, struct sip_str value)
{
	struct sip_sdp_bandwidth *w = r->section->bandwidths + r->section->bandwidth_count;
	size_t n = sip_str_find(value, ':');
	struct sip_str type = sip__sdp_trim(sip_str_make(value.p, n));

	if (r->section->bandwidth_count == r->most)
		return fail(r, SIP_E_LIMIT);
	r->section->bandwidth_count++;
	w->type = sip__sdp_word(&type);
	return need(r, w->type.len > 0 && type.len == 0 &&
			       sip_str_to_u64(sip__sdp_trim(sip_str_from(value, n + 1)), UINT64_MAX, &w->value) == SIP_OK);
}

static bool read_attribute(struct reader *r, struct sip_str value)
{
	struct sip_sdp_attribute *a = r->section->attributes + r->section->attribute_count;

	if (r->section->attribute_count == r->most)
		return fail(r, SIP_E_LIMIT);
	enum sip_err err = sip__sdp_attribute_split(value, &a->name, &a->value);
	if (err == SIP_OK)
		r->section->attribute_count++;
	return err == SIP_OK || err == SIP_E_NOTFOUND || fail(r, err);
}

static bool read_other(struct reader *r, char type, struct sip_str value)
{
	if (r->section->other_count == r->most)
		return fail(r, SIP_E_LIMIT);
	r->section->others[r->section->other_count++] = (struct sip_sdp_line){ type, value };
	return true;
}

/* ---- media ------------------------------------------------------------------------------------------------------------------- */

static bool read_port(struct sip_sdp_media *m, struct sip_str text)
{
	size_t n = sip_str_find(text, '/');
	struct sip_str port = sip_str_make(text.p, n), count = sip_str_from(text, n + 1);

	if (!sip__sdp_take_port(&port, &m->port))
		return false;
	return n == text.len || (sip__sdp_take_u32(&count, UINT32_MAX, &m->port_count) && m->port_count > 0);
}

/* The section begins where the one before ends in every array. */
static void begin_section(struct sip_sdp_section *to, const struct sip_sdp_section *from)
{
	to->connections = from->connections + from->connection_count;
	to->bandwidths = from->bandwidths + from->bandwidth_count;
	to->attributes = from->attributes + from->attribute_count;
	to->others = from->others + from->other_count;
}

static bool read_media(struct reader *r, struct sip_str value)
{
	struct sip_sdp_media *m = r->sdp->media + r->sdp->media_count;

	if (r->sdp->media_count == r->most)
		return fail(r, SIP_E_LIMIT);
	begin_section(&m->section, r->section);
	r->sdp->media_count++;
	r->media = m;
	r->section = &m->section;
	r->seen = 0;
	m->type = sip__sdp_word(&value);
	bool has_port = read_port(m, sip__sdp_word(&value));
	m->proto = sip__sdp_word(&value);
	m->format_count = count_words(r, value);
	if (!need(r, has_port && m->proto.len > 0))
		return false;
	m->formats = sip_arena_alloc(r->arena, m->format_count * sizeof *m->formats);
	if (!m->formats)
		return fail(r, SIP_E_NOMEM);
	for (size_t i = 0; i < m->format_count; i++)
		m->formats[i] = sip__sdp_word(&value);
	return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------- */

enum { ONCE = 1, IN_MEDIA = 2 };
static const struct line_row {
	bool (*read)(struct reader *r, struct sip_str value);
	unsigned flags;
} line_rows[26] = {
	['v' - 'a'] = { read_version, ONCE },
	['o' - 'a'] = { read_origin, ONCE },
	['s' - 'a'] = { read_name, ONCE },
	['i' - 'a'] = { read_information, ONCE | IN_MEDIA },
	['u' - 'a'] = { read_uri, ONCE },
	['e' - 'a'] = { read_email, 0 },
	['p' - 'a'] = { read_phone, 0 },
	['c' - 'a'] = { read_connection, IN_MEDIA },
	['b' - 'a'] = { read_bandwidth, IN_MEDIA },
	['t' - 'a'] = { read_timing, 0 },
	['r' - 'a'] = { read_repeat, 0 },
	['z' - 'a'] = { read_zones, 0 },
	['k' - 'a'] = { read_key, ONCE | IN_MEDIA },
	['a' - 'a'] = { read_attribute, IN_MEDIA },
	['m' - 'a'] = { read_media, IN_MEDIA },
};

static const struct line_row *row_of(char type)
{
	unsigned i = (unsigned)type - 'a';
	return i < 26 && line_rows[i].read ? &line_rows[i] : NULL;
}

static bool read_line(struct reader *r, char type, struct sip_str value)
{
	const struct line_row *row = row_of(type);

	if (!row)
		return read_other(r, type, value);
	uint32_t bit = row->flags & ONCE ? (uint32_t)1 << (type - 'a') : 0;
	if (!need(r, !(r->seen & bit) && (!r->media || (row->flags & IN_MEDIA))))
		return false;
	r->seen |= bit;
	return row->read(r, value);
}

static void count_lines(struct reader *r)
{
	struct sip_str value;
	char type = '\0';

	while (next_line(r, &type, &value)) {
		if (row_of(type))
			r->counts[type - 'a']++;
		else
			r->other_count++;
		/* RFC 8866 5: the version comes first, so that other texts are seen for what they are. */
		if (!need(r, type == 'v' || r->counts['v' - 'a'] > 0))
			return;
	}
}

static void *array_of(struct reader *r, size_t count, size_t size)
{
	/* Also of nothing: the sections count from where it is. */
	void *p = sip_arena_alloc_zero(r->arena, count * size);

	if (!p)
		fail(r, SIP_E_NOMEM);
	return p;
}

#define ARRAY(r, letter, member) ((member) = array_of((r), (r)->counts[(letter) - 'a'], sizeof *(member)))
static bool make_arrays(struct reader *r)
{
	r->sdp = array_of(r, 1, sizeof *r->sdp);
	if (!r->sdp)
		return false;
	ARRAY(r, 'e', r->sdp->emails);
	ARRAY(r, 'p', r->sdp->phones);
	ARRAY(r, 't', r->sdp->timings);
	ARRAY(r, 'm', r->sdp->media);
	ARRAY(r, 'r', r->repeats);
	ARRAY(r, 'c', r->sdp->section.connections);
	ARRAY(r, 'b', r->sdp->section.bandwidths);
	ARRAY(r, 'a', r->sdp->section.attributes);
	r->sdp->section.others = array_of(r, r->other_count, sizeof(struct sip_sdp_line));
	r->section = &r->sdp->section;
	return r->err == SIP_OK;
}

/* The attributes but those of this name. */
static void drop_attributes(struct sip_sdp_section *section, enum sip_sdp_attribute_id id)
{
	size_t kept = 0;

	for (size_t i = 0; i < section->attribute_count; i++)
		if (!sip__sdp_is_called(&sip_sdp_attribute_rows[id], section->attributes[i].name))
			section->attributes[kept++] = section->attributes[i];
	section->attribute_count = kept;
}

/*
 * Without what RFC 8866 has no place for, so that what was read can be written: of several connections of the session the first counts
 * (5.7), zones shift repeats (5.11), and a section is of some format (9): without one it is as good as refused, a=bundle-only or not.
 * Some phones name none of what they refuse, some gateways none of the video that they do not have.
 */
static void settle(struct sip_sdp *sdp)
{
	if (sdp->section.connection_count > 1)
		sdp->section.connection_count = 1;
	for (size_t i = 0; i < sdp->timing_count; i++)
		if (sdp->timings[i].repeat_count == 0)
			sdp->timings[i].zone_count = 0;
	for (size_t i = 0; i < sdp->media_count; i++) {
		if (sdp->media[i].format_count > 0)
			continue;
		sdp->media[i].port = 0;
		drop_attributes(&sdp->media[i].section, SIP_SDP_BUNDLE_ONLY);
	}
}

static void read_all(struct reader *r, struct sip_str bytes)
{
	struct sip_str value;
	char type = '\0';

	count_lines(r);
	/* Of these there may be so many in all: nothing is made for more. */
	for (const char *letter = "eptm"; *letter && r->err == SIP_OK; letter++)
		if (r->counts[*letter - 'a'] > r->most)
			fail(r, SIP_E_LIMIT);
	if (r->err != SIP_OK || !make_arrays(r))
		return;
	r->lines = (struct sip__sdp_lines){ .rest = bytes, .text = r->lines.text };
	while (next_line(r, &type, &value) && read_line(r, type, value))
		;
	need(r, r->sdp->origin.address.len > 0);
	settle(r->sdp);
}

enum sip_err sip_sdp_parse_where(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				 struct sip_sdp **out, struct sip_sdp_where *where)
{
	struct reader r = { .arena = arena, .lines = { .rest = bytes } };

	*out = NULL;
	limits = sip__limits(limits);
	r.most = limits->parts;
	if (bytes.len > limits->bytes)
		r.err = SIP_E_LIMIT;
	else
		read_all(&r, bytes);
	if (where)
		*where = (struct sip_sdp_where){ r.err == SIP_OK ? 0 : r.lines.line, r.lines.text };
	if (r.err == SIP_OK)
		*out = r.sdp;
	return r.err;
}

enum sip_err sip_sdp_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			   struct sip_sdp **out)
{
	return sip_sdp_parse_where(arena, bytes, limits, out, NULL);
}
