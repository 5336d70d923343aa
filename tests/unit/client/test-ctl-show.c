/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs that look show of the service's answers. */
#include "fixture.h"

#include <string.h>

#define MANAGER "'Version': <'9.8'>, 'TracerVersion': <'2.13.5'>, 'RegistrationSocket': <'/run/s'>, " \
  "'SessionCount': <uint32 1>, 'AppCount': <uint32 2>, 'ConsumerCount': <uint32 3>, 'AppsRefused': <uint64 4>, " \
  "'FdBudget': <uint32 100>, 'FdsInUse': <uint32 5>"
#define SESSION "'Name': <'demo'>, 'State': <'active'>, 'Owner': <uint32 1000>, 'Output': <'/traces/demo'>, " \
  "'BytesWritten': <uint64 1536>, 'EventsDiscarded': <uint64 7>, 'PacketsLost': <uint64 0>"
#define GET_MANAGED "/org/tracebus1 ObjectManager.GetManagedObjects"

static void
shows_the_state_of_the_service (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Properties.GetAll ('org.tracebus1.Manager',)",
                   "({" MANAGER ", 'Health': <{'main': {'alive': <true>}}>},)");
  fixture_run (f, "status");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==,
                   "PROPERTY         VALUE\n"
                   "version          9.8\n"
                   "tracer           2.13.5\n"
                   "bus              system\n"
                   "app-socket       /run/s\n"
                   "sessions         1\n"
                   "apps             2\n"
                   "apps-refused     4\n"
                   "consumers        3\n"
                   "descriptors      5 of 100\n"
                   "health           alive\n"
                   "current-session  -\n");
}

static void
fails_where_a_part_is_stuck (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Properties.GetAll",
                   "({" MANAGER ", 'Health': <{'link': {'alive': <true>, 'doing': <''>}, "
                   "'notify': {'alive': <false>, 'doing': <'answering'>}}>},)");
  fixture_run (f, "--session status --no-legend");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_nonnull (strstr (f->output, "health           notify is stuck (answering)\n"));
  g_assert_nonnull (strstr (f->output, "bus              session\n"));
  g_assert_null (strstr (f->output, "PROPERTY"));
  g_assert_cmpstr (f->errors, ==, "1 part of the service is stuck\n");
}

static void
shows_the_service_as_json (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Properties.GetAll", "({'SessionCount': <uint32 1>},)");
  f->environment = g_environ_setenv (f->environment, "TRACEBUS_BUS", "session", TRUE);
  fixture_run (f, "status --json");
  g_assert_cmpint (f->status, ==, 0);
  g_assert_true (g_str_has_prefix (f->output, "{"));
  g_assert_true (g_str_has_suffix (f->output, "}\n"));
  g_assert_nonnull (strstr (f->output, "\"SessionCount\":1"));
  g_assert_nonnull (strstr (f->output, "\"Bus\":\"session\""));
}

static void
says_that_the_service_is_not_there (Fixture *f, gconstpointer data)
{
  g_autofree char *nowhere = tst_dir_file (f->dir, "no-bus");
  g_autofree char *address = g_strconcat ("unix:path=", nowhere, NULL);

  g_clear_pointer (&f->fake, tst_fake_free);
  fixture_run (f, "status");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_true (g_str_has_prefix (f->errors, "org.tracebus1 is not on the system bus: tracebusd does not run."));
  f->environment = g_environ_setenv (f->environment, "DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
  fixture_run (f, "status");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_true (g_str_has_prefix (f->errors, "The system bus cannot be reached: "));
  f->environment = g_environ_setenv (f->environment, "TRACEBUS_BUS", "tram", TRUE);
  fixture_run (f, "status");
  g_assert_nonnull (strstr (f->errors, "TRACEBUS_BUS is \"tram\""));
}

static void
lists_sessions_in_the_order_of_their_making (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, GET_MANAGED,
                   "({objectpath '" S1 "0': {'org.tracebus1.Session': {'Name': <'a'>, 'State': <'inactive'>}}, "
                   "'" S1 "': {'org.tracebus1.Session': {" SESSION "}}, "
                   "'" S1 "/channel/1': {'org.tracebus1.Channel': {'Name': <'channel0'>}}},)");
  fixture_run (f, "list");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, "NAME  STATE     OWNER  WRITTEN  DISCARDED  LOST  OUTPUT\n"
                   "demo  active     1000  1.5 KiB          7     0  /traces/demo\n"
                   "a     inactive      -        -          -     -  -\n");
  fixture_run (f, "list --no-legend");
  g_assert_true (g_str_has_prefix (f->output, "demo  active    1000  1.5 KiB  7  0  /traces/demo\n"));
  fixture_run (f, "list --json");
  g_assert_true (g_str_has_prefix (f->output, "[{"));
  g_assert_nonnull (strstr (f->output, "\"Path\":\"" S1 "\""));
  g_assert_nonnull (strstr (f->output, "\"BytesWritten\":1536"));
}

static void
lists_a_session_with_its_channels_and_rules (Fixture *f, gconstpointer data)
{
  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll",
                   "({" SESSION ", 'CreatedAt': <uint64 1000000>, 'BufferOwnership': <'user'>, 'AppsLate': <uint64 4>, "
                   "'Channels': <[objectpath '" S1 "/channel/2']>, "
                   "'Problems': <[{'code': <'no-space'>, 'message': <'the disk is full'>}]>},)");
  tst_fake_answer (f->fake, S1 "/channel/2 Properties.GetAll ('org.tracebus1.Channel',)",
                   "({'Name': <'big'>, 'Enabled': <false>, 'SubbufSize': <uint64 4096>, 'NumSubbuf': <uint64 8>, "
                   "'Mode': <'discard'>, 'SwitchTimerUs': <uint32 0>, 'ReadTimerUs': <uint32 9>, "
                   "'BytesWritten': <uint64 1>, 'EventsDiscarded': <uint64 2>, 'PacketsLost': <uint64 3>},)");
  tst_fake_answer (f->fake, S1 "/channel/2 Channel.ListEventRules",
                   "([{'pattern': <'a:*'>, 'enabled': <true>, 'loglevel': <-1>, 'loglevel-match': <'at-least'>, "
                   "'filter': <'x == 1'>, 'exclude': <['a:b', 'a:c']>, 'problem': <''>}, {'pattern': <'b'>, "
                   "'enabled': <false>, 'loglevel': <6>, 'loglevel-match': <'exactly'>, 'filter': <''>, "
                   "'exclude': <@as []>, 'problem': <'odd'>}],)");
  fixture_run (f, "list demo");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==,
                   "Session demo (active)\n"
                   "  Owner      1000\n"
                   "  Created    1970-01-01 00:00:01\n"
                   "  Output     /traces/demo\n"
                   "  Buffers    user\n"
                   "  Totals     1.5 KiB written, 7 events discarded, 0 packets lost\n"
                   "  Late       4 programs were not recorded from their start on\n"
                   "  Problem    no-space: the disk is full\n"
                   "\n"
                   "  Channel big (disabled): 8 x 4 KiB, discard, switch timer 0 us, read timer 9 us\n"
                   "    1 B written, 2 events discarded, 3 packets lost\n"
                   "    EVENT  ENABLED  LOGLEVEL  FILTER  EXCLUDE  PROBLEM\n"
                   "    a:*    yes      -         x == 1  a:b,a:c  -\n"
                   "    b      no       = 6       -       -        odd\n");
  fixture_run (f, "list demo -c none");
  g_assert_null (strstr (f->output, "Channel"));
  fixture_run (f, "list demo --json");
  g_assert_nonnull (strstr (f->output, "\"Channels\":[{"));
  g_assert_nonnull (strstr (f->output, "\"Rules\":[{"));
}

static void
lists_apps (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, GET_MANAGED,
                   "({objectpath '/org/tracebus1/app/1': {'org.tracebus1.App': {'Pid': <uint32 12>, 'Uid': <uint32 0>, "
                   "'Name': <'server'>, 'State': <'ready'>, 'BitsPerLong': <uint32 64>, "
                   "'TracerVersion': <'2.13.5'>}}},)");
  fixture_run (f, "list --apps");
  g_assert_cmpstr (f->output, ==, "PID  UID  NAME    STATE  BITS  TRACER\n"
                   " 12    0  server  ready    64  2.13.5\n");
}

static void
lists_tracepoints_with_their_fields (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, "/org/tracebus1 Manager.ListTracepoints",
                   "([{'name': <'p:t'>, 'loglevel': <13>, 'loglevel-name': <'TRACE_DEBUG_LINE'>, 'pid': <uint32 12>, "
                   "'fields': <[{'name': <'count'>, 'type': <'integer'>}, {'name': <'text'>, 'type': <'string'>}]>}], "
                   "{'apps-applied': <uint32 1>, 'apps-pending': <@ao []>, 'apps-failed': <uint32 1>})");
  fixture_run (f, "list -u");
  g_assert_cmpstr (f->output, ==, "PID  NAME  LOGLEVEL\n 12  p:t   TRACE_DEBUG_LINE (13)\n");
  g_assert_cmpstr (f->errors, ==, "Warning: 1 app did not take it; the service's log says why\n");
  fixture_assert_calls (f, "/org/tracebus1 Manager.ListTracepoints (@a{sv} {},)\n");
  fixture_run (f, "list --userspace --fields");
  g_assert_cmpstr (f->output, ==, "PID  NAME  LOGLEVEL               FIELDS\n"
                   " 12  p:t   TRACE_DEBUG_LINE (13)  count: integer, text: string\n");
  fixture_assert_calls (f, "/org/tracebus1 Manager.ListTracepoints ({'fields': <true>},)\n");
}

static void
hands_the_output_to_the_viewer (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = g_strdup_printf ("({'Output': <'%s'>},)", tst_dir_path (f->dir));
  g_autofree char *expected = g_strdup_printf ("a b %s\n", tst_dir_path (f->dir));

  fixture_add_demo (f);
  tst_fake_answer (f->fake, S1 " Properties.GetAll", answer);
  fixture_run (f, "view --viewer \"echo 'a b'\" demo");
  g_assert_cmpstr (f->errors, ==, "");
  g_assert_cmpstr (f->output, ==, expected);
  fixture_run (f, "view -e echo ./some/trace");
  g_assert_cmpstr (f->output, ==, "./some/trace\n");
  fixture_run (f, "view -e false demo");
  g_assert_cmpint (f->status, ==, 1);
  fixture_run (f, "view -e no-such-viewer demo");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_true (g_str_has_prefix (f->errors, "no-such-viewer cannot be run: "));
  tst_fake_answer (f->fake, S1 " Properties.GetAll", "({'Output': <'/does/not/exist'>},)");
  fixture_run (f, "view -e echo demo");
  g_assert_cmpint (f->status, ==, 1);
  g_assert_nonnull (strstr (f->errors, "/does/not/exist"));
}

/* Asks bash what it would complete @line to. */
static void
assert_completes (Fixture *f, const char *line, const char *expected)
{
  g_autofree char *script = g_build_filename (g_getenv ("TRACEBUS_SOURCE"), "data", "tracebusctl.bash", NULL);
  g_autofree char *tools = tst_build_path ("client");
  g_autofree char *code = NULL;
  g_autofree char *completed = NULL;
  const char *argv[] = { "bash", "-c", NULL, "bash", line, NULL };
  g_autoptr(GError) error = NULL;

  code = g_strdup_printf ("PATH=%s:$PATH; . %s; COMP_LINE=$1; COMP_POINT=${#1}; _tracebusctl; echo \"${COMPREPLY[*]}\"",
                          tools, script);
  argv[2] = code;
  g_spawn_sync (NULL, (char **) argv, f->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &completed, NULL, NULL, &error);
  g_assert_no_error (error);
  g_strchomp (completed);
  g_assert_cmpstr (completed, ==, expected);
}

static void
completes_verbs_options_and_live_names (Fixture *f, gconstpointer data)
{
  tst_fake_answer (f->fake, GET_MANAGED, "({objectpath '" S1 "': {'org.tracebus1.Session': {" SESSION "}}},)");
  tst_fake_answer (f->fake, S1 " Properties.GetAll",
                   "({" SESSION ", 'Channels': <[objectpath '" S1 "/channel/1']>},)");
  tst_fake_answer (f->fake, S1 "/channel/1 Properties.GetAll", "({'Name': <'big'>},)");
  tst_fake_answer (f->fake, S1 "/channel/1 Channel.ListEventRules", "(@aa{sv} [],)");
  tst_fake_answer (f->fake, "/org/tracebus1 Manager.ListTracepoints",
                   "([{'name': <'prov:one'>, 'pid': <uint32 1>}, {'name': <'prov:one'>, "
                   "'pid': <uint32 2>}], @a{sv} {})");
  fixture_add_demo (f);
  assert_completes (f, "tracebusctl sta", "status start");
  assert_completes (f, "tracebusctl --se", "--session");
  assert_completes (f, "tracebusctl --session sto", "stop");
  assert_completes (f, "tracebusctl stop --no", "--no-wait");
  assert_completes (f, "tracebusctl start ", "demo");
  assert_completes (f, "tracebusctl enable-event -s de", "demo");
  assert_completes (f, "tracebusctl enable-event -c ", "big");
  assert_completes (f, "tracebusctl enable-event pr", "prov:one");
  assert_completes (f, "tracebusctl enable-event --loglevel TRACE_W", "TRACE_WARNING");
  assert_completes (f, "tracebusctl stop nothing-like-it", "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TST_ADD ("/client/ctl/shows-the-state-of-the-service", shows_the_state_of_the_service);
  TST_ADD ("/client/ctl/fails-where-a-part-is-stuck", fails_where_a_part_is_stuck);
  TST_ADD ("/client/ctl/shows-the-service-as-json", shows_the_service_as_json);
  TST_ADD ("/client/ctl/says-that-the-service-is-not-there", says_that_the_service_is_not_there);
  TST_ADD ("/client/ctl/lists-sessions-in-the-order-of-their-making", lists_sessions_in_the_order_of_their_making);
  TST_ADD ("/client/ctl/lists-a-session-with-its-channels-and-rules", lists_a_session_with_its_channels_and_rules);
  TST_ADD ("/client/ctl/lists-apps", lists_apps);
  TST_ADD ("/client/ctl/lists-tracepoints-with-their-fields", lists_tracepoints_with_their_fields);
  TST_ADD ("/client/ctl/hands-the-output-to-the-viewer", hands_the_output_to_the_viewer);
  TST_ADD ("/client/ctl/completes-verbs-options-and-live-names", completes_verbs_options_and_live_names);
  return g_test_run ();
}
