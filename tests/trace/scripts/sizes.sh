#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sizes in every spelling; what is no power of two is rounded up.
set -euo pipefail

out=$PWD/traces
show ()
{
  lttng list sizes -c "$1" | grep -E 'Sub-buffer (size|count)|(Switch|Read) timer:|Event-loss|Blocking|Buffering' |
    sed "s/^ */result: $1 /"
}

lttng create sizes -o "$out"
lttng enable-channel -u plain
lttng enable-channel -u rounded --subbuf-size=100k --num-subbuf=3
lttng enable-channel -u ring --overwrite --subbuf-size=0x2000 --num-subbuf 4
lttng enable-channel -u timed --discard --subbuf-size 1M --num-subbuf=2 --switch-timer=1s --read-timer=200ms
lttng enable-channel -u us --buffers-uid --output=mmap --switch-timer=500 --read-timer 50us --monitor-timer=0
lttng enable-channel -u one,two,three --subbuf-size=16384
for channel in plain rounded ring timed us two; do
  show "$channel"
done
for channel in plain rounded ring timed us one two three; do
  lttng enable-event -u -c "$channel" tbtest:tick
done
lttng start
app-tiny sized
lttng stop
lttng destroy sizes
