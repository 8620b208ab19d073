"""Worker: CloudTrail objects reach a server at a steady rate; how long until an event's alert can be read.

Each object has one event that a shipped rule finds. The clock runs from before the object is sent until the API shows
the alert.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from bartizan.simulate import Scenario, write
from benchmarks.peers import as_lines

POLL_S = 0.3
AFTER_S = 30.0
WARM_S = 30.0
"""Until the first run of all rules, which plans them, is over."""
MARKER = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "userName": "marker", "arn": "arn:aws:iam::111122223333:user/marker"},
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.7",
    "requestParameters": {"name": "main"},
    "responseElements": None,
    "eventType": "AwsApiCall",
}


def objects(lines: Path, events: int) -> Iterator[tuple[str, bytes]]:
    """Gzip objects of so many events, each with the id of its marker."""
    with lines.open("rb") as records:
        for number in range(sys.maxsize):
            own = list(islice(records, events - 1))
            if len(own) < events - 1:
                return
            id = f"marker-{number}"
            time_text = json.loads(own[-1])["eventTime"]
            marker = json.dumps({**MARKER, "eventID": id, "eventTime": time_text}).encode()
            yield id, gzip.compress(b'{"Records":[' + b",".join([*(line.strip() for line in own), marker]) + b"]}", 1)


def served(data: Path, rules: list[str]) -> tuple[subprocess.Popen[bytes], str]:
    """A server on a free port."""
    more = [word for folder in rules for word in ("--rules", folder)]
    command = [sys.executable, "-c", "from bartizan.cli.main import run; run()", "serve", "--data", str(data)]
    process = subprocess.Popen([*command, "--port", "0", *more], stderr=(data.parent / "log").open("wb"))
    while not (data / "server.json").exists():
        time.sleep(0.1)
    return process, json.loads((data / "server.json").read_text())["url"]


class Watch:
    """When each marker was sent, and when its alert was first shown."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.sent: dict[str, float] = {}
        self.seen: dict[str, float] = {}

    def send(self, id: str, content: bytes) -> None:
        """Send an object."""
        self.sent[id] = time.monotonic()
        answer = self._client.post(
            "/api/v1/ingest", params={"dataset": "aws.cloudtrail"}, content=content, headers=OCTETS
        )
        answer.raise_for_status()

    def look(self) -> None:
        """See which alerts there are by now."""
        answer = self._client.get("/api/v1/alerts", params={"limit": 1000, "search": 'user.name: "marker"'})
        answer.raise_for_status()
        for alert in answer.json()["alerts"]:
            for event in alert["alert"]["events"]:
                if event in self.sent:
                    self.seen.setdefault(event, time.monotonic())


OCTETS = {"Content-Type": "application/octet-stream"}


def main(rate: int, seconds: int, rules: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = datetime(2026, 1, 15, tzinfo=UTC)
        write(Scenario(start, 1, 6, rate * (seconds + 1), 0, 0, 0, attack=False), Path(folder) / "logs")
        as_lines(Path(folder) / "logs", Path(folder) / "records.ndjson")
        prepared = list(islice(objects(Path(folder) / "records.ndjson", rate), seconds))
        process, url = served(Path(folder) / "data", rules)
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                watch = Watch(client)
                watch.send("warm", gzip.compress(json.dumps({"Records": [MARKER]}).encode()))
                time.sleep(WARM_S)
                measured(watch, prepared)
                loaded = client.get("/api/v1/health").json()["rules"]
            told = {"rate": rate, "rules": loaded["loaded"], "failing": len(loaded["failing"])}
            print(json.dumps({**figures(watch), **told}))
        finally:
            process.terminate()
            process.wait(60)


def measured(watch: Watch, prepared: list[tuple[str, bytes]]) -> None:
    """Send an object a second, and look for alerts in between."""
    started = time.monotonic()
    for number, (id, content) in enumerate(prepared):
        while time.monotonic() < started + number:
            watch.look()
            time.sleep(POLL_S)
        watch.send(id, content)
    ended = time.monotonic()
    while len(watch.seen) < len(prepared) and time.monotonic() < ended + AFTER_S:
        watch.look()
        time.sleep(POLL_S)


def figures(watch: Watch) -> dict[str, Any]:
    """Percentiles of seconds; an alert that never came is told."""
    took = sorted(at - watch.sent[id] for id, at in watch.seen.items())
    missing = len(watch.sent) - 1 - len(took)
    if not took:
        return {"missing": missing}
    at = {f"p{part}_s": took[min(len(took) * part // 100, len(took) - 1)] for part in (50, 95, 99)}
    return {**at, "max_s": took[-1], "alerts": len(took), "missing": missing}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
