/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Inside of the fake consumer, for its two files: fake-consumer.c takes requests, fake-answers.c is the model.
 *
 * Owner: the consumer. Threads: main.
 */
#include "fake-consumer.h"

G_BEGIN_DECLS

typedef struct {
  FakeVerb verb;
  guint64 id; /* set, channel or session: what it is about */
  char *text; /* path, directory or name */
  union {
    TbusSetRequest set;
    TbusChannelRequest channel;
    TbusFlushRequest flush;
    TbusPushRequest push;
  };
  struct {
    TbusRing *ring; /* a reference */
    TbusCounters counted;
    gboolean quiescent;
  } adopted;
  gboolean anew;  /* asked when it had died */
  gboolean again; /* of a set that it is closing already */
  int log_fd;
  TbusConsumerDone done;
  gpointer data;
} FakeRequest;

typedef struct {
  FakeSet set;
  int log_fd;
} FakeHeldSet;

struct _FakeConsumer {
  TbusConsumer parent_instance;

  GQueue waiting;      /* of FakeRequest */
  guint source;
  gboolean held, dead;
  int fail[FAKE_N_VERBS]; /* code, or -1 */
  guint skip[FAKE_N_VERBS];
  guint64 at_most;
  gint64 clock_offset;
  GArray *outputs;     /* of guint64: sessions */
  GPtrArray *sets;     /* of FakeHeldSet */
  GPtrArray *channels; /* of FakeChannel */
  GPtrArray *log;      /* of char * */
};

/* fake-answers.c: changes the model and calls back. */
void fake_consumer_serve (FakeConsumer *self, FakeRequest *request);
void fake_consumer_refuse (FakeConsumer *self, FakeRequest *request, int code, const char *why);
FakeHeldSet *fake_consumer_find_set (FakeConsumer *self, guint64 key);
void fake_held_set_free (gpointer set);
void fake_channel_free (gpointer channel);
const char *fake_verb_to_string (FakeVerb verb);

G_END_DECLS
