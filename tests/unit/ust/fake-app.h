/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake app: plays a traced process by hand, byte by byte, in the process of the test.
 *
 * Owner:   the test's fixture. Threads: main; it waits for the service, which runs on its own threads.
 * Limit:   TST_PATIENCE_MS for what is read.
 */
#include "support/registration.h"

G_BEGIN_DECLS

typedef struct {
  int command_fd, notify_fd; /* -1: closed */
} TstFakeApp;

/* One connection to the service, without a word. */
int tst_fake_connect (const char *socket_path);
/* Both connections, registered. */
TstFakeApp tst_fake_app_new (const char *socket_path);
void tst_fake_app_clear (TstFakeApp *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TstFakeApp, tst_fake_app_clear)

void tst_fake_write (int fd, gconstpointer data, gsize size);
void tst_fake_read (int fd, gpointer data, gsize size);
/* Until the service has closed @fd; what it still sends before that is passed over. */
void tst_fake_wait_closed (int fd);

/* The next command. */
TbusUstMessage tst_fake_read_command (const TstFakeApp *self);
/* Answers @message with @code, and @value as a new object's handle. */
void tst_fake_reply (const TstFakeApp *self, const TbusUstMessage *message, int code, guint32 value);
/* Reads a command, checks that it is @cmd for @handle, and answers it. */
void tst_fake_expect (const TstFakeApp *self, guint32 handle, guint32 cmd, int code, guint32 value);

G_END_DECLS
