"""How far objects are: what segments add up to, and who is told when."""

from bartizan.ingest.progress import NOTHING, Contents, Progress
from bartizan.ingest.receipts import Receipts
from tests.ingest.store import entry


def test_progress_adds_up_to_the_furthest() -> None:
    assert Progress(3, False) | Progress(2, True) == Progress(3, True)
    assert NOTHING | NOTHING == NOTHING


def test_contents_are_those_of_all_segments() -> None:
    contents = Contents()
    contents.add("one", entry(b"a", "origin", 0, is_last=False))
    contents.add("two", entry(b"b\nc", "origin", 1))
    assert contents.progress("origin") == Progress(3, True)
    assert contents.holders("origin") == {"one", "two"}
    contents.rename("two", "three")
    contents.drop("one")
    assert contents.holders("origin") == {"three"}
    contents.drop("three")
    contents.drop("unknown")
    assert contents.progress("origin") == NOTHING


def test_an_object_is_safe_when_all_its_streams_are_sealed() -> None:
    receipts = Receipts()
    assert receipts.read("sealed already", []) == ["sealed already"]
    assert receipts.read("of two streams", ["a", "b"]) == []
    assert receipts.read("of one stream", ["b"]) == []
    assert receipts.sealed("c") == []
    assert receipts.sealed("b") == ["of one stream"]
    assert receipts.sealed("b") == []
    assert receipts.sealed("a") == ["of two streams"]
    assert receipts.sealed("a") == []
