#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""lint.py [ROOT]: holds a tree to the project's rules; says "path:line: rule: why" for each breach, and fails."""
import pathlib
import sys

import rules
import sources


def complaints(root):
    """Every breach below @root: (path, line, rule, message)."""
    for path in sources.tree(root):
        source = sources.Source(root, path)
        for name, rule in rules.ALL.items():
            for line, message in rule(source):
                yield path, line, name, message


def main(arguments):
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[2]
    found = list(complaints(root))
    for path, line, name, message in found:
        print(f"{path}:{line}: {name}: {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
