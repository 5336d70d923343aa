#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-siege.py: four users at once, one of whom is hostile in every way at the same time: programs that destroy what they
are recorded into, connections that never become programs, nonsense in place of descriptions, floods of calls, programs
without end, and all that a user may have. The other three record their own programs, early, late and forking ones, in
both ownership schemes: their traces are complete to the event. TRACEBUS_SECONDS sets for how long.
"""
import collections
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from system import (APPS, NO_OPTIONS, PATIENCE, App, Denied, Tap, add_user, as_user, call, create, get, process_ids)

SOCKET = "/var/run/lttng/lttng-ust-sock-8"
SECONDS = int(os.environ.get("TRACEBUS_SECONDS", "10"))
HONEST = ("alice", "bob", "carol")
SCHEMES = ("user", "process")
BURST = 100
SESSIONS = 10
MANNERS = {"idle": 100, "half": 100, "slow": 100, "command": 50, "garbage": 100, "storm": 20}
NONSENSE = ("lengths", "names", "counts", "nesting", "types", "kinds", "replies", "enumerations")
HARMS = ("words", "head", "table", "headers", "all", "memory")
LIMITS = ["prlimit", "--nproc=400", "--", "nice", "-n19"]  # a user's own; the processors are nobody's to lose


class Recording:
    def __init__(self, user, scheme):
        self.user, self.scheme = user, scheme
        self.path = create(user, scheme)
        call(user, self.path, "Session.CreateChannel", "events", f"{{'buffer-ownership': <'{scheme}'>}}")
        call(user, self.path, "Session.EnableEvents", "events", "[('tbtest:*', @a{sv} {})]", NO_OPTIONS)
        call(user, self.path, "Session.Start", NO_OPTIONS)
        self.output = pathlib.Path(get(user, self.path, "Session.Output"))

    def read(self):
        """babeltrace2's status, who ticked how often, and what was complained of: by it, and by the service."""
        call(self.user, self.path, "Session.Stop", NO_OPTIONS)
        problems = get(self.user, self.path, "Session.Problems")
        done = subprocess.run(["babeltrace2", self.output], **as_user(self.user), capture_output=True, text=True,
                              check=False)
        ticks = collections.Counter(re.findall(r'tbtest:tick: .* who = "([^"]*)"', done.stdout))
        return done.returncode, dict(ticks), done.stderr, problems


class Attack:
    """A program of eve's, or a shell's loop of them; said to be under way by a line, where it says one."""

    def __init__(self, *command, ready=False):
        self.process = subprocess.Popen([*LIMITS, *map(str, command)], **as_user("eve"), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE if ready else subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        if ready and self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command}: not ready")

    def is_on(self):
        return self.process.poll() is None

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def fill_quota():
    """Sessions of eve's, each with large buffers for every program, until there are no more to be had."""
    try:
        for n in range(SESSIONS + 1):
            path = create("eve", f"quota-{n}")
            call("eve", path, "Session.CreateChannel", "c",
                 "{'buffer-ownership': <'process'>, 'subbuf-size': <uint64 4194304>, 'num-subbuf': <uint64 8>}")
            call("eve", path, "Session.EnableEvents", "c", "[('*', @a{sv} {})]", NO_OPTIONS)
            call("eve", path, "Session.Start", NO_OPTIONS)
    except Denied as denied:
        return denied.name
    return "all of them"


def begin():
    """Everything at once."""
    loop = "while :; do {}; done"
    attacks = [Attack(APPS / "app-hostile", SOCKET, n, manner, ready=True) for manner, n in MANNERS.items()]
    attacks += [Attack("sh", "-c", loop.format(f"{APPS}/app-malformed {SOCKET} {manner}")) for manner in NONSENSE]
    attacks += [Attack("sh", "-c", loop.format(f"printf 'go 100\\nharm 100\\n' | {APPS}/app-scribble {harm} $$"))
                for harm in HARMS]
    attacks += [Attack("sh", "-c", loop.format(f"{APPS}/app-tiny & {APPS}/app-tiny & {APPS}/app-tiny & wait"))
                for _ in range(2)]
    attacks += [Attack(APPS / "app-caller", 4, ready=True) for _ in range(2)]
    return attacks


def configure():
    """In the place of the file that was installed, which cannot be written to here."""
    mine = pathlib.Path("/tmp/tracebus.conf")
    mine.write_text(f"[Limits]\nSessionsPerUser={SESSIONS}\nBufferMemoryPerUser=512M\n", encoding="utf-8")
    installed = next(path for prefix in ("/usr/local/etc", "/etc")
                     if (path := pathlib.Path(prefix, "tracebus/tracebus.conf")).exists())
    subprocess.run(["mount", "--bind", mine, installed], check=True)


class Household:
    """What an honest user does meanwhile."""

    def __init__(self, user):
        self.user = user
        self.recordings = [Recording(user, scheme) for scheme in SCHEMES]
        self.early = App(user, "app-idle", "early")
        self.expected = collections.Counter()

    def live(self):
        self.early.emit(BURST)
        late = App(self.user, "app-idle", "late")
        late.emit(BURST)
        late.end()
        subprocess.run([APPS / "app-fork", "hooks", str(BURST)], **as_user(self.user), stdout=subprocess.DEVNULL,
                       check=True)
        self.expected.update({"early": BURST, "late": BURST, "parent": BURST, "child": BURST, "parent-after": BURST})

    def check(self, tap):
        self.early.end()
        for recording in self.recordings:
            tap.point(f"{self.user}'s trace, in buffers of each {recording.scheme}, is complete to the event",
                      recording.read(), (0, dict(self.expected), "", "@aa{sv} []"))


def main():
    tap = Tap()
    for user in (*HONEST, "eve"):
        add_user(user)
    configure()
    households = [Household(user) for user in HONEST]
    service = process_ids("tracebusd")
    for scheme in SCHEMES:
        Recording("eve", scheme)
    tap.point("the hostile user has all that a user may have", fill_quota(), "Exhausted")
    attacks = begin()
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        for household in households:
            household.live()
        rounds += 1
    still_on = [attack.is_on() for attack in attacks]
    for household in households:
        household.check(tap)
    for attack in attacks:
        attack.end()
    tap.say(f"{rounds} rounds of {len(HONEST)} users in {SECONDS} s beside {len(attacks)} attacks")
    tap.point("all attacks lasted as long", still_on, [True] * len(attacks))
    tap.point("the service is the same", process_ids("tracebusd"), service)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
