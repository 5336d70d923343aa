# SPDX-License-Identifier: GPL-2.0-only
"""What callers wait for: create, enable, start, stop, destroy over no, some and many programs that are alive."""
import signal
import time
from functools import partial

import traces
from machinery import Row, timed

RULES = ["lttng_ust_statedump:*", "lttng_ust_lib:*", "tbtest:burst", "none:*", "other:one"]
STEPS = ("create", "enable", "start", "add", "stop", "destroy", "again", "all")
TEXTS = {"create": "create a session", "enable": "enable 5 rules (makes channel0)", "start": "start",
         "add": "enable a rule of an active session", "stop": "stop", "destroy": "destroy",
         "again": "create a session where there has been one", "all": "all of these together"}
BARS = {("start", 200): (0.35, False), ("add", 200): (0.50, False), ("stop", 200): (0.50, False),
        ("destroy", 0): (5, True)}


def _counts(bench):
    return bench.scale((0, 1, 100, 200), (0, 1, 5))


def _sizes(bench):
    """(sessions at once, programs with their own buffers, programs that are stopped and those beside them)"""
    return bench.scale((33, 100, (3, 17)), (3, 3, (1, 2)))


def rows(bench):
    for n in _counts(bench):
        for step in STEPS:
            bar, absolute = BARS.get((step, n), (None, False))
            yield Row(f"{step}-{n}", f"{TEXTS[step]}, {n} live apps", "ms", bar, absolute)
    sessions, own, (stopped, running) = _sizes(bench)
    yield Row("cli", "create, 5 rules, start, stop, destroy through the CLI, no app", "ms", 0.50)
    yield Row("destroy-many", f"destroy {sessions} live sessions, one after the other", "ms", 300, True)
    yield Row("start-process", f"per process, {own} live apps: start", "ms")
    yield Row("stop-process", f"per process, {own} live apps: stop", "ms", 1000, True)
    yield Row("frozen", f"longest of all calls, {stopped} of {stopped + running} apps are stopped", "ms", 100, True)
    yield Row("frozen-launch", "one new app meanwhile: fork to first line", "ms")


class Nobody:
    """A herd of none."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def tell(self, line):
        pass


def _sequence(bench, peer, n):
    """One of each call, over @n programs that have been there before. Consumers start with the first session."""
    output = bench.new_output()
    seconds = {}
    with bench.herd(n, bench.apps / "app-idle") if n > 0 else Nobody() as herd:
        _wait_for_apps(peer, n)
        seconds["create"], session = peer.create("control", output)
        seconds["enable"] = peer.enable(session, None, RULES)
        seconds["start"] = peer.start(session)
        seconds["add"] = peer.enable(session, None, ["tbtest:tick"])
        herd.tell("go 10")
        seconds["stop"] = peer.stop(session)
        herd.tell("go 10")
        seconds["destroy"] = peer.destroy(session)
        seconds["again"], session = peer.create("again", bench.new_output())
        peer.destroy(session)
    seconds["all"] = sum(seconds.values())
    if n > 0:
        bench.expect(peer, f"ticks of {n} live apps", traces.count_named(output, "tbtest:tick"), 10 * n)
    for step in STEPS:
        yield f"{step}-{n}", seconds[step] * 1e3


def _wait_for_apps(peer, n):
    """All are registered: what they wait for at start may have timed out."""
    while n > 0 and peer.list_apps()[1] < n:
        time.sleep(0.05)


def _cli(bench, peer):
    output = bench.new_output()
    yield "cli", timed(peer.run_cli, peer.cli(output, RULES)) * 1e3


def _destroy_many(bench, peer, n):
    sessions = []
    outputs = [bench.new_output() for _ in range(n)]
    with bench.herd(1, bench.apps / "app-idle") as herd:
        for i, output in enumerate(outputs):
            sessions.append(peer.create(f"many-{i}", output)[1])
            peer.enable(sessions[-1], None, ["tbtest:*"])
            peer.start(sessions[-1])
        herd.tell("go 10")
        yield "destroy-many", sum(peer.destroy(session) for session in sessions) * 1e3
    recorded = sum(traces.count_named(output, "tbtest:tick") for output in outputs)
    bench.expect(peer, f"ticks in {n} sessions", recorded, 10 * n)


def _process(bench, peer, n):
    output = bench.new_output()
    with bench.herd(n, bench.apps / "app-idle") as herd:
        _wait_for_apps(peer, n)
        _, session = peer.create("process", output)
        peer.add_channel(session, "events", "process", (65536, 4))
        peer.enable(session, "events", ["tbtest:*"])
        yield "start-process", peer.start(session) * 1e3
        herd.tell("go 10")
        yield "stop-process", peer.stop(session) * 1e3
        peer.destroy(session)
    recorded = traces.count_named(output, "tbtest:tick", strict=peer.ours)
    bench.expect(peer, f"ticks of {n} apps with their own buffers", recorded, 10 * n)


def _frozen(bench, peer, stopped, n):
    output = bench.new_output()
    idle = bench.apps / "app-idle"
    with bench.herd(n, idle) as herd, bench.herd(stopped, idle) as frozen:
        _wait_for_apps(peer, n + stopped)
        frozen.signal(signal.SIGSTOP)
        try:
            took, session = peer.create("frozen", output)
            seconds = [took]
            seconds.append(peer.enable(session, None, ["tbtest:burst"]))
            seconds.append(peer.start(session))
            seconds.append(peer.enable(session, None, ["tbtest:tick"]))
            seconds.append(peer.list_apps()[0])
            seconds.append(peer.list_tracepoints()[0])
            first_line = bench.run_herd(1, idle)[1]
            herd.tell("go 10")
            seconds.append(peer.stop(session))
            seconds.append(peer.destroy(session))
        finally:
            frozen.signal(signal.SIGCONT)
    bench.expect(peer, "ticks beside stopped apps", traces.count_named(output, "tbtest:tick"), 10 * n)
    yield "frozen", max(seconds) * 1e3
    yield "frozen-launch", first_line * 1e3


def measurements(bench):
    for n in _counts(bench):
        yield partial(_sequence, n=n)
    sessions, own, (stopped, running) = _sizes(bench)
    yield _cli
    yield partial(_destroy_many, n=sessions)
    yield partial(_process, n=own)
    yield partial(_frozen, stopped=stopped, n=running)
