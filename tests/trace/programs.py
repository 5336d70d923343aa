# SPDX-License-Identifier: GPL-2.0-only
"""Programs of tests/support/apps that a script talks with, in lines."""
import subprocess


class Program:
    """@name under @peer; its first line has come when it is there."""

    def __init__(self, peer, build, name, *arguments):
        self._process = subprocess.Popen([build / "tests/support/apps" / name, *arguments], env=peer.environment,
                                         text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdout.readline()

    @property
    def pid(self):
        return self._process.pid

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self):
        return self._process.stdout.readline().strip()

    def go(self, count):
        """Emits @count events, and returns when it has."""
        self.say(f"go {count}")
        self.hear()

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self):
        self._process.wait()

    def end(self):
        self._process.kill()
        self._process.communicate()
