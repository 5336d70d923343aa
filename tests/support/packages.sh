# SPDX-License-Identifier: GPL-2.0-only
# What building, running and testing need of Debian 12, and how to get it. Sourced by tests/run.sh and
# client/quickstart.sh; POSIX sh.

build_packages='meson ninja-build pkg-config gcc gettext libc6-dev libglib2.0-dev libglib2.0-bin
  libpolkit-gobject-1-dev libsystemd-dev liblttng-ust-dev liburcu-dev python3'
run_packages='babeltrace2 dbus'
test_packages='lttng-tools libdbus-1-dev libxml2-utils procps iproute2 systemd util-linux
  systemd-container polkitd passwd libgirepository1.0-dev python3-gi python3-docutils'
# For 32-bit programs on amd64. What needs them is left out where they are not there.
packages_32='gcc-multilib liblttng-ust1:i386 liblttng-ust-ctl5:i386 liblttng-ust-common1:i386 liburcu-dev:i386'

# missing_packages NAME...: those that are not installed.
missing_packages ()
{
  for package
  do
    case $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) in
      installed*) ;; # once for every architecture
      *) echo "$package" ;;
    esac
  done | paste -s -d ' '
}

# need_packages NAME...: installs what is missing as root; else says what root should type, and fails.
need_packages ()
{
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "Please install what is missing, then start again:" >&2
    echo "  sudo apt-get install -y --no-install-recommends $missing" >&2
    return 1
  fi
  install_packages $missing
}

# wish_packages_32: installs what is missing for 32-bit programs, as root on amd64 and where it can be had.
wish_packages_32 ()
{
  [ "$(id -u)" -eq 0 ] && [ "$(dpkg --print-architecture)" = amd64 ] || return 0
  missing=$(missing_packages $packages_32)
  [ -n "$missing" ] || return 0
  dpkg --add-architecture i386
  install_packages $missing || echo "Without them, nothing is tested with 32-bit programs." >&2
}

# wish_broker: the other message bus. Not where systemd runs, which would make it this system's own at the next start.
wish_broker ()
{
  [ "$(id -u)" -eq 0 ] && [ ! -d /run/systemd/system ] || return 0
  [ -z "$(missing_packages dbus-broker)" ] || install_packages dbus-broker ||
    echo "Without it, nothing is tested with dbus-broker." >&2
}

# install_packages NAME...: no service is started by it: lttng-tools would bring up the daemon whose place the tests
# need. A list that cannot be fetched just now is no reason to fail: the one from before may do.
install_packages ()
{
  echo "Installing $*" >&2
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    policy=
  else
    trap 'rm -f "$policy"' EXIT
    trap 'rm -f "$policy"; exit 130' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
  fi
  status=0
  {
    apt-get update -q || echo "Going on with the package lists that there are."
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } >&2 || status=$?
  if [ -n "$policy" ]; then
    rm -f "$policy"
    trap - EXIT HUP INT TERM
  fi
  return "$status"
}
