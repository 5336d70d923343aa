#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# read-only.sh COMMAND...: runs it as root in in-namespace.sh, and nothing can be written but below /run, /dev/shm and
# /tmp, which are that namespace's own. For what writes wherever chance says.
set -eu

if [ "${TRACEBUS_READ_ONLY-}" != entered ]; then
  TRACEBUS_READ_ONLY=entered exec "$(dirname "$0")/in-namespace.sh" "$0" "$@"
fi
unset TRACEBUS_READ_ONLY

while read -r _ _ _ _ folder _; do
  folder=$(printf '%b' "$folder")
  case $folder in
    /tmp | /run | /dev/shm | /proc | /proc/*) ;;
    *) ! mountpoint -q "$folder" || mount -o remount,bind,ro "$folder" ;; # what another lies over is out of reach
  esac
done < /proc/self/mountinfo
exec "$@"
