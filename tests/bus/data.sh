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

for page in tracebusctl.1 tracebusd.8 tracebus-consumerd.8; do
  name="$page is set without a warning"
  if ! command -v groff > /dev/null; then
    skip "$name" groff
    continue
  fi
  groff -man -Tutf8 -ww "$TRACEBUS_SOURCE/data/$page" > /dev/null 2> "$work/out" && [ ! -s "$work/out" ]
  result $? "$name"
done
echo "1..$count"
