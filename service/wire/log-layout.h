/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Layout of a metadata log's memfd: only the service can write it, the
 * consumer maps the first page and reads the text.
 *
 * The service writes text first, then publishes its length with release semantics; a consumer loads
 * the length with acquire semantics before it writes a data packet, and writes the text out up to
 * there first. The text only grows; a published length always ends a whole TSDL block.
 */
#include <stdint.h>

enum { TW_LOG_TEXT_OFFSET = 4096 };

typedef struct {
  uint64_t published; /* bytes of text that readers may take; atomic */
} TwLogHeader;
