/* What the files of dum/profile share: the profile itself. Everything but `ref` and `base` under its lock. */
#ifndef DUM_PROFILE_PROFILE_PRIV_H
#define DUM_PROFILE_PROFILE_PRIV_H

#include "dum/profile/profile.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DUM__PROFILE_MAGIC 0x70726f66u

struct dum__text { /* in the arena */
	struct dum__text *next;
	size_t len;
	char bytes[];
};
struct dum__value {
	bool is_set;
	uint32_t number;      /* NUMBER, FLAG */
	struct sip_str text;  /* the others: in `texts`; of ROUTES owned, on the heap */
};
struct dum__credential { /* the texts stand behind it */
	struct dum__credential *next; /* owned */
	struct sip_str realm, user, algorithm, secret; /* algorithm empty: a password */
	size_t size;
};

struct dum_profile {
	struct sip_ref ref;
	struct dum_profile *base;       /* owned: a reference; may be NULL */
	pthread_mutex_t lock;           /* taken before the base's, never after */
	struct dum__value values[DUM_PROFILE_SETTING_COUNT];
	struct dum__text *texts;        /* in the arena */
	size_t text_bytes;
	struct sip_arena arena;
	struct dum__credential *credentials; /* owned */
	size_t credential_count;
};

/* The nearest profile that has the setting, locked; NULL: none has, and none is locked. */
struct dum_profile *dum__profile_lock_holder(struct dum_profile *p, enum dum_profile_setting id);
/* Keeps a text that is right as the value. Locked. */
enum sip_err dum__profile_store(struct dum_profile *p, enum dum_profile_setting id, struct sip_str text);
void dum__profile_free_credentials(struct dum_profile *p);
/* Checks a list and puts it as "A, B" without repetitions. SYNTAX. */
enum sip_err dum__profile_put_clean(enum dum_profile_type type, struct sip_str list, struct sip_buf *b);

#ifdef __cplusplus
}
#endif
#endif
