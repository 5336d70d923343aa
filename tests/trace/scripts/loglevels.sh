#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Levels, as names with and without their prefix, at least and exactly.
set -e

lttng create
lttng enable-channel -u severe
lttng enable-channel -u exact
lttng enable-event -u -c severe 'tbtest_types:*' --loglevel=TRACE_WARNING
lttng enable-event -u -c exact --all --loglevel-only=INFO
lttng enable-event -u -c exact --loglevel-only TRACE_DEBUG_FUNCTION 'tbtest_types:level_*'
lttng start
app-types > /dev/null
lttng stop
lttng status | grep 'loglevel' | sort | sed 's/^ */result: /'
lttng destroy
