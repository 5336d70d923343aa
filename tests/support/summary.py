#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
summary.py BUILD: counts the test points of the last "meson test" in BUILD and prints "PASSED FAILED SKIPPED". A program
that crashed, timed out or lost points counts as one failure. What failed is told on stderr, with its last lines.
"""
import json
import pathlib
import re
import sys

TAIL = 40
POINT = re.compile(r"(not )?ok\b(?:[^#\\]|\\.)*(?:#\s*(\w+))?", re.I)
SKIPPED_PLAN = re.compile(r"1\.\.0\s*#\s*skip", re.I)
GOOD_NEWS = re.compile(r"ok\b(?!.*# *skip)|# (?:Start|End) of|# GLib-DEBUG", re.I)
BAD = {"FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"}


def count_points(output):
    passed = failed = skipped = 0
    for line in output.splitlines():
        point = POINT.match(line)
        if SKIPPED_PLAN.match(line) or (point and (point.group(2) or "").lower() == "skip"):
            skipped += 1
        elif point and point.group(1):
            failed += 1
        elif point:
            passed += 1
    return passed, failed, skipped


def count_program(program):
    result = program["result"]
    passed, failed, skipped = count_points(program.get("stdout") or "")
    if result in BAD and failed == 0:
        failed = 1
    elif passed + failed + skipped == 0:
        passed, skipped = (0, 1) if result == "SKIP" else (1, 0)
    return passed, failed, skipped


def tell(program):
    print(f"--- {program['name']}: {program['result']}, exit status {program.get('returncode')}", file=sys.stderr)
    for stream in ("stdout", "stderr"):
        said = [line for line in (program.get(stream) or "").splitlines() if not GOOD_NEWS.match(line)]
        for line in said[-TAIL:]:
            print(f"    {line}", file=sys.stderr)


def main(build):
    log = pathlib.Path(build) / "meson-logs" / "testlog.json"
    totals = [0, 0, 0]
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        program = json.loads(line)
        counts = count_program(program)
        totals = [total + count for total, count in zip(totals, counts)]
        if counts[1]:
            tell(program)
    print(*totals)


if __name__ == "__main__":
    main(sys.argv[1])
