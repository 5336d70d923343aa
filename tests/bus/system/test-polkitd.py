#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test-polkitd.py SOURCE: who may do what where the real polkit decides, by the policy and the rule that we install."""
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import termios
import xml.etree.ElementTree

from system import (NO_OPTIONS, ROOT_PATH, App, Denied, Tap, add_user, as_user, call, command, create, get, process_ids,
                    wait_until)

RULES = pathlib.Path("/etc/polkit-1/rules.d")
ACTIONS = ("trace-own", "trace-others", "manage-sessions")
ARGUMENTS = {
    "a{sv}": NO_OPTIONS, "s": "vpid", "u": "1", "av": "@av []", "a(sa{sv})": "[('*', @a{sv} {})]",
}


def permissions(user):
    """What GetPermissions answers @user, in the order of ACTIONS."""
    text = call(user, ROOT_PATH, "Manager.GetPermissions")
    return " ".join(re.search(rf"'org\.tracebus1\.{action}': '(\w+)'", text)[1] for action in ACTIONS)


class Rule:
    """A rule of the administrator, while it is there. polkit looks for changes when it likes."""

    def __init__(self, body, user, expected):
        self.path = RULES / "10-test.rules"
        self.body, self.user, self.expected = body, user, expected

    def __enter__(self):
        self.before = permissions(self.user)
        self.path.write_text("polkit.addRule(function (action, subject) {\n"
                             "if (action.id.indexOf('org.tracebus1.') != 0) return polkit.Result.NOT_HANDLED;\n"
                             f"{self.body}\n}});\n", encoding="utf-8")
        wait_until(lambda: permissions(self.user) == self.expected)

    def __exit__(self, *_):
        self.path.unlink()
        wait_until(lambda: permissions(self.user) == self.before)


def refusal(*arguments, **options):
    """The name of the error that a call is refused with; "" where it is not."""
    try:
        call(*arguments, **options)
    except Denied as denied:
        return denied.name
    return ""


def methods(source):
    """Interface, method, types of its arguments, and whether it is open to everybody."""
    for path in sorted(pathlib.Path(source, "introspection").glob("org.tracebus1.*.xml")):
        text = path.read_text(encoding="utf-8")
        for interface in xml.etree.ElementTree.fromstring(text).iter("interface"):
            for method in interface.iter("method"):
                comment = re.search(rf"<!--\s+{method.get('name')}:\n(.*?)-->", text, re.DOTALL)[1]
                types = [arg.get("type") for arg in method.iter("arg") if arg.get("direction") == "in"]
                yield interface.get("name"), method.get("name"), types, "Open to everybody." in comment


def snapshot():
    """All objects as root sees them."""
    return call("root", ROOT_PATH, "org.freedesktop.DBus.ObjectManager.GetManagedObjects")


def check_denial(tap, source):
    """A polkit that denies everything, and a user who tries everything."""
    app = App("root", "app-idle")
    session = create("root", "of-root")
    call("root", session, "Session.CreateChannel", "events", NO_OPTIONS)
    paths = {"Manager": ROOT_PATH, "Session": session}
    before = snapshot()
    for kind in ("App", "Channel", "Consumer"):
        paths[kind] = re.search(rf"'(/org/tracebus1/[\w/]*{kind.lower()}/\d+)'", before)[1]
    with Rule("return polkit.Result.NO;", "alice", "no no no"):
        answers = {}
        for interface, method, types, is_open in methods(source):
            kind = interface.rpartition(".")[2]
            answer = refusal("alice", paths[kind], f"{kind}.{method}", *(ARGUMENTS[kind_of] for kind_of in types),
                             interactive=True)
            answers[f"{kind}.{method}"] = "open" if is_open and answer != "NotAuthorized" else answer
    tap.point("where polkit denies everything, nothing that acts is let through",
              sorted({answer for answer in answers.values()}), ["NotAuthorized", "open"])
    tap.point("that was more than twenty methods", sum(a == "NotAuthorized" for a in answers.values()) > 20, True)
    tap.point("nothing has changed by it", snapshot(), before)
    call("root", session, "Session.Destroy", NO_OPTIONS)
    app.end()


def check_defaults(tap):
    tap.point("a user may trace her own programs, and is asked for a password to reach further",
              permissions("alice"), "yes auth auth")
    tap.point("root may do everything", permissions("root"), "yes yes yes")
    everybody = (ROOT_PATH, "Manager.CreateSession", "all", "{'all-users': <true>}")
    tap.point("what a password would help with is told apart", refusal("alice", *everybody),
              "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
    tap.point("with nobody to ask for the password it is refused", refusal("alice", *everybody, interactive=True),
              "NotAuthorized")
    own = create("alice", "own")
    tap.point("her session is hers", get("bob", own, "Session.Owner"), get("alice", own, "Session.Owner"))
    tap.point("a session of hers is not another's to end", refusal("bob", own, "Session.Destroy", NO_OPTIONS),
              "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
    tap.point("but it is hers", refusal("alice", own, "Session.Destroy", NO_OPTIONS), "")


def check_policy(tap):
    said = subprocess.run(["pkaction", "--verbose", "--action-id", "org.tracebus1.manage-sessions"], check=True,
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    found = dict(re.findall(r"^\s*(implicit \w+|message):\s+(.*)$", said, re.MULTILINE))
    tap.point("polkit has read the policy as it is meant",
              [found[f"implicit {who}"] for who in ("any", "inactive", "active")],
              ["auth_admin", "auth_admin", "auth_admin_keep"])


def check_rules(tap):
    example = next(pathlib.Path(os.environ["TRACEBUS_STAGE"]).rglob("50-tracebus-tracing.rules"))
    rule = RULES / example.name
    rule.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    wait_until(lambda: permissions("tracer") == "yes yes yes")
    tap.point("the example lets the group tracing in, and nobody else", [permissions("tracer"), permissions("alice")],
              ["yes yes yes", "yes auth auth"])
    call("tracer", create("tracer", "all", "{'all-users': <true>}"), "Session.Destroy", NO_OPTIONS)
    rule.unlink()
    wait_until(lambda: permissions("tracer") == "yes auth auth")
    body = """
      if (action.id == 'org.tracebus1.trace-others' && subject.user == 'alice')
        return action.lookup('uids') == '0,1' && action.lookup('session') == 'right'
               && action.lookup('owner') == '%d' ? polkit.Result.YES : polkit.Result.NO;
    """ % as_user("alice")["user"]
    with Rule(body, "alice", "yes no auth"):
        tap.point("rules see session, owner and uids", [
            refusal("alice", ROOT_PATH, "Manager.CreateSession", name, f"{{'uids': <[uint32 {uids}]>}}")
            for name, uids in (("right", "0, 1"), ("wrong", "0, 1"), ("right", "0, 2"))
        ], ["", "NotAuthorized", "NotAuthorized"])
        call("alice", ROOT_PATH + "/session/" + re.search(r"session/(\d+)'", call(
            "alice", ROOT_PATH, "Manager.GetSession", "right"))[1], "Session.Destroy", NO_OPTIONS)


class Login:
    """A login of @user as logind would write it down, and programs run in it; no logind is needed to read that."""

    def __init__(self, user):
        places = [pathlib.Path("/sys/fs/cgroup", name) for name in ("unified", "systemd", "")]
        groups = next(place for place in places if (place / "cgroup.procs").exists())
        self.user, self.uid = user, as_user(user)["user"]
        # A slice, since only those may stand above a login; made by us, and removed by us.
        self.scope = groups / f"tracebustest{os.getpid()}.slice" / f"user-{self.uid}.slice" / "session-c1.scope"

    def __enter__(self):
        self.scope.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        for folder in (self.scope, *list(self.scope.parents)[:2]):
            folder.rmdir()

    def write(self, active):
        """Whether it is the one that sits at the machine."""
        state = "active" if active else "online"
        run = pathlib.Path("/run/systemd")
        (run / "sessions/c1").write_text(
            f"UID={self.uid}\nUSER={self.user}\nACTIVE={int(active)}\nIS_DISPLAY=1\nSTATE={state}\nREMOTE=0\nTYPE=tty\n"
            "CLASS=user\nSCOPE=session-c1.scope\nSEAT=seat0\n", encoding="utf-8")
        (run / f"users/{self.uid}").write_text(
            f"NAME={self.user}\nSTATE={state}\nDISPLAY=c1\nSESSIONS=c1\nSEATS=seat0\n", encoding="utf-8")
        (run / "seats/seat0").write_text("ACTIVE=c1\nSESSIONS=c1\n" if active else "SESSIONS=c1\n", encoding="utf-8")

    def permissions(self):
        """Of a program that runs in it."""
        entry = as_user(self.user)
        shell = ["sh", "-c", f'echo $$ > {self.scope}/cgroup.procs && exec setpriv --reuid={entry["user"]} '
                 f'--regid={entry["group"]} --init-groups "$@"', "-", *command(ROOT_PATH, "Manager.GetPermissions")]
        text = subprocess.run(shell, capture_output=True, text=True, check=True, env=entry["env"]).stdout
        return re.search(r"'org\.tracebus1\.manage-sessions': '(\w+)'", text)[1]


def check_logins(tap):
    """polkit is asked about the caller itself: it finds the login that the call came from."""
    body = "return subject.local ? (subject.active ? polkit.Result.YES : polkit.Result.AUTH_ADMIN) : polkit.Result.NO;"
    try:
        with Login("alice") as login, Rule(body, "alice", "no no no"):
            login.write(active=True)
            active = login.permissions()
            login.write(active=False)
            tap.point("the same user is told apart by where the call comes from",
                      [active, login.permissions(), permissions("bob")], ["yes", "auth", "no no no"])
    except OSError as error:
        print(f"# no login can be made up here: {error}")


def check_leaving(tap):
    """polkit waits for a program that a rule has started; the caller does not."""
    asked, go = pathlib.Path("/tmp/asked"), pathlib.Path("/tmp/go")
    body = f"""
      if (action.lookup('uids') == '0,7')
        polkit.spawn(['sh', '-c', 'touch {asked}; while [ ! -e {go} ]; do sleep 0.02; done']);
      return polkit.Result.YES;
    """
    with Rule(body, "alice", "yes yes yes"):
        arguments = command(ROOT_PATH, "Manager.CreateSession", "left", "{'uids': <[uint32 0, 7]>}")
        caller = subprocess.Popen(arguments, **as_user("alice"), stderr=subprocess.DEVNULL)
        wait_until(asked.exists)
        tap.point("a question that waits does not keep others waiting", [
            refusal("bob", ROOT_PATH, "Manager.GetSession", "left"),
            refusal("root", ROOT_PATH, "Manager.GetPermissions"),
        ], ["NotFound", ""])
        caller.kill()
        caller.wait()
        go.touch()
        wait_until(lambda: permissions("alice") == "yes yes yes")  # came after the answer
        tap.point("a caller that leaves meanwhile gets nothing done",
                  refusal("alice", ROOT_PATH, "Manager.GetSession", "left"), "NotFound")


def at_terminal(user, password, *arguments):
    """Runs tracebusctl at a terminal and types @password where one is asked for: what was said, and its status."""
    entry = as_user(user)
    process, terminal = pty.fork()
    if process == 0:
        os.setgroups(entry["extra_groups"])
        os.setgid(entry["group"])
        os.setuid(entry["user"])
        os.chdir("/")
        os.execvpe("tracebusctl", ["tracebusctl", *arguments], {**entry["env"], "TERM": "dumb"})
    said = ""
    try:
        while part := os.read(terminal, 1000):
            said += part.decode(errors="replace")
            if said.endswith("Password: "):
                said += "\n"
                # The agent asks first, and throws away what was typed until it has turned the echo off.
                wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
                os.write(terminal, f"{password}\n".encode())
    except OSError:
        pass  # nobody has the terminal open any more
    os.close(terminal)
    return said, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def check_password(tap):
    """A password at a terminal: the real agent asks, and the real helper looks at it."""
    subprocess.run(["chpasswd"], input="root:secret\n", text=True, check=True)
    everybody = ("create", "everybody", "--all-users")
    said, status = at_terminal("alice", "secret", *everybody)
    tap.point("whoever knows the password may do more", [status, "Password: " in said], [0, True])
    said, status = at_terminal("bob", "secret", "--no-ask-password", *everybody)
    tap.point("nobody is asked who does not want to be", [status, "Password: " in said], [1, False])
    said, status = at_terminal("alice", "secret", "create", "mine")
    tap.point("nobody is asked for what takes no password", [status, "Password: " in said], [0, False])
    tap.point("the agent ends with the program", process_ids("pkttyagent"), [])


def check_absence(tap):
    """No polkit, and nobody to start it."""
    service = "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
    subprocess.run(["mount", "--bind", "/dev/null", service], check=True)
    subprocess.run(["busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                    "ReloadConfig"], check=True, stdout=subprocess.DEVNULL)
    for process in process_ids("polkitd"):
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: not process_ids("polkitd"))
    tap.point("without polkit users may do nothing", [
        permissions("alice"), refusal("alice", ROOT_PATH, "Manager.CreateSession", "a", NO_OPTIONS),
        refusal("alice", ROOT_PATH, "Manager.ListTracepoints", NO_OPTIONS),
    ], ["no no no", "NotAuthorized", "NotAuthorized"])
    tap.point("and root goes on", [
        permissions("root"), refusal("root", create("root", "b"), "Session.Destroy", NO_OPTIONS),
    ], ["yes yes yes", ""])


def main():
    tap = Tap()
    add_user("alice")
    add_user("bob")
    subprocess.run(["groupadd", "--force", "--system", "tracing"], check=True)
    add_user("tracer", "tracing")
    check_policy(tap)
    check_defaults(tap)
    check_denial(tap, sys.argv[1])
    check_rules(tap)
    check_leaving(tap)
    check_logins(tap)
    check_password(tap)
    check_absence(tap)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
