#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A wrapper round a program: cleans up whatever happens, is quiet about it, and passes the program's status on.

SESSION=wrapper-$$
OUTPUT=$(pwd)/run

cleanup ()
{
  lttng -q stop "$SESSION" || true
  lttng -q destroy "$SESSION" || true
}
trap cleanup EXIT

lttng --quiet --no-sessiond create "$SESSION" --output "$OUTPUT" || exit 77
lttng -q enable-channel -u -s "$SESSION" --num-subbuf 8 --subbuf-size 256K default
lttng -q enable-event -u -s "$SESSION" -c default 'tbtest*'
lttng --group=tracing -q start "$SESSION"
app-types 2
app-tiny inside && app-tiny done
sh -c 'exit 3'
status=$?
lttng -q stop "$SESSION"
babeltrace2 "$OUTPUT" | grep -c 'tbtest_types:' | sed 's/^/result: /'
exit "$status"
