"""The stage of every check: a region of its own, a daemon that publishes in the region, the
project's programs, and a folder for pictures."""

import contextlib
import os
import signal
import subprocess

from processes import Failure, Started

# The time between samples, short so that readers soon notice a daemon that is gone.
PERIOD_MS = 1000


class Stage(contextlib.ExitStack):
    """The programs that all checks of a kind share. They end with the stage's `with` block."""

    def __init__(self, scratch, pictures):
        super().__init__()
        self.scratch, self.pictures = scratch, pictures
        self.region = os.path.join(scratch, "region", "v1")
        # Programs find the region by this variable.
        os.environ["RSTAT_SHM"] = self.region

    def until_end(self, started):
        return self.enter_context(started)

    def publish(self, sample):
        """Returns a daemon that publishes a sample until the daemon is killed."""
        publish = os.path.join(os.environ["BIN"], "examples", "publish")
        command = [publish, self.region, str(PERIOD_MS), sample]
        return Killed(command, os.path.join(self.scratch, "publish.log"))

    def remove_region(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.region)

    def save(self, name, picture):
        picture.save(os.path.join(self.pictures, name + ".png"))


class Killed(Started):
    """A program that is killed at the end, without time to clean up."""

    def __exit__(self, *_):
        self.end(signal.SIGKILL)


def read(*arguments):
    """Returns the output of `rstat-read`."""
    done = subprocess.run(["rstat-read", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"rstat-read {arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout
