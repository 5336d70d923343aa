# SPDX-License-Identifier: GPL-2.0-only
"""Recorded events as text that two recordings of the same program share: no time, host, cpu or process ids."""
import pathlib
import re
import subprocess

LINE = re.compile(r"\[[^\]]*\] (?:\(\+[^)]*\) )?(?:\S+ )?(?P<name>[^ ]\S*): (?P<blocks>\{ .*\})$")
# What one run does not share with the next, whoever records it.
VOLATILE = {"cpu_id", "pid", "vpid", "tid", "vtid", "pthread_id", "baddr"}


class TraceError(Exception):
    """babeltrace2 failed, or said anything but events."""


def split_top(text):
    """Splits at the commas outside of strings and of nested values."""
    parts, depth, start, quoted, i = [], 0, 0, False, 0
    while i < len(text):
        char = text[i]
        if quoted and char == "\\":
            i += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char in "{[(") - (char in "}])")
            if char == "," and depth == 0:
                parts.append(text[start:i].strip())
                start = i + 1
        i += 1
    return [part for part in parts + [text[start:].strip()] if part]


def steady(block):
    """A block "{ a = 1, b = 2 }" without its volatile fields."""
    fields = [field for field in split_top(block[1:-1]) if field.partition(" = ")[0] not in VOLATILE]
    return "{ " + "".join(field + ", " for field in fields)[:-2] + (" }" if fields else "}")


def normalise(line):
    """The event of a line of babeltrace2: its name, its contexts where anything of them is left, its fields."""
    match = LINE.match(line)
    if not match:
        raise TraceError(f"no event: {line}")
    *contexts, fields = [steady(block) for block in split_top(match["blocks"])]
    return f"{match['name']}: " + ", ".join([context for context in contexts if context != "{ }"] + [fields])


def read_trace(path):
    """All events below @path in the order of their time. A warning is an error."""
    run = subprocess.run(["babeltrace2", "--no-delta", str(path)], capture_output=True, encoding="utf-8", check=False)
    if run.returncode != 0 or run.stderr:
        raise TraceError(f"babeltrace2 {path}: status {run.returncode}: {run.stderr}")
    return [normalise(line) for line in run.stdout.splitlines()]


def read_classes(path):
    """
    What the metadata of every trace below @path says of events: name, level, URI, types of fields; without their
    numbers, which depend on who came first.
    """
    classes = []
    for metadata in sorted(pathlib.Path(path).rglob("metadata")):
        run = subprocess.run(["babeltrace2", "--output-format=ctf-metadata", metadata.parent], capture_output=True,
                             encoding="utf-8", check=True)
        for block in run.stdout.split("\nevent {\n")[1:]:
            text = " ".join(block.partition("\n};\n")[0].split())
            classes.append(re.sub(r"\b(?:stream_)?id = \d+; ", "", text))
    return sorted(classes)


def of_provider(events, provider):
    return [event for event in events if event.startswith(provider + ":")]
