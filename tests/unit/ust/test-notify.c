/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications of an app played by hand: every one is answered, whatever it says, while commands wait. */
#include "base/limits.h"
#include "fake-app.h"
#include "records.h"
#include "side.h"
#include "ust/notice.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SESSION = 5, CHANNEL = 6, OTHER_SESSION = 7, OTHER_CHANNEL = 8 };

typedef struct {
  TstSide *side;
  TstFakeApp app;
  TbusTracee *tracee;
  TbusBufferSet *set, *other;
} Fixture;

static void
bind_handle (Fixture *f, guint32 handle, TbusBufferSet *set, guint32 channel)
{
  g_assert_true (tbus_tracee_index_bind (f->side->index, f->tracee, handle, set, channel));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->side = tst_side_new ();
  f->app = tst_fake_app_new (f->side->paths.socket);
  tst_side_wait (f->side, "registered", 1);
  f->tracee = g_ptr_array_index (f->side->tracees, 0);
  f->set = tst_set_new (1);
  f->other = tst_set_new (1);
  bind_handle (f, SESSION, f->set, TBUS_NO_CHANNEL);
  bind_handle (f, CHANNEL, f->set, 0);
  bind_handle (f, OTHER_SESSION, f->other, TBUS_NO_CHANNEL);
  bind_handle (f, OTHER_CHANNEL, f->other, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_fake_app_clear (&f->app);
  tst_side_free (f->side);
  tbus_buffer_set_unref (f->set);
  tbus_buffer_set_unref (f->other);
}

static GByteArray *
event_bytes (guint32 session, guint32 channel, const TstRecord *fields, guint n)
{
  TbusUstEventNotice event = { session, channel, "p:e", 6, 0, n * sizeof *fields, 0, { 0 } };
  guint32 kind = TBUS_NOTICE_EVENT;
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (guint8 *) &kind, sizeof kind);
  g_byte_array_append (bytes, (guint8 *) &event, sizeof event);
  return g_byte_array_append (bytes, (const guint8 *) fields, n * sizeof *fields);
}

static TbusUstEventAnswer
register_event (Fixture *f, guint32 session, guint32 channel, const TstRecord *fields, guint n)
{
  g_autoptr(GByteArray) bytes = event_bytes (session, channel, fields, n);
  TbusUstEventAnswer answer;

  tst_fake_write (f->app.notify_fd, bytes->data, bytes->len);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  g_assert_cmpuint (answer.cmd, ==, TBUS_NOTICE_EVENT);
  return answer;
}

static TbusUstChannelAnswer
register_channel (Fixture *f, guint32 session, guint32 channel)
{
  struct {
    guint32 kind;
    TbusUstChannelNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_CHANNEL, { session, channel, 0, { 0 } } };
  TbusUstChannelAnswer answer;

  tst_fake_write (f->app.notify_fd, &message, sizeof message);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  g_assert_cmpuint (answer.cmd, ==, TBUS_NOTICE_CHANNEL);
  return answer;
}

static void
send_enum (Fixture *f, guint32 session, const TstEntry *entries, guint n)
{
  struct {
    guint32 kind;
    TbusUstEnumNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_ENUM, { session, "map", n * sizeof *entries, { 0 } } };

  tst_fake_write (f->app.notify_fd, &message, sizeof message);
  tst_fake_write (f->app.notify_fd, entries, n * sizeof *entries);
}

static TbusUstEnumAnswer
register_enum (Fixture *f, guint32 session, const TstEntry *entries, guint n)
{
  TbusUstEnumAnswer answer;

  send_enum (f, session, entries, n);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  g_assert_cmpuint (answer.cmd, ==, TBUS_NOTICE_ENUM);
  return answer;
}

static void
registers_enumerations_events_and_channels (Fixture *f, gconstpointer data)
{
  const TstEntry entries[] = { tst_entry ("one", 1, 1), tst_entry ("two", 2, 5) };
  TstRecord fields[] = { tst_record ("e", lttng_ust_ctl_atype_enum_nestable), tst_integer ("", 8, FALSE) };
  TbusUstEnumAnswer map = register_enum (f, SESSION, entries, 2);
  g_autofree char *text = NULL;
  TbusUstChannelAnswer channel;
  TbusUstEventAnswer event;

  g_assert_cmpint (map.ret_code, ==, 0);
  fields[0].type.u.enum_nestable.id = map.enum_id;
  event = register_event (f, SESSION, CHANNEL, fields, 2);
  g_assert_cmpint (event.ret_code, ==, 0);
  g_assert_cmpuint (event.event_id, ==, 0);
  channel = register_channel (f, SESSION, CHANNEL);
  g_assert_cmpint (channel.ret_code, ==, 0);
  g_assert_cmpuint (channel.channel_id, ==, 0);
  g_assert_cmpuint (channel.header, ==, TBUS_CTF_HEADER_COMPACT);
  text = tst_set_text (f->set); /* written before it was answered (B12) */
  g_assert_nonnull (strstr (text, "name = \"p:e\""));
  g_assert_nonnull (strstr (text, "\"two\" = 2 ... 5"));
  event = register_event (f, SESSION, CHANNEL, fields, 2);
  g_assert_cmpuint (event.event_id, ==, 0);
}

/* B14: objects are found by the app's own handles, and only whole pairs of them. */
static void
answers_unknown_handles_with_an_error (Fixture *f, gconstpointer data)
{
  const TstRecord field = tst_integer ("x", 8, FALSE);
  const TstEntry entry = tst_entry ("one", 1, 1);
  static const guint32 wrong[][2] = {
    { 99, CHANNEL }, { SESSION, 99 }, { SESSION, OTHER_CHANNEL }, { SESSION, SESSION }, { CHANNEL, CHANNEL },
    { SESSION, OTHER_SESSION }, { CHANNEL, SESSION }, { 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_cmpint (register_event (f, wrong[i][0], wrong[i][1], &field, 1).ret_code, ==, -ENOENT);
      g_assert_cmpint (register_channel (f, wrong[i][0], wrong[i][1]).ret_code, ==, -ENOENT);
    }
  g_assert_cmpint (register_enum (f, CHANNEL, &entry, 1).ret_code, ==, -ENOENT);
  g_assert_cmpint (register_enum (f, 99, &entry, 1).ret_code, ==, -ENOENT);
  tbus_tracee_index_unbind (f->side->index, f->tracee, SESSION);
  g_assert_cmpint (register_event (f, SESSION, CHANNEL, &field, 1).ret_code, ==, -ENOENT);
  g_assert_cmpint (register_event (f, OTHER_SESSION, OTHER_CHANNEL, &field, 1).ret_code, ==, 0);
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 0);
}

static void
answers_bad_descriptions_with_an_error (Fixture *f, gconstpointer data)
{
  const TstRecord bad = tst_integer ("x", 7, FALSE), good = tst_integer ("x", 8, FALSE);
  const TstEntry back = tst_entry ("back", 2, 1);
  g_autofree TstRecord *many = g_new (TstRecord, TBUS_MAX_FIELDS + 1);

  for (guint i = 0; i <= TBUS_MAX_FIELDS; i++)
    many[i] = good;
  g_assert_cmpint (register_event (f, SESSION, CHANNEL, &bad, 1).ret_code, ==, -EINVAL);
  g_assert_cmpint (register_enum (f, SESSION, &back, 1).ret_code, ==, -EINVAL);
  g_assert_cmpint (register_event (f, SESSION, CHANNEL, many, TBUS_MAX_FIELDS + 1).ret_code, ==, -ENOMEM);
  g_assert_cmpint (register_event (f, SESSION, CHANNEL, &good, 1).ret_code, ==, 0);
}

static void
takes_large_descriptions_in_pieces (Fixture *f, gconstpointer data)
{
  g_autofree TstRecord *many = g_new (TstRecord, 1000);
  g_autofree TstEntry *entries = g_new (TstEntry, 5000);

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("f%u", i);

      many[i] = tst_integer (name, 64, FALSE);
    }
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *label = g_strdup_printf ("label %u", i);

      entries[i] = tst_entry (label, i, i);
    }
  g_assert_cmpint (register_event (f, SESSION, CHANNEL, many, 1000).ret_code, ==, 0);
  g_assert_cmpint (register_enum (f, SESSION, entries, 5000).ret_code, ==, 0);
}

/* However it looks ahead: what stays in the queue would wake it for ever. */
static void
takes_out_what_it_has_answered (Fixture *f, gconstpointer data)
{
  TstRecord fields[] = { tst_integer ("x", 32, TRUE) };
  int queued;

  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (register_event (f, SESSION, CHANNEL, fields, 1).ret_code, ==, 0);
  do
    {
      g_thread_yield ();
      g_assert_cmpint (ioctl (f->app.notify_fd, SIOCOUTQ, &queued), ==, 0);
    }
  while (queued > 0);
}

/* Rule 2: an app that does not answer its command still gets its answers; it needs them to answer. */
static void
answers_while_a_command_waits (Fixture *f, gconstpointer data)
{
  const TstRecord field = tst_integer ("x", 8, FALSE);
  TbusJob *job = tst_side_job (f->side, f->tracee);
  TbusUstMessage enable;

  tbus_job_add (job, TBUS_OP_ENABLE, tbus_job_add_slot (job, SESSION));
  tst_side_submit (f->side, job);
  enable = tst_fake_read_command (&f->app);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (register_event (f, SESSION, CHANNEL, &field, 1).ret_code, ==, 0);
  g_assert_cmpuint (tst_side_count (f->side, "done"), ==, 0);
  tst_fake_reply (&f->app, &enable, 0, 0);
  tst_side_wait (f->side, "done", 1);
  g_assert_cmpint (tst_job_status (job, 0), ==, 0);
}

static void
assert_dropped (Fixture *f)
{
  tst_side_wait (f->side, "gone", 1);
  tst_fake_wait_closed (f->app.notify_fd);
  tst_fake_wait_closed (f->app.command_fd);
  g_assert_cmpint (g_atomic_int_get (&f->set->bound), ==, 0);
}

/* And nobody else notices. */
static void
drops_who_breaks_the_protocol (Fixture *f, gconstpointer data)
{
  const guint32 unknown = 77;
  g_auto(TstFakeApp) bystander = tst_fake_app_new (f->side->paths.socket);
  guint warnings = tst_warning_count ("unknown kind 77");

  tst_side_wait (f->side, "registered", 2);
  tst_fake_write (f->app.notify_fd, &unknown, sizeof unknown);
  assert_dropped (f);
  g_assert_cmpuint (tst_warning_count ("unknown kind 77"), ==, warnings + 1);
  tst_fake_app_clear (&f->app);
  f->app = bystander;
  bystander = (TstFakeApp){ -1, -1 };
  f->tracee = g_ptr_array_index (f->side->tracees, 1);
  bind_handle (f, SESSION, f->set, TBUS_NO_CHANNEL);
  bind_handle (f, CHANNEL, f->set, 0);
  g_assert_cmpint (register_channel (f, SESSION, CHANNEL).ret_code, ==, 0);
}

static void
drops_who_announces_too_much (Fixture *f, gconstpointer data)
{
  struct {
    guint32 kind;
    TbusUstEnumNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_ENUM, { SESSION, "map", G_MAXUINT32, { 0 } } };

  tst_fake_write (f->app.notify_fd, &message, sizeof message);
  assert_dropped (f);
}

/* A few odd events cost nobody the others (see above); who sends nothing else is no tracer. */
static void
drops_who_describes_nothing_but_nonsense (Fixture *f, gconstpointer data)
{
  const TstRecord bad = tst_integer ("x", 7, FALSE);
  g_autoptr(GByteArray) bytes = event_bytes (SESSION, CHANNEL, &bad, 1);
  guint warnings = tst_warning_count ("had to be refused");

  for (guint i = 0; i < 63; i++)
    g_assert_cmpint (register_event (f, SESSION, CHANNEL, &bad, 1).ret_code, ==, -EINVAL);
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 0);
  tst_fake_write (f->app.notify_fd, bytes->data, bytes->len);
  assert_dropped (f);
  g_assert_cmpuint (tst_warning_count ("had to be refused") + tst_warning_count ("left out"), >=, warnings);
}

/* What passes a limit is refused at the price of its size. */
static void
drops_who_floods_it_with_enumerations (Fixture *f, gconstpointer data)
{
  enum { N = 10000, REFUSED = (64 << 20) / (N * sizeof (TstEntry)) };
  g_autofree TstEntry *entries = g_new (TstEntry, N);

  tbus_limit_set (TBUS_LIMIT_METADATA, 4 << 20);
  for (guint i = 0; i < N; i++)
    entries[i] = tst_entry ("label", i, i);
  g_assert_cmpint (register_enum (f, SESSION, entries, N).ret_code, ==, 0);
  for (guint i = 0; i < REFUSED; i++)
    {
      entries[0].string[0] = 'A' + i; /* another one each time */
      g_assert_cmpint (register_enum (f, SESSION, entries, N).ret_code, ==, -ENOMEM);
    }
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 0);
  entries[0].string[0] = 'Z';
  send_enum (f, SESSION, entries, N);
  assert_dropped (f);
  tbus_limits_reset ();
}

/* Its answers have to go somewhere; nobody waits until they do. */
static void
drops_who_takes_no_answers (Fixture *f, gconstpointer data)
{
  struct {
    guint32 kind;
    TbusUstChannelNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_CHANNEL, { SESSION, CHANNEL, 0, { 0 } } };

  while (send (f->app.notify_fd, &message, sizeof message, MSG_NOSIGNAL) == sizeof message)
    ;
  assert_dropped (f);
}

static void
survives_noise (Fixture *f, gconstpointer data)
{
  guint8 noise[512];

  for (guint round = 0; round < 40; round++)
    {
      TstFakeApp app = tst_fake_app_new (f->side->paths.socket);
      gssize n = 0;

      tst_side_wait (f->side, "registered", round + 2); /* or it goes before it is paired */
      for (guint i = 0; n >= 0 && i < 200; i++)
        {
          for (guint j = 0; j < sizeof noise; j++)
            noise[j] = g_test_rand_int_range (0, 8) == 0 ? g_test_rand_int () : 0;
          noise[0] = g_test_rand_int_range (0, 3);
          n = send (app.notify_fd, noise, sizeof noise, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
      tst_fake_app_clear (&app);
    }
  tst_side_wait (f->side, "gone", 40);
  g_assert_cmpint (register_channel (f, SESSION, CHANNEL).ret_code, ==, 0);
}

#define NOTIFY_TEST(path, func) g_test_add ("/ust/notify/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_side_threads_start ();
  NOTIFY_TEST ("registers-enumerations-events-and-channels-B12", registers_enumerations_events_and_channels);
  NOTIFY_TEST ("answers-unknown-handles-with-an-error-B14", answers_unknown_handles_with_an_error);
  NOTIFY_TEST ("answers-bad-descriptions-with-an-error", answers_bad_descriptions_with_an_error);
  NOTIFY_TEST ("takes-large-descriptions-in-pieces", takes_large_descriptions_in_pieces);
  NOTIFY_TEST ("takes-out-what-it-has-answered", takes_out_what_it_has_answered);
  NOTIFY_TEST ("answers-while-a-command-waits", answers_while_a_command_waits);
  NOTIFY_TEST ("drops-who-breaks-the-protocol", drops_who_breaks_the_protocol);
  NOTIFY_TEST ("drops-who-announces-too-much", drops_who_announces_too_much);
  NOTIFY_TEST ("drops-who-describes-nothing-but-nonsense", drops_who_describes_nothing_but_nonsense);
  NOTIFY_TEST ("drops-who-floods-it-with-enumerations", drops_who_floods_it_with_enumerations);
  NOTIFY_TEST ("drops-who-takes-no-answers", drops_who_takes_no_answers);
  NOTIFY_TEST ("survives-noise", survives_noise);
  return g_test_run ();
}
