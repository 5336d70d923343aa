/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Job: what one app is asked to do, in order; made by core/reconcile, carried out by ust/link.
 *
 * Objects are slots: a command names its object by slot, and a command that creates one fills another.
 * A command whose slot is void is skipped (-ECANCELED), so that one failure costs only what depends on it.
 *
 * Owner:   whoever has it: main makes it, the link thread runs it, main gets it back in @done.
 * Threads: never in two at once.
 */
#include "base/thread.h"
#include "core/context.h"
#include "core/event-rule.h"
#include "core/tracee-index.h"

G_BEGIN_DECLS

typedef enum {
  TBUS_OP_TRACER_VERSION,  /* root; answers into @version */
  TBUS_OP_CREATE_SESSION,  /* root -> result; binds the handle to @set */
  TBUS_OP_SEND_RING,       /* session -> result, a channel; @ring and all its streams; binds to (@set, @channel) */
  TBUS_OP_ADD_CONTEXT,     /* channel; @context */
  TBUS_OP_CREATE_EVENT,    /* channel -> result; @rule with its filter and exclusions, disabled */
  TBUS_OP_ENABLE,          /* session (start), channel or event */
  TBUS_OP_DISABLE,         /* session (stop), channel or event */
  TBUS_OP_WAIT_QUIESCENT,  /* root */
  TBUS_OP_STATEDUMP,       /* session */
  TBUS_OP_RELEASE,         /* any; a session's or channel's binding ends first */
  TBUS_OP_REGISTER_DONE,   /* root; lets the app's constructor go on */
  TBUS_OP_LIST,            /* root; answers into @tracepoints */
} TbusOp;

enum { TBUS_SLOT_VOID = G_MAXUINT32, TBUS_SLOT_ROOT = 0, TBUS_NO_EVENT = G_MAXUINT32 };

typedef struct {
  TbusOp op;
  guint32 target;  /* slot */
  guint32 result;  /* slot that is filled; unused where the op creates nothing */
  int status;      /* out: 0, -ECANCELED (skipped), or the tracer's negative code */
  union {
    TbusBufferSet *set;    /* CREATE_SESSION, SEND_RING: a reference */
    TbusContext *context;  /* ADD_CONTEXT: a reference */
    TbusEventRule *rule;   /* CREATE_EVENT: a reference */
    gboolean fields;       /* LIST: with fields */
  };
  TbusRing *ring;   /* SEND_RING: a reference */
  guint32 channel;  /* what it is about: the channel's number in its set, TBUS_NO_CHANNEL for the session or the app */
  guint32 event;    /* and the rule's number in the channel, or TBUS_NO_EVENT */
} TbusCommand;

typedef struct {
  char *name;      /* as the app gave it, at most 255 bytes */
  int loglevel;
  GPtrArray *fields; /* of TbusTracepointField; NULL where not asked for */
} TbusTracepoint;

/* The tracer's numbers. An array or a sequence of text is a string, any other is OTHER. */
enum { TBUS_FIELD_OTHER, TBUS_FIELD_INTEGER, TBUS_FIELD_ENUM, TBUS_FIELD_FLOAT, TBUS_FIELD_STRING };

typedef struct {
  char *name;
  int type; /* as the app gave it */
  gboolean nowrite;
} TbusTracepointField;

typedef struct TbusJob TbusJob;
typedef void (*TbusJobFunc) (TbusJob *job, gpointer data);

struct TbusJob {
  TbusTracee *tracee;   /* a reference */
  GArray *commands;     /* of TbusCommand */
  GArray *slots;        /* of guint32: handles; slot 0 is the root handle 0 */
  gboolean gone;        /* out: the app went before the end; what was left has -EPIPE */
  guint32 version[3];   /* out */
  GPtrArray *tracepoints; /* out, of TbusTracepoint (owned) */
  guint64 generation;   /* core's: what the plan was made from */
  TbusJobFunc done;     /* on main; takes the job */
  gpointer data;
};

TbusJob *tbus_job_new (TbusTracee *tracee);
void tbus_job_free (TbusJob *self);
/* A slot with a handle that is known, or TBUS_SLOT_VOID for one to be filled. */
guint32 tbus_job_add_slot (TbusJob *self, guint32 handle);
/* Appends and returns the command to fill in; valid until the next append. */
TbusCommand *tbus_job_add (TbusJob *self, TbusOp op, guint32 target);
TbusCommand *tbus_job_add_creating (TbusJob *self, TbusOp op, guint32 target, guint32 result);
const char *tbus_op_to_string (TbusOp op);
void tbus_tracepoint_free (TbusTracepoint *self);
void tbus_tracepoint_field_free (TbusTracepointField *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusJob, tbus_job_free)

G_END_DECLS
