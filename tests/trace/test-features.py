#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-features.py BUILD: contexts, trackers, states, limits of files, blocking, plugins: the same under tracebusd and
under lttng-sessiond, from the same programs.
"""
import pathlib
import re
import struct
import subprocess
import sys
import time

import events
import peer_lttng
import peer_tracebus
import tap

TAP = tap.Tap()
# What says the same of every process of these tests, whoever records it.
STEADY = ["procname", "cgroup_ns", "ipc_ns", "mnt_ns", "net_ns", "pid_ns", "time_ns", "user_ns", "uts_ns", "vuid",
          "veuid", "vsuid", "vgid", "vegid", "vsgid", "$app.tb:text",
          "$app.tb:number", "$app.tb:ratio", "$app.nobody:nothing"]
# What does not, but has to be there.
MOVING = ["vpid", "vtid", "pthread_id", "ip"]
# Of the kernel; and of the processor, which virtual machines do not always have.
COUNTERS = [["perf:thread:task-clock", "perf:thread:page-fault", "perf:thread:context-switches"],
            ["perf:thread:cycles", "perf:thread:raw:r003c:not-halted"]]
CLOCK_HZ = 3000000


class Session:
    """A session of @peer with the channel "peer", from its making to its end; "with" gives the path of its trace."""

    count = 0

    def __init__(self, peer, *channel, rules=("tbtest:*",), contexts=(), trackers=()):
        Session.count += 1
        self.peer = peer
        self.name = f"features-{Session.count}"
        self.output = peer.path / self.name
        peer.control("create", self.name, f"--output={self.output}")
        peer.control("enable-channel", "--userspace", *channel, "peer")
        for context in contexts:
            peer.control("add-context", "--userspace", "--channel=peer", f"--type={context}")
        for rule in rules:
            peer.control("enable-event", "--userspace", "--channel=peer", rule)
        for tracker in trackers:
            peer.control(*tracker)

    def __enter__(self):
        self.peer.control("start")
        return self.output

    def __exit__(self, *_):
        self.peer.control("stop")
        self.peer.control("destroy", self.name)


class Program:
    """app-idle under a name of its own, which emits when it is told to."""

    def __init__(self, peer, build, name):
        self._process = subprocess.Popen([build / "tests/support/apps/app-idle", name], env=peer.environment, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdout.readline()
        self.pid = self._process.pid

    def go(self, ticks):
        self._process.stdin.write(f"go {ticks}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def end(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def read_lines(path):
    run = subprocess.run(["babeltrace2", "--no-delta", path], capture_output=True, encoding="utf-8", check=True)
    return run.stdout.splitlines()


def read_metadata(path):
    return [metadata.read_text(encoding="utf-8", errors="replace") for metadata in sorted(path.rglob("metadata"))]


def contexts_of(line):
    """The contexts of one event: name to value."""
    *_, contexts, _ = events.split_top(events.LINE.match(line)["blocks"])
    return dict(field.partition(" = ")[::2] for field in events.split_top(contexts[1:-1]))


def record_contexts(peer, build, scheme):
    """All contexts of two events, and the names of fields."""
    program = build / "tests/support/apps/app-contexts"
    with Session(peer, f"--buffers-{scheme}", contexts=STEADY + MOVING) as output:
        peer.run([program, "2", "$app.tb"])  # LTTng takes no provider of one letter
    found = [contexts_of(line) for line in read_lines(output)]
    for contexts in found:
        contexts["vtid"] = contexts["vtid"] == contexts["vpid"]  # it has one thread
        contexts["vpid"] = int(contexts["vpid"]) > 1
        contexts["pthread_id"] = int(contexts["pthread_id"]) > 0
        contexts["ip"] = int(contexts["ip"]) % 4096  # of one instruction, wherever it was loaded
    return found


def record_counters(peer, build, counters):
    """The names of the counters that could be had, and whether they count."""
    with Session(peer, contexts=counters) as output:
        peer.run([build / "tests/support/apps/app-paced", "20", "100"])
    lines = read_lines(output)
    if not any("perf_thread" in line for line in lines):
        return {}
    first, last = contexts_of(lines[0]), contexts_of(lines[-1])
    return {name: int(last[name]) >= int(value) for name, value in first.items()}


def record_states(peer, build):
    """What an app has loaded, in order, and how often it tells it when it is asked again."""
    with Session(peer, rules=["lttng_ust_statedump:*"]) as output:
        peer.run([build / "tests/support/apps/app-tiny"])
    told = [re.sub(r"(?:vma|baddr)\w* = \w+,? ?", "", event) for event in events.read_trace(output)]
    program = Program(peer, build, "idle")
    with Session(peer, rules=["lttng_ust_statedump:*"]) as again:
        peer.control("regenerate", "statedump")
    program.end()
    starts = [event for event in events.read_trace(again) if event.startswith("lttng_ust_statedump:start")]
    return sorted(told), len(starts)


def record_tracked(peer, build, scheme):
    """Who is recorded when, as trackers change under way."""
    one, other = Program(peer, build, "one"), Program(peer, build, "other")

    def emit():
        one.go(3)
        other.go(2)

    with Session(peer, f"--buffers-{scheme}", trackers=[("track", "-u", f"--vpid={one.pid}")]) as output:
        emit()
        peer.control("track", "-u", f"--vpid={other.pid}")
        emit()
        peer.control("untrack", "-u", f"--vpid={one.pid}")
        emit()
        peer.control("untrack", "-u", "--vuid", "--all")
        emit()
        peer.control("track", "-u", "--vuid=root")
        emit()
        peer.control("track", "-u", "--vpid", "--all")
        emit()
    one.end()
    other.end()
    return sorted(events.read_trace(output))


def record_files(peer, build, *limits):
    """The names of stream and index files, that no file is too large, and the last event."""
    with Session(peer, "--subbuf-size=4096", "--num-subbuf=8", *limits) as output:
        peer.run(["taskset", "--cpu-list", "0", build / "tests/support/apps/app-paced", "1500", "20"])
    streams = [path for path in output.rglob("peer_*") if path.suffix != ".idx"]
    small = all(path.stat().st_size <= 8192 for path in streams)
    names = sorted({path.name for path in streams if path.stat().st_size > 0 and path.name.startswith("peer_0")})
    indexes = {path.stem for path in output.rglob("*.idx")}
    recorded = [int(re.search(r"seq = (\d+)", event)[1]) for event in events.read_trace(output)]
    ends_well = recorded == list(range(1500 - len(recorded), 1500))
    return names, small, indexes >= set(names), ends_well


def record_blocking(peer, build):
    """How many events come through a buffer that holds few of them, of an app that waits."""
    with Session(peer, "--subbuf-size=4096", "--num-subbuf=2", "--blocking-timeout=inf") as output:
        peer.run([build / "tests/support/apps/app-burst", "2000", "40"])
    return len(read_lines(output))


def record_changes(peer, build):
    """What is recorded while channels and rules go off and on."""
    program = Program(peer, build, "idle")
    with Session(peer) as output:
        program.go(1)
        peer.control("disable-event", "-u", "-c", "peer", "tbtest:*")
        program.go(2)
        peer.control("enable-event", "-u", "-c", "peer", "tbtest:*")
        program.go(4)
        peer.control("disable-channel", "-u", "peer")
        program.go(8)
        peer.control("enable-channel", "-u", "peer")
        program.go(16)
        peer.control("stop")
        program.go(32)
        peer.control("start")
        program.go(64)
    program.end()
    return events.read_trace(output)


def clock_of(path):
    """The clock block of the only trace, and its offset in seconds."""
    block = re.search(r"^clock \{.*?^\};", read_metadata(path)[0], re.MULTILINE | re.DOTALL)[0]
    offset = int(re.search(r"offset = (\d+);", block)[1])
    return re.sub(r"offset = \d+;|/\*.*?\*/", "", block).lower().split(), offset / CLOCK_HZ


def set_shift(home, seconds):
    with open(home / "clock-shift", "r+b") as file:
        file.write(struct.pack("=q", seconds))


def record_plugins(peer, build, home):
    """The clock of a plugin, how far it is from the wall clock, before and after it jumps, and the CPUs of events."""
    set_shift(home, 0)
    program = Program(peer, build, "idle")
    with Session(peer) as output:
        program.go(10)
        peer.control("stop")
        description, offset = clock_of(output)
        peer.control("start")
        set_shift(home, 5000)
        peer.control("regenerate", "metadata")
        program.go(10)
    program.end()
    again, behind = clock_of(output)
    lines = read_lines(output)
    cpus = {re.search(r"cpu_id = (\d+)", line)[1] for line in lines}
    last = re.search(r"\[(\d+):(\d+):(\d+)", lines[-1])
    now = time.localtime()
    late = (now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec) - sum(
        int(last[i]) * unit for i, unit in ((1, 3600), (2, 60), (3, 1)))
    return description, description == again, round(offset - behind), cpus, abs(late) % 86400 < 60


def record_all(peer, build):
    """What is the same whoever records, by name."""
    found = {}
    for scheme in ("uid", "pid"):
        found[f"contexts, buffers per {scheme}"] = record_contexts(peer, build, scheme)
    for kind, counters in zip(("kernel", "processor"), COUNTERS):
        found[f"counters of the {kind}"] = record_counters(peer, build, counters)
    found["trackers"] = record_tracked(peer, build, "uid")
    found["states of apps"] = record_states(peer, build)
    found["files of limited size"] = record_files(peer, build, "--tracefile-size=8192", "--tracefile-count=3")
    found["an app that waits for room"] = record_blocking(peer, build)
    found["channels and rules off and on"] = record_changes(peer, build)
    return found


def compare(build, make_peers, record):
    """Records with the one and the other, which take the same place, one after the other."""
    with make_peers[0]() as peer:
        theirs = record(peer, build)
    with make_peers[1]() as peer:
        ours = record(peer, build)
    for name, expected in theirs.items():
        if name.startswith("counters") and not expected:
            TAP.skip(f"{name}: this machine, or what it runs on, gives programs none")
        else:
            TAP.point(f"{name}: as under lttng-sessiond", ours[name], expected)
    return ours


def main(build):
    build = pathlib.Path(build)
    apps = build / "tests/support/apps"
    home = pathlib.Path.home()
    allow = {"LTTNG_UST_ALLOW_BLOCKING": "1"}
    plugins = {"LTTNG_UST_CLOCK_PLUGIN": str(apps / "clock-plugin.so"),
               "LTTNG_UST_GETCPU_PLUGIN": str(apps / "getcpu-plugin.so")}

    ours = compare(build, (lambda: peer_lttng.Peer(allow), lambda: peer_tracebus.Peer(build, allow)), record_all)
    TAP.point("an app that waits loses nothing", ours["an app that waits for room"], 2000)
    # Of an app that is tracked again, lttng-sessiond writes new buffers over the files of those before.
    with peer_tracebus.Peer(build) as peer:
        TAP.point("trackers, buffers per pid", record_tracked(peer, build, "pid"), ours["trackers"])
    (home / "clock-shift").write_bytes(bytes(8))
    compare(build, (lambda: peer_lttng.Peer(plugins), lambda: peer_tracebus.Peer(build, plugins)),
            lambda peer, build: {"plugins of the tracer": record_plugins(peer, build, home)})
    with peer_tracebus.Peer(build) as peer:
        with Session(peer, contexts=["$app.x:ctx-1", "$app.x:text"]) as output:
            peer.run([apps / "app-contexts"])
        named = [events.normalise(line) for line in read_lines(output)]
        TAP.point("a name that would end the metadata's syntax", named, [
            'tbtest:tick: { _app_x_ctx_1_tag = ( "_none" : container = 0 ), _app_x_ctx_1 = { { } }, _app_x_text_tag = '
            '( "_string" : container = 11 ), _app_x_text = { "what \\"x\\" says" } }, { seq = 0, who = "contexts" }'])
    return TAP.finish()


sys.exit(main(*sys.argv[1:]))
