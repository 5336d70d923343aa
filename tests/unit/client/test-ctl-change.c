/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs that change something ask of the service, and what they say of its answer. */
#include "fixture.h"

#include "client/estimate.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define GET_SESSION "/org/tracebus1 Manager.GetSession ('demo',)\n"

static void
creates_a_session_and_makes_it_the_current_one (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Manager.CreateSession", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/traces/demo'>},)");
  fixture_run (f, "create demo -o here");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "Session demo created\nIts trace will be in /traces/demo\n");
  g_assert_cmpint (f->status, ==, 0);
  fixture_assert_calls (f, "/org/tracebus1 Manager.CreateSession ('demo', {'output-fd': <handle 0>})\n"
                        S1 " Properties.GetAll ('org.tracebus1.Session',)\n");

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.GetSession ('demo',)", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Session.Start", "({" RESULT "},)");
  fixture_run (f, "start");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Start (@a{sv} {},)\n");
}

static void
names_a_session_after_the_time (Fixture *f, gconstpointer data)
{
  g_autofree char *traces = tst_dir_file (f->dir, "lttng-traces");
  g_autoptr(GDir) folder = NULL;
  g_autofree char *calls = NULL;
  const char *name;

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.CreateSession", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/traces/auto'>},)");
  fixture_run (f, "create");
  g_assert_cmpint (f->status, ==, 0);
  calls = tst_fake_take_calls (f->fake);
  g_assert_true (g_regex_match_simple ("^/org/tracebus1 Manager.CreateSession "
                                       "\\('auto-\\d{8}-\\d{6}', \\{'output-fd': <handle 0>\\}\\)\n", calls, 0, 0));
  /* The trace is to go where it would without tracebusctl. */
  folder = g_dir_open (traces, 0, NULL);
  g_assert_nonnull (folder);
  name = g_dir_read_name (folder);
  g_assert_true (g_regex_match_simple ("^auto-\\d{8}-\\d{6}$", name, 0, 0));
  g_assert_nonnull (strstr (calls, name));
}

static void
makes_the_output_and_takes_it_back (Fixture *f, gconstpointer data)
{
  g_autofree char *there = tst_dir_file (f->dir, "there");
  g_autofree char *before = tst_dir_file (f->dir, "before");

  tst_fake_refuse (f->fake, "/org/tracebus1 Manager.CreateSession", "org.tracebus1.Error.OutputUnavailable",
                   "output '/x' cannot be written");
  fixture_run (f, "create demo --output here/../there");
  fixture_assert_calls (f, "/org/tracebus1 Manager.CreateSession ('demo', {'output-fd': <handle 0>})\n");
  g_assert_false (g_file_test (there, G_FILE_TEST_EXISTS));
  /* The service's sentence, and nothing else. */
  g_assert_cmpstr (f->errors, ==, "output '/x' cannot be written\n");
  g_assert_cmpstr (f->output, ==, "");
  g_assert_cmpint (f->status, ==, 1);

  g_assert_cmpint (g_mkdir (before, 0700), ==, 0);
  fixture_run (f, "create demo --output before");
  g_assert_true (g_file_test (before, G_FILE_TEST_IS_DIR)); /* was the caller's already */
}

static void
tells_that_an_output_cannot_be_made (Fixture *f, gconstpointer data)
{
  g_autofree char *file = tst_dir_file (f->dir, "file");

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  fixture_run (f, "create demo --output file");
  g_assert_true (g_str_has_prefix (f->errors, "Cannot write a trace to "));
  g_assert_cmpint (f->status, ==, 1);
  fixture_run (f, "create demo --output file/below");
  g_assert_cmpint (f->status, ==, 1);
  fixture_assert_calls (f, ""); /* nobody was asked */
}

static void
says_whose_programs_are_recorded (Fixture *f, gconstpointer data)
{
  static const char *const wrong[] = { "--uids nobody-of-this-name", "--uids 4294967295", "--uids ,", "--uids -1",
                                       "--uids 0 --all-users" };

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.CreateSession", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/traces/demo'>},)");
  fixture_run (f, "create demo -o here --uids root,1001");
  fixture_assert_calls (f, "/org/tracebus1 Manager.CreateSession ('demo', {'output-fd': <handle 0>, 'uids': "
                        "<[uint32 0, 1001]>})\n" S1 " Properties.GetAll ('org.tracebus1.Session',)\n");
  fixture_run (f, "create demo -o here --all-users");
  fixture_assert_calls (f, "/org/tracebus1 Manager.CreateSession ('demo', {'all-users': <true>, 'output-fd': "
                        "<handle 0>})\n" S1 " Properties.GetAll ('org.tracebus1.Session',)\n");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *line = g_strconcat ("create demo -o there ", wrong[i], NULL);

      fixture_run (f, line);
      g_assert_cmpint (f->status, ==, 2);
      fixture_assert_calls (f, "");
    }
}

static void
leaves_a_name_with_a_slash_to_the_service (Fixture *f, gconstpointer data)
{
  g_autofree char *traces = tst_dir_file (f->dir, "lttng-traces");

  tst_fake_refuse (f->fake, "/org/tracebus1 Manager.CreateSession", "org.tracebus1.Error.InvalidArgs", "no such name");
  fixture_run (f, "create ../demo");
  fixture_assert_calls (f, "/org/tracebus1 Manager.CreateSession ('../demo', @a{sv} {})\n");
  g_assert_false (g_file_test (traces, G_FILE_TEST_EXISTS));
}

static void
gives_a_channel_its_attributes (Fixture *f, gconstpointer data)
{
  const guint cpus = ctl_count_cpus ();
  g_autofree char *expected = NULL;

  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.CreateChannel", "(objectpath '" S1 "/channel/2',)");
  fixture_run (f, "enable-channel -u -s demo big --subbuf-size 3M --num-subbuf=8 --overwrite --switch-timer 1s "
               "--read-timer 200 --monitor-timer 5ms --buffers-pid");
  expected = g_strdup_printf ("Channel big takes %u MiB, with %u CPU%s, for each process that is traced\n"
                              "Channel big created\n", 36 * cpus, cpus, cpus == 1 ? "" : "s");
  g_assert_cmpstr (f->output, ==, expected);
  g_assert_cmpstr (f->errors, ==, "Warning: --subbuf-size is rounded up to the next power of two, 4194304\n");
  g_assert_cmpint (f->status, ==, 0);
  fixture_assert_calls (f, GET_SESSION S1 " Session.CreateChannel ('big', {'buffer-ownership': <'process'>, "
                        "'mode': <'overwrite'>, 'monitor-timer-us': <uint32 5000>, 'num-subbuf': <uint64 8>, "
                        "'read-timer-us': <uint32 200>, 'subbuf-size': <uint64 4194304>, "
                        "'switch-timer-us': <uint32 1000000>})\n");
}

static void
enables_a_channel_that_is_there (Fixture *f, gconstpointer data)
{
  const guint cpus = ctl_count_cpus ();
  g_autofree char *expected = NULL;

  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('one',)", "(objectpath '" S1 "/channel/2',)");
  tst_fake_refuse (f->fake, S1 " Session.GetChannel ('two',)", "org.tracebus1.Error.NotFound", "no 'two'");
  tst_fake_answer (f->fake, S1 "/channel/2 Channel.Enable", "({" RESULT "},)");
  tst_fake_answer (f->fake, S1 " Session.CreateChannel ('two'", "(objectpath '" S1 "/channel/3',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'BufferOwnership': <'user'>},)");
  fixture_run (f, "enable-channel one,two");
  g_assert_cmpstr (f->errors, ==, "");
  expected = g_strdup_printf ("Channel one enabled\nChannel two takes %u MiB, with %u CPU%s, for each user whose "
                              "programs are traced\nChannel two created\n", 2 * cpus, cpus, cpus == 1 ? "" : "s");
  g_assert_cmpstr (f->output, ==, expected);
  fixture_assert_calls (f, GET_SESSION S1 " Session.GetChannel ('one',)\n" S1 "/channel/2 Channel.Enable (@a{sv} {},)\n"
                        S1 " Session.GetChannel ('two',)\n" S1 " Properties.GetAll ('org.tracebus1.Session',)\n"
                        S1 " Session.CreateChannel ('two', @a{sv} {})\n");
}

static void
gives_a_channel_the_buffers_of_the_others (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'BufferOwnership': <'process'>},)");
  tst_fake_answer (f->fake, S1 " Session.CreateChannel", "(objectpath '" S1 "/channel/3',)");
  fixture_run (f, "enable-channel two --overwrite");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_nonnull (strstr (f->output, "for each process that is traced\n"));
  fixture_assert_calls (f, GET_SESSION S1 " Properties.GetAll ('org.tracebus1.Session',)\n" S1
                        " Session.CreateChannel ('two', {'buffer-ownership': <'process'>, 'mode': <'overwrite'>})\n");
}

static void
estimates_without_a_service (Fixture *f, gconstpointer data)
{
  fixture_run (f, "enable-channel one --estimate --subbuf-size=1M");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_nonnull (strstr (f->output, "Channel one takes for each user"));
  g_assert_nonnull (strstr (f->output, "1024    4 GiB     3073      3073     2049"));
  fixture_assert_calls (f, "");
}

static void
disables_a_channel (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('one',)", "(objectpath '" S1 "/channel/2',)");
  tst_fake_answer (f->fake, S1 "/channel/2 Channel.Disable", "({" RESULT "},)");
  fixture_run (f, "disable-channel one");
  g_assert_cmpstr (f->output, ==, "Channel one disabled\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.GetChannel ('one',)\n"
                        S1 "/channel/2 Channel.Disable (@a{sv} {},)\n");
}

static void
enables_many_events_in_one_call (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.EnableEvents", "({" RESULT "},)");
  fixture_run (f, "enable-event 'a:*,b:c' -c big --loglevel-only=info");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "Event a:* enabled in channel big of session demo\n"
                   "Event b:c enabled in channel big of session demo\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.EnableEvents ('big', [('a:*', {'loglevel': <'info'>, "
                        "'loglevel-match': <'exactly'>}), ('b:c', {'loglevel': <'info'>, 'loglevel-match': "
                        "<'exactly'>})], @a{sv} {})\n");
  fixture_run (f, "enable-event 'a:*' -x a:b,a:c --filter 'd == \"e,f\"'");
  fixture_assert_calls (f, GET_SESSION S1 " Session.EnableEvents ('', [('a:*', {'exclude': <['a:b', 'a:c']>, "
                        "'filter': <'d == \"e,f\"'>})], @a{sv} {})\n");
  fixture_run (f, "enable-event -u --all --loglevel 6");
  fixture_assert_calls (f, GET_SESSION S1 " Session.EnableEvents ('', [('*', {'loglevel': <'6'>})], @a{sv} {})\n");
}

#define CHANNEL_2 S1 "/channel/2"
#define CHANNEL_3 S1 "/channel/3"

static void
adds_contexts_to_one_channel (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('big',)", "(objectpath '" CHANNEL_2 "',)");
  tst_fake_answer (f->fake, CHANNEL_2 " Channel.AddContext", "({" RESULT "},)");
  fixture_run (f, "add-context -u -s demo -c big -t vpid --type='$app.x:y'");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "Context vpid added to channel big\nContext $app.x:y added to channel big\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.GetChannel ('big',)\n"
                        CHANNEL_2 " Channel.AddContext ('vpid', @a{sv} {})\n"
                        CHANNEL_2 " Channel.AddContext ('$app.x:y', @a{sv} {})\n");
}

/* As users of LTTng know it: no channel means all of them. */
static void
adds_contexts_to_all_channels (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Channels': <[objectpath '" S1 "/channel/1', '" CHANNEL_2 "', '"
                   CHANNEL_3 "']>},)");
  tst_fake_answer (f->fake, S1 "/channel/1 Properties.GetAll", "({'Name': <'metadata'>},)");
  tst_fake_answer (f->fake, CHANNEL_2 " Properties.GetAll", "({'Name': <'a'>},)");
  tst_fake_answer (f->fake, CHANNEL_3 " Properties.GetAll", "({'Name': <'b'>},)");
  tst_fake_refuse (f->fake, CHANNEL_2 " Channel.AddContext", "org.tracebus1.Error.AlreadyExists", "a has it");
  tst_fake_answer (f->fake, CHANNEL_3 " Channel.AddContext", "({" RESULT "},)");
  fixture_run (f, "add-context -t vpid");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "Context vpid added to all channels\n");
  tst_fake_refuse (f->fake, CHANNEL_3 " Channel.AddContext", "org.tracebus1.Error.AlreadyExists", "b has it");
  fixture_run (f, "add-context -t vpid");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_cmpstr (f->errors, ==, "b has it\n");
}

static void
makes_a_channel_for_a_context (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Channels': <@ao []>},)");
  tst_fake_answer (f->fake, S1 " Session.CreateChannel ('channel0'", "(objectpath '" CHANNEL_2 "',)");
  tst_fake_answer (f->fake, CHANNEL_2 " Channel.AddContext", "({" RESULT "},)");
  fixture_run (f, "add-context --type vpid");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "Context vpid added to all channels\n");
}

static void
tracks_ids_and_names (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Track", "({" RESULT "},)");
  fixture_run (f, "track -u --vpid=1,2 --vuid=root,1000");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "vpid 1,2: tracked in session demo\nvuid root,1000: tracked in session demo\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Track ('vpid', [<uint32 1>, <uint32 2>], @a{sv} {})\n"
                        S1 " Session.Track ('vuid', [<'root'>, <uint32 1000>], @a{sv} {})\n");
  fixture_run (f, "track -p 7 -s demo");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Track ('vpid', [<uint32 7>], @a{sv} {})\n");
}

static void
tracks_all_or_nothing (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Track", "({" RESULT "},)");
  tst_fake_answer (f->fake, S1 " Session.Untrack", "({" RESULT "},)");
  fixture_run (f, "track --vpid --all");
  g_assert_cmpstr (f->output, ==, "vpid all: tracked in session demo\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Track ('vpid', @av [], @a{sv} {})\n");
  fixture_run (f, "untrack -a --vgid");
  g_assert_cmpstr (f->output, ==, "vgid all: not tracked in session demo\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Untrack ('vgid', @av [], @a{sv} {})\n");
}

static void
regenerates_metadata_and_state (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Regenerate", "({" RESULT "},)");
  fixture_run (f, "regenerate metadata");
  g_assert_cmpstr (f->output, ==, "Metadata of session demo regenerated\n");
  fixture_run (f, "regenerate statedump -s demo");
  g_assert_cmpstr (f->output, ==, "Programs of session demo have told their state\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.RegenerateMetadata (@a{sv} {},)\n"
                        GET_SESSION S1 " Session.RegenerateStatedump (@a{sv} {},)\n");
}

static void
lists_the_types_of_contexts (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Properties.GetAll",
                   "({'ContextTypes': <['vpid', 'perf:thread:cycles']>},)");
  fixture_run (f, "add-context --list");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "vpid\nperf:thread:cycles\n");
}

static void
disables_each_pattern_once (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('channel0',)", "(objectpath '" S1 "/channel/1',)");
  tst_fake_answer (f->fake, S1 "/channel/1 Channel.ListEventRules",
                   "([{'pattern': <'a'>, 'enabled': <true>}, {'pattern': <'off'>, 'enabled': <false>}, "
                   "{'pattern': <'b'>, 'enabled': <true>}, {'pattern': <'a'>, 'enabled': <true>}],)");
  tst_fake_answer (f->fake, S1 "/channel/1 Channel.DisableEvent", "({" RESULT "},)");
  fixture_run (f, "disable-event --all");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "All events disabled in channel channel0\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.GetChannel ('channel0',)\n"
                        S1 "/channel/1 Channel.ListEventRules (@a{sv} {},)\n"
                        S1 "/channel/1 Channel.DisableEvent ('a', @a{sv} {})\n"
                        S1 "/channel/1 Channel.DisableEvent ('b', @a{sv} {})\n");
}

static void
names_the_apps_that_will_follow (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Start",
                   "({'apps-applied': <uint32 3>, 'apps-pending': <[objectpath '/org/tracebus1/app/5', "
                   "'/org/tracebus1/app/6']>, 'apps-failed': <uint32 1>, 'warnings': <['it is late']>},)");
  tst_fake_answer (f->fake, "/org/tracebus1/app/5 Properties.GetAll", "({'Name': <'sleepy'>, 'Pid': <uint32 42>},)");
  tst_fake_refuse (f->fake, "/org/tracebus1/app/6 Properties.GetAll", "org.freedesktop.DBus.Error.UnknownObject",
                   "gone");
  fixture_run (f, "start");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_cmpstr (f->output, ==, "Session demo is recording\n");
  g_assert_cmpstr (f->errors, ==, "Warning: it is late\n"
                   "Warning: 2 apps are not running now; this is applied when they run again: sleepy (pid 42), "
                   "/org/tracebus1/app/6\n"
                   "Warning: 1 app did not take it; the service's log says why\n");
}

static void
tells_what_a_stopped_trace_lacks (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Stop",
                   "({" RESULT ", 'events-discarded': <uint64 7>, 'packets-lost': <uint64 0>, "
                   "'bytes-dropped': <uint64 9>, 'output': <'/traces/demo'>},)");
  fixture_run (f, "stop");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_cmpstr (f->output, ==, "Session demo has stopped recording\nIts trace is in /traces/demo\n");
  g_assert_true (g_str_has_prefix (f->errors, "Warning: 7 events were discarded"));
  g_assert_null (strstr (f->errors, "packets"));
  g_assert_nonnull (strstr (f->errors, "Warning: 9 bytes could not be written"));
  fixture_assert_calls (f, GET_SESSION S1 " Session.Stop (@a{sv} {},)\n");
  fixture_run (f, "stop --no-wait demo");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Stop ({'no-wait': <true>},)\n");
}

static void
forgets_the_session_that_it_destroyed (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Session.Destroy", "({" RESULT ", 'output': <'/traces/demo'>},)");
  fixture_run (f, "destroy");
  g_assert_cmpstr (f->output, ==, "Session demo destroyed\nIts trace is in /traces/demo\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.Destroy (@a{sv} {},)\n");
  fixture_run (f, "destroy");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_true (g_str_has_prefix (f->errors, "No session is named and none is current"));
  fixture_assert_calls (f, "");
}

static void
destroys_all_of_the_users_own (Fixture *f, gconstpointer data)
{
  g_autofree char *objects = NULL;

  objects = g_strdup_printf ("({objectpath '" S1 "0': {'org.tracebus1.Session': {'Name': <'ten'>, 'Owner': "
                             "<uint32 %u>}}, "
                             "'" S1 "': {'org.tracebus1.Session': {'Name': <'one'>, 'Owner': <uint32 %u>}}, "
                             "'/org/tracebus1/session/2': {'org.tracebus1.Session': {'Name': <'theirs'>, 'Owner': "
                             "<uint32 %u>}}, '/org/tracebus1/app/3': {'org.tracebus1.App': {'Name': <'x'>}}},)",
                             getuid (), getuid (), getuid () + 1);
  tst_fake_answer (f->fake, "/org/tracebus1 ObjectManager.GetManagedObjects", objects);
  tst_fake_refuse (f->fake, S1 " Session.Destroy", "org.tracebus1.Error.InvalidState", "it is being destroyed");
  tst_fake_answer (f->fake, S1 "0 Session.Destroy", "({" RESULT "},)");
  fixture_run (f, "destroy --all");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_cmpstr (f->output, ==, "Session ten destroyed\n");
  g_assert_cmpstr (f->errors, ==, "one: it is being destroyed\nIt failed for 1 of 2 sessions\n");
  fixture_assert_calls (f, "/org/tracebus1 ObjectManager.GetManagedObjects ()\n" S1 " Session.Destroy (@a{sv} {},)\n"
                        S1 "0 Session.Destroy (@a{sv} {},)\n");
}

static void
says_that_the_current_session_is_gone (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_refuse (f->fake, "/org/tracebus1 Manager.GetSession ('demo',)", "org.tracebus1.Error.NotFound", "no 'demo'");
  fixture_run (f, "stop");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_cmpstr (f->errors, ==, "The current session, \"demo\": no 'demo'\n");
  fixture_run (f, "set-session gone");
  g_assert_cmpstr (f->errors, ==, "there is no session 'gone'\n");
}

static void
dies_of_an_interrupt_and_leaves_the_service_at_it (Fixture *f, gconstpointer data)
{
  GSubprocess *process;

  fixture_add_demo (f);
  tst_fake_ignore (f->fake, S1 " Session.Stop");
  process = fixture_start (f, "stop");
  tst_fake_wait_call (f->fake, S1 " Session.Stop");
  g_subprocess_send_signal (process, SIGINT);
  fixture_finish (f, process);
  g_assert_cmpint (f->status, ==, -SIGINT);
  g_assert_cmpstr (f->errors, ==, "Interrupted; the service goes on with what it was asked.\n");
}

static void
tells_a_wrong_command_line_from_a_failure (Fixture *f, gconstpointer data)
{
  fixture_run (f, "");
  g_assert_cmpint (f->status, ==, 2);
  fixture_run (f, "begin");
  g_assert_cmpint (f->status, ==, 2);
  g_assert_nonnull (strstr (f->errors, "\"begin\""));
  fixture_run (f, "--session --system status");
  g_assert_cmpint (f->status, ==, 2);
  fixture_run (f, "enable-event");
  g_assert_cmpint (f->status, ==, 2);
  g_assert_cmpstr (f->output, ==, "");
  fixture_assert_calls (f, "");
  fixture_run (f, "--help");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_nonnull (strstr (f->output, "enable-channel"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TST_ADD ("/client/ctl/creates-a-session-and-makes-it-the-current-one",
           creates_a_session_and_makes_it_the_current_one);
  TST_ADD ("/client/ctl/names-a-session-after-the-time", names_a_session_after_the_time);
  TST_ADD ("/client/ctl/makes-the-output-and-takes-it-back", makes_the_output_and_takes_it_back);
  TST_ADD ("/client/ctl/tells-that-an-output-cannot-be-made", tells_that_an_output_cannot_be_made);
  TST_ADD ("/client/ctl/says-whose-programs-are-recorded", says_whose_programs_are_recorded);
  TST_ADD ("/client/ctl/leaves-a-name-with-a-slash-to-the-service", leaves_a_name_with_a_slash_to_the_service);
  TST_ADD ("/client/ctl/gives-a-channel-its-attributes", gives_a_channel_its_attributes);
  TST_ADD ("/client/ctl/enables-a-channel-that-is-there", enables_a_channel_that_is_there);
  TST_ADD ("/client/ctl/gives-a-channel-the-buffers-of-the-others", gives_a_channel_the_buffers_of_the_others);
  TST_ADD ("/client/ctl/estimates-without-a-service", estimates_without_a_service);
  TST_ADD ("/client/ctl/disables-a-channel", disables_a_channel);
  TST_ADD ("/client/ctl/enables-many-events-in-one-call", enables_many_events_in_one_call);
  TST_ADD ("/client/ctl/adds-contexts-to-one-channel", adds_contexts_to_one_channel);
  TST_ADD ("/client/ctl/adds-contexts-to-all-channels", adds_contexts_to_all_channels);
  TST_ADD ("/client/ctl/makes-a-channel-for-a-context", makes_a_channel_for_a_context);
  TST_ADD ("/client/ctl/tracks-ids-and-names", tracks_ids_and_names);
  TST_ADD ("/client/ctl/tracks-all-or-nothing", tracks_all_or_nothing);
  TST_ADD ("/client/ctl/regenerates-metadata-and-state", regenerates_metadata_and_state);
  TST_ADD ("/client/ctl/lists-the-types-of-contexts", lists_the_types_of_contexts);
  TST_ADD ("/client/ctl/disables-each-pattern-once", disables_each_pattern_once);
  TST_ADD ("/client/ctl/names-the-apps-that-will-follow", names_the_apps_that_will_follow);
  TST_ADD ("/client/ctl/tells-what-a-stopped-trace-lacks", tells_what_a_stopped_trace_lacks);
  TST_ADD ("/client/ctl/forgets-the-session-that-it-destroyed", forgets_the_session_that_it_destroyed);
  TST_ADD ("/client/ctl/destroys-all-of-the-users-own", destroys_all_of_the_users_own);
  TST_ADD ("/client/ctl/says-that-the-current-session-is-gone", says_that_the_current_session_is_gone);
  TST_ADD ("/client/ctl/dies-of-an-interrupt-and-leaves-the-service-at-it",
           dies_of_an_interrupt_and_leaves_the_service_at_it);
  TST_ADD ("/client/ctl/tells-a-wrong-command-line-from-a-failure", tells_a_wrong_command_line_from_a_failure);
  return g_test_run ();
}
