/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rings: the tracer library's, made and read in the test's own process.
 *
 * Owner:   the test's fixture.
 * Threads: main.
 */
#include "consumer/anatomy.h"

#include <glib.h>
#include <lttng/ust-ctl.h>

G_BEGIN_DECLS

typedef struct {
  struct lttng_ust_ctl_consumer_channel *channel;
  struct lttng_ust_ctl_consumer_stream *stream; /* of cpu 0; NULL: somebody else destroyed it */
} TstRing;

/* Once in a program, before its first ring: blocks the signals that the library claims. */
void tst_rings_start (void);

/* A memfd for each CPU. */
int *tst_memory_new (void);
void tst_memory_free (int *fds);

/* In @memory, which stays the caller's. */
void tst_ring_open (TstRing *self, const TcRingShape *shape, const int *memory);
void tst_ring_close (TstRing *self);

/* A test of a Fixture for each of @shapes, which are its data, with the set_up() and tear_down() of its file. */
#define TST_ADD_PER_SHAPE(area, shapes, function)                                                                     \
  for (gsize i_ = 0; i_ < G_N_ELEMENTS (shapes); i_++)                                                                \
    {                                                                                                                 \
      g_autofree char *path_ = tst_shape_path (area, #function, &shapes[i_]);                                         \
      g_test_add (path_, Fixture, &shapes[i_], set_up, function, tear_down);                                          \
    }
/* @area/what-the-function-says/2x4096-overwrite. */
char *tst_shape_path (const char *area, const char *function, const TcRingShape *shape);

G_END_DECLS
