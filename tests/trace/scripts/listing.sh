#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Reads what the lists say, as scripts do that look before they do something.

say ()
{
  echo "result: $*"
}

lttng list | grep -q 'no available recording session' && say 'nothing at first'
lttng create listed --output=listed > created.txt
grep '^Session listed created' created.txt && say created
lttng create other
lttng set-session listed | grep -q listed && say 'set'
lttng enable-event -u tbtest:tick > enabled.txt
grep -q 'tbtest:tick' enabled.txt && say enabled
if lttng list | grep -qE '[0-9]+\) listed \[inactive\]'; then
  say inactive
fi
lttng start | grep -q 'Tracing started for session listed' && say started
lttng list | grep -qE '[0-9]+\) listed \[active\]' && say active
mkfifo orders
app-idle waiting < orders > idle.txt &
exec 7> orders
until grep -qs ready idle.txt; do
  sleep 0.05
done
lttng list -u | grep -oE '^ +tbtest:[a-z]+ ' | sort -u | sed 's/^ */result: tracepoint /'
lttng list -u -f | grep -A 2 ' tbtest:tick ' | grep field: | sort | sed 's/^ */result: /'
lttng list --userspace --fields | grep -c "PID: $!" | sed 's/^/result: programs /'
exec 7>&-
wait
lttng list listed --domain | grep -i ust | sed 's/^ */result: /'
lttng list listed | grep 'Trace output: ' | sed "s|$PWD|HERE|; s/^ */result: /"
say "channels $(lttng list listed | awk '/^- / { print $2 $3 }')"
lttng status | grep -q '^Recording session listed: \[active\]' && say status
lttng stop | grep -q 'Tracing stopped for session listed' && say stopped
while read -r name; do
  lttng destroy "$name" | grep -q "Session $name destroyed" && say "destroyed $name"
done < <(lttng list | grep -oE '^ +[0-9]+\) [^ ]+' | sed 's/.*) //' | sort)
