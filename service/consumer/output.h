/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Output: the directory below which one session's traces are written.
 *
 * The process has the owner's rights, so the kernel decides what may be opened; nothing is checked
 * by hand. Everything below the directory is reached through its descriptor.
 * Owner:   counted: the session's table entry, and each of its sets.
 * Threads: main.
 */
#include "consumer/problem.h"
#include "consumer/table.h"

#include <stdarg.h>

typedef struct {
  TcNode node; /* key: the session */
  unsigned refs;
  int dir_fd;
  char *path; /* absolute */
  TcProblems problems;
  TcSubject subject;   /* the directory itself */
} TcOutput;

/* Errors of this layer: an errno, and a sentence that names the thing. */
typedef struct {
  int errnum;
  char message[512];
} TcError;

/* Sets @error; returns -1, for "return tc_error (...)". */
int tc_error (TcError *error, int errnum, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void tc_error_valist (TcError *error, int errnum, const char *format, va_list args)
  __attribute__ ((format (printf, 3, 0)));

/* "~/x" becomes absolute, with the home of the process's own user. NULL with @error. Free it. */
char *tc_output_resolve (const char *path, TcError *error);
/* Whether it could be made and written: 0, or -1 with @error. Makes nothing. */
int tc_output_check (const char *path, TcError *error);
/* Makes the directory where it is missing, and opens it. @problems are the caller's to initialise. NULL with @error. */
TcOutput *tc_output_open (uint64_t session, const char *path, TcError *error);
/* Begins a problem if the directory is gone. */
void tc_output_check_alive (TcOutput *self);
TcOutput *tc_output_ref (TcOutput *self);
/* The last one closes it. */
void tc_output_unref (TcOutput *self);

/* Whether @path is a relative path without empty, "." or ".." components. */
bool tc_path_is_plain (const char *path);
/* Makes @path, a plain one, below @dir_fd and opens it. No component may be a symbolic link. -1 with errno. */
int tc_make_directory (int dir_fd, const char *path);
