/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/channel-options.h"

#include "base/error.h"

typedef struct {
  const char *ownership;
  const char *mode;
  TbusChannelConfig config;
} Store;

#define CONFIG(field) G_STRUCT_OFFSET (Store, config.field)

static const TbusOption options[] = {
  { "buffer-ownership", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Store, ownership) },
  { "subbuf-size", TBUS_OPTION_UINT64, CONFIG (subbuf_size) },
  { "num-subbuf", TBUS_OPTION_UINT64, CONFIG (num_subbuf) },
  { "mode", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Store, mode) },
  { "switch-timer-us", TBUS_OPTION_UINT32, CONFIG (switch_timer_us) },
  { "read-timer-us", TBUS_OPTION_UINT32, CONFIG (read_timer_us) },
  { "monitor-timer-us", TBUS_OPTION_UINT32, CONFIG (monitor_timer_us) },
  { "blocking-timeout-us", TBUS_OPTION_INT64, CONFIG (blocking_timeout_us) },
  { "tracefile-size", TBUS_OPTION_UINT64, CONFIG (tracefile_size) },
  { "tracefile-count", TBUS_OPTION_UINT64, CONFIG (tracefile_count) },
  { NULL },
};

static const char *const ownerships[] = { "user", "process" };
static const char *const modes[] = { "discard", "overwrite" };

/* @words: two, the default first; @text: (nullable): not given */
static gboolean
parse_word (const char *option, const char *text, const char *const *words, gboolean *second, GError **error)
{
  *second = text != NULL && g_str_equal (text, words[1]);
  if (text == NULL || *second || g_str_equal (text, words[0]))
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Option \"%s\" takes \"%s\" or \"%s\", not \"%.32s\"",
               option, words[0], words[1], text);
  return FALSE;
}

gboolean
tbus_channel_options_parse (TbusCall *call, const char *name, TbusChannelConfig *config, GError **error)
{
  Store store = { 0 };
  gboolean process, overwrite;

  /* Defaults that follow the ownership are 0 in the configuration: core fills them in. */
  tbus_channel_config_init (&store.config, TBUS_BUFFER_USER, g_str_equal (name, TBUS_METADATA_CHANNEL));
  if (!tbus_call_parse_options (call, options, &store, error)
      || !parse_word ("buffer-ownership", store.ownership, ownerships, &process, error)
      || !parse_word ("mode", store.mode, modes, &overwrite, error))
    return FALSE;
  store.config.ownership = process ? TBUS_BUFFER_PROCESS : TBUS_BUFFER_USER;
  store.config.overwrite = overwrite;
  *config = store.config;
  return TRUE;
}

const char *
tbus_channel_mode_to_string (const TbusChannelConfig *config)
{
  return modes[config->overwrite ? 1 : 0];
}
