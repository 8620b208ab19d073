"""Ranges of a stream in ingest order and the holes between them. Instants are ClickHouse date texts: they sort well."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

BEGINNING = "1970-01-01 00:00:00.000"


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """After one instant, up to and including another."""

    after: str
    until: str


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same in as few ranges as can be, in order."""
    found: list[Range] = []
    for one in sorted(ranges):
        if one.after >= one.until:
            continue
        if found and one.after <= found[-1].until:
            found[-1] = Range(found[-1].after, max(found[-1].until, one.until))
        else:
            found.append(one)
    return tuple(found)


def holes(covered: Sequence[Range]) -> Iterator[Range]:
    """What is missing from the beginning to the end of `covered`, which is merged."""
    after = BEGINNING
    for one in covered:
        if after < one.after:
            yield Range(after, one.after)
        after = one.until


def within(ranges: Iterable[Range], bounds: Range) -> Iterator[Range]:
    """The parts that lie within `bounds`."""
    for one in ranges:
        part = Range(max(one.after, bounds.after), min(one.until, bounds.until))
        if part.after < part.until:
            yield part


def by_range(ranges: Mapping[str, Iterable[Range]]) -> dict[Range, list[str]]:
    """Given the ranges of each rule, the rules of each range, both in order."""
    found: dict[Range, list[str]] = defaultdict(list)
    for rule in sorted(ranges):
        for one in ranges[rule]:
            found[one].append(rule)
    return dict(sorted(found.items()))
