# SPDX-License-Identifier: GPL-2.0-only
"""Many rules at the price of one run: each in a channel of its own, whose events are read alone."""
import shutil

import events

PER_SESSION = 60  # channels; the service has 64
SMALL = ("--subbuf-size=16384", "--num-subbuf=2")


def read_channel(output, channel, scratch):
    """The events of one channel: a trace is read as well with the streams of one only."""
    for metadata in output.rglob("metadata"):
        part = scratch / channel / metadata.parent.name
        part.mkdir(parents=True)
        for stream in metadata.parent.glob(f"{channel}_*"):
            (part / stream.name).symlink_to(stream)
        shutil.copy(metadata, part)
    return events.read_trace(scratch / channel)


def record_session(peer, name, programs, rules):
    output = peer.path / name
    peer.control("create", name, f"--output={output}")
    for i, (pattern, *options) in enumerate(rules):
        peer.control("enable-channel", "--userspace", *SMALL, f"c{i}")
        peer.control("enable-event", "--userspace", f"--channel=c{i}", pattern, *options)
    peer.control("start")
    for program in programs:
        peer.run(program)
    peer.control("stop")
    peer.control("destroy", name)
    return [read_channel(output, f"c{i}", peer.path / f"{name}-channels") for i in range(len(rules))]


def record_each(peer, name, programs, rules):
    """
    Runs @programs while @rules are recorded, each a pattern and its options: the events of each. The two daemons name
    sessions alike, so @name is for one call.
    """
    found = []
    for start in range(0, len(rules), PER_SESSION):
        found += record_session(peer, f"{name}-{start}", programs, rules[start:start + PER_SESSION])
    return found
