#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
test-filters.py BUILD: filters, exclusions and wildcards let the same events pass under tracebusd and under
lttng-sessiond, event by event, evaluated by real programs; and as many as stand here.
"""
import pathlib
import sys

import channels
import peer_lttng
import peer_tracebus
import tap

TAP = tap.Tap()
P = "tbtest_types:"

# Event, filter, how many of its occurrences pass. Each event of app-types comes three times: see apps/samples.c.
FILTERS = [
    # integers of every size, their signs, bases and limits
    ("integers", "i8 == -128", 1),
    ("integers", "i16 < 0", 2),
    ("integers", "i32 <= -16909060", 2),
    ("integers", "i64 == -9223372036854775808", 1),
    ("integers", "i64 > 0x100000000", 1),
    ("integers", "u8 != 0", 2),
    ("integers", "u16 >= 0x102", 2),
    ("integers", "u32 == 037777777777", 1),
    ("integers", "u64 == 18446744073709551615", 1),
    ("integers", "u64 > 5", 1),
    ("integers", "l == -7 || ul == 0", 2),
    ("integers", "c == 116 && b == 1", 1),
    ("integers", "i8", 3),
    ("integers", "(i8 && u8) && !(i16 == 32767)", 1),
    ("integers_hex", "u64 == 0x0102030405060708", 1),
    ("integers_network", "i16 == -258", 1),
    ("integers_network", "x32 == 0x01020304 || i64 < -1000000000000000000", 2),
    # operators and how they bind
    ("integers", "i8 & 2 == 2", 2),
    ("integers", "u8 & 1 == 1 && u16 | 1 == 259", 1),
    ("integers", "u8 ^ 1 == 0", 1),
    ("integers", "u8 << 8 == 256", 1),
    ("integers", "u16 >> 8 == 1", 1),
    ("integers", "~i8 == 1", 1),
    ("integers", "-i8 == 2", 1),
    ("integers", "+i8 == -2", 1),
    ("integers", "i8 < i16 == 1", 1),
    ("integers", "i16 < i8 != (u8 < u16)", 2),
    ("integers", "1 == (1 == (1 == (1 == (1 == (1 == (1 == b))))))", 2),
    ("integers", "i8 << i8 || 1 == 1", 0),
    # floats
    ("floats", "f == 0.5", 1),
    ("floats", "d > -1.5e-3 && d < 0", 1),
    ("floats", "d < f", 2),
    ("floats", "-d > 1e300", 1),
    ("floats", "d && 1", 2),
    ("floats", "f > 0 && f < 1", 2),
    # strings: alone, arrays and sequences of text; patterns
    ("texts", 'string == "end"', 1),
    ("texts", 'string == ""', 1),
    ("texts", 'string == "quote*"', 1),
    ("texts", 'string == "*percent*"', 1),
    ("texts", 'string == "*é€"', 1),
    ("texts", 'string == "*backslash \\\\ tab*"', 1),
    ("texts", 'string == "*\\\\*"', 1),
    ("texts", "string == 'quote \" back*'", 1),
    ("texts", 'string != "*n*"', 1),
    ("texts", 'string == "*"', 3),
    ("texts", 'string == "\\*"', 0),
    ("texts", 'string < "f" && string >= "e"', 1),
    ("texts", '"quote" <= string', 1),
    ("texts", 'text == "text" || text == "eightchr"', 2),
    ("texts", 'text == "e*r"', 1),
    ("texts", 'piece == "eig"', 1),
    ("texts", 'piece == text', 1),
    ("texts", 'last == "l*t" && string == last', 0),
    # elements of arrays and sequences
    ("arrays", "i8[0] == -128 || i8[0] == -2", 2),
    ("arrays", "i64[2] == -72623859790382858", 1),
    ("arrays", "u16[2] & 1", 1),
    ("arrays", "u64[0] == 0xffffffffffffffff", 1),
    ("arrays", "l[1] == 8 && ul[1] == 8", 1),
    ("arrays", "i8[1]", 3),
    ("arrays_variants", "n16[0] == 513", 1),
    ("arrays_variants", "x8[2] == 3 && n64[1] != 0", 1),
    ("sequences", "i8[0] == -2", 1),
    ("sequences", "u32[2] == 1", 1),
    ("sequences", "l[0] == -7 || ul[0] == 18446744073709551615", 2),
    ("sequences_variants", "x64[1] == 0x0203040506070809", 1),
    ("sequences_variants", "n16[0] == 513 || n32[2]", 2),
    # enumerations are integers
    ("enums", "e8 == -2", 1),
    ("enums", "eu64 == 18446744073709551615 || eu8 == 1", 2),
    ("enums", "a < b && e32 < 0", 2),
    # what the trace does not hold
    ("nowrite", "hidden_int == -16909060", 1),
    ("nowrite", "hidden_double < 0 && seen != -1", 1),
    ("nowrite", 'hidden_string == "end" && hidden_text == "eight*"', 1),
    ("nowrite", "hidden_array[1] == -1 || hidden_sequence[1] == 16909061", 2),
    ("nowrite", 'hidden_piece == "te"', 1),
    ("nowrite", "hidden_enum == 2", 1),
    # names, constants, comments
    ("keywords", "event == 1 && stream == 2 && integer == 7 && __two == 9", 3),
    ("empty", "1", 3),
    ("empty", "0 || 0.5 > 1", 0),
    ("empty", "'a' == 'a' && 2 /* not 1 */ > 1 // so", 3),
    ("*", "n == 2", 2),
    ("level_*", "n & 1 == 1 && n < 8", 4),
    # contexts, recorded or not
    ("model", "$ctx.vpid == $ctx.vtid", 3),
    ("model", '$ctx.procname == "app-t*"', 3),
    ("model", '$ctx.procname != "app-types"', 0),
    ("model", "$ctx.pthread_id != 0 && $ctx.cpu_id >= 0", 3),
    ("model", "$ctx.vuid == 0 && $ctx.veuid == 0 && $ctx.vsuid == 0", 3),
    ("model", "$ctx.vgid == 0 && $ctx.vegid == 0 && $ctx.vsgid == 0", 3),
    ("model", "$ctx.cgroup_ns && $ctx.ipc_ns && $ctx.mnt_ns && $ctx.net_ns", 3),
    ("model", "$ctx.pid_ns > 0 && $ctx.time_ns > 0 && $ctx.user_ns > 0 && $ctx.uts_ns > 0", 3),
    ("model", "n == 2 && $ctx.vpid > 0", 1),
    ("model", "$app.x:number == 1", 0),
]

# Of app-contexts, which provides $app.x:*, with five ticks.
APP_FILTERS = [
    ("tbtest:tick", "$app.x:number == -42", 5),
    ("tbtest:tick", "$app.x:number < 0 && seq > 2", 2),
    ("tbtest:tick", '$app.x:text == "what*"', 5),
    ("tbtest:tick", "$app.x:ratio == 0.5", 5),
    ("tbtest:tick", "$app.x:nothing == 0", 0),
    ("tbtest:tick", "$app.x:number || seq == 1", 5),
    ("tbtest:tick", '$app.x:text == "other" || seq == 1', 1),
]

# What LTTng's own bytecode makes the program get wrong, and the same in words that it gets right.
BETTER = [
    ("integers", "i8 & 2 && i8", "(i8 & 2) != 0 && i8", 2),
    ("integers", "1 && u16 & 2", "1 && (u16 & 2) != 0", 2),
    ("integers", "!(i8 & 2) && i8 || 0", "(i8 & 2) == 0 && i8 != 0", 1),
    ("level_*", "n & 1 && n < 8", "n & 1 == 1 && n < 8", 4),
    ("floats", "!d && 1", "d == 0 && 1", 0),
    ("floats", "!d == 0", "d != 0", 3),
    ("floats", "!!d", "d != 0", 3),
    ("floats", "-1.5 && d", "1.5 && d", 2),
    # As long as there can be: 65535 bytes of bytecode; as many elements of arrays as are let through.
    ("integers", "||".join(["c"] * 5957), "c", 2),
    ("arrays", "||".join(["i8[0] == 5"] * 255 + ["i8[0] == -2"]), "i8[0] == -2", 1),
]

PATTERNS = [
    (P + "*",),
    (P + "model",),
    (P + "mod*",),
    ("*model",),
    ("*:mo*l",),
    ("tb*_types:*_hex",),
    (P + "*s",),
    (P + "*_*_*",),
    (P + "level_\\*",),
    (P + "modelx*",),
    (P + "**",),
    (P + "*", "--exclude=" + P + "level_*"),
    (P + "*", "--exclude=" + P + "integers"),
    (P + "*", "--exclude=" + P + "integers*," + P + "*s," + P + "level_*"),
    (P + "*", "--exclude=*_*:*_*"),
    (P + "level_*", "--exclude=" + P + "level_debug"),
    (P + "level_*", "--exclude=" + P + "level_debug*"),
    (P + "level_d*", "-x", P + "*_default," + P + "level_debug_line"),
    (P + "level_*", "--exclude=other:*"),
    (P + "level_*", "--exclude=*e", "--loglevel=TRACE_INFO"),
    (P + "level_*", "--exclude=*g", "--loglevel-only=TRACE_WARNING"),
    (P + "level_*", "--exclude=*_err", "--loglevel=TRACE_WARNING", "--filter=n > 2"),
    ("*", "--exclude=lttng_ust_*", "--filter=n == 1"),
]


def with_filter(event, expression):
    return (event, "--filter", expression)


def record(peer, build, column):
    """All rules under one daemon; of BETTER the filters of @column."""
    apps = build / "tests/support/apps"
    types = [with_filter(P + event, text) for event, text, _ in FILTERS]
    types += [with_filter(P + row[0], row[column]) for row in BETTER] + PATTERNS
    contexts = [with_filter(event, text) for event, text, _ in APP_FILTERS]
    return (channels.record_each(peer, "types", [[apps / "app-types"]], types)
            + channels.record_each(peer, "contexts", [[apps / "app-contexts", "5"]], contexts))


def main(build):
    build = pathlib.Path(build)
    names = [f"{event} where {text:.80}" for event, text, _ in FILTERS]
    names += [f"{row[0]} where {row[1]:.60}, which LTTng records as {row[2]}" for row in BETTER]
    names += [" ".join(pattern) for pattern in PATTERNS]
    names += [f"{event} where {text}" for event, text, _ in APP_FILTERS]
    counts = [row[-1] for row in FILTERS + BETTER] + [None for _ in PATTERNS] + [row[-1] for row in APP_FILTERS]
    with peer_tracebus.Peer(build) as peer:
        ours = record(peer, build, 1)
    with peer_lttng.Peer() as peer:
        theirs = record(peer, build, 2)
    for name, count, found, wanted in zip(names, counts, ours, theirs):
        TAP.point(f"{name}: the same {len(wanted)}", found, wanted)
        if count is not None and count != len(found):
            TAP.point(f"{name}: as many as it says", str(len(found)), str(count))
    return TAP.finish()


sys.exit(main(*sys.argv[1:]))
