"""What every check has: a region of its own with a daemon to publish in it, the
project's programs, and a place for pictures."""

import contextlib
import os
import signal
import subprocess

from processes import Failure, Started

# Time between samples: a daemon that is gone is noticed soon.
PERIOD_MS = 1000


class Stage(contextlib.ExitStack):
    """What is started for all checks of a kind; it ends with its `with` block."""

    def __init__(self, scratch, pictures):
        super().__init__()
        self.scratch, self.pictures = scratch, pictures
        self.region = os.path.join(scratch, "region", "v1")
        # Where programs look for it.
        os.environ["RSTAT_SHM"] = self.region

    def until_end(self, started):
        return self.enter_context(started)

    def publish(self, sample):
        """A daemon that publishes that sample until it is killed."""
        publish = os.path.join(os.environ["BIN"], "examples", "publish")
        command = [publish, self.region, str(PERIOD_MS), sample]
        return Killed(command, os.path.join(self.scratch, "publish.log"))

    def remove_region(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.region)

    def save(self, name, picture):
        picture.save(os.path.join(self.pictures, name + ".png"))


class Killed(Started):
    """A program that has no time to say farewell."""

    def __exit__(self, *_):
        self.end(signal.SIGKILL)


def read(*arguments):
    """What `rstat-read` prints."""
    done = subprocess.run(["rstat-read", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"rstat-read {arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout
