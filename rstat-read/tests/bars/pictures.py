"""The pictures of README.md: a bar as people have it, with the tooltip up."""

import json
import os

from desktop import HERE, WALLPAPER, Desktop, shot, swaymsg
from processes import Started, settle
from readme import block, hover
from waybar import CRITICAL_TEXT, ORDINARY

BAR = {
    "position": "top",
    "height": 30,
    "modules-left": ["sway/workspaces"],
    "modules-right": ["custom/rstat", "clock"],
    # The same in every picture.
    "clock": {"format": "14:05"},
    "custom/rstat": {"exec": "exec rstat-waybar", "return-type": "json"},
}


def are_taken(stage):
    configuration, style = (os.path.join(stage.scratch, name) for name in ("bar.json", "bar.css"))
    with open(configuration, "w") as file:
        json.dump(BAR, file)
    with open(os.path.join(HERE, "pictures.css")) as theme, open(style, "w") as file:
        file.write(theme.read() + block("css"))
    for name, sample, text in (("tooltip", "ordinary", ORDINARY), ("critical", "critical", CRITICAL_TEXT)):
        command = ["waybar", "-c", configuration, "-s", style]
        with stage.publish(sample), Started(command, f"{stage.scratch}/pictures.log"):
            with stage.pointer() as pointer:
                def module():
                    return next((l for l in stage.accessibility.labels() if l.text == text), None)

                hover(pointer, settle("the module", module, bool), lambda free: free < 0.8)
                stage.save("README-" + name, shot())


STAGE = Desktop
CHECKS = [("Pictures for README.md are taken", are_taken)]
