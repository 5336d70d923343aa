/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Values: what may come over D-Bus, by chance and of any type: right values, those at the edges of their types, and
 * those that nobody expects.
 *
 * Owner:   the test's fixture.
 * Threads: main.
 * Limit:   texts and arrays of 1 MiB; nesting as deep as the message bus lets it pass.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TstValues TstValues;

/* The same @seed gives the same values to the same questions. */
TstValues *tst_values_new (guint32 seed);
void tst_values_free (TstValues *self);

/* Less than @n, which is not 0; or true for one in @n. */
guint tst_values_below (TstValues *self, guint n);
gboolean tst_values_chance (TstValues *self, guint n);

/* A key that the options of @method have, with its type. */
void tst_values_add_option (TstValues *self, const char *method, const char *key, const char *type);
/* What arguments and options called @name may well be: a text, or a number as text. */
void tst_values_add_hint (TstValues *self, const char *name, const char *text);
/* From now on values are only such as may well be, and no options are given; or everything again. */
void tst_values_be_plain (TstValues *self, gboolean plain);
/* Paths of objects that there are, or were; of char *, and it may change. (transfer none) */
void tst_values_use_paths (TstValues *self, GPtrArray *paths);

/* From now on options are mostly those of @method. */
void tst_values_speak_of (TstValues *self, const char *method);
/* A value of @type for the argument or option called @name (nullable). Returns: floating */
GVariant *tst_values_make (TstValues *self, const GVariantType *type, const char *name);
/* A value of whatever type. Returns: floating */
GVariant *tst_values_make_any (TstValues *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstValues, tst_values_free)

G_END_DECLS
