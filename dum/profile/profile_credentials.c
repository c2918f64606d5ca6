/*
 * Digest credentials of a profile: copied in, copied out, wiped when they go. Any thread, under the profile's lock.
 * RFC 3261 22.1, RFC 8760 2.4.
 */
#include "dum/profile/profile.h"
#include "dum/profile/profile_priv.h"

static void free_credential(struct dum__credential *c)
{
	explicit_bzero(c, c->size);
	sip_free(c);
}

void dum__profile_free_credentials(struct dum_profile *p)
{
	struct dum__credential *c = p->credentials;

	while (c) {
		struct dum__credential *next = c->next;
		free_credential(c);
		c = next;
	}
	p->credentials = NULL;
	p->credential_count = 0;
}

static bool is_clean(struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static enum sip_err check(const struct dum__credential *c)
{
	if (!c->realm.len || !c->user.len || !is_clean(c->realm) || !is_clean(c->user) || !is_clean(c->secret))
		return SIP_E_INVAL;
	if (c->realm.len > DUM_PROFILE_SECRET_MAX || c->user.len > DUM_PROFILE_SECRET_MAX ||
	    c->secret.len > DUM_PROFILE_SECRET_MAX || c->algorithm.len > DUM_PROFILE_SECRET_MAX)
		return SIP_E_TOOBIG;
	return SIP_OK;
}

static struct sip_str append(char **at, struct sip_str s)
{
	char *p = *at;

	if (s.len)
		memcpy(p, s.p, s.len);
	*at = p + s.len;
	return sip_str_make(p, s.len);
}

static struct dum__credential *copy(const struct dum__credential *from)
{
	size_t size = sizeof *from + from->realm.len + from->user.len + from->algorithm.len + from->secret.len;
	struct dum__credential *c = sip_alloc_zero(size);
	char *at;

	if (!c)
		return NULL;
	at = (char *)(c + 1);
	c->size = size;
	c->realm = append(&at, from->realm);
	c->user = append(&at, from->user);
	c->algorithm = append(&at, from->algorithm);
	c->secret = append(&at, from->secret);
	return c;
}

/* Of one realm there are several only when they are one user's, each of another kind. */
static bool is_replaced(const struct dum__credential *old, const struct dum__credential *by)
{
	return sip_str_eq(old->realm, by->realm) &&
	       (!sip_str_eq(old->user, by->user) || sip_str_eq_nocase(old->algorithm, by->algorithm));
}

static enum sip_err add(struct dum_profile *p, const struct dum__credential *given)
{
	struct dum__credential *c, **at;
	enum sip_err err = check(given);

	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	if (err != SIP_OK)
		return err;
	c = copy(given);
	if (!c)
		return SIP_E_NOMEM;
	pthread_mutex_lock(&p->lock);
	for (at = &p->credentials; *at;) {
		struct dum__credential *old = *at;
		if (!is_replaced(old, c)) {
			at = &old->next;
			continue;
		}
		*at = old->next;
		p->credential_count--;
		free_credential(old);
	}
	if (p->credential_count == DUM_PROFILE_CREDENTIALS_MAX) {
		err = SIP_E_LIMIT;
	} else {
		*at = c;
		p->credential_count++;
	}
	pthread_mutex_unlock(&p->lock);
	if (err != SIP_OK)
		free_credential(c);
	return err;
}

enum sip_err dum_profile_add_credentials(struct dum_profile *p, struct sip_str realm, struct sip_str user,
					 struct sip_str password)
{
	const struct dum__credential c = { .realm = realm, .user = user, .secret = password };

	return add(p, &c);
}

enum sip_err dum_profile_add_ha1(struct dum_profile *p, struct sip_str realm, struct sip_str user,
				 struct sip_str algorithm, struct sip_str ha1)
{
	const struct dum__credential c = { .realm = realm, .user = user, .algorithm = algorithm, .secret = ha1 };

	if (sip_str_eq(realm, SIP_STR("*")) || !algorithm.len || !is_clean(algorithm) || !ha1.len)
		return SIP_E_INVAL;
	if (sip_char_run(ha1.p, ha1.p + ha1.len, SIP_CC_HEX) != ha1.p + ha1.len)
		return SIP_E_INVAL;
	return add(p, &c);
}

void dum_profile_remove_credentials(struct dum_profile *p, struct sip_str realm)
{
	MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
	pthread_mutex_lock(&p->lock);
	for (struct dum__credential **at = &p->credentials; *at;) {
		struct dum__credential *c = *at;
		if (!sip_str_eq(c->realm, realm)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		p->credential_count--;
		free_credential(c);
	}
	pthread_mutex_unlock(&p->lock);
}

/* 3: the realm's HA1, 2: its password, 1: for any realm, 0: no. */
static unsigned fitness(const struct dum__credential *c, struct sip_str realm, struct sip_str algorithm)
{
	if (sip_str_eq(c->realm, realm)) {
		if (!c->algorithm.len)
			return 2;
		return sip_str_eq_nocase(c->algorithm, algorithm) ? 3 : 0;
	}
	return sip_str_eq(c->realm, SIP_STR("*"));
}

static bool find_here(struct dum_profile *p, struct sip_str realm, struct sip_str algorithm, struct dum_credentials *out)
{
	const struct dum__credential *best = NULL;
	unsigned best_fit = 0;

	pthread_mutex_lock(&p->lock);
	for (const struct dum__credential *c = p->credentials; c; c = c->next) {
		unsigned fit = fitness(c, realm, algorithm);
		if (fit > best_fit) {
			best = c;
			best_fit = fit;
		}
	}
	if (best) {
		memcpy(out->user, best->user.p, best->user.len);
		memcpy(out->secret, best->secret.p, best->secret.len);
		out->user_len = best->user.len;
		out->secret_len = best->secret.len;
		out->is_ha1 = best->algorithm.len > 0;
	}
	pthread_mutex_unlock(&p->lock);
	return best != NULL;
}

enum sip_err dum_profile_find_credentials(struct dum_profile *p, struct sip_str realm, struct sip_str algorithm,
					  struct dum_credentials *out)
{
	for (; p; p = p->base) {
		MUST_BE(&p->ref, DUM__PROFILE_MAGIC);
		if (find_here(p, realm, algorithm, out))
			return SIP_OK;
	}
	return SIP_E_NOTFOUND;
}
