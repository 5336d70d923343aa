/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Balance: what can be said of a metadata text without reading it.
 *
 * Threads: any; pure.
 */

/*
 * Ends the test unless every quote and every brace has its other half, and nothing but the words of the language
 * is outside of quotes.
 */
void tst_assert_balanced (const char *text);
