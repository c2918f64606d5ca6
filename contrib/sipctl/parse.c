/* sipctl parse: what the door of libstack says of a datagram or a stream, and every header it found. */
#include "contrib/sipctl/sipctl.h"

#include "stack/message/message.h"

#include <jansson.h>
#include <stdio.h>

struct options {
	bool is_json;
	bool is_stream;
	const char *path; /* NULL: standard input */
};

static int usage(void)
{
	fputs("usage: sipctl parse [--json] [--stream] [FILE]\n"
	      "Reads one datagram (with --stream: a stream of messages) and prints for each message the verdict, the start line\n"
	      "and every header with its id and raw value. Exit status: 0 accepted, 1 not, 2 usage.\n",
	      stderr);
	return 2;
}

static bool read_all(const char *path, struct sip_buf *b)
{
	FILE *f = path ? fopen(path, "rb") : stdin;
	char chunk[65536];
	size_t n;

	if (!f) {
		perror(path);
		return false;
	}
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		sip_buf_put(b, chunk, n);
	if (path)
		(void)fclose(f);
	return b->err == SIP_OK;
}

static const char *id_name(enum sip_header id)
{
	return id == SIP_HEADER_UNKNOWN ? "unknown" : sip_header_rows[id].name.p;
}

/* ---- as text ------------------------------------------------------------------------------------------------------------ */

static void print_one_line(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++)
		putchar((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' ? ' ' : s.p[i]);
}

static void print_start(const struct sip_message *m)
{
	if (sip_message_is_request(m)) {
		printf("%.*s ", SIP_STR_ARG(sip_message_method_text(m)));
		print_one_line(sip_message_uri_text(m));
		printf(" %.*s\n", SIP_STR_ARG(sip_message_version(m)));
	} else {
		printf("%.*s %u ", SIP_STR_ARG(sip_message_version(m)), sip_message_status(m));
		print_one_line(sip_message_reason(m));
		putchar('\n');
	}
}

static void print_text(const struct sip_message *m, const struct sip_check *check)
{
	struct sip_field field;

	if (check->verdict == SIP_ACCEPT)
		puts("accept");
	else if (check->verdict == SIP_ANSWER)
		printf("answer %u %s\n", check->code, check->reason);
	else
		printf("drop %s\n", check->reason);
	if (!m)
		return;
	print_start(m);
	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		sip_message_field(m, i, &field);
		printf("[%s] %.*s: ", id_name(field.id), SIP_STR_ARG(field.name));
		print_one_line(field.value);
		putchar('\n');
	}
	printf("body %zu\n", sip_message_body(m).len);
}

/* ---- as JSON ------------------------------------------------------------------------------------------------------------ */

/* JSON is UTF-8: where the bytes are not, each stands for the character of its number. */
static json_t *text_json(struct sip_str s)
{
	json_t *j = json_stringn(s.p ? s.p : "", s.len);
	struct sip_buf b;

	if (j)
		return j;
	sip_buf_init(&b, 0);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x80) {
			sip_buf_put_char(&b, (char)c);
		} else {
			sip_buf_put_char(&b, (char)(0xc0 | c >> 6));
			sip_buf_put_char(&b, (char)(0x80 | (c & 0x3f)));
		}
	}
	j = json_stringn(b.p ? b.p : "", b.len);
	sip_buf_fini(&b);
	return j ? j : json_null();
}

static void put(json_t *o, const char *key, json_t *value)
{
	(void)json_object_set_new(o, key, value);
}

static json_t *param_json(struct sip_str name, struct sip_str value)
{
	enum sip_param id = sip_param_find(name);
	uint32_t n;

	if (!value.p)
		return json_true();
	if (id != SIP_PARAM_UNKNOWN && sip_param_rows[id].type == SIP_PARAM_IS_NUMBER && sip_str_to_u32(value, UINT32_MAX, &n) == SIP_OK)
		return json_integer(n);
	if (id != SIP_PARAM_UNKNOWN && sip_param_rows[id].type == SIP_PARAM_IS_Q && sip_q_parse(value, &n) == SIP_OK)
		return json_real(n / 1000.0);
	return text_json(value);
}

static json_t *params_json(struct sip_str raw)
{
	json_t *o = json_object();
	struct sip_str name, value;
	char key[256];

	while (sip_params_next(&raw, &name, &value)) {
		if (name.len >= sizeof key)
			continue;
		memcpy(key, name.p, name.len);
		key[name.len] = '\0';
		put(o, key, param_json(name, value));
	}
	return o;
}

/* The value by itself when there is nothing beside it. */
static json_t *with_params(const char *key, json_t *value, struct sip_str params)
{
	json_t *o;

	if (!params.len)
		return value;
	o = json_object();
	put(o, key, value);
	put(o, "params", params_json(params));
	return o;
}

static json_t *uri_json(const struct sip_uri *u)
{
	json_t *o = json_object();

	put(o, "scheme", text_json(u->scheme_text));
	if (u->scheme == SIP_URI_OTHER) {
		put(o, "opaque", text_json(u->opaque));
		return o;
	}
	if (u->user.len)
		put(o, "user", text_json(u->user));
	if (u->password.len)
		put(o, "password", text_json(u->password));
	if (u->host.len)
		put(o, "host", text_json(u->host));
	if (u->port)
		put(o, "port", json_integer(u->port));
	if (u->params.len)
		put(o, "params", params_json(u->params));
	if (u->headers.len)
		put(o, "headers", text_json(u->headers));
	return o;
}

static json_t *name_addr_json(const struct sip_name_addr *a)
{
	json_t *o = json_object();

	if (a->is_star) {
		put(o, "star", json_true());
		return o;
	}
	if (a->display.len)
		put(o, "display", text_json(a->display));
	put(o, "uri", uri_json(&a->uri));
	if (a->params.len)
		put(o, "params", params_json(a->params));
	return o;
}

static json_t *via_json(const struct sip_via *v)
{
	json_t *o = json_object();

	put(o, "transport", text_json(v->transport_text));
	put(o, "host", text_json(v->host));
	if (v->port)
		put(o, "port", json_integer(v->port));
	if (v->branch.len)
		put(o, "branch", text_json(v->branch));
	put(o, "params", params_json(v->params));
	return o;
}

static json_t *cseq_json(const struct sip_cseq *c)
{
	json_t *o = json_object();

	put(o, "number", json_integer(c->number));
	put(o, "method", text_json(c->method_text));
	return o;
}

static json_t *number_json(const struct sip_number_value *v)
{
	json_t *o;

	if (!v->comment.p)
		return with_params("number", json_integer(v->number), v->params);
	o = json_object();
	put(o, "number", json_integer(v->number));
	put(o, "comment", text_json(v->comment));
	if (v->params.len)
		put(o, "params", params_json(v->params));
	return o;
}

static json_t *auth_json(const struct sip_auth_value *a)
{
	json_t *o = json_object(), *params = json_object();
	struct sip_str rest = a->params, name, value;
	bool is_quoted;
	char key[256];

	if (a->scheme.len)
		put(o, "scheme", text_json(a->scheme));
	while (sip_auth_value_next(&rest, &name, &value, &is_quoted)) {
		if (name.len >= sizeof key)
			continue;
		memcpy(key, name.p, name.len);
		key[name.len] = '\0';
		put(params, key, text_json(value));
	}
	put(o, "params", params);
	return o;
}

static json_t *media_type_json(const struct sip_media_type *t)
{
	json_t *o = json_object();

	put(o, "type", text_json(t->type));
	put(o, "subtype", text_json(t->subtype));
	if (t->params.len)
		put(o, "params", params_json(t->params));
	return o;
}

static json_t *dialog_ref_json(const struct sip_dialog_ref *d)
{
	json_t *o = json_object();

	put(o, "call-id", text_json(d->call_id));
	put(o, "params", params_json(d->params));
	return o;
}

static json_t *rack_json(const struct sip_rack *r)
{
	json_t *o = json_object();

	put(o, "rseq", json_integer(r->rseq));
	put(o, "cseq", json_integer(r->cseq));
	put(o, "method", text_json(r->method_text));
	return o;
}

static json_t *warning_json(const struct sip_warning *w)
{
	json_t *o = json_object();

	put(o, "code", json_integer(w->code));
	put(o, "agent", text_json(w->agent));
	put(o, "text", text_json(w->words));
	return o;
}

static json_t *timestamp_json(const struct sip_timestamp *t)
{
	json_t *o = json_object();

	put(o, "seconds", json_real((double)t->time_us / 1e6));
	if (t->has_delay)
		put(o, "delay", json_real((double)t->delay_us / 1e6));
	return o;
}

static json_t *value_json(const struct sip_message *m, enum sip_header id, size_t n, struct sip_str raw)
{
	enum sip_value_type type = sip_header_rows[id].type;
	const void *form = sip_message_typed(m, id, n);

	if (sip_value_rows[type].size == 0)
		return text_json(raw);
	if (!form)
		return json_null();
	switch (type) {
	case SIP_VALUE_VIA:
		return via_json(form);
	case SIP_VALUE_NAME_ADDR:
	case SIP_VALUE_CONTACT:
		return name_addr_json(form);
	case SIP_VALUE_CSEQ:
		return cseq_json(form);
	case SIP_VALUE_NUMBER:
		return number_json(form);
	case SIP_VALUE_TOKEN:
	case SIP_VALUE_WORD:
		return with_params("word", text_json(((const struct sip_word *)form)->word), ((const struct sip_word *)form)->params);
	case SIP_VALUE_PARAMS:
		return params_json(((const struct sip_word *)form)->params);
	case SIP_VALUE_AUTH:
	case SIP_VALUE_AUTH_PARAMS:
		return auth_json(form);
	case SIP_VALUE_MEDIA_TYPE:
		return media_type_json(form);
	case SIP_VALUE_DIALOG_REF:
		return dialog_ref_json(form);
	case SIP_VALUE_RACK:
		return rack_json(form);
	case SIP_VALUE_DATE:
		return json_integer(((const struct sip_date *)form)->seconds);
	case SIP_VALUE_WARNING:
		return warning_json(form);
	case SIP_VALUE_TIMESTAMP:
		return timestamp_json(form);
	default:
		return text_json(raw);
	}
}

static json_t *parsed_json(const struct sip_message *m)
{
	json_t *o = json_object();
	struct sip_str raw;

	for (int id = 0; id < SIP_HEADER_COUNT; id++) {
		struct sip_value_walk walk = { 0 };
		json_t *list;
		if (!sip_message_has(m, (enum sip_header)id))
			continue;
		list = json_array();
		for (size_t n = 0; sip_message_next_value(m, (enum sip_header)id, &walk, &raw); n++)
			(void)json_array_append_new(list, value_json(m, (enum sip_header)id, n, raw));
		put(o, id_name((enum sip_header)id), list);
	}
	return o;
}

static json_t *start_json(const struct sip_message *m)
{
	json_t *o = json_object();
	const struct sip_uri *uri;

	put(o, "version", text_json(sip_message_version(m)));
	if (!sip_message_is_request(m)) {
		put(o, "status", json_integer((json_int_t)sip_message_status(m)));
		put(o, "reason", text_json(sip_message_reason(m)));
		return o;
	}
	put(o, "method", text_json(sip_message_method_text(m)));
	put(o, "uri_text", text_json(sip_message_uri_text(m)));
	uri = sip_message_uri(m);
	put(o, "uri", uri ? uri_json(uri) : json_null());
	return o;
}

static json_t *headers_json(const struct sip_message *m)
{
	json_t *list = json_array();
	struct sip_field field;

	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		json_t *o = json_object();
		sip_message_field(m, i, &field);
		put(o, "id", json_string(id_name(field.id)));
		put(o, "name", text_json(field.name));
		put(o, "value", text_json(field.value));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static void print_json(const struct sip_message *m, const struct sip_check *check)
{
	static const char *const verdicts[] = { "accept", "answer", "drop" };
	json_t *o = json_object();

	put(o, "verdict", json_string(verdicts[check->verdict]));
	if (check->verdict == SIP_ANSWER)
		put(o, "code", json_integer((json_int_t)check->code));
	if (check->verdict != SIP_ACCEPT)
		put(o, "reason", json_string(check->reason));
	if (m) {
		put(o, "start", start_json(m));
		put(o, "headers", headers_json(m));
		put(o, "parsed", parsed_json(m));
		put(o, "body", text_json(sip_message_body(m)));
	}
	(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(o);
}

/* ---- judging ------------------------------------------------------------------------------------------------------------ */

static bool show(const struct options *o, struct sip_message *m, const struct sip_check *check)
{
	if (o->is_json)
		print_json(m, check);
	else
		print_text(m, check);
	return check->verdict == SIP_ACCEPT;
}

static bool show_dropped(const struct options *o, enum sip_err err)
{
	struct sip_check check = { SIP_DROP, 0, sip_err_text(err) };

	return show(o, NULL, &check);
}

static bool judge(const struct options *o, struct sip_message *m)
{
	struct sip_check check;
	bool is_accepted;

	sip_message_check(m, o->is_stream, &check);
	is_accepted = show(o, m, &check);
	sip_message_unref(&m);
	return is_accepted;
}

static bool parse_datagram(const struct options *o, struct sip_str bytes)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;
	enum sip_err err = SIP_E_NOMEM;
	enum sip_frame_kind kind = SIP_FRAME_UNFRAMEABLE;

	if (packet)
		kind = sip_frame_datagram(packet, &sip_limits_default, &m, &err);
	sip_packet_unref(&packet);
	if (kind == SIP_FRAME_MESSAGE)
		return judge(o, m);
	if (kind == SIP_FRAME_PING || kind == SIP_FRAME_PONG) {
		puts("keep-alive");
		return true;
	}
	return show_dropped(o, kind == SIP_FRAME_MORE ? SIP_E_SYNTAX : err);
}

static bool feed(struct sip_framer *f, struct sip_str *bytes)
{
	size_t room = 0;
	char *at = sip_framer_room(f, &room);

	if (!at)
		return false;
	if (room > bytes->len)
		room = bytes->len;
	memcpy(at, bytes->p, room);
	sip_framer_filled(f, room);
	*bytes = sip_str_from(*bytes, room);
	return true;
}

/* Everything that can be taken off now; false: the stream cannot be framed any more. */
static bool take_messages(const struct options *o, struct sip_framer *f, bool *all_accepted)
{
	for (;;) {
		struct sip_message *m = NULL;
		enum sip_err err = SIP_OK;
		switch (sip_framer_next(f, &m, &err)) {
		case SIP_FRAME_MORE:
			return true;
		case SIP_FRAME_MESSAGE:
			*all_accepted &= judge(o, m);
			break;
		case SIP_FRAME_PING:
		case SIP_FRAME_PONG:
			break;
		case SIP_FRAME_UNFRAMEABLE:
			if (m)
				(void)judge(o, m);
			else
				(void)show_dropped(o, err);
			*all_accepted = false;
			return false;
		}
	}
}

static bool parse_stream(const struct options *o, struct sip_str bytes)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	bool all_accepted = f != NULL, is_framed = f != NULL;

	while (is_framed && bytes.len)
		is_framed = feed(f, &bytes) && take_messages(o, f, &all_accepted);
	if (is_framed && sip_framer_is_partial(f)) {
		(void)show_dropped(o, SIP_E_MORE);
		all_accepted = false;
	}
	if (f)
		sip_framer_destroy(&f);
	return all_accepted;
}

int sipctl_parse(int argc, char **argv)
{
	struct options o = { false, false, NULL };
	struct sip_buf bytes;
	bool is_accepted;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			o.is_json = true;
		else if (strcmp(argv[i], "--stream") == 0)
			o.is_stream = true;
		else if (argv[i][0] == '-' && argv[i][1])
			return usage();
		else if (o.path)
			return usage();
		else if (strcmp(argv[i], "-") != 0)
			o.path = argv[i];
	}
	sip_buf_init(&bytes, 256u << 20);
	if (!read_all(o.path, &bytes)) {
		sip_buf_fini(&bytes);
		return 2;
	}
	is_accepted = o.is_stream ? parse_stream(&o, sip_buf_str(&bytes)) : parse_datagram(&o, sip_buf_str(&bytes));
	sip_buf_fini(&bytes);
	return is_accepted ? 0 : 1;
}
