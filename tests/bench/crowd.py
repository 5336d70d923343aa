# SPDX-License-Identifier: GPL-2.0-only
"""
More programs than a machine runs at once, played by one process that speaks their side of the protocol: how time and
memory grow with their number. LTTng's daemon takes one program a process, so it is not asked.
"""
import contextlib
import resource
import subprocess
import time
from functools import partial

from machinery import BenchError, Row, memory_mib

DESCRIPTORS = 2  # of an app, in the service and in the crowd
SHARE = 0.75  # of the service's descriptors; the rest is not for apps


def _counts(bench):
    """A thousand, and ten thousand or as many as may be open."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return bench.scale((1000, 3000, min(10000, int(limit * SHARE) // DESCRIPTORS)), (20, 40))


def rows(bench):
    for n in _counts(bench):
        yield Row(f"crowd-{n}-register", f"{n} played apps: registered", "ms")
        yield Row(f"crowd-{n}-list", "all objects, in one call", "ms")
        yield Row(f"crowd-{n}-start", "start", "ms")
        yield Row(f"crowd-{n}-stop", "stop", "ms")
        yield Row(f"crowd-{n}-destroy", "destroy", "ms")
        yield Row(f"crowd-{n}-app", "resident memory of the service for an app", "KiB")
        yield Row(f"crowd-{n}-traced", "for an app that is traced, after the list", "KiB")


class Crowd:
    """@n programs. Made when all are registered."""

    def __init__(self, bench, peer, n):
        argv = [bench.tools / "crowd", peer.socket_path, str(n)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.registered = self._read("ready") / 1e9

    def _read(self, word):
        words = self._process.stdout.readline().split()
        if words[:1] != [word]:
            raise BenchError(f"a crowd said {words}, not {word}")
        return int(words[1])

    def count_described(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read("told")

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        if self._process.wait() != 0:
            raise BenchError("a crowd failed")


def _play(bench, peer, n):
    key = f"crowd-{n}-"
    empty = memory_mib(peer.service_pid)[0]
    with contextlib.closing(Crowd(bench, peer, n)) as crowd:
        yield key + "register", crowd.registered * 1e3
        while peer.count_apps() < n:
            time.sleep(0.02)
        yield key + "app", (memory_mib(peer.service_pid)[0] - empty) * 1024 / n
        seconds, listed = peer.list_apps()
        bench.expect(peer, "apps listed", listed, n)
        yield key + "list", seconds * 1e3
        _, session = peer.create("crowd", bench.new_output())
        peer.enable(session, None, ["crowd:*"])
        yield key + "start", peer.start(session) * 1e3
        bench.expect(peer, "events described", crowd.count_described(), n)
        yield key + "traced", (memory_mib(peer.service_pid)[0] - empty) * 1024 / n
        yield key + "stop", peer.stop(session) * 1e3
        yield key + "destroy", peer.destroy(session) * 1e3


def _measure(bench, peer, n):
    if peer.ours:
        yield from _play(bench, peer, n)


def measurements(bench):
    for n in _counts(bench):
        yield partial(_measure, n=n)
