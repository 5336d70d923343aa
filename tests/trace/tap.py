# SPDX-License-Identifier: GPL-2.0-only
"""Test points that compare lists of events and tell what differs."""


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def point(self, name, actual, expected):
        self.count += 1
        if actual == expected:
            print(f"ok {self.count} - {name}", flush=True)
            return
        self.failed += 1
        print(f"not ok {self.count} - {name}")
        for mark, some, others in (("missing", expected, actual), ("unexpected", actual, expected)):
            for event in some if isinstance(some, list) else [some]:
                if not isinstance(others, list) or event not in others:
                    print(f"# {mark}: {event}")
        print(f"# {len(actual)} and {len(expected)}" if isinstance(expected, list) else "#", flush=True)

    def say(self, text):
        """What was measured, for whoever reads it."""
        print(f"# {text}", flush=True)

    def skip(self, name):
        self.count += 1
        print(f"ok {self.count} # SKIP {name}", flush=True)

    def finish(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0
