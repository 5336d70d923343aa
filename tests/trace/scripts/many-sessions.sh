#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sessions side by side over the same program; the current one changes.
set -e

for i in 1 2 3; do
  lttng create "s$i" --output="$PWD/s$i"
  lttng enable-channel -u "chan$i"
done
lttng enable-event -s s1 -c chan1 -u 'tbtest:*'
lttng enable-event -s s2 -c chan2 -u 'tbtest_types:level_*' --loglevel=ERR
lttng enable-event -u -c chan3 -a --exclude 'tbtest*,lttng_ust*'
for i in 1 2 3; do
  lttng start "s$i"
done
lttng set-session s1
app-tiny all
app-types > types.txt
lttng stop
app-tiny some
lttng stop s2
lttng list | grep -oE 's[0-9] \[[a-z]+\]' | sort | sed 's/^/result: /'
lttng stop s3
for i in 1 2; do
  echo "result: s$i $(babeltrace2 "s$i" | wc -l)"
done
lttng destroy --all
lttng list | sed 's/^/result: /'
