/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>

static guint64 keys[2];
static guint64 factors[2]; /* made of the keys */

/* As secret as @word, and nothing like it. */
static guint64
scatter (guint64 word)
{
  word = (word ^ (word >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  word = (word ^ (word >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return word ^ (word >> 31);
}

static void
set_keys (const guint64 key[2])
{
  for (guint i = 0; i < 2; i++)
    {
      keys[i] = key[i];
      factors[i] = scatter (key[i]);
    }
}

static void
init_keys (void)
{
  static gsize done;
  guint64 key[2];

  if (!g_once_init_enter (&done))
    return;
  if (getrandom (key, sizeof key, GRND_NONBLOCK) != sizeof key)
    {
      key[0] = ((guint64) g_random_int () << 32) | g_random_int ();
      key[1] = ((guint64) g_random_int () << 32) | g_random_int ();
    }
  set_keys (key);
  g_once_init_leave (&done, 1);
}

/* All bits of the product of two words in one: each bit of either reaches half of the others. */
static inline guint64
fold (guint64 a, guint64 b)
{
#ifdef __SIZEOF_INT128__
  unsigned __int128 product = (unsigned __int128) a * b;

  return (guint64) product ^ (guint64) (product >> 64);
#else
  guint64 low_a = (guint32) a, high_a = a >> 32, low_b = (guint32) b, high_b = b >> 32;
  guint64 middle = high_a * low_b + (low_a * low_b >> 32);
  guint64 other = low_a * high_b + (guint32) middle;

  return (a * b) ^ (high_a * high_b + (middle >> 32) + (other >> 32));
#endif
}

/* Both factors hold a part of the key, so that nobody can tell how a change of a word spreads, or make one zero. */
static inline void
add_words (TbusHash *self, guint64 first, guint64 second)
{
  self->low = fold (self->low ^ first, factors[0] ^ second);
  self->high = fold (self->high ^ second, factors[1] ^ first) + self->low;
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
  set_keys (key);
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
  guint64 words[2];
  guint8 tail[sizeof words] = { 0 };

  for (; length >= sizeof words; bytes += sizeof words, length -= sizeof words)
    {
      memcpy (words, bytes, sizeof words);
      add_words (self, words[0], words[1]);
    }
  memcpy (tail, bytes, length);
  tail[sizeof tail - 1] = (guint8) length;
  memcpy (words, tail, sizeof words);
  add_words (self, words[0], words[1]);
}

void
tbus_hash_add_string (TbusHash *self, const char *text)
{
  tbus_hash_add (self, text, strlen (text) + 1);
}

void
tbus_hash_add_number (TbusHash *self, guint64 number)
{
  add_words (self, number, 0);
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
