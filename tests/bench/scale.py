# SPDX-License-Identifier: GPL-2.0-only
"""A thousand programs, each a real process."""
import time
from functools import partial

import traces
from machinery import Row, memory_mib


def _n(bench):
    return bench.scale(1000, 20)


def rows(bench):
    n = _n(bench)
    yield Row("scale-register", f"{n} apps started at once: until the last one's main, all listed", "ms", 2000, True)
    yield Row("scale-list", "list of apps (LTTng has only the tracepoints')", "ms", 100, True)
    yield Row("scale-tracepoints", "list of all tracepoints", "ms")
    yield Row("scale-start", "start", "ms", None)
    yield Row("scale-stop", "stop", "ms", None)
    yield Row("scale-start-stop", "start and stop", "ms", 300, True)
    yield Row("scale-destroy", "destroy", "ms")
    yield Row("scale-rss", "resident memory of the service while it records", "MiB", 0.6)
    yield Row("scale-pss", "its proportional share", "MiB")
    yield Row("scale-rss-after", "resident memory after a list of all tracepoints", "MiB")


def _work(bench, peer, n):
    output = bench.new_output()
    began = time.perf_counter()
    with bench.herd(n, bench.apps / "app-idle") as herd:
        register = herd.wall
        listed = peer.list_apps()
        while listed[1] < n:
            register = time.perf_counter() - began
            time.sleep(0.02)
            listed = peer.list_apps()
        yield "scale-register", register * 1e3
        yield "scale-list", peer.list_apps()[0] * 1e3
        _, session = peer.create("scale", output)
        peer.enable(session, None, ["tbtest:*"])
        start = peer.start(session)
        herd.tell("go 1")
        resident, proportional = memory_mib(peer.service_pid)
        stop = peer.stop(session)
        destroy = peer.destroy(session)
        yield "scale-tracepoints", peer.list_tracepoints()[0] * 1e3
        yield "scale-rss-after", memory_mib(peer.service_pid)[0]
    bench.expect(peer, f"ticks of {n} apps", traces.count_named(output, "tbtest:tick"), n)
    yield "scale-start", start * 1e3
    yield "scale-stop", stop * 1e3
    yield "scale-start-stop", (start + stop) * 1e3
    yield "scale-destroy", destroy * 1e3
    yield "scale-rss", resident
    yield "scale-pss", proportional


def measurements(bench):
    yield partial(_work, n=_n(bench))
