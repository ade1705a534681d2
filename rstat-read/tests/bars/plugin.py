"""The plugin that newer Waybars load instead of running a program, with README.md's
configuration of the plugin."""

import json
import os

from desktop import Desktop, Waybar
from pointer import LEFT, RIGHT
from processes import named
from readme import block, hover
from waybar import CRITICAL, CRITICAL_TEXT, MODULE, OK, OFFLINE, ORDINARY, STALE
from waybar import expect_colour, expect_text

KIND = "cffi/rstat"


def plugin(stage):
    options = json.loads("{" + block("jsonc", containing=KIND) + "}")[KIND]
    return Waybar(stage, kind=KIND, **options | {"module_path": os.environ["PLUGIN"]})


def shows_what_the_program_shows(stage):
    with plugin(stage) as waybar:
        expect_text(waybar, "rstat off")
        expect_colour(OFFLINE)
        with stage.publish("ordinary"):
            expect_text(waybar, ORDINARY)
            expect_colour(OK)
            with stage.pointer() as pointer:
                full = hover(stage, pointer, ORDINARY, lambda free: free < 0.9)
                pointer.click(RIGHT)
                more = hover(stage, pointer, ORDINARY, lambda free: free < full)
                pointer.click(LEFT)
                hover(stage, pointer, ORDINARY, lambda free: free < more)
        expect_colour(STALE)
        with stage.publish("critical"):
            expect_text(waybar, CRITICAL_TEXT)
            expect_colour(CRITICAL)
        assert not named(MODULE), "the plugin runs no program"


STAGE = Desktop
CHECKS = [("Waybar with the plugin shows what the program shows", shows_what_the_program_shows)]
