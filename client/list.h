/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What 'tracebusctl list' can list, each in list-<what>.c.
 *
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

typedef struct {
  gboolean json, legend;
  gboolean fields;     /* of tracepoints */
  gboolean domains;    /* of a session, only which domains it has */
  const char *channel; /* (nullable): of a session, this one only */
} CtlListing;

/* How a style prints what was found. Dictionaries are a{sv} with what the interfaces of introspection/ name. */
struct CtlLister {
  void (*sessions) (GPtrArray *sessions, const CtlListing *listing);
  /* A channel has "Rules" (aa{sv}), too. */
  void (*session) (GVariant *session, GPtrArray *channels, const CtlListing *listing);
  /* aa{sv}; those of one app stand together. */
  void (*tracepoints) (Ctl *ctl, GVariant *tracepoints, const CtlListing *listing);
};

extern const struct CtlLister ctl_lister_own;
extern const struct CtlLister ctl_lister_lttng;

void ctl_print_sessions (GPtrArray *sessions, const CtlListing *listing);
void ctl_print_session (GVariant *session, GPtrArray *channels, const CtlListing *listing);
void ctl_print_tracepoints (Ctl *ctl, GVariant *tracepoints, const CtlListing *listing);

gboolean ctl_list_sessions (Ctl *ctl, const CtlListing *listing, GError **error);
/* One session, the current one where @name is %NULL, with its channels and their rules. */
gboolean ctl_list_session (Ctl *ctl, const CtlListing *listing, const char *name, GError **error);
gboolean ctl_list_apps (Ctl *ctl, const CtlListing *listing, GError **error);
gboolean ctl_list_tracepoints (Ctl *ctl, const CtlListing *listing, GError **error);

G_END_DECLS
