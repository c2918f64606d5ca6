/* Errors of the world: values, never exceptions. 0 is success; every function that returns one must be asked. */
#ifndef STACK_BASE_ERR_H
#define STACK_BASE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

enum sip_err {
#define SIP_ERR(name, text) SIP_E_##name,
#include "stack/base/err_table.h"
#undef SIP_ERR
	SIP_ERR_COUNT
};
#define SIP_OK SIP_E_OK

#define SIP_MUST_USE __attribute__((warn_unused_result))

/* The name ("NOTFOUND") and the sentence ("not found"); static text, never NULL. Any thread. */
const char *sip_err_name(enum sip_err err);
const char *sip_err_text(enum sip_err err);
/* The nearest error for an errno value. Any thread. */
enum sip_err sip_err_from_errno(int err_no);

#ifdef __cplusplus
}
#endif
#endif
