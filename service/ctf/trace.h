/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Trace: the blocks of a CTF 1.8 metadata text: what stands before the first class, streams and events.
 *
 * Each call appends whole blocks, so that the text parses after every one of them. Names of env are the
 * caller's own identifiers; every other text may be any app's.
 * Threads: any; pure.
 */
#include "base/abi.h"
#include "ctf/type.h"

G_BEGIN_DECLS

typedef struct {
  guint8 uuid[16];       /* mostly the machine's boot id; zero where it is not known */
  char *name;            /* owned: "monotonic"; written with "_" before it where it is no identifier */
  char *description;     /* owned */
  guint64 frequency;     /* Hz */
  gint64 offset;         /* ns from the epoch to the clock's zero */
} TbusCtfClock;

/* One line of env {}: an integer where @text is NULL. */
typedef struct {
  const char *name;
  const char *text;
  gint64 number;
} TbusCtfEnv;

typedef struct {
  guint8 uuid[16]; /* the trace's: in every packet header */
  TbusAbi abi;     /* checked: alignments are powers of two */
  const TbusCtfClock *clock;
  const TbusCtfEnv *env; /* in this order; ends with a NULL name */
} TbusCtfTrace;

/* CTF marker, type aliases, trace, env, clock, packet context and both event headers. */
void tbus_ctf_append_preamble (GString *out, const TbusCtfTrace *trace);

/*
 * Appends @text, which begins with a preamble, as far as the end of its clock block, and says @clock there instead.
 * Returns: the length of what that replaces; 0 where there is no clock block, and @out is as before.
 */
gsize tbus_ctf_append_with_clock (GString *out, const char *text, gsize length, const TbusCtfClock *clock);

/* Values as the tracer knows them. */
typedef enum {
  TBUS_CTF_HEADER_COMPACT = 1, /* ids 0..30 in 5 bits, 31 = extended */
  TBUS_CTF_HEADER_LARGE = 2,   /* ids 0..65534 in 16 bits, 65535 = extended */
} TbusCtfHeader;

typedef struct {
  guint32 id;
  TbusCtfHeader header;
  const GPtrArray *context; /* nullable: the channel's context fields */
} TbusCtfStream;

/* On error @out is as before. */
gboolean tbus_ctf_append_stream (GString *out, const TbusCtfStream *stream, TbusCtfEnumFunc find_enum, gpointer data,
                                 GError **error);

typedef struct {
  const char *name;
  guint32 id;
  guint32 stream_id;
  int loglevel;              /* left out where negative: readers take none */
  const char *model_emf_uri; /* nullable */
  const GPtrArray *fields;   /* may be empty */
} TbusCtfEvent;

gboolean tbus_ctf_append_event (GString *out, const TbusCtfEvent *event, TbusCtfEnumFunc find_enum, gpointer data,
                                GError **error);

/* The tracer's own clock on a machine that is not known, as if it began at the epoch. */
void tbus_ctf_clock_init (TbusCtfClock *self);
void tbus_ctf_clock_clear (TbusCtfClock *self);

G_END_DECLS
