/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to what is written to. */
#define _GNU_SOURCE
#include "chaos.h"

#include "support/mounts.h"

#include <errno.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { SPACE = 512 }; /* MiB, of which hardly any are ever written */

void
chaos_mount (Chaos *self)
{
  const char *why = NULL;

  self->mount = tst_output (self->service, chaos_kinds[0].name);
  if (tst_mount ("ext4", self->mount, SPACE, &why))
    return;
  g_test_message ("no disk is ever full: %s", why);
  g_clear_pointer (&self->mount, g_free);
}

void
chaos_unmount (Chaos *self)
{
  if (self->mount != NULL)
    tst_unmount (self->mount);
  g_clear_pointer (&self->mount, g_free);
}

void
chaos_fill_or_free_disk (Chaos *self, ChaosMember *member)
{
  g_autofree char *filler = self->mount != NULL ? g_build_filename (self->mount, "filler", NULL) : NULL;

  if (self->mount == NULL)
    return;
  if (self->full)
    g_assert_cmpint (g_unlink (filler), ==, 0);
  else
    tst_fill (filler);
  self->full = !self->full;
}

/* What is removed is put here first; nftw() has no user data. */
static struct {
  const char *output, *kept;
} removal;

static int
make_kept (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  g_autofree char *copy = g_strconcat (removal.kept, path + strlen (removal.output), NULL);

  if (type == FTW_D)
    return g_mkdir_with_parents (copy, 0700);
  return 0;
}

/*
 * Its metadata goes with a directory, and not before: a stream that is made in it meanwhile is kept with a metadata
 * file, too, in the next attempt.
 */
static int
remove_directory (const char *path, const char *kept)
{
  g_autofree char *metadata = g_build_filename (path, "metadata", NULL);
  g_autofree char *copy = g_build_filename (kept, "metadata", NULL);
  gboolean had = unlink (metadata) == 0;
  int result = rmdir (path), errnum = errno;

  if (result != 0 && had)
    (void) !link (copy, metadata); /* unless it has been made anew */
  errno = errnum;
  return result;
}

/* Whoever is writing to it goes on doing so. */
static int
keep_and_remove (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  g_autofree char *copy = g_strconcat (removal.kept, path + strlen (removal.output), NULL);

  if (type == FTW_DP)
    return remove_directory (path, copy);
  if (link (path, copy) != 0)
    return -1;
  return g_str_has_suffix (path, "/metadata") ? 0 : unlink (path);
}

/* Returns: 0, or -1 with errno. */
static int
try_to_remove (ChaosSession *session)
{
  g_autofree char *kept = g_strdup_printf ("%s/kept-%u", session->folder, session->removals++);

  removal.output = session->output;
  removal.kept = kept;
  if (nftw (session->output, make_kept, 16, FTW_PHYS) != 0)
    return -1;
  return nftw (session->output, keep_and_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* As often as something is made in it meanwhile. */
static void
remove_output (ChaosSession *session)
{
  while (try_to_remove (session) != 0)
    if (errno != ENOTEMPTY && errno != ENOENT)
      g_error ("%s: %s", session->output, g_strerror (errno));
    else if (g_access (session->output, F_OK) < 0)
      break;
}

static void
remove_or_make (ChaosSession *session)
{
  if (session->gone) /* a consumer that came meanwhile may have made it */
    g_assert_cmpint (g_mkdir_with_parents (session->output, 0700), ==, 0);
  else
    remove_output (session);
  session->gone = !session->gone;
}

void
chaos_remove_or_make_output (Chaos *self, ChaosMember *member)
{
  /* Nobody can make a directory where there is no room for one. */
  guint i = g_rand_int_range (self->random, self->full ? 1 : 0, CHAOS_SESSIONS);

  remove_or_make (&self->sessions[i]);
}

static gboolean
is_fine (Chaos *self, guint i)
{
  static const char *const codes[] = { "no-space", "output-gone", "write-failed", "consumer-restarting" };

  for (guint j = 0; j < G_N_ELEMENTS (codes); j++)
    if (tst_has_problem (self->service, self->sessions[i].path, codes[j]))
      return FALSE;
  return TRUE;
}

void
chaos_calm_down (Chaos *self)
{
  if (self->full)
    chaos_fill_or_free_disk (self, NULL);
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    {
      if (self->sessions[i].gone)
        remove_or_make (&self->sessions[i]);
      tst_wait_until (self->service, is_fine (self, i));
    }
}
