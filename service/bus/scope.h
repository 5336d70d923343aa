/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Scope: whom a call concerns: whose session or app, and whose apps are traced by it.
 *
 * Owner:   whoever initialised it. Threads: main.
 */
#include "core/core.h"

G_BEGIN_DECLS

typedef struct {
  GObject *subject;    /* borrowed: the session, app or core whose calls keep their order */
  const char *session; /* borrowed: its name; NULL: no session is concerned */
  uid_t owner;         /* of the session or app; the caller where there is neither */
  gboolean beyond;     /* whether apps of others than @owner are reached */
  char *uids;          /* "1000,1001" or "all" */
} TbusScope;

/* Of a call of @caller on @object; NotFound where its session has gone. */
gboolean tbus_scope_init_object (TbusScope *self, TbusCore *core, GObject *object, uid_t caller, GError **error);
/* Of a session that is to be made. */
void tbus_scope_init_request (TbusScope *self, const TbusSessionRequest *request);
/* Of everybody's apps, for @caller. */
void tbus_scope_init_everybody (TbusScope *self, uid_t caller);
/* Of the apps of @uid, for @caller. */
void tbus_scope_init_user (TbusScope *self, uid_t uid, uid_t caller);
void tbus_scope_clear (TbusScope *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusScope, tbus_scope_clear)

G_END_DECLS
