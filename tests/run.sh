#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [--plain | --asan] [--suite NAME]...: installs what is missing, builds, runs all tests: first in a plain build,
# then in one with AddressSanitizer and UndefinedBehaviorSanitizer; or in one of both. It builds in build-test and
# build-asan, or in $TRACEBUS_BUILDDIR and the same with -asan. The last line counts test points: "N passed, N failed,
# N skipped".
set -eu

cd "$(dirname "$0")/.."
. tests/support/packages.sh

usage ()
{
  sed -n '3,6s/^# //p' "tests/$(basename "$0")" >&2
  exit 2
}

flavours='plain asan'
suites=
while [ $# -gt 0 ]; do
  case $1 in
    --plain) flavours=plain ;;
    --asan) flavours=asan ;;
    --suite) [ $# -ge 2 ] || usage; suites="$suites --suite $2"; shift ;;
    *) usage ;;
  esac
  shift
done

passed=0 failed=0 skipped=0

add ()
{
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# build FLAVOUR DIRECTORY: what fails to build is one failure.
build ()
{
  if [ ! -f "$2/build.ninja" ]; then
    options=
    [ "$1" = plain ] || options='-Db_sanitize=address,undefined -Db_lundef=false'
    meson setup "$2" $options || return 1
  fi
  ninja -C "$2"
}

# run_tests DIRECTORY: what sanitizers complain of is a failure.
run_tests ()
{
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  rm -f "$1/meson-logs/testlog.json"
  if python3 tests/support/leftovers.py "$1" meson test -C "$1" --no-rebuild $suites; then
    add 1 0 0
  else
    add 0 1 0
  fi
  counts=$(python3 tests/support/summary.py "$1") || counts='0 1 0'
  add $counts
}

need_packages $build_packages $run_packages $test_packages || exit 1
wish_packages_32
wish_broker
plain_directory=$(realpath -m "${TRACEBUS_BUILDDIR:-build-test}")
for flavour in $flavours; do
  directory=$plain_directory
  if [ "$flavour" = asan ]; then
    directory=${TRACEBUS_BUILDDIR:+$plain_directory-asan}
    directory=${directory:-$(realpath -m build-asan)}
  fi
  echo "== $flavour build in $directory"
  if build "$flavour" "$directory"; then
    run_tests "$directory"
  else
    add 0 1 0
  fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
