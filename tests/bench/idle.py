# SPDX-License-Identifier: GPL-2.0-only
"""What costs something while nothing happens."""
import time

from machinery import Row, cpu_seconds, wakeups

SESSIONS = 5


def _apps(bench):
    return bench.scale(100, 5)


def rows(bench):
    yield Row("idle-service", f"{SESSIONS} sessions, {_apps(bench)} quiet apps: wake-ups of the service", "/s", 0, True)
    yield Row("idle-consumer", "of the consumer", "/s", 0, True)
    yield Row("idle-cpu", "CPU of both", "ms/s", 0, True)


def _look(peer):
    pids = [peer.service_pid, *peer.consumer_pids()]
    counts = [wakeups(pid) for pid in pids]
    return counts[0], {key: value for count in counts[1:] for key, value in count.items()}, sum(map(cpu_seconds, pids))


def _rate(peer, what, counts, seconds):
    """All threads' wake-ups a second; says which they were."""
    before, after = counts
    by_thread = {key: value - before.get(key, 0) for key, value in after.items() if value > before.get(key, 0)}
    for (_, thread), n in sorted(by_thread.items(), key=lambda item: -item[1]):
        print(f"#     {peer.name} {what}: thread {thread}: {n / seconds:.1f}/s", flush=True)
    return sum(by_thread.values()) / seconds


def _quiet(bench, peer):
    seconds = bench.scale(5, 1)
    with bench.herd(_apps(bench), bench.apps / "app-idle") as herd:
        for i in range(SESSIONS):
            _, session = peer.create(f"idle-{i}", bench.new_output())
            peer.enable(session, None, ["tbtest:*"])
            peer.start(session)
        herd.tell("go 1")
        time.sleep(seconds)
        service, consumer, cpu = _look(peer)
        time.sleep(seconds)
        service_after, consumer_after, cpu_after = _look(peer)
    yield "idle-service", _rate(peer, "service", (service, service_after), seconds)
    yield "idle-consumer", _rate(peer, "consumer", (consumer, consumer_after), seconds)
    yield "idle-cpu", (cpu_after - cpu) / seconds * 1e3


def measurements(bench):
    yield _quiet
