/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Context: what a channel records beside each event's own fields, named as LTTng names it:
 *
 *   vpid, procname, mnt_ns, ...          of the thread and its process
 *   perf:thread:NAME                     a counter of the thread, by name: "cpu-cycles", "page-fault", ...
 *   perf:thread:raw:rN:NAME              the same by its number N in hexadecimal digits, under a name of one's own
 *   $app.PROVIDER:TYPE                   what the app itself provides
 *
 * Owner: references; immutable. Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_CONTEXT_VPID,
  TBUS_CONTEXT_VTID,
  TBUS_CONTEXT_PTHREAD_ID,
  TBUS_CONTEXT_PROCNAME,
  TBUS_CONTEXT_IP,
  TBUS_CONTEXT_CGROUP_NS,
  TBUS_CONTEXT_IPC_NS,
  TBUS_CONTEXT_MNT_NS,
  TBUS_CONTEXT_NET_NS,
  TBUS_CONTEXT_PID_NS,
  TBUS_CONTEXT_TIME_NS,
  TBUS_CONTEXT_USER_NS,
  TBUS_CONTEXT_UTS_NS,
  TBUS_CONTEXT_VUID,
  TBUS_CONTEXT_VEUID,
  TBUS_CONTEXT_VSUID,
  TBUS_CONTEXT_VGID,
  TBUS_CONTEXT_VEGID,
  TBUS_CONTEXT_VSGID,
  TBUS_N_PLAIN_CONTEXTS,
  TBUS_CONTEXT_PERF = TBUS_N_PLAIN_CONTEXTS,
  TBUS_CONTEXT_APP,
  TBUS_N_CONTEXT_KINDS,
} TbusContextKind;

typedef struct {
  gint refs;
  TbusContextKind kind;
  char *type; /* as callers name it */
  /* PERF: numbers of Linux's perf events, and the field's name */
  guint32 perf_type;
  guint64 perf_config;
  char *perf_name;
  /* APP */
  char *provider, *name;
} TbusContext;

/* InvalidArgs says what there is; for a name of LTTng's kernel tracer, what comes closest. (transfer full) */
TbusContext *tbus_context_parse (const char *type, GError **error);
/* All types but those with names of one's own, by name. (transfer full) */
GStrv tbus_context_list (void);
TbusContext *tbus_context_ref (TbusContext *self);
void tbus_context_unref (TbusContext *self);
/* Whether they would be one field. */
gboolean tbus_context_equal (const TbusContext *a, const TbusContext *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusContext, tbus_context_unref)

G_END_DECLS
