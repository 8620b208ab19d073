"""Coverage as plain data: rows, and a layer for the ATT&CK Navigator whose score is how many rules have data."""

from collections.abc import Iterable, Sequence
from typing import Any

from bartizan.detect.attack.navigator import Cell, layer
from bartizan.detect.coverage import Covered

NAME = "Bartizan: rules"
DESCRIPTION = "Score: rules whose streams have data. A technique with the score 0 has rules and no data."
MAX_NAMED = 20
"""Rules whose names a comment tells."""


def coverage_rows(covered: Iterable[Covered]) -> list[dict[str, Any]]:
    """A row for each technique."""
    return [
        {
            "tactic": one.tactic,
            "technique": one.technique.id,
            "name": one.technique.name,
            "rules": len(one.rules),
            "with_data": len(one.with_data),
            "last_run": _iso(one.last_run),
            "rule_ids": [rule.id for rule in one.rules],
        }
        for one in covered
    ]


def coverage_layer(covered: Sequence[Covered]) -> dict[str, Any]:
    """The layer."""
    return layer(NAME, DESCRIPTION, map(_cell, covered))


def _cell(one: Covered) -> Cell:
    names = [rule.name for rule in one.rules]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    metadata = (
        ("rules", str(len(one.rules))),
        ("rules with data", str(len(one.with_data))),
        ("last run", _iso(one.last_run) or "never"),
    )
    comment = "; ".join(names[:MAX_NAMED]) + more
    return Cell(one.technique.id, one.tactic, len(one.with_data), comment, metadata)


def _iso(stored: str | None) -> str | None:
    return f"{stored.replace(' ', 'T')}Z" if stored else None
