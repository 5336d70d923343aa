#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Has the trace described anew while it is recorded, and once too early.

lttng create anew || exit 1
lttng enable-event -u 'tbtest:*,'
lttng regenerate metadata || echo "result: $? too early"
lttng regenerate statedump -s anew || echo "result: $? too early"
lttng regenerate || echo "result: $? of nothing"
lttng regenerate everything || echo "result: $? of everything"
lttng start
app-tiny before
lttng regenerate metadata && echo 'result: metadata'
lttng regenerate statedump --session=anew && echo 'result: state'
app-tiny behind
lttng stop
lttng disable-event -u -c nowhere tbtest:tick || echo "result: $? no such channel"
lttng destroy
