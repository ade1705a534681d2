"""Takes the pictures of README.md: a usual bar with its tooltip. To renew the files in
docs/pictures, run pngquant 128 and optipng -o5 on README-*.png."""

import json
import os

from desktop import HEIGHT, HERE, OUTPUT, WALLPAPER, WIDTH, Desktop, shot, swaymsg
from processes import Started
from readme import block, hover
from waybar import CRITICAL_TEXT, ORDINARY

BAR = {
    "position": "top",
    "height": 30,
    "modules-left": ["sway/workspaces"],
    "modules-right": ["custom/rstat", "clock"],
    # The clock shows the same time in every picture.
    "clock": {"format": "14:05"},
    "custom/rstat": {"exec": "exec rstat-waybar", "return-type": "json"},
}


# The scale of a screen with a high resolution; the sizes below are in pixels of that screen.
SCALE = 2
LEFT, MARGIN = 900, 24


def are_taken(stage):
    configuration, style = (os.path.join(stage.scratch, name) for name in ("bar.json", "bar.css"))
    with open(configuration, "w") as file:
        json.dump(BAR, file)
    with open(os.path.join(HERE, "pictures.css")) as theme, open(style, "w") as file:
        file.write(theme.read() + block("css"))
    resolution = f"{SCALE * WIDTH}x{SCALE * HEIGHT}"
    swaymsg("output", OUTPUT, "resolution", resolution, "scale", str(SCALE))
    command = ["waybar", "-c", configuration, "-s", style]
    for sample, text in (("ordinary", ORDINARY), ("critical", CRITICAL_TEXT)):
        with stage.publish(sample), Started(command, f"{stage.scratch}/pictures.log"):
            with stage.pointer() as pointer:
                hover(stage, pointer, text, lambda free: free < 0.8)
                stage.save(f"README-{sample}", shot().cropped(LEFT, WALLPAPER, MARGIN))


STAGE = Desktop
CHECKS = [("Pictures for README.md are taken", are_taken)]
