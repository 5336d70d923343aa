#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Several channels with events of their own; channels and events are switched while the session records.
set -e

lttng create channels -o trace
lttng enable-channel -u ticks,levels
lttng enable-event -u -c ticks 'tbtest:t*'
lttng enable-event -u -c levels 'tbtest_types:level_e*,tbtest_types:level_alert,tbtest_types:empty'
lttng start
app-tiny recorded
app-types > /dev/null
lttng disable-channel -u ticks
app-tiny not-recorded
lttng enable-channel -u ticks
app-tiny recorded-again
lttng disable-event -u -c levels tbtest_types:level_alert
app-types > /dev/null
lttng enable-event -u -c levels tbtest_types:level_alert
lttng disable-event -u -c ticks -a
app-tiny not-recorded-either
app-types > /dev/null
lttng stop
lttng list channels | grep '^- ' | sort | sed 's/^/result: /'
lttng list channels | grep '(type: tracepoint)' | sort | sed 's/^ */result: /'
lttng destroy channels
