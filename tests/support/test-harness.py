#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What run.sh believes: that failures are counted, whatever way a program failed, and that leftovers are found."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Summary(unittest.TestCase):
    def count(self, *programs):
        with tempfile.TemporaryDirectory(prefix="tb") as build:
            logs = pathlib.Path(build) / "meson-logs"
            logs.mkdir()
            lines = [json.dumps({"name": "p", "returncode": 0, **program}) for program in programs]
            (logs / "testlog.json").write_text("\n".join(lines))
            run = subprocess.run([HERE / "summary.py", build], capture_output=True, text=True, check=True)
        return run.stdout.strip(), run.stderr

    def test_counts_points_of_every_program(self):
        counts, told = self.count(
            {"result": "OK", "stdout": "1..2\nok 1 /a\nok 2 /b # SKIP needs root\n"},
            {"result": "FAIL", "stdout": "ok 1 /a\nnot ok 2 /b - wrong\n# why it is\n1..2\n"},
        )
        self.assertEqual(counts, "2 1 1")
        self.assertIn("why it is", told)

    def test_counts_a_crash_and_a_timeout_as_failures(self):
        counts, _ = self.count(
            {"result": "ERROR", "stdout": "1..3\nok 1 /a\n", "returncode": -11},
            {"result": "TIMEOUT", "stdout": ""},
        )
        self.assertEqual(counts, "1 2 0")

    def test_counts_a_skipped_program_once(self):
        counts, _ = self.count({"result": "SKIP", "stdout": "1..0 # SKIP needs root\n"})
        self.assertEqual(counts, "0 0 1")

    def test_counts_a_program_without_points_by_its_result(self):
        counts, _ = self.count({"result": "OK"}, {"result": "FAIL"}, {"result": "SKIP"})
        self.assertEqual(counts, "1 1 1")


class Leftovers(unittest.TestCase):
    def setUp(self):
        self.shm = tempfile.TemporaryDirectory(prefix="tb")
        self.addCleanup(self.shm.cleanup)
        self.build = f"/nonexistent/{self.id()}"

    def after(self, command):
        run = subprocess.run(
            [HERE / "leftovers.py", self.build, "sh", "-c", command],
            env={**os.environ, "LEFTOVERS_SHM": self.shm.name}, capture_output=True, text=True, check=False,
        )
        return run.returncode, run.stderr

    def sleeper(self, build):
        process = subprocess.Popen(["sleep", "600"], env={**os.environ, "TRACEBUS_BUILD": build})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process.pid

    def test_leaves_the_tidy_in_peace(self):
        self.assertEqual(self.after(f"TRACEBUS_BUILD={self.build} sleep 0; exit 3"), (0, ""))

    def test_lets_every_user_into_its_directory(self):
        self.assertEqual(self.after('test "$(stat -c %a "$TMPDIR")" = 1777 || touch "$TMPDIR/private"'), (0, ""))

    def test_finds_a_file(self):
        status, told = self.after('touch "$TMPDIR/socket"')
        self.assertEqual(status, 1)
        self.assertIn("in TMPDIR: socket", told)

    def test_finds_a_process_of_this_build_only(self):
        own, other = self.sleeper(self.build), self.sleeper(self.build + "/other")
        status, told = self.after("true")
        self.assertEqual(status, 1)
        self.assertIn(f"process {own}: sleep", told)
        self.assertNotIn(f"process {other}:", told)

    def test_finds_a_name_in_shared_memory(self):
        status, told = self.after('touch "$LEFTOVERS_SHM/ring"')
        self.assertEqual(status, 1)
        self.assertIn(f"in {self.shm.name}: ring", told)

    def test_removes_the_wait_file_that_the_tracer_never_does(self):
        self.assertEqual(self.after('touch "$LEFTOVERS_SHM/lttng-ust-wait-8-0"'), (0, ""))
        self.assertEqual(os.listdir(self.shm.name), [])


class Tap(unittest.TestResult):
    def point(self, test, word, why=""):
        print(f"{word} {self.testsRun} - {test.id().partition('.')[2]}")
        for line in why.splitlines():
            print(f"# {line}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.point(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.point(test, "not ok", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.point(test, "not ok", self.errors[-1][1])


result = Tap()
unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]).run(result)
print(f"1..{result.testsRun}")
sys.exit(not result.wasSuccessful())
