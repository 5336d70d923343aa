/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/operation-private.h"

struct _TbusOperation {
  GObject parent_instance;
  TbusOutcome outcome;
};

G_DEFINE_FINAL_TYPE (TbusOperation, tbus_operation, G_TYPE_OBJECT)

static void
tbus_operation_finalize (GObject *object)
{
  TbusOutcome *outcome = &TBUS_OPERATION (object)->outcome;

  g_array_unref (outcome->apps_pending);
  g_ptr_array_unref (outcome->warnings);
  g_free (outcome->output);
  G_OBJECT_CLASS (tbus_operation_parent_class)->finalize (object);
}

static void
tbus_operation_class_init (TbusOperationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbus_operation_finalize;
}

static void
tbus_operation_init (TbusOperation *self)
{
  self->outcome.apps_pending = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->outcome.warnings = g_ptr_array_new_with_free_func (g_free);
}

TbusOperation *
tbus_operation_new (void)
{
  return g_object_new (TBUS_TYPE_OPERATION, NULL);
}

const TbusOutcome *
tbus_operation_get_outcome (TbusOperation *self)
{
  return &self->outcome;
}

TbusOutcome *
tbus_operation_get_outcome_mutable (TbusOperation *self)
{
  return &self->outcome;
}
