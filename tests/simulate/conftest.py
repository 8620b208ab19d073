"""A small simulated bucket that the tests of this folder read."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pytest

from bartizan.simulate import Scenario, Summary, write

SCENARIO = Scenario(
    datetime(2026, 3, 9, tzinfo=UTC),
    seed=7,
    hours=4,
    cloudtrail_events=6_000,
    waf_events=900,
    firewall_events=800,
    flow_records=700,
)


@dataclass
class Written:
    """A scenario that was written, its summary and its folder."""

    scenario: Scenario
    summary: Summary
    folder: Path

    def objects(self, below: str) -> Iterator[tuple[str, bytes]]:
        """Key and uncompressed content of the objects whose key has `below` as a folder."""
        for path in sorted(self.folder.rglob("*.gz")):
            key = path.relative_to(self.folder).as_posix()
            if f"/{below}/" in key:
                yield key, gzip.decompress(path.read_bytes())

    @cached_property
    def cloudtrail(self) -> list[dict[str, Any]]:
        """All CloudTrail records."""
        return [record for _, content in self.objects("CloudTrail") for record in orjson.loads(content)["Records"]]

    def json_lines(self, below: str) -> list[dict[str, Any]]:
        """All records of objects of JSON lines."""
        return [orjson.loads(line) for _, content in self.objects(below) for line in content.splitlines()]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """`SCENARIO`, written once."""
    folder = tmp_path_factory.mktemp("simulated")
    return Written(SCENARIO, write(SCENARIO, folder), folder)
