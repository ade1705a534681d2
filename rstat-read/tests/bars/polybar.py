"""polybar with `rstat-read --format polybar`, on an X server without a screen."""

import contextlib
import os
import signal
import subprocess

from picture import Picture
from processes import Started
from stage import Stage
from twins import (
    BACKGROUND,
    BAR_HEIGHT,
    CRITICAL,
    DIM,
    PROGRAM,
    TEXT,
    WARNING,
    expect_end_with_bar,
    expect_same,
)

WIDTH, HEIGHT = 800, 100
CONFIGURATION = f"""
[bar]
width = 100%
height = {BAR_HEIGHT}
background = {BACKGROUND}
foreground = {TEXT}
font-0 = DejaVu Sans:size=12;2
[bar/top]
inherit = bar
modules-left = rstat
[bar/bottom]
inherit = bar
bottom = true
modules-left = expected
[module/rstat]
type = custom/script
tail = true
exec = {{command}}
[module/expected]
type = custom/script
interval = 3600
exec = cat {{expected}}
"""
USUAL = f"{PROGRAM} --format polybar --follow"
TWO_NAMES = f"{USUAL} --template '{{top.cpu.0.name}} {{top.cpu.3.name}}'"


class XServer(Stage):
    """An X server with a file as its screen."""

    def __enter__(self):
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
        command += ["-nolisten", "tcp", "-fbdir", self.scratch]
        log = os.path.join(self.scratch, "xvfb.log")
        server = self.until_end(Started(command, log, stdout=subprocess.PIPE))
        os.environ["DISPLAY"] = ":" + server.child.stdout.readline().decode().strip()
        return self

    def shot(self):
        return Picture.of_x(os.path.join(self.scratch, "Xvfb_screen0"))

    @contextlib.contextmanager
    def bars(self, command, expected):
        """Starts two polybars: the upper one shows a command's lines, the lower one `expected`."""
        path = os.path.join(self.scratch, "polybar.ini")
        by_hand = os.path.join(self.scratch, "expected")
        with open(by_hand, "w") as file:
            file.write(expected + "\n")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(command=command, expected=by_hand))
        start = ["polybar", "--config=" + path]
        log = os.path.join(self.scratch, "polybar.log")
        with Started([*start, "top"], log) as upper, Started([*start, "bottom"], log):
            yield upper


def tagged(colour, text):
    return f"%{{F{colour}}}{text}%{{F-}}"


def shows_the_usual_line(stage):
    hot, full = (tagged(CRITICAL, text) for text in ("97°C", "MEM 30.6 GiB"))
    grave = [tagged(WARNING, "CPU 100%"), hot, full]
    cases = {
        "ordinary": ("CPU \u200723%  54°C  MEM 16.4 GiB", [TEXT]),
        "critical": ("  ".join(grave), [WARNING, CRITICAL]),
    }
    for sample, (expected, colours) in cases.items():
        with stage.bars(USUAL, expected), stage.publish(sample):
            stage.save(f"polybar-{sample}", expect_same(sample, stage.shot, colours))
    with stage.bars(USUAL, tagged(DIM, "rstat stale")):
        expect_same("a daemon that is gone", stage.shot, [DIM])


def shows_any_name_as_it_is(stage):
    with stage.bars(TWO_NAMES, '<b>&"\\x2d two�lines��[31m'), stage.publish("hostile"):
        stage.save("polybar-names", expect_same("names", stage.shot, [TEXT]))


def leaves_no_process_when_killed(stage):
    with stage.publish("ordinary"):
        for command in (f"exec {USUAL}", f"{USUAL}; true"):
            with stage.bars(command, "") as polybar:
                expect_end_with_bar(lambda: polybar.end(signal.SIGKILL))


STAGE = XServer
CHECKS = [
    ("polybar shows rstat-read's line and colours", shows_the_usual_line),
    ("polybar shows any name as it is", shows_any_name_as_it_is),
    ("A polybar that is killed leaves no process", leaves_no_process_when_killed),
]
