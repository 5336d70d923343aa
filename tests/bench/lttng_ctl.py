# SPDX-License-Identifier: GPL-2.0-only
"""The calls of liblttng-ctl that have a counterpart here. The library talks to its daemon as it does for everybody."""
import ctypes

from machinery import BenchError

DOMAIN_UST = 2
EVENT_SIZE, EVENT_NAME, EVENT_LOGLEVEL, EVENT_PID, NAME_LENGTH = 584, 4, 264, 272, 256


class LttngCtl:
    def __init__(self):
        self._lib = ctypes.CDLL("liblttng-ctl.so.0")
        self._lib.lttng_create_handle.restype = ctypes.c_void_p
        self._lib.lttng_event_create.restype = ctypes.c_void_p
        self._lib.lttng_strerror.restype = ctypes.c_char_p
        for name in ("lttng_enable_event", "lttng_destroy_handle", "lttng_event_destroy", "lttng_list_tracepoints"):
            getattr(self._lib, name).argtypes = [ctypes.c_void_p] * {"lttng_enable_event": 2}.get(name, 1)
        self._lib.lttng_enable_event.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p]
        self._lib.lttng_list_tracepoints.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
        self._libc = ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]

    def _check(self, status, what):
        if status < 0:
            raise BenchError(f"liblttng-ctl: {what}: {self._lib.lttng_strerror(status).decode()}")
        return status

    def _handle(self, session):
        domain = (ctypes.c_int * 256)(DOMAIN_UST, 1)
        return self._lib.lttng_create_handle(session, ctypes.byref(domain))

    def create(self, name, output):
        self._check(self._lib.lttng_create_session(name.encode(), f"file://{output}".encode()), "create")

    def enable(self, name, channel, patterns):
        handle = self._handle(name.encode())
        for pattern in patterns:
            event = self._lib.lttng_event_create()
            ctypes.memmove(event + EVENT_NAME, pattern.encode() + b"\0", len(pattern) + 1)
            ctypes.c_int.from_address(event + EVENT_LOGLEVEL).value = -1
            status = self._lib.lttng_enable_event(handle, event, channel.encode() if channel else None)
            self._lib.lttng_event_destroy(event)
            self._check(status, f"enable {pattern}")
        self._lib.lttng_destroy_handle(handle)

    def start(self, name):
        self._check(self._lib.lttng_start_tracing(name.encode()), "start")

    def stop(self, name):
        self._check(self._lib.lttng_stop_tracing(name.encode()), "stop")

    def destroy(self, name):
        self._check(self._lib.lttng_destroy_session(name.encode()), "destroy")

    def list_pids(self):
        """The processes that have tracepoints, by listing all tracepoints: there is no other list."""
        events = ctypes.c_void_p()
        handle = self._handle(None)
        n = self._check(self._lib.lttng_list_tracepoints(handle, ctypes.byref(events)), "list")
        self._lib.lttng_destroy_handle(handle)
        pids = {ctypes.c_int.from_address(events.value + i * EVENT_SIZE + EVENT_PID).value for i in range(n)}
        self._libc.free(events)
        return pids
