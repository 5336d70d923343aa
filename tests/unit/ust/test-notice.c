/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications put together from bytes: by ones, in heaps, too long, and wrong. */
#include "base/error.h"
#include "base/limits.h"
#include "records.h"
#include "ust/notice.h"

#include <string.h>

static void
append_kind (GByteArray *out, guint32 kind)
{
  g_byte_array_append (out, (guint8 *) &kind, sizeof kind);
}

/* An event with a signature, two fields and an URI. */
static GByteArray *
event_bytes (void)
{
  const TstRecord fields[] = { tst_integer ("a", 8, FALSE), tst_integer ("b", 64, TRUE) };
  TbusUstEventNotice event = {
    .session_handle = 3, .channel_handle = 4, .name = "p:e", .loglevel = 6, .signature_len = 5,
    .fields_len = sizeof fields, .model_emf_uri_len = 4,
  };
  GByteArray *out = g_byte_array_new ();

  append_kind (out, TBUS_NOTICE_EVENT);
  g_byte_array_append (out, (guint8 *) &event, sizeof event);
  g_byte_array_append (out, (const guint8 *) "int a", 5);
  g_byte_array_append (out, (guint8 *) fields, sizeof fields);
  g_byte_array_append (out, (const guint8 *) "u:r", 4);
  return out;
}

static GByteArray *
channel_bytes (guint32 fields_len)
{
  TbusUstChannelNotice channel = { .session_handle = 7, .channel_handle = 8, .fields_len = fields_len };
  GByteArray *out = g_byte_array_new ();

  append_kind (out, TBUS_NOTICE_CHANNEL);
  g_byte_array_append (out, (guint8 *) &channel, sizeof channel);
  return out;
}

static GByteArray *
enum_bytes (guint n)
{
  TbusUstEnumNotice head = { .session_handle = 9, .name = "map", .entries_len = n * sizeof (TstEntry) };
  GByteArray *out = g_byte_array_new ();

  append_kind (out, TBUS_NOTICE_ENUM);
  g_byte_array_append (out, (guint8 *) &head, sizeof head);
  for (guint i = 0; i < n; i++)
    {
      TstEntry entry = tst_entry ("x", i, i);

      g_byte_array_append (out, (guint8 *) &entry, sizeof entry);
    }
  return out;
}

static void
assert_event (const TbusNotice *notice)
{
  const TstRecord *fields = notice->body;

  g_assert_cmpint (notice->kind, ==, TBUS_NOTICE_EVENT);
  g_assert_false (notice->too_large);
  g_assert_cmpuint (notice->session_handle, ==, 3);
  g_assert_cmpuint (notice->channel_handle, ==, 4);
  g_assert_cmpstr (notice->name, ==, "p:e");
  g_assert_cmpint (notice->loglevel, ==, 6);
  g_assert_cmpstr (notice->model_emf_uri, ==, "u:r");
  g_assert_cmpuint (notice->body_len, ==, 2 * sizeof *fields);
  g_assert_cmpstr (fields[1].name, ==, "b");
}

static TbusNoticeResult
take (TbusNoticeReader *reader, TbusNoticeInput *input, TbusNotice *notice)
{
  g_autoptr(GError) error = NULL;
  TbusNoticeResult result;

  tbus_notice_clear (notice);
  result = tbus_notice_reader_take (reader, input, notice, &error);
  g_assert_true ((result == TBUS_NOTICE_BROKEN) == (error != NULL));
  return result;
}

static void
reads_one_at_once (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  g_autoptr(GByteArray) bytes = event_bytes ();
  TbusNoticeInput input = { bytes->data, bytes->len };
  g_auto(TbusNotice) notice = { 0 };

  g_assert_cmpint (take (reader, &input, &notice), ==, TBUS_NOTICE_WHOLE);
  assert_event (&notice);
  g_assert_cmpuint (input.length, ==, 0);
  g_assert_cmpint (take (reader, &input, &notice), ==, TBUS_NOTICE_MORE);
}

static void
reads_byte_by_byte (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  g_autoptr(GByteArray) bytes = event_bytes ();
  g_auto(TbusNotice) notice = { 0 };

  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < bytes->len; i++)
      {
        TbusNoticeInput input = { bytes->data + i, 1 };
        gboolean last = i == bytes->len - 1;

        g_assert_cmpint (take (reader, &input, &notice), ==, last ? TBUS_NOTICE_WHOLE : TBUS_NOTICE_MORE);
        g_assert_cmpuint (input.length, ==, 0);
        if (last)
          assert_event (&notice);
      }
}

/* Whatever the cuts, the same notices come out. */
static void
reads_several_cut_anywhere (void)
{
  g_autoptr(GByteArray) event = event_bytes (), channel = channel_bytes (0), map = enum_bytes (3);
  g_autoptr(GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, event->data, event->len);
  g_byte_array_append (all, channel->data, channel->len);
  g_byte_array_append (all, map->data, map->len);
  for (guint cut = 0; cut <= all->len; cut++)
    {
      g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
      TbusNoticeInput parts[] = { { all->data, cut }, { all->data + cut, all->len - cut } };
      TbusNoticeKind expected[] = { TBUS_NOTICE_EVENT, TBUS_NOTICE_CHANNEL, TBUS_NOTICE_ENUM };
      g_auto(TbusNotice) notice = { 0 };
      guint n = 0;

      for (guint part = 0; part < G_N_ELEMENTS (parts); part++)
        while (take (reader, &parts[part], &notice) == TBUS_NOTICE_WHOLE)
          g_assert_cmpint (notice.kind, ==, expected[n++]);
      g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
      g_assert_cmpuint (notice.session_handle, ==, 9);
      g_assert_cmpuint (notice.body_len, ==, 3 * sizeof (TstEntry));
    }
}

static void
reads_past_what_is_too_large_and_goes_on (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  guint32 size = (TBUS_MAX_FIELDS + 1) * sizeof (TstRecord);
  g_autoptr(GByteArray) bytes = channel_bytes (size), next = event_bytes ();
  guint head = bytes->len;
  g_auto(TbusNotice) notice = { 0 };

  g_byte_array_set_size (bytes, head + size);
  memset (bytes->data + head, 0xff, size);
  g_byte_array_append (bytes, next->data, next->len);
  for (guint i = 0; i < bytes->len; i += 1000)
    {
      TbusNoticeInput input = { bytes->data + i, MIN (1000, bytes->len - i) };

      while (take (reader, &input, &notice) == TBUS_NOTICE_WHOLE)
        if (notice.kind == TBUS_NOTICE_CHANNEL)
          {
            g_assert_true (notice.too_large);
            g_assert_cmpuint (notice.session_handle, ==, 7);
            g_assert_cmpuint (notice.body_len, ==, 0);
          }
        else
          {
            assert_event (&notice);
            return;
          }
    }
  g_assert_not_reached ();
}

static void
gives_up_on_what_cannot_be_a_message (void)
{
  const guint32 unknown = 3;
  g_autoptr(GByteArray) huge = channel_bytes (TBUS_MAX_NOTICE + 1), most = channel_bytes (G_MAXUINT32);
  TbusNoticeInput inputs[] = {
    { (const guint8 *) &unknown, sizeof unknown }, { huge->data, huge->len }, { most->data, most->len },
  };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    {
      g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
      g_auto(TbusNotice) notice = { 0 };

      g_assert_cmpint (take (reader, &inputs[i], &notice), ==, TBUS_NOTICE_BROKEN);
    }
}

/* Three lengths that together pass 32 bits. */
static void
adds_lengths_up_without_overflow (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  g_autoptr(GByteArray) bytes = event_bytes ();
  TbusUstEventNotice *event = (TbusUstEventNotice *) (bytes->data + 4);
  TbusNoticeInput input = { bytes->data, bytes->len };
  g_auto(TbusNotice) notice = { 0 };

  event->signature_len = event->model_emf_uri_len = 0x80000000u;
  g_assert_cmpint (take (reader, &input, &notice), ==, TBUS_NOTICE_BROKEN);
}

static void
refuses_names_that_do_not_end (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  g_autoptr(GByteArray) bytes = event_bytes ();
  TbusUstEventNotice *event = (TbusUstEventNotice *) (bytes->data + 4);
  TbusNoticeInput input = { bytes->data, bytes->len }, again = input;
  g_auto(TbusNotice) notice = { 0 };

  memset (event->name, 'n', sizeof event->name);
  g_assert_cmpint (take (reader, &input, &notice), ==, TBUS_NOTICE_BROKEN);
  event->name[sizeof event->name - 1] = '\0';
  bytes->data[bytes->len - 1] = '!'; /* the URI's end is ours to set */
  g_assert_cmpint (take (reader, &again, &notice), ==, TBUS_NOTICE_WHOLE);
  g_assert_cmpuint (strlen (notice.name), ==, 255);
  g_assert_cmpstr (notice.model_emf_uri, ==, "u:r");
}

static void
refuses_records_that_are_not_whole (void)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  g_autoptr(GByteArray) bytes = event_bytes ();
  TbusNoticeInput input = { bytes->data, bytes->len };
  g_auto(TbusNotice) notice = { 0 };

  ((TbusUstEventNotice *) (bytes->data + 4))->fields_len += 1;
  g_assert_cmpint (take (reader, &input, &notice), ==, TBUS_NOTICE_BROKEN);
}

/* A reader that is fed noise gives notices or gives up, and never more than the noise held. */
static void
survives_random_bytes (void)
{
  guint8 noise[2048];
  guint whole = 0;

  for (guint round = 0; round < 3000; round++)
    {
      g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
      TbusNoticeInput input = { noise, sizeof noise };
      g_auto(TbusNotice) notice = { 0 };

      for (guint i = 0; i < sizeof noise; i++)
        noise[i] = g_test_rand_int_range (0, 40) == 0 ? g_test_rand_int () : 0;
      noise[0] = g_test_rand_int_range (0, 4);
      while (take (reader, &input, &notice) == TBUS_NOTICE_WHOLE)
        {
          g_assert_cmpuint (notice.body_len, <=, sizeof noise);
          whole++;
        }
    }
  g_assert_cmpuint (whole, >, 0);
}

/* As the tracer library reads them. */
static void
writes_answers (void)
{
  const TbusNoticeAnswer answer = { -22, 0x1122334455667788, 2 };
  guint8 out[TBUS_NOTICE_MAX_ANSWER];
  const TbusUstEventAnswer *event = (const TbusUstEventAnswer *) out;
  const TbusUstChannelAnswer *channel = (const TbusUstChannelAnswer *) out;
  const TbusUstEnumAnswer *map = (const TbusUstEnumAnswer *) out;

  g_assert_cmpuint (tbus_notice_answer (TBUS_NOTICE_EVENT, &answer, out), ==, 44);
  g_assert_cmpuint (event->cmd, ==, 0);
  g_assert_cmpint (event->ret_code, ==, -22);
  g_assert_cmphex (event->event_id, ==, 0x55667788);
  g_assert_cmpuint (tbus_notice_answer (TBUS_NOTICE_CHANNEL, &answer, out), ==, 48);
  g_assert_cmpuint (channel->cmd, ==, 1);
  g_assert_cmpuint (channel->header, ==, 2);
  g_assert_cmpuint (tbus_notice_answer (TBUS_NOTICE_ENUM, &answer, out), ==, 48);
  g_assert_cmpuint (map->cmd, ==, 2);
  g_assert_cmphex (map->enum_id, ==, 0x1122334455667788);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ust/notice/reads-one-at-once", reads_one_at_once);
  g_test_add_func ("/ust/notice/reads-byte-by-byte", reads_byte_by_byte);
  g_test_add_func ("/ust/notice/reads-several-cut-anywhere", reads_several_cut_anywhere);
  g_test_add_func ("/ust/notice/reads-past-what-is-too-large-and-goes-on", reads_past_what_is_too_large_and_goes_on);
  g_test_add_func ("/ust/notice/gives-up-on-what-cannot-be-a-message", gives_up_on_what_cannot_be_a_message);
  g_test_add_func ("/ust/notice/adds-lengths-up-without-overflow", adds_lengths_up_without_overflow);
  g_test_add_func ("/ust/notice/refuses-names-that-do-not-end", refuses_names_that_do_not_end);
  g_test_add_func ("/ust/notice/refuses-records-that-are-not-whole", refuses_records_that_are_not_whole);
  g_test_add_func ("/ust/notice/survives-random-bytes", survives_random_bytes);
  g_test_add_func ("/ust/notice/writes-answers", writes_answers);
  return g_test_run ();
}
