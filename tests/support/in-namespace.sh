#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# in-namespace.sh COMMAND...: runs it with a /run (so /run/lttng), /dev/shm, /tmp, /var/lib (where the service keeps its
# state; what is there can be read), process table, System V memory and network of its own, for what needs the tracer's
# fixed paths. All that it starts ends with it. The tree and the build stay visible where they are. Without
# the rights for that it says so as a skipped TAP test.
set -eu

if [ "${TRACEBUS_NAMESPACE-}" != entered ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo '1..0 # SKIP needs root for namespaces of its own'
    exit 0
  fi
  if ! unshare --mount --pid --ipc --net --fork true 2>/dev/null; then
    echo '1..0 # SKIP this system lets nobody make namespaces'
    exit 0
  fi
  TRACEBUS_NAMESPACE=entered exec unshare --mount --pid --ipc --net --fork --mount-proc --kill-child=KILL \
    --propagation private "$0" "$@"
fi

source_root=$(realpath "$(dirname "$0")/../..")
build_root=$(realpath "${TRACEBUS_BUILD:-$source_root}")
start=$PWD

# The tmpfs over /run first: what the others would hide waits there.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lttng /run/dbus /run/lock /run/user /run/hold-source /run/hold-build
mount --bind "$source_root" /run/hold-source
mount --bind "$build_root" /run/hold-build
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /tmp/var/upper /tmp/var/work
mount -t overlay -o lowerdir=/var/lib,upperdir=/tmp/var/upper,workdir=/tmp/var/work overlay /var/lib
put_back ()
{
  if [ -d "$2" ]; then
    umount "$1"
  else
    mkdir -p "$2"
    mount --move "$1" "$2"
  fi
  rmdir "$1"
}
put_back /run/hold-source "$source_root"
put_back /run/hold-build "$build_root"

ip link set lo up 2>/dev/null || :
export TMPDIR=/tmp
mkdir -m 700 /tmp/home
export HOME=/tmp/home LTTNG_HOME=/tmp/home
cd "$start" 2>/dev/null || cd /tmp
unset TRACEBUS_NAMESPACE
# Not exec: the first process of a pid namespace is deaf to signals, which the command should not be.
status=0
"$@" || status=$?
exit "$status"
