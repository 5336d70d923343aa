/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Registration: the first record of a connection, checked, with who sent it.
 *
 * Who it is comes from the socket's credentials; everything in the record is a claim (architecture, rule 7).
 * Owner: none; a value. Threads: any; pure but for the socket's credentials.
 */
#include <glib.h>
#include <sys/types.h>

#include "base/abi.h"

G_BEGIN_DECLS

typedef struct {
  pid_t pid;
  uid_t uid;
  gid_t gid;
} TbusPeer;

typedef struct {
  TbusPeer peer;
  gboolean notify; /* this connection is for notifications, not for commands */
  guint32 major, minor;
  pid_t parent_pid; /* 0 where the process counts pids otherwise than we do */
  TbusAbi abi;
  char name[17];
} TbusRegistration;

/* Unsupported where the process is in a pid namespace that we cannot see into. */
gboolean tbus_peer_init (TbusPeer *self, int fd, GError **error);

enum { TBUS_REGISTRATION_SIZE = 136 };
/* @raw: TBUS_REGISTRATION_SIZE bytes. The error is a sentence that says what was wrong with which value. */
gboolean tbus_registration_decode (TbusRegistration *self, const guint8 *raw, const TbusPeer *peer, GError **error);

G_END_DECLS
