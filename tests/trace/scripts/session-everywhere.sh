#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Says which session with every command, and has another one as the current session all the time.
set -e

SESSION=build-$(basename "$0" .sh)

lttng create "$SESSION" --output="$PWD/trace"
lttng create somebody-elses
lttng enable-channel --session="$SESSION" --userspace --subbuf-size=64k --num-subbuf=8 chan
lttng enable-event --session "$SESSION" --channel chan --userspace 'tbtest:*'
lttng add-context --session="$SESSION" --channel=chan --userspace --type=procname
lttng start "$SESSION"
app-tiny
lttng stop "$SESSION"
lttng destroy "$SESSION"
echo "result: current $(sed -n 's/^session=//p' "$LTTNG_HOME/.lttngrc")"
lttng destroy
[ -e "$LTTNG_HOME/.lttngrc" ] || echo 'result: current none'
