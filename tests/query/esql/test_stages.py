"""Stages that share a SELECT give what they give one by one: random pipelines, each stage in a subquery of its own."""

import json
import random
from typing import Any

import pytest

from bartizan.query.esql import sql
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.plan import Sort
from bartizan.query.esql.tables import LookupTable
from bartizan.query.esql.typed import Type
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import DATABASE, NOW, Ask

COMMANDS = (
    'WHERE event.outcome == "success" OR k IS NULL',
    "WHERE k % 3 != 1",
    'WHERE KQL("event.category: (network or process or iam)")',
    "EVAL k = LENGTH(event.action), j = k * 2",
    "EVAL k = k + 1",
    "EVAL j = COALESCE(j, 5) - k",
    "MV_EXPAND event.type",
    "MV_EXPAND event.category",
    "INLINE STATS n = COUNT(*), k = MAX(k) BY user.name",
    "INLINE STATS j = SUM(k) WHERE k > 3",
    "LOOKUP JOIN t ON event.outcome",
    "RENAME k AS q | EVAL k = q * 2, j = q | DROP q",
    "KEEP event*, user*, k, j, u",
    "SORT u DESC",
    "SORT k DESC NULLS LAST, u",
    "SORT u | LIMIT 9",
    "SORT j, u DESC | LIMIT 12 | SORT u",
    "LIMIT 5000",
    'DISSECT event.action "%{p}r%{s}"',
    "STATS k = COUNT(*), j = MIN(k), u = MAX(u), event.type = VALUES(event.type) BY event.outcome, user.name"
    " | EVAL event.action = user.name, event.category = event.type",
)
TABLE = LookupTable({"event.outcome": Type.KEYWORD, "w": Type.LONG}, [("success", 1), ("success", 2), ("failure", 3)])
START = "FROM logs-* | EVAL k = event.severity, j = 1, u = event.id"


@pytest.mark.parametrize("seed", range(25))
def test_sharing_a_select_changes_nothing(seed: int, schema: Schema, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    picked = [chance.choice(COMMANDS) for _ in range(chance.randint(2, 7))]
    query = " | ".join([START, *_possible(picked)])
    together = _rows(query, schema, ask)
    with monkeypatch.context() as patch:
        patch.setattr(sql._Builder, "stage", _alone(sql._Builder.stage))
        assert _rows(query, schema, ask) == together, query


def _possible(commands: list[str]) -> list[str]:
    """Without what asks for stored events after they were aggregated, or aggregates again."""
    found: list[str] = []
    for command in commands:
        aggregated = any(one.startswith("STATS") for one in found)
        if not (aggregated and "KQL" in command) and not (aggregated and command.startswith("STATS")):
            found.append(command)
    return found


def _alone(stage: Any) -> Any:
    def run(builder: Any, one: Any) -> None:
        if not isinstance(one, Sort):
            builder._nest()
        stage(builder, one)

    return run


def _rows(query: str, schema: Schema, ask: Ask) -> list[str]:
    compiled = compile_esql(query, schema, NOW, Reading(DATABASE, tables={"t": TABLE}))
    names = [one.name for one in compiled.columns]
    found = ask(compiled.tree, compiled.params)
    rows = [dict(zip(names, (row[one.id] for one in compiled.columns), strict=True)) for row in found]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)
