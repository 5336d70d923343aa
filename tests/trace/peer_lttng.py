# SPDX-License-Identifier: GPL-2.0-only
"""
lttng-sessiond as a peer to compare with. It takes the tracer's fixed paths, so it runs inside in-namespace.sh only.

    with peer_lttng.Peer() as peer:
        recording = peer.record([app], events=["provider:*"], scheme="pid")
"""
import dataclasses
import os
import pathlib
import signal
import subprocess
import tempfile

import events as trace_events

PATIENCE = 60  # seconds until a daemon that says nothing counts as broken


@dataclasses.dataclass
class Recording:
    events: list  # normalised, in the order of their time
    output: str  # what the program printed
    path: pathlib.Path


class Peer:
    """
    One session daemon, from __enter__ to __exit__, and the recordings that it makes; @more is of its environment, and
    of the programs'.
    """

    def __init__(self, more=()):
        self.environment = {**os.environ, "LTTNG_UST_REGISTER_TIMEOUT": "-1", **dict(more)}
        self._directory = tempfile.TemporaryDirectory(prefix="tb")
        self.path = pathlib.Path(self._directory.name)
        self._count = 0
        self._daemon = None
        self.wrapper = []  # what the daemon is run by

    def __enter__(self):
        self.start()
        return self

    def start(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        self._daemon = subprocess.Popen(
            [*self.wrapper, "lttng-sessiond", "--no-kernel", "--sig-parent"],
            env=self.environment,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1}),
        )
        if signal.sigtimedwait({signal.SIGUSR1}, PATIENCE) is None:
            self.__exit__()
            raise TimeoutError("lttng-sessiond never said that it is ready")

    def kill(self):
        """As a crash would; start() begins another life of it."""
        self._daemon.kill()
        self._daemon.wait(PATIENCE)

    def sessions(self):
        """How many there are."""
        listing = subprocess.run(["lttng", "--mi=xml", "list"], capture_output=True, text=True, check=False).stdout
        return listing.count("<session>")

    def __exit__(self, *_):
        self._daemon.terminate()
        self._daemon.wait(PATIENCE)
        self._directory.cleanup()

    @staticmethod
    def control(*arguments):
        subprocess.run(["lttng", "--quiet", *arguments], check=True, stdout=subprocess.DEVNULL)

    def run(self, argv, talk=""):
        """Runs a program to its end, with @talk as its input: what it printed."""
        run = subprocess.run(argv, env=self.environment, input=talk, stdout=subprocess.PIPE, text=True, check=True)
        return run.stdout

    def record(self, argv, *, events=("*",), scheme="uid", channel=(), talk=""):
        """
        Runs @argv, with @talk as its input, while @events are recorded in a channel with the options @channel, in
        buffers per @scheme. An event is a pattern, or a pattern with the options of its rule.
        """
        self._count += 1
        output = self.path / f"trace-{self._count}"
        name = f"peer-{self._count}"
        self.control("create", name, f"--output={output}")
        self.control("enable-channel", "--userspace", f"--buffers-{scheme}", *channel, "peer")
        for event in events:
            pattern, *options = [event] if isinstance(event, str) else event
            self.control("enable-event", "--userspace", "--channel=peer", pattern, *options)
        self.control("start")
        printed = self.run(argv, talk)
        self.control("stop")
        self.control("destroy", name)
        return Recording(trace_events.read_trace(output), printed, output)
