/* SPDX-License-Identifier: GPL-2.0-only */
/* tracebusctl under the name of LTTng's command: what it asks of the service, what it says, how it ends. */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

#define GET_SESSION "/org/tracebus1 Manager.GetSession ('demo',)\n"
#define C1 S1 "/channel/1"
#define C2 S1 "/channel/2"

static char *
rc_file (Fixture *f)
{
  return g_build_filename (g_environ_getenv (f->environment, "LTTNG_HOME"), ".lttngrc", NULL);
}

/* The service has the session "demo", and it is the current one. */
static void
add_demo (Fixture *f)
{
  g_autofree char *file = rc_file (f);

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.GetSession ('demo',)", "(objectpath '" S1 "',)");
  tst_fake_refuse (f->fake, "/org/tracebus1 Manager.GetSession ('gone',)", "org.tracebus1.Error.NotFound", "no 'gone'");
  g_assert_true (g_file_set_contents (file, "session=demo\n", -1, NULL));
}

/* And its channels are, by name, "channel0" at C1, and "two" at C2 where @two. */
static void
add_channels (Fixture *f, gboolean two)
{
  tst_fake_answer (f->fake, S1 " Properties.GetAll", two ? "({'Channels': <[objectpath '" C1 "', '" C2 "']>},)"
                                                         : "({'Channels': <[objectpath '" C1 "']>},)");
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('channel0',)", "(objectpath '" C1 "',)");
  tst_fake_answer (f->fake, S1 " Session.GetChannel ('two',)", "(objectpath '" C2 "',)");
  tst_fake_refuse (f->fake, S1 " Session.GetChannel ('new',)", "org.tracebus1.Error.NotFound", "no 'new'");
  tst_fake_answer (f->fake, C1 " Properties.GetAll", "({'Name': <'channel0'>, 'Enabled': <true>},)");
  tst_fake_answer (f->fake, C2 " Properties.GetAll", "({'Name': <'two'>, 'Enabled': <false>},)");
  tst_fake_answer (f->fake, C1 " Channel.ListEventRules", "(@aa{sv} [],)");
  tst_fake_answer (f->fake, C2 " Channel.ListEventRules",
                   "([{'pattern': <'a:b'>, 'enabled': <true>, 'loglevel': <-1>, 'loglevel-match': <'at-least'>, "
                   "'filter': <''>, 'exclude': <@as []>}, {'pattern': <'c:*'>, 'enabled': <true>, 'loglevel': <6>, "
                   "'loglevel-match': <'exactly'>, 'filter': <'x > 5'>, 'exclude': <['c:d', 'c:e']>}],)");
  tst_fake_answer (f->fake, S1 " Session.EnableEvents", "({" RESULT "},)");
}

static void
assert_run (Fixture *f, const char *line, int status, const char *output)
{
  g_autofree char *all = g_strconcat ("--lttng ", line, NULL);

  fixture_run (f, all);
  g_assert_cmpint (f->status, ==, status);
  g_assert_cmpstr (f->output, ==, output);
  g_assert_true (status == 0 ? *f->errors == '\0' : g_str_has_prefix (f->errors, "Error: "));
}

static void
remembers_the_session_where_scripts_look_for_it (Fixture *f, gconstpointer data)
{
  g_autofree char *file = rc_file (f);
  g_autofree char *text = NULL;

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.CreateSession", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, "/org/tracebus1 Manager.GetSession ('demo',)", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/traces/demo'>},)");
  tst_fake_answer (f->fake, S1 " Session.Destroy", "({" RESULT ", 'output': <'/traces/demo'>},)");
  assert_run (f, "create demo -o trace", 0, "Session demo created.\nTraces will be output to /traces/demo\n");
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "session=demo\n");
  assert_run (f, "destroy", 0, "Session demo destroyed\n");
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  assert_run (f, "destroy", 1, "");
}

static void
makes_the_directory_that_an_url_names (Fixture *f, gconstpointer data)
{
  g_autofree char *path = tst_dir_file (f->dir, "x");
  g_autofree char *line = g_strdup_printf ("create demo --set-url=file://%s", path);

  tst_fake_answer (f->fake, "/org/tracebus1 Manager.CreateSession", "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/traces/demo'>},)");
  assert_run (f, line, 0, "Session demo created.\nTraces will be output to /traces/demo\n");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  assert_run (f, "create demo --set-url=net://elsewhere", 1, "");
  g_assert_nonnull (strstr (f->errors, "net://elsewhere"));
}

static void
wants_to_be_told_the_domain (Fixture *f, gconstpointer data)
{
  static const char *const lines[] = {
    "enable-channel c", "disable-channel c", "enable-event a:b", "disable-event a:b", "add-context -t vpid",
    "track --vpid=1", "untrack --vpid=1",
  };

  add_demo (f);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      assert_run (f, lines[i], 1, "");
      g_assert_nonnull (strstr (f->errors, "--userspace"));
    }
  fixture_assert_calls (f, "");
}

static void
refuses_other_domains_with_the_codes_of_each_verb (Fixture *f, gconstpointer data)
{
  add_demo (f);
  assert_run (f, "enable-channel -k c", 1, "");
  g_assert_cmpstr (f->errors, ==, "Error: -k: there are no kernel events here; perf(1) and trace-cmd(1) record them\n");
  assert_run (f, "disable-channel --kernel c", 4, "");
  assert_run (f, "enable-event -k -a", 33, "");
  assert_run (f, "enable-event --python -a", 33, "");
  assert_run (f, "add-context -j -t x", 4, "");
  assert_run (f, "list -k", 1, "");
  assert_run (f, "enable-event -u x --probe=main", 5, "");
  assert_run (f, "create --snapshot", 1, "");
  assert_run (f, "snapshot record", 2, "");
  assert_run (f, "--mi=xml list", 165, "");
  fixture_assert_calls (f, "");
}

static void
makes_the_channel_that_an_event_is_for (Fixture *f, gconstpointer data)
{
  add_demo (f);
  add_channels (f, FALSE);
  tst_fake_answer (f->fake, S1 " Session.CreateChannel ('new'", "(objectpath '" C1 "',)");
  assert_run (f, "enable-event -u -c new a:b", 0, "ust event a:b created in channel new\n");
  fixture_assert_calls (f, GET_SESSION S1 " Session.GetChannel ('new',)\n"
                        S1 " Session.CreateChannel ('new', @a{sv} {})\n" C1 " Channel.ListEventRules (@a{sv} {},)\n"
                        S1 " Session.EnableEvents ('new', [('a:b', @a{sv} {})], @a{sv} {})\n");
  assert_run (f, "enable-event -u -a", 0, "All ust events are enabled in channel channel0\n");
}

static void
does_not_guess_which_channel (Fixture *f, gconstpointer data)
{
  add_demo (f);
  add_channels (f, TRUE);
  assert_run (f, "enable-event -u a:b", 83, "");
  g_assert_nonnull (strstr (f->errors, "\"two\""));
  assert_run (f, "disable-event -u a:b", 83, "");
  assert_run (f, "enable-event -u --all", 1, "");
}

static void
goes_on_behind_an_event_that_is_enabled_already (Fixture *f, gconstpointer data)
{
  add_demo (f);
  add_channels (f, TRUE);
  assert_run (f, "enable-event -u -c two a:a,,a:b,b:b,", 55,
              "ust event a:a created in channel two\nust event b:b created in channel two\n");
  g_assert_nonnull (strstr (f->errors, "a:b"));
  assert_run (f, "enable-event -u -c two 'c:*' --loglevel-only=INFO -f 'x > 5' -x c:d,c:e", 55, "");
  assert_run (f, "enable-event -u -c two 'c:*' --loglevel=INFO -f 'x > 5' -x c:d,c:e", 0,
              "ust event c:* created in channel two\n");
  assert_run (f, "enable-event -u -c two 'c:*' --log-level=INFO -f 'x > 5' -x c:d,c:e", 55, "");
  assert_run (f, "enable-event -u -c two 'c:*' --loglevel-only=INFO -f 'x > 5'", 0,
              "ust event c:* created in channel two\n");
}

static void
enables_a_channel_once (Fixture *f, gconstpointer data)
{
  add_demo (f);
  add_channels (f, TRUE);
  tst_fake_answer (f->fake, C2 " Channel.Enable", "({" RESULT "},)");
  tst_fake_answer (f->fake, S1 " Session.CreateChannel ('new'", "(objectpath '" C2 "',)");
  assert_run (f, "enable-channel -u channel0,two,new --num-subbuf=2", 4,
              "ust channel two enabled for session demo\nust channel new enabled for session demo\n");
  g_assert_nonnull (strstr (f->errors, "channel0"));
}

static void
starts_what_can_record_and_views_what_is_whole (Fixture *f, gconstpointer data)
{
  add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Channels': <@ao []>, 'State': <'active'>},)");
  assert_run (f, "start", 72, "");
  assert_run (f, "view", 1, "");
  add_channels (f, FALSE);
  tst_fake_refuse (f->fake, S1 " Session.Start", "org.tracebus1.Error.InvalidState", "it is active");
  assert_run (f, "start demo", 80, "");
  g_assert_cmpstr (f->errors, ==, "Error: it is active\n");
  assert_run (f, "start gone", 23, "");
  tst_fake_answer (f->fake, S1 " Session.Start", "({" RESULT "},)");
  assert_run (f, "start", 0, "Tracing started for session demo\n");
  tst_fake_answer (f->fake, S1 " Session.Stop", "({" RESULT ", 'output': <'/traces/demo'>},)");
  assert_run (f, "stop", 0, "Waiting for data availability\nTracing stopped for session demo\n");
  assert_run (f, "stop --no-wait", 0, "Tracing stopped for session demo\n");
}

static void
starts_several (Fixture *f, gconstpointer data)
{
  g_autofree char *objects = NULL;

  objects = g_strdup_printf ("({objectpath '" S1 "': {'org.tracebus1.Session': {'Name': <'demo'>, "
                             "'Owner': <uint32 %u>, 'State': <'inactive'>}}, "
                             "'" S1 "0': {'org.tracebus1.Session': {'Name': <'dust'>, "
                             "'Owner': <uint32 %u>, 'State': <'active'>}}},)", getuid (), getuid ());
  add_channels (f, FALSE);
  tst_fake_answer (f->fake, "/org/tracebus1 ObjectManager.GetManagedObjects", objects);
  tst_fake_answer (f->fake, S1 " Session.Start", "({" RESULT "},)");
  tst_fake_answer (f->fake, S1 "0 Session.Stop", "({" RESULT "},)");
  assert_run (f, "start --all", 0, "Tracing started for session demo\n");
  assert_run (f, "stop --glob 'd*t'", 0, "Waiting for data availability\nTracing stopped for session dust\n");
  assert_run (f, "stop --glob 'x*'", 0, "No session found, nothing to do.\n");
  assert_run (f, "stop --all demo", 1, "");
}

static void
lists_in_the_layout_that_scripts_search (Fixture *f, gconstpointer data)
{
  add_demo (f);
  add_channels (f, TRUE);
  tst_fake_answer (f->fake, S1 " Properties.GetAll",
                   "({'Name': <'demo'>, 'State': <'inactive'>, 'Output': <'/traces/demo'>, "
                   "'BufferOwnership': <'user'>, 'Channels': <[objectpath '" C2 "']>, "
                   "'Trackers': <{'vpid': <[uint32 1, 2]>, 'vuid': <@au []>}>},)");
  tst_fake_answer (f->fake, C2 " Properties.GetAll",
                   "({'Name': <'two'>, 'Enabled': <true>, 'SubbufSize': <uint64 16384>, 'NumSubbuf': <uint64 4>, "
                   "'Mode': <'discard'>, 'SwitchTimerUs': <uint32 500>, 'ReadTimerUs': <uint32 0>, 'MonitorTimerUs': "
                   "<uint32 0>, 'BlockingTimeoutUs': <int64 -1>, 'TracefileSize': <uint64 0>, 'TracefileCount': "
                   "<uint64 0>, 'EventsDiscarded': <uint64 7>, 'PacketsLost': <uint64 0>},)");
  assert_run (f, "status", 0,
              "Recording session demo: [inactive]\n    Trace output: /traces/demo\n\n"
              "=== Domain: User space ===\n\nBuffering scheme: per-user\n\nTracked process attributes\n"
              "  Virtual process IDs:  1, 2\n  Virtual user IDs:     none\n  Virtual group IDs:    all\n\n"
              "Channels:\n-------------\n- two: [enabled]\n\n    Attributes:\n      Event-loss mode:  discard\n"
              "      Sub-buffer size:  16384 bytes\n      Sub-buffer count: 4\n      Switch timer:     500 us\n"
              "      Read timer:       inactive\n      Monitor timer:    inactive\n      Blocking timeout: infinite\n"
              "      Trace file count: 1 per stream\n      Trace file size:  unlimited\n"
              "      Output mode:      mmap\n\n"
              "    Statistics:\n      Discarded events: 7\n\n    Recording event rules:\n"
              "      a:b (type: tracepoint) [enabled]\n"
              "      c:* (loglevel == TRACE_INFO (6)) (type: tracepoint) [enabled] [exclusions: c:d,c:e] "
              "[filter: 'x > 5']\n\n");
  assert_run (f, "list demo -c none", 1, "");
  assert_run (f, "list demo -d", 0, "Recording session demo: [inactive]\n    Trace output: /traces/demo\n\n"
              "Domains:\n-------------\n  - UST global\n");
}

static void
lists_tracepoints_by_program (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Manager.ListTracepoints",
                   "([{'pid': <uint32 7>, 'app': <objectpath '/org/tracebus1/app/1'>, 'name': <'a:b'>, "
                   "'loglevel': <13>, 'loglevel-name': <'TRACE_DEBUG_LINE'>, "
                   "'fields': <[{'name': <'x'>, 'type': <'integer'>}, "
                   "{'name': <'y'>, 'type': <'other'>}]>}, {'pid': <uint32 7>, 'app': <objectpath "
                   "'/org/tracebus1/app/1'>, 'name': <'a:c'>, 'loglevel': <6>, 'loglevel-name': <'TRACE_INFO'>}], "
                   "{" RESULT "})");
  tst_fake_answer (f->fake, "/org/tracebus1/app/1 Properties.GetAll", "({'Name': <'shop'>, 'Pid': <uint32 7>},)");
  assert_run (f, "list -u -f", 0,
              "UST events:\n-------------\n\nPID: 7 - Name: shop\n"
              "      a:b (loglevel: TRACE_DEBUG_LINE (13)) (type: tracepoint)\n"
              "        field: x (integer)\n        field: y (unknown)\n"
              "      a:c (loglevel: TRACE_INFO (6)) (type: tracepoint)\n\n");
}

static void
prints_nothing_where_that_is_wanted (Fixture *f, gconstpointer data)
{
  add_demo (f);
  fixture_run (f, "--lttng -q set-session demo");
  g_assert_cmpstr (f->output, ==, "");
  g_assert_cmpint (f->status, ==, 0);
  fixture_run (f, "--lttng --quiet set-session gone");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpint (f->status, ==, 1);
  fixture_run (f, "--lttng -n -vv --group=tracing --sessiond-path /x set-session demo");
  g_assert_cmpstr (f->output, ==, "Session set to demo\n");
  g_assert_cmpstr (f->errors, ==, "Manager.GetSession of /org/tracebus1\n");
}

static void
answers_to_the_name_alone (Fixture *f, gconstpointer data)
{
  g_autofree char *program = tst_build_path ("client/tracebusctl");
  g_autofree char *link = tst_dir_file (f->dir, "lttng");
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  const char *words[] = { link, "bogus", NULL };

  add_demo (f);
  g_assert_cmpint (symlink (program, link), ==, 0);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_launcher_set_environ (launcher, f->environment);
  fixture_finish (f, g_subprocess_launcher_spawnv (launcher, words, NULL));
  g_assert_cmpint (f->status, ==, 2);
  g_assert_cmpstr (f->errors, ==, "Error: There is no verb \"bogus\"; \"lttng --help\" lists them\n");
  words[1] = "help";
  fixture_finish (f, g_subprocess_launcher_spawnv (launcher, words, NULL));
  g_assert_cmpint (f->status, ==, 0);
  g_assert_nonnull (strstr (f->output, "Show the current session"));
  g_assert_null (strstr (f->output, "counts and health"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TST_ADD ("/client/lttng/remembers-the-session-where-scripts-look-for-it",
           remembers_the_session_where_scripts_look_for_it);
  TST_ADD ("/client/lttng/makes-the-directory-that-an-url-names", makes_the_directory_that_an_url_names);
  TST_ADD ("/client/lttng/wants-to-be-told-the-domain", wants_to_be_told_the_domain);
  TST_ADD ("/client/lttng/refuses-other-domains-with-the-codes-of-each-verb",
           refuses_other_domains_with_the_codes_of_each_verb);
  TST_ADD ("/client/lttng/makes-the-channel-that-an-event-is-for", makes_the_channel_that_an_event_is_for);
  TST_ADD ("/client/lttng/does-not-guess-which-channel", does_not_guess_which_channel);
  TST_ADD ("/client/lttng/goes-on-behind-an-event-that-is-enabled-already",
           goes_on_behind_an_event_that_is_enabled_already);
  TST_ADD ("/client/lttng/enables-a-channel-once", enables_a_channel_once);
  TST_ADD ("/client/lttng/starts-what-can-record-and-views-what-is-whole",
           starts_what_can_record_and_views_what_is_whole);
  TST_ADD ("/client/lttng/starts-several", starts_several);
  TST_ADD ("/client/lttng/lists-in-the-layout-that-scripts-search", lists_in_the_layout_that_scripts_search);
  TST_ADD ("/client/lttng/lists-tracepoints-by-program", lists_tracepoints_by_program);
  TST_ADD ("/client/lttng/prints-nothing-where-that-is-wanted", prints_nothing_where_that_is_wanted);
  TST_ADD ("/client/lttng/answers-to-the-name-alone", answers_to_the_name_alone);
  return g_test_run ();
}
