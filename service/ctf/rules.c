/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/rules.h"

#include "base/error.h"
#include "base/limits.h"
#include "ctf/text.h"

void
tbus_ctf_set_field_error (GError **error, const char *name, const char *what, ...)
{
  g_autoptr(GString) message = g_string_new ("Field ");
  va_list args;

  tbus_ctf_append_string (message, name != NULL ? name : "");
  g_string_append_c (message, ' ');
  va_start (args, what);
  g_string_append_vprintf (message, what, args);
  va_end (args);
  g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, message->str);
}

static gboolean
is_power_of_two (guint32 value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

static gboolean
check_integer (const TbusCtfField *field, const char *name, GError **error)
{
  if (field->size != 8 && field->size != 16 && field->size != 32 && field->size != 64)
    {
      tbus_ctf_set_field_error (error, name, "has an integer of %u bits, not of 8, 16, 32 or 64", field->size);
      return FALSE;
    }
  if (field->base != 2 && field->base != 8 && field->base != 10 && field->base != 16)
    {
      tbus_ctf_set_field_error (error, name, "has an integer in base %u, not in 2, 8, 10 or 16", field->base);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_float (const TbusCtfField *field, const char *name, GError **error)
{
  if ((field->exponent_digits == 8 && field->mantissa_digits == 24)
      || (field->exponent_digits == 11 && field->mantissa_digits == 53))
    return TRUE;
  tbus_ctf_set_field_error (error, name, "has a float of %u and %u bits: readers know 8 and 24, 11 and 53",
                            field->exponent_digits, field->mantissa_digits);
  return FALSE;
}

static gboolean
check_alignment (const TbusCtfField *field, const char *name, GError **error)
{
  gboolean is_number = field->kind == TBUS_CTF_INTEGER || field->kind == TBUS_CTF_FLOAT;

  /* Strings and enumerations have none of their own. */
  if (field->kind == TBUS_CTF_STRING || field->kind == TBUS_CTF_ENUM || (!is_number && field->alignment == 0))
    return TRUE;
  if (is_power_of_two (field->alignment))
    return TRUE;
  tbus_ctf_set_field_error (error, name, "is aligned to %u bits, which is no power of two", field->alignment);
  return FALSE;
}

static gboolean
check_children (const TbusCtfField *field, const char *name, GError **error)
{
  guint n = field->children != NULL ? field->children->len : 0;
  const TbusCtfField *first = n > 0 ? g_ptr_array_index (field->children, 0) : NULL;

  switch (field->kind)
    {
    case TBUS_CTF_ENUM:
      if (n == 1 && first->kind == TBUS_CTF_INTEGER)
        return TRUE;
      tbus_ctf_set_field_error (error, name, "is an enumeration that no integer holds");
      return FALSE;
    case TBUS_CTF_ARRAY:
    case TBUS_CTF_SEQUENCE:
      if (n == 1)
        return TRUE;
      tbus_ctf_set_field_error (error, name, "has %u types of element, not one", n);
      return FALSE;
    case TBUS_CTF_VARIANT:
      if (n > 0)
        return TRUE;
      tbus_ctf_set_field_error (error, name, "is a variant without a choice");
      return FALSE;
    case TBUS_CTF_STRUCT:
      return TRUE;
    default:
      if (n == 0)
        return TRUE;
      tbus_ctf_set_field_error (error, name, "is a plain value and has fields below it");
      return FALSE;
    }
}

/* @name: of the nearest field above that has one. */
static gboolean
check (const TbusCtfField *field, const char *name, guint depth, GError **error)
{
  if (field->name != NULL)
    name = field->name;
  if (depth > tbus_limit (TBUS_LIMIT_NESTING))
    {
      tbus_ctf_set_field_error (error, name, "is nested deeper than %u types", (guint) tbus_limit (TBUS_LIMIT_NESTING));
      return FALSE;
    }
  if (field->kind > TBUS_CTF_VARIANT)
    {
      tbus_ctf_set_field_error (error, name, "is of kind %u, which is unknown", field->kind);
      return FALSE;
    }
  if (field->kind == TBUS_CTF_INTEGER && !check_integer (field, name, error))
    return FALSE;
  if (field->kind == TBUS_CTF_FLOAT && !check_float (field, name, error))
    return FALSE;
  if (!check_alignment (field, name, error) || !check_children (field, name, error))
    return FALSE;
  for (guint i = 0; field->children != NULL && i < field->children->len; i++)
    if (!check (g_ptr_array_index (field->children, i), name, depth + 1, error))
      return FALSE;
  return TRUE;
}

gboolean
tbus_ctf_check_field (const TbusCtfField *field, GError **error)
{
  return check (field, field->name, 1, error);
}
