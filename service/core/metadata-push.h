/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Metadata push: prompts the consumer of a buffer set to write the metadata that the log has published (B15 to B19).
 *
 * The text itself is in shared memory; what travels is (offset, length). One prompt of a set is under way at a
 * time, so prompts are in order and without gaps whoever asks; what comes in between waits for the next.
 * A prompt that fails loses nothing: the text counts as unsent and goes with the next.
 *
 * Owner:   the buffer set. Threads: main.
 */
#include "base/thread.h"
#include "core/buffer-set.h"
#include "core/consumer.h"

G_BEGIN_DECLS

typedef struct TbusMetadataPush TbusMetadataPush;

/* @set is borrowed: it owns what is returned. */
TbusMetadataPush *tbus_metadata_push_new (TbusBufferSet *set, TbusConsumer *consumer) TBUS_MAIN_ONLY;
/* Answers those that still wait with an error. */
void tbus_metadata_push_free (TbusMetadataPush *self);

/* @bytes were written by this prompt; @error where it failed. */
typedef void (*TbusMetadataPushFunc) (guint64 bytes, const GError *error, gpointer data);

/* @done (nullable) is called when all that is published now is in the file. Nothing unsent: at once, unless @always. */
void tbus_metadata_push_run (TbusMetadataPush *self, gboolean always, TbusMetadataPushFunc done, gpointer data);
/*
 * While another version of the log is on its way to the consumer, nothing is prompted, for lengths of the two do not
 * compare. tbus_metadata_push_release() ends that; @written: bytes of the version that is the log now, or -1: it is as
 * it was.
 */
void tbus_metadata_push_hold (TbusMetadataPush *self);
void tbus_metadata_push_release (TbusMetadataPush *self, gint64 written);
/* Bytes that the consumer has confirmed. */
guint64 tbus_metadata_push_get_sent (TbusMetadataPush *self);
/* Once: nothing is pushed after that (B21). */
void tbus_metadata_push_close (TbusMetadataPush *self);
gboolean tbus_metadata_push_is_closed (TbusMetadataPush *self);

G_END_DECLS
