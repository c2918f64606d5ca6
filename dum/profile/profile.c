/*
 * A profile: its settings, and the way down through its bases. Counted; any thread, under a small lock. Texts once given
 * out stay, so that nobody who reads one has to hold anything but the profile.
 */
#include "dum/profile/profile.h"
#include "dum/profile/profile_priv.h"

enum { TEXT_MOST = 64 * 1024, ARENA_MOST = 4 * TEXT_MOST };

#define DEFAULT_NUMBER(value) .number = (value)
#define DEFAULT_FLAG(value) .number = (value)
#define DEFAULT_TEXT(value) .text = SIP_STR_INIT(value)
#define DEFAULT_NAME_ADDR(value) .text = SIP_STR_INIT(value)
#define DEFAULT_URI(value) .text = SIP_STR_INIT(value)
#define DEFAULT_PARAMS(value) .text = SIP_STR_INIT(value)
#define DEFAULT_LIST(value) .text = SIP_STR_INIT(value)
#define DEFAULT_METHODS(value) .text = SIP_STR_INIT(value)
#define DEFAULT_ROUTES(value) .text = SIP_STR_INIT(value)
static const struct dum_profile_row rows[DUM_PROFILE_SETTING_COUNT] = {
#define DUM_SETTING(id, kind, title, value, greatest, measure, sentence)                                          \
	[DUM_PROFILE_##id] = { .name = SIP_STR_INIT(title), .unit = SIP_STR_INIT(measure), .what = SIP_STR_INIT(sentence), \
			       .type = DUM_PROFILE_TYPE_##kind, .most = (greatest), DEFAULT_##kind(value) },
#include "dum/profile/profile_table.h"
#undef DUM_SETTING
};

const struct dum_profile_row *dum_profile_row(enum dum_profile_setting id)
{
	MUST(id < DUM_PROFILE_SETTING_COUNT);
	return &rows[id];
}

enum sip_err dum_profile_find_setting(struct sip_str name, enum dum_profile_setting *out)
{
	for (unsigned i = 0; i < DUM_PROFILE_SETTING_COUNT; i++) {
		if (sip_str_eq_nocase(name, rows[i].name)) {
			*out = (enum dum_profile_setting)i;
			return SIP_OK;
		}
	}
	return SIP_E_NOTFOUND;
}

static void profile_destroy(void *object)
{
	struct dum_profile *p = object;

	for (unsigned i = 0; i < DUM_PROFILE_SETTING_COUNT; i++)
		if (rows[i].type == DUM_PROFILE_TYPE_ROUTES)
			sip_free((void *)(uintptr_t)p->values[i].text.p);
	dum__profile_free_credentials(p);
	sip_arena_fini(&p->arena);
	pthread_mutex_destroy(&p->lock);
	dum_profile_unref(&p->base);
	sip_free(p);
}

enum sip_err dum_profile_create(struct dum_profile *base, struct dum_profile **out)
{
	struct dum_profile *p = sip_alloc_zero(sizeof *p);

	if (!p)
		return SIP_E_NOMEM;
	sip_ref_init(&p->ref, DUM__PROFILE_MAGIC, profile_destroy);
	pthread_mutex_init(&p->lock, NULL);
	sip_arena_init(&p->arena, NULL, 0, ARENA_MOST);
	if (base)
		dum_profile_ref(base);
	p->base = base;
	*out = p;
	return SIP_OK;
}

void dum_profile_ref(struct dum_profile *p)
{
	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	sip_ref_get(&p->ref);
}

void dum_profile_unref(struct dum_profile **p)
{
	if (!*p)
		return;
	MUST_BE(&(*p)->ref, DUM__PROFILE_MAGIC);
	sip_ref_put(&(*p)->ref);
	*p = NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

struct dum_profile *dum__profile_lock_holder(struct dum_profile *p, enum dum_profile_setting id)
{
	for (; p; p = p->base) {
		MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
		pthread_mutex_lock(&p->lock);
		if (p->values[id].is_set)
			return p;
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

static struct dum__value value_of(struct dum_profile *p, enum dum_profile_setting id)
{
	struct dum__value v = { .number = rows[id].number, .text = rows[id].text };
	struct dum_profile *holder = dum__profile_lock_holder(p, id);

	if (!holder)
		return v;
	v = holder->values[id];
	pthread_mutex_unlock(&holder->lock);
	return v;
}

uint32_t dum_profile_number(struct dum_profile *p, enum dum_profile_setting id)
{
	MUST(dum_profile_row(id)->type == DUM_PROFILE_TYPE_NUMBER);
	return value_of(p, id).number;
}

bool dum_profile_flag(struct dum_profile *p, enum dum_profile_setting id)
{
	MUST(dum_profile_row(id)->type == DUM_PROFILE_TYPE_FLAG);
	return value_of(p, id).number != 0;
}

static bool is_text(enum dum_profile_type type)
{
	return type != DUM_PROFILE_TYPE_NUMBER && type != DUM_PROFILE_TYPE_FLAG;
}

struct sip_str dum_profile_text(struct dum_profile *p, enum dum_profile_setting id)
{
	enum dum_profile_type type = dum_profile_row(id)->type;

	MUST(is_text(type) && type != DUM_PROFILE_TYPE_ROUTES);
	return value_of(p, id).text;
}

bool dum_profile_is_set(struct dum_profile *p, enum dum_profile_setting id)
{
	bool is_set;

	MUST(id < DUM_PROFILE_SETTING_COUNT);
	pthread_mutex_lock(&p->lock);
	is_set = p->values[id].is_set;
	pthread_mutex_unlock(&p->lock);
	return is_set;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void store_number(struct dum_profile *p, enum dum_profile_setting id, uint32_t number)
{
	pthread_mutex_lock(&p->lock);
	p->values[id].number = number;
	p->values[id].is_set = true;
	pthread_mutex_unlock(&p->lock);
}

enum sip_err dum_profile_set_number(struct dum_profile *p, enum dum_profile_setting id, uint32_t value)
{
	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	MUST(dum_profile_row(id)->type == DUM_PROFILE_TYPE_NUMBER);
	if (value > rows[id].most)
		return SIP_E_RANGE;
	store_number(p, id, value);
	return SIP_OK;
}

void dum_profile_set_flag(struct dum_profile *p, enum dum_profile_setting id, bool value)
{
	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	MUST(dum_profile_row(id)->type == DUM_PROFILE_TYPE_FLAG);
	store_number(p, id, value);
}

/* The copy that is there already, or a new one. */
static enum sip_err keep_text(struct dum_profile *p, struct sip_str s, struct sip_str *out)
{
	struct dum__text *t;

	for (t = p->texts; t; t = t->next) {
		*out = sip_str_make(t->bytes, t->len);
		if (sip_str_eq(*out, s))
			return SIP_OK;
	}
	if (sizeof *t + s.len > TEXT_MOST - p->text_bytes)
		return SIP_E_LIMIT;
	t = sip_arena_alloc(&p->arena, sizeof *t + s.len);
	if (!t)
		return SIP_E_NOMEM;
	t->len = s.len;
	if (s.len)
		memcpy(t->bytes, s.p, s.len);
	t->next = p->texts;
	p->texts = t;
	p->text_bytes += sizeof *t + s.len;
	*out = sip_str_make(t->bytes, t->len);
	return SIP_OK;
}

enum sip_err dum__profile_store(struct dum_profile *p, enum dum_profile_setting id, struct sip_str text)
{
	struct dum__value *v = &p->values[id];
	struct sip_str kept = text;
	enum sip_err err = SIP_OK;

	if (rows[id].type == DUM_PROFILE_TYPE_ROUTES) {
		kept.p = sip_strdup(text.p ? text.p : "", text.len);
		if (!kept.p)
			return SIP_E_NOMEM;
		sip_free((void *)(uintptr_t)v->text.p);
	} else {
		err = keep_text(p, text, &kept);
	}
	if (err != SIP_OK)
		return err;
	v->text = kept;
	v->is_set = true;
	return SIP_OK;
}

static bool is_params(struct sip_str text)
{
	struct sip_str name, value;

	while (sip_params_next(&text, &name, &value))
		;
	return text.len == 0;
}

static enum sip_err check_text(const struct dum_profile_row *row, struct sip_str text)
{
	struct sip_name_addr name_addr;
	struct sip_uri uri;

	if (text.len > row->most)
		return SIP_E_TOOBIG;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return SIP_E_INVAL;
	if (text.len == 0)
		return SIP_OK;
	switch (row->type) {
	case DUM_PROFILE_TYPE_NAME_ADDR:
		if (sip_name_addr_parse(text, &name_addr) != SIP_OK || name_addr.is_star)
			return SIP_E_SYNTAX;
		return SIP_OK;
	case DUM_PROFILE_TYPE_URI:
		return sip_uri_parse(text, &uri) == SIP_OK ? SIP_OK : SIP_E_SYNTAX;
	case DUM_PROFILE_TYPE_PARAMS:
		return is_params(text) ? SIP_OK : SIP_E_SYNTAX;
	default:
		return SIP_OK;
	}
}

static bool is_list(enum dum_profile_type type)
{
	return type == DUM_PROFILE_TYPE_LIST || type == DUM_PROFILE_TYPE_METHODS || type == DUM_PROFILE_TYPE_ROUTES;
}

enum sip_err dum_profile_set_text(struct dum_profile *p, enum dum_profile_setting id, struct sip_str text)
{
	const struct dum_profile_row *row = dum_profile_row(id);
	struct sip_buf b;
	enum sip_err err;

	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	MUST(is_text(row->type));
	err = check_text(row, text);
	if (err != SIP_OK)
		return err;
	sip_buf_init(&b, 2 * (size_t)row->most); /* a separator may grow by its space */
	if (is_list(row->type)) {
		err = dum__profile_put_clean(row->type, text, &b);
		text = sip_buf_str(&b);
	}
	if (err == SIP_OK) {
		pthread_mutex_lock(&p->lock);
		err = dum__profile_store(p, id, text);
		pthread_mutex_unlock(&p->lock);
	}
	sip_buf_fini(&b);
	return err;
}

void dum_profile_unset(struct dum_profile *p, enum dum_profile_setting id)
{
	struct dum__value *v;

	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	MUST(id < DUM_PROFILE_SETTING_COUNT);
	pthread_mutex_lock(&p->lock);
	v = &p->values[id];
	if (rows[id].type == DUM_PROFILE_TYPE_ROUTES)
		sip_free((void *)(uintptr_t)v->text.p);
	memset(v, 0, sizeof *v);
	pthread_mutex_unlock(&p->lock);
}
