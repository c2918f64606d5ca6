/* Settings that are sets of tokens: read, asked and changed. Any thread, under the profile's lock. RFC 3261 7.3.1. */
#include "dum/profile/profile.h"
#include "dum/profile/profile_priv.h"

/* "application/sdp;level=1" is application/sdp. */
static bool is_same(enum dum_profile_type type, struct sip_str item, struct sip_str token)
{
	if (type == DUM_PROFILE_TYPE_METHODS)
		return sip_str_eq(item, token);
	if (type == DUM_PROFILE_TYPE_LIST)
		item = sip_str_trim(sip_str_make(item.p, sip_str_find(item, ';')));
	return sip_str_eq_nocase(item, token);
}

static bool list_has(enum dum_profile_type type, struct sip_str list, struct sip_str token)
{
	struct sip_str item;

	while (sip_list_value_next(&list, &item))
		if (is_same(type, item, token))
			return true;
	return false;
}

/* Option tags, methods, media types with parameters, languages: a token, then a few characters that are none. */
static bool is_item(enum dum_profile_type type, struct sip_str item)
{
	struct sip_name_addr name_addr;

	if (type == DUM_PROFILE_TYPE_ROUTES)
		return sip_name_addr_parse(item, &name_addr) == SIP_OK && name_addr.is_bracketed;
	if (type == DUM_PROFILE_TYPE_METHODS)
		return sip_char_run(item.p, item.p + item.len, SIP_CC_TOKEN) == item.p + item.len;
	return sip_char_is(item.p[0], SIP_CC_TOKEN) && sip_str_find(item, ' ') == item.len;
}

enum sip_err dum__profile_put_clean(enum dum_profile_type type, struct sip_str list, struct sip_buf *b)
{
	struct sip_str item;

	while (sip_list_value_next(&list, &item)) {
		if (!is_item(type, item))
			return SIP_E_SYNTAX;
		/* A route may pass the same proxy twice; a set holds what it holds once. */
		if (type != DUM_PROFILE_TYPE_ROUTES && list_has(type, sip_buf_str(b), item))
			continue;
		if (b->len)
			SIP_BUF_LIT(b, ", ");
		sip_buf_put_str(b, item);
	}
	return b->err;
}

size_t dum_profile_put_list(struct dum_profile *p, enum dum_profile_setting id, struct sip_buf *b)
{
	const struct dum_profile_row *row = dum_profile_row(id);
	struct dum_profile *holder;
	struct sip_str list, item;
	size_t count = 0;

	MUST(row->type == DUM_PROFILE_TYPE_LIST || row->type == DUM_PROFILE_TYPE_METHODS ||
	     row->type == DUM_PROFILE_TYPE_ROUTES);
	holder = dum__profile_lock_holder(p, id);
	list = holder ? holder->values[id].text : row->text;
	sip_buf_put_str(b, list);
	while (sip_list_value_next(&list, &item))
		count++;
	if (holder)
		pthread_mutex_unlock(&holder->lock);
	return count;
}

static bool is_set_of_tokens(enum dum_profile_type type)
{
	return type == DUM_PROFILE_TYPE_LIST || type == DUM_PROFILE_TYPE_METHODS;
}

bool dum_profile_has(struct dum_profile *p, enum dum_profile_setting id, struct sip_str token)
{
	enum dum_profile_type type = dum_profile_row(id)->type;

	MUST(is_set_of_tokens(type));
	return list_has(type, dum_profile_text(p, id), token);
}

/* What stands here, or below; this profile is locked already. */
static struct sip_str list_below(struct dum_profile *p, enum dum_profile_setting id)
{
	return p->values[id].is_set ? p->values[id].text
	       : p->base	    ? dum_profile_text(p->base, id)
				    : dum_profile_row(id)->text;
}

static enum sip_err check_token(enum dum_profile_setting id, struct sip_str token)
{
	const struct dum_profile_row *row = dum_profile_row(id);

	MUST(is_set_of_tokens(row->type));
	for (size_t i = 0; i < token.len; i++)
		if ((unsigned char)token.p[i] < ' ' || token.p[i] == 0x7f)
			return SIP_E_INVAL;
	return is_item(row->type, token) && sip_str_find(token, ',') == token.len ? SIP_OK : SIP_E_SYNTAX;
}

enum sip_err dum_profile_add_token(struct dum_profile *p, enum dum_profile_setting id, struct sip_str token)
{
	const struct dum_profile_row *row = dum_profile_row(id);
	enum sip_err err = check_token(id, token);
	struct sip_str list;
	struct sip_buf b;

	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	if (err != SIP_OK)
		return err;
	sip_buf_init(&b, 2 * (size_t)row->most);
	pthread_mutex_lock(&p->lock);
	list = list_below(p, id);
	sip_buf_put_str(&b, list);
	if (!list_has(row->type, list, token)) {
		if (list.len)
			SIP_BUF_LIT(&b, ", ");
		sip_buf_put_str(&b, token);
	}
	err = b.err == SIP_E_LIMIT || b.len > row->most ? SIP_E_TOOBIG : b.err;
	if (err == SIP_OK)
		err = dum__profile_store(p, id, sip_buf_str(&b));
	pthread_mutex_unlock(&p->lock);
	sip_buf_fini(&b);
	return err;
}

enum sip_err dum_profile_remove_token(struct dum_profile *p, enum dum_profile_setting id, struct sip_str token)
{
	const struct dum_profile_row *row = dum_profile_row(id);
	struct sip_str list, item;
	enum sip_err err;
	struct sip_buf b;

	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	MUST(is_set_of_tokens(row->type));
	sip_buf_init(&b, 2 * (size_t)row->most);
	pthread_mutex_lock(&p->lock);
	list = list_below(p, id);
	while (sip_list_value_next(&list, &item)) {
		if (is_same(row->type, item, token))
			continue;
		if (b.len)
			SIP_BUF_LIT(&b, ", ");
		sip_buf_put_str(&b, item);
	}
	err = b.err;
	if (err == SIP_OK)
		err = dum__profile_store(p, id, sip_buf_str(&b));
	pthread_mutex_unlock(&p->lock);
	sip_buf_fini(&b);
	return err;
}
