#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What data/ installs, read by the programs that it is for. TAP; needs $TRACEBUS_SOURCE and $TRACEBUS_BUILD.
set -u
count=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# result STATUS NAME: one line of TAP; what a check printed to $work/out explains a failure.
result ()
{
  count=$((count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $count $2"
  else
    echo "not ok $count $2"
    sed 's/^/# /' "$work/out"
  fi
}
skip ()
{
  count=$((count + 1))
  echo "ok $count $1 # SKIP there is no $2"
}

name='the interfaces in the bus policy are those that are described'
if ls "$TRACEBUS_SOURCE"/introspection/*.xml > /dev/null 2>&1; then
  status=0
  for file in "$TRACEBUS_SOURCE"/introspection/org.tracebus1.*.xml; do
    interface=$(basename "$file" .xml)
    grep -q "send_interface=\"$interface\"" "$TRACEBUS_SOURCE/data/org.tracebus1.conf" ||
      { echo "$interface is not in the policy" > "$work/out"; status=1; }
  done
  result $status "$name"
else
  skip "$name" description
fi

name='polkit takes the policy'
policy=$TRACEBUS_BUILD/data/org.tracebus1.policy
dtd=/usr/share/polkit-1/policyconfig-1.dtd
if [ ! -f "$dtd" ] || ! command -v xmllint > /dev/null; then
  skip "$name" "xmllint or $dtd"
else
  # xmllint says on the way that it looks for the type by its public name, and may not.
  xmllint --noout --nonet --dtdvalid "$dtd" "$policy" > "$work/out" 2>&1
  result $? "$name"
fi

name='the questions for a password speak German and French'
status=0
for language in de fr; do
  for element in description message; do
    wanted=$(grep -c "<$element>" "$policy")
    [ "$(grep -c "<$element xml:lang=\"$language\">" "$policy")" -eq "$wanted" ] ||
      { echo "not all of $wanted ${element}s are there in $language" > "$work/out"; status=1; }
  done
done
result $status "$name"

for kind in system user; do
  name="systemd takes the $kind unit"
  unit=$TRACEBUS_BUILD/data/tracebus.service
  [ $kind = system ] || unit=$TRACEBUS_BUILD/data/user/tracebus.service
  if ! command -v systemd-analyze > /dev/null; then
    skip "$name" systemd-analyze
    continue
  fi
  # The program need not be installed for the unit to be judged.
  mkdir -p "$work/$kind"
  sed 's,^ExecStart=[^ ]*,ExecStart=/bin/true,' "$unit" > "$work/$kind/tracebus.service"
  XDG_RUNTIME_DIR=$work systemd-analyze verify --man=no --$kind "$work/$kind/tracebus.service" > "$work/out" 2>&1 \
    && ! grep -q "$work" "$work/out"
  result $? "$name"
done

name='the system unit exposes no more than 2.0'
if ! command -v systemd-analyze > /dev/null; then
  skip "$name" systemd-analyze
else
  systemd-analyze security --offline=yes --threshold=20 "$work/system/tracebus.service" > "$work/out" 2>&1
  status=$?
  sed -n 's/.*Overall exposure level.*: /# exposure /p' "$work/out"
  result $status "$name"
fi

name='the catalogue explains every message id and no other'
sed -n 's/^#define TBUS_MSG_[A-Z_]* "\([0-9a-f]\{32\}\)"$/\1/p' "$TRACEBUS_SOURCE/service/base/log-ids.h" |
  sort > "$work/ids"
sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$TRACEBUS_SOURCE/data/tracebus.catalog" | sort > "$work/explained"
[ "$(wc -l < "$work/ids")" -ge 10 ] && diff "$work/ids" "$work/explained" > "$work/out"
result $? "$name"

name='the journal takes the catalogue'
if ! command -v journalctl > /dev/null; then
  skip "$name" journalctl
else
  mkdir -p "$work/root/usr/lib/systemd/catalog" "$work/root/var/lib/systemd/catalog"
  cp "$TRACEBUS_SOURCE/data/tracebus.catalog" "$work/root/usr/lib/systemd/catalog"
  journalctl --root="$work/root" --update-catalog > "$work/out" 2>&1 &&
    ! grep -v '^$' "$work/out" &&
    [ "$(journalctl --root="$work/root" --list-catalog | grep -c tracebus)" -eq "$(wc -l < "$work/ids")" ]
  result $? "$name"
fi

name='systemd-sysusers makes the group, systemd-tmpfiles the folder'
if ! command -v systemd-sysusers > /dev/null || ! command -v systemd-tmpfiles > /dev/null || [ "$(id -u)" -ne 0 ]; then
  skip "$name" "systemd-sysusers and systemd-tmpfiles, or no root"
else
  mkdir -p "$work/root/etc"
  systemd-sysusers --root="$work/root" "$TRACEBUS_SOURCE/data/tracebus.sysusers" > "$work/out" 2>&1 &&
    grep -q '^tracing:' "$work/root/etc/group" &&
    systemd-tmpfiles --create --root="$work/root" "$TRACEBUS_SOURCE/data/tracebus.tmpfiles" >> "$work/out" 2>&1 &&
    [ "$(stat -c %a "$work/root/run/lttng")" = 755 ]
  result $? "$name"
fi

name='what is activated is what the units run'
status=0
for folder in "$TRACEBUS_BUILD/data" "$TRACEBUS_BUILD/data/user"; do
  run=$(sed -n 's/^ExecStart=//p' "$folder/tracebus.service")
  if ! grep -qx "Exec=$run" "$folder/org.tracebus1.service" ||
    ! grep -qx 'SystemdService=tracebus.service' "$folder/org.tracebus1.service" ||
    ! grep -qx 'BusName=org.tracebus1' "$folder/tracebus.service"; then
    echo "$folder does not agree with itself" > "$work/out"
    status=1
  fi
done
result $status "$name"

for page in "$TRACEBUS_SOURCE"/data/*.[1-8] "$TRACEBUS_BUILD"/introspection/*.5; do
  [ -e "$page" ] || continue
  name="$(basename "$page") is set without a warning"
  if ! command -v groff > /dev/null; then
    skip "$name" groff
    continue
  fi
  groff -t -man -Tutf8 -ww "$page" > /dev/null 2> "$work/out" && [ ! -s "$work/out" ]
  result $? "$name"
done
echo "1..$count"
