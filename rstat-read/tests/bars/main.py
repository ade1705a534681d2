#!/usr/bin/python3
"""Runs the readers in the bars and servers that people use them with.

    main.py PICTURES [WORD]...     runs the checks whose title contains a WORD

`run` starts this script as the first process of a PID namespace. So no process that a
check starts outlives the script, and the script sees no other processes."""

import fcntl
import glob
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback

import json_lines
import outputs
import pictures
import plugin
import polybar
import prometheus
import readme
import swaybar
import waybar
from processes import expect_no_others, give_up_later, running

KINDS = [waybar, outputs, readme, swaybar, polybar, json_lines, prometheus, pictures]
# linux/sockios.h, net/if.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
# Variables of the tester's own desktop, which the checks must not use.
FOREIGN = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "SWAYSOCK",
    "DBUS_SESSION_BUS_ADDRESS",
    "AT_SPI_BUS_ADDRESS",
)


def main():
    pictures, words = sys.argv[1], sys.argv[2:]
    assert os.getpid() == 1, "start me with `run`"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bring_up_loopback()
    os.makedirs(pictures, exist_ok=True)
    failures = 0
    # Only newer Waybars load the plugin.
    kinds = KINDS + ([plugin] if "PLUGIN" in os.environ else [])
    for kind in kinds:
        checks = [check for check in kind.CHECKS if not words or any(w in check[0] for w in words)]
        if checks:
            failures += run(kind.STAGE, checks, pictures)
    sys.exit(failures > 0)


def bring_up_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def run(stage_of, checks, pictures):
    """Runs the checks of one stage, and returns the number of failures."""
    with tempfile.TemporaryDirectory(prefix="rstat-bars-") as scratch:
        own = {"HOME": scratch, "XDG_CONFIG_HOME": f"{scratch}/config", "LC_ALL": "C.UTF-8"}
        os.environ |= own | {"PATH": f"{os.environ['BIN']}:{os.environ['PATH']}"}
        for name in FOREIGN:
            os.environ.pop(name, None)
        failures = len(checks)
        # Programs may write files into this directory.
        os.chdir(scratch)
        try:
            with stage_of(scratch, pictures) as stage:
                failures = sum(not passes(title, check, stage) for title, check in checks)
            expect_no_others(set())
        finally:
            if failures:
                keep_logs(scratch, os.path.join(pictures, "logs"))
            os.chdir("/")
    return failures


def keep_logs(scratch, kept):
    os.makedirs(kept, exist_ok=True)
    for path in glob.glob(f"{scratch}/*.log"):
        shutil.copy(path, kept)
    print(f"the programs' logs are in {kept}")


def passes(title, check, stage):
    start, known = time.monotonic(), set(running())
    give_up_later()
    try:
        check(stage)
        expect_no_others(known)
        result = "ok"
    except Exception:
        traceback.print_exc()
        result = "FAILED"
    finally:
        signal.alarm(0)
    print(f"{result:6}  {time.monotonic() - start:4.1f} s  {title}", flush=True)
    return result == "ok"


if __name__ == "__main__":
    main()
