# SPDX-License-Identifier: GPL-2.0-only
"""
The two that are compared, with the same methods. Each is started for one measurement at a time, as root, on the
system's rendezvous in a namespace of its own; methods that are measured return seconds.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import lttng_ctl
from machinery import PATIENCE, BenchError, children, timed

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:dir={directory}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow send_type="method_return"/>
<allow send_type="error"/><allow send_type="signal"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/></policy></busconfig>
"""


def end(process):
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait(PATIENCE)


class Log:
    """What daemons say, kept for when something is wrong: fewer descriptors than they asked for is not."""

    def __init__(self):
        self.file = tempfile.TemporaryFile("w+", encoding="utf-8")

    def close(self):
        """Returns the last complaints."""
        self.file.seek(0)
        lines = [line.strip() for line in self.file if re.search("CRITICAL|WARNING|rror", line)]
        self.file.close()
        return [line for line in lines if "limit" not in line][-3:]


class Lttng:
    """lttng-sessiond and its consumer, through liblttng-ctl."""
    name = "lttng-tools"
    ours = False
    consumer = "lttng-consumerd"

    def __init__(self, bench):
        self._ctl = lttng_ctl.LttngCtl()
        self._log = Log()
        self._daemon = None

    @staticmethod
    def available():
        return shutil.which("lttng-sessiond") is not None and shutil.which("lttng") is not None

    def __enter__(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        self._daemon = subprocess.Popen(
            ["lttng-sessiond", "--no-kernel", "--sig-parent"], stdout=self._log.file, stderr=self._log.file,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1}))
        if signal.sigtimedwait({signal.SIGUSR1}, PATIENCE) is None:
            self.__exit__()
            raise BenchError("lttng-sessiond never said that it is ready")
        return self

    def __exit__(self, *_):
        end(self._daemon)
        for complaint in self._log.close():
            print(f"#   {self.name}: {complaint}", flush=True)

    @property
    def service_pid(self):
        return self._daemon.pid

    def consumer_pids(self):
        return children(self._daemon.pid, self.consumer)

    def create(self, name, output):
        return timed(self._ctl.create, name, output), name

    def add_channel(self, session, channel, scheme, size):
        options = ["--buffers-pid" if scheme == "process" else "--buffers-uid"]
        options += [f"--subbuf-size={size[0]}", f"--num-subbuf={size[1]}"]
        self.run_cli([["enable-channel", "--userspace", "--session", session, *options, channel]])

    def enable(self, session, channel, patterns):
        return timed(self._ctl.enable, session, channel, patterns)

    def start(self, session):
        return timed(self._ctl.start, session)

    def stop(self, session):
        return timed(self._ctl.stop, session)

    def destroy(self, session):
        return timed(self._ctl.destroy, session)

    def list_apps(self):
        pids = set()
        seconds = timed(lambda: pids.update(self._ctl.list_pids()))
        return seconds, len(pids)

    def list_tracepoints(self):
        return self.list_apps()

    @staticmethod
    def cli(output, patterns):
        return [["create", "cli", f"--output={output}"], ["enable-event", "--userspace", ",".join(patterns)],
                ["start"], ["stop"], ["destroy"]]

    @staticmethod
    def run_cli(commands):
        for command in commands:
            subprocess.run(["lttng", "--quiet", *command], check=True, stdout=subprocess.DEVNULL)


class Tracebus:
    """tracebusd and its consumer on a private bus, through one connection."""
    name = "tracebus"
    ours = True
    consumer = "tracebus-consumerd"
    socket_path = "/run/lttng/lttng-ust-sock-8"

    def __init__(self, bench):
        self._build = bench.build
        self._log = Log()
        self._directory = tempfile.TemporaryDirectory(prefix="bus-")
        self._bus = self._daemon = self._client = None
        self.reported_discarded = 0

    @staticmethod
    def available():
        return True

    def __enter__(self):
        config = pathlib.Path(self._directory.name) / "bus.conf"
        config.write_text(BUS_CONFIG.format(directory=self._directory.name), encoding="utf-8")
        self._bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--nosyslog",
                                      "--print-address"], stdout=subprocess.PIPE, stderr=self._log.file, text=True)
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = self._bus.stdout.readline().strip()
        service = self._build / "service"
        self._daemon = subprocess.Popen([service / "tracebusd", f"--consumer={service}/consumer/tracebus-consumerd",
                                         f"--statedir={self._directory.name}/state"],
                                        stdout=self._log.file, stderr=self._log.file)
        self._client = subprocess.Popen([self._build / "tests" / "bench" / "bus-client"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self._client.stdout.readline() != "ready\n":
            self.__exit__()
            raise BenchError("tracebusd never came to the bus")
        return self

    def __exit__(self, *_):
        for process in (self._client, self._daemon, self._bus):
            end(process)
        for pipe in (self._client.stdin, self._client.stdout, self._bus.stdout):
            pipe.close()
        complaints = self._log.close()
        status = self._daemon.returncode
        self._directory.cleanup()
        if complaints or status != 0:
            raise BenchError(f"tracebusd ended with {status}: " + " | ".join(complaints))

    @property
    def service_pid(self):
        return self._daemon.pid

    def consumer_pids(self):
        return children(self._daemon.pid, self.consumer)

    def call(self, path, interface, method, arguments="()"):
        request = f"{path}\t{interface}\t{method}\t{arguments}\n"
        self._client.stdin.write(request)
        self._client.stdin.flush()
        took, status, answer = self._client.stdout.readline().rstrip("\n").split("\t", 2)
        if status != "ok":
            raise BenchError(f"{method}: {answer}")
        return int(took) / 1e9, answer

    def _session(self, session, method, arguments="(@a{sv} {},)"):
        return self.call(session, "org.tracebus1.Session", method, arguments)

    def create(self, name, output):
        seconds, answer = self.call("/org/tracebus1", "org.tracebus1.Manager", "CreateSession",
                                    f"('{name}', {{'output': <'{output}'>}})")
        return seconds, re.search(r"'(/[^']*)'", answer).group(1)

    def add_channel(self, session, channel, scheme, size):
        options = (f"'buffer-ownership': <'{scheme}'>, "
                   f"'subbuf-size': <uint64 {size[0]}>, 'num-subbuf': <uint64 {size[1]}>")
        self._session(session, "CreateChannel", f"('{channel}', {{{options}}})")

    def enable(self, session, channel, patterns):
        rules = ", ".join(f"('{pattern}', @a{{sv}} {{}})" for pattern in patterns)
        return self._session(session, "EnableEvents", f"('{channel or ''}', [{rules}], @a{{sv}} {{}})")[0]

    def start(self, session):
        return self._session(session, "Start")[0]

    def stop(self, session):
        seconds, answer = self._session(session, "Stop")
        self.reported_discarded = int(re.search(r"'events-discarded': <(?:uint64 )?(\d+)>", answer).group(1))
        return seconds

    def destroy(self, session):
        return self._session(session, "Destroy")[0]

    def count_apps(self):
        answer = self.call("/org/tracebus1", "org.freedesktop.DBus.Properties", "Get",
                           "('org.tracebus1.Manager', 'AppCount')")[1]
        return int(re.search(r"(\d+)>", answer).group(1))

    def list_apps(self):
        seconds, answer = self.call("/org/tracebus1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        return seconds, len(set(re.findall(r"/org/tracebus1/app/\d+'(?=: )", answer)))

    def list_tracepoints(self):
        seconds, answer = self.call("/org/tracebus1", "org.tracebus1.Manager", "ListTracepoints", "(@a{sv} {},)")
        return seconds, len(set(re.findall(r"'pid': <(?:uint32 )?(\d+)>", answer)))

    @staticmethod
    def cli(output, patterns):
        return [["create", "cli", f"--output={output}"], ["enable-event", "--userspace", ",".join(patterns)],
                ["start"], ["stop"], ["destroy"]]

    def run_cli(self, commands):
        for command in commands:
            subprocess.run([self._build / "client" / "tracebusctl", *command], check=True, stdout=subprocess.DEVNULL)
