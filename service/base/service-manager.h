/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Service manager: tells systemd how the service is doing, where it is run by systemd; else nothing happens.
 *
 * The watchdog is fed by every thread together: main asks the others before it feeds it, so that one that hangs is
 * found, whichever it is. A question that is not answered before the next is due leaves the watchdog hungry.
 *
 * Owner:   main.c. Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TbusWatchdog TbusWatchdog;

/* Callers and programs can come. @status is shown by systemctl. */
void tbus_service_manager_ready (const char *status);
/* It ends, which may take a while. */
void tbus_service_manager_stopping (void);

/* Feeds the watchdog that systemd has set for this process; NULL where it has set none. */
TbusWatchdog *tbus_watchdog_start (void);
/* Before the threads are stopped. */
void tbus_watchdog_stop (TbusWatchdog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusWatchdog, tbus_watchdog_stop)

G_END_DECLS
