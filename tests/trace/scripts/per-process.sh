#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Buffers of each process, and contexts that tell them apart.
set -e

lttng create per-process --output="$(mkdir traces && realpath traces)"
lttng enable-channel -u --buffers-pid own
lttng enable-event -u -c own tbtest:tick,tbtest:burst
lttng add-context -u -t vpid -t vtid -t procname
lttng add-context -u -c own -t pthread_id
lttng start
for name in a b c; do
  app-tiny "$name"
done
app-burst 10 3 > /dev/null
lttng stop
lttng list per-process | grep -q 'Buffering scheme: per-process' && echo 'result: per process'
lttng destroy per-process
