# SPDX-License-Identifier: GPL-2.0-only
"""
The private system of in-system.sh or in-machine.sh as tests see it: users, calls of theirs, programs of theirs.
"""
import os
import pathlib
import pwd
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "trace"))
from tap import Tap  # noqa: E402 (the folder is known only now)

PATIENCE = 60  # seconds
ROOT_PATH = "/org/tracebus1"
APPS = pathlib.Path("/usr/lib/tracebus-test")
NO_OPTIONS = "@a{sv} {}"

__all__ = ["APPS", "NO_OPTIONS", "PATIENCE", "ROOT_PATH", "App", "Denied", "Tap", "add_user", "call", "as_user",
           "process_ids", "wait_until"]


class Denied(Exception):
    """A call was answered with an error: its name without the common prefix, and the sentence."""

    def __init__(self, text):
        match = re.search(r"GDBus\.Error:([\w.]+): (.*)", text, re.DOTALL)
        self.name = match[1].removeprefix("org.tracebus1.Error.") if match else text
        self.sentence = match[2].strip() if match else ""
        super().__init__(text)


def add_user(name, *groups, homes="/tmp/homes"):
    """Makes a user with a home below @homes: only a machine of one's own has a /home of its own."""
    pathlib.Path(homes).mkdir(mode=0o755, exist_ok=True)
    groups = [f"--groups={group}" for group in groups]
    subprocess.run(["useradd", "--create-home", f"--home-dir={homes}/{name}", *groups, name], check=True,
                   stderr=subprocess.DEVNULL)


def as_user(name):
    """What subprocess takes to run something as @name, with that user's groups."""
    entry = pwd.getpwnam(name)
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": os.getgrouplist(name, entry.pw_gid),
        "cwd": "/",
        "env": {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": entry.pw_dir,
            "USER": name,
            "LC_ALL": "C",
            "LTTNG_UST_REGISTER_TIMEOUT": "-1",
        },
    }


def command(path, member, *arguments, interactive=False):
    """The gdbus that calls @member, as "Manager.GetSession"."""
    method = member if member.startswith("org.") else f"org.tracebus1.{member}"
    return ["gdbus", "call", "--system", f"--timeout={PATIENCE}", "--dest=org.tracebus1", f"--object-path={path}",
            f"--method={method}", *(["--interactive"] if interactive else []), "--", *arguments]


def call(user, path, member, *arguments, interactive=False):
    """What the method returns, as GVariant text; or Denied."""
    done = subprocess.run(command(path, member, *arguments, interactive=interactive), **as_user(user),
                          capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    if done.returncode != 0:
        raise Denied(done.stderr.strip())
    return done.stdout.strip()


def create(user, name, options="{}"):
    """Makes a session: its path."""
    return re.search(r"'(/org/tracebus1/session/\d+)'",
                     call(user, ROOT_PATH, "Manager.CreateSession", name, f"@a{{sv}} {options}"))[1]


def get(user, path, name):
    """A property, as "Session.Output", as text."""
    interface, _, member = name.rpartition(".")
    text = call(user, path, "org.freedesktop.DBus.Properties.Get", f"org.tracebus1.{interface}", member)
    return re.fullmatch(r"\(<(.*)>,\)", text)[1].strip("'")


def wait_until(condition):
    """Waits for what no event tells of."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what the test waits for does not come")
        time.sleep(0.02)


def process_ids(name):
    """Processes that run the program @name."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if pathlib.Path(os.readlink(entry / "exe")).name == name:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class App:
    """A traced program of @user, registered when it is there."""

    def __init__(self, user, program, *arguments):
        self.process = subprocess.Popen([APPS / program, *arguments], **as_user(user), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.wait("ready")

    def wait(self, word):
        line = self.process.stdout.readline().strip()
        if line.partition(" ")[0] != word:
            raise RuntimeError(f"the program said \"{line}\", not \"{word}\"")

    def begin(self, n):
        """Has it begin to emit @n ticks; it says "done" when it has."""
        self.process.stdin.write(f"go {n}\n")
        self.process.stdin.flush()

    def emit(self, n):
        """Has it emit @n ticks."""
        self.begin(n)
        self.wait("done")

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
