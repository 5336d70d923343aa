/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Identity: what a process of a user runs with, from the name service.
 *
 * Owner: whoever asked. Threads: workers only: a name service may take its time (architecture, rule 8).
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  uid_t uid;
  gid_t gid;
  char *name;
  char *home;
  GArray *groups; /* of gid_t, @gid among them */
} TbusIdentity;

/* NULL with ConsumerFailed: no such user, or the name service failed. */
TbusIdentity *tbus_identity_lookup (uid_t uid, GError **error);
void tbus_identity_free (TbusIdentity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusIdentity, tbus_identity_free)

G_END_DECLS
