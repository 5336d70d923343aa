/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>

static guint64 keys[2];

static void
init_keys (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  if (getrandom (keys, sizeof keys, GRND_NONBLOCK) != sizeof keys)
    {
      keys[0] = ((guint64) g_random_int () << 32) | g_random_int ();
      keys[1] = ((guint64) g_random_int () << 32) | g_random_int ();
    }
  g_once_init_leave (&done, 1);
}

/* Multiply, fold, rotate: each word reaches every bit of its lane in two rounds. */
static inline guint64
mix (guint64 lane, guint64 word, guint64 odd)
{
  lane = (lane ^ word) * odd;
  lane ^= lane >> 32;
  lane *= odd;
  return lane ^ (lane >> 29);
}

static inline void
add_word (TbusHash *self, guint64 word)
{
  self->low = mix (self->low, word, G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));
  self->high = mix (self->high, (word << 32) | (word >> 32), G_GUINT64_CONSTANT (0xd6e8feb86659fd93)) + self->low;
}

void
tbus_hash_get_key (guint64 key[2])
{
  init_keys ();
  memcpy (key, keys, sizeof keys);
}

void
tbus_hash_set_key (const guint64 key[2])
{
  init_keys ();
  memcpy (keys, key, sizeof keys);
}

TbusHash
tbus_hash_start (void)
{
  init_keys ();
  return (TbusHash){ keys[0], keys[1] };
}

void
tbus_hash_add (TbusHash *self, gconstpointer data, gsize length)
{
  const guint8 *bytes = data;
  guint64 word = 0;

  for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word)
    {
      memcpy (&word, bytes, sizeof word);
      add_word (self, word);
    }
  word = (guint64) length << 56;
  memcpy (&word, bytes, length);
  add_word (self, word);
}

void
tbus_hash_add_string (TbusHash *self, const char *text)
{
  tbus_hash_add (self, text, strlen (text) + 1);
}

void
tbus_hash_add_number (TbusHash *self, guint64 number)
{
  add_word (self, number);
}

guint
tbus_hash_table_hash (gconstpointer hash)
{
  return (guint) ((const TbusHash *) hash)->low;
}

gboolean
tbus_hash_table_equal (gconstpointer a, gconstpointer b)
{
  const TbusHash *x = a, *y = b;

  return x->low == y->low && x->high == y->high;
}
