#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
lttng-faults.py BUILD FAULT: what lttng-sessiond makes of a fault that a test has shown of tracebusd, told in a line
each. It fails nothing: tests/support/peer.c prints it beside the test's own numbers. Inside in-namespace.sh only.
"""
import contextlib
import os
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


def with_descriptors(count):
    """A fault of a daemon, its consumers too, that may have so many."""
    def decorate(function):
        function.wrapper = ["sh", "-c", f"ulimit -n {count} && exec \"$@\"", "sh"]
        return function
    return decorate


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

    def stop(self):
        """As its init does."""
        self._daemon.terminate()
        self._daemon.wait(PATIENCE)

    def alive(self):
        return self._daemon.poll() is None

    def crowd(self, count):
        return Crowd(self, self._build, count)

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


def _open_descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


@contextlib.contextmanager
def _memory_limit(pid, spare):
    """@pid may have @spare bytes more than now; in either version of the kernel's groups."""
    for root, limits in (("memory", ["memory.limit_in_bytes"]), ("", ["memory.max", "memory.swap.max"])):
        group = pathlib.Path("/sys/fs/cgroup") / root / f"tracebus-test-lttng-{os.getpid()}-{pid}"
        with contextlib.suppress(OSError):
            group.mkdir()
            (group / limits[0]).write_text(str(spare), encoding="ascii")
            for limit in limits[1:]:
                (group / limit).write_text("0", encoding="ascii")
            (group / "cgroup.procs").write_text(str(pid), encoding="ascii")
            break
    else:
        raise OSError("groups with a memory limit cannot be made here")
    try:
        yield
    finally:
        for member in (group / "cgroup.procs").read_text(encoding="ascii").split():
            with contextlib.suppress(OSError):
                (group.parent / "cgroup.procs").write_text(member, encoding="ascii")
        group.rmdir()


class Crowd:
    """@count programs that are started at once."""

    def __init__(self, daemon, build, count):
        self._process = subprocess.Popen(
            [build / "tests/bench/herd", "hold", str(count), build / "tests/support/apps/app-idle"],
            env=daemon.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        wall, _, longest, _ = self._process.stdout.readline().split()[1:]
        self.seconds, self.longest = int(wall) / 1e9, int(longest) / 1e9
        self._process.stdout.readline()

    def go(self, count):
        self._process.stdin.write(f"go {count}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def end(self):
        self._process.communicate()


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


SCHEMES = (("uid", "per user"), ("pid", "per process"))


@fault
def crowd(daemon):
    """Many programs at once; a tenth of them where each has its own buffers, since that takes its time."""
    for count, (scheme, words) in zip((100, 10), SCHEMES):
        daemon.record(scheme, *SMALL, scheme=scheme)
        before = _open_descriptors(daemon.pid)
        programs = daemon.crowd(count)
        held = (_open_descriptors(daemon.pid) - before) / count
        programs.go(1)
        programs.end()
        daemon.ask("stop", scheme)
        tell(f"{words}: {count} programs are there after {programs.seconds * 1000:.0f} ms, {held:.1f} descriptors a "
             f"program; {daemon.found(scheme)} of {count} events recorded")
        daemon.ask("destroy", scheme)


@fault
def forks(daemon):
    """Children, one after the other."""
    for count, (scheme, words) in zip((20, 10), SCHEMES):
        daemon.record(scheme, *SMALL, scheme=scheme)
        program = daemon.program("app-forks", str(count))
        program.say("go")
        median, longest = map(int, program.hear().split()[1:])
        program.end()
        daemon.ask("stop", scheme)
        tell(f"{words}: {count} children, median and longest start in microseconds: {median} {longest}; "
             f"{daemon.found(scheme)} of {count} events recorded")
        daemon.ask("destroy", scheme)


@fault
def sessions(daemon):
    """Sessions, one after the other."""
    program, count = daemon.program("app-idle"), 3
    began, before = time.monotonic(), _open_descriptors(daemon.pid)
    for number in range(count):
        name = f"session{number}"
        daemon.record(name, *SMALL)
        program.go(1)
        daemon.ask("stop", name)
        daemon.ask("destroy", name)
    took = (time.monotonic() - began) / count
    tell(f"{took * 1000:.1f} ms a session; {before} descriptors, then {_open_descriptors(daemon.pid)}")


@fault
@with_descriptors(256)
def descriptors(daemon):
    """Fewer descriptors than a hundred programs need."""
    daemon.environment["LTTNG_UST_REGISTER_TIMEOUT"] = "3000"
    daemon.record("few")
    programs = daemon.crowd(100)
    programs.go(1)
    tell(f"the slowest start of 100 took {programs.longest * 1000:.0f} ms")
    daemon.ask("stop", "few")
    tell(f"{daemon.found('few')} of 100 programs recorded; {daemon.outcome('list')}")
    programs.end()


@fault
def suspended(daemon):
    """Everything stands still, in whatever order, and goes on."""
    daemon.record("suspended")
    program = daemon.program("app-idle")
    for number in range(3):
        everybody = daemon.family() + [program.pid]
        everybody = everybody[number % len(everybody):] + everybody[:number % len(everybody)]
        program.say("go 20000")
        for action in (signal.SIGSTOP, signal.SIGCONT):
            for pid in everybody:
                _kill(pid, action)
        program.hear()
    daemon.ask("stop", "suspended")
    tell(f"{daemon.found('suspended')} of 60000 events recorded, {daemon.discarded('suspended')} told as discarded")


@fault
def stalled(daemon):
    """One of two programs stands still."""
    daemon.environment["LTTNG_UST_REGISTER_TIMEOUT"] = "3000"
    daemon.record("before")
    frozen, lively = daemon.program("app-idle", "frozen"), daemon.program("app-idle", "lively")
    daemon.ask("create", "stalled", f"--output={daemon.path / 'stalled'}")
    daemon.ask("enable-event", "--userspace", "--session=stalled", "tbtest:*")
    frozen.signal(signal.SIGSTOP)
    with subprocess.Popen(["lttng", "--quiet", "start", "stalled"]) as start:
        began = time.monotonic()
        daemon.program("app-tiny")
        launched = time.monotonic() - began
        start.wait()
    tell(f"with one program stopped, start took {time.monotonic() - began:.1f} s, another program's launch meanwhile "
         f"{launched:.1f} s")
    frozen.signal(signal.SIGCONT)
    frozen.go(3)
    lively.go(5)
    daemon.ask("stop", "stalled")
    tell(f"{daemon.found('stalled', 'lively')} of 5 events of another program recorded, and "
         f"{daemon.found('stalled', 'frozen')} of 3 of the stopped one's when it goes on")


@fault
def restarted(daemon):
    """The daemon is asked to end, as for an upgrade, and started again, under a program that goes on."""
    daemon.record("restarted")
    program = daemon.program("app-idle")
    program.go(1000)
    daemon.stop()
    program.go(500)
    daemon.start()
    program.go(300)
    daemon.ask("stop", "restarted")
    tell(f"{daemon.found('restarted')} of 1800 events recorded; sessions after the restart: {daemon.sessions()}")


@fault
def readable(daemon):
    """The trace is read while two programs write."""
    daemon.record("live", "--subbuf-size=16384")
    programs = [daemon.program("app-burst", "30000", "64"), daemon.program("app-burst", "10000", "300")]
    code = subprocess.run(["babeltrace2", daemon.path / "live"], capture_output=True, check=False).returncode
    tell(f"{'un' if code else ''}readable while programs write, {daemon.found('live')} events")
    for program in programs:
        program.end()


SPARE = 8 << 20


@fault
def consumer_out_of_memory(daemon):
    """Rings for which there is no memory."""
    daemon.record("trace")
    program = daemon.program("app-idle")
    program.go(100)
    with _memory_limit(daemon.consumers()[-1], SPARE):
        daemon.record("other", "--subbuf-size=8388608", "--num-subbuf=4")
        program.go(50)
        daemon.ask("stop", "trace")
    tell(f"{daemon.found('trace')} of 150 events recorded, {daemon.discarded('trace')} told as discarded")


@fault
def daemon_out_of_memory(daemon):
    """Somebody makes rules, more and more, until the daemon is no more."""
    daemon.record("trace")
    program = daemon.program("app-idle")
    program.go(1000)
    daemon.ask("create", "filler", f"--output={daemon.path / 'filler'}")
    with _memory_limit(daemon.pid, SPARE // 4):
        for number in range(50):
            rules = ",".join(f"filler:{number * 200 + i:0200}" for i in range(200))
            daemon.ask("enable-event", "--userspace", "--session=filler", rules)
            if not daemon.alive():
                break
    if daemon.alive():
        tell("it did not run out of memory")
        return
    daemon.start()
    tell(f"{daemon.found('trace')} of 1000 events readable; sessions after the next start: {daemon.sessions()}")


def main():
    build, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    if shutil.which("lttng-sessiond") is None or shutil.which("lttng") is None:
        tell("not installed")
        return
    try:
        daemon = Daemon(build)
        daemon.wrapper = getattr(FAULTS[name], "wrapper", [])
        with daemon:
            FAULTS[name](daemon)
    except subprocess.TimeoutExpired as error:
        tell(f"no answer to \"{' '.join(map(str, error.cmd))}\" within {PATIENCE} s")
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        tell(str(error))


if __name__ == "__main__":
    main()
