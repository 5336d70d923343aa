/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Event rule: which events of which apps a channel records.
 *
 * It is immutable once made and shared with jobs; whether a rule is enabled is its channel's business.
 * Two rules that differ in pattern, level, filter or exclusions are two rules.
 *
 * Owner: references. Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_LOGLEVEL_ALL,
  TBUS_LOGLEVEL_AT_LEAST, /* as severe, or more: event.level <= level */
  TBUS_LOGLEVEL_EXACTLY,
} TbusLoglevelMatch;

typedef struct {
  gint refs;
  guint64 id;
  char *pattern; /* `*` matches any text, `\*` a star */
  TbusLoglevelMatch match;
  int loglevel;        /* 0 EMERG to 14 DEBUG; -1 with ALL */
  char *filter;        /* nullable: the expression as the caller wrote it */
  GBytes *bytecode;    /* nullable: compiled; relocation table behind the code */
  guint32 reloc_offset;
  char **exclusions;   /* nullable, NULL-terminated */
} TbusEventRule;

/* Checks pattern and level. (transfer full) */
TbusEventRule *tbus_event_rule_new (const char *pattern, TbusLoglevelMatch match, int loglevel, GError **error);
/* One that was there before. */
TbusEventRule *tbus_event_rule_new_with_id (guint64 id, const char *pattern, TbusLoglevelMatch match, int loglevel,
                                            GError **error);
/* Both before anybody else has the rule. FilterSyntax also where no event of any app could match. */
gboolean tbus_event_rule_set_filter (TbusEventRule *self, const char *expression, GError **error);
/* Each is a pattern; InvalidArgs where the rule's own pattern has no star: there is nothing to except then. */
gboolean tbus_event_rule_set_exclusions (TbusEventRule *self, const char *const *names, GError **error);
/* Whether the rule enables an event of that name and level, its filter aside. */
gboolean tbus_event_rule_matches (const TbusEventRule *self, const char *name, int loglevel);
TbusEventRule *tbus_event_rule_ref (TbusEventRule *self);
void tbus_event_rule_unref (TbusEventRule *self);
gboolean tbus_event_rule_equal (const TbusEventRule *a, const TbusEventRule *b);
guint tbus_event_rule_hash (const TbusEventRule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusEventRule, tbus_event_rule_unref)

/* "TRACE_INFO", "info" or "6" to 6; FALSE with InvalidArgs. */
gboolean tbus_loglevel_parse (const char *text, int *level, GError **error);
const char *tbus_loglevel_to_string (int level); /* "TRACE_INFO"; NULL for none */

G_END_DECLS
