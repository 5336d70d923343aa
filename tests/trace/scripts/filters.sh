#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Filters and exclusions; rules that overlap record an event once.
set -e

lttng create filters
lttng enable-channel -u big --subbuf-size=1M
lttng enable-event -u -c big tbtest:tick --filter 'who == "yes*" && seq < 10'
lttng enable-event -u -c big 'tbtest_types:level_*' -x 'tbtest_types:level_debug*,*_emerg'
lttng enable-event -u -c big 'tbtest_types:*' --filter='n > 3' --loglevel=TRACE_INFO
lttng enable-event -u -c big 'tbtest:b*' -f '_payload_length == 4 || n == 7'
lttng start
app-tiny yes-it-is
app-tiny no
app-types > /dev/null
lttng stop
lttng destroy
