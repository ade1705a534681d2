"""Starts programs, waits for their effects, and ends them by their numbers.

This script is the first process of a PID namespace (see `run`). Every process there is
ours, and a process becomes our child when its parent dies."""

import os
import signal
import subprocess
import time

# The time after which a check gives up; no step comes near it.
GIVE_UP_SECONDS = 60
POLL_SECONDS = 0.05


class Failure(Exception):
    """A check's failure: the expected result and the actual one."""


def give_up_later():
    """Sets a time limit for steps without a limit of their own, such as reading from a pipe."""

    def give_up(*_):
        raise Failure(f"nothing came in {3 * GIVE_UP_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(3 * GIVE_UP_SECONDS)


def settle(what, observe, is_right):
    """Observes until the observation is right, and returns the observation."""
    end = time.monotonic() + GIVE_UP_SECONDS
    while not is_right(observed := observe()):
        if time.monotonic() > end:
            raise Failure(f"{what}: after {GIVE_UP_SECONDS} s still {observed!r}")
        time.sleep(POLL_SECONDS)
    return observed


class Started:
    """A program that ends with its `with` block."""

    def __init__(self, arguments, log, **options):
        self.log = log
        with open(log, "ab") as output:
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output} | options
            self.child = subprocess.Popen(arguments, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGTERM)

    def send(self, number):
        self.child.send_signal(number)

    def end(self, number=signal.SIGKILL):
        """Sends a signal and waits for the end. A program that ignores the signal is killed."""
        self.child.send_signal(number)
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def running():
    """Returns command line and parent of every process but this one, by number."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # The process has ended meanwhile.
        if int(entry) != os.getpid() and state != b"Z":
            found[int(entry)] = (command, int(parent))
    return found


def named(name):
    """Returns the numbers of the processes with a program of that name."""
    return sorted(
        number
        for number, (command, _) in running().items()
        if os.path.basename(command.split(" ")[0]) == name
    )


def descends(number, ancestors, processes):
    """Returns whether a process or one of its ancestors is among `ancestors`."""
    while number in processes and number not in ancestors:
        number = processes[number][1]
    return number in ancestors


def expect_no_others(known):
    """Waits until only the known processes and their descendants are left."""

    def others():
        found = running()
        return [f"{n}: {c}" for n, (c, _) in found.items() if not descends(n, known, found)]

    settle("processes left behind", others, lambda found: not found)
