/*
 * stack/base: the ground of the house, libc only. Memory, text, tables, counted
 * objects, randomness, addresses, log, metrics and settings. Nothing here knows
 * SIP, sockets' life or time; nothing here starts a thread.
 */
#ifndef STACK_BASE_BASE_H
#define STACK_BASE_BASE_H

#include "stack/base/err.h"
#include "stack/base/check.h"
#include "stack/base/mem.h"
#include "stack/base/str.h"
#include "stack/base/buf.h"
#include "stack/base/scan.h"
#include "stack/base/escape.h"
#include "stack/base/arena.h"
#include "stack/base/slab.h"
#include "stack/base/ref.h"
#include "stack/base/list.h"
#include "stack/base/hash.h"
#include "stack/base/rand.h"
#include "stack/base/addr.h"
#include "stack/base/network.h"
#include "stack/base/log.h"
#include "stack/base/metric.h"
#include "stack/base/settings.h"

#endif
