#!/usr/bin/env python3
"""Reads a region of rstat by PROTOCOL.md and nothing else.

The names and offsets come from the tables of that page at run time, the rules for
opening, reading and waiting were written from its text.

    read_region.py PATH          prints header, latest sample and history
    read_region.py PATH --wait   the same for the sample after the latest

Python has no fences, so this is exact on x86-64 and a demonstration elsewhere.
It shows that PROTOCOL.md is enough; programs should use librstat_read.
"""

import ctypes
import fcntl
import os
import platform
import stat
import struct
import sys

PROTOCOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "PROTOCOL.md")
FORMATS = {"u16": "H", "u32": "I", "i32": "i", "u64": "Q"}
RECORDS = {
    "process": "### Process",
    "application": "### Application",
    "process_state": "### Process state",
    "gpu": "### GPU",
    "interface": "### Interface",
    "file_system": "### File system",
}


def table(heading):
    """The rows of the first table below a heading, each by the names of its columns."""
    with open(PROTOCOL, encoding="utf-8") as document:
        _, section = document.read().split(f"\n{heading}\n", 1)
    lines = iter(section.splitlines())
    line = next(line for line in lines if line.startswith("|"))
    columns = cells(line)
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            return rows
        rows.append(dict(zip(columns, cells(line))))
    return rows


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def kind(name):
    """How a type is unpacked: a format, or the fields, bytes and number of rows."""
    element, _, count = name.rstrip("]").partition("[")
    if element == "bytes":
        return f"{count}s"
    if element in RECORDS:
        fields, size = record(RECORDS[element])
        return [fields, size, int(count)]
    return count + FORMATS[element]


def bytes_of(kind):
    return kind[1] * kind[2] if isinstance(kind, list) else struct.calcsize("<" + kind)


def record(heading):
    """The fields of a record, as offset, kind and name, and its bytes."""
    rows = [(int(row["Offset"]), kind(row["Type"]), row["Name"]) for row in table(heading)]
    return rows, rows[-1][0] + bytes_of(rows[-1][1])


HEADER, HEADER_BYTES = record("## Header")
HEAD_AT, STATE_AT, WAKE_AT = (
    next(offset for offset, _, name in HEADER if name == wanted)
    for wanted in ("head", "state", "wake")
)
HEADER = [row for row in HEADER if row[0] < HEAD_AT and row[2] != "reserved"]
LAYOUT_HASH = next(
    int(value, 16)
    for row in table("## Header")
    for name, value in row.items()
    if row["Name"] == "layout_hash" and name.startswith("In version")
)
ABI_MINOR = next(int(value) for name, value in table("## Header")[2].items() if "version" in name)
STATES = {int(row["Number"]): row["Name"] for row in table("### States")}
SNAPSHOT, SNAPSHOT_BYTES = record("## Snapshot")
POINT, POINT_BYTES = record("## History point")

ATTEMPTS = 16
F_OFD_GETLK = 36
SYS_FUTEX = {"x86_64": 202, "aarch64": 98, "riscv64": 98}
FUTEX_WAIT = 0
WAIT_SECONDS = 60


class Refused(Exception):
    """Why a file is not mapped."""


def require(condition, why):
    if not condition:
        raise Refused(why)


def unpack(fields, data, base=0):
    """The fields of a record, by name."""
    record = {}
    for offset, kind, name in fields:
        if isinstance(kind, list):
            rows, stride, count = kind
            record[name] = [unpack(rows, data, base + offset + row * stride) for row in range(count)]
        else:
            values = struct.unpack_from("<" + kind, data, base + offset)
            record[name] = values[0] if len(values) == 1 else list(values)
    return record


class Region:
    """A region that passed the checks, mapped read-only."""

    def __init__(self, path):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        self.file = os.open(path, flags)
        status = os.fstat(self.file)
        require(stat.S_ISREG(status.st_mode), "not a regular file")
        require(status.st_uid in (0, os.geteuid()), "another user's")
        require(status.st_mode & 0o022 == 0, "others may write to it")
        require(status.st_nlink <= 1, "more than one name")
        data = os.pread(self.file, HEADER_BYTES, 0)
        require(len(data) == HEADER_BYTES, "not a region: too short")
        self.header = header = unpack(HEADER, data)
        require(header["magic"] == b"rstatshm", "not a region")
        require(header["abi_major"] == 1, "another version")
        require(header["abi_minor"] != ABI_MINOR or header["layout_hash"] == LAYOUT_HASH, "another build")
        size = header["segment_bytes"]
        require(size <= min(status.st_size, 16 << 20) and size % 8 == 0, "size")
        arrays = [
            [header[name] for name in names]
            for names in (
                ("slots_offset", "slot_stride", "slots", "snapshot_bytes"),
                ("history_offset", "point_stride", "points", "point_bytes"),
            )
        ]
        ends = []
        for offset, stride, count, record in arrays:
            require(count > 0 and record > 0, "empty array")
            require(offset % 8 == stride % 8 == record % 8 == 0, "unaligned")
            require(8 + record <= stride and offset >= HEADER_BYTES, "overlap")
            ends.append(offset + count * stride)
        require(max(ends) <= size, "array outside the file")
        require(ends[0] <= arrays[1][0] or ends[1] <= arrays[0][0], "arrays overlap")
        self.address = self.map(size)

    def map(self, size):
        # Not the mmap module: ctypes cannot take the address of its read-only
        # buffers, and a futex needs one.
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.mmap.restype = ctypes.c_void_p
        self.libc.mmap.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
        ]
        prot_read, map_shared = 1, 1
        address = self.libc.mmap(None, size, prot_read, map_shared, self.file, 0)
        require(address not in (None, ctypes.c_void_p(-1).value), "cannot be mapped")
        return address

    def load(self, offset):
        """One aligned load of 8 bytes."""
        return ctypes.c_uint64.from_address(self.address + offset).value

    def copy(self, offset, size):
        return struct.pack(f"<{size // 8}Q", *(self.load(offset + at) for at in range(0, size, 8)))

    def record(self, number, offset, size, known):
        """The record of a sample, or None when it was overwritten."""
        data = self.copy(offset + 8, min(size, known))
        return data.ljust(known, b"\0") if self.load(offset) == 2 * number else None

    def snapshot(self):
        """The latest sample; None when there is none yet or the daemon is too fast."""
        header = self.header
        for _ in range(ATTEMPTS):
            number = self.load(HEAD_AT)
            if number == 0:
                return None
            offset = header["slots_offset"] + number % header["slots"] * header["slot_stride"]
            data = self.record(number, offset, header["snapshot_bytes"], SNAPSHOT_BYTES)
            if data is not None:
                return unpack(SNAPSHOT, data)
        return None

    def history(self):
        """The points that are there, oldest first."""
        header = self.header
        latest, points = self.load(HEAD_AT), header["points"]
        for number in range(latest - min(latest, points) + 1, latest + 1):
            offset = header["history_offset"] + number % points * header["point_stride"]
            data = self.record(number, offset, header["point_bytes"], POINT_BYTES)
            if data is not None:
                yield unpack(POINT, data)

    def wait(self, seen, state):
        """Sleeps until there is a sample after `seen` or another state than `state`."""
        word = self.load(WAKE_AT) & 0xFFFF_FFFF
        if self.load(HEAD_AT) != seen or self.load(STATE_AT) != state:
            return
        timeout = struct.pack("<qq", WAIT_SECONDS, 0)
        self.libc.syscall(
            ctypes.c_long(SYS_FUTEX[platform.machine()]), ctypes.c_void_p(self.address + WAKE_AT),
            ctypes.c_int(FUTEX_WAIT), ctypes.c_uint32(word), timeout,
        )

    def has_writer(self):
        asked = struct.pack("@hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        told = fcntl.fcntl(self.file, F_OFD_GETLK, asked)
        return struct.unpack("@hhqqi4x", told)[0] == fcntl.F_WRLCK


def show(name, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            show(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            show(f"{name}[{index}]", inner)
    else:
        print(name, value.hex() if isinstance(value, bytes) else value)


def main(path, *options):
    try:
        region = Region(path)
    except (OSError, Refused) as error:
        sys.exit(f"{path}: {error}")
    if "--wait" in options:
        seen, state = region.load(HEAD_AT), region.load(STATE_AT)
        print("waiting", seen, flush=True)
        while region.load(HEAD_AT) == seen and region.load(STATE_AT) == state:
            region.wait(seen, state)
    state = region.load(STATE_AT)
    show("header", region.header)
    show("head", region.load(HEAD_AT))
    show("state", STATES.get(state, "unknown"))
    show("has_writer", int(region.has_writer()))
    show("snapshot", region.snapshot())
    show("history", list(region.history()))


if __name__ == "__main__":
    main(*sys.argv[1:])
