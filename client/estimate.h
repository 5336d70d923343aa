/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Estimate: what the buffers of a channel will take, before it is made. Buffers are there for each CPU that the system
 * may ever have, so that a machine of many takes much; and once for each user (of 64-bit, of 32-bit programs) or each
 * process that is traced.
 *
 * Threads: any; pure but for ctl_count_cpus().
 */
#include "client/ctl.h"

G_BEGIN_DECLS

typedef struct {
  guint64 subbuf_size, num_subbuf; /* bytes; sub-buffers of a CPU */
  gboolean overwrite, per_process;
} CtlBuffers;

/* Of one user, or one process. Descriptors: of the service, of its consumer while it records, of each program. */
typedef struct {
  guint64 bytes;
  guint64 of_service, of_consumer, of_program;
} CtlEstimate;

/* What the service makes of CreateChannel's @attributes (a{sv}). */
CtlBuffers ctl_buffers_read (GVariantDict *attributes);
CtlEstimate ctl_estimate (const CtlBuffers *buffers, guint n_cpus);
/* CPUs that the system may have, with those that are not there; 1 where it does not say. */
guint ctl_count_cpus (void);
/* One line for this machine. */
void ctl_estimate_say (const CtlBuffers *buffers, const char *channel);
/* A table for this machine and for large ones. */
void ctl_estimate_print (const CtlBuffers *buffers, const char *channel);

G_END_DECLS
