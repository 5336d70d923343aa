/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Protocol: the layouts of what travels between an app and its tracer daemon, as ABI 8 and 9 of LTTng-UST have them.
 *
 * Native byte order, packed. Nothing here is checked: whoever reads an app's bytes checks them.
 * Owner: none; plain layouts.
 */
#include <glib.h>
#include <lttng/ust-abi.h>
#include <lttng/ust-ctl.h>

G_BEGIN_DECLS

/* The majors whose messages have these layouts. */
enum { TBUS_UST_MAJOR_MIN = 8, TBUS_UST_MAJOR_MAX = 9 };

/* First thing on each of an app's two connections; it is not answered. */
typedef struct {
  guint32 magic;
  guint32 major, minor;
  guint32 pid, ppid, uid, gid;
  guint32 bits_per_long;
  guint32 align_u8, align_u16, align_u32, align_u64, align_long;
  guint32 socket_type; /* enum lttng_ust_ctl_socket_type */
  char name[LTTNG_UST_ABI_PROCNAME_LEN];
  char padding[64];
} __attribute__ ((packed)) TbusUstRegistration;

/* A command; what it carries besides follows at once, descriptors with one byte of their own. */
typedef struct {
  guint32 handle;
  guint32 cmd;
  char padding[32];
  union {
    struct lttng_ust_abi_channel channel;
    struct lttng_ust_abi_stream stream;
    struct lttng_ust_abi_event event;
    struct lttng_ust_abi_context context;
    struct {
      guint32 len;
      guint32 reloc_offset;
      guint64 seqnum;
    } __attribute__ ((packed)) filter;
    struct {
      guint32 count;
    } __attribute__ ((packed)) exclusion;
    char padding[572];
  } u;
} __attribute__ ((packed)) TbusUstMessage;

typedef struct {
  guint32 handle;
  guint32 cmd;
  gint32 ret_code;
  guint32 ret_val;
  char padding[32];
  union {
    struct lttng_ust_abi_tracer_version version;
    struct lttng_ust_abi_tracepoint_iter tracepoint;
    char padding[276];
  } u;
} __attribute__ ((packed)) TbusUstReply;

/* A notification: a u32 command, the fixed part that belongs to it, then what that announces, in that order. */
typedef struct {
  guint32 session_handle;
  guint32 channel_handle;
  char name[LTTNG_UST_ABI_SYM_NAME_LEN];
  gint32 loglevel;
  guint32 signature_len;
  guint32 fields_len;
  guint32 model_emf_uri_len;
  char padding[32];
} __attribute__ ((packed)) TbusUstEventNotice;

typedef struct {
  guint32 session_handle;
  guint32 channel_handle;
  guint32 fields_len;
  char padding[32];
} __attribute__ ((packed)) TbusUstChannelNotice;

typedef struct {
  guint32 session_handle;
  char name[LTTNG_UST_ABI_SYM_NAME_LEN];
  guint32 entries_len;
  char padding[32];
} __attribute__ ((packed)) TbusUstEnumNotice;

/* What a notification is answered. */
typedef struct {
  guint32 cmd;
  gint32 ret_code;
  guint32 event_id;
  char padding[32];
} __attribute__ ((packed)) TbusUstEventAnswer;

typedef struct {
  guint32 cmd;
  gint32 ret_code;
  guint32 channel_id;
  guint32 header;
  char padding[32];
} __attribute__ ((packed)) TbusUstChannelAnswer;

typedef struct {
  guint32 cmd;
  gint32 ret_code;
  guint64 enum_id;
  char padding[32];
} __attribute__ ((packed)) TbusUstEnumAnswer;

G_STATIC_ASSERT (sizeof (TbusUstRegistration) == 136);
G_STATIC_ASSERT (sizeof (TbusUstMessage) == 612);
G_STATIC_ASSERT (sizeof (TbusUstReply) == 324);
G_STATIC_ASSERT (sizeof (struct lttng_ust_abi_field_iter) == 808);
G_STATIC_ASSERT (sizeof (TbusUstEventNotice) == 312);
G_STATIC_ASSERT (sizeof (TbusUstChannelNotice) == 44);
G_STATIC_ASSERT (sizeof (TbusUstEnumNotice) == 296);
G_STATIC_ASSERT (sizeof (TbusUstEventAnswer) == 44);
G_STATIC_ASSERT (sizeof (TbusUstChannelAnswer) == 48);
G_STATIC_ASSERT (sizeof (TbusUstEnumAnswer) == 48);
G_STATIC_ASSERT (sizeof (struct lttng_ust_ctl_field) == 920);
G_STATIC_ASSERT (sizeof (struct lttng_ust_ctl_enum_entry) == 336);

G_END_DECLS
