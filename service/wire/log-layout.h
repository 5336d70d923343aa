/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Layout of a metadata log's memfd: only the service can write it, the
 * consumer maps the first page and reads the text.
 *
 * What lies between in the first page is the service's own.
 *
 * The service writes text first, then publishes its length with release semantics; a consumer loads
 * the length with acquire semantics before it writes a data packet, and writes the text out up to
 * there first. The text only grows; a published length always ends a whole TSDL block.
 *
 * No block goes across a multiple of TW_LOG_PAGE, but for those that are larger: newlines fill a page up. So a file can
 * grow page by page, and whoever reads it meanwhile finds whole blocks. After a larger block, the header says where
 * it ended.
 *
 * A channel is marked as described when its stream block has been published. Until then no packet of it may go to
 * a file: nobody could read it. That happens to an app that ends after it was given buffers, and before it asks how
 * to write into them.
 */
#include <stdint.h>

enum { TW_LOG_TEXT_OFFSET = 4096, TW_LOG_PAGE = 4096 };

enum { TW_LOG_MAX_CHANNELS = 64 };

typedef struct {
  uint64_t published; /* bytes of text that readers may take; atomic */
  uint64_t described; /* a bit for each channel id; atomic */
  uint8_t own[TW_LOG_TEXT_OFFSET - 3 * sizeof (uint64_t)];
  uint64_t paged_from; /* at each page's end after it, a block ends; 0: nobody knows; atomic, set before @published */
} TwLogHeader;
