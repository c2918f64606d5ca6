/* sipctl: one verb a file. argv[0] is the verb itself; the result is the exit status: 0 done, 1 not, 2 usage. */
#ifndef CONTRIB_SIPCTL_SIPCTL_H
#define CONTRIB_SIPCTL_SIPCTL_H

#include "stack/base/base.h"

/* sipctl locate URI [--dns ADDR:PORT]: the targets of RFC 3263 in order, a line each: "udp 192.0.2.1:5060 name". */
int sipctl_locate(int argc, char **argv);
/* sipctl parse [--json] [--stream] [FILE] */
int sipctl_parse(int argc, char **argv);
/* sipctl options|register|message URI …: sends one, answers a digest challenge, prints the response. */
int sipctl_send(int argc, char **argv);

#endif
