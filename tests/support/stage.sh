#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# stage.sh DIRECTORY: installs the build $TRACEBUS_BUILD there, to be laid over a system: what message bus and polkit
# look for in /usr/share only is there as well, whatever the prefix, and the tests' traced programs are in /usr/lib.
set -eu
stage=$1
meson install -C "$TRACEBUS_BUILD" --no-rebuild --quiet --destdir "$stage" > /dev/null
program=$(find "$stage" -type f -name tracebusd)
share=${program%/*/tracebusd}/share
if [ "$share" != "$stage/usr/share" ]; then
  mkdir -p "$stage/usr/share"
  cp -r "$share/dbus-1" "$share/polkit-1" "$stage/usr/share"
fi
apps=$stage/usr/lib/tracebus-test
mkdir -p "$apps"
find "$TRACEBUS_BUILD/tests/support/apps" -maxdepth 1 -type f -name 'app-*' -exec cp '{}' "$apps" ';'
