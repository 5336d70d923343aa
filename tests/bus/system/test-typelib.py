#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-typelib.py: the client library as a program in another language has it, on a real system bus: a session made,
recorded and destroyed by typed proxies, and errors of the library's domain.
"""
import os
import pathlib
import subprocess
import sys

import gi

from system import App, Tap

# Where the build is installed to, other than Debian's own.
os.environ.setdefault("GI_TYPELIB_PATH", ":".join(map(str, pathlib.Path("/usr").glob("**/girepository-1.0"))))
gi.require_version("Tracebus", "1")
from gi.repository import Gio, GLib, Tracebus  # noqa: E402 (the version is said only now)

TICKS = 100
FLAGS = Gio.DBusProxyFlags.NONE
NO_OPTIONS = GLib.Variant("a{sv}", {})


def record(bus):
    """How many events of a program are in the trace of a session that proxies made."""
    manager = Tracebus.ManagerProxy.new_sync(bus, FLAGS, Tracebus.BUS_NAME, Tracebus.ROOT_PATH, None)
    options = GLib.Variant("a{sv}", {"output": GLib.Variant("s", "/tmp/typed")})
    path, _descriptors = manager.call_create_session_sync("typed", options)
    session = Tracebus.SessionProxy.new_sync(bus, FLAGS, Tracebus.BUS_NAME, path, None)
    session.set_default_timeout(GLib.MAXINT)
    rules = GLib.Variant("a(sa{sv})", [("tbtest:*", {})])
    session.call_enable_events_sync("", rules, NO_OPTIONS, None)
    session.call_start_sync(NO_OPTIONS, None)
    App("root", "app-idle", "typed").emit(TICKS)
    session.call_stop_sync(NO_OPTIONS, None)
    name, output = session.props.name, session.props.output
    session.call_destroy_sync(NO_OPTIONS, None)
    text = subprocess.run(["babeltrace2", output], capture_output=True, text=True, check=True).stdout
    return name, text.count("tbtest:tick:")


def error_of_absent(client):
    """What asking for a session that is not there raises."""
    loop, errors = GLib.MainLoop(), []

    def done(source, result):
        try:
            source.call_finish(result)
        except GLib.Error as error:
            errors.append(error)
        loop.quit()

    client.call_async(Tracebus.ROOT_PATH, "Manager.GetSession", GLib.Variant("(s)", ("absent",)), None, done)
    loop.run()
    return errors[0]


def main():
    tap = Tap()
    client = Tracebus.Client.new_sync(Gio.BusType.SYSTEM, None)
    tap.point("a session is recorded by typed proxies", record(client.get_connection()), ("typed", TICKS))
    error = error_of_absent(client)
    tap.point("what is not there is an error of the library's domain",
              error.matches(GLib.quark_from_string("tbus-client-error-quark"), Tracebus.ClientError.NOT_FOUND), True)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
