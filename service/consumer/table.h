/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Table: objects by their 64-bit key. The node lives in the object.
 *
 * Owner: one thread.
 */
#include <stddef.h>
#include <stdint.h>

typedef struct TcNode TcNode;
struct TcNode {
  uint64_t key;
  TcNode *next;
};

typedef struct {
  TcNode **buckets;
  size_t n_buckets; /* a power of two */
  size_t count;
} TcTable;

/* The object of @type whose @member is at @pointer. */
#define TC_CONTAINER(pointer, type, member) ((type *) ((char *) (pointer) - offsetof (type, member)))

TcNode *tc_table_find (const TcTable *self, uint64_t key);
/* @node->key is set and not in the table yet. 0, or -1 with ENOMEM. */
int tc_table_add (TcTable *self, TcNode *node);
void tc_table_remove (TcTable *self, TcNode *node);
/* Calls @func for each; it may remove the node that it is called with, and no other. */
void tc_table_each (const TcTable *self, void (*func) (TcNode *node, void *data), void *data);
void tc_table_clear (TcTable *self);
