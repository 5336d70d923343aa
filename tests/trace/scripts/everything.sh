#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The first lines that everybody writes: one session, every event, and a look at the trace.
set -e

lttng create my-session
lttng enable-event --userspace --all
lttng start
app-tiny one
app-tiny two
lttng stop
echo "result: $(lttng view | grep -c 'tbtest:tick') ticks"
lttng destroy
