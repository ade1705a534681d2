"""Waybar runs one process of a module for each output. The number stays right when outputs
come and go and when Waybar is reloaded."""

import signal
import subprocess

from desktop import Desktop, Waybar, swaymsg
from processes import named, settle
from waybar import COMMANDS, CRITICAL_TEXT, MODULE, ORDINARY, expect_text


def modules(count):
    return settle("modules", lambda: named(MODULE), lambda found: len(found) == count)


def has_one_process_for_each(stage):
    count = 1
    for command in COMMANDS:
        with Waybar(stage, command) as waybar:
            with stage.publish("ordinary"):
                modules(count)
                swaymsg("create_output")
                count += 1
                expect_text(waybar, *[ORDINARY] * count)
                before = set(modules(count))
                waybar.send(signal.SIGUSR2)
                settle("old modules", lambda: before & set(named(MODULE)), lambda found: not found)
                expect_text(waybar, *[ORDINARY] * count)
            with stage.publish("critical"):
                expect_text(waybar, *[CRITICAL_TEXT] * count)
                modules(count)
                # Sway before 1.8 does not have this command.
                unplug = ["swaymsg", "--quiet", "output", f"HEADLESS-{count}", "unplug"]
                if subprocess.run(unplug, stderr=subprocess.DEVNULL).returncode == 0:
                    count -= 1
                    expect_text(waybar, *[CRITICAL_TEXT] * count)
                    modules(count)


STAGE = Desktop
CHECKS = [("Waybar has one process an output, also after a reload", has_one_process_for_each)]
