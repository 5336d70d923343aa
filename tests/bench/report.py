# SPDX-License-Identifier: GPL-2.0-only
"""Medians, ratios, and the table that people read."""
import os
import pathlib
import platform
import shutil
import statistics
import subprocess

PEERS = ("lttng-tools", "tracebus")


def describe_machine(place):
    """What the numbers depend on."""
    cpus = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")]
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 1048576
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    where = subprocess.run(["findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", str(place)], capture_output=True, text=True,
                           check=False).stdout.split()
    return {
        "processors": f"{os.cpu_count()} x {cpus[0] if cpus else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
        "system": release,
        "traces on": " ".join(where[:2]) or "?",
        "lttng-tools": _package("lttng-tools"),
        "lttng-ust": _package("liblttng-ust1"),
        "load at the start": f"{os.getloadavg()[0]:.2f}",
    }


def _package(name):
    if shutil.which("dpkg-query") is None:
        return "?"
    run = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}\n", name], capture_output=True, text=True,
                         check=False)
    return next(iter(run.stdout.split()), "not installed")


def _number(value, unit):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f} {unit}"


def _judge(row, ours, ratio):
    """(bar as text, whether it holds)"""
    if row["bar"] is None:
        return "", ""
    if row["absolute"]:
        more = row["unit"] == "%" and row["bar"] == 100
        good = ours is None or (ours >= row["bar"] if more else round(ours, 1) <= row["bar"])
        return _number(row["bar"], row["unit"]), "" if good else "missed"
    return f"{row['bar']:.2f} x", "" if ratio is None or ratio <= row["bar"] else "missed"


def summarise(result):
    """One dictionary a row: medians, ratio, bar."""
    lines = []
    for row in result["rows"]:
        medians = []
        for peer in PEERS:
            values = result["values"].get(peer, {}).get(row["key"], [])
            medians.append(statistics.median(values) if values else None)
        theirs, ours = medians
        ratio = ours / theirs if theirs and ours is not None else None
        bar, missed = _judge(row, ours, ratio)
        lines.append({**row, "lttng": theirs, "tracebus": ours, "ratio": ratio, "bar_text": bar, "missed": missed})
    return lines


def markdown(result):
    text = ["# tracebus beside lttng-tools", ""]
    text += [f"- {name}: {value}" for name, value in result["machine"].items()]
    text.append(f"- rounds: {result['rounds']}, in turn; medians")
    if result["quick"]:
        text.append("- quick: too short to mean much")
    group = None
    for line in summarise(result):
        if line["lttng"] is None and line["tracebus"] is None:
            continue
        if line["group"] != group:
            group = line["group"]
            text += ["", f"## {group}", "", "| work | LTTng | tracebus | ratio | bar | |",
                     "| --- | ---: | ---: | ---: | ---: | --- |"]
        ratio = f"{line['ratio']:.2f} x" if line["ratio"] is not None else "-"
        cells = [line["text"], _number(line["lttng"], line["unit"]), _number(line["tracebus"], line["unit"]), ratio,
                 line["bar_text"], line["missed"]]
        text.append("| " + " | ".join(cells) + " |")
    if result["problems"]:
        text += ["", "## Wrong", ""] + [f"- {problem['group']}: {problem['message']}" for problem in result["problems"]]
    return "\n".join(text) + "\n"


def _roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("|", "/")


def _roff_group(group, lines):
    text = [".PP", f".B {_roff(group)}", ".TS", "lx r r r r l.", "work|LTTng|tracebus|ratio|bar|", "_"]
    text[3] = "tab(|);\n" + text[3]
    for line in lines:
        ratio = f"{line['ratio']:.2f} x" if line["ratio"] is not None else "-"
        cells = [_number(line["lttng"], line["unit"]), _number(line["tracebus"], line["unit"]), ratio, line["bar_text"],
                 line["missed"]]
        text.append("T{\n" + _roff(line["text"]) + "\nT}|" + "|".join(map(_roff, cells)))
    return text + [".TE"]


def put_into_manual(page, result):
    """@page with the table of @result between its marks."""
    begin, end = '.\\" begin of the table\n', '.\\" end of the table\n'
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    text = [".PP"]
    for name, value in {**result["machine"], "rounds": f"{result['rounds']}, medians"}.items():
        text += [f"{_roff(name)}: {_roff(str(value))}", ".br"]
    lines = [line for line in summarise(result) if line["lttng"] is not None or line["tracebus"] is not None]
    for group in dict.fromkeys(line["group"] for line in lines):
        text += _roff_group(group, [line for line in lines if line["group"] == group])
    return before + begin + "\n".join(text) + "\n" + end + after
