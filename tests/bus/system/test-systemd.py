#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-systemd.py: the service as systemd's, in a machine of in-machine.sh: started by a call, watched over, locked up,
and still able to write where its users may.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys

from system import (NO_OPTIONS, PATIENCE, ROOT_PATH, App, Denied, Tap, add_user, as_user, call, create, get,
                    process_ids, wait_until)

UNIT = "tracebus.service"
TICKS = 50
BURST = 20000
READY_ID = "5b2c6f4ee7c14d2c9b6a0d9a3f1f0a01"


def systemctl(*arguments, check=True):
    return subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=check,
                          timeout=2 * PATIENCE).stdout.strip()


def show(name):
    return systemctl("show", "--property", name, "--value", UNIT)


def status(process, field):
    text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return re.search(rf"^{field}:\s+(.*)$", text, re.MULTILINE)[1]


def home_of(user):
    return pathlib.Path(as_user(user)["env"]["HOME"])


def count_ticks(output, lossy=False):
    """Ticks of the trace; the reader may complain only of one that is @lossy."""
    done = subprocess.run(["babeltrace2", output], capture_output=True, text=True, check=False)
    if done.returncode != 0 or (done.stderr and not lossy):
        raise RuntimeError(f"babeltrace2: {done.stderr}")
    return done.stdout.count("tbtest:tick:")


def begin(user, name, output):
    """An active session of @user: its path."""
    path = create(user, name, f"{{'output': <'{output}'>}}" if output else "{}")
    call(user, path, "Session.EnableEvents", "", "[('*', @a{sv} {})]", NO_OPTIONS)
    call(user, path, "Session.Start", NO_OPTIONS)
    return path


def check_activation(tap):
    tap.point("nothing runs before it is asked for", systemctl("is-active", UNIT, check=False), "inactive")
    text = call("alice", ROOT_PATH, "Manager.GetPermissions")
    tap.point("a user's call starts the unit, and polkit",
              [systemctl("is-active", UNIT), *re.findall(r": '(\w+)'", text)], ["active", "yes", "auth", "auth"])
    tap.point("systemd has been told how it goes", show("StatusText").startswith("Programs register at /"), True)


def check_log(tap):
    done = subprocess.run(["journalctl", f"MESSAGE_ID={READY_ID}", "--output=json", "--output-fields="
                           "SYSLOG_IDENTIFIER,TRACEBUS_SOCKET,PRIORITY,_SYSTEMD_UNIT,CODE_FUNC"],
                          capture_output=True, text=True, check=True)
    line = done.stdout.splitlines()[-1]
    fields = dict(re.findall(r'"(\w+)":"([^"]*)"', line))
    tap.point("the journal has the fields of its lines",
              [fields.get(name) for name in ("SYSLOG_IDENTIFIER", "PRIORITY", "_SYSTEMD_UNIT", "CODE_FUNC")]
              + [fields.get("TRACEBUS_SOCKET", "").endswith("lttng-ust-sock-8")],
              ["tracebusd", "5", UNIT, "on_name_owned", True])
    before = systemctl("service-log-level", UNIT)
    systemctl("service-log-level", UNIT, "debug")
    tap.point("systemctl changes the log level", [before, systemctl("service-log-level", UNIT)], ["info", "debug"])
    systemctl("service-log-level", UNIT, "info")
    done = subprocess.run(["busctl", "set-property", "org.tracebus1", "/org/freedesktop/LogControl1",
                           "org.freedesktop.LogControl1", "LogLevel", "s", "debug"], **as_user("alice"),
                          capture_output=True, check=False)
    tap.point("a user does not", [done.returncode != 0, systemctl("service-log-level", UNIT)], [True, "info"])


def check_writing(tap):
    """The unit's restrictions bind consumers, which write wherever their owners may, and nowhere else."""
    shared = pathlib.Path("/var/lib/traces-of-alice")
    shared.mkdir()
    os.chown(shared, as_user("alice")["user"], -1)
    places = {"home": None, "var": shared / "trace", "tmp": "/tmp/trace-of-alice"}
    sessions = {name: begin("alice", name, output) for name, output in places.items()}
    sessions["root"] = begin("root", "root", home_of("root") / "trace")
    app = App("alice", "app-idle")
    app.emit(TICKS)
    consumer = next(process for process in process_ids("tracebus-consumerd")
                    if status(process, "Uid").split()[0] == str(as_user("alice")["user"]))
    nice = int(pathlib.Path(f"/proc/{consumer}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[16])
    rights = [status(consumer, "CapBnd") == status(show("MainPID"), "CapBnd"), status(consumer, "CapPrm"),
              status(consumer, "Seccomp"), status(consumer, "NoNewPrivs")]
    outputs = {}
    for name, path in sessions.items():
        owner = "root" if name == "root" else "alice"
        call(owner, path, "Session.Stop", NO_OPTIONS)
        outputs[name] = get(owner, path, "Session.Output")
        call(owner, path, "Session.Destroy", NO_OPTIONS)
    app.end()
    tap.point("traces are in a home, in /var/lib, in /tmp and in root's home, complete",
              {name: count_ticks(output) for name, output in outputs.items()}, {name: TICKS for name in sessions})
    tap.point("the one in the home is where it is by default",
              outputs["home"].startswith(f"{home_of('alice')}/lttng-traces/home-"), True)
    tap.point("the consumer is locked up like the service, and has no right of its own", rights,
              [True, "0" * 16, "2", "1"])
    tap.point("the consumer goes before the programs whose buffers it empties", nice < 0, True)
    refused = []
    for user, place in (("alice", "/var/lib/traces"), ("root", "/usr/traces"), ("root", "/etc/traces")):
        try:
            create(user, "refused", f"{{'output': <'{place}'>}}")
        except Denied as denied:
            refused.append(denied.name)
    tap.point("what is not the owner's, and the system itself, is no place for a trace", refused,
              ["OutputUnavailable"] * 3)


def check_command(tap):
    """tracebusctl passes a descriptor through the message bus."""
    home = home_of("alice")
    app = App("alice", "app-idle")
    done = []
    for line in ("create by-command --output by-command", "enable-event --all", "start"):
        done.append(subprocess.run(["tracebusctl", *line.split()], **{**as_user("alice"), "cwd": home},
                                   capture_output=True, check=False).returncode)
    app.emit(TICKS)
    for line in ("stop", "destroy"):
        done.append(subprocess.run(["tracebusctl", *line.split()], **{**as_user("alice"), "cwd": home},
                                   capture_output=True, check=False).returncode)
    app.end()
    tap.point("tracebusctl hands a directory to the service", [done, count_ticks(home / "by-command")],
              [[0] * 5, TICKS])


def consumers_of(user):
    """Pids of the consumers that run as @user."""
    uid = str(as_user(user)["user"])
    return [process for process in process_ids("tracebus-consumerd") if status(process, "Uid").split()[0] == uid]


def crash():
    os.kill(int(show("MainPID")), signal.SIGKILL)


def restart():
    systemctl("restart", UNIT)


def check_handover(tap, how, end):
    """systemd keeps the descriptors: programs and consumers do not see the service go, and the next one has them."""
    kept = int(show("NFileDescriptorStore"))
    apps = [App("alice", "app-idle") for _ in range(2)]
    path = begin("alice", how, None)
    output = get("alice", path, "Session.Output")
    emitted = 0

    def whoever_is_there():
        return [call("alice", ROOT_PATH, "Manager.GetAppsByPid", str(app.process.pid)) for app in apps] \
            + consumers_of("alice")

    before = whoever_is_there()
    for _ in range(5):
        for app in apps:
            app.begin(BURST)
        main = show("MainPID")
        end()
        wait_until(lambda: show("MainPID") not in ("0", main)
                   and systemctl("is-active", UNIT, check=False) == "active")
        for app in apps:
            app.wait("done")
        emitted += len(apps) * BURST
        systemctl("reset-failed", UNIT)  # it is not to be started too often in a short time
    tap.point(f"programs and consumer are what they were: {how}", whoever_is_there(), before)
    reply = call("alice", path, "Session.Stop", NO_OPTIONS)
    discarded = int(re.search(r"'events-discarded': <uint64 (\d+)>", reply)[1])
    recorded = count_ticks(output, lossy=discarded > 0)
    print(f"# {how}: {emitted} emitted, {recorded} recorded, {discarded} discarded")
    tap.point(f"every event is recorded or counted: {how}", recorded + discarded, emitted)
    call("alice", path, "Session.Destroy", NO_OPTIONS)
    for app in apps:
        app.end()
    wait_until(lambda: int(show("NFileDescriptorStore")) <= kept)
    tap.point(f"systemd keeps no more than before: {how}", show("NFileDescriptorStore"), str(kept))


def check_stop(tap):
    """Nobody comes back: systemd lets go of the descriptors, and consumers write out what they have."""
    app = App("alice", "app-idle")
    path = begin("alice", "stopped", None)
    output = get("alice", path, "Session.Output")
    app.emit(TICKS)
    systemctl("stop", UNIT)
    wait_until(lambda: not consumers_of("alice"))
    tap.point("what was recorded can be read when the service has been stopped", count_ticks(output), TICKS)
    systemctl("start", UNIT)
    call("alice", path, "Session.Destroy", NO_OPTIONS)
    app.end()


def check_watchdog(tap):
    setting = pathlib.Path("/run/systemd/system/tracebus.service.d/watchdog.conf")
    setting.parent.mkdir(parents=True)
    setting.write_text("[Service]\nWatchdogSec=1s\n", encoding="utf-8")
    systemctl("daemon-reload")
    systemctl("restart", UNIT)
    main = show("MainPID")
    first = show("WatchdogTimestampMonotonic")
    wait_until(lambda: int(show("WatchdogTimestampMonotonic")) > int(first) + 2_000_000)
    tap.point("a service that is well feeds its watchdog", [show("MainPID"), show("Result")], [main, "success"])
    os.kill(int(main), signal.SIGSTOP)
    wait_until(lambda: show("MainPID") not in ("0", main) and systemctl("is-active", UNIT, check=False) == "active")
    tap.point("one that hangs is replaced", "yes" in call("alice", ROOT_PATH, "Manager.GetPermissions"), True)
    setting.unlink()
    systemctl("daemon-reload")


def check_conflict(tap):
    """Only one daemon at a time: whichever is wanted last."""
    unit = "lttng-sessiond.service"
    if not systemctl("list-unit-files", unit, check=False).count(unit):
        print("# there is no lttng-sessiond to conflict with")
        return
    systemctl("reset-failed", UNIT)  # it has been started often in a short time
    systemctl("start", unit)
    wait_until(lambda: systemctl("is-active", UNIT, check=False) == "inactive")
    systemctl("start", UNIT)
    tap.point("it and LTTng's session daemon end each other", [systemctl("is-active", unit, check=False) == "active",
                                                               systemctl("is-active", UNIT)], [False, "active"])


def main():
    tap = Tap()
    add_user("alice", homes="/home")
    tap.point("the group tracing is there", subprocess.run(["getent", "group", "tracing"], check=False,
                                                           stdout=subprocess.DEVNULL).returncode, 0)
    check_activation(tap)
    check_command(tap)
    check_log(tap)
    if sys.argv[1:] == ["briefly"]:
        return tap.finish()
    check_writing(tap)
    check_handover(tap, "killed", crash)
    check_handover(tap, "restarted", restart)
    check_stop(tap)
    check_watchdog(tap)
    check_conflict(tap)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
