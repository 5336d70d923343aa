/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/interface.h"

#include "core/consumer.h"
#include "introspection/interface-info.h"

static GVariant *
get_pid (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_pid (consumer));
}

static GVariant *
get_uid (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_uid (consumer));
}

static GVariant *
get_bits_per_long (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_bits (consumer));
}

static GVariant *
get_state (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_string (tbus_consumer_state_to_string (tbus_consumer_get_state (consumer)));
}

static GVariant *
get_restarts (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_restarts (consumer));
}

static GVariant *
get_channels (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_channels (consumer));
}

static GVariant *
get_streams (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint32 (tbus_consumer_get_streams (consumer));
}

static GVariant *
get_bytes_written (TbusBusContext *bus, gpointer consumer)
{
  return g_variant_new_uint64 (tbus_consumer_get_bytes_written (consumer));
}

static const TbusProperty properties[] = {
  { "Pid", get_pid, TBUS_PROPERTY_CHANGING },
  { "Uid", get_uid, TBUS_PROPERTY_CONST },
  { "BitsPerLong", get_bits_per_long, TBUS_PROPERTY_CONST },
  { "State", get_state, TBUS_PROPERTY_CHANGING },
  { "Restarts", get_restarts, TBUS_PROPERTY_CHANGING },
  { "Channels", get_channels, TBUS_PROPERTY_COUNTER },
  { "Streams", get_streams, TBUS_PROPERTY_COUNTER },
  { "BytesWritten", get_bytes_written, TBUS_PROPERTY_COUNTER },
  { NULL },
};

const TbusInterface tbus_consumer_interface = { &org_tracebus1_consumer_interface, NULL, properties };
