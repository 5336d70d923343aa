/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/listing.h"

#include "base/limits.h"
#include "ust/fields.h"
#include "ust/protocol.h"

GPtrArray *
tbus_listing_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_free);
}

static TbusTracepoint *
add (GPtrArray *self, const char *name, int loglevel)
{
  TbusTracepoint *tracepoint = g_new0 (TbusTracepoint, 1);

  tracepoint->name = tbus_ust_text (name, LTTNG_UST_ABI_SYM_NAME_LEN);
  tracepoint->loglevel = loglevel;
  g_ptr_array_add (self, tracepoint);
  return tracepoint;
}

gboolean
tbus_listing_add_tracepoint (GPtrArray *self, const struct lttng_ust_abi_tracepoint_iter *entry)
{
  if (self->len >= TBUS_MAX_TRACEPOINTS)
    return FALSE;
  add (self, entry->name, entry->loglevel);
  return TRUE;
}

gboolean
tbus_listing_add_field (GPtrArray *self, const struct lttng_ust_abi_field_iter *entry)
{
  TbusTracepoint *last = self->len > 0 ? g_ptr_array_index (self, self->len - 1) : NULL;
  g_autofree char *event = tbus_ust_text (entry->event_name, sizeof entry->event_name);
  TbusTracepointField *field;

  if (last == NULL || !g_str_equal (last->name, event))
    {
      if (self->len >= TBUS_MAX_TRACEPOINTS)
        return FALSE;
      last = add (self, entry->event_name, entry->loglevel);
      last->fields = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_field_free);
    }
  if (entry->field_name[0] == '\0')
    return TRUE;
  if (last->fields->len >= TBUS_MAX_FIELDS)
    return FALSE;
  field = g_new0 (TbusTracepointField, 1);
  field->name = tbus_ust_text (entry->field_name, sizeof entry->field_name);
  field->type = entry->type;
  field->nowrite = entry->nowrite != 0;
  g_ptr_array_add (last->fields, field);
  return TRUE;
}
