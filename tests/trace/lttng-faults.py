#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
lttng-faults.py BUILD FAULT: what lttng-sessiond makes of a fault that a test has shown of tracebusd, told in a line
each. It fails nothing: tests/support/peer.c prints it beside the test's own numbers. Inside in-namespace.sh only.
"""
import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import peer_lttng
from programs import Program

FAULTS = {}
PATIENCE = 10  # seconds that a command may take before it is said to hang
ROOMY = ("--subbuf-size=16384", "--num-subbuf=4")
SMALL = ("--subbuf-size=4096", "--num-subbuf=4")


def fault(function):
    FAULTS[function.__name__.replace("_", "-")] = function
    return function


def tell(text):
    print(text, flush=True)


class Daemon(peer_lttng.Peer):
    """The daemon, its consumer and its command; what is not answered is told, and not waited for."""

    def __init__(self, build, more=()):
        super().__init__(more)
        self._build = build

    def __exit__(self, *_):
        for pid in self.family():
            _kill(pid, signal.SIGKILL)
        super().__exit__()

    @property
    def pid(self):
        return self._daemon.pid

    def family(self):
        """The daemon and all that it has started."""
        listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in map(str.split, listing.splitlines())}
        found = {self.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found)

    def consumers(self):
        return [pid for pid in self.family() if _command(pid).startswith("lttng-consumer")]

    def program(self, name, *arguments):
        return Program(self, self._build, name, *arguments)

    def ask(self, *arguments):
        """Seconds that the command took; it may fail. TimeoutExpired where it hangs."""
        began = time.monotonic()
        subprocess.run(["lttng", "--quiet", *arguments], capture_output=True, timeout=PATIENCE, check=False)
        return time.monotonic() - began

    def outcome(self, *arguments):
        """The same in words."""
        began = time.monotonic()
        code = subprocess.run(["lttng", "--quiet", *arguments], capture_output=True, timeout=PATIENCE,
                              check=False).returncode
        took = (time.monotonic() - began) * 1000
        return f"{arguments[0]} {'fails' if code else 'succeeds'} after {took:.0f} ms"

    def record(self, name, *channel, scheme="uid"):
        """A session that records everything of the programs."""
        self.ask("create", name, f"--output={self.path / name}")
        self.ask("enable-channel", "--userspace", f"--buffers-{scheme}", f"--session={name}", *channel, "events")
        self.ask("enable-event", "--userspace", f"--session={name}", "--channel=events", "tbtest:*")
        self.ask("start", name)

    def found(self, name, who=""):
        """How many events babeltrace2 can read, of the program @who or of all."""
        run = subprocess.run(["babeltrace2", self.path / name], capture_output=True, text=True, check=False)
        return sum("tbtest:" in line and (not who or f'"{who}"' in line) for line in run.stdout.splitlines())

    def discarded(self, name):
        """As the daemon says."""
        listing = subprocess.run(["lttng", "--mi=xml", "list", name], capture_output=True, text=True, check=False,
                                 timeout=PATIENCE).stdout
        return sum(map(int, re.findall("<discarded_events>([0-9]+)<", listing)))


def _kill(pid, number):
    subprocess.run(["kill", f"-{int(number)}", str(pid)], capture_output=True, check=False)


def _command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    except OSError:
        return ""


@fault
def torn(daemon):
    """A program is killed between reserving room for an event and committing it; another one writes on."""
    daemon.record("torn", *SMALL)
    other, victim = daemon.program("app-torn", "other"), daemon.program("app-torn", "victim")
    other.go(20)
    victim.go(10)
    victim.say(f"raise {int(signal.SIGKILL)}")
    victim.wait()
    for _ in range(50):
        other.go(20)
    took = daemon.ask("stop", "torn")
    tell(f"{daemon.found('torn', 'other')} of 1020 events of another program and {daemon.found('torn', 'victim')} of "
         f"the victim's 10 recorded, {daemon.discarded('torn')} reported as discarded; stop took {took * 1000:.0f} ms")


@fault
def killed_consumer(daemon):
    """The consumer is killed while two programs write as fast as they can; then another session is recorded."""
    daemon.record("killed")
    programs = [daemon.program("app-idle", name) for name in ("first", "second")]
    for program in programs:
        program.say("go 200000")
    for pid in daemon.consumers():
        _kill(pid, signal.SIGKILL)
    for program in programs:
        program.hear()
    daemon.ask("stop", "killed")
    tell(f"{daemon.found('killed')} of 400000 events recorded, {daemon.discarded('killed')} reported as discarded")
    daemon.record("next")
    programs[0].go(1000)
    daemon.ask("stop", "next")
    tell(f"{daemon.found('next')} of 1000 events in the session after it")


@contextlib.contextmanager
def _small_disk(path):
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=4m", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def _fill(path):
    """Until there is room for nothing more."""
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(bytes(4096)) > 0:
            pass


def _record_on_full_disk(daemon, disk):
    """A program that writes on."""
    daemon.record(disk.name, *ROOMY)
    program = daemon.program("app-idle")
    program.go(1000)
    _fill(disk / "filler")
    program.go(10000)
    return program


@fault
def full_disk(daemon):
    """The disk is full while a program writes, and has room again."""
    with _small_disk(daemon.path / "full") as disk:
        program = _record_on_full_disk(daemon, disk)
        meanwhile, emitted = daemon.found("full"), 11000
        (disk / "filler").unlink()
        until = time.monotonic() + 2
        while daemon.found("full") <= max(meanwhile, 1000) and time.monotonic() < until:
            program.go(500)
            emitted += 500
        stopped = daemon.outcome("stop", "full")
        tell(f"{meanwhile} of 11000 events readable while the disk is full; when there was room again for up to 2 s, "
             f"{stopped}, {daemon.found('full')} of {emitted} readable, {daemon.discarded('full')} told as discarded")


@fault
def full_disk_destroy(daemon):
    """A session is stopped and destroyed while the disk is full."""
    with _small_disk(daemon.path / "full") as disk:
        _record_on_full_disk(daemon, disk)
        tell(f"{daemon.outcome('stop', 'full')}, {daemon.outcome('destroy', 'full')}; {daemon.found('full')} of 11000 "
             "events readable")


@fault
def output_gone(daemon):
    """The directory is removed while a program is recorded, and made again."""
    output = daemon.path / "gone"
    daemon.record("gone")
    program = daemon.program("app-idle")
    program.go(100)
    shutil.rmtree(output)
    program.go(50)
    output.mkdir()
    program.go(7)
    tell(f"{daemon.outcome('stop', 'gone')}; {daemon.found('gone')} of 57 events readable that came after the removal")


def main():
    build, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    if shutil.which("lttng-sessiond") is None or shutil.which("lttng") is None:
        tell("not installed")
        return
    try:
        with Daemon(build) as daemon:
            FAULTS[name](daemon)
    except subprocess.TimeoutExpired as error:
        tell(f"no answer to \"{' '.join(map(str, error.cmd))}\" within {PATIENCE} s")
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        tell(str(error))


if __name__ == "__main__":
    main()
