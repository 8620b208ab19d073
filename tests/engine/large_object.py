"""A large CloudTrail object, made fast: the same simulated records again and again, each time as a gzip member."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

from bartizan.simulate import Scenario
from bartizan.simulate.write import cloudtrail_records

RECORDS = 20_000
"""Records of a member: about 25 MB plain."""


def write_large_object(path: Path, size_bytes: int) -> int:
    """Write one `{"Records": [...]}` object of at least `size_bytes` compressed; gives the number of its records."""
    scenario = Scenario(datetime(2024, 5, 10, tzinfo=UTC), cloudtrail_events=RECORDS, attack=False)
    records = list(cloudtrail_records(scenario))
    joined = b",".join(records)
    first, further = (gzip.compress(opening + joined, 6) for opening in (b'{"Records":[', b","))
    members = 1
    with path.open("wb") as file:
        file.write(first)
        while file.tell() < size_bytes:
            file.write(further)
            members += 1
        file.write(gzip.compress(b"]}"))
    return members * len(records)
