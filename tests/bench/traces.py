# SPDX-License-Identifier: GPL-2.0-only
"""What is in a trace: events as babeltrace2 counts them, packets as their headers tell."""
import dataclasses
import re
import struct
import subprocess

from machinery import BenchError

# Packet header and context as lttng-ust's ring buffers have them, whoever writes them out.
HEADER = struct.Struct("<I16sIQQQQQQQI")
MAGIC = 0xC1FC1FC1


@dataclasses.dataclass
class Packets:
    packets: int = 0
    bytes: int = 0
    content: int = 0  # bytes of content, packet headers among them
    discarded: int = 0

    @property
    def events_bytes(self):
        return self.content - self.packets * HEADER.size


def _babeltrace(path, *arguments, strict=True):
    run = subprocess.run(["babeltrace2", str(path), *arguments], capture_output=True, text=True, check=False)
    if not strict:
        return run.stdout
    if run.returncode != 0 or (run.stderr and "discarded" not in run.stderr):
        raise BenchError(f"{path.name} cannot be read: {run.stderr.strip()[-400:]}")
    return run.stdout


def count(path):
    """All events."""
    said = _babeltrace(path, "--component=sink.utils.counter", "--params=step=+0")
    match = re.search(r"^\s*(\d+) Event messages?", said, re.M)
    if not match:
        raise BenchError(f"{path.name}: no count in {said!r}")
    return int(match.group(1))


def count_named(path, name, strict=True):
    """
    Events whose name begins with @name; for traces of few events. Not @strict: those that can be read. One broken trace
    spoils the reading of all that are beside it, so each is read alone.
    """
    paths = [path] if strict else [metadata.parent for metadata in path.rglob("metadata")]
    pattern = re.compile(rf" {re.escape(name)}\w*: ")
    return sum(len(pattern.findall(_babeltrace(each, strict=strict))) for each in paths)


def read_packets(path):
    """Sums over all data files; discarded events as the last packet of each stream tells them."""
    totals = Packets()
    for file in sorted(path.rglob("*_[0-9]*")):
        if file.is_dir() or file.parent.name == "index":
            continue
        with file.open("rb") as data:
            offset, end, discarded = 0, data.seek(0, 2), 0
            while offset < end:
                data.seek(offset)
                magic, _, _, _, _, _, content, size, _, discarded, _ = HEADER.unpack(data.read(HEADER.size))
                if magic != MAGIC or size == 0:
                    raise BenchError(f"{file} has no packet at {offset}")
                offset += size // 8
                totals.packets += 1
                totals.content += content // 8
            totals.bytes += end
            totals.discarded += discarded
    return totals
