#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-scripts.py BUILD SCRIPTS: shell scripts written for LTTng's command run unchanged with it, over lttng-sessiond, and
with tracebusctl under its name, over tracebusd. They record the same events, every command ends with the same code, and
they find the same in what the commands print: their lines that begin with "result:".
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import events
import peer_lttng
import peer_tracebus
import tap

TAP = tap.Tap()
PATIENCE = 60  # seconds for one script
BROKEN_PIPE = 128 + signal.SIGPIPE
# Stands before the command on the scripts' PATH and keeps its codes. LTTng's own dies of SIGPIPE at times, where the
# daemon refuses before it has read all of the request: nothing has happened then, and the next try is told why.
WRAPPER = """#!/bin/sh
for try in $(seq 30); do
  {command} "$@"
  status=$?
  [ "$status" -eq 141 ] || break
done
echo "$status $*" >> {log}
exit $status
"""


def execute(script, home, path, environment):
    """Its status, its output, and what it complained of."""
    environment = {**environment, "PATH": path, "HOME": str(home), "LTTNG_HOME": str(home)}
    with subprocess.Popen([script], cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, start_new_session=True) as ran:
        try:
            output, complaints = ran.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            raise
    return ran.returncode, output.replace(str(home), "HOME"), complaints


def run(script, command, build, environment):
    """What @script came to, with @command as its lttng."""
    with tempfile.TemporaryDirectory(prefix="tb") as directory:
        directory = pathlib.Path(directory)
        log, home, tools = directory / "codes", directory / "home", directory / "bin"
        home.mkdir()
        tools.mkdir()
        wrapper = tools / "lttng"
        wrapper.write_text(WRAPPER.format(command=command, log=log), encoding="utf-8")
        wrapper.chmod(0o755)
        path = f"{tools}:{build / 'tests/support/apps'}:{os.environ['PATH']}"
        status, output, complaints = execute(script, home, path, environment)
        codes = log.read_text(encoding="utf-8").replace(str(home), "HOME").splitlines()
        return {
            "status": status,
            # Names may have the id of a process in them.
            "codes": [re.sub(r"(?<=\D)\d{2,}", "N", line) for line in codes],
            "results": [line for line in output.splitlines() if line.startswith("result:")],
            "events": sorted(events.read_trace(home)),
            "errors": complaints,
        }


def run_all(scripts, command, build, environment):
    environment = {**environment, "LTTNG_UST_REGISTER_TIMEOUT": "-1"}
    return {script.stem: run(script, command, build, environment) for script in scripts}


def unless_unheard(actual, expected):
    """
    @actual, with LTTng's @expected line where its command died of SIGPIPE each time, which says that it was refused but
    not with which code: any refusal is right then.
    """
    if len(actual) != len(expected):
        return actual
    code = re.compile(r"(?:result: )?\b(\d+) ")
    return [theirs if (said := code.match(theirs)) and int(said[1]) == BROKEN_PIPE
            and (answer := code.match(ours)) and int(answer[1]) != 0 else ours
            for ours, theirs in zip(actual, expected)]


def main(build, scripts):
    build = pathlib.Path(build)
    scripts = sorted(pathlib.Path(scripts).glob("*.sh"))
    with peer_lttng.Peer():
        theirs = run_all(scripts, shutil.which("lttng"), build, dict(os.environ))
    with peer_tracebus.Peer(build) as peer:
        link = peer.path / "lttng"
        link.symlink_to(build / "client/tracebusctl")
        ours = run_all(scripts, link, build, peer.environment)
    for name, expected in theirs.items():
        actual = ours[name]
        for key in ("codes", "results"):
            actual[key] = unless_unheard(actual[key], expected[key])
        for key, what in (("status", "ends alike"), ("codes", "every command has the same code"),
                          ("results", "finds the same"), ("events", f"the same {len(expected['events'])} events")):
            TAP.point(f"{name}: {what}", actual[key], expected[key])
        if actual != {**expected, "errors": actual["errors"]}:
            print("# " + actual["errors"].replace("\n", "\n# "))
    return TAP.finish()


sys.exit(main(*sys.argv[1:]))
