#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-peer-tracebus.py BUILD EXPECTED: the same programs under tracebusd and under lttng-sessiond give the same events
with the same fields and values, and metadata that says the same of them; in number, too, and without a warning.
"""
import pathlib
import sys

import events
import peer_lttng
import peer_tracebus
import tap

TAP = tap.Tap()
LEVELS = [
    [("tbtest_types:level_*", "--loglevel=TRACE_WARNING")],
    [("tbtest_types:level_*", "--loglevel-only=TRACE_NOTICE"), "tbtest_types:level_debug"],
]


def programs(build):
    """Name, arguments of record(), and whether the order of events is the program's own."""
    apps = build / "tests/support/apps"
    late = apps / "late-provider.so"
    small = ["--discard", "--subbuf-size=4096", "--num-subbuf=8"]
    yield "app-types", [apps / "app-types"], {"events": ["tbtest_types:*"]}, True
    yield "app-many-classes", [apps / "app-many-classes"], {"events": ["tbtest_many:*"]}, True
    # Opened once: of a provider that is opened again, lttng-sessiond records nothing in buffers per process.
    yield "app-dlopen", [apps / "app-dlopen", late], {"events": ["tbtest_late:*"], "talk": "open\ngo 12\n"}, True
    yield "app-fork", [apps / "app-fork", "hooks", "50"], {"events": ["tbtest:*"]}, False
    yield "app-threads", [apps / "app-threads", "4", "250"], {"events": ["tbtest:*"]}, False
    yield "app-tiny", [apps / "app-tiny", "only"], {"events": ["tbtest:tick"]}, True
    yield "app-tiny with a small channel", [apps / "app-tiny"], {"events": ["tb*"], "channel": small}, True
    for levels in LEVELS:
        yield f"app-types with {levels[0][1]}", [apps / "app-types"], {"events": levels}, True


def record_all(peer, build):
    recordings = {}
    for name, argv, arguments, ordered in programs(build):
        for scheme in ("uid", "pid"):
            recording = peer.record(argv, scheme=scheme, **arguments)
            found = recording.events if ordered else sorted(recording.events)
            recordings[f"{name}, buffers per {scheme}"] = (found, events.read_classes(recording.path))
    return recordings


def main(build, expected_path):
    build = pathlib.Path(build)
    expected = pathlib.Path(expected_path).read_text(encoding="utf-8").splitlines()
    with peer_lttng.Peer() as peer:
        theirs = record_all(peer, build)
    with peer_tracebus.Peer(build) as peer:
        ours = record_all(peer, build)
        quotes = peer.record([build / "tests/support/apps/app-quotes"], events=["tbtest_quotes:*"])
    for name, (found, classes) in theirs.items():
        TAP.point(f"{name}: the same {len(found)} events", ours[name][0], found)
        TAP.point(f"{name}: the same {len(classes)} descriptions", ours[name][1], classes)
    for scheme in ("uid", "pid"):
        name = f"app-types, buffers per {scheme}"
        TAP.point(f"{name}: what it emits", ours[name][0], expected)
    TAP.point("app-quotes: a description that would end its own text", quotes.events,
              ["tbtest_quotes:model: { n = 1 }"])
    return TAP.finish()


sys.exit(main(*sys.argv[1:]))
