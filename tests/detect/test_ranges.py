"""Ranges in ingest order: merging loses nothing, holes are what is between."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bartizan.detect.ranges import BEGINNING, Range, by_range, holes, merged, within


def text(number: int) -> str:
    """An instant so many seconds after the beginning."""
    return f"1970-01-01 00:00:{number:02d}.000"


RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: Range(text(ends[0]), text(ends[1]))), max_size=12
)


def instants(ranges: object) -> set[str]:
    """The instants that lie in ranges."""
    own: list[Range] = list(ranges)  # type: ignore[call-overload]
    return {text(number) for number in range(31) if any(one.after < text(number) <= one.until for one in own)}


@given(RANGES)
def test_merged_ranges_are_the_same_time_and_apart(ranges: list[Range]) -> None:
    found = merged(ranges)
    assert instants(found) == instants(ranges)
    assert all(one.until < following.after for one, following in pairwise(found))


@given(RANGES, RANGES)
def test_holes_are_what_is_missing_up_to_the_end(ranges: list[Range], bounds: list[Range]) -> None:
    covered = merged(ranges)
    missing = list(holes(covered))
    assert not instants(missing) & instants(covered)
    end = covered[-1].until if covered else BEGINNING
    assert instants(missing) | instants(covered) == instants([Range(BEGINNING, end)])
    for bound in bounds:
        assert instants(within(missing, bound)) == instants(missing) & instants([bound])


def test_rules_with_the_same_range_are_together() -> None:
    one, two = Range(text(1), text(2)), Range(text(3), text(4))
    assert by_range({"b": [two], "a": [one, two]}) == {one: ["a"], two: ["a", "b"]}
