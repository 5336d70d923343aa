#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# in-machine.sh COMMAND...: boots systemd on a throw-away copy of this system with what the build installs, runs COMMAND
# in it as root, and switches it off. It comes no further than basic.target: what else this system would start stays
# away. $TRACEBUS_MESSAGE_BUS says which program is its message bus. Without what all that takes it says so as a skipped
# TAP test.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if [ "${TRACEBUS_MACHINE-}" != entered ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo '1..0 # SKIP needs root to boot a machine'
    exit 0
  fi
  for tool in systemd-nspawn "${TRACEBUS_MESSAGE_BUS:-dbus-daemon}" pkaction useradd busctl nsenter; do
    if ! command -v "$tool" > /dev/null; then
      echo "1..0 # SKIP there is no $tool"
      exit 0
    fi
  done
  TRACEBUS_MACHINE=entered exec unshare --mount --propagation private "$0" "$@"
fi
unset TRACEBUS_MACHINE

# A control group of its own, so that several machines do not meet in one: in every hierarchy that is systemd's.
groups=
for folder in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
  [ ! -f "$folder/cgroup.procs" ] || groups="$groups $folder"
done
group=tracebus-test-$$
work=$(mktemp -d)
nspawn=
first=
# Only what was begun here is ended.
clean_up ()
{
  if [ -n "$first" ]; then
    nsenter -t "$first" -a systemctl poweroff --no-block > /dev/null 2>&1 || :
  fi
  if [ -n "$nspawn" ]; then
    tries=0
    while kill -0 "$nspawn" 2> /dev/null && [ "$tries" -lt 100 ]; do
      tries=$((tries + 1))
      sleep 0.05
    done
    kill -KILL "$nspawn" 2> /dev/null || :
    wait "$nspawn" 2> /dev/null || :
  fi
  umount -l "$work" 2> /dev/null || :
  rmdir "$work"
  for folder in $groups; do
    echo $$ > "$folder/cgroup.procs" 2> /dev/null || :
    find "$folder/$group" -depth -type d -exec rmdir '{}' ';' 2> /dev/null || :
  done
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
for folder in $groups; do
  mkdir "$folder/$group" 2> /dev/null && echo $$ > "$folder/$group/cgroup.procs" ||
    { echo '1..0 # SKIP this system lets nobody make control groups'; exit 0; }
done

mount -t tmpfs -o mode=755 tmpfs "$work"
mkdir "$work/upper" "$work/scratch" "$work/root" "$work/stage"
"$here/stage.sh" "$work/stage"
mount -t overlay -o "lowerdir=$work/stage:/,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
rm -f "$work/root/etc/machine-id"
systemd-machine-id-setup --root="$work/root" > /dev/null 2>&1
chroot "$work/root" ldconfig
case ${TRACEBUS_MESSAGE_BUS:-dbus-daemon} in
  dbus-daemon) bus=dbus.service ;;
  *) bus=$TRACEBUS_MESSAGE_BUS.service ;;
esac
ln -sf "/lib/systemd/system/$bus" "$work/root/etc/systemd/system/dbus.service"
source_root=$(realpath "$here/../..")
build_root=$(realpath "$TRACEBUS_BUILD")

systemd-nspawn --quiet --directory="$work/root" --register=no --keep-unit --private-network --boot \
  --machine="tracebus-$$" --console=read-only --bind-ro="$source_root" --bind="$build_root" \
  -- --unit=basic.target --show-status=no < /dev/null > "$work/console.log" 2>&1 &
nspawn=$!

# The machine's first process is the one below nspawn that is called systemd.
find_first ()
{
  for process in $(pgrep --parent "$nspawn") ; do
    for candidate in "$process" $(pgrep --parent "$process"); do
      [ "$(cat "/proc/$candidate/comm" 2> /dev/null)" = systemd ] || continue
      echo "$candidate"
      return
    done
  done
}
tries=0
while :; do
  [ -n "$first" ] || first=$(find_first)
  if [ -n "$first" ]; then
    case $(nsenter -t "$first" -a systemctl is-system-running 2> /dev/null) in
      running | degraded) break ;;
    esac
  fi
  tries=$((tries + 1))
  if [ "$tries" -gt 400 ] || ! kill -0 "$nspawn" 2> /dev/null; then
    echo '1..0 # SKIP no machine can be booted here:'
    sed 's/^/# /' "$work/console.log"
    exit 0
  fi
  sleep 0.05
done
status=0
nsenter -t "$first" -a env -u NOTIFY_SOCKET HOME=/root LC_ALL=C \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  TRACEBUS_BUILD="$build_root" TRACEBUS_SOURCE="$source_root" PYTHONDONTWRITEBYTECODE=1 "$@" || status=$?
exit "$status"
