"""The worker goes on when something is wrong with what it loads."""

import time
from pathlib import Path

import httpx
import pytest

from bartizan.api.services import Services
from tests.api.test_ingest import STREAM, found, lines, post

DEADLINE_S = 60
GARBAGE = b"\x05garbage"


@pytest.mark.slow
def test_a_damaged_segment_is_set_aside_and_holds_up_nothing(client: httpx.Client, services: Services) -> None:
    post(client, lines("before-damage"))
    spool = services.incoming.parent
    (spool / STREAM / "0000000000000001-00000000000000000000000000000000.rb").write_bytes(GARBAGE)
    give_up = time.monotonic() + DEADLINE_S
    while not is_set_aside(spool.parent / "quarantine"):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    post(client, lines("after-damage"), wait=True)
    assert found(client, "event.id: *-damage") == ["after-damage", "before-damage"]
    assert client.get("/api/v1/health").json()["worker"]["alive"]


def is_set_aside(quarantine: Path) -> bool:
    return quarantine.is_dir() and any(file.read_bytes() == GARBAGE for file in quarantine.iterdir())
