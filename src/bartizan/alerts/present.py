"""The present values of alerts: what their table holds, read and updated in place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlglot import exp, parse_one

from bartizan.alerts.history import Present
from bartizan.alerts.workflow import ASSIGNEES, FIELDS, LISTS, NOTES, REASON, STATUS, TAGS, Values
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.statements import fixed
from bartizan.engine.updates import update_statement

COUNTS = ("alert.suppression.count", "alert.threshold.count")
"""Numbers that grow after an alert was raised."""

MAX_STATEMENT_CHARS = 8_000_000
"""Characters of ids and values that one UPDATE carries."""
MAX_SERVER_CHARS = 100_000
"""The same on a server, which takes 128 KiB in a parameter (clickhouse.com, `http_max_field_value_size`); on a cluster
the statement travels through Keeper, which takes a megabyte."""
MAX_RAISED = 1_000
"""Alerts whose counts one statement raises."""

COLUMNS = (STATUS, REASON, ASSIGNEES, TAGS, NOTES, *COUNTS)
"""Columns that may differ from what an alert's document says."""

_VALUES = """
SELECT `event.id` AS id, `alert.status`, `alert.closed_reason`, `alert.assignees`, `alert.tags` FROM {table: Identifier}
WHERE `event.id` IN {ids: Array(String)} AND `alert.id` = `event.id`
"""

_KNOWN = """
SELECT `event.id` AS id FROM {table: Identifier} WHERE `event.id` IN {ids: Array(String)} AND `alert.id` = `event.id`
"""

_THESE = "`event.id` IN {ids: Array(String)}"
_TEXT = "transform(`event.id`, {of: Array(String)}, {values: Array(String)}, {column: Identifier})"
_LIST = """
JSONExtract(
    transform(`event.id`, {of: Array(String)}, {values: Array(String)}, toJSONString({column: Identifier})),
    'Array(String)'
)
"""
_TEXT_OF_ALL = "{values: String}"
_LIST_OF_ALL = "JSONExtract({values: String}, 'Array(String)')"
_RAISED = """
if(
    transform(`event.id`, {of: Array(String)}, {values: Array(Int64)}, 0) > ifNull({column: Identifier}, 0),
    transform(`event.id`, {of: Array(String)}, {values: Array(Int64)}, 0), {column: Identifier}
)
"""


def values_of(engine: Engine, table: str, alerts: Sequence[str]) -> dict[str, Values]:
    """What `workflow.FIELDS` hold, by alert; an id that no alert has is not in it."""
    found = rows(engine, fixed(_VALUES), {"table": table, "ids": list(alerts)}, settings=READ_ONLY)
    return {row["id"]: {name: _value(row[name]) for name in FIELDS} for row in found}


def known(engine: Engine, table: str, alerts: Sequence[str]) -> set[str]:
    """Those of the ids that alerts have."""
    found = rows(engine, fixed(_KNOWN), {"table": table, "ids": list(alerts)}, settings=READ_ONLY)
    return {row["id"] for row in found}


def put(engine: Engine, table: str, present: Mapping[tuple[str, str], Present]) -> None:
    """Let the alerts hold what `History.present` says; a repetition changes nothing."""
    for part in _parts(present, MAX_STATEMENT_CHARS if engine.name == "chdb" else MAX_SERVER_CHARS):
        by_field: dict[str, dict[str, str]] = {}
        for (alert, field), found in part.items():
            by_field.setdefault(field, {})[alert] = found.value
        _update(engine, table, by_field, _template)


def raise_counts(engine: Engine, table: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Let `COUNTS` of alerts (by id, then column) hold the given number where they hold less or nothing."""
    for part in (list(counts)[start : start + MAX_RAISED] for start in range(0, len(counts), MAX_RAISED)):
        by_column: dict[str, dict[str, int]] = {}
        for alert in part:
            for column, count in counts[alert].items():
                assert column in COUNTS, column
                by_column.setdefault(column, {})[alert] = count
        if by_column:
            _update(engine, table, by_column, lambda *_: _RAISED)


def shown(document: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert's document with the present values of `COLUMNS` in it."""
    alert = document["alert"]
    for name in COLUMNS:
        *path, last = name.removeprefix("alert.").split(".")
        if row[name] not in ("", [], None):
            place = alert
            for step in path:
                place = place.setdefault(step, {})
            place[last] = row[name]
        elif not path:
            alert.pop(last, None)
    return document


def _update(
    engine: Engine, table: str, values: Mapping[str, Mapping[str, str | int]], template: Callable[[str, bool], str]
) -> None:
    """Set columns by alert; those of the alerts that a column is not given for keep theirs."""
    ids = list(dict.fromkeys(alert for by_alert in values.values() for alert in by_alert))
    assignments: dict[str, exp.Expr] = {}
    parameters: dict[str, Value] = {"ids": ids}
    for number, (column, by_alert) in enumerate(values.items()):
        is_one = len(by_alert) == len(ids) and len(set(by_alert.values())) == 1
        chosen = template(column, is_one)
        assignments[column] = _numbered(chosen, column, number)
        parameters |= {f"of{number}": list(by_alert)} if "{of:" in chosen else {}
        many = list(by_alert.values())
        parameters[f"values{number}"] = many if "{of:" in chosen else many[0]
    where = parse_one(_THESE, dialect="clickhouse")
    engine.query(update_statement(table, assignments, where, engine.cluster), parameters, format="Null")


def _template(column: str, is_one: bool) -> str:
    """How a column is set: to one value in all alerts, or to each alert's own."""
    if column in (*LISTS, NOTES):
        return _LIST_OF_ALL if is_one else _LIST
    return _TEXT_OF_ALL if is_one else _TEXT


def _numbered(template: str, column: str, number: int) -> exp.Expr:
    """A template for one of a statement's columns, with parameters of its own."""
    tree: exp.Expr = parse_one(template, dialect="clickhouse")
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name == "column":
            node.replace(exp.column(column, quoted=True))
        else:
            node.set("this", exp.Var(this=f"{node.name}{number}"))
    return tree


def _parts(present: Mapping[tuple[str, str], Present], max_chars: int) -> Iterable[dict[tuple[str, str], Present]]:
    """In parts that one statement can carry."""
    part: dict[tuple[str, str], Present] = {}
    characters = 0
    for key, found in present.items():
        characters += len(found.value) + 2 * len(key[0])
        if part and characters > max_chars:
            yield part
            part, characters = {}, len(found.value) + 2 * len(key[0])
        part[key] = found
    if part:
        yield part


def _value(stored: Any) -> str | tuple[str, ...]:
    return stored if isinstance(stored, str) else tuple(stored)
