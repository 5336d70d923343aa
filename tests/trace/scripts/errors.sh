#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong, and the codes that scripts branch on.

try ()
{
  status=0
  lttng "$@" > /dev/null 2> errors.txt || status=$?
  echo "result: $status from $*"
}

# Nothing is there yet.
try start
try stop
try destroy
try destroy nobody
try status
try list nobody
try set-session nobody
try enable-event -u -a
try view
# The command line.
try
try begin
try --bad-option list
try create --bad-option
try create a b
try enable-channel
try enable-channel c
try enable-channel -u
try enable-event -u
try enable-event a:b
try enable-event -u --channel
try add-context -u
try add-context -t vpid
try disable-event -u
try set-session
try help no-such-verb
# A session.
try create demo -o trace
try create demo
try create in/valid
try start
try stop
try enable-channel -u -s nobody c
try enable-channel -u c --subbuf-size=large
try enable-channel -u c --subbuf-size=0
try enable-channel -u c --num-subbuf=0
try enable-channel -u c --switch-timer=soon
try enable-channel -u c --buffers-global
try enable-channel -u c --output=splice
try enable-channel -u c --tracefile-count=3
try enable-channel -u c
try enable-channel -u c
try enable-channel -u d --buffers-pid
try enable-event -u tbtest:tick
try enable-event -u -c c tbtest:tick
try enable-event -u -c c tbtest:tick
try enable-event -u -c c tbtest:burst,tbtest:tick
try enable-event -u -c c tbtest:burst --loglevel=loud
try enable-event -u -c c tbtest:burst --probe=main
try enable-event -u -s nobody tbtest:tick
try disable-event -u tbtest:tick
try disable-event -u -c c nothing:such
try disable-event -k sched_switch
try disable-channel -k c
try disable-channel -u -s nobody c
try add-context -u -t procname
try add-context -u -t procname
try add-context -u -t nonsense
try add-context -u -s nobody -t vpid
try add-context -k -t pid
try start
try start
try start nobody
try view
try enable-channel -u late
try add-context -u -t vpid
app-tiny fine
try stop
try stop
try stop nobody
try destroy nobody
try destroy
try destroy
