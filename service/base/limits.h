/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Limits: what one app, one user or one caller may take. Each is answered with
 * TBUS_ERROR_EXHAUSTED (callers) or with a refusal (apps) that names it.
 *
 * What a machine's size or use decides is an administrator's to set, in tracebus.conf: TbusLimit. Of these the
 * constants are what holds where nothing is set. All others follow from formats, from the tracer or from the bus.
 *
 * Threads: any. They are set once, before any other thread starts (base/limits-file.h).
 */
#include <glib.h>

G_BEGIN_DECLS

#define TBUS_MAX_NAME 128               /* bytes of a session's or a channel's name */
#define TBUS_MAX_PATTERN 255            /* bytes of an event rule's pattern: the tracer's 256 less the NUL */
#define TBUS_MAX_FILTER 65536           /* bytes of a filter's text */
#define TBUS_MAX_FILTER_NESTING 128     /* parentheses and prefixes of a filter, one inside the other */
#define TBUS_MAX_FILTER_STEPS 512       /* names and indexes of a filter's array elements: the tracer keeps 64 KiB */
#define TBUS_MAX_FILTERS (1u << 20)     /* bytes of all filters of one call */
#define TBUS_MAX_EXCLUSIONS 256         /* names that one event rule excludes */
#define TBUS_MAX_SESSIONS 1024          /* sessions of one owner */
#define TBUS_MAX_CHANNELS 64            /* channels of one session */
#define TBUS_MAX_CONTEXTS 64            /* contexts of one channel */
#define TBUS_MAX_RULES 4096             /* event rules of one channel */
#define TBUS_MAX_TRACKED 4096           /* values of one attribute that a session tracks */
#define TBUS_MAX_APPS 65536             /* registered apps */
#define TBUS_MAX_APPS_OF_USER 16384     /* those of one user, who may take half of the descriptors for them */
#define TBUS_MAX_HALF_OPEN 4096         /* connections that have not paired yet */
#define TBUS_MAX_HALF_OPEN_OF_USER 1024 /* those of one user */
#define TBUS_OTHER_DESCRIPTORS 64       /* that are in no budget: the bus, logs, libraries, files */
#define TBUS_HANDSHAKE_TIMEOUT_MS 3000  /* from accept to a paired notify socket */
#define TBUS_MAX_EVENT_CLASSES 65535    /* event classes of one channel: what the large header counts to */
#define TBUS_MAX_ENUM_CLASSES 65535     /* enumerations of one registry */
#define TBUS_MAX_FIELDS 1024            /* field records of one event or context list */
#define TBUS_MAX_NESTING 16             /* nested types of one field */
#define TBUS_MAX_ENUM_ENTRIES 65536     /* entries of one enumeration */
#define TBUS_MAX_SIGNATURE 65536        /* bytes of an event's textual signature */
#define TBUS_MAX_NOTICE (24u << 20)     /* bytes of one notification */
#define TBUS_MAX_NOTICES (64u << 20)    /* bytes of all unfinished notifications of one user's apps */
#define TBUS_MAX_METADATA (64u << 20)   /* bytes of one buffer set's metadata */
#define TBUS_MAX_CLASS_TEXT (8u << 20)  /* bytes of metadata that describe one list of fields */
#define TBUS_MAX_REPLY (8u << 20)       /* bytes of one D-Bus reply */
#define TBUS_MAX_OBJECTS (16u << 20)    /* bytes of the list of all objects; the bus ends who sends 32 MiB */
#define TBUS_MAX_REPLIES (64u << 20)    /* bytes of replies that are being made for one user */
#define TBUS_MAX_CALLS 16               /* calls of one sender in flight */
#define TBUS_MAX_CALLS_OF_USER 64       /* calls in flight of all senders of one user */
#define TBUS_MAX_CHANNEL_BLOB (1u << 20) /* bytes of a channel's shared header area, as the tracer limits it */
#define TBUS_MAX_TRACEPOINTS 65536      /* tracepoints that one app may list */
#define TBUS_MAX_LISTING (8u << 20)     /* bytes of one app's list of tracepoints, in memory */
#define TBUS_MAX_CLOSERS 16             /* workers that close descriptors that one user sent */
#define TBUS_MAX_LOG_LINES 20           /* log lines of one kind that one user causes in a period */
#define TBUS_LOG_PERIOD_MS 10000
#define TBUS_CONSUMER_IDLE_S 30         /* with nothing to do, after which a consumer ends */
#define TBUS_PROGRESS_MS 50             /* without progress for so long, a blocked app is unresponsive */

typedef enum {
  /* Of one user, all together: base/quota.h counts them. */
  TBUS_LIMIT_CONNECTIONS,
  TBUS_LIMIT_APPS,
  TBUS_LIMIT_DESCRIPTORS,
  TBUS_LIMIT_KEPT,
  TBUS_LIMIT_SESSIONS,
  TBUS_LIMIT_BUFFER_MEMORY,
  TBUS_LIMIT_METADATA_OF_USER,
  TBUS_LIMIT_NOTICE_MEMORY,
  TBUS_LIMIT_CALLS_OF_USER,
  TBUS_LIMIT_REPLY_MEMORY,
  /* Of one thing. */
  TBUS_LIMIT_CALLS,
  TBUS_LIMIT_CHANNELS,
  TBUS_LIMIT_RULES,
  TBUS_LIMIT_METADATA,
  TBUS_LIMIT_EVENT_CLASSES,
  TBUS_LIMIT_FIELDS,
  TBUS_LIMIT_NESTING,
  TBUS_LIMIT_SIGNATURE,
  TBUS_LIMIT_CONSUMER_IDLE, /* seconds */
  TBUS_N_LIMITS
} TbusLimit;

guint64 tbus_limit (TbusLimit limit);
/* What it may be set to at most: a bound for what is read back from a state of earlier. */
guint64 tbus_limit_most (TbusLimit limit);
/* Sets @error to Exhausted with a sentence that names the limit, its value, and the key that raises it. FALSE. */
gboolean tbus_limit_refuse (TbusLimit limit, GError **error);
/* The sentence alone. (transfer full) */
char *tbus_limit_describe (TbusLimit limit);

/* The limit that @key of tracebus.conf is for; FALSE where there is none. */
gboolean tbus_limit_find (const char *key, TbusLimit *limit);
/* @text: a number, with K, M or G for bytes, or a percentage of what there is. InvalidArgs says what it takes. */
gboolean tbus_limit_parse (TbusLimit limit, const char *text, GError **error);
/* For tests. */
void tbus_limit_set (TbusLimit limit, guint64 value);
void tbus_limits_reset (void);

G_END_DECLS
