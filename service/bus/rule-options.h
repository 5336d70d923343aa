/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rule options: an event rule as callers write it, a pattern and an a{sv}.
 *
 * Threads: main.
 */
#include "bus/options.h"
#include "core/event-rule.h"

G_BEGIN_DECLS

/* loglevel, loglevel-match, filter, exclude. They borrow from the dictionary. */
typedef struct {
  TbusLoglevelOption loglevel;
  const char *match;
  const char *filter;
  const char **exclude; /* the array is owned */
} TbusRuleOptions;
void tbus_rule_options_clear (TbusRuleOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusRuleOptions, tbus_rule_options_clear)

/* Their table; start from an empty struct. */
extern const TbusOption tbus_rule_options[];
/* (transfer full) InvalidArgs, Exhausted, FilterSyntax. */
TbusEventRule *tbus_rule_options_make (const TbusRuleOptions *self, const char *pattern, GError **error);
/* One row of ListEventRules; its options can be given back as they are. (transfer none), floating */
GVariant *tbus_rule_value (const TbusEventRule *rule, gboolean enabled, const char *problem);

G_END_DECLS
