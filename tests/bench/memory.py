# SPDX-License-Identifier: GPL-2.0-only
"""Memory of service and consumer. Shared pages of the rings count in each that maps them, for both alike."""
from functools import partial

import traces
from machinery import Row, consumer_memory_mib, memory_mib

LABELS = {"idle": "no session", "one": "one app, default channel, its rings full", "hundred": "100 apps, the same"}


def rows(bench):
    for key, text in LABELS.items():
        yield Row(f"service-{key}-rss", f"{text}: resident memory of the service", "MiB", 1.0)
        yield Row(f"service-{key}-pss", "its proportional share", "MiB")
        if key != "idle":
            yield Row(f"consumer-{key}-rss", f"{text}: resident memory of the consumer without its pool", "MiB", 1.0)
            yield Row(f"consumer-{key}-pss", "its proportional share", "MiB")
            yield Row(f"consumer-{key}-pool", "its staging pool (tracebusd --staging-pool)", "MiB")


def _tell(peer, key):
    service = memory_mib(peer.service_pid)
    yield f"service-{key}-rss", service[0]
    yield f"service-{key}-pss", service[1]
    if key != "idle":
        consumers = [consumer_memory_mib(pid) for pid in peer.consumer_pids()]
        for number, name in enumerate(("rss", "pss", "pool")):
            yield f"consumer-{key}-{name}", sum(consumer[number] for consumer in consumers)


def _idle(bench, peer):
    yield from _tell(peer, "idle")


def _recording(bench, peer, key, n):
    output = bench.new_output()
    ticks = bench.scale(200000, 20000) // n
    _, session = peer.create("memory", output)
    peer.enable(session, None, ["tbtest:*"])
    peer.start(session)
    with bench.herd(n, bench.apps / "app-idle") as herd:
        herd.tell(f"go {ticks}")
        yield from _tell(peer, key)
        peer.stop(session)
        peer.destroy(session)
    recorded = traces.count(output) + traces.read_packets(output).discarded
    bench.expect(peer, f"{key}: recorded and discarded", recorded, ticks * n)
    bench.forget(output)


def measurements(bench):
    yield _idle
    yield partial(_recording, key="one", n=1)
    yield partial(_recording, key="hundred", n=bench.scale(100, 4))
