# SPDX-License-Identifier: GPL-2.0-only
"""Programs that come up while a session runs: what the tracer costs them, and whether their events are recorded."""
from functools import partial

import traces
from machinery import Row

CLASSES = 2000
SMALL = (65536, 4)  # sub-buffers that do not make the memory of 200 programs the question
DEFAULT = (524288, 4)
MANY_TURNS = 3  # sessions a round: where a single program lands on the CPUs is chance


def _key(n, scheme):
    return f"launch-{n}-{scheme}"


def _counts(bench):
    return bench.scale((1, 50, 200), (1, 8))


def rows(bench):
    bars = {(50, "process"): 0.05, (200, "process"): 0.18, (200, "user"): 0.70}
    for scheme in ("user", "process"):
        for n in _counts(bench):
            text = f"{n} apps at once, per {scheme}: fork to last exit"
            yield Row(_key(n, scheme), text, "ms", bars.get((n, scheme)))
            yield Row(_key(n, scheme) + "-recorded", "their events recorded", "%", 100, absolute=True)
        yield Row(f"main-{scheme}", f"one app, per {scheme}: fork to first line of main", "ms", 0.70)
        yield Row(f"many-first-{scheme}", f"app with {CLASSES} tracepoints, per {scheme}: to first line", "ms", 0.55)
        yield Row(f"many-second-{scheme}", "the second such app of the user", "ms", 0.60 if scheme == "user" else 0.35)
    yield Row("launch-large-process", f"{bench.scale(50, 8)} apps at once, per process, 512 KiB x 4", "ms")
    yield Row("launch-large-process-recorded", "their events recorded", "%", 100, absolute=True)


def _begin(bench, peer, scheme, size):
    output = bench.new_output()
    _, session = peer.create("launch", output)
    peer.add_channel(session, "events", scheme, size)
    peer.enable(session, "events", ["*"])
    peer.start(session)
    return session, output


def _tiny(bench, peer, key, n, setting):
    session, output = _begin(bench, peer, *setting)
    wall, _, _ = bench.run_herd(n, bench.apps / "app-tiny")
    peer.stop(session)
    peer.destroy(session)
    recorded = traces.count_named(output, "tbtest:tick", strict=peer.ours)
    bench.expect(peer, key, recorded, n)
    yield key, wall * 1e3
    yield key + "-recorded", 100 * recorded / n


def _first_lines(bench, peer, scheme):
    session, output = _begin(bench, peer, scheme, SMALL)
    bench.run_herd(1, bench.apps / "app-idle")
    for _ in range(bench.scale(9, 1)):
        yield f"main-{scheme}", bench.run_herd(1, bench.apps / "app-idle")[1] * 1e3
    for which in ("first", "second"):
        yield f"many-{which}-{scheme}", bench.run_herd(1, bench.apps / "app-many-classes")[1] * 1e3
    peer.stop(session)
    peer.destroy(session)
    recorded = traces.count_named(output, "tbtest_many:")
    bench.expect(peer, f"events of {CLASSES} classes, per {scheme}", recorded, 2 * CLASSES)


def measurements(bench):
    for scheme in ("user", "process"):
        for n in _counts(bench):
            yield partial(_tiny, key=_key(n, scheme), n=n, setting=(scheme, SMALL))
        for _ in range(bench.scale(MANY_TURNS, 1)):
            yield partial(_first_lines, scheme=scheme)
    yield partial(_tiny, key="launch-large-process", n=bench.scale(50, 8), setting=("process", DEFAULT))
