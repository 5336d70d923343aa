/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/peer.h"

#include "support/child.h"
#include "support/dir.h"

#include <string.h>

static char *
source_path (const char *name)
{
  const char *root = g_getenv ("TRACEBUS_SOURCE");

  if (root == NULL)
    g_error ("TRACEBUS_SOURCE is not set: run this test by meson test");
  return g_build_filename (root, name, NULL);
}

/* Where it may not, or lttng-tools is not there, a sentence says so in place of a number. */
void
tst_peer_tell (const char *fault)
{
  g_autofree char *namespace = source_path ("tests/support/in-namespace.sh");
  g_autofree char *script = source_path ("tests/trace/lttng-faults.py");
  g_autofree char *build = tst_build_path ("");
  g_autofree char *patience = g_strdup_printf ("%d", TST_PATIENCE_MS / 2000);
  const char *argv[] = { "sh", "-c", "\"$@\" 2>/dev/null; echo; echo over", "sh", "timeout", "--signal=KILL", patience,
                         namespace, script, build, fault, NULL };
  g_autoptr(TstChild) peer = tst_child_start (argv, NULL);
  static const char skip[] = "1..0 # SKIP ";
  char *line;

  while (!g_str_equal (line = tst_child_wait_line (peer, ""), "over"))
    {
      if (*line != '\0')
        g_test_message ("lttng-tools, %s: %s", fault, g_str_has_prefix (line, skip) ? line + strlen (skip) : line);
      g_free (line);
    }
  g_free (line);
}
