"""Waybar with the configuration that README.md offers to copy, taken from README.md."""

import os
import re

from desktop import HERE, WALLPAPER, Desktop, settle_hovering, shot
from pointer import LEFT, RIGHT
from processes import Started, settle
from waybar import AREA, ORDINARY

README = os.path.join(HERE, "../../../README.md")
# The colour of the class `critical` in README.md's style sheet.
CRITICAL = 0xE06C75


def block(language, heading="In Waybar", containing=""):
    """Returns the first block of a language below a heading that contains some text."""
    with open(README) as file:
        section = file.read().split(f"\n## {heading}\n")[1]
    blocks = re.findall(rf"\n```{language}\n(.*?)```\n", section, re.DOTALL)
    return next(block for block in blocks if containing in block)


def works_as_copied(stage):
    directory = os.path.join(os.environ["XDG_CONFIG_HOME"], "waybar")
    os.makedirs(directory)
    for name, language in (("config.jsonc", "jsonc"), ("style.css", "css")):
        with open(os.path.join(directory, name), "w") as file:
            file.write(block(language))

    with Started(["waybar"], os.path.join(stage.scratch, "readme.log")):
        with stage.publish("ordinary"), stage.pointer() as pointer:
            full = hover(stage, pointer, ORDINARY, lambda free: free < 0.9)
            pointer.click(RIGHT)
            kernel_threads = hover(stage, pointer, ORDINARY, lambda free: free < full)
            pointer.click(LEFT)
            hover(stage, pointer, ORDINARY, lambda free: free < kernel_threads)
            stage.save("readme", shot())
        with stage.publish("critical"):
            settle("the class critical", shot, lambda picture: picture.count(CRITICAL) > AREA)


def hover(stage, pointer, text, is_right):
    """Points at the module with a text until the tooltip leaves the right share of the screen
    free, and returns that share."""

    def place():
        # A little below the centre, the pointer hides nothing of the text.
        found = [label.centre for label in stage.accessibility.labels() if label.text == text]
        return (found[0][0], found[0][1] + 7) if found else None

    def free(picture):
        return picture.count(WALLPAPER) / len(picture.pixels)

    what = "a tooltip of another size"
    return free(settle_hovering(what, pointer, place, lambda picture: is_right(free(picture))))


STAGE = Desktop
CHECKS = [("Waybar with README.md's configuration works as copied", works_as_copied)]
