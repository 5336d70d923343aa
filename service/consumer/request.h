/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Request: one message of the service while it is looked at, for the files that answer them: commands.c, and
 * output-commands.c.
 *
 * Owner:   tc_command(), for as long as the message lives. What is answered later keeps the serial.
 * Threads: loop.
 */
#include "consumer/consumer.h"

typedef struct {
  TcConsumer *consumer;
  uint64_t serial;
  TwReader body;
  TwMessage *message; /* for its descriptors */
} TcRequest;

/* Answers; each once. */
void tc_request_refuse (TcRequest *self, int errnum, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void tc_request_malformed (TcRequest *self);
void tc_request_reply_empty (TcRequest *self);

/* Reads a body that is one key. */
bool tc_request_get_key (TcRequest *self, uint64_t *key);

void tc_command_check_output (TcRequest *request);
void tc_command_open_output (TcRequest *request);
void tc_command_close_output (TcRequest *request);
