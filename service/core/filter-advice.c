/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter-advice.h"

#include "base/error.h"
#include "core/filter/filter.h"

/* Names compared and parts of filters looked at, before the advice ends: some milliseconds. */
enum { BUDGET = 400000 };

/* One rule's filter, held against the apps one after the other. */
typedef struct {
  const TbusEventRule *rule;
  TbusFilter *filter;
  gsize cost; /* of one look at it */
  GArray *fields; /* of TbusFilterField: of the event that is looked at */
  guint n_apps, n_dead; /* apps with events that the rule matches; those of them where the filter matches none */
  TbusApp *first;       /* the first of the dead ones */
  GError *reason;       /* and why */
} Trial;

gboolean
tbus_filter_advice_is_wanted (GPtrArray *rules)
{
  for (guint i = 0; i < rules->len; i++)
    if (((TbusEventRule *) g_ptr_array_index (rules, i))->filter != NULL)
      return TRUE;
  return FALSE;
}

static void
trial_clear (Trial *self)
{
  tbus_filter_free (self->filter);
  g_array_unref (self->fields);
  g_clear_error (&self->reason);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trial, trial_clear)

/* Apps list arrays as "other", but for those of text, which are strings. */
static TbusFilterFieldKind
kind_of (const TbusTracepointField *field)
{
  static const TbusFilterFieldKind kinds[] = {
    [TBUS_FIELD_OTHER] = TBUS_FILTER_FIELD_OTHER,   [TBUS_FIELD_INTEGER] = TBUS_FILTER_FIELD_INTEGER,
    [TBUS_FIELD_ENUM] = TBUS_FILTER_FIELD_INTEGER,  [TBUS_FIELD_FLOAT] = TBUS_FILTER_FIELD_FLOAT,
    [TBUS_FIELD_STRING] = TBUS_FILTER_FIELD_STRING,
  };

  return field->type >= 0 && field->type < (int) G_N_ELEMENTS (kinds) ? kinds[field->type] : TBUS_FILTER_FIELD_OTHER;
}

static gboolean
may_match (Trial *self, const TbusTracepoint *tracepoint, GError **error)
{
  TbusFilterEvent event = { .name = tracepoint->name, .n_fields = tracepoint->fields->len };

  g_array_set_size (self->fields, 0);
  for (guint i = 0; i < tracepoint->fields->len; i++)
    {
      const TbusTracepointField *field = g_ptr_array_index (tracepoint->fields, i);
      TbusFilterField known = { .name = field->name, .kind = kind_of (field) };

      g_array_append_val (self->fields, known);
    }
  event.fields = (const TbusFilterField *) self->fields->data;
  return tbus_filter_check (self->filter, &event, error);
}

/* FALSE where the budget ends before the answer is known. */
static gboolean
try_app (Trial *self, const TbusAppTracepoints *app, gint64 *budget)
{
  g_autoptr(GError) reason = NULL;

  for (guint i = 0; i < app->tracepoints->len; i++)
    {
      const TbusTracepoint *tracepoint = g_ptr_array_index (app->tracepoints, i);

      if (--*budget < 0)
        return FALSE;
      if (tracepoint->fields == NULL || !tbus_event_rule_matches (self->rule, tracepoint->name, tracepoint->loglevel))
        continue;
      *budget -= self->cost * (1 + tracepoint->fields->len);
      if (*budget < 0)
        return FALSE;
      if (may_match (self, tracepoint, reason == NULL ? &reason : NULL))
        {
          self->n_apps++;
          return TRUE;
        }
    }
  if (reason == NULL && !app->cut)
    return TRUE; /* it has no such event */
  self->n_apps++;
  if (app->cut)
    return TRUE; /* one that is not in its list may match */
  if (self->n_dead++ == 0)
    {
      self->first = app->app;
      self->reason = g_steal_pointer (&reason);
    }
  return TRUE;
}

static gboolean
try_rule (const TbusEventRule *rule, const TbusTracepointListing *listing, gint64 *budget, char **problem,
          GError **error)
{
  g_auto(Trial) trial = { .rule = rule, .filter = tbus_filter_parse (rule->filter, NULL) };
  g_autofree char *reason = NULL;

  trial.fields = g_array_new (FALSE, FALSE, sizeof (TbusFilterField));
  trial.cost = tbus_filter_node_count (trial.filter);
  for (guint i = 0; i < listing->apps->len; i++)
    if (!try_app (&trial, g_ptr_array_index (listing->apps, i), budget))
      return TRUE;
  if (trial.n_dead == 0)
    return TRUE;
  reason = g_utf8_make_valid (trial.reason->message, -1); /* it may quote what apps call their events */
  if (trial.n_dead < trial.n_apps)
    {
      *problem = g_strdup_printf ("The filter of rule \"%s\" can never match in %u of %u apps, such as \"%s\" "
                                  "(pid %d). %s", rule->pattern, trial.n_dead, trial.n_apps,
                                  tbus_app_get_name (trial.first), (int) tbus_app_get_tracee (trial.first)->pid,
                                  reason);
      return TRUE;
    }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX,
               "The filter of rule \"%s\" can never match in any app that is registered. %s", rule->pattern, reason);
  return FALSE;
}

GPtrArray *
tbus_filter_advise (GPtrArray *rules, const TbusTracepointListing *listing, GError **error)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_full (rules->len, g_free);
  gint64 budget = BUDGET;

  for (guint i = 0; i < rules->len; i++)
    {
      const TbusEventRule *rule = g_ptr_array_index (rules, i);
      char *problem = NULL;

      if (rule->filter != NULL && !try_rule (rule, listing, &budget, &problem, error))
        return NULL;
      g_ptr_array_add (problems, problem);
    }
  return g_steal_pointer (&problems);
}
