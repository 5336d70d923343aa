# SPDX-License-Identifier: GPL-2.0-only
"""What all groups share: where things are, herds of programs, what the kernel tells of a process."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

PATIENCE = 300  # seconds until what says nothing counts as broken


class BenchError(Exception):
    """Something did not work; slowness is never one."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. A bar is a ratio to LTTng's median, or where @absolute a value in @unit."""
    key: str
    text: str
    unit: str
    bar: float = None
    absolute: bool = False


class Bench:
    """One run: the build, a place for traces, and what went wrong."""

    def __init__(self, build, quick):
        self.build = pathlib.Path(build)
        self.quick = quick
        self.tools = self.build / "tests" / "bench"
        self.apps = self.build / "tests" / "support" / "apps"
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="traces-", dir=self.tools))
        self.group = None
        self.problems = []  # of the subject; the peer's are told, and no failure
        self._count = 0

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)

    def new_output(self):
        self._count += 1
        return self.scratch / f"trace-{self._count}"

    @staticmethod
    def forget(output):
        """A trace of which all is known: the next one finds the disk as this one did."""
        shutil.rmtree(output, ignore_errors=True)
        os.sync()

    def scale(self, full, quick):
        return quick if self.quick else full

    def expect(self, peer, what, actual, expected):
        """A sum that must be exact. What the peer loses by design is no failure of ours, and told."""
        if actual == expected:
            return
        message = f"{peer.name}: {what}: {actual} of {expected}"
        if peer.ours:
            self.complain(message)
        print(f"# {message}", flush=True)

    def complain(self, message):
        self.problems.append({"group": self.group, "message": message})

    @contextlib.contextmanager
    def herd(self, n, program, *arguments):
        herd = Herd(self, n, program, *arguments)
        try:
            yield herd
        finally:
            herd.close()

    def run_herd(self, n, program, *arguments):
        """Starts @n at once and waits for their end. Returns (wall, median and maximum to the first line), seconds."""
        argv = [self.tools / "herd", "run", str(n), program, *map(str, arguments)]
        run = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        if run.returncode != 0:
            raise BenchError(f"{program.name}: {run.stdout.strip()}")
        return tuple(int(word) / 1e9 for word in run.stdout.split()[1:4])


class Herd:
    """Programs that live on until they are told to end. Made when each has said its first line."""

    def __init__(self, bench, n, program, *arguments):
        argv = [bench.tools / "herd", "hold", str(n), program, *map(str, arguments)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.wall = self._read("wall")[0] / 1e9
        self.pids = self._read("pids")

    def _read(self, word):
        words = self._process.stdout.readline().split()
        if words[:1] != [word]:
            raise BenchError(f"a herd said {words}, not {word}")
        return [int(number) for number in words[1:]]

    def tell(self, line):
        """Says @line to all. Returns how long all answers took, in seconds, and the largest number that ended one."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        took, word = self._read("done")
        return took / 1e9, word

    def signal(self, number):
        for pid in self.pids:
            os.kill(pid, number)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        if self._process.wait(PATIENCE) != 0:
            raise BenchError("a program of a herd failed")


def cpu_seconds(pid):
    """User and system time of all threads that @pid has and had."""
    return time.clock_gettime((~pid << 3) | 2)


def children(pid, name):
    """Processes called @name below @pid, at any depth. What ends meanwhile has none."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            found += _children_of_task(task, name)
    return found


def _read_of_process(path):
    """Nothing where it has ended: the others are still looked at."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return path.read_text()
    return ""


def _children_of_task(task, name):
    found = []
    for child in map(int, _read_of_process(task / "children").split()):
        if _read_of_process(pathlib.Path(f"/proc/{child}/comm")).strip() == name[:15]:
            found.append(child)
        found += children(child, name)
    return found


def memory_mib(pid):
    """(resident, proportional) memory."""
    sizes = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        words = line.split()
        sizes[words[0]] = int(words[1]) / 1024
    return sizes["Rss:"], sizes["Pss:"]


def consumer_memory_mib(pid):
    """(resident, proportional) memory without the staging pool, and that of the pool."""
    others, pool = {"Rss:": 0, "Pss:": 0}, {"Rss:": 0, "Pss:": 0}
    sizes = others
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            sizes = pool if "memfd:tracebus-staging" in line else others
        elif words[0] in sizes:
            sizes[words[0]] += int(words[1]) / 1024
    return others["Rss:"], others["Pss:"], pool["Rss:"]


def wakeups(pid):
    """How often its threads have been switched away from, by thread."""
    counts = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        switches = int(fields["voluntary_ctxt_switches"]) + int(fields["nonvoluntary_ctxt_switches"])
        counts[task.name, fields["Name"].strip()] = switches
    return counts


def timed(function, *arguments, **options):
    began = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - began
