#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
leftovers.py BUILD COMMAND...: runs COMMAND with an empty TMPDIR of its own, then looks for what it left behind:
processes of the tests (they have TRACEBUS_BUILD=BUILD in their environment), files and sockets in TMPDIR, names in
/dev/shm. Tells each on stderr and fails where there is any; else its status is 0, whatever COMMAND's was.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 3  # seconds in which what was told to end may end
SHM = pathlib.Path(os.environ.get("LEFTOVERS_SHM", "/dev/shm"))
# Every traced program makes these where they are not, and the tracer never removes them.
WAIT_PREFIX = "lttng-ust-wait-"


def processes(build):
    wanted = b"TRACEBUS_BUILD=" + os.fsencode(build)
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"process {entry.name}: {command}")
        except OSError:  # gone, or somebody else's
            continue
    return found


def is_mapped(path):
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            if str(path) in maps.read_text():
                return True
        except OSError:
            continue
    return False


def shm_names():
    return {path.name for path in SHM.iterdir()} if SHM.is_dir() else set()


def remove_wait_files(names):
    for name in names:
        if name.startswith(WAIT_PREFIX) and not is_mapped(SHM / name):
            (SHM / name).unlink(missing_ok=True)


def look(build, temporary, before):
    deadline = time.monotonic() + PATIENCE
    found = processes(build)
    while found and time.monotonic() < deadline:
        time.sleep(0.1)
        found = processes(build)
    remove_wait_files(shm_names() - before)
    found += [f"in TMPDIR: {path.relative_to(temporary)}" for path in sorted(pathlib.Path(temporary).rglob("*"))]
    found += [f"in {SHM}: {name}" for name in sorted(shm_names() - before)]
    return found


def main(build, *command):
    before = shm_names()
    temporary = tempfile.mkdtemp(prefix="tb")
    os.chmod(temporary, 0o1777)  # as /tmp is: tests of several users meet in it
    try:
        subprocess.run(command, env={**os.environ, "TMPDIR": temporary}, check=False)
        found = look(build, temporary, before)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for leftover in found:
        print(f"left behind: {leftover}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
