/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Object list: answers GetManagedObjects, which everybody may call and which costs more than any other call.
 *
 * Main only gathers what the objects say, a few at a time, and once for all who ask meanwhile; a worker makes replies.
 * What changes after it was gathered and before the reply is out is said to the caller once more, behind the reply: so
 * whoever follows the signals ends with what is true, as with a reply that was made in one go.
 *
 * Owner:   the object tree. Threads: main, but for the making of replies.
 * Limit:   as for every call; TBUS_MAX_OBJECTS bytes a reply.
 */
#include "bus/call.h"
#include "bus/export.h"

G_BEGIN_DECLS

typedef struct TbusObjectList TbusObjectList;

TbusObjectList *tbus_object_list_new (void);
/* Who still waits is answered with an error. */
void tbus_object_list_free (TbusObjectList *self);

/* The objects that there are, by path. */
void tbus_object_list_add (TbusObjectList *self, const char *path, TbusExport *export);
void tbus_object_list_remove (TbusObjectList *self, const char *path);
/* (transfer none) (nullable) */
TbusExport *tbus_object_list_find (TbusObjectList *self, const char *path);

/* None of them is on the bus any more. */
void tbus_object_list_unexport (TbusObjectList *self);

/* Takes @call. */
void tbus_object_list_answer (TbusObjectList *self, TbusCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusObjectList, tbus_object_list_free)

G_END_DECLS
