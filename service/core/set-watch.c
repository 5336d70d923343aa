/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/set-watch.h"

#include "core/core-private.h"
#include "core/metadata-push.h"

static void
on_classes_changed (gpointer data)
{
  TbusBufferSet *set = data;

  tbus_hub_touch_buffers (set->hub);
  /* What is in files may be read when nobody is left to ask for its description. */
  if (set->in_files && set->push != NULL)
    tbus_metadata_push_run (set->push, FALSE, NULL, NULL);
}

void
tbus_set_watch_classes (TbusBufferSet *set)
{
  const TbusClassWatch watch = {
    .mark = set->mark,
    .changed = on_classes_changed,
    .ref = (gpointer (*) (gpointer)) tbus_buffer_set_ref,
    .unref = (GDestroyNotify) tbus_buffer_set_unref,
    .data = set,
    .until_capture = !set->in_files, /* a state has all classes of then */
  };

  tbus_class_registry_watch (set->classes, &watch);
}
