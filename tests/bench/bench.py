#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Everything that tracebus does, measured beside lttng-tools: both in turn, in one run, with the same programs, buffers
and disk, in a namespace of its own (root). The exit status tells of what went wrong, never of what was slow.
"""
import argparse
import dataclasses
import itertools
import json
import os
import pathlib
import subprocess
import sys
import traceback

import control
import crowd
import idle
import launch
import memory
import peers
import rate
import report
import scale
from machinery import Bench, BenchError

GROUPS = {"launch": launch, "rate": rate, "control": control, "scale": scale, "crowd": crowd, "memory": memory,
          "idle": idle}
HERE = pathlib.Path(__file__).resolve().parent


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, which shows that all works; speaks TAP")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--group", action="append", choices=GROUPS, help="only this group; may be repeated")
    parser.add_argument("--peer", action="append", choices=["lttng", "tracebus"], help="only this one; may be repeated")
    parser.add_argument("--json", type=pathlib.Path, help="write all values there")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the table there, too")
    parser.add_argument("--manual", type=pathlib.Path, help="put the table into this manual page")
    build = os.environ.get("TRACEBUS_BUILD", HERE.parents[1] / "build")
    parser.add_argument("--build", type=pathlib.Path, default=build,
                        help="the build directory, whose file system traces go to")
    parser.add_argument("--inside", type=int, metavar="FD", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure_once(bench, measurement, kind, values):
    """One measurement of one peer, which is new. What was measured before something broke is kept."""
    try:
        with kind(bench) as peer:
            for key, value in measurement(bench, peer):
                values.setdefault(key, []).append(value)
                print(f"#   {kind.name:12} {key:32} {value:12.3f}", flush=True)
    except (BenchError, OSError, ValueError, subprocess.SubprocessError) as error:
        print("# " + "# ".join(traceback.format_exc().splitlines(True)), flush=True)
        if kind.ours:
            bench.complain(f"{kind.name}: {error}")


def measure(arguments):
    bench = Bench(arguments.build.resolve(), arguments.quick)
    wanted = arguments.group or list(GROUPS)
    kinds = [kind for name, kind in (("lttng", peers.Lttng), ("tracebus", peers.Tracebus))
             if kind.available() and name in (arguments.peer or ("lttng", "tracebus"))]
    rounds = 1 if arguments.quick else arguments.rounds
    machine = report.describe_machine(bench.scratch)
    result = {"machine": machine, "rounds": rounds, "quick": arguments.quick}
    result["values"] = {}
    result["rows"] = [{"group": name, **dataclasses.asdict(row)} for name in wanted for row in GROUPS[name].rows(bench)]
    try:
        for turn in range(rounds):
            for name in wanted:
                bench.group = name
                print(f"# round {turn + 1} of {rounds}: {name}", flush=True)
                for measurement, kind in itertools.product(GROUPS[name].measurements(bench), kinds):
                    measure_once(bench, measurement, kind, result["values"].setdefault(kind.name, {}))
    finally:
        bench.close()
    result["problems"] = bench.problems
    return result


def run_inside(arguments):
    """Starts this program again in a namespace. Returns what it measured; None where that cannot be."""
    read_end, write_end = os.pipe()
    # Sources and build stay visible in the namespace; files for the results need not.
    environment = {**os.environ, "TRACEBUS_BUILD": str(arguments.build.resolve())}
    command = [HERE.parent / "support" / "in-namespace.sh", sys.executable, HERE / "bench.py", *sys.argv[1:],
               f"--inside={write_end}"]
    with subprocess.Popen(command, env=environment, pass_fds=[write_end]) as process:
        os.close(write_end)
        with os.fdopen(read_end, encoding="utf-8") as results:
            text = results.read()
    if process.returncode != 0:
        sys.exit(process.returncode)
    return json.loads(text) if text else None


def say_tap(result):
    names = list(dict.fromkeys(row["group"] for row in result["rows"]))
    for number, name in enumerate(names, 1):
        wrong = [problem for problem in result["problems"] if problem["group"] == name]
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}: every trace is readable and every sum exact")
        for problem in wrong:
            print("# " + problem["message"].replace("\n", "\n# "))
    print(f"1..{len(names)}")


def main():
    arguments = parse_arguments()
    if arguments.inside is not None:
        with os.fdopen(arguments.inside, "w", encoding="utf-8") as results:
            json.dump(measure(arguments), results)
        return 0
    result = run_inside(arguments)
    if result is None:
        return 0
    table = report.markdown(result)
    if arguments.quick:
        say_tap(result)
        print("# " + "\n# ".join(table.splitlines()))
    else:
        print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps({**result, "table": report.summarise(result)}, indent=1), encoding="utf-8")
    if arguments.markdown:
        arguments.markdown.write_text(table, encoding="utf-8")
    if arguments.manual:
        page = arguments.manual.read_text(encoding="utf-8")
        arguments.manual.write_text(report.put_into_manual(page, result), encoding="utf-8")
    return 1 if result["problems"] else 0


sys.exit(main())
