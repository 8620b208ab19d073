"""What an ingest comes to, as it is counted and told."""

import io

import pytest

from bartizan.cli.progress import MAX_SHOWN, Tally, print_summary
from bartizan.errors import BartizanError
from bartizan.ingest.errors import NoRecords
from bartizan.ingest.loader import Loaded, Problem
from bartizan.pipeline.intake import Source, Told

SOURCE = Source("a", 1, io.BytesIO)


def test_what_happened_is_counted_once() -> None:
    tally = Tally()
    for told in (
        Told(read=SOURCE),
        Told(read=SOURCE),
        Told(known="a"),
        Told(acknowledged=("b",)),
        Told(empty=NoRecords("it is empty", where="c")),
        Told(failed=BartizanError("it is cut off", where="d")),
        Told(loaded=Loaded("s", 5, 1, (Problem("e", "not understood"),), 0)),
        Told(loaded=Loaded("s", 2, 0, (), 0)),
    ):
        tally.add(told)
    assert tally.summary() == {
        "objects": 2,
        "already_stored": 1,
        "records": 7,
        "failed_records": 1,
        "failed_objects": 1,
        "empty_objects": 1,
        "streams": {"s": 7},
        "problems": ["c: it is empty", "d: it is cut off", "e: not understood"],
    }


def test_problems_are_inert_and_those_not_shown_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for number in range(MAX_SHOWN + 5):
        tally.add(Told(failed=BartizanError(f"[b]bad[/b] {number}\x1b[2J\u202e", where="x.log")))
    print_summary(tally, 1.0)
    told = capsys.readouterr().err
    assert told.count("[b]bad[/b]") == MAX_SHOWN
    assert "and 5 more" in told
    assert f"{MAX_SHOWN + 5} objects could not be read" in told
    assert "\x1b" not in told
    assert "\\x1b[2J\\u202e" in told
