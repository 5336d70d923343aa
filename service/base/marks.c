/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/marks.h"

#include "base/fd-store.h"
#include "base/limits.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "marks"

typedef struct {
  guint32 words[TBUS_N_MARKS]; /* atomic */
} Slot;

enum { N_SLOTS = TBUS_MAX_APPS + 1 }; /* none has number 0 */

static Slot *slots;
static GMutex lock;
/* Under the lock. */
static guint8 *taken; /* a byte a slot */
static guint search;  /* where the next search begins */

static Slot *
map_slots (int fd)
{
  void *memory = mmap (NULL, N_SLOTS * sizeof (Slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  return memory != MAP_FAILED ? memory : NULL;
}

static Slot *
adopt_slots (void)
{
  int fd = tbus_fd_store_take (NAME);
  Slot *found = NULL;
  struct stat status;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &status) == 0 && status.st_size == N_SLOTS * sizeof (Slot))
    found = map_slots (fd);
  close (fd);
  if (found == NULL)
    tbus_fd_store_drop (NAME);
  return found;
}

static Slot *
make_slots (void)
{
  int fd = memfd_create ("tracebus-marks", MFD_CLOEXEC);
  Slot *made = NULL;

  if (fd < 0)
    return NULL;
  if (ftruncate (fd, N_SLOTS * sizeof (Slot)) == 0)
    made = map_slots (fd);
  if (made != NULL)
    tbus_fd_store_keep (NAME, geteuid (), fd);
  close (fd);
  return made;
}

gboolean
tbus_marks_init (void)
{
  slots = adopt_slots ();
  if (slots == NULL)
    slots = make_slots ();
  if (slots != NULL)
    taken = g_new0 (guint8, N_SLOTS);
  return slots != NULL;
}

/* Whoever had it last may have died in the middle. */
static void
make_even (guint slot)
{
  for (TbusMark which = 0; which < TBUS_N_MARKS; which++)
    if (tbus_mark_get (slot, which) % 2 != 0)
      tbus_mark_step (slot, which);
}

guint
tbus_mark_take (void)
{
  guint found = 0;

  if (slots == NULL)
    return 0;
  g_mutex_lock (&lock);
  for (guint i = 0; i < TBUS_MAX_APPS && found == 0; i++)
    {
      guint slot = 1 + (search + i) % TBUS_MAX_APPS;

      if (!taken[slot])
        found = slot;
    }
  if (found != 0)
    {
      taken[found] = TRUE;
      search = found;
    }
  g_mutex_unlock (&lock);
  if (found != 0)
    make_even (found);
  return found;
}

gboolean
tbus_mark_claim (guint slot)
{
  gboolean free = FALSE;

  if (slots == NULL || slot == 0 || slot >= N_SLOTS)
    return FALSE;
  g_mutex_lock (&lock);
  free = !taken[slot];
  taken[slot] = TRUE;
  g_mutex_unlock (&lock);
  return free;
}

void
tbus_mark_give (guint slot)
{
  if (slot == 0)
    return;
  g_mutex_lock (&lock);
  taken[slot] = FALSE;
  search = MIN (search, slot - 1);
  g_mutex_unlock (&lock);
}

void
tbus_mark_step (guint slot, TbusMark which)
{
  if (slot != 0)
    __atomic_add_fetch (&slots[slot].words[which], 1, __ATOMIC_SEQ_CST);
}

guint32
tbus_mark_get (guint slot, TbusMark which)
{
  return slot != 0 ? __atomic_load_n (&slots[slot].words[which], __ATOMIC_SEQ_CST) : 0;
}
