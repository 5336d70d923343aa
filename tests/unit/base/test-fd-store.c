/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept from one life of a program to the next, and where that ends. */
#include "support/child.h"
#include "support/store.h"

#include <signal.h>

typedef struct {
  TstDir *dir;
  TstStore *store;
  TstChild *user;
} Fixture;

enum {
  LIMIT = 40,
  MANY = 700, /* more than a manager's socket queues */
};

static const guint large = MANY + 10;

static void
start (Fixture *f)
{
  g_autofree char *program = tst_build_path ("tests/unit/base/store-user");
  const char *argv[] = { "sh", "-c", "export LISTEN_PID=$$; exec \"$@\"", "sh", program, NULL };
  g_auto(GStrv) environment = tst_store_environ (f->store, g_get_environ ());
  g_autofree char *ready = NULL;
  const int *fds;
  gsize n;

  fds = tst_store_get_fds (f->store, &n);
  f->user = tst_child_start_with_fds (argv, (const char *const *) environment, fds, n);
  ready = tst_child_wait_line (f->user, "ready");
}

static void
set_up (Fixture *f, gconstpointer limit)
{
  f->dir = tst_dir_new ();
  f->store = tst_store_new (f->dir, limit != NULL ? *(const guint *) limit : LIMIT);
  start (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_child_finish (f->user);
  tst_child_free (f->user);
  g_clear_pointer (&f->store, tst_store_free);
  tst_dir_free (f->dir);
}

/* Another life, after the end that nobody can prepare for. */
static void
die_and_live_again (Fixture *f)
{
  tst_child_free (f->user);
  start (f);
}

/* Returns: (transfer full): what it says to @command. */
static char *
tell (Fixture *f, const char *command)
{
  g_autofree char *line = NULL;

  tst_child_say (f->user, "%s", command);
  line = tst_child_wait_line (f->user, "done");
  return g_strdup (g_strchug (line + strlen ("done")));
}

static void
expect (Fixture *f, const char *command, const char *answer)
{
  g_autofree char *said = tell (f, command);

  g_assert_cmpstr (said, ==, answer);
}

static void
gives_back_to_the_next_life_what_was_kept (Fixture *f, gconstpointer data)
{
  expect (f, "there", "yes");
  expect (f, "keep first", "kept");
  expect (f, "keep second", "kept");
  expect (f, "take first", "nothing"); /* of this life */
  die_and_live_again (f);
  expect (f, "list ", "2");
  expect (f, "take second", "second");
  expect (f, "take second", "nothing"); /* once */
  expect (f, "list ", "1");
  die_and_live_again (f);
  expect (f, "take second", "second"); /* it stays in the store */
  expect (f, "take third", "nothing");
}

static void
forgets_what_was_dropped (Fixture *f, gconstpointer data)
{
  expect (f, "keep first", "kept");
  expect (f, "keep second", "kept");
  expect (f, "drop first", "");
  die_and_live_again (f);
  expect (f, "take first", "nothing");
  expect (f, "drop second", "");
  expect (f, "take second", "nothing");
  die_and_live_again (f);
  expect (f, "list second", "0");
  expect (f, "keep second", "kept"); /* the name is free again */
}

static void
ends_a_connection_that_the_store_holds_open (Fixture *f, gconstpointer data)
{
  expect (f, "pair link", "pair");
  die_and_live_again (f);
  expect (f, "take link-peer", "open");
  die_and_live_again (f);
  expect (f, "end link", "");
  expect (f, "take link-peer", "ended");
}

/* Again and again: looking at them takes nothing out. */
static void
keeps_many_under_one_name (Fixture *f, gconstpointer data)
{
  expect (f, "keep-all few 2", "kept");
  expect (f, "keep-all many 700", "kept");
  expect (f, "keep-all none 0", "not kept");
  expect (f, "keep-all too-many 5000", "not kept");
  for (guint i = 0; i < 3; i++)
    {
      die_and_live_again (f);
      expect (f, "take-all few 3", "nothing"); /* not as many as there are */
      expect (f, "take-all few 2", "nothing"); /* and then it was taken */
      expect (f, "take-all many 700", "all 700");
      expect (f, "take-all none 1", "nothing");
    }
  expect (f, "drop many", "");
  expect (f, "drop few", "");
  expect (f, "count", "1");
}

static void
ends_all_connections_under_one_name (Fixture *f, gconstpointer data)
{
  expect (f, "pairs app-1", "pairs");
  die_and_live_again (f);
  expect (f, "take app-1-peer-0", "open");
  expect (f, "take app-1-peer-1", "open");
  die_and_live_again (f);
  expect (f, "end app-1", "");
  expect (f, "take app-1-peer-0", "ended");
  expect (f, "take app-1-peer-1", "ended");
}

static void
keeps_a_name_once (Fixture *f, gconstpointer data)
{
  expect (f, "keep first", "kept");
  expect (f, "keep first", "not kept");
  g_assert_cmpuint (tst_store_count (f->store, "first"), ==, 1);
}

/* What has been kept may be on its way for a while. */
static void
wait_count (Fixture *f, guint n)
{
  while (tst_store_count (f->store, "") < n)
    g_thread_yield ();
  g_assert_cmpuint (tst_store_count (f->store, ""), ==, n);
}

static void
apps_leave_room_for_buffers (Fixture *f, gconstpointer data)
{
  expect (f, "count", "1"); /* the marks */
  for (guint i = 0; i < LIMIT - LIMIT / 4; i++)
    {
      g_autofree char *command = g_strdup_printf ("keep app-%u", i);

      expect (f, command, "kept");
    }
  expect (f, "keep app-more", "not kept");
  expect (f, "many 100", "9");
  expect (f, "keep one-more", "not kept");
  wait_count (f, LIMIT);
  expect (f, "drop app-0", "");
  expect (f, "keep app-more", "kept");
}

/* Whoever fills their share leaves the rest to others, and apps leave some of it to buffers. */
static void
a_user_has_a_share (Fixture *f, gconstpointer data)
{
  enum { SHARE = LIMIT / 2, APPS = SHARE - SHARE / 4 };

  expect (f, "owner 4242", "");
  for (guint i = 0; i < APPS; i++)
    {
      g_autofree char *command = g_strdup_printf ("keep app-%u", i);

      expect (f, command, "kept");
    }
  expect (f, "keep app-more", "not kept");
  expect (f, "keep-all ring-1 2", "kept"); /* together they count as one */
  expect (f, "many 100", "4");
  expect (f, "keep one-more", "not kept");
  expect (f, "owner 4243", "");
  expect (f, "keep app-other", "kept");
  expect (f, "owner 0", "");
  expect (f, "keep of-root", "kept");
  expect (f, "drop app-0", "");
  expect (f, "owner 4242", "");
  expect (f, "keep app-more", "not kept"); /* buffers have taken of that meanwhile */
  expect (f, "keep one-more", "kept");
}

static void
knows_in_the_next_life_whose_it_is (Fixture *f, gconstpointer data)
{
  expect (f, "owner 4242", "");
  expect (f, "many 100", "20");
  wait_count (f, 1 + 20); /* and the marks */
  die_and_live_again (f);
  expect (f, "take many-3", "open");
  expect (f, "owner 4242", "");
  expect (f, "keep one-more", "not kept");
  expect (f, "drop many-3", "");
  expect (f, "drop many-4", ""); /* which nobody has taken */
  expect (f, "keep one-more", "kept");
  expect (f, "keep another", "kept");
  expect (f, "keep a-third", "not kept");
  while (!tst_store_has (f->store, "another@4242"))
    g_thread_yield ();
  die_and_live_again (f);
  expect (f, "take many-4", "nothing");
  expect (f, "take another", "another");
}

/* The manager's socket queues a few messages: all the others wait here, and the main loop does not. */
static void
waits_for_nobody_and_loses_nothing (Fixture *f, gconstpointer data)
{
  tst_store_hold_back (f->store, TRUE);
  expect (f, "many 30", "30");
  expect (f, "drop many-29", "");
  expect (f, "count", "30");
  tst_store_hold_back (f->store, FALSE);
  expect (f, "keep last", "kept");
  while (!tst_store_has (f->store, "last"))
    g_thread_yield ();
  g_assert_cmpuint (tst_store_count (f->store, "many-"), ==, 29);
  g_assert_false (tst_store_has (f->store, "many-29"));
}

/* It is told to go while the manager is busy, which has time for it only later. */
static void
waits_at_the_end_for_what_is_on_its_way (Fixture *f, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("many %u", MANY);
  g_autofree char *kept = g_strdup_printf ("%u", MANY);
  g_autofree char *said = NULL;

  tst_store_hold_back (f->store, TRUE);
  expect (f, command, kept);
  tst_child_say (f->user, "leave %u", TST_PATIENCE_MS);
  g_free (tst_child_wait_line (f->user, "leaving"));
  tst_store_hold_back (f->store, FALSE);
  said = tst_child_wait_line (f->user, "done");
  g_assert_cmpstr (said, ==, "done all");
  tst_child_finish (f->user);
  g_assert_cmpuint (tst_store_count (f->store, "many-"), ==, MANY);
}

static void
does_not_wait_for_ever_at_the_end (Fixture *f, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("many %u", MANY);
  g_autofree char *kept = g_strdup_printf ("%u", MANY);

  tst_store_hold_back (f->store, TRUE);
  expect (f, command, kept);
  expect (f, "leave 1", "not all");
  tst_store_hold_back (f->store, FALSE);
}

/* It was told that they are kept: that they are not is said, and not forgotten. */
static void
knows_at_the_end_what_could_not_be_told (Fixture *f, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("many %u", MANY);
  g_autofree char *kept = g_strdup_printf ("%u", MANY);
  g_autofree char *leave = g_strdup_printf ("leave %u", TST_PATIENCE_MS);

  tst_store_hold_back (f->store, TRUE);
  expect (f, command, kept);
  g_clear_pointer (&f->store, tst_store_free);
  expect (f, leave, "not all");
}

static void
is_not_there_without_a_service_manager (Fixture *f, gconstpointer data)
{
  g_autofree char *program = tst_build_path ("tests/unit/base/store-user");
  const char *argv[] = { program, NULL };
  g_auto(GStrv) environment = g_environ_unsetenv (g_get_environ (), "NOTIFY_SOCKET");
  g_autofree char *ready = NULL;

  tst_child_free (f->user);
  f->user = tst_child_start (argv, (const char *const *) environment);
  ready = tst_child_wait_line (f->user, "ready");
  expect (f, "there", "no");
  expect (f, "keep first", "not kept");
  expect (f, "take first", "nothing");
  expect (f, "list ", "0");
  expect (f, "drop first", "");
  expect (f, "mark-take", "1"); /* marks need none */
}

static void
marks_stay_where_they_were (Fixture *f, gconstpointer data)
{
  expect (f, "mark-take", "1");
  expect (f, "mark-take", "2");
  expect (f, "mark-step 1 0", "");
  expect (f, "mark-step 1 0", "");
  expect (f, "mark-step 2 1", "");
  die_and_live_again (f);
  expect (f, "mark-claim 1", "1");
  expect (f, "mark-get 1 0", "2");
  expect (f, "mark-get 1 1", "0");
  expect (f, "mark-get 2 1", "1"); /* in the middle of something */
}

static void
a_slot_is_given_out_once (Fixture *f, gconstpointer data)
{
  expect (f, "mark-claim 1", "1");
  expect (f, "mark-claim 1", "0");
  expect (f, "mark-claim 0", "0");
  expect (f, "mark-claim 999999", "0");
  expect (f, "mark-take", "2");
  expect (f, "mark-step 2 0", "");
  expect (f, "mark-give 2", "");
  expect (f, "mark-take", "2");
  expect (f, "mark-get 2 0", "2"); /* even, and not what it was before */
}

static void
add_with (const char *name, const guint *limit, void (*func) (Fixture *f, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/base/fd-store/", name, NULL);

  g_test_add (path, Fixture, limit, set_up, func, tear_down);
}

static void
add (const char *name, void (*func) (Fixture *f, gconstpointer data))
{
  add_with (name, NULL, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("gives-back-to-the-next-life-what-was-kept", gives_back_to_the_next_life_what_was_kept);
  add ("forgets-what-was-dropped", forgets_what_was_dropped);
  add ("ends-a-connection-that-the-store-holds-open", ends_a_connection_that_the_store_holds_open);
  add ("keeps-many-under-one-name", keeps_many_under_one_name);
  add ("ends-all-connections-under-one-name", ends_all_connections_under_one_name);
  add ("keeps-a-name-once", keeps_a_name_once);
  add ("apps-leave-room-for-buffers", apps_leave_room_for_buffers);
  add ("a-user-has-a-share", a_user_has_a_share);
  add ("knows-in-the-next-life-whose-it-is", knows_in_the_next_life_whose_it_is);
  add ("waits-for-nobody-and-loses-nothing", waits_for_nobody_and_loses_nothing);
  add_with ("waits-at-the-end-for-what-is-on-its-way", &large, waits_at_the_end_for_what_is_on_its_way);
  add_with ("does-not-wait-for-ever-at-the-end", &large, does_not_wait_for_ever_at_the_end);
  add_with ("knows-at-the-end-what-could-not-be-told", &large, knows_at_the_end_what_could_not_be_told);
  add ("is-not-there-without-a-service-manager", is_not_there_without_a_service_manager);
  add ("marks-stay-where-they-were", marks_stay_where_they_were);
  add ("a-slot-is-given-out-once", a_slot_is_given_out_once);
  return g_test_run ();
}
