/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/listing.h"

#include "base/limits.h"
#include "ust/fields.h"
#include "ust/protocol.h"

#include <string.h>

enum { OVERHEAD = 2 * sizeof (gpointer) }; /* of a block of memory */

void
tbus_listing_init (TbusListing *self)
{
  self->tracepoints = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_free);
  self->size = 0;
}

/* FALSE: an entry of @size bytes and its @name are too much. */
static gboolean
take_room (TbusListing *self, gsize size, const char *name)
{
  self->size += size + strlen (name) + 1 + 2 * OVERHEAD;
  return self->size <= TBUS_MAX_LISTING;
}

/* Returns: (nullable) (transfer none): %NULL where there is no room. */
static TbusTracepoint *
add (TbusListing *self, const char *name, int loglevel)
{
  g_autofree char *text = tbus_ust_text (name, LTTNG_UST_ABI_SYM_NAME_LEN);
  TbusTracepoint *tracepoint;

  if (self->tracepoints->len >= TBUS_MAX_TRACEPOINTS || !take_room (self, sizeof *tracepoint, text))
    return NULL;
  tracepoint = g_new0 (TbusTracepoint, 1);
  tracepoint->name = g_steal_pointer (&text);
  tracepoint->loglevel = loglevel;
  g_ptr_array_add (self->tracepoints, tracepoint);
  return tracepoint;
}

gboolean
tbus_listing_add_tracepoint (TbusListing *self, const struct lttng_ust_abi_tracepoint_iter *entry)
{
  return add (self, entry->name, entry->loglevel) != NULL;
}

static gboolean
add_field (TbusListing *self, TbusTracepoint *tracepoint, const struct lttng_ust_abi_field_iter *entry)
{
  g_autofree char *name = tbus_ust_text (entry->field_name, sizeof entry->field_name);
  TbusTracepointField *field;

  if (tracepoint->fields->len >= TBUS_MAX_FIELDS || !take_room (self, sizeof *field, name))
    return FALSE;
  field = g_new0 (TbusTracepointField, 1);
  field->name = g_steal_pointer (&name);
  field->type = entry->type;
  field->nowrite = entry->nowrite != 0;
  /* The tracer (2.13) tells the last one first. */
  g_ptr_array_insert (tracepoint->fields, 0, field);
  return TRUE;
}

gboolean
tbus_listing_add_field (TbusListing *self, const struct lttng_ust_abi_field_iter *entry)
{
  GPtrArray *all = self->tracepoints;
  TbusTracepoint *last = all->len > 0 ? g_ptr_array_index (all, all->len - 1) : NULL;
  g_autofree char *event = tbus_ust_text (entry->event_name, sizeof entry->event_name);

  if (last == NULL || !g_str_equal (last->name, event))
    {
      last = add (self, entry->event_name, entry->loglevel);
      if (last == NULL)
        return FALSE;
      last->fields = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_field_free);
    }
  return entry->field_name[0] == '\0' || add_field (self, last, entry);
}
