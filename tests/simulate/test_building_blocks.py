"""Properties of the parts: shares add up, templates fill what they promise, ids have their form."""

import re
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.simulate.entropy import Entropy, fixed_aws_id, fixed_uuid
from bartizan.simulate.rhythm import BLOCK_S, Share, block_of, blocks, offsets_within
from bartizan.simulate.slots import aws_date
from bartizan.simulate.template import Template, substitute, to_text


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any))
def test_shares_add_up_to_the_total(total: int, weights: list[int]) -> None:
    share = Share(total, sum(weights))
    parts = [share.take(weight) for weight in weights]
    assert sum(parts) == total
    assert min(parts) >= 0


@given(st.text(), st.integers(-(2**63), 2**63 - 1))
def test_templates_write_what_json_would(text: str, number: int) -> None:
    document = {"percent": "100%", "given": "<given>", "again": "<given>", "number": "#<number>"}
    drawn = {"number": lambda: str(number).encode()}
    filled = Template(to_text(document), ("given",), drawn).fill(orjson.dumps(text)[1:-1])
    assert orjson.loads(filled) == {"percent": "100%", "given": text, "again": text, "number": number}


def test_substitute_leaves_other_slots_open() -> None:
    assert substitute(b"<a>-<b>", {"a": "1"}) == b"1-<b>"


@given(st.text(max_size=30))
def test_entropy_restarts_at_its_key(key: str) -> None:
    entropy = Entropy(key)
    first = (entropy.uuid(), entropy.hex(5000 // 2), entropy.base64(9), entropy.object_suffix())
    entropy.reseed(key)
    assert (entropy.uuid(), entropy.hex(5000 // 2), entropy.base64(9), entropy.object_suffix()) == first


def test_ids_have_their_form() -> None:
    entropy = Entropy("form")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, entropy.uuid().decode())
    assert re.fullmatch(uuid, fixed_uuid("x"))
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", entropy.aws_id("ASIA").decode())
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", fixed_aws_id("AKIA", "x"))
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", fixed_aws_id("AROA", "x"))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 9, 1, 48, 4, tzinfo=UTC), "Jan 9, 2026, 1:48:04 AM"),
        (datetime(2026, 12, 31, 0, 0, 0, tzinfo=UTC), "Dec 31, 2026, 12:00:00 AM"),
        (datetime(2026, 6, 1, 12, 30, 0, tzinfo=UTC), "Jun 1, 2026, 12:30:00 PM"),
        (datetime(2026, 6, 1, 23, 5, 9, tzinfo=UTC), "Jun 1, 2026, 11:05:09 PM"),
    ],
)
def test_dates_are_as_aws_writes_them(moment: datetime, text: str) -> None:
    assert aws_date(moment) == text


def test_blocks_cover_the_hours() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    starts = list(blocks(start, 2))
    assert len(starts) == 2 * 3600 // BLOCK_S
    assert [block_of(moment) for moment in starts] == starts


@given(st.integers(0, 500))
def test_offsets_rise_within_the_block(count: int) -> None:
    offsets = offsets_within(Entropy("offsets").rng, count)
    assert len(offsets) == count
    assert offsets == sorted(offsets)
    assert all(0 <= offset < BLOCK_S for offset in offsets)
