# SPDX-License-Identifier: GPL-2.0-only
"""
tracebusd as peer_lttng has lttng-sessiond: on the tracer's fixed paths and on a private system bus, driven with
tracebusctl, so it runs inside in-namespace.sh only.

    with peer_tracebus.Peer(build) as peer:
        recording = peer.record([app], events=["provider:*"], scheme="pid")
"""
import json
import os
import pathlib
import subprocess
import tempfile

import events as trace_events
from peer_lttng import PATIENCE, Recording

BUS = """<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
  </policy>
</busconfig>
"""


class Peer:
    """
    One service, from __enter__ to __exit__, and the recordings that it makes; @more is of its environment, and of the
    programs'.
    """

    def __init__(self, build, more=()):
        self._build = pathlib.Path(build)
        self._directory = tempfile.TemporaryDirectory(prefix="tb")
        self.path = pathlib.Path(self._directory.name)
        self.environment = {
            **os.environ,
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.path}/bus",
            "STATE_DIRECTORY": str(self.path / "state"),
            "LTTNG_UST_REGISTER_TIMEOUT": "-1",
            **dict(more),
        }
        self._count = 0
        self._bus = None
        self._service = None

    def __enter__(self):
        config = self.path / "bus.conf"
        config.write_text(BUS.format(path=self.path / "bus"), encoding="utf-8")
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--nosyslog", "--print-address"],
            stdout=subprocess.PIPE,
        )
        self._bus.stdout.readline()
        self.start()
        return self

    def start(self):
        consumer = self._build / "service/consumer/tracebus-consumerd"
        self._service = subprocess.Popen(
            [self._build / "service/tracebusd", "--consumer", consumer], env=self.environment
        )
        self._run("gdbus", "wait", "--system", f"--timeout={PATIENCE}", "org.tracebus1")

    def kill(self):
        """As a crash would; start() begins another life of it."""
        self._service.kill()
        self._service.wait(PATIENCE)

    def sessions(self):
        """How many there are."""
        return len(json.loads(self._run(self._build / "client/tracebusctl", "list", "--json").stdout))

    def __exit__(self, *_):
        self._service.terminate()
        status = self._service.wait(PATIENCE)
        self._bus.terminate()
        self._bus.wait(PATIENCE)
        self._bus.stdout.close()
        self._directory.cleanup()
        if status != 0:
            raise RuntimeError(f"tracebusd ended with {status}")

    def _run(self, *argv, **options):
        return subprocess.run(argv, env=self.environment, check=True, stdout=subprocess.PIPE, text=True, **options)

    def control(self, *arguments):
        self._run(self._build / "client/tracebusctl", *arguments)

    def run(self, argv, talk=""):
        """Runs a program to its end, with @talk as its input: what it printed."""
        return self._run(*argv, input=talk).stdout

    def record(self, argv, *, events=("*",), scheme="uid", channel=(), talk=""):
        """
        Runs @argv, with @talk as its input, while @events are recorded in a channel with the options @channel, in
        buffers per @scheme. An event is a pattern, or a pattern with the options of its rule.
        """
        self._count += 1
        output = self.path / f"trace-{self._count}"
        name = f"peer-{self._count}"
        self.control("create", name, f"--output={output}")
        self.control("enable-channel", f"--buffers-{scheme}", *channel, "peer")
        for event in events:
            pattern, *options = [event] if isinstance(event, str) else event
            self.control("enable-event", "--channel=peer", pattern, *options)
        self.control("start")
        printed = self.run(argv, talk)
        self.control("stop")
        self.control("destroy", name)
        return Recording(trace_events.read_trace(output), printed, output)
