/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/rule-options.h"

#include "base/error.h"
#include "bus/values.h"

const TbusOption tbus_rule_options[] = {
  { "loglevel", TBUS_OPTION_LOGLEVEL, G_STRUCT_OFFSET (TbusRuleOptions, loglevel) },
  { "loglevel-match", TBUS_OPTION_STRING, G_STRUCT_OFFSET (TbusRuleOptions, match) },
  { "filter", TBUS_OPTION_STRING, G_STRUCT_OFFSET (TbusRuleOptions, filter) },
  { "exclude", TBUS_OPTION_STRINGS, G_STRUCT_OFFSET (TbusRuleOptions, exclude) },
  { NULL },
};

void
tbus_rule_options_clear (TbusRuleOptions *self)
{
  g_free (self->exclude);
}

static gboolean
parse_match (const char *text, TbusLoglevelMatch *match, GError **error)
{
  if (text == NULL || g_str_equal (text, "at-least"))
    *match = TBUS_LOGLEVEL_AT_LEAST;
  else if (g_str_equal (text, "exactly"))
    *match = TBUS_LOGLEVEL_EXACTLY;
  else
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "Option \"loglevel-match\" takes \"at-least\" or \"exactly\", not \"%.32s\"", text);
      return FALSE;
    }
  return TRUE;
}

static TbusEventRule *
make_plain (const TbusRuleOptions *self, const char *pattern, GError **error)
{
  TbusLoglevelMatch match;
  int level = self->loglevel.number;

  if (!parse_match (self->match, &match, error))
    return NULL;
  if (!self->loglevel.given || (self->loglevel.text != NULL ? *self->loglevel.text == '\0' : level == -1))
    return tbus_event_rule_new (pattern, TBUS_LOGLEVEL_ALL, -1, error);
  if (self->loglevel.text != NULL && !tbus_loglevel_parse (self->loglevel.text, &level, error))
    return NULL;
  return tbus_event_rule_new (pattern, match, level, error);
}

TbusEventRule *
tbus_rule_options_make (const TbusRuleOptions *self, const char *pattern, GError **error)
{
  g_autoptr(TbusEventRule) rule = make_plain (self, pattern, error);

  if (rule == NULL)
    return NULL;
  if (self->exclude != NULL && !tbus_event_rule_set_exclusions (rule, self->exclude, error))
    return NULL;
  if (self->filter != NULL && *self->filter != '\0' && !tbus_event_rule_set_filter (rule, self->filter, error))
    return NULL;
  return g_steal_pointer (&rule);
}

GVariant *
tbus_rule_value (const TbusEventRule *rule, gboolean enabled, const char *problem)
{
  const char *const none[] = { NULL };
  const char *match = rule->match == TBUS_LOGLEVEL_EXACTLY ? "exactly" : "at-least";
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_dict_add (&dict, "pattern", tbus_value_string (rule->pattern));
  tbus_dict_add (&dict, "enabled", g_variant_new_boolean (enabled));
  tbus_dict_add (&dict, "loglevel", g_variant_new_int32 (rule->loglevel));
  tbus_dict_add (&dict, "loglevel-match", g_variant_new_string (match));
  tbus_dict_add (&dict, "filter", tbus_value_string (rule->filter));
  tbus_dict_add (&dict, "exclude",
                 g_variant_new_strv (rule->exclusions != NULL ? (const char *const *) rule->exclusions : none, -1));
  tbus_dict_add (&dict, "problem", tbus_value_string (problem));
  return g_variant_builder_end (&dict);
}
