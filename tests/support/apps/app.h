/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * App: what the traced programs of the tests share. They say what they do on stdout, a line at a time,
 * and do what stdin tells them, so that a test waits for lines and never for time.
 *
 * Owner:   none; plain functions on stdin and stdout. libc only.
 * Threads: main thread.
 */
#include <stdbool.h>
#include <stddef.h>

/* Prints a line and flushes it. */
void app_say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Reads a line into @line without its newline; false at end of file. */
bool app_read_line (char *line, size_t size);

/* The number of @line if it reads "<verb> <number>", else -1. */
long app_command (const char *line, const char *verb);

/* Argument @i as a number, @fallback where it is absent; exits with 2 and a message where it is no number. */
long app_argument (int argc, char **argv, int i, long fallback);
