"""JSON objects, one a line, for bars such as i3status-rust and eww. A strict parser
accepts each line, whatever names the processes have."""

import json
import subprocess

from processes import Started
from stage import Stage
from waybar import NAMES

# i3status-rust's custom block with `json = true`.
BLOCK = (
    '{{{{"icon":"cpu","state":"Info",'
    '"text":"{{top.cpu.{row}.name}}","short_text":"{{cpu.busy:.1}}"}}}}'
)


def expect_line(stage, is_right, *arguments):
    """Starts rstat-read before the daemon, and parses its lines until a line is right."""
    log = f"{stage.scratch}/json_lines.log"
    command = ["rstat-read", "--follow", *arguments]
    with Started(command, log, stdout=subprocess.PIPE) as reader, stage.publish("hostile"):
        for line in reader.child.stdout:
            if is_right(json.loads(line)):
                return


def are_parsed(stage):
    for row, name in enumerate(NAMES):
        block = {"icon": "cpu", "state": "Info", "text": name, "short_text": "23.4"}
        template = BLOCK.format(row=row)
        expect_line(stage, lambda line: line == block, "--template", template, "--escape", "json")

    def has_all_names(line):
        return [row["comm"] for row in line.get("top_cpu") or []] == NAMES

    expect_line(stage, has_all_names, "--format", "jsonl")


STAGE = Stage
CHECKS = [("Lines of JSON are parsed", are_parsed)]
