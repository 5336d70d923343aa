/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Errors of the consumer: an errno, and a sentence that names the thing.
 *
 * Owner: the caller has the struct; it is written on failure only. Threads: any.
 */
#include <stdarg.h>

typedef struct {
  int errnum;
  char message[512];
} TcError;

/* Sets @error; returns -1, for "return tc_error (...)". */
int tc_error (TcError *error, int errnum, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void tc_error_valist (TcError *error, int errnum, const char *format, va_list args)
  __attribute__ ((format (printf, 3, 0)));
