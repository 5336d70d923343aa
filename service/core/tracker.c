/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/tracker.h"

#include "base/error.h"

static const char *const names[TBUS_N_TRACKED] = { "vpid", "vuid", "vgid" };

gboolean
tbus_tracked_parse (const char *text, TbusTracked *tracked, GError **error)
{
  for (TbusTracked i = 0; i < TBUS_N_TRACKED; i++)
    if (g_str_equal (text, names[i]))
      {
        *tracked = i;
        return TRUE;
      }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
               "Apps are not tracked by \"%.32s\": by \"vpid\", \"vuid\" or \"vgid\"", text);
  return FALSE;
}

const char *
tbus_tracked_to_string (TbusTracked tracked)
{
  return names[tracked];
}

void
tbus_tracker_init (TbusTracker *self)
{
  self->all = TRUE;
  self->values = g_array_new (FALSE, FALSE, sizeof (guint32));
}

void
tbus_tracker_clear (TbusTracker *self)
{
  g_clear_pointer (&self->values, g_array_unref);
}

void
tbus_tracker_copy (const TbusTracker *from, TbusTracker *to)
{
  to->all = from->all;
  g_array_set_size (to->values, 0);
  g_array_append_vals (to->values, from->values->data, from->values->len);
}

/* Where @value is, or would be. */
static guint
find_place (const TbusTracker *self, guint32 value)
{
  guint low = 0, high = self->values->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->values, guint32, middle) < value)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static gboolean
has_at (const TbusTracker *self, guint place, guint32 value)
{
  return place < self->values->len && g_array_index (self->values, guint32, place) == value;
}

gboolean
tbus_tracker_takes (const TbusTracker *self, guint32 value)
{
  return self->all || has_at (self, find_place (self, value), value);
}

static gboolean
set_policy (TbusTracker *self, gboolean all)
{
  if (self->all == all && self->values->len == 0)
    return FALSE;
  self->all = all;
  g_array_set_size (self->values, 0);
  return TRUE;
}

gboolean
tbus_tracker_set_all (TbusTracker *self)
{
  return set_policy (self, TRUE);
}

gboolean
tbus_tracker_set_none (TbusTracker *self)
{
  return set_policy (self, FALSE);
}

gboolean
tbus_tracker_add (TbusTracker *self, guint32 value)
{
  guint place = find_place (self, value);

  if (has_at (self, place, value))
    return FALSE;
  self->all = FALSE;
  g_array_insert_val (self->values, place, value);
  return TRUE;
}

gboolean
tbus_tracker_remove (TbusTracker *self, guint32 value)
{
  guint place = find_place (self, value);

  if (!has_at (self, place, value))
    return FALSE;
  g_array_remove_index (self->values, place);
  return TRUE;
}
