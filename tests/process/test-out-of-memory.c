/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel ends a consumer or the service, for which there is no more memory: no event is lost, no session either. */
#include "support/memory-limit.h"
#include "support/peer.h"
#include "support/recording.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPARE = 8 << 20, RULES = 200, ROUNDS_A_CHANNEL = 20, MAX_ROUNDS = 1000 };

typedef struct {
  TstService *service;
  TstChild *app;
  char *session;
} Fixture;

static void
begin (Fixture *self, const char *scheme)
{
  tst_service_start (self->service, NULL);
  self->session = tst_start_recording (self->service, "trace", scheme);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  g_free (tst_wait_app (self->service, tst_child_pid (self->app), "ready"));
  tst_app_go (self->app, 100);
}

static void
set_up (Fixture *self, gconstpointer scheme)
{
  self->service = tst_service_new_idle ();
  begin (self, scheme);
}

/* The same where descriptors are kept while the service does not run. */
static void
set_up_with_store (Fixture *self, gconstpointer scheme)
{
  self->service = tst_service_new_idle ();
  tst_service_use_store (self->service);
  begin (self, scheme);
}

static void
tear_down (Fixture *self, gconstpointer scheme)
{
  tst_child_free (self->app);
  g_free (self->session);
  tst_service_free (self->service);
}

/* FALSE: the test is skipped. */
static gboolean
limit (pid_t pid, TstMemoryLimit **group)
{
  *group = tst_memory_limit_new (pid, SPARE);
  if (*group == NULL)
    g_test_skip ("groups with a memory limit cannot be made here");
  return *group != NULL;
}

/* Rings for which there is no memory: another consumer goes on with what the first one had. */
static void
a_consumer_is_replaced (Fixture *self, gconstpointer scheme)
{
  g_autoptr(TstMemoryLimit) group = NULL;
  g_autofree char *other = NULL;
  TstResult result;

  if (!limit (tst_service_consumer_pid (self->service), &group))
    return;
  other = tst_start_recording (self->service, "other", "'subbuf-size': <uint64 8388608>, 'num-subbuf': <uint64 4>");
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'consumer-restarting'"));
  tst_wait_until (self->service, tst_get_length (self->service, self->session, "Session.Problems") == 0);
  tst_app_go (self->app, 50);
  result = tst_session_run (self->service, self->session, "Stop");
  g_test_message ("emitted 150: %u recorded, %" G_GUINT64_FORMAT " discarded",
                  tst_count (self->service, "trace", "tbtest:tick"), result.discarded);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 150);
  tst_session_run (self->service, other, "Destroy");
  if (strcmp (scheme, TST_PER ("user")) == 0)
    tst_peer_tell ("consumer-out-of-memory");
}

/* (transfer full): as many rules as fit into a call or so, of the round @round. */
static GVariant *
make_rules (guint round)
{
  GVariantBuilder rules;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(sa{sv})"));
  for (guint i = 0; i < RULES; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("filler:%0200u", round * RULES + i);

      g_variant_builder_add (&rules, "(sa{sv})", pattern, NULL);
    }
  return g_variant_ref_sink (g_variant_builder_end (&rules));
}

static guint
count_rules (Fixture *self)
{
  g_auto(GStrv) channels = tst_objects (self->service, "Channel");
  guint n = 0;

  for (guint i = 0; channels[i] != NULL; i++)
    {
      g_autoptr(GVariant) answer = tst_call (self->service, channels[i], "Channel.ListEventRules", "(@a{sv} {},)");
      g_autoptr(GVariant) rules = g_variant_get_child_value (answer, 0);

      n += g_variant_n_children (rules);
    }
  return n;
}

/*
 * Somebody makes rules, more and more, of another session, until the service is no more; programs go on. Returns: how
 * many of them it has promised to keep. @emitted: what the program has emitted in the meantime
 */
static guint
exhaust (Fixture *self, guint *emitted)
{
  g_autofree char *filler = tst_session (self->service, "filler");
  struct pollfd ended = { .events = POLLIN };
  siginfo_t how = { 0 };
  gboolean good = TRUE;
  guint round;

  ended.fd = syscall (SYS_pidfd_open, tst_service_pid (self->service), 0);
  g_assert_cmpint (ended.fd, >=, 0);
  for (round = 0; good; round++)
    {
      g_autofree char *name = g_strdup_printf ("channel%u", round / ROUNDS_A_CHANNEL);
      g_autoptr(GVariant) rules = make_rules (round);

      g_assert_cmpuint (round, <, MAX_ROUNDS);
      if (round % ROUNDS_A_CHANNEL == 0)
        good = tst_answer_ignore (tst_ask (self->service, filler, "Session.CreateChannel", "(%s, @a{sv} {})", name));
      if (good)
        good = tst_answer_ignore (tst_ask (self->service, filler, "Session.EnableEvents",
                                           "(%s, %@a(sa{sv}), @a{sv} {})", name, rules));
      tst_app_go (self->app, 10);
      *emitted += 10;
    }
  g_assert_cmpint (poll (&ended, 1, TST_PATIENCE_MS), ==, 1);
  close (ended.fd);
  g_assert_cmpint (waitid (P_PID, tst_service_pid (self->service), &how, WEXITED | WNOWAIT), ==, 0);
  g_assert_cmpint (how.si_code, ==, CLD_KILLED);
  g_assert_cmpint (how.si_status, ==, SIGKILL);
  return (round - 1) * RULES;
}

/* It ran on, for all that programs could see. */
static void
a_service_that_is_kept_goes_on (Fixture *self, gconstpointer scheme)
{
  TstMemoryLimit *group;
  guint emitted = 100, promised;
  TstResult result;

  if (!limit (tst_service_pid (self->service), &group))
    return;
  promised = exhaust (self, &emitted);
  tst_app_go (self->app, 1000);
  tst_service_kill (self->service);
  tst_memory_limit_free (group);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (count_rules (self), >=, promised);
  tst_app_go (self->app, 50);
  result = tst_session_run (self->service, self->session, "Stop");
  emitted += 1050;
  g_test_message ("emitted %u: %u recorded, %" G_GUINT64_FORMAT " discarded; %u rules promised, %u there", emitted,
                  tst_count (self->service, "trace", "tbtest:tick"), result.discarded, promised, count_rules (self));
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, emitted);
  if (strcmp (scheme, TST_PER ("user")) == 0)
    tst_peer_tell ("daemon-out-of-memory");
}

/* What was written is there at once, and so are sessions; programs are recorded on. */
static void
a_service_comes_back (Fixture *self, gconstpointer scheme)
{
  struct pollfd ended = { .events = POLLIN };
  TstMemoryLimit *group;
  guint emitted = 100, promised;
  TstResult result;

  if (!limit (tst_service_pid (self->service), &group))
    return;
  ended.fd = syscall (SYS_pidfd_open, tst_service_consumer_pid (self->service), 0);
  g_assert_cmpint (ended.fd, >=, 0);
  promised = exhaust (self, &emitted);
  tst_service_kill (self->service);
  tst_memory_limit_free (group);
  g_assert_cmpint (poll (&ended, 1, TST_PATIENCE_MS), ==, 1);
  close (ended.fd);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), >=, emitted - 10);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (count_rules (self), >=, promised);
  g_free (tst_wait_app (self->service, tst_child_pid (self->app), "ready"));
  g_assert_cmpuint (tst_get_length (self->service, self->session, "Session.Problems"), ==, 1); /* there was a gap */
  emitted = tst_count (self->service, "trace", "tbtest:tick");
  tst_app_go (self->app, 50);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, emitted + 50);
}

#define ADD_WITH_STORE(scheme, function)                                                                              \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    g_autofree char *path_ = tst_test_path ("/process/out-of-memory/per-" scheme, #function);                         \
    g_test_add (path_, Fixture, TST_PER (scheme), set_up_with_store, function, tear_down);                            \
  }                                                                                                                   \
  G_STMT_END

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TST_ADD_PER_SCHEME ("/process/out-of-memory", a_consumer_is_replaced);
  ADD_WITH_STORE ("user", a_service_that_is_kept_goes_on);
  ADD_WITH_STORE ("process", a_service_that_is_kept_goes_on);
  TST_ADD ("/process/out-of-memory/per-user", TST_PER ("user"), a_service_comes_back);
  return g_test_run ();
}
