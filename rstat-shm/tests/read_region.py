#!/usr/bin/env python3
"""Reads a region of rstat, written from PROTOCOL.md and nothing else.

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

HEADER = [
    (0, "8s", "magic"), (8, "H", "abi_major"), (10, "H", "abi_minor"), (12, "I", "header_bytes"),
    (16, "Q", "segment_bytes"), (24, "I", "slots"), (28, "I", "slot_stride"),
    (32, "I", "slots_offset"), (36, "I", "snapshot_bytes"), (40, "I", "history_offset"),
    (44, "I", "points"), (48, "I", "point_stride"), (52, "I", "point_bytes"),
    (56, "Q", "layout_hash"), (64, "Q", "boot_id_high"), (72, "Q", "boot_id_low"),
]
HEAD_AT, STATE_AT, WAKE_AT, HEADER_BYTES = 128, 192, 200, 256
LAYOUT_HASH = 0x1F8569571BBAEBE1
STATES = {0: "starting", 1: "running", 2: "stopped", 3: "retired"}

PROCESS = [
    (0, "I", "pid"), (4, "I", "count"), (8, "I", "flags"), (12, "I", "cpu_ppm"),
    (16, "Q", "rss_bytes"), (24, "Q", "read_bytes_per_s"), (32, "Q", "write_bytes_per_s"),
    (40, "16s", "comm"),
]
APPLICATION = [
    (0, "I", "count"), (4, "I", "flags"), (8, "I", "cpu_ppm"), (12, "I", "reserved"),
    (16, "Q", "rss_bytes"), (24, "Q", "read_bytes_per_s"), (32, "Q", "write_bytes_per_s"),
    (40, "32s", "name"),
]
STUCK = [
    (0, "I", "pid"), (4, "I", "threads"), (8, "16s", "comm"),
]
GPU = [
    (0, "I", "driver"), (4, "I", "state"), (8, "I", "valid"), (12, "I", "busy_ppm"),
    (16, "I", "frequency_mhz"), (20, "I", "frequency_limit_mhz"), (24, "i", "temperature_mc"),
    (28, "I", "throttle"), (32, "Q", "power_uw"), (40, "Q", "memory_used_bytes"),
    (48, "Q", "memory_total_bytes"),
]
SNAPSHOT = [
    (0, "Q", "sequence"), (8, "Q", "instance"), (16, "Q", "monotonic_ns"),
    (24, "Q", "realtime_ns"), (32, "Q", "elapsed_ns"), (40, "Q", "period_ns"), (48, "Q", "valid"),
    (56, "Q", "sample_ns"), (64, "I", "source"), (68, "I", "cpu_count"), (72, "I", "cpu_busy_ppm"),
    (76, "i", "cpu_temperature_mc"), (80, "I", "cpu_frequency_khz"),
    (84, "I", "cpu_frequency_highest_khz"), (88, "I", "cpu_frequency_limit_khz"),
    (92, "I", "platform_profile"), (96, "I", "load_1m_milli"), (100, "I", "load_5m_milli"),
    (104, "I", "load_15m_milli"), (108, "I", "processes"), (112, "I", "threads"),
    (116, "I", "runnable"), (120, "I", "processes_unlisted"), (124, "I", "gpu_count"),
    (128, "I", "processes_blocked"), (132, "I", "processes_zombie"), (136, "I", "cpu_busiest"),
    (140, "I", "cpu_frequency_busiest_khz"), (144, "I", "probe_switch_ns"),
    (148, "I", "probe_ppm"), (152, "I", "pressure_cpu_some_ppm"),
    (156, "I", "pressure_cpu_full_ppm"), (160, "I", "pressure_memory_some_ppm"),
    (164, "I", "pressure_memory_full_ppm"), (168, "I", "pressure_io_some_ppm"),
    (172, "I", "pressure_io_full_ppm"), (176, "I", "cpu_throttle_count"),
    (180, "I", "cpu_throttled_ppm"), (184, "I", "battery_charge_ppm"),
    (188, "I", "battery_status"), (192, "I", "fan_count"), (196, "I", "reserved"),
    (200, "Q", "context_switches_per_s"), (208, "Q", "memory_total_bytes"),
    (216, "Q", "memory_available_bytes"), (224, "Q", "memory_used_bytes"),
    (232, "Q", "memory_cached_bytes"), (240, "Q", "swap_total_bytes"),
    (248, "Q", "swap_used_bytes"), (256, "Q", "io_read_bytes_per_s"),
    (264, "Q", "io_write_bytes_per_s"), (272, "Q", "disk_read_bytes_per_s"),
    (280, "Q", "disk_write_bytes_per_s"), (288, "Q", "cpu_power_uw"),
    (296, "Q", "battery_power_uw"), (304, "Q", "zram_stored_bytes"), (312, "Q", "zram_used_bytes"),
    (320, "Q", "zswap_stored_bytes"), (328, "Q", "zswap_used_bytes"), (336, "Q", "zfs_arc_bytes"),
    (344, "Q", "zfs_arc_reclaimable_bytes"), (352, [PROCESS, 56, 10], "top_cpu"),
    (912, [PROCESS, 56, 10], "top_memory"), (1472, [PROCESS, 56, 10], "top_io"),
    (2032, [APPLICATION, 72, 5], "top_cpu_applications"),
    (2392, [APPLICATION, 72, 5], "top_memory_applications"),
    (2752, [APPLICATION, 72, 5], "top_io_applications"), (3112, [STUCK, 24, 8], "blocked"),
    (3304, [STUCK, 24, 8], "zombies"), (3496, [GPU, 56, 4], "gpus"), (3720, "4I", "fans_rpm"),
    (3736, "4Q", "cores_online"), (3768, "256I", "cores"),
]
SNAPSHOT_BYTES = 4792
POINT = [
    (0, "Q", "monotonic_ns"), (8, "Q", "valid"), (16, "I", "cpu_busy_ppm"),
    (20, "i", "cpu_temperature_mc"), (24, "I", "cpu_frequency_khz"), (28, "I", "memory_used_ppm"),
    (32, "I", "swap_used_ppm"), (36, "I", "gpu_busy_ppm"), (40, "I", "load_1m_milli"),
    (44, "I", "flags"), (48, "Q", "io_read_bytes_per_s"), (56, "Q", "io_write_bytes_per_s"),
]
POINT_BYTES = 64

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
        require(header["abi_minor"] != 0 or header["layout_hash"] == LAYOUT_HASH, "another build")
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
