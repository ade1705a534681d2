#!/usr/bin/python3
"""Holds the readers against the programs that people show them in.

    main.py PICTURES [WORD]...     runs the checks whose title has one of the words

Started by `run`, which makes us the first process of a PID namespace: nothing
that runs here can outlive us or be mistaken for somebody else's."""

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
# What somebody's own desktop says, for which ours must not be mistaken.
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
    # Newer Waybars only.
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
    """Runs checks that share a stage; returns how many failed."""
    with tempfile.TemporaryDirectory(prefix="rstat-bars-") as scratch:
        own = {"HOME": scratch, "XDG_CONFIG_HOME": f"{scratch}/config", "LC_ALL": "C.UTF-8"}
        os.environ |= own | {"PATH": f"{os.environ['BIN']}:{os.environ['PATH']}"}
        for name in FOREIGN:
            os.environ.pop(name, None)
        failures = len(checks)
        # Where it harms nobody if a shell writes files.
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
    print(f"what the programs said is in {kept}")


def passes(title, check, stage):
    start, known = time.monotonic(), set(running())
    give_up_later()
    try:
        check(stage)
        expect_no_others(known)
        told = "ok"
    except Exception:
        traceback.print_exc()
        told = "FAILED"
    finally:
        signal.alarm(0)
    print(f"{told:6}  {time.monotonic() - start:4.1f} s  {title}", flush=True)
    return told == "ok"


if __name__ == "__main__":
    main()
