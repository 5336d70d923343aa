/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracer side: everything that talks to apps, as one object: rendezvous, handshakes, command and notify sockets.
 *
 * Owner:   main.c. Threads: main; the work is done on link and notify, which main starts before and stops after it.
 */
#include "core/ports.h"
#include "ust/rendezvous.h"

G_BEGIN_DECLS

typedef struct TbusTracerSide TbusTracerSide;

/* @events and @core: told on main. @paths are copied. Nothing is touched yet. */
TbusTracerSide *tbus_tracer_side_new (TbusTraceeIndex *index, const TbusTracerEvents *events, gpointer core,
                                      const TbusRendezvousPaths *paths);
/* What core gets. Its submit works before start and after stop, too: the job comes back as gone. */
TbusTracer tbus_tracer_side_get_port (TbusTracerSide *self);
/* Takes the rendezvous, where apps wait from now on. Once. AlreadyExists where another daemon is alive on it. */
gboolean tbus_tracer_side_claim (TbusTracerSide *self, GError **error);
/*
 * Between claim and start: goes on with an app of a former life of the service, whose handles are bound, and whose
 * sockets are the descriptor store's. It can be asked at once; it is not reported as registered, but it is as gone.
 */
void tbus_tracer_side_adopt (TbusTracerSide *self, TbusTracee *tracee);
/* Lets apps in; claims first where that was not done. */
gboolean tbus_tracer_side_start (TbusTracerSide *self, GError **error);
/*
 * Once, after a claim or start that worked: gives up the rendezvous and ends every app, each reported gone (B27: out of
 * the tables first). @stopped is called on main after the last report.
 */
void tbus_tracer_side_stop (TbusTracerSide *self, TbusPostFunc stopped, gpointer data);
/*
 * Instead of a stop: the service ends for another to come. Nothing is reported gone; what the descriptor store keeps is
 * left as it is, apps and rendezvous. @stopped as above.
 */
void tbus_tracer_side_suspend (TbusTracerSide *self, TbusPostFunc stopped, gpointer data);
/* After @stopped, or where it never started. */
void tbus_tracer_side_free (TbusTracerSide *self);
/* For the property of that name; valid as long as the object. */
const char *tbus_tracer_side_get_socket_path (const TbusTracerSide *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusTracerSide, tbus_tracer_side_free)

G_END_DECLS
