/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracee: a registered process as threads see it: who it is, and its two sockets.
 * (TbusApp is the same process as callers see it.)
 *
 * Owner:   references; freed through a grace period of RCU, its sockets closed only then (B27), so
 *          that a number that the kernel gives out again cannot be taken for the old one.
 * Threads: identity is constant from publication on. @link belongs to the link thread, @notify to
 *          the notify thread: private data of ust/ that nobody else reads.
 */
#include <sys/types.h>
#include <urcu.h>
#include <urcu/ref.h>

#include "base/abi.h"
#include "base/quota.h"

G_BEGIN_DECLS

typedef struct TbusTracee TbusTracee;
struct TbusTracee {
  struct urcu_ref refs;
  struct rcu_head rcu;

  guint64 id; /* the App's id on the bus; never reused */
  /* From the socket's credentials. */
  pid_t pid;
  uid_t uid;
  gid_t gid;
  /* Claims of the process. */
  pid_t parent_pid;
  char name[17]; /* cut to the tracer's limit, made valid UTF-8 by who shows it */
  guint32 abi_major, abi_minor;
  TbusAbi abi;
  gint64 registered_at; /* microseconds, CLOCK_REALTIME */
  guint mark;           /* its slot, see base/marks */

  int command_fd, notify_fd; /* owned */
  TbusCharge descriptors;    /* of its user's share */
  gint unregistered;         /* atomic: gone from the index */
  gpointer bindings;         /* core/tracee-index's, under its writers' lock */
  gpointer link;             /* ust/link */
  gpointer notify;           /* ust/notify */
};

/* Takes both descriptors, and the 2 of the fd budget that the caller took for them. */
TbusTracee *tbus_tracee_new (int command_fd, int notify_fd);
/* The same for one of another life, which has claimed its @mark. */
TbusTracee *tbus_tracee_new_with_mark (int command_fd, int notify_fd, guint mark);
TbusTracee *tbus_tracee_ref (TbusTracee *self);
void tbus_tracee_unref (TbusTracee *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusTracee, tbus_tracee_unref)

G_END_DECLS
