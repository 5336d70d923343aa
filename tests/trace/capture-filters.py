#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
in-namespace.sh capture-filters.py < EXPRESSIONS: for each line, what lttng-sessiond sends an app for that filter, as
a line of tests/unit/core/filter-peer.txt: the offset of the relocation table, the bytes in hex and the expression,
or "refused" and the expression. It plays the app: whatever it is asked, it has done.
"""
import array
import os
import socket
import struct
import subprocess
import sys
import threading

import peer_lttng

SOCKET = "/run/lttng/lttng-ust-sock-8"
MAGIC, MAJOR = 0xC57C57C5, 8
MESSAGE, REPLY = 612, 324  # bytes
BODY = 40  # where a message's own part begins
TRACER_VERSION, REGISTER_DONE, CHANNEL, STREAM, FILTER, EXCLUSION = 0x41, 0x44, 0x51, 0x60, 0xA0, 0xA1


class App:
    """A program that registered, and keeps the last filter that it was given."""

    def __init__(self):
        self.filter = None
        self.registered = threading.Event()
        self._handle = 0
        self._command = self._connect(0)
        self._notify = self._connect(1)
        threading.Thread(target=self._serve, daemon=True).start()

    @staticmethod
    def _connect(kind):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(SOCKET)
        pid = os.getpid()
        connection.sendall(struct.pack("=14I16s64x", MAGIC, MAJOR, 0, pid, os.getppid(), 0, 0, 64, 8, 16, 32, 64, 64,
                                       kind, b"capture"))
        return connection

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self._command.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _take_descriptors(self):
        _, control, _, _ = self._command.recvmsg(1, socket.CMSG_SPACE(2 * 4))
        for _, _, data in control:
            for fd in array.array("i", data[:len(data) // 4 * 4]):
                os.close(fd)

    def _take_payload(self, command, body):
        if command == CHANNEL:
            self._read(struct.unpack_from("=Q", body)[0])
            self._take_descriptors()
        elif command == STREAM:
            self._take_descriptors()
        elif command == EXCLUSION:
            self._read(struct.unpack_from("=I", body)[0] * 256)
        elif command == FILTER:
            length, offset = struct.unpack_from("=II", body)
            self.filter = offset, self._read(length)

    def _serve(self):
        try:
            while True:
                message = self._read(MESSAGE)
                handle, command = struct.unpack_from("=II", message)
                self._take_payload(command, message[BODY:])
                self._handle += 1
                answer = struct.pack("=IIiI32x", handle, command, 0, self._handle)
                answer += struct.pack("=III", 2, 13, 5) if command == TRACER_VERSION else b""
                self._command.sendall(answer.ljust(REPLY, b"\0"))
                if command == REGISTER_DONE:
                    self.registered.set()
        except (EOFError, OSError):
            pass


def lttng(*arguments):
    return subprocess.run(["lttng", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def main():
    with peer_lttng.Peer() as peer:
        lttng("create", "capture", f"--output={peer.path}/trace")
        lttng("enable-channel", "--userspace", "capture")
        lttng("start")
        app = App()
        if not app.registered.wait(peer_lttng.PATIENCE):
            raise TimeoutError("lttng-sessiond never took the registration")
        for number, line in enumerate(sys.stdin):
            expression = line.rstrip("\n")
            app.filter = None
            run = lttng("enable-event", "--userspace", "--channel=capture", f"p:e{number}", "--filter", expression)
            if run.returncode == 0 and app.filter is not None:
                print(app.filter[0], app.filter[1].hex(), expression)
            else:
                print("refused", expression)
        lttng("destroy", "capture")


main()
