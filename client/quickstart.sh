#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# quickstart.sh: from nothing to a trace. Installs what is missing (as root; else says what to type), builds, starts a
# private bus with the service on it, traces a small program with buffers per user and then per process, and shows the
# first events. Nothing is installed but Debian's packages, and what it starts ends with it; the traces stay.
set -eu

cd "$(dirname "$0")/.."
. tests/support/packages.sh

build=$(realpath -m "${TRACEBUS_BUILDDIR:-build}")
bus_pid= service_pid= wait_file=

say ()
{
  printf '\n==> %s\n' "$*"
}

die ()
{
  echo "quickstart.sh: $*" >&2
  exit 1
}

build_it ()
{
  log=$build/quickstart.log
  mkdir -p "$build"
  {
    { [ -f "$build/build.ninja" ] || meson setup "$build"; } &&
      ninja -C "$build" service/tracebusd service/consumer/tracebus-consumerd client/tracebusctl \
        client/sample/tracebus-sample
  } > "$log" 2>&1 || { tail -n 40 "$log" >&2; die "the build failed; all of it is in $log"; }
}

# Everybody who finds its socket may use it; only we know where it is.
start_bus ()
{
  cat > "$work/bus.conf" <<END
<busconfig>
  <type>session</type>
  <listen>unix:path=$work/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END
  mkfifo "$work/ready"
  dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile --print-address=3 \
    3> "$work/ready" 2> "$work/bus.log" &
  bus_pid=$!
  read -r DBUS_SESSION_BUS_ADDRESS < "$work/ready" ||
    { cat "$work/bus.log" >&2; die "the private bus did not start"; }
  export DBUS_SESSION_BUS_ADDRESS TRACEBUS_BUS=session
}

# The tracer looks for a daemon of this user in $LTTNG_HOME/.lttng.
start_service ()
{
  export LTTNG_HOME="$work" XDG_STATE_HOME="$work/state"
  "$build/service/tracebusd" --session --rundir "$work/.lttng" \
    --consumer "$build/service/consumer/tracebus-consumerd" 2> "$work/service.log" &
  service_pid=$!
  gdbus wait --session --timeout 10 org.tracebus1 || { cat "$work/service.log" >&2; die "the service did not start"; }
}

# end PID: asks a child of ours, and waits until it is gone.
end ()
{
  kill "$1" 2>/dev/null || :
  wait "$1" 2>/dev/null || :
}

clean_up ()
{
  trap - EXIT HUP INT TERM
  [ -z "$service_pid" ] || end "$service_pid"
  [ -z "$bus_pid" ] || end "$bus_pid"
  # Every traced program makes this file where it is not there, and none removes it.
  if [ -n "$wait_file" ] && ! grep -qs "$wait_file" /proc/[0-9]*/maps; then
    rm -f "$wait_file"
  fi
  rm -rf "$work/.lttng" "$work/state" "$work/ready" "$work/bus" "$work/bus.conf" "$work/bus.log" \
    "$work/service.log" "$work/events"
  rmdir "$work" 2>/dev/null || :
}

# trace OWNERSHIP: one session from beginning to end. Between create and destroy the program runs, unmodified.
trace ()
{
  output=$work/traces/per-$1
  "$ctl" create "quickstart-$1" --output "$output"
  "$ctl" enable-channel shop --buffer-ownership "$1"
  "$ctl" enable-event --channel shop 'sample:*'
  "$ctl" start
  "$build/client/sample/tracebus-sample" 10 1000
  "$ctl" stop
  "$ctl" destroy
  babeltrace2 "$output" > "$work/events"
  echo "The first of $(wc -l < "$work/events") events in $output:"
  head -n 5 "$work/events"
  rm "$work/events"
}

need_packages $build_packages $run_packages || exit 1

say 'Building'
build_it
ctl=$build/client/tracebusctl

work=$(mktemp -d "${TMPDIR:-/tmp}/tracebus-XXXXXX")
trap clean_up EXIT
trap 'exit 130' HUP INT TERM
wait_file=/dev/shm/lttng-ust-wait-8-$(id -u)
[ ! -e "$wait_file" ] || wait_file=

say 'Starting a private bus and the service on it'
start_bus
start_service
"$ctl" status

for ownership in user process; do
  say "Tracing a program, buffers per $ownership"
  trace "$ownership"
done

say 'The traces stay, for babeltrace2 or Trace Compass:'
echo "  $work/traces"
