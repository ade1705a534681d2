"""Two bars on one screen: the upper one shows rstat-read's output, the lower one text that
a check has written by hand. Both must look the same."""

from processes import named, settle

BAR_HEIGHT = 30
BACKGROUND = "#101018"
TEXT, WARNING, CRITICAL, DIM = "#e0e0e0", "#e5c07b", "#e06c75", "#808080"
PROGRAM = "rstat-read"


def expect_same(what, shot, colours):
    """Waits until both bars look the same and show these colours."""

    def strips():
        picture = shot()
        height = picture.height
        return picture.rows(0, BAR_HEIGHT), picture.rows(height - BAR_HEIGHT, height)

    def is_right(found):
        seen = [found[1].count(int(colour[1:], 16)) > 0 for colour in colours]
        return found[0] == found[1] and all(seen)

    return settle(what, strips, is_right)[0]


def expect_end_with_bar(kill):
    """Waits for the program, kills its bar, and waits for the program's end."""
    settle(PROGRAM, lambda: named(PROGRAM), lambda found: len(found) == 1)
    kill()
    settle(f"{PROGRAM} left", lambda: named(PROGRAM), lambda found: not found)
