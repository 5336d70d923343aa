#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-scribble.py [SEED]: programs of alice that destroy the buffers that they are recorded into, in every way that
memory and pipes allow, beside programs of bob and of alice's that do not: recorded by root, with one consumer for all,
in both ownership schemes and both modes at once. Bob's trace is complete, alice's is readable, the consumer lives.
"""
import collections
import pathlib
import re
import subprocess
import sys

from system import App, NO_OPTIONS, Tap, add_user, as_user, call, create, get, process_ids

TICKS = 200
ROUNDS = 300
# What becomes of memory, of positions, of packets, of pipes.
HARMS = ("words", "head", "counters", "table", "headers", "sizes", "data", "all", "mapping", "memory", "flood", "pipes")
# What no ring is like that nobody has destroyed, whatever the numbers.
REPORTED = ("words", "head", "table", "headers", "all", "memory")
# Bytes of events that are no event any more: who wrote them has spoilt them, and nobody else can tell.
UNREADABLE = ("data", "all")
# What only takes away, or does nothing.
HARMLESS = ("mapping", "flood", "pipes")
KINDS = [(scheme, mode) for scheme in ("user", "process") for mode in ("discard", "overwrite")]


class HostileApp(App):
    def harm(self, rounds):
        self.process.stdin.write(f"harm {rounds}\n")
        self.process.stdin.flush()
        self.wait("done")


class Recording:
    def __init__(self, harm, scheme, mode):
        self.name = f"{harm}-{scheme}-{mode}"
        self.scheme = scheme
        self.output = pathlib.Path(f"/tmp/{self.name}")
        self.path = create("root", self.name, f"{{'output': <'{self.output}'>}}")
        call("root", self.path, "Session.CreateChannel", "events",
             f"{{'buffer-ownership': <'{scheme}'>, 'mode': <'{mode}'>, 'subbuf-size': <uint64 65536>}}")
        call("root", self.path, "Session.EnableEvents", "events", "[('tbtest:*', @a{sv} {})]", NO_OPTIONS)
        call("root", self.path, "Session.Start", NO_OPTIONS)

    def stop(self):
        call("root", self.path, "Session.Flush", NO_OPTIONS)
        self.problems = get("root", self.path, "Session.Problems")
        call("root", self.path, "Session.Stop", NO_OPTIONS)
        call("root", self.path, "Session.Destroy", NO_OPTIONS)

    def traces(self, user):
        """Those of @user's programs, or, where each has its own, of all programs."""
        return [path.parent for path in self.output.rglob("metadata")
                if re.search(rf"/uid/{as_user(user)['user']}/|/pid/", f"{path}")]


def read(path):
    """babeltrace2's status, who ticked how often, and what it complained of."""
    done = subprocess.run(["babeltrace2", path], capture_output=True, text=True, errors="replace", check=False)
    ticks = collections.Counter(re.findall(r'tbtest:tick: .* who = "([^"]*)"', done.stdout))
    return done.returncode, dict(ticks), done.stderr


def run(harm, seed):
    """Hostile and honest programs while four sessions record: the consumer before and after."""
    recordings = [Recording(harm, *kind) for kind in KINDS]
    hostile = HostileApp("alice", "app-scribble", harm, seed)
    honest = {user: App(user, "app-idle", user) for user in ("alice", "bob")}
    before = process_ids("tracebus-consumerd")
    for app in (hostile, *honest.values()):
        app.emit(TICKS)
    for user in ("bob", "alice"):
        hostile.harm(ROUNDS)
        # Alice's other program shares what has been destroyed, where buffers are shared: it may not live to tell.
        if user == "bob" or harm in HARMLESS:
            honest[user].emit(TICKS)
    for recording in recordings:
        recording.stop()
    after = process_ids("tracebus-consumerd")
    for app in (hostile, *honest.values()):
        app.end()
    return recordings, [before, after]


def check_own(tap, recording, harm):
    """What alice has of it."""
    name = f"{recording.name}: "
    if harm in HARMLESS:
        status, ticks, complaints = read(recording.output)
        tap.point(f"{name}it costs nothing", [status, ticks, complaints], [
            0, {"alice": 2 * TICKS, "bob": 2 * TICKS, "hostile": TICKS}, ""])
        return
    results = [read(path) for path in recording.traces("alice")]
    if harm not in UNREADABLE:
        tap.point(f"{name}alice's trace is readable", {status for status, _, _ in results}, {0})
    if harm in REPORTED:
        tap.point(f"{name}its damage is told", "torn-stream" in recording.problems, True)
    if recording.scheme == "process":
        tap.point(f"{name}alice's other program is recorded", [t for _, t, _ in results if "alice" in t],
                  [{"alice": TICKS}])


def check(tap, harm, seed):
    recordings, consumers = run(harm, seed)
    tap.point(f"{harm}: the consumer lives", [len(consumers[0]), consumers[1]], [1, consumers[0]])
    for recording in recordings:
        results = [read(path) for path in recording.traces("bob")]
        tap.point(f"{recording.name}: bob's trace is complete", [r for r in results if "bob" in r[1]],
                  [(0, {"bob": 2 * TICKS}, "")])
        check_own(tap, recording, harm)


def main():
    tap = Tap()
    add_user("alice")
    add_user("bob")
    for harm in HARMS:
        check(tap, harm, sys.argv[1] if len(sys.argv) > 1 else "1")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
