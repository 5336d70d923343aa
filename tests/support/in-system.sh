#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# in-system.sh COMMAND...: runs it as root on a private system: what the build installs lies over /usr, /etc can be
# written without a trace, and the stock system bus starts tracebusd and the real polkit when they are asked for. Users
# may be made. $TRACEBUS_STAGE is what was installed. Without what that takes it says so as a skipped TAP test.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if [ "${TRACEBUS_SYSTEM-}" != entered ]; then
  for tool in dbus-daemon pkaction useradd setpriv busctl; do
    if ! command -v "$tool" > /dev/null; then
      echo "1..0 # SKIP there is no $tool"
      exit 0
    fi
  done
  TRACEBUS_SYSTEM=entered exec "$here/in-namespace.sh" "$0" "$@"
fi
unset TRACEBUS_SYSTEM

export TRACEBUS_STAGE=/tmp/stage
"$here/stage.sh" "$TRACEBUS_STAGE"
mkdir -p /tmp/etc/upper /tmp/etc/work
mount -t overlay -o "lowerdir=$TRACEBUS_STAGE/usr:/usr" overlay /usr
mount -t overlay -o lowerdir=/etc,upperdir=/tmp/etc/upper,workdir=/tmp/etc/work overlay /etc
ldconfig
# polkit wants to watch logins; nobody logs in.
mkdir -p /run/systemd/users /run/systemd/sessions /run/systemd/seats /run/systemd/machines
unset DBUS_SYSTEM_BUS_ADDRESS DBUS_SESSION_BUS_ADDRESS

dbus-daemon --system --nofork --nopidfile --nosyslog > /tmp/bus.log 2>&1 &
tries=0
while [ ! -S /run/dbus/system_bus_socket ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 500 ] || { echo 'Bail out! no system bus'; cat /tmp/bus.log >&2; exit 1; }
  sleep 0.02
done
status=0
"$@" || status=$?
exit "$status"
