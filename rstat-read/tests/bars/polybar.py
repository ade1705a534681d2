"""polybar with `rstat-read --format polybar`, on an X server without a screen. The
upper bar shows what rstat-read says, the lower one what stands here by hand."""

import contextlib
import os
import signal
import subprocess

from picture import Picture
from processes import Started, named, settle
from stage import Stage

WIDTH, HEIGHT, BAR_HEIGHT = 800, 100, 30
TEXT, WARNING, CRITICAL, DIM = "#e0e0e0", "#e5c07b", "#e06c75", "#808080"
CONFIGURATION = f"""
[bar]
width = 100%
height = {BAR_HEIGHT}
background = #101018
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
PROGRAM = "rstat-read"
USUAL = f"{PROGRAM} --format polybar --follow"
TWO_NAMES = f"{USUAL} --template '{{top.cpu.0.name}} {{top.cpu.3.name}}'"


class XServer(Stage):
    """An X server whose screen is a file."""

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
        """A polybar that shows what a command says, and one that shows what is expected."""
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

    def expect_same(self, what, colours):
        """Waits until both bars look the same and have these colours in them."""

        def strips():
            picture = self.shot()
            return picture.rows(0, BAR_HEIGHT), picture.rows(HEIGHT - BAR_HEIGHT, HEIGHT)

        def is_right(found):
            seen = [found[1].count(int(colour[1:], 16)) > 0 for colour in colours]
            return found[0] == found[1] and all(seen)

        return settle(what, strips, is_right)[0]


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
            stage.save(f"polybar-{sample}", stage.expect_same(sample, colours))
    with stage.bars(USUAL, tagged(DIM, "rstat stale")):
        stage.expect_same("a daemon that is gone", [DIM])


def shows_any_name_as_it_is(stage):
    with stage.bars(TWO_NAMES, '<b>&"\\x2d two�lines��[31m'), stage.publish("hostile"):
        stage.save("polybar-names", stage.expect_same("names", [TEXT]))


def leaves_no_process_when_killed(stage):
    with stage.publish("ordinary"):
        for command in (f"exec {USUAL}", f"{USUAL}; true"):
            with stage.bars(command, "") as polybar:
                settle(PROGRAM, lambda: named(PROGRAM), lambda found: len(found) == 1)
                polybar.end(signal.SIGKILL)
                settle(f"{PROGRAM} left", lambda: named(PROGRAM), lambda found: not found)


STAGE = XServer
CHECKS = [
    ("polybar shows rstat-read's line and colours", shows_the_usual_line),
    ("polybar shows any name as it is", shows_any_name_as_it_is),
    ("A polybar that is killed leaves no process", leaves_no_process_when_killed),
]
