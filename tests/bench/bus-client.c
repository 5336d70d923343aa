/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bus-client: one connection to the system bus for many calls of org.tracebus1, so that a call costs what it costs and
 * no process. Says "ready" when the service is there; for each line "PATH<tab>INTERFACE<tab>METHOD<tab>ARGUMENTS",
 * where the last is a tuple as GVariant text, it says "NANOSECONDS<tab>ok<tab>ANSWER" or, in place of the two,
 * "error<tab>MESSAGE". Ends with stdin.
 */
#include <gio/gio.h>
#include <stdlib.h>

enum { FIELDS = 4 };

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
  g_main_loop_quit (data);
}

static void
wait_for_service (GDBusConnection *bus)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint watch = g_bus_watch_name_on_connection (bus, "org.tracebus1", G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, NULL,
                                                loop, NULL);

  g_main_loop_run (loop);
  g_bus_unwatch_name (watch);
}

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static void
call (GDBusConnection *bus, char **fields)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) arguments = g_variant_parse (NULL, fields[3], NULL, NULL, &error);
  g_autoptr(GVariant) answer = NULL;
  g_autofree char *text = NULL;
  gint64 began, took;

  if (arguments == NULL)
    {
      g_print ("0\terror\t%s\n", error->message);
      return;
    }
  began = now_ns ();
  answer = g_dbus_connection_call_sync (bus, "org.tracebus1", fields[0], fields[1], fields[2], arguments, NULL,
                                        G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &error);
  took = now_ns () - began;
  text = answer != NULL ? g_variant_print (answer, FALSE) : g_strdelimit (g_strdup (error->message), "\n\t", ' ');
  g_print ("%" G_GINT64_FORMAT "\t%s\t%s\n", took, answer != NULL ? "ok" : "error", text);
}

int
main (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  g_autoptr(GIOChannel) input = g_io_channel_unix_new (0);
  gsize end;
  char *line;

  if (bus == NULL)
    {
      g_printerr ("bus-client: %s\n", error->message);
      return EXIT_FAILURE;
    }
  wait_for_service (bus);
  g_print ("ready\n");
  while (g_io_channel_read_line (input, &line, NULL, &end, NULL) == G_IO_STATUS_NORMAL)
    {
      g_auto(GStrv) fields = NULL;

      line[end] = '\0';
      fields = g_strsplit (line, "\t", FIELDS);
      g_free (line);
      if (g_strv_length (fields) != FIELDS)
        return EXIT_FAILURE;
      call (bus, fields);
    }
  return EXIT_SUCCESS;
}
