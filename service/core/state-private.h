/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* For the files of core/state: each record's life and its words. Owner: the state. Threads: as the state's. */
#include "core/state.h"

#include "core/state-codec.h"

G_BEGIN_DECLS

/* state.c */
TbusSavedChannel *tbus_saved_channel_new (void);
void tbus_saved_channel_free (gpointer self);
void tbus_saved_rule_free (gpointer self);
TbusSavedSet *tbus_saved_set_new (void);
void tbus_saved_set_free (gpointer self);
void tbus_saved_set_channel_free (gpointer self);
TbusSavedSession *tbus_saved_session_new (void);
void tbus_saved_session_free (gpointer self);
TbusSavedAppChannel *tbus_saved_app_channel_new (void);
void tbus_saved_app_channel_free (gpointer self);
TbusSavedAppSession *tbus_saved_app_session_new (void);
void tbus_saved_app_session_free (gpointer self);
TbusSavedApp *tbus_saved_app_new (void);
void tbus_saved_app_free (gpointer self);

/* state-session.c, state-set.c, state-app.c: of one record, for the lists of state-codec */
void tbus_saved_session_put (gconstpointer session, GVariantBuilder *dict);
gpointer tbus_saved_session_get (GVariant *dict, GError **error);
void tbus_saved_set_put (gconstpointer set, GVariantBuilder *dict);
gpointer tbus_saved_set_get (GVariant *dict, GError **error);
/* (transfer none): made once, and then kept by it. */
GVariant *tbus_saved_app_words (TbusSavedApp *self);
gpointer tbus_saved_app_get (GVariant *dict, GError **error);

/* state-capture.c: apps whose state is what was captured have its words. */
void tbus_core_keep_words (TbusCore *core, TbusState *state);

/* state-check.c: whether what was read holds together: ids were given out, each once, and refer to something. */
gboolean tbus_state_check (const TbusState *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedRule, tbus_saved_rule_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedChannel, tbus_saved_channel_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedSet, tbus_saved_set_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedSetChannel, tbus_saved_set_channel_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedSession, tbus_saved_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedAppChannel, tbus_saved_app_channel_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedAppSession, tbus_saved_app_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusSavedApp, tbus_saved_app_free)

G_END_DECLS
