"""Starts programs, waits for what they do, and ends them by their numbers.

We are the first process of a PID namespace (see `run`): every process that is
there is ours, and one whose parent has died becomes our child."""

import os
import signal
import subprocess
import time

# After this a check gives up; nothing is expected to take near as long.
GIVE_UP_SECONDS = 60
POLL_SECONDS = 0.05


class Failure(Exception):
    """What was expected and what there was instead."""


def give_up_later():
    """Ends what waits without a limit of its own, such as reading from a pipe."""

    def give_up(*_):
        raise Failure(f"nothing came in {3 * GIVE_UP_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(3 * GIVE_UP_SECONDS)


def settle(what, observe, is_right):
    """Waits until what is observed is right, and returns it."""
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
        """Sends a signal and waits for the end; who ignores it is killed."""
        self.child.send_signal(number)
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def running():
    """Command line and parent of every process but us, by number."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended since.
        if int(entry) != os.getpid() and state != b"Z":
            found[int(entry)] = (command, int(parent))
    return found


def named(name):
    """The numbers of the processes whose program has that name."""
    return sorted(
        number
        for number, (command, _) in running().items()
        if os.path.basename(command.split(" ")[0]) == name
    )


def descends(number, ancestors, processes):
    """Whether a process, or one of its ancestors, is among these."""
    while number in processes and number not in ancestors:
        number = processes[number][1]
    return number in ancestors


def expect_no_others(known):
    """Waits until no process is left but those known and what they started."""

    def others():
        found = running()
        return [f"{n}: {c}" for n, (c, _) in found.items() if not descends(n, known, found)]

    settle("processes left behind", others, lambda found: not found)
