#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One session that is started and stopped again and again; programs run before, between and after.
set -eu

lttng create again --set-url="file://$PWD/again"
lttng enable-event -u 'tbtest:tick' -c channel0
app-tiny before
for round in 1 2 3; do
  lttng start again
  app-tiny "round-$round"
  lttng stop again --no-wait
  app-tiny "pause-$round"
done
lttng enable-event -u 'tbtest:burst' -c channel0
lttng start
app-burst 5 2 > /dev/null
lttng stop
lttng destroy again -n
app-tiny after
