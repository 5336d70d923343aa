/* SPDX-License-Identifier: GPL-2.0-only */
/* Provider tbtest_types: every field type that lttng-ust 2.13 can register, and every attribute of an event. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest_types
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "support/apps/types-provider.h"

#if !defined(TYPES_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TYPES_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdbool.h>

#include "support/apps/samples.h"

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, integers,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int8_t, i8, s->i8[0])
    lttng_ust_field_integer (int16_t, i16, s->i16[0])
    lttng_ust_field_integer (int32_t, i32, s->i32[0])
    lttng_ust_field_integer (int64_t, i64, s->i64[0])
    lttng_ust_field_integer (uint8_t, u8, s->u8[0])
    lttng_ust_field_integer (uint16_t, u16, s->u16[0])
    lttng_ust_field_integer (uint32_t, u32, s->u32[0])
    lttng_ust_field_integer (uint64_t, u64, s->u64[0])
    lttng_ust_field_integer (long, l, s->l[0])
    lttng_ust_field_integer (unsigned long, ul, s->ul[0])
    lttng_ust_field_integer (char, c, s->text[0])
    lttng_ust_field_integer (bool, b, s->n > 0)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, integers_hex,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer_hex (int8_t, i8, s->i8[0])
    lttng_ust_field_integer_hex (int64_t, i64, s->i64[0])
    lttng_ust_field_integer_hex (uint8_t, u8, s->u8[0])
    lttng_ust_field_integer_hex (uint16_t, u16, s->u16[0])
    lttng_ust_field_integer_hex (uint32_t, u32, s->u32[0])
    lttng_ust_field_integer_hex (uint64_t, u64, s->u64[0])
    lttng_ust_field_integer_hex (unsigned long, ul, s->ul[0])))

/* The tracer stores network fields as they come: so htons() and friends are the emitter's work. */
LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, integers_network,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer_network (int16_t, i16, __builtin_bswap16 (s->i16[0]))
    lttng_ust_field_integer_network (int32_t, i32, __builtin_bswap32 (s->i32[0]))
    lttng_ust_field_integer_network (int64_t, i64, __builtin_bswap64 (s->i64[0]))
    lttng_ust_field_integer_network (uint16_t, u16, __builtin_bswap16 (s->u16[0]))
    lttng_ust_field_integer_network (uint32_t, u32, __builtin_bswap32 (s->u32[0]))
    lttng_ust_field_integer_network (uint64_t, u64, __builtin_bswap64 (s->u64[0]))
    lttng_ust_field_integer_network_hex (uint16_t, x16, __builtin_bswap16 (s->u16[0]))
    lttng_ust_field_integer_network_hex (uint32_t, x32, __builtin_bswap32 (s->u32[0]))
    lttng_ust_field_integer_network_hex (uint64_t, x64, __builtin_bswap64 (s->u64[0]))))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, floats,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_float (float, f, s->f)
    lttng_ust_field_float (double, d, s->d)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, texts,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_string (string, s->string)
    lttng_ust_field_array_text (char, text, s->text, SAMPLE_TEXT)
    lttng_ust_field_sequence_text (char, piece, s->text, uint8_t, s->n)
    lttng_ust_field_string (last, "last")))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, arrays,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_array (int8_t, i8, s->i8, SAMPLE_ITEMS)
    lttng_ust_field_array (int16_t, i16, s->i16, SAMPLE_ITEMS)
    lttng_ust_field_array (int32_t, i32, s->i32, SAMPLE_ITEMS)
    lttng_ust_field_array (int64_t, i64, s->i64, SAMPLE_ITEMS)
    lttng_ust_field_array (uint8_t, u8, s->u8, SAMPLE_ITEMS)
    lttng_ust_field_array (uint16_t, u16, s->u16, SAMPLE_ITEMS)
    lttng_ust_field_array (uint32_t, u32, s->u32, SAMPLE_ITEMS)
    lttng_ust_field_array (uint64_t, u64, s->u64, SAMPLE_ITEMS)
    lttng_ust_field_array (long, l, s->l, SAMPLE_ITEMS)
    lttng_ust_field_array (unsigned long, ul, s->ul, SAMPLE_ITEMS)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, arrays_variants,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_array_hex (uint8_t, x8, s->u8, SAMPLE_ITEMS)
    lttng_ust_field_array_hex (uint32_t, x32, s->u32, SAMPLE_ITEMS)
    lttng_ust_field_array_network (uint16_t, n16, s->u16, SAMPLE_ITEMS)
    lttng_ust_field_array_network (int64_t, n64, s->i64, SAMPLE_ITEMS)
    lttng_ust_field_array_network_hex (uint32_t, nx32, s->u32, SAMPLE_ITEMS)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, sequences,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_sequence (int8_t, i8, s->i8, uint8_t, s->n)
    lttng_ust_field_sequence (int16_t, i16, s->i16, uint16_t, s->n)
    lttng_ust_field_sequence (int32_t, i32, s->i32, uint32_t, s->n)
    lttng_ust_field_sequence (int64_t, i64, s->i64, uint64_t, s->n)
    lttng_ust_field_sequence (uint8_t, u8, s->u8, unsigned int, s->n)
    lttng_ust_field_sequence (uint16_t, u16, s->u16, unsigned long, s->n)
    lttng_ust_field_sequence (uint32_t, u32, s->u32, uint8_t, s->n)
    lttng_ust_field_sequence (uint64_t, u64, s->u64, uint16_t, s->n)
    lttng_ust_field_sequence (long, l, s->l, uint32_t, s->n)
    lttng_ust_field_sequence (unsigned long, ul, s->ul, size_t, s->n)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, sequences_variants,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_sequence_hex (uint8_t, x8, s->u8, uint8_t, s->n)
    lttng_ust_field_sequence_hex (uint64_t, x64, s->u64, uint8_t, s->n)
    lttng_ust_field_sequence_network (uint16_t, n16, s->u16, uint8_t, s->n)
    lttng_ust_field_sequence_network (int32_t, n32, s->i32, uint8_t, s->n)
    lttng_ust_field_sequence_network_hex (uint64_t, nx64, s->u64, uint8_t, s->n)))

LTTNG_UST_TRACEPOINT_ENUM (tbtest_types, signed_map,
  LTTNG_UST_TP_ENUM_VALUES (
    lttng_ust_field_enum_range ("negative", INT64_MIN, -1LL)
    lttng_ust_field_enum_value ("zero", 0)
    lttng_ust_field_enum_range ("some", 1, 9)
    lttng_ust_field_enum_value ("most", INT64_MAX)))

LTTNG_UST_TRACEPOINT_ENUM (tbtest_types, unsigned_map,
  LTTNG_UST_TP_ENUM_VALUES (
    lttng_ust_field_enum_value ("none", 0U)
    lttng_ust_field_enum_range ("few", 1U, 255U)
    lttng_ust_field_enum_value ("all of \"them\"\\", UINT64_MAX)))

LTTNG_UST_TRACEPOINT_ENUM (tbtest_types, automatic_map,
  LTTNG_UST_TP_ENUM_VALUES (
    lttng_ust_field_enum_auto ("first")
    lttng_ust_field_enum_auto ("second")
    lttng_ust_field_enum_value ("ten", 10)
    lttng_ust_field_enum_auto ("eleven")
    lttng_ust_field_enum_range ("teens", 13, 19)
    lttng_ust_field_enum_auto ("twenty")))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, enums,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_enum (tbtest_types, signed_map, int8_t, e8, s->i8[0])
    lttng_ust_field_enum (tbtest_types, signed_map, int, e32, s->i32[0])
    lttng_ust_field_enum (tbtest_types, signed_map, int64_t, e64, s->i64[0])
    lttng_ust_field_enum (tbtest_types, unsigned_map, uint8_t, eu8, s->u8[0])
    lttng_ust_field_enum (tbtest_types, unsigned_map, unsigned int, eu32, s->u32[0])
    lttng_ust_field_enum (tbtest_types, unsigned_map, uint64_t, eu64, s->u64[0])
    lttng_ust_field_enum (tbtest_types, automatic_map, int, a, s->n)
    lttng_ust_field_enum (tbtest_types, automatic_map, unsigned int, b, 10 + s->n)))

/* A filter sees what the trace does not hold. */
LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, nowrite,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer_nowrite (int, hidden_int, s->i32[0])
    lttng_ust_field_integer (int, seen, s->i32[1])
    lttng_ust_field_float_nowrite (double, hidden_double, s->d)
    lttng_ust_field_string_nowrite (hidden_string, s->string)
    lttng_ust_field_array_nowrite (int, hidden_array, s->i32, SAMPLE_ITEMS)
    lttng_ust_field_array_text_nowrite (char, hidden_text, s->text, SAMPLE_TEXT)
    lttng_ust_field_sequence_nowrite (int, hidden_sequence, s->i32, uint8_t, s->n)
    lttng_ust_field_sequence_text_nowrite (char, hidden_piece, s->text, uint8_t, s->n)
    lttng_ust_field_enum_nowrite (tbtest_types, automatic_map, int, hidden_enum, s->n)
    lttng_ust_field_unused (s->n)))

/* Words of the trace's own language as names of fields. */
LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, keywords,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int, event, 1)
    lttng_ust_field_integer (int, stream, 2)
    lttng_ust_field_integer (int, trace, 3)
    lttng_ust_field_integer (int, variant, 4)
    lttng_ust_field_integer (int, typealias, 5)
    lttng_ust_field_integer (int, clock, 6)
    lttng_ust_field_integer (int, integer, 7)
    lttng_ust_field_string (string, s->string)
    lttng_ust_field_integer (int, _underscore, 8)
    lttng_ust_field_integer (int, __two, 9)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, empty, LTTNG_UST_TP_ARGS (), LTTNG_UST_TP_FIELDS ())

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types,
  a_name_that_goes_on_for_as_long_as_nearly_nobody_would_write_it_by_hand_but_a_generator_might,
  LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int, a_field_whose_name_is_long_too_so_that_no_buffer_of_64_bytes_holds_it, s->n)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_types, model, LTTNG_UST_TP_ARGS (const Sample *, s),
  LTTNG_UST_TP_FIELDS (lttng_ust_field_integer (int, n, s->n)))
LTTNG_UST_TRACEPOINT_MODEL_EMF_URI (tbtest_types, model, "http://example.org/model?class=a&order=1")

LTTNG_UST_TRACEPOINT_EVENT_CLASS (tbtest_types, level, LTTNG_UST_TP_ARGS (int, n),
  LTTNG_UST_TP_FIELDS (lttng_ust_field_integer (int, n, n)))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_default, LTTNG_UST_TP_ARGS (int, n))

LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_emerg, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_emerg, LTTNG_UST_TRACEPOINT_LOGLEVEL_EMERG)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_alert, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_alert, LTTNG_UST_TRACEPOINT_LOGLEVEL_ALERT)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_crit, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_crit, LTTNG_UST_TRACEPOINT_LOGLEVEL_CRIT)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_err, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_err, LTTNG_UST_TRACEPOINT_LOGLEVEL_ERR)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_warning, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_warning, LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_notice, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_notice, LTTNG_UST_TRACEPOINT_LOGLEVEL_NOTICE)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_info, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_info, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_system, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_system, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_SYSTEM)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_program, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_program, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_PROGRAM)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_process, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_process, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_PROCESS)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_module, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_module, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_MODULE)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_unit, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_unit, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_UNIT)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_function, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_function, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug_line, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug_line, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_LINE)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE (tbtest_types, level,
  tbtest_types, level_debug, LTTNG_UST_TP_ARGS (int, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL (tbtest_types, level_debug, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG)

#endif

#include <lttng/tracepoint-event.h>
