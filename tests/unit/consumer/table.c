/* SPDX-License-Identifier: GPL-2.0-only */
/* The table keeps what was put into it, however much that is. */
#include "consumer/table.h"

#include <glib.h>

static void
finds_what_was_added_until_removed (void)
{
  enum { N = 1000 };
  g_autofree TcNode *nodes = g_new0 (TcNode, N);
  TcTable table = { 0 };

  g_assert_null (tc_table_find (&table, 1));
  for (guint i = 0; i < N; i++)
    {
      nodes[i].key = (guint64) i << (i % 2 ? 0 : 40);
      g_assert_cmpint (tc_table_add (&table, &nodes[i]), ==, 0);
    }
  g_assert_cmpuint (table.count, ==, N);
  for (guint i = 0; i < N; i += 3)
    tc_table_remove (&table, &nodes[i]);
  for (guint i = 1; i < N; i++)
    g_assert_true (tc_table_find (&table, nodes[i].key) == (i % 3 == 0 ? NULL : &nodes[i]));
  tc_table_clear (&table);
}

typedef struct {
  TcTable *table;
  guint seen;
} Walk;

static void
remove_odd (TcNode *node, void *data)
{
  Walk *walk = data;

  walk->seen++;
  if (node->key % 2)
    tc_table_remove (walk->table, node);
}

static void
lets_a_walk_remove_what_it_sees (void)
{
  TcNode nodes[50] = { 0 };
  TcTable table = { 0 };
  Walk walk = { .table = &table };

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      nodes[i].key = i;
      g_assert_cmpint (tc_table_add (&table, &nodes[i]), ==, 0);
    }
  tc_table_each (&table, remove_odd, &walk);
  g_assert_cmpuint (walk.seen, ==, 50);
  g_assert_cmpuint (table.count, ==, 25);
  tc_table_clear (&table);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consumer/table/finds-what-was-added-until-removed", finds_what_was_added_until_removed);
  g_test_add_func ("/consumer/table/lets-a-walk-remove-what-it-sees", lets_a_walk_remove_what_it_sees);
  return g_test_run ();
}
