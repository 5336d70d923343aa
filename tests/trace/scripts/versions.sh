#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Looks for a command that is new enough, and for help, before it begins.

command -v lttng > /dev/null || exit 77
version=$(lttng --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
if [ "$(printf '%s\n' 2.7 "$version" | sort -V | head -n 1)" != 2.7 ]; then
  echo "lttng $version is too old" >&2
  exit 1
fi
echo "result: $version"
lttng version | head -n 1 | grep -oE 'lttng version 2\.[0-9]+' | sed 's/^/result: /'
for verb in create enable-channel enable-event start stop destroy; do
  lttng help $verb > /dev/null && lttng $verb --help > /dev/null && echo "result: help for $verb"
done
lttng -vv create versions > /dev/null 2>&1 || exit 1
events='tbtest:tick tbtest_types:empty tbtest_types:model tbtest_types:floats'
for event in $events; do
  lttng enable-event -u "$event" > /dev/null || exit 1
done
for context in vpid vtid procname; do
  lttng add-context -u -t $context > /dev/null || exit 1
done
lttng start > /dev/null && app-tiny && app-types > /dev/null && lttng stop > /dev/null
lttng view -e 'babeltrace2 --fields=trace' | wc -l | sed 's/^/result: events /'
lttng view -e cat -t created > /dev/null 2>&1 || echo 'result: no such trace'
lttng destroy -a
