/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/ring-guard.h"

#include <errno.h>
#include <lttng/ust-ctl.h>
#include <lttng/ust-sigbus.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The head of a ring, in words of the machine from the position of writers on. A reference is two: which of the
 * process's memories, and where in it.
 */
enum {
  AT_COMMITS = 1,     /* references */
  AT_IDS = 6,
  AT_OWN_ID = 8,
  AT_COUNTS = 9,
  AT_PAGES = 11,
  AT_PACKETS = 13,
  AT_CHANNEL = 15,
  AT_CPU = 17,
  AT_ALLOCATED = 19,  /* a bit, and then room for what is to come */
  ROOM = 64,          /* bytes */
  AFTER_ROOM = 4,     /* references: commits as they were delivered, and times */
  READERS = 4,        /* after that */
  AT_SELF = 15,
};

/* Of a sub-buffer's pages. */
enum { PAGES_DATA = 4 };

typedef unsigned long Word;

/* Which of the library's calls a thread is in. */
typedef struct {
  sigjmp_buf before;
  volatile sig_atomic_t inside;
} Call;

static __thread Call call __attribute__ ((tls_model ("initial-exec")));

static const int faults[] = { SIGBUS, SIGSEGV, SIGFPE, SIGABRT };
enum { N_FAULTS = sizeof faults / sizeof faults[0] };
static struct sigaction before[N_FAULTS];

/* A file was cut that a ring is in: where it ends now, our own reading goes on in memory that says nothing. */
static bool
fill_in (void *address)
{
  size_t size = (size_t) sysconf (_SC_PAGESIZE);
  uint8_t *page = (uint8_t *) ((uintptr_t) address / size * size);

  return mmap (page, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page;
}

static void
on_fault (int number, siginfo_t *info, void *context)
{
  /* Returns where the library does not expect it; it need not then. */
  if (number == SIGBUS)
    lttng_ust_ctl_sigbus_handle (info->si_addr);
  if (call.inside)
    siglongjmp (call.before, 1);
  if (number == SIGBUS && info->si_code == BUS_ADRERR && fill_in (info->si_addr))
    return;
  /* Our own mistake: as without us, when it happens again. */
  for (size_t i = 0; i < N_FAULTS; i++)
    if (faults[i] == number)
      sigaction (number, &before[i], NULL);
  if (info->si_code <= 0)
    raise (number);
}

void
tc_ring_guard_install (void)
{
  /* The mask stays as it is, so that leaving by a jump changes nothing. */
  struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

  sigemptyset (&action.sa_mask);
  for (size_t i = 0; i < N_FAULTS; i++)
    sigaction (faults[i], &action, &before[i]);
}

static Word
word_at (const TcRingGuard *self, size_t offset)
{
  return __atomic_load_n ((const Word *) (const void *) (self->view->memory + offset), __ATOMIC_RELAXED);
}

static bool
is_reference (const TcRingGuard *self, size_t at, Word memory, size_t to)
{
  return word_at (self, at) == memory && word_at (self, at + sizeof (Word)) == to;
}

static void
add_part (TcRingGuard *self, size_t offset, size_t words)
{
  self->parts[self->n_parts++] = (TcRingPart) { offset, words * sizeof (Word) };
}

/* Whether @n elements of @size bytes from @offset on are in the memory. */
static bool
is_within (const TcRingGuard *self, size_t offset, size_t n, size_t size)
{
  return offset % sizeof (Word) == 0 && offset < self->view->len && n <= (self->view->len - offset) / size;
}

/* Finds what never changes. False: this is not the layout that is known here. */
static bool
find_parts (TcRingGuard *self)
{
  const TcRingView *view = self->view;
  size_t head = view->produced, word = sizeof (Word);
  size_t late = (head + AT_ALLOCATED * word + sizeof (int) + ROOM + word - 1) / word * word;
  size_t pages = word_at (self, head + (AT_PAGES + 1) * word);
  Word memory = word_at (self, head + AT_COMMITS * word);
  size_t n = view->num_subbuf + (view->overwrite ? 1 : 0);

  self->ids = word_at (self, head + (AT_IDS + 1) * word);
  self->own_id = head + AT_OWN_ID * word;
  self->stride = word;
  self->n_ids = view->num_subbuf;
  if (memory == 0 || !is_reference (self, head + AT_COMMITS * word, memory, view->commits)
      || !is_reference (self, late + AT_SELF * word, memory, 0) || !is_reference (self, head + AT_CHANNEL * word, 0, 0)
      || word_at (self, head + AT_IDS * word) != memory || word_at (self, head + AT_PAGES * word) != memory
      || word_at (self, head + AT_PACKETS * word) != memory || self->ids != view->ids || pages != view->pages
      || !is_within (self, self->ids, self->n_ids, word) || !is_within (self, pages, n, 2 * word))
    return false;
  add_part (self, 0, head / word);
  add_part (self, head + AT_COMMITS * word, 2);
  add_part (self, head + AT_IDS * word, 2);
  add_part (self, head + AT_COUNTS * word, AT_CPU - AT_COUNTS);
  add_part (self, late, AFTER_ROOM);
  add_part (self, late + AT_SELF * word, 2);
  add_part (self, pages, 2 * n);
  for (size_t i = 0; i < n; i++)
    {
      size_t at = word_at (self, pages + (2 * i + 1) * word);

      if (word_at (self, pages + 2 * i * word) != memory || !is_within (self, at, PAGES_DATA + 2, word))
        return false;
      add_part (self, at, 1);
      add_part (self, at + PAGES_DATA * word, 2);
    }
  return true;
}

static size_t
parts_len (const TcRingGuard *self)
{
  size_t len = 0;

  for (size_t i = 0; i < self->n_parts; i++)
    len += self->parts[i].len;
  return len;
}

static void
note (TcRingGuard *self)
{
  uint8_t *to = self->noted;

  for (size_t i = 0; i < self->n_parts; i++)
    {
      memcpy (to, self->view->memory + self->parts[i].offset, self->parts[i].len);
      to += self->parts[i].len;
    }
}

/* The library's own map begins as far before its packets as the memory does. */
static uint8_t *
find_library (const TcRingGuard *self)
{
  uint8_t *packets = lttng_ust_ctl_get_mmap_base (self->stream);
  size_t offset = word_at (self, self->view->produced + (AT_PACKETS + 1) * sizeof (Word));

  return packets != NULL && offset < self->view->len ? packets - offset : NULL;
}

int
tc_ring_guard_init (TcRingGuard *self, struct lttng_ust_ctl_consumer_stream *stream, const TcRingView *view)
{
  enum { HEAD_PARTS = 7, OF_EACH = 2 };

  *self = (TcRingGuard) { .stream = stream, .view = view };
  if (view->memory == NULL)
    return 0;
  self->parts = calloc (HEAD_PARTS + OF_EACH * (view->num_subbuf + 1), sizeof *self->parts);
  if (self->parts == NULL)
    return -1;
  if (!find_parts (self))
    {
      self->n_parts = 0;
      return 0;
    }
  self->noted = malloc (parts_len (self));
  if (self->noted == NULL)
    {
      tc_ring_guard_clear (self);
      errno = ENOMEM;
      return -1;
    }
  note (self);
  self->library = find_library (self);
  return 0;
}

void
tc_ring_guard_clear (TcRingGuard *self)
{
  free (self->parts);
  free (self->noted);
  *self = (TcRingGuard) { .stream = NULL };
}

/* The lower half of an id is a number of pages; the upper tells who has them. */
static bool
is_id (const TcRingGuard *self, size_t offset)
{
  const Word mask = ((Word) 1 << (4 * sizeof (Word))) - 1;

  return (word_at (self, offset) & mask) < self->n_ids + (self->view->overwrite ? 1 : 0);
}

static bool
is_unchanged (const TcRingGuard *self)
{
  const uint8_t *noted = self->noted;

  for (size_t i = 0; i < self->n_parts; i++)
    {
      if (memcmp (self->view->memory + self->parts[i].offset, noted, self->parts[i].len) != 0)
        return false;
      noted += self->parts[i].len;
    }
  for (size_t i = 0; i < self->n_ids && self->n_parts > 0; i++)
    if (!is_id (self, self->ids + i * self->stride))
      return false;
  return self->n_parts == 0 || is_id (self, self->own_id);
}

bool
tc_ring_guard_is_sound (TcRingGuard *self)
{
  if (!self->broken && !is_unchanged (self))
    self->broken = true;
  return !self->broken;
}

/* What the library was at when it was interrupted, it is no more. */
static void
forget_call (void)
{
  memset (&lttng_ust_sigbus_state, 0, sizeof lttng_ust_sigbus_state);
  call.inside = 0;
}

/* Asks the library by @ask, whose frame a fault leaves. */
static int
guarded (TcRingGuard *self, int (*ask) (TcRingGuard *self))
{
  int result;

  if (sigsetjmp (call.before, 0) != 0)
    {
      forget_call ();
      self->broken = true;
      return -EBADMSG;
    }
  call.inside = 1;
  result = ask (self);
  call.inside = 0;
  return result;
}

static int
ask_if_sound (TcRingGuard *self, int (*ask) (TcRingGuard *self))
{
  return tc_ring_guard_is_sound (self) ? guarded (self, ask) : -EBADMSG;
}

static int
ask_next (TcRingGuard *self)
{
  return lttng_ust_ctl_get_next_subbuf (self->stream);
}

int
tc_ring_guard_next (TcRingGuard *self)
{
  return ask_if_sound (self, ask_next);
}

static int
ask_offset (TcRingGuard *self)
{
  return lttng_ust_ctl_get_mmap_read_offset (self->stream, &self->offset);
}

int
tc_ring_guard_offset (TcRingGuard *self, unsigned long *offset)
{
  int result = ask_if_sound (self, ask_offset);

  *offset = self->offset;
  return result;
}

static int
ask_put (TcRingGuard *self)
{
  return lttng_ust_ctl_put_next_subbuf (self->stream);
}

int
tc_ring_guard_put (TcRingGuard *self)
{
  return ask_if_sound (self, ask_put);
}

static int
ask_put_back (TcRingGuard *self)
{
  return lttng_ust_ctl_put_subbuf (self->stream);
}

int
tc_ring_guard_put_back (TcRingGuard *self)
{
  return ask_if_sound (self, ask_put_back);
}

static int
ask_flush (TcRingGuard *self)
{
  lttng_ust_ctl_flush_buffer (self->stream, 1);
  return 0;
}

static int
ask_final_flush (TcRingGuard *self)
{
  lttng_ust_ctl_flush_buffer (self->stream, 0);
  return 0;
}

int
tc_ring_guard_flush (TcRingGuard *self, bool producer_active)
{
  return ask_if_sound (self, producer_active ? ask_flush : ask_final_flush);
}

static int
ask_close_write_end (TcRingGuard *self)
{
  return lttng_ust_ctl_stream_close_wakeup_fd (self->stream);
}

void
tc_ring_guard_close_write_end (TcRingGuard *self)
{
  (void) ask_if_sound (self, ask_close_write_end);
}

/* The library takes apart what it made, and not what apps have made of it. */
static void
give_own_memory (TcRingGuard *self)
{
  const size_t word = sizeof (Word);
  size_t late = self->n_parts > 0 ? self->parts[4].offset : 0;
  const uint8_t *noted = self->noted;
  const Word one = 1;

  if (self->library == NULL
      || mmap (self->library, self->view->len, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != self->library)
    return;
  for (size_t i = 0; i < self->n_parts; i++)
    {
      memcpy (self->library + self->parts[i].offset, noted, self->parts[i].len);
      noted += self->parts[i].len;
    }
  memcpy (self->library + late + READERS * word, &one, sizeof one);
}

static int
ask_destroy (TcRingGuard *self)
{
  lttng_ust_ctl_destroy_stream (self->stream);
  return 0;
}

void
tc_ring_guard_destroy (TcRingGuard *self)
{
  give_own_memory (self);
  (void) guarded (self, ask_destroy);
  tc_ring_guard_clear (self);
}
