#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-users.py: users of one machine, each of whom traces only what is theirs, whatever the programs do: come early or
late, fork, change their user. Recorded in both ownership schemes at once, by the service that runs as root.
"""
import collections
import pathlib
import re
import subprocess
import sys

from system import APPS, NO_OPTIONS, ROOT_PATH, App, Tap, add_user, as_user, call, create, get, process_ids, wait_until

TICKS = 20


class Recording:
    """A session of @user that records everything it may."""

    def __init__(self, user, scheme, name, options="{}"):
        self.user = user
        self.path = create(user, name, options)
        call(user, self.path, "Session.CreateChannel", "events", f"{{'buffer-ownership': <'{scheme}'>}}")
        call(user, self.path, "Session.EnableEvents", "events", "[('tbtest:*', @a{sv} {})]", NO_OPTIONS)

    def start(self):
        call(self.user, self.path, "Session.Start", NO_OPTIONS)
        self.output = pathlib.Path(get(self.user, self.path, "Session.Output"))

    def stop(self):
        call(self.user, self.path, "Session.Stop", NO_OPTIONS)

    def ticks(self):
        """Who ticked how often, as the owner reads it."""
        done = subprocess.run(["babeltrace2", self.output], **as_user(self.user), capture_output=True, text=True,
                              check=False)
        if done.returncode != 0 or done.stderr:
            raise RuntimeError(f"babeltrace2: {done.stderr}")
        return dict(collections.Counter(re.findall(r'tbtest:tick: .* who = "([^"]*)"', done.stdout)))

    def uids(self):
        """Of the files that were written, and of the folders of their events."""
        files = [entry for entry in [self.output, *self.output.rglob("*")]]
        return {entry.stat().st_uid for entry in files}


def of_user(name):
    """What programs of @name tick, each of them."""
    return {f"{name}-early": 2 * TICKS, f"{name}-late": TICKS, "parent": TICKS, "child": TICKS, "parent-after": TICKS}


def make_recordings(people):
    recordings = {(user, scheme): Recording(user, scheme, f"{user}-{scheme}") for user in people
                  for scheme in ("user", "process")}
    # Root's home is not one of this system's own.
    recordings["root", "all"] = Recording("root", "process", "all", "{'output': <'/tmp/all'>}")
    recordings["root", "own"] = Recording("root", "user", "own", "{'uids': <[uint32 0]>, 'output': <'/tmp/own'>}")
    return recordings


def run_programs(people, recordings):
    """Early ones, those that change their user, late ones, those that fork: all of them tick while all is recorded."""
    early = [App(user, "app-idle", f"{user}-early") for user in people]
    dropping = App("root", "app-setuid", str(as_user("alice")["user"]), str(TICKS))
    for recording in recordings.values():
        recording.start()
    for app in early:
        app.emit(TICKS)
    late = [App(user, "app-idle", f"{user}-late") for user in people]
    for app in early + late:
        app.emit(TICKS)
    dropping.emit(0)  # whatever the line says
    for user in people:
        subprocess.run([APPS / "app-fork", "hooks", str(TICKS)], **as_user(user), stdout=subprocess.DEVNULL, check=True)
    for recording in recordings.values():
        recording.stop()
    for app in early + late + [dropping]:
        app.end()


def check_traces(tap, people, recordings):
    for user in people:
        for scheme in ("user", "process"):
            tap.point(f"{user} has recorded {user}'s programs and no other, in buffers of each {scheme}",
                      recordings[user, scheme].ticks(), of_user(user))
    tap.point("a program is whose it was when it registered", recordings["root", "own"].ticks(), {"setuid": TICKS})
    tap.point("root has recorded everybody, where it did not say whom",
              recordings["root", "all"].ticks(), {
                  "alice-early": 2 * TICKS, "alice-late": TICKS, "bob-early": 2 * TICKS, "bob-late": TICKS,
                  "parent": 2 * TICKS, "child": 2 * TICKS, "parent-after": 2 * TICKS, "setuid": TICKS})
    tap.point("what is written is the owner's", [recordings[user, "user"].uids() for user in people],
              [{as_user(user)["user"]} for user in people])
    tap.point("root's is root's, also of other users' programs", recordings["root", "all"].uids(), {0})
    tap.point("and is where its owner looks for it", [str(recordings[user, "user"].output).startswith(
        f"{as_user(user)['env']['HOME']}/lttng-traces/{user}-user-") for user in people], [True for _ in people])


def status(process, field):
    text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return re.search(rf"^{field}:\s+(.*)$", text, re.MULTILINE)[1].split()


def check_consumers(tap, people):
    consumers = process_ids("tracebus-consumerd")
    owners = {int(status(process, "Uid")[0]): process for process in consumers}
    tap.point("each owner has a consumer that runs as that user", sorted(owners), sorted(
        as_user(user)["user"] for user in people))
    user = as_user("alice")
    process = owners[user["user"]]
    tap.point("with that user's groups, and no right more", [
        set(status(process, "Uid")), set(status(process, "Gid")), status(process, "CapPrm"),
        status(process, "NoNewPrivs"), {int(group) for group in status(process, "Groups")},
    ], [{str(user["user"])}, {str(user["group"])}, ["0" * 16], ["1"], set(user["extra_groups"])])
    done = subprocess.run(["head", "--bytes=1", f"/proc/{process}/mem"], **user, capture_output=True, text=True,
                          check=False)
    tap.point("whom no other process of that user looks into", "Permission denied" in done.stderr, True)


def check_strangers(tap, recordings):
    """What belongs to alice is not bob's to reach."""
    path = recordings["alice", "user"].path
    refused = []
    for member, *arguments in (("Start",), ("Stop",), ("Destroy",), ("Flush",)):
        done = subprocess.run(["gdbus", "call", "--system", "--dest=org.tracebus1", f"--object-path={path}",
                               f"--method=org.tracebus1.Session.{member}", *arguments, "--", NO_OPTIONS],
                              **as_user("bob"), capture_output=True, text=True, check=False)
        refused.append(done.returncode)
    tap.point("bob controls nothing of alice's", refused, [1, 1, 1, 1])
    own = App("bob", "app-idle")
    other = App("alice", "app-idle")
    listed = call("bob", ROOT_PATH, "Manager.ListTracepoints", "{'name': <'tbtest:tick'>}")
    pids = {int(pid) for pid in re.findall(r"'pid': <(?:uint32 )?(\d+)>", listed)}
    tap.point("bob is shown the tracepoints of bob's programs", pids, {own.process.pid})
    own.end()
    other.end()


def check_ephemeral(tap):
    """gdbus makes it, and leaves the bus when it has its answer."""
    before = get("root", ROOT_PATH, "Manager.SessionCount")
    create("alice", "short", "{'ephemeral': <true>}")
    wait_until(lambda: get("root", ROOT_PATH, "Manager.SessionCount") == before)
    tap.point("an ephemeral session ends with its creator", True, True)


def check_session_bus(tap):
    """A service of one's own, started by one's own bus."""
    done = subprocess.run(["dbus-run-session", "--", "gdbus", "call", "--session", "--dest=org.tracebus1",
                           "--object-path=/org/tracebus1", "--method=org.tracebus1.Manager.GetPermissions"],
                          **as_user("alice"), capture_output=True, text=True, check=False)
    tap.point("on the session bus its owner may do everything", re.findall(r": '(\w+)'", done.stdout),
              ["yes", "yes", "yes"])


def main():
    tap = Tap()
    people = ["alice", "bob"]
    for user in people:
        add_user(user)
    recordings = make_recordings(people)
    run_programs(people, recordings)
    check_traces(tap, people, recordings)
    check_consumers(tap, people + ["root"])
    check_strangers(tap, recordings)
    check_ephemeral(tap)
    check_session_bus(tap)
    for (user, _), recording in recordings.items():
        call(user, recording.path, "Session.Destroy", NO_OPTIONS)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
