#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-hostile.py: one user's programs storm the registration socket, or say what no tracer says; another user's programs
start as fast as ever, and their trace is complete. Times are told, not asserted: TRACEBUS_STARTS sets how many starts.
"""
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

from system import (APPS, NO_OPTIONS, PATIENCE, ROOT_PATH, App, Tap, add_user, as_user, call, create, get, process_ids,
                    wait_until)

SOCKET = "/var/run/lttng/lttng-ust-sock-8"
LOG = pathlib.Path("/tmp/bus.log")  # in-system.sh's: the service inherits it
STARTS = int(os.environ.get("TRACEBUS_STARTS", "40"))
CONNECTIONS = {"idle": 190, "half": 190, "slow": 190, "command": 190, "garbage": 190, "storm": 50}
# Nonsense, and what the log says of it.
MALFORMED = {
    "lengths": "bytes of records that have",
    "names": "a name without an end",
    "counts": "it announced 4294967295 bytes",
    "nesting": "too many of its descriptions had to be refused",
    "types": "too many of its descriptions had to be refused",
    "kinds": "unknown kind 4711",
    "replies": "command socket",
    "enumerations": "too many of its descriptions had to be refused",
    "descriptors": "it sent descriptors",
}
MOST_MEMORY = 400 << 10  # KiB: what one user's apps may fill of one trace, read and unread, and a margin


def record(user, name):
    path = create(user, name)
    call(user, path, "Session.EnableEvents", "", "[('tbtest:*', @a{sv} {})]", NO_OPTIONS)
    call(user, path, "Session.Start", NO_OPTIONS)
    return path


def count_ticks(user, path):
    call(user, path, "Session.Stop", NO_OPTIONS)
    done = subprocess.run(["babeltrace2", get(user, path, "Session.Output")], **as_user(user), capture_output=True,
                          text=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"babeltrace2: {done.stderr}")
    return done.stdout.count("tbtest:tick:")


def time_starts(user):
    """Milliseconds from the start of a program to its end: it waits for its registration, and ticks once."""
    times = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run([APPS / "app-tiny"], **as_user(user), stdout=subprocess.DEVNULL, check=True)
        times.append(1000 * (time.perf_counter() - begun))
    return times


def begin_hostilities():
    attackers = []
    for manner, n in CONNECTIONS.items():
        # What they take of the processors is not the service's doing: they have what nobody else wants.
        process = subprocess.Popen(["nice", "-n19", APPS / "app-hostile", SOCKET, str(n), manner], **as_user("eve"),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{manner}: not ready")
        attackers.append(process)
    return attackers


def end_hostilities(attackers):
    for process in attackers:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        process.stdin.close()
        process.stdout.close()


def check_storm(tap):
    path = record("alice", "quiet")
    time_starts("alice")  # whatever is slow the first time
    calm = time_starts("alice")
    before = int(get("root", ROOT_PATH, "Manager.AppsRefused").split()[-1])
    attackers = begin_hostilities()
    begun = time.monotonic()
    besieged = time_starts("alice")
    seconds = time.monotonic() - begun
    refused = int(get("root", ROOT_PATH, "Manager.AppsRefused").split()[-1]) - before
    end_hostilities(attackers)
    middle, worst = statistics.median(besieged) - statistics.median(calm), max(besieged) - max(calm)
    tap.say(f"a start takes {statistics.median(calm):.1f} ms (worst {max(calm):.1f}); "
            f"beside {sum(CONNECTIONS.values())} hostile connections {statistics.median(besieged):.1f} ms "
            f"(worst {max(besieged):.1f}): {middle:+.1f} ms (worst {worst:+.1f}), of {STARTS}; "
            f"{refused / seconds:.0f} refused a second")
    tap.point("every program that started in a storm of another user is traced", count_ticks("alice", path), 3 * STARTS)
    call("alice", path, "Session.Destroy", NO_OPTIONS)


def memory_peak():
    text = pathlib.Path(f"/proc/{process_ids('tracebusd')[0]}/status").read_text(encoding="utf-8")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", text, re.MULTILINE)[1])


def says(line, process):
    """Whether the log has a line on @process with @line in it."""
    return any(f"Process {process} " in entry and line in entry
               for entry in LOG.read_text(encoding="utf-8", errors="replace").splitlines())


def check_malformed(tap):
    path = record("alice", "beside")
    hers = App("alice", "app-idle")
    own = record("eve", "own")
    before = memory_peak()
    for manner, sentence in MALFORMED.items():
        process = subprocess.Popen([APPS / "app-malformed", SOCKET, manner], **as_user("eve"), stdout=subprocess.PIPE,
                                   text=True)
        hers.emit(100)
        said = process.communicate(timeout=PATIENCE)[0].strip()
        tap.say(f"{manner}: {said} ms")
        wait_until(lambda line=sentence, of=process.pid: says(line, of))
        tap.point(f"who sends malformed {manner} is dropped, and the log says why", said.partition(" ")[0], "dropped")
    hers.emit(100)
    hers.end()
    grown = memory_peak() - before
    tap.say(f"the service's memory has grown by {grown >> 10} MiB at most")
    tap.point("nobody makes the service keep more than so much", grown < MOST_MEMORY, True)
    tap.point("the other user's trace is complete", count_ticks("alice", path), 100 * (len(MALFORMED) + 1))
    call("eve", own, "Session.Stop", NO_OPTIONS)
    tap.point("the own one can be read", count_readable("eve", own), True)
    for user, session in (("alice", path), ("eve", own)):
        call(user, session, "Session.Destroy", NO_OPTIONS)


def count_readable(user, path):
    done = subprocess.run(["babeltrace2", get(user, path, "Session.Output")], **as_user(user), capture_output=True,
                          text=True, check=False)
    return done.returncode == 0


def main():
    tap = Tap()
    for user in ("alice", "eve"):
        add_user(user)
    check_malformed(tap)
    check_storm(tap)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
