/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-scribble WHAT [SEED]: registers, says "ready"; each line "go N" emits N ticks, and each line "harm N" does N
 * rounds of WHAT to the memory and the pipes that it was given to be recorded with, and says "done"; ends with stdin.
 * Having done harm it does not tick any more: it could not trust its own tracer.
 */
#define _GNU_SOURCE
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_RINGS = 256, PAGE = 4096, HEAD = 4 * PAGE, HEADER = 84 };

/* A buffer of one cpu, as its own first bytes describe it. */
typedef struct {
  uint8_t *memory;
  size_t len;
  struct {
    uint8_t magic[16];
    uint64_t length;
    uint16_t endian, major, minor;
    uint8_t word_size, layout;
    uint32_t produced, consumed, commit_array, commit_sequence, ids, id, packets, packet_offset, page_offset,
      content_size, packet_size;
    uint8_t sizes[8];
    uint32_t commit_stride, id_stride, packet_stride;
    uint64_t buffer_size, subbuf_size, num_subbuf;
    uint32_t mode;
  } __attribute__ ((packed)) record;
} Ring;

static Ring rings[MAX_RINGS];
static unsigned n_rings;
static uint64_t state;

static uint64_t
random_number (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* What arithmetic on sizes goes wrong with. */
static uint64_t
evil_number (const Ring *ring)
{
  const uint64_t numbers[] = {
    0, 1, 7, PAGE, ring->record.subbuf_size, ring->record.subbuf_size - 1, 8 * ring->record.subbuf_size,
    ring->record.buffer_size, ring->len, ring->len - 1, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 7,
    UINT64_MAX - ring->record.subbuf_size + 1, random_number (),
  };

  return numbers[random_number () % (sizeof numbers / sizeof numbers[0])];
}

static void
find_rings (void)
{
  static const uint8_t magic[4] = { 0x17, 0x7b, 0xf1, 0x77 };
  FILE *maps = fopen ("/proc/self/maps", "re");
  char line[512];

  n_rings = 0;
  while (maps != NULL && n_rings < MAX_RINGS && fgets (line, sizeof line, maps) != NULL)
    {
      Ring *ring = &rings[n_rings];
      unsigned long begin, end;

      if (strstr (line, "/memfd:") == NULL || sscanf (line, "%lx-%lx rw-s", &begin, &end) != 2
          || end - begin < sizeof ring->record)
        continue;
      ring->memory = (uint8_t *) begin;
      ring->len = end - begin;
      memcpy (&ring->record, ring->memory, sizeof ring->record);
      n_rings += memcmp (ring->record.magic, magic, sizeof magic) == 0 && ring->record.subbuf_size > 0;
    }
  if (maps != NULL)
    fclose (maps);
}

static void
put_word (Ring *ring, size_t offset, uint64_t value)
{
  if (offset <= ring->len - sizeof value)
    memcpy (ring->memory + offset, &value, sizeof value);
}

static void
scribble (Ring *ring, size_t from, size_t len, unsigned n)
{
  for (; n > 0; n--)
    put_word (ring, from + random_number () % len, random_number () % 4 == 0 ? random_number () : evil_number (ring));
}

static void
harm_head (Ring *ring)
{
  scribble (ring, 0, HEAD, 64);
}

/* Each word of the first pages in turn, alone. */
static void
harm_words (Ring *ring)
{
  static size_t at;

  put_word (ring, at % HEAD, evil_number (ring));
  at += sizeof (long);
}

static void
harm_counters (Ring *ring)
{
  put_word (ring, ring->record.produced, evil_number (ring));
  put_word (ring, ring->record.consumed, evil_number (ring));
  for (uint64_t i = 0; i < ring->record.num_subbuf; i++)
    put_word (ring, ring->record.commit_array + i * ring->record.commit_stride
                + random_number () % ring->record.commit_stride / sizeof (long) * sizeof (long), evil_number (ring));
}

/* Which pages are whose. */
static void
harm_table (Ring *ring)
{
  for (uint64_t i = 0; i < ring->record.num_subbuf; i++)
    {
      put_word (ring, ring->record.ids + i * ring->record.id_stride + ring->record.id, evil_number (ring));
      put_word (ring, ring->record.packets + i * ring->record.packet_stride + ring->record.packet_offset,
                evil_number (ring));
    }
}

/* Where packets begin: every page may be such a place. */
static void
harm_headers (Ring *ring)
{
  for (size_t page = HEAD; page + PAGE <= ring->len; page += PAGE)
    scribble (ring, page, HEADER, 4);
}

/* Only sizes and times, so that the rest of the header convinces. */
static void
harm_sizes (Ring *ring)
{
  for (size_t page = PAGE; page + PAGE <= ring->len; page += PAGE)
    if (ring->memory[page] == 0xc1 && ring->memory[page + 1] == 0x1f)
      put_word (ring, page + 32 + 8 * (random_number () % 6), evil_number (ring));
}

static void
harm_data (Ring *ring)
{
  scribble (ring, HEAD, ring->len - HEAD, 4096);
}

static void
harm_all (Ring *ring)
{
  scribble (ring, 0, ring->len, 4096);
}

static void
harm_mapping (Ring *ring)
{
  munmap (ring->memory, ring->len);
}

/* Calls @visit for each of the process's own descriptors that is @type. */
static void
visit_descriptors (mode_t type, void (*visit) (int fd))
{
  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
    {
      struct stat about;

      if (fstat (fd, &about) == 0 && (about.st_mode & S_IFMT) == type)
        visit (fd);
    }
}

static void
poke (int fd)
{
  (void) !write (fd, "", 1);
}

static void
flood (int fd)
{
  static const char bytes[65536];

  (void) !write (fd, bytes, sizeof bytes);
}

static void
close_it (int fd)
{
  close (fd);
}

/* The memory itself: shorter, longer, with a hole, or such that nobody else can map it. None of it must work. */
static void
cut (int fd)
{
  if ((fcntl (fd, F_GET_SEALS) & F_SEAL_SHRINK) == 0)
    return; /* no ring */
  if (ftruncate (fd, 0) == 0 || ftruncate (fd, 1 << 30) == 0 || fcntl (fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0)
    app_say ("the memory could be changed");
  (void) fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20);
}

static const struct {
  const char *name;
  void (*ring) (Ring *ring);
  mode_t type;
  void (*descriptor) (int fd);
} harms[] = {
  { "head", harm_head }, { "words", harm_words }, { "counters", harm_counters }, { "table", harm_table },
  { "headers", harm_headers }, { "sizes", harm_sizes }, { "data", harm_data }, { "all", harm_all },
  { "mapping", harm_mapping }, { "memory", NULL, S_IFREG, cut }, { "flood", NULL, S_IFIFO, flood },
  { "pipes", NULL, S_IFIFO, close_it },
};

static bool
do_harm (const char *what, long rounds)
{
  size_t i = 0;

  while (i < sizeof harms / sizeof harms[0] && strcmp (harms[i].name, what) != 0)
    i++;
  if (i == sizeof harms / sizeof harms[0])
    return false;
  find_rings ();
  for (; rounds > 0; rounds--)
    {
      for (unsigned ring = 0; ring < n_rings && harms[i].ring != NULL; ring++)
        harms[i].ring (&rings[ring]);
      if (harms[i].descriptor != NULL)
        visit_descriptors (harms[i].type, harms[i].descriptor);
      visit_descriptors (S_IFIFO, poke);
      sched_yield ();
    }
  return true;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "all";
  char line[64];
  uint64_t seq = 0;

  signal (SIGPIPE, SIG_IGN);
  state = (uint64_t) app_argument (argc, argv, 2, 1) * 0x9e3779b97f4a7c15u | 1;
  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      long n = app_command (line, "go");

      for (; n > 0; n--)
        lttng_ust_tracepoint (tbtest, tick, seq++, "hostile");
      n = app_command (line, "harm");
      if (n >= 0 && !do_harm (what, n))
        {
          app_say ("unknown: %s", what);
          return 2;
        }
      app_say ("done");
    }
  /* What its own tracer would find at the end is nobody's concern. */
  _exit (0);
}
