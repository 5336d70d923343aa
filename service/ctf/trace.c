/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/trace.h"

#include "ctf/text.h"

#include <string.h>

#define NS_PER_S G_GINT64_CONSTANT (1000000000)

static void
append_uuid (GString *out, const guint8 uuid[16])
{
  static const char digits[] = "0123456789abcdef";

  g_string_append_c (out, '"');
  for (guint i = 0; i < 16; i++)
    {
      if (i == 4 || i == 6 || i == 8 || i == 10)
        g_string_append_c (out, '-');
      g_string_append_c (out, digits[uuid[i] >> 4]);
      g_string_append_c (out, digits[uuid[i] & 15]);
    }
  g_string_append_c (out, '"');
}

static void
append_alias (GString *out, const char *name, guint32 size, guint32 alignment)
{
  g_string_append_printf (out, "typealias integer { size = %u; align = %u; signed = false; } := %s;\n", size, alignment,
                          name);
}

static void
append_aliases (GString *out, const TbusAbi *abi)
{
  append_alias (out, "uint8_t", 8, abi->align_u8);
  append_alias (out, "uint16_t", 16, abi->align_u16);
  append_alias (out, "uint32_t", 32, abi->align_u32);
  append_alias (out, "uint64_t", 64, abi->align_u64);
  append_alias (out, "unsigned long", abi->bits_per_long, abi->align_long);
  append_alias (out, "uint5_t", 5, 1);
  append_alias (out, "uint27_t", 27, 1);
}

static void
append_trace (GString *out, const TbusCtfTrace *trace)
{
  g_string_append (out, "\ntrace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = ");
  append_uuid (out, trace->uuid);
  g_string_append_printf (out, ";\n\tbyte_order = %s;\n", trace->abi.little_endian ? "le" : "be");
  g_string_append (out, "\tpacket.header := struct {\n"
                        "\t\tuint32_t magic;\n"
                        "\t\tuint8_t uuid[16];\n"
                        "\t\tuint32_t stream_id;\n"
                        "\t\tuint64_t stream_instance_id;\n"
                        "\t};\n};\n");
}

static void
append_env (GString *out, const TbusCtfEnv *env)
{
  g_string_append (out, "\nenv {\n");
  for (; env->name != NULL; env++)
    {
      g_string_append_printf (out, "\t%s = ", env->name);
      if (env->text != NULL)
        tbus_ctf_append_string (out, env->text);
      else
        g_string_append_printf (out, "%" G_GINT64_FORMAT, env->number);
      g_string_append (out, ";\n");
    }
  g_string_append (out, "};\n");
}

static gboolean
is_keyword (const char *word)
{
  static const char *const keywords[] = {
    "_Bool", "_Complex", "_Imaginary", "align", "callsite", "char", "clock", "const", "double", "enum", "env", "event",
    "float", "floating_point", "int", "integer", "long", "short", "signed", "stream", "string", "struct", "trace",
    "typealias", "typedef", "unsigned", "variant", "void", NULL
  };

  return g_strv_contains (keywords, word);
}

/* A clock has the name that users know it by, wherever the language allows it. */
static char *
clock_identifier (const char *name)
{
  GString *safe = g_string_new (NULL);

  tbus_ctf_append_identifier (safe, name);
  if (!g_ascii_isdigit (name[0]) && !is_keyword (name) && strcmp (safe->str + 1, name) == 0 && name[0] != '\0')
    g_string_erase (safe, 0, 1);
  return g_string_free (safe, FALSE);
}

static void
append_clock_alias (GString *out, const char *clock, guint32 size, guint32 alignment)
{
  g_string_append_printf (out, "\ntypealias integer {\n\tsize = %u; align = %u; signed = false;\n"
                               "\tmap = clock.%s.value;\n} := uint%u_clock_monotonic_t;\n",
                          size, alignment, clock, size);
}

static gboolean
has_uuid (const TbusCtfClock *clock)
{
  static const guint8 nil[16];

  return memcmp (clock->uuid, nil, sizeof nil) != 0;
}

#define CLOCK_BEGIN "\nclock {\n\tname = "
#define CLOCK_END "\n};\n"

static void
append_clock (GString *out, const TbusCtfClock *clock, const char *name)
{
  /* In cycles of the clock, which need not be nanoseconds. */
  gint64 offset = (gint64) ((__int128) clock->offset * (__int128) clock->frequency / NS_PER_S);

  g_string_append (out, CLOCK_BEGIN);
  tbus_ctf_append_string (out, name);
  if (has_uuid (clock))
    {
      g_string_append (out, ";\n\tuuid = ");
      append_uuid (out, clock->uuid);
    }
  g_string_append (out, ";\n\tdescription = ");
  tbus_ctf_append_string (out, clock->description);
  g_string_append_printf (out, ";\n\tfreq = %" G_GUINT64_FORMAT ";\n\toffset = %" G_GINT64_FORMAT ";" CLOCK_END,
                          clock->frequency, offset);
}

gsize
tbus_ctf_append_with_clock (GString *out, const char *text, gsize length, const TbusCtfClock *clock)
{
  g_autofree char *name = clock_identifier (clock->name);
  const char *begin = g_strstr_len (text, length, CLOCK_BEGIN); /* strings have no newlines in them */
  const char *end = begin != NULL ? g_strstr_len (begin, length - (begin - text), CLOCK_END) : NULL;

  if (end == NULL)
    return 0;
  g_string_append_len (out, text, begin - text);
  append_clock (out, clock, name);
  return end + strlen (CLOCK_END) - text;
}

static void
append_packet_context (GString *out)
{
  g_string_append (out, "\nstruct packet_context {\n"
                        "\tuint64_clock_monotonic_t timestamp_begin;\n"
                        "\tuint64_clock_monotonic_t timestamp_end;\n"
                        "\tuint64_t content_size;\n"
                        "\tuint64_t packet_size;\n"
                        "\tuint64_t packet_seq_num;\n"
                        "\tunsigned long events_discarded;\n"
                        "\tuint32_t cpu_id;\n"
                        "};\n");
}

/* @bits: of the short time stamp. The id after the last short one announces a whole id and a whole time stamp. */
static void
append_event_header (GString *out, const char *name, const char *id_type, guint32 last_short, guint32 bits)
{
  g_string_append_printf (out, "\nstruct event_header_%s {\n"
                               "\tenum : %s { compact = 0 ... %u, extended = %u } id;\n"
                               "\tvariant <id> {\n"
                               "\t\tstruct {\n"
                               "\t\t\tuint%u_clock_monotonic_t timestamp;\n"
                               "\t\t} compact;\n",
                          name, id_type, last_short, last_short + 1, bits);
  g_string_append (out, "\t\tstruct {\n"
                        "\t\t\tuint32_t id;\n"
                        "\t\t\tuint64_clock_monotonic_t timestamp;\n"
                        "\t\t} extended;\n"
                        "\t} v;\n");
}

void
tbus_ctf_append_preamble (GString *out, const TbusCtfTrace *trace)
{
  g_autofree char *clock = clock_identifier (trace->clock->name);

  g_string_append (out, "/* CTF 1.8 */\n\n");
  append_aliases (out, &trace->abi);
  append_trace (out, trace);
  append_env (out, trace->env);
  append_clock (out, trace->clock, clock);
  append_clock_alias (out, clock, 27, 1);
  append_clock_alias (out, clock, 32, trace->abi.align_u32);
  append_clock_alias (out, clock, 64, trace->abi.align_u64);
  append_packet_context (out);
  append_event_header (out, "compact", "uint5_t", 30, 27);
  g_string_append_printf (out, "} align(%u);\n", trace->abi.align_u32);
  append_event_header (out, "large", "uint16_t", 65534, 32);
  g_string_append_printf (out, "} align(%u);\n", trace->abi.align_u16);
}

static void
append_number (GString *out, const char *key, guint64 value)
{
  g_string_append (out, key);
  tbus_ctf_append_uint (out, value);
  g_string_append (out, ";\n");
}

gboolean
tbus_ctf_append_stream (GString *out, const TbusCtfStream *stream, TbusCtfEnumFunc find_enum, gpointer data,
                        GError **error)
{
  const GPtrArray *context = stream->context;
  gsize length = out->len;

  append_number (out, "\nstream {\n\tid = ", stream->id);
  g_string_append (out, "\tevent.header := struct event_header_");
  g_string_append (out, stream->header == TBUS_CTF_HEADER_COMPACT ? "compact" : "large");
  g_string_append (out, ";\n\tpacket.context := struct packet_context;\n");
  if (context != NULL && context->len > 0)
    {
      g_string_append (out, "\tevent.context := struct {\n");
      if (!tbus_ctf_append_fields (out, 2, context, find_enum, data, error))
        {
          g_string_truncate (out, length);
          return FALSE;
        }
      g_string_append (out, "\t};\n");
    }
  g_string_append (out, "};\n");
  return TRUE;
}

gboolean
tbus_ctf_append_event (GString *out, const TbusCtfEvent *event, TbusCtfEnumFunc find_enum, gpointer data,
                       GError **error)
{
  gsize length = out->len;

  g_string_append (out, "\nevent {\n\tname = ");
  tbus_ctf_append_string (out, event->name);
  append_number (out, ";\n\tid = ", event->id);
  append_number (out, "\tstream_id = ", event->stream_id);
  /* Readers take no negative level. */
  if (event->loglevel >= 0)
    append_number (out, "\tloglevel = ", event->loglevel);
  if (event->model_emf_uri != NULL && event->model_emf_uri[0] != '\0')
    {
      g_string_append (out, "\tmodel.emf.uri = ");
      tbus_ctf_append_string (out, event->model_emf_uri);
      g_string_append (out, ";\n");
    }
  g_string_append (out, "\tfields := struct {\n");
  if (!tbus_ctf_append_fields (out, 2, event->fields, find_enum, data, error))
    {
      g_string_truncate (out, length);
      return FALSE;
    }
  g_string_append (out, "\t};\n};\n");
  return TRUE;
}

void
tbus_ctf_clock_init (TbusCtfClock *self)
{
  *self = (TbusCtfClock){
    .name = g_strdup ("monotonic"), .description = g_strdup ("Monotonic Clock"), .frequency = NS_PER_S,
  };
}

void
tbus_ctf_clock_clear (TbusCtfClock *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->description, g_free);
}
