"""swaybar with `rstat-read --format i3bar`."""

import contextlib
import json
import os
import re
import signal

import readme
from desktop import Sway, shot
from processes import named
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

# {0} is the bar's position, {1} the command that prints the blocks.
BAR = f"""bar {{{{
    position {{0}}
    height {BAR_HEIGHT}
    font pango:DejaVu Sans 12
    workspace_buttons no
    status_command {{1}}
    colors {{{{
        background {BACKGROUND}
        statusline {TEXT}
    }}}}
}}}}
"""
HEADER = '{"version":1}\n[\n'
USUAL = f"exec {PROGRAM} --format i3bar --follow"
# The template has no quotes, as sway strips them.
TWO_NAMES = f"{USUAL} --template {{top.cpu.0.name}}+{{top.cpu.1.name}}"


@contextlib.contextmanager
def bars(stage, command, blocks):
    """Starts two swaybars: the upper one shows a command's blocks, the lower one `blocks`."""
    expected = os.path.join(stage.scratch, "expected")
    with open(expected, "w") as file:
        file.write(HEADER + json.dumps(blocks) + ",\n")
    both = BAR.format("top", command) + BAR.format("bottom", f"exec tail -n +1 -f {expected}")
    with Sway(stage.scratch, both):
        yield


def block(text, colour=None, widest=None, urgent=False):
    known = {"color": colour, "min_width": widest, "urgent": urgent}
    return {"full_text": text} | {key: value for key, value in known.items() if value}


def shows_the_usual_blocks(stage):
    cases = {
        "ordinary": ([block("CPU \u200723%"), block("54°C"), block("MEM 16.4 GiB")], [TEXT]),
        "critical": (
            [
                block("CPU 100%", WARNING),
                block("97°C", CRITICAL, urgent=True),
                block("MEM 30.6 GiB", CRITICAL, urgent=True),
            ],
            [WARNING],
        ),
    }
    for sample, (blocks, colours) in cases.items():
        with bars(stage, USUAL, blocks), stage.publish(sample):
            stage.save(f"swaybar-{sample}", expect_same(sample, shot, colours))
    with bars(stage, USUAL, [block("rstat stale", DIM)]):
        expect_same("a daemon that is gone", shot, [DIM])


def shows_what_the_readme_says(stage):
    text = readme.block("text", "In a terminal, other bars and scripts", "status_command")
    command = re.search("status_command (.*)", text)[1]
    with bars(stage, command, [block("\u200723%"), block("16.4 GiB")]):
        with stage.publish("ordinary"):
            expect_same("README.md's blocks", shot, [TEXT])


def shows_any_name_as_it_is(stage):
    with bars(stage, TWO_NAMES, [block('<b>&"\\x2d+bad��bytes')]), stage.publish("hostile"):
        stage.save("swaybar-names", expect_same("names", shot, [TEXT]))


def kill_bars():
    for number in named("swaybar"):
        os.kill(number, signal.SIGKILL)


def leaves_no_process_when_killed(stage):
    with stage.publish("ordinary"):
        for command in (USUAL, USUAL.removeprefix("exec ") + "; true"):
            with bars(stage, command, []):
                expect_end_with_bar(kill_bars)


STAGE = Stage
CHECKS = [
    ("swaybar shows rstat-read's blocks and colours", shows_the_usual_blocks),
    ("swaybar shows what README.md says", shows_what_the_readme_says),
    ("swaybar shows any name as it is", shows_any_name_as_it_is),
    ("A swaybar that is killed leaves no process", leaves_no_process_when_killed),
]
