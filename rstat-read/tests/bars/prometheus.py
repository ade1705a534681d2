"""`rstat-read --format prometheus`: promtool checks the text, and node_exporter's textfile
collector passes the text on to a Prometheus."""

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from processes import Failure, Started, settle
from stage import Stage, read
from waybar import NAMES

SAMPLES = ["ordinary", "critical", "gpu-asleep", "hostile", "hostile-applications", "huge", "empty"]
EXPORTER, SERVER = "127.0.0.1:9100", "127.0.0.1:9090"
CONFIGURATION = f"""
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["{EXPORTER}"]
"""


def passes_promtool(stage):
    check("no daemon", "rstat_up 0")
    for sample in SAMPLES:
        with stage.publish(sample):
            check(sample, "rstat_up 1")
        check(sample + ", no longer published", "rstat_up 0")
        stage.remove_region()


def check(what, state):
    """Waits for a state, and passes the metrics of that state to promtool."""
    command = ["rstat-read", "--format", "prometheus"]

    def metrics():
        return subprocess.run(command, capture_output=True, text=True).stdout

    text = settle(what, metrics, lambda text: f"\n{state}\n" in text)
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        raise Failure(f"promtool on {what}: exit {done.returncode}, {done.stderr}")


def arrives_in_prometheus(stage):
    directory = os.path.join(stage.scratch, "textfiles")
    os.makedirs(directory)
    configuration = os.path.join(stage.scratch, "prometheus.yml")
    with open(configuration, "w") as file:
        file.write(CONFIGURATION)
    feed = ["rstat-read", "--format", "prometheus", "--follow"]
    feed += ["--output", os.path.join(directory, "rstat.prom")]
    exporter = [
        "prometheus-node-exporter",
        "--web.listen-address=" + EXPORTER,
        "--collector.disable-defaults",
        "--collector.textfile",
        "--collector.textfile.directory=" + directory,
    ]
    server = [
        "prometheus",
        "--web.listen-address=" + SERVER,
        "--config.file=" + configuration,
        "--storage.tsdb.path=" + os.path.join(stage.scratch, "tsdb"),
    ]

    with contextlib.ExitStack() as started:
        for name, command in (("feed", feed), ("exporter", exporter), ("prometheus", server)):
            log = os.path.join(stage.scratch, name + ".log")
            started.enter_context(Started(command, log))
        with stage.publish("hostile"):
            busy = query_until("rstat_cpu_busy_ratio", bool)
            expected = read("--get", "cpu.busy:.1").strip()
            if f"{100 * float(busy[0]['value'][1]):.1f}" != expected:
                raise Failure(f"Prometheus has {busy}, rstat-read --get {expected}")
            rows = query_until("rstat_top_cpu_cpu_ratio", lambda found: len(found) == 5)
            names = sorted(row["metric"]["name"] for row in rows)
            if names != sorted(NAMES):
                raise Failure(f"{names} are not {NAMES}")
            query_until("node_textfile_scrape_error", lambda found: value(found) == "0")
        query_until("rstat_up", lambda found: value(found) == "0")
        query_until("rstat_cpu_busy_ratio", lambda found: not found)


def value(found):
    return found[0]["value"][1] if found else None


def query_until(expression, is_right):
    """Asks Prometheus until the answer is right, and returns it."""
    url = f"http://{SERVER}/api/v1/query?query={urllib.parse.quote(expression)}"

    def ask():
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None  # Prometheus is not ready yet.

    return settle(expression, ask, lambda found: found is not None and is_right(found))


STAGE = Stage
CHECKS = [
    ("promtool passes rstat-read's metrics", passes_promtool),
    ("Metrics arrive in Prometheus through node_exporter", arrives_in_prometheus),
]
