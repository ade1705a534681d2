"""A Wayland desktop without a screen: sway on wlroots' headless backend, a session
bus with accessibility, and Waybar."""

import json
import os
import subprocess
import time

from accessibility import Accessibility
from picture import Picture
from pointer import Pointer
from processes import Started, settle
from stage import Stage

WIDTH, HEIGHT = 1000, 700
WALLPAPER = 0x6E7B8B
OUTPUT = "HEADLESS-1"
HERE = os.path.dirname(os.path.abspath(__file__))


class Desktop(Stage):
    """A compositor, and the bus between GTK programs and screen readers."""

    def __enter__(self):
        os.environ |= {"GSETTINGS_BACKEND": "memory", "GDK_BACKEND": "wayland"}
        self.sway = self.until_end(Sway(self.scratch))
        command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
        log = f"{self.scratch}/dbus.log"
        bus = self.until_end(Started(command, log, stdout=subprocess.PIPE))
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.child.stdout.readline().decode().strip()
        self.accessibility = Accessibility()
        return self

    def pointer(self):
        return Pointer(WIDTH, HEIGHT)


class Sway(Started):
    """The compositor, with one output of a fixed size."""

    def __init__(self, scratch, bars=""):
        directory = os.path.join(scratch, "run")
        os.makedirs(directory, mode=0o700, exist_ok=True)
        os.environ |= {
            "XDG_RUNTIME_DIR": directory,
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
        }
        addresses = os.path.join(directory, "addresses")
        configuration = os.path.join(scratch, "sway.conf")
        with open(configuration, "w") as file:
            file.write(
                f"output * resolution {WIDTH}x{HEIGHT} bg #{WALLPAPER:06x} solid_color\n"
                f"output {OUTPUT} position 0 0\n"
                "seat seat0 fallback true\n"
                f'exec echo "$WAYLAND_DISPLAY $SWAYSOCK" >{addresses}.new'
                f" && mv {addresses}.new {addresses}\n"
                + bars
            )
        super().__init__(["sway", "-c", configuration], f"{scratch}/sway.log")
        settle("sway's start", lambda: os.path.exists(addresses), bool)
        with open(addresses) as file:
            os.environ["WAYLAND_DISPLAY"], os.environ["SWAYSOCK"] = file.read().split()
        os.remove(addresses)


def swaymsg(*words):
    subprocess.run(["swaymsg", "--quiet", *words], check=True)


def shot():
    return Picture.of_wayland(OUTPUT)


def settle_hovering(what, pointer, place, is_right):
    """Rests the pointer at a place, as soon as `place` returns one, until the screen is right.
    A tooltip appears some time after the last movement, and after a click not before the
    pointer was elsewhere. So the pointer moves away and back, after longer and longer times."""
    pause, until = 1, 0

    def look():
        nonlocal pause, until
        if time.monotonic() > until and (found := place()):
            x, y = found
            pointer.move(x, y + 100)
            pointer.move(x, y)
            pause *= 2
            until = time.monotonic() + pause
        return shot()

    return settle(what, look, is_right)


class Waybar(Started):
    """Waybar with our module, which is a command or another kind of module with options."""

    def __init__(self, stage, command=None, kind="custom/rstat", **options):
        self.accessibility = stage.accessibility
        if command:
            options |= {"exec": command, "return-type": "json"}
        bar = {"position": "top", "height": 34, "modules-left": [kind], kind: options}
        configuration = os.path.join(stage.scratch, "waybar.json")
        with open(configuration, "w") as file:
            json.dump(bar, file)
        start = ["waybar", "-c", configuration, "-s", os.path.join(HERE, "style.css")]
        super().__init__(start, os.path.join(stage.scratch, "waybar.log"))

    def texts(self):
        """Returns the module's text, once for each output."""
        return [label.text for label in self.accessibility.labels()]
