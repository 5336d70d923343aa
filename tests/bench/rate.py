# SPDX-License-Identifier: GPL-2.0-only
"""Much data: what is recorded and lost, what the consumer costs, and how soon after the last event all is there."""
import dataclasses
import mmap
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import traces
from machinery import BenchError, Row, cpu_seconds

CHANNEL = (524288, 4)
DISK_WRITES = 800  # of a sub-buffer, a thread: as much as a run of the larger events is offered


@dataclasses.dataclass(frozen=True)
class Load:
    key: str
    text: str
    writers: int
    events: int  # a writer
    length: int  # of each event's text
    rate: int = 0  # events a second and writer; 0: flat out
    cpu_bar: float = None
    lost_bar: float = None


LOADS = [
    Load("small", "2 writers, 35-byte events, flat out", 2, 6000000, 16, cpu_bar=0.40),
    Load("large", "2 writers, 275-byte events, flat out", 2, 1500000, 256, cpu_bar=0.50, lost_bar=1),
    Load("offered", "2 writers, 275-byte events, 1.7 GB/s", 2, 3100000, 256, 3100000, cpu_bar=0.50, lost_bar=1),
    Load("four", "4 writers, 35-byte events, flat out", 4, 3000000, 16, lost_bar=2),
    Load("paced-small", "2 writers, 35-byte events, 105 MB/s", 2, 4500000, 16, 1500000, cpu_bar=0.50, lost_bar=0),
    Load("paced-large", "2 writers, 275-byte events, 220 MB/s", 2, 1200000, 256, 400000, cpu_bar=0.50, lost_bar=0),
]
QUICK_SHARE = 50
SYSCALL_BARS = {"small": 4, "paced-small": 6}


def rows(bench):
    yield Row("disk", "the disk alone: 2 threads, sub-buffers by O_DIRECT", "GB/s")
    for load in LOADS:
        yield Row(f"{load.key}-cpu", f"{load.text}: consumer CPU per GB", "s", load.cpu_bar)
        yield Row(f"{load.key}-lost", "events lost", "%", load.lost_bar, True)
        yield Row(f"{load.key}-recorded", "events recorded", "M")
        yield Row(f"{load.key}-event", "an event's time in the writer", "ns")
        yield Row(f"{load.key}-bytes", "bytes an event", "B", 33.0 if load.length == 16 else None, True)
        yield Row(f"{load.key}-settle", "last event to complete trace (stop answered)", "ms", 5, True)
        yield Row(f"{load.key}-destroy", "then destroy", "ms", 5, True)
    for load in LOADS:
        if load.key in SYSCALL_BARS:
            yield Row(f"{load.key}-syscalls", f"{load.text}: system calls of the consumer per packet", "",
                      SYSCALL_BARS[load.key], True)


def _begin(bench, peer):
    output = bench.new_output()
    _, session = peer.create("rate", output)
    peer.add_channel(session, "events", "user", CHANNEL)
    peer.enable(session, "events", ["tbbench:*"])
    peer.start(session)
    return session, output


def _consumers_cpu(peer):
    return sum(cpu_seconds(pid) for pid in peer.consumer_pids())


def _measure(bench, peer, load):
    session, output = _begin(bench, peer)
    events = load.events // bench.scale(1, QUICK_SHARE)
    with bench.herd(load.writers, bench.tools / "writer", events, load.length, load.rate) as herd:
        os.sync()
        before = _consumers_cpu(peer)
        _, slowest = herd.tell("go")
        settle = peer.stop(session)
        cpu = _consumers_cpu(peer) - before
    destroy = peer.destroy(session)
    recorded = traces.count(output)
    packets = traces.read_packets(output)
    bench.expect(peer, f"{load.key}: recorded and discarded", recorded + packets.discarded, events * load.writers)
    if peer.ours:
        bench.expect(peer, f"{load.key}: discarded as Stop tells", peer.reported_discarded, packets.discarded)
    bench.forget(output)
    yield f"{load.key}-cpu", cpu / (packets.bytes / 1e9)
    yield f"{load.key}-lost", 100 * packets.discarded / (events * load.writers)
    yield f"{load.key}-recorded", recorded / 1e6
    yield f"{load.key}-event", slowest / events
    yield f"{load.key}-bytes", packets.events_bytes / max(recorded, 1)
    yield f"{load.key}-settle", settle * 1e3
    yield f"{load.key}-destroy", destroy * 1e3


def _write_direct(path, n):
    with mmap.mmap(-1, CHANNEL[0]) as packet:
        file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_DIRECT, 0o600)
        try:
            for i in range(n):
                os.pwrite(file, packet, i * len(packet))
        finally:
            os.close(file)


def _disk(bench, _):
    """What no consumer can exceed but by memory; of virtual disks it changes within minutes."""
    output = bench.new_output()
    output.mkdir()
    n = DISK_WRITES // bench.scale(1, QUICK_SHARE)
    began = time.perf_counter()
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda i: _write_direct(output / str(i), n), range(2)))
        yield "disk", 2 * n * CHANNEL[0] / 1e9 / (time.perf_counter() - began)
    except OSError as error:
        print(f"# no O_DIRECT here: {error}", flush=True)
    bench.forget(output)


def _tracer_of(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return [line.split()[1] for task in tasks for line in (task / "status").read_text().splitlines()
            if line.startswith("TracerPid:")]


class Strace:
    """Counts the system calls of all threads of @pid, from entering to leaving."""

    def __init__(self, pid):
        self._pid = pid
        self._file = tempfile.NamedTemporaryFile("r")
        self.calls = 0

    def __enter__(self):
        self._strace = subprocess.Popen(["strace", "-q", "-c", "-f", "-o", self._file.name, "-p", str(self._pid)])
        while "0" in _tracer_of(self._pid):
            if self._strace.poll() is not None:
                raise BenchError("strace may not look")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self._strace.send_signal(signal.SIGINT)
        self._strace.wait()
        for line in self._file:
            words = line.split()
            if words[-1:] == ["total"]:
                self.calls = int(words[3] if len(words) > 4 and words[3].isdigit() else words[2])
        self._file.close()


def _count_calls(bench, peer, load):
    session, output = _begin(bench, peer)
    events = load.events // bench.scale(3, QUICK_SHARE)
    with bench.herd(load.writers, bench.tools / "writer", events, load.length, load.rate) as herd:
        with Strace(peer.consumer_pids()[0]) as strace:
            herd.tell("go")
            peer.stop(session)
    peer.destroy(session)
    packets = traces.read_packets(output).packets
    bench.forget(output)
    yield f"{load.key}-syscalls", strace.calls / packets


def measurements(bench):
    yield _disk
    for load in LOADS:
        yield partial(_measure, load=load)
    for load in LOADS:
        if load.key in SYSCALL_BARS and shutil.which("strace") is not None:
            yield partial(_count_calls, load=load)
