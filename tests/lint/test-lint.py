#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Two things in TAP: the tree keeps each rule; and each rule catches, on the small trees below fixtures/. The first line
of a fixture's file "expected" says what it shows; each other line is a complaint, "path:line: rule". No other may come.
"""
import pathlib
import sys

import lint
import rules

HERE = pathlib.Path(__file__).resolve().parent


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def point(self, name, problems):
        self.count += 1
        self.failed += bool(problems)
        for problem in problems:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {self.count} - {name}")

    def finish(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def check_tree(tap, root):
    found = list(lint.complaints(root))
    for rule in rules.ALL:
        problems = [f"{path}:{line}: {message}" for path, line, name, message in found if name == rule]
        tap.point(f"the tree keeps {rule}", problems)


def check_fixture(tap, fixture):
    title, *expected = (fixture / "expected").read_text().splitlines()
    actual = [f"{path}:{line}: {name}" for path, line, name, _ in lint.complaints(fixture)]
    problems = [f"missed {wanted}" for wanted in expected if wanted not in actual]
    problems += [f"cried wolf: {complaint}" for complaint in actual if complaint not in expected]
    tap.point(f"{fixture.name}: {title}", problems)
    return {line.rpartition(" ")[2] for line in expected}


def main():
    tap = Tap()
    caught = set()
    check_tree(tap, HERE.parents[1])
    for fixture in sorted(path for path in (HERE / "fixtures").iterdir() if path.is_dir()):
        caught |= check_fixture(tap, fixture)
    tap.point("every rule has a fixture that it catches", [rule for rule in rules.ALL if rule not in caught])
    return tap.finish()


sys.exit(main())
