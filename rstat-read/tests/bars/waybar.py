"""Waybar with rstat-waybar as a custom module. Checks look at text, tooltip and colours, and
at the processes that are left when Waybar is killed."""

import signal

from desktop import Desktop, Waybar, settle_hovering, shot
from processes import Failure, named, settle

OK, WARNING, CRITICAL = 0x2A7A2A, 0xB08000, 0xB02020
STALE, OFFLINE, BLAMED, TOOLTIP = 0x5050A0, 0xA050A0, 0x20C0C0, 0x101018
ORDINARY, CRITICAL_TEXT = "\u200723% 54°", "100% 97°"
MODULE = "rstat-waybar"
# The commands that people write; the last two keep a shell between Waybar and the program.
COMMANDS = ["exec rstat-waybar", "rstat-waybar; true", "sh -c 'rstat-waybar; true'"]
# The names of the hostile sample, as every bar must show them.
NAMES = ['<b>&"\\x2d', "bad��bytes", "twelve bytes", "two�lines��[31m", "�gpj.sh�"]
# The number of pixels of a background; edges and letters have fewer.
AREA = 200


def expect_text(waybar, *texts):
    settle("the module's text", waybar.texts, lambda found: found == list(texts))


def expect_colour(colour):
    """Waits for the colour of the module's background, and returns the picture."""
    return settle(f"colour #{colour:06x}", shot, lambda picture: picture.count(colour) > AREA)


def expect_in_tooltip(waybar, *parts):
    """Expects parts in the tooltip of the moment when accessibility was first asked, as GTK
    reports no later tooltip. So wait for the module on the screen before."""
    labels = settle("a label", waybar.accessibility.labels, lambda found: len(found) == 1)
    for part in parts:
        if part not in labels[0].tooltip:
            raise Failure(f"no {part} in:\n{labels[0].tooltip}")


def point_at_module(pointer, colour):
    """Rests the pointer on the module until the tooltip is up, and returns the picture."""
    module = expect_colour(colour).rows(0, 40).centre(colour)

    def has_tooltip(picture):
        return picture.count(TOOLTIP) > 50 * AREA

    return settle_hovering("a tooltip", pointer, lambda: module, has_tooltip)


def shows_text_tooltip_and_classes(stage):
    with stage.publish("ordinary"), Waybar(stage, "exec rstat-waybar") as waybar:
        stage.save("ok", expect_colour(OK))
        expect_text(waybar, ORDINARY)
        expect_in_tooltip(waybar, "firefox ×31", "16.4", "14.2 W", "▁")
        with stage.pointer() as pointer:
            stage.save("tooltip", point_at_module(pointer, OK))
    with stage.publish("critical"), Waybar(stage, "exec rstat-waybar") as waybar:
        expect_text(waybar, CRITICAL_TEXT)
        expect_colour(BLAMED)
        with stage.pointer() as pointer:
            stage.save("critical", point_at_module(pointer, CRITICAL))
    with stage.publish("ordinary"):
        with Waybar(stage, "exec rstat-waybar --warning cpu=20"):
            expect_colour(WARNING)


def shows_any_name_as_it_is(stage):
    rows = "|".join(f"{{top.cpu.{row}.name}}" for row in range(len(NAMES)))
    with stage.publish("hostile"):
        with Waybar(stage, f"exec rstat-waybar --format '{rows}'") as waybar:
            expect_colour(OK)
            expect_text(waybar, "|".join(NAMES))
            expect_in_tooltip(waybar, *NAMES)
            with stage.pointer() as pointer:
                stage.save("names", point_at_module(pointer, OK))


def shows_what_becomes_of_the_daemon(stage):
    stage.remove_region()
    with Waybar(stage, "exec rstat-waybar") as waybar:
        expect_text(waybar, "rstat off")
        expect_colour(OFFLINE)
        for _ in range(2):
            with stage.publish("ordinary"):
                expect_text(waybar, ORDINARY)
                expect_colour(OK)
            expect_text(waybar, "stale")
            stage.save("stale", expect_colour(STALE))
            (module,) = named(MODULE)
        stage.remove_region()
        with stage.publish("ordinary"):
            expect_text(waybar, ORDINARY)
        assert named(MODULE) == [module], "the module is the same process still"


def leaves_no_process_when_killed(stage):
    with stage.publish("ordinary"):
        for command in COMMANDS:
            with Waybar(stage, command) as waybar:
                expect_text(waybar, ORDINARY)
                assert len(named(MODULE)) == 1
                waybar.end(signal.SIGKILL)
                settle("modules left behind", lambda: named(MODULE), lambda found: not found)


STAGE = Desktop
CHECKS = [
    ("Waybar shows text, tooltip and classes", shows_text_tooltip_and_classes),
    ("Waybar shows any name as it is", shows_any_name_as_it_is),
    ("Waybar shows what becomes of the daemon", shows_what_becomes_of_the_daemon),
    ("A Waybar that is killed leaves no process", leaves_no_process_when_killed),
]
