/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* Message ids of log lines, for the journal and its catalogue: one a kind of event, never reused. */
#define TBUS_MSG_READY "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a01"
#define TBUS_MSG_STOPPING "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a02"
#define TBUS_MSG_RENDEZVOUS_TAKEN "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a03"
#define TBUS_MSG_APP_REFUSED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a04"
#define TBUS_MSG_APP_DROPPED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a05"
#define TBUS_MSG_CONSUMER_DIED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a06"
#define TBUS_MSG_CONSUMER_FAILED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a07"
#define TBUS_MSG_SESSION_PROBLEM "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a08"
#define TBUS_MSG_BUS_LOST "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a09"
#define TBUS_MSG_POLKIT_SILENT "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a0b"
#define TBUS_MSG_STORE_FULL "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a0c"
#define TBUS_MSG_LINES_LEFT_OUT "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a30"
#define TBUS_MSG_STATE_UNREADABLE "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a20"
#define TBUS_MSG_STATE_NOT_WRITTEN "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a21"
#define TBUS_MSG_STATE_RESTORED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a22"
#define TBUS_MSG_NOT_ADOPTED "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a23"
