/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Succession: the service died and came back, on the same link, and this process drained its rings meanwhile.
 *
 * Each TW_HELLO begins another life of the service. What is asked for in it belongs to it, also where it is here
 * already; TW_SETTLE closes what belongs to none but a former life: what the service did not live to write down.
 *
 * Threads: main.
 */
#include "consumer/request.h"

/* Answered when all that was asked for before is done: no answer to that comes later, and no file is still closed. */
void tc_command_hello (TcRequest *request);
void tc_command_settle (TcRequest *request);
