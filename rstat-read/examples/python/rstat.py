#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Samples from librstat_read by ctypes, without a copy of its structures.

Run as a program it prints all fields of the latest sample: rstat.py [REGION]
"""

import ctypes
import sys

OK, ERR_TIMEOUT, ERR_UNKNOWN = 0, -8, -13
KIND_U64 = 3


class Field(ctypes.Structure):
    """struct rstat_field"""

    _fields_ = [
        ("valid", ctypes.c_uint64),
        ("offset", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("name", ctypes.c_char * 32),
        ("unit", ctypes.c_char * 24),
        ("help", ctypes.c_char * 72),
    ]


_library = ctypes.CDLL("librstat_read.so.1")
_library.rstat_strerror.restype = ctypes.c_char_p
_library.rstat_snapshot_size.restype = ctypes.c_size_t
_library.rstat_field_count.restype = ctypes.c_size_t
_library.rstat_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_library.rstat_close.argtypes = [ctypes.c_void_p]
_library.rstat_close.restype = None
_library.rstat_snapshot.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
_library.rstat_wait.argtypes = [ctypes.c_void_p, ctypes.c_int64]
_library.rstat_field_at.argtypes = [ctypes.c_size_t, ctypes.POINTER(Field), ctypes.c_size_t]
_library.rstat_get.argtypes = [
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_int64),
]


def _check(result):
    if result != OK:
        raise OSError(_library.rstat_strerror(result).decode())


def fields():
    """All fields of a sample."""
    for index in range(_library.rstat_field_count()):
        field = Field()
        _check(_library.rstat_field_at(index, field, ctypes.sizeof(field)))
        yield field


_WIDE = {field.name.decode() for field in fields() if field.kind == KIND_U64}


class Sample:
    """One sample; sample["cpu_busy_ppm"] is a number, or None if it is not known."""

    def __init__(self):
        self.bytes = ctypes.create_string_buffer(_library.rstat_snapshot_size())

    def __getitem__(self, name):
        value = ctypes.c_int64()
        result = _library.rstat_get(
            self.bytes, len(self.bytes), name.encode(), ctypes.byref(value)
        )
        if result == ERR_UNKNOWN:
            return None
        _check(result)
        return value.value % 2**64 if name in _WIDE else value.value


class Reader:
    """An open region; the usual one unless a path is given."""

    def __init__(self, path=None):
        self._reader = ctypes.c_void_p()
        _check(_library.rstat_open(path and path.encode(), ctypes.byref(self._reader)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _library.rstat_close(self._reader)
        self._reader = None

    def sample(self):
        """The latest sample."""
        sample = Sample()
        _check(_library.rstat_snapshot(self._reader, sample.bytes, len(sample.bytes)))
        return sample

    def wait(self, seconds):
        """Sleeps until there is a new sample; False if none came in that time."""
        result = _library.rstat_wait(self._reader, int(seconds * 1000))
        if result == ERR_TIMEOUT:
            return False
        _check(result)
        return True


def main():
    with Reader(sys.argv[1] if len(sys.argv) > 1 else None) as reader:
        sample = reader.sample()
    for field in fields():
        name = field.name.decode()
        value = sample[name]
        print(name, "-" if value is None else value)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"rstat.py: {error}")
