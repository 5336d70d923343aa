/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/table.h"

#include <stdlib.h>

static size_t
bucket_of (uint64_t key, size_t n_buckets)
{
  return (size_t) ((key * 0x9e3779b97f4a7c15u) >> 32) & (n_buckets - 1);
}

TcNode *
tc_table_find (const TcTable *self, uint64_t key)
{
  TcNode *node = NULL;

  if (self->n_buckets > 0)
    node = self->buckets[bucket_of (key, self->n_buckets)];
  while (node != NULL && node->key != key)
    node = node->next;
  return node;
}

static int
grow (TcTable *self)
{
  size_t n = self->n_buckets > 0 ? 2 * self->n_buckets : 16;
  TcNode **buckets = calloc (n, sizeof *buckets);

  if (buckets == NULL)
    return -1;
  for (size_t i = 0; i < self->n_buckets; i++)
    while (self->buckets[i] != NULL)
      {
        TcNode *node = self->buckets[i];
        TcNode **bucket = &buckets[bucket_of (node->key, n)];

        self->buckets[i] = node->next;
        node->next = *bucket;
        *bucket = node;
      }
  free (self->buckets);
  self->buckets = buckets;
  self->n_buckets = n;
  return 0;
}

int
tc_table_add (TcTable *self, TcNode *node)
{
  TcNode **bucket;

  if (self->count >= self->n_buckets && grow (self) < 0)
    return -1;
  bucket = &self->buckets[bucket_of (node->key, self->n_buckets)];
  node->next = *bucket;
  *bucket = node;
  self->count++;
  return 0;
}

void
tc_table_remove (TcTable *self, TcNode *node)
{
  TcNode **link = &self->buckets[bucket_of (node->key, self->n_buckets)];

  while (*link != node)
    link = &(*link)->next;
  *link = node->next;
  self->count--;
}

void
tc_table_each (const TcTable *self, void (*func) (TcNode *node, void *data), void *data)
{
  for (size_t i = 0; i < self->n_buckets; i++)
    for (TcNode *node = self->buckets[i], *next; node != NULL; node = next)
      {
        next = node->next;
        func (node, data);
      }
}

void
tc_table_clear (TcTable *self)
{
  free (self->buckets);
  *self = (TcTable) { 0 };
}
