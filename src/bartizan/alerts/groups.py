"""Alerts in groups: those that share the values of some fields, counted, with how grave and how old they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlglot import exp, parse_one

from bartizan.alerts.errors import ChangeRefused
from bartizan.alerts.listing import AlertFilter, condition_of
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.query.binder import Binder
from bartizan.query.ir import Kind
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.sql import call, each, text
from bartizan.query.storage import read

MAX_FIELDS = 3
"""Fields that alerts are grouped by at once."""

SEVERITIES = ("low", "medium", "high", "critical")

_GROUPS = """
SELECT
    count() AS count, countIf(`alert.status` = 'open') AS open,
    arrayElement({severities: Array(String)}, max(indexOf({severities: Array(String)}, `alert.severity`))) AS severity,
    max(`alert.risk_score`) AS risk_score, min(`@timestamp`) AS first, max(`@timestamp`) AS last,
    count() OVER () AS groups
FROM {table: Identifier} WHERE `alert.id` != ''
ORDER BY count DESC LIMIT {limit: UInt64}
"""


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Alerts that have the same values; one with several values of a field is in several groups."""

    values: dict[str, str | None]
    """By field; None for no value."""
    count: int
    open: int
    severity: str
    """The gravest."""
    risk_score: int | None
    """The highest."""
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The largest groups."""

    groups: list[AlertGroup]
    total: int
    """How many there are."""


def groups(
    engine: Engine, schema: Schema, table: str, by: Sequence[str], wanted: AlertFilter, now: datetime, limit: int
) -> Groups:
    """The alerts that fit, by one to `MAX_FIELDS` fields, the largest groups first.

    Raises `ChangeRefused` for a field that alerts don't have.
    """
    own = schema.only([table])
    names = list(dict.fromkeys(by))
    if not 1 <= len(names) <= MAX_FIELDS:
        raise ChangeRefused(f"alerts are grouped by 1 to {MAX_FIELDS} fields", where="by")
    condition = condition_of(schema, table, wanted, now)
    tree: exp.Expr = parse_one(_GROUPS, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    for number, name in enumerate(names):
        key = f"key{number}"
        tree = tree.select(_values(_field(own, name)).as_(key)).group_by(key).order_by(key)
    parameters = condition.parameters | {"table": table, "limit": limit, "severities": list(SEVERITIES)}
    found = rows(engine, tree.where(*condition.trees), parameters, settings=READ_ONLY)
    return Groups([_group(names, row) for row in found], found[0]["groups"] if found else 0)


def _field(schema: Schema, name: str) -> SchemaField:
    found = schema.resolve(name)
    if found is None or not found.column or found.path:
        near = schema.nearest(name)
        raise ChangeRefused("alerts have no such field", where="by", hint=f"did you mean `{near}`?" if near else "")
    return found


def _values(field: SchemaField) -> exp.Expr:
    """The values as texts, one row each; an alert without any has ''."""
    stored = read(field, Binder("g"), kind=Kind.KEYWORD)
    if not stored.is_array:
        return call("toString", stored.tree)
    some = call("if", call("empty", stored.tree), exp.array(text(""), dialect="clickhouse"), stored.tree.copy())
    return call("arrayJoin", call("arrayMap", each("_v", lambda value: call("toString", value)), some))


def _group(names: Sequence[str], row: dict[str, Any]) -> AlertGroup:
    values = {name: row[f"key{number}"] or None for number, name in enumerate(names)}
    about = ("count", "open", "severity", "risk_score", "first", "last")
    return AlertGroup(values, **{name: row[name] for name in about})
