/* SPDX-License-Identifier: GPL-2.0-only */
/* The codec: what is put comes out again, and nothing that a peer writes makes a reader leave its buffer. */
#include "wire/codec.h"

#include <glib.h>
#include <string.h>

static TwReader
reader_of (const TwWriter *writer)
{
  return (TwReader) { .data = writer->data, .len = writer->len };
}

static void
gives_back_what_was_put (void)
{
  TwWriter out = { 0 };
  TwReader in;
  size_t len;
  const void *blob;

  tw_put_u32 (&out, G_MAXUINT32);
  tw_put_u64 (&out, G_MAXUINT64);
  tw_put_i64 (&out, G_MININT64);
  tw_put_str (&out, "caf\xc3\xa9");
  tw_put_str (&out, NULL);
  tw_put_blob (&out, "a\0b", 3);
  tw_put_blob (&out, NULL, 0);
  in = reader_of (&out);

  g_assert_cmpuint (tw_get_u32 (&in), ==, G_MAXUINT32);
  g_assert_cmpuint (tw_get_u64 (&in), ==, G_MAXUINT64);
  g_assert_cmpint (tw_get_i64 (&in), ==, G_MININT64);
  g_assert_cmpstr (tw_get_str (&in), ==, "caf\xc3\xa9");
  g_assert_cmpstr (tw_get_str (&in), ==, "");
  blob = tw_get_blob (&in, &len);
  g_assert_cmpmem (blob, len, "a\0b", 3);
  g_assert_false (tw_reader_done (&in));
  tw_get_blob (&in, &len);
  g_assert_cmpuint (len, ==, 0);
  g_assert_true (tw_reader_done (&in));
  tw_writer_clear (&out);
}

static void
fails_at_every_cut (void)
{
  TwWriter out = { 0 };

  tw_put_u32 (&out, 1);
  tw_put_str (&out, "name");
  tw_put_u64 (&out, 2);
  for (size_t cut = 0; cut < out.len; cut++)
    {
      /* An exact copy, so that a sanitizer sees a read behind the end. */
      g_autofree guint8 *copy = g_memdup2 (out.data, cut);
      TwReader in = { .data = copy, .len = cut };

      tw_get_u32 (&in);
      tw_get_str (&in);
      tw_get_u64 (&in);
      g_assert_true (in.failed);
      g_assert_false (tw_reader_done (&in));
    }
  tw_writer_clear (&out);
}

static void
answers_zero_after_a_failure (void)
{
  TwWriter out = { 0 };
  TwReader in;
  size_t len = 7;

  tw_put_u32 (&out, 1000); /* the length of a string that is not there */
  tw_put_u64 (&out, 5);
  in = reader_of (&out);

  g_assert_cmpstr (tw_get_str (&in), ==, "");
  g_assert_cmpuint (tw_get_u64 (&in), ==, 0);
  g_assert_cmpuint (tw_get_u32 (&in), ==, 0);
  g_assert_null (tw_get_blob (&in, &len));
  g_assert_cmpuint (len, ==, 0);
  g_assert_cmpstr (tw_get_str (&in), ==, "");
  tw_writer_clear (&out);
}

static void
refuses_strings_without_their_nul (void)
{
  static const struct { const char *data; size_t len; } bad[] = { { "abc", 3 }, { "a\0c", 4 }, { "", 0 }, { "\0", 2 } };

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      TwWriter out = { 0 };
      TwReader in;

      tw_put_blob (&out, bad[i].data, bad[i].len);
      in = reader_of (&out);
      g_assert_cmpstr (tw_get_str (&in), ==, "");
      g_assert_true (in.failed);
      tw_writer_clear (&out);
    }
}

static void
grows_to_megabytes (void)
{
  g_autofree guint8 *data = g_malloc (3 << 20);
  TwWriter out = { 0 };
  TwReader in;
  size_t len;
  const void *blob;

  memset (data, 0x5a, 3 << 20);
  tw_put_u32 (&out, 1);
  tw_put_blob (&out, data, 3 << 20);
  g_assert_false (out.failed);
  in = reader_of (&out);
  tw_get_u32 (&in);
  blob = tw_get_blob (&in, &len);
  g_assert_cmpmem (blob, len, data, 3 << 20);
  tw_writer_clear (&out);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/codec/gives-back-what-was-put", gives_back_what_was_put);
  g_test_add_func ("/wire/codec/fails-at-every-cut", fails_at_every_cut);
  g_test_add_func ("/wire/codec/answers-zero-after-a-failure", answers_zero_after_a_failure);
  g_test_add_func ("/wire/codec/refuses-strings-without-their-nul", refuses_strings_without_their_nul);
  g_test_add_func ("/wire/codec/grows-to-megabytes", grows_to_megabytes);
  return g_test_run ();
}
