#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Only some processes.
set -e

lttng create tracked
lttng enable-event -u 'tbtest:*'
lttng untrack -u --vpid --all
lttng start
app-tiny nobody
mkfifo orders
app-idle chosen < orders > idle.txt &
pid=$!
exec 7> orders
until grep -qs ready idle.txt; do sleep 0.05; done
lttng track -u --vpid=$pid
echo go 3 >&7
until grep -qs done idle.txt; do sleep 0.05; done
lttng untrack -u --vpid $pid || lttng untrack --userspace --vpid=$pid
echo go 2 >&7
exec 7>&-
wait
lttng track -u --all --vpid
app-tiny everybody
lttng track -u --vuid="$(id -u)"
app-tiny me
lttng untrack -u --all --vuid
app-tiny nobody-again
lttng stop
lttng destroy
