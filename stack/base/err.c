/* Names and sentences of the error table, and errno's way into it. */
#include "stack/base/err.h"

#include "stack/base/check.h"

#include <errno.h>

static const struct {
	const char *name;
	const char *text;
} rows[SIP_ERR_COUNT] = {
#define SIP_ERR(name, text) { #name, text },
#include "stack/base/err_table.h"
#undef SIP_ERR
};

static const struct {
	int err_no;
	enum sip_err err;
} errnos[] = {
	{ 0, SIP_E_OK },
	{ ENOMEM, SIP_E_NOMEM },
	{ ENOBUFS, SIP_E_AGAIN },
	{ EAGAIN, SIP_E_AGAIN },
	{ EINTR, SIP_E_AGAIN },
	{ EINPROGRESS, SIP_E_AGAIN },
	{ EALREADY, SIP_E_AGAIN },
	{ ERANGE, SIP_E_RANGE },
	{ EDOM, SIP_E_RANGE },
	{ EMFILE, SIP_E_LIMIT },
	{ ENFILE, SIP_E_LIMIT },
	{ ENOSPC, SIP_E_FULL },
	{ EDQUOT, SIP_E_FULL },
	{ ENOENT, SIP_E_NOTFOUND },
	{ ENODEV, SIP_E_NOTFOUND },
	{ ENXIO, SIP_E_NOTFOUND },
	{ ESRCH, SIP_E_NOTFOUND },
	{ EEXIST, SIP_E_EXISTS },
	{ EISCONN, SIP_E_STATE },
	{ EBUSY, SIP_E_STATE },
	{ EINVAL, SIP_E_INVAL },
	{ EBADF, SIP_E_INVAL },
	{ EDESTADDRREQ, SIP_E_INVAL },
	{ ENOSYS, SIP_E_UNSUPPORTED },
	{ EOPNOTSUPP, SIP_E_UNSUPPORTED },
	{ EAFNOSUPPORT, SIP_E_UNSUPPORTED },
	{ EPROTONOSUPPORT, SIP_E_UNSUPPORTED },
	{ ENOPROTOOPT, SIP_E_UNSUPPORTED },
	{ EACCES, SIP_E_DENIED },
	{ EPERM, SIP_E_DENIED },
	{ EROFS, SIP_E_DENIED },
	{ ETIMEDOUT, SIP_E_TIMEOUT },
	{ EPIPE, SIP_E_CLOSED },
	{ ECONNRESET, SIP_E_CLOSED },
	{ ECONNABORTED, SIP_E_CLOSED },
	{ ENOTCONN, SIP_E_CLOSED },
	{ ESHUTDOWN, SIP_E_CLOSED },
	{ ECONNREFUSED, SIP_E_REFUSED },
	{ ENETUNREACH, SIP_E_UNREACHABLE },
	{ EHOSTUNREACH, SIP_E_UNREACHABLE },
	{ ENETDOWN, SIP_E_UNREACHABLE },
	{ EHOSTDOWN, SIP_E_UNREACHABLE },
	{ EADDRNOTAVAIL, SIP_E_UNREACHABLE },
	{ EADDRINUSE, SIP_E_INUSE },
	{ EMSGSIZE, SIP_E_TOOBIG },
	{ EFBIG, SIP_E_TOOBIG },
	{ E2BIG, SIP_E_TOOBIG },
	{ ENAMETOOLONG, SIP_E_TOOBIG },
};

const char *sip_err_name(enum sip_err err)
{
	return (unsigned)err < SIP_ERR_COUNT ? rows[err].name : "UNKNOWN";
}

const char *sip_err_text(enum sip_err err)
{
	return (unsigned)err < SIP_ERR_COUNT ? rows[err].text : "unknown error";
}

enum sip_err sip_err_from_errno(int err_no)
{
	for (size_t i = 0; i < SIP_COUNTOF(errnos); i++) {
		if (errnos[i].err_no == err_no)
			return errnos[i].err;
	}
	return SIP_E_IO;
}
