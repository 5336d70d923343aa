#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-peer-lttng.py APPS EXPECTED: the traced programs and the normaliser, proved with the session daemon that others
use: what app-types emits is what types.expected says, whichever way the buffers are shared.
"""
import pathlib
import sys

import events
import peer_lttng
import tap

TAP = tap.Tap()
point = TAP.point


def normaliser_drops_what_runs_do_not_share():
    line = '[07:17:06.2] (+0.1) host p:n: { cpu_id = 1 }, { vpid = 3, procname = "a, b" }, { s = "x }, { y", n = -1 }'
    point("a context stays but for its ids", events.normalise(line),
          'p:n: { procname = "a, b" }, { s = "x }, { y", n = -1 }')
    point("a context of ids goes", events.normalise("[1] p:n: { cpu_id = 1 }, { vtid = 3 }, { }"), "p:n: { }")


def main(apps, expected_path):
    apps = pathlib.Path(apps)
    expected = pathlib.Path(expected_path).read_text(encoding="utf-8").splitlines()
    normaliser_drops_what_runs_do_not_share()
    with peer_lttng.Peer() as peer:
        for scheme in ("uid", "pid"):
            recording = peer.record([apps / "app-types"], events=["tbtest_types:*"], scheme=scheme)
            point(f"app-types, buffers per {scheme}", recording.events, expected)
            point(f"app-types counts its events, buffers per {scheme}", recording.output, f"emitted {len(expected)}\n")
        late = peer.record([apps / "app-tiny", "late"], events=["tbtest:tick"])
        point("the first event of a program that ends at once", late.events, ['tbtest:tick: { seq = 0, who = "late" }'])
        forked = peer.record([apps / "app-fork", "hooks", "2"], events=["tbtest:*"], scheme="pid")
        ticks = [(who, i) for who in ("child", "parent", "parent-after") for i in (0, 1)]
        point("a fork that the tracer is told of", sorted(forked.events),
              sorted(f'tbtest:tick: {{ seq = {i}, who = "{who}" }}' for who, i in ticks))
        small = ["--discard", "--subbuf-size=4096", "--num-subbuf=2"]
        threads = peer.record([apps / "app-threads", "2", "3"], events=["tbtest:*"], channel=small)
        point("threads, in a channel with options", len(threads.events), 6)
    return TAP.finish()


sys.exit(main(*sys.argv[1:]))
