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

/* loglevel, loglevel-match, filter, exclude */
typedef struct {
  TbusLoglevelOption loglevel;
  const char *match;
} TbusRuleOptions;

/* Their table; start from an empty struct. */
extern const TbusOption tbus_rule_options[];
/* (transfer full) InvalidArgs. */
TbusEventRule *tbus_rule_options_make (const TbusRuleOptions *self, const char *pattern, GError **error);
/* One row of ListEventRules; its options can be given back as they are. (transfer none), floating */
GVariant *tbus_rule_value (const TbusEventRule *rule, gboolean enabled, const char *problem);

G_END_DECLS
