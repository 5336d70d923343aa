#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-killed-daemon.py BUILD: what is left when the daemon is killed under programs that write, and started again: with
tracebusd, of which this is a test, and with lttng-sessiond, which is printed beside it.
"""
import pathlib
import subprocess
import sys

import peer_lttng
import peer_tracebus
from programs import Program
from tap import Tap

EVENTS = 9000
WORDS = "readable at once: {} of {} events; sessions after the next start: {}"


def count_events(path):
    """Of what can be read; whatever babeltrace2 has to say of the rest."""
    run = subprocess.run(["babeltrace2", path], capture_output=True, text=True, check=False)
    return run.stdout.count("tbtest:tick:")


def kill_under(peer, build):
    """Events that can be read once the next daemon is there, and the sessions that it knows."""
    output = peer.path / "killed"
    domain = ["--userspace"] if isinstance(peer, peer_lttng.Peer) else []
    with peer:
        peer.control("create", "killed", f"--output={output}")
        peer.control("enable-event", *domain, "tbtest:*")
        peer.control("start")
        program = Program(peer, build, "app-idle")
        program.go(EVENTS)
        peer.kill()
        peer.start()
        found = count_events(output), peer.sessions()
        program.end()
    return found


def main():
    build = pathlib.Path(sys.argv[1])
    tap = Tap()
    events, sessions = kill_under(peer_tracebus.Peer(build), build)
    tap.point("a kill of the service costs no event that was written, and no session", [events, sessions], [EVENTS, 1])
    tap.say("tracebusd: " + WORDS.format(events, EVENTS, sessions))
    try:
        events, sessions = kill_under(peer_lttng.Peer(), build)
        tap.say("lttng-sessiond: " + WORDS.format(events, EVENTS, sessions))
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        tap.say(f"lttng-sessiond: {error}")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
