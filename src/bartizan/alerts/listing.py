"""Alerts in pages: filtered by workflow, rule and query, the newest first, each page from where the last one ended."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlglot import exp, parse_one

from bartizan.alerts.building_blocks import without_building_blocks
from bartizan.alerts.errors import ChangeRefused
from bartizan.alerts.present import COLUMNS, shown
from bartizan.alerts.workflow import ASSIGNEES, STATUS, TAGS
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.literals import date_text
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.schema import Schema
from bartizan.query.sql import column

_PAGE = """
SELECT `event.original` AS alert, `@timestamp` AS at, ifNull(`alert.risk_score`, -1) AS risk, `event.id` AS id
FROM {table: Identifier} WHERE `alert.id` != ''
ORDER BY `@timestamp` DESC, risk DESC, id LIMIT {limit: UInt64}
"""

_SINCE = "`@timestamp` >= {since: DateTime64(3, 'UTC')}"
_UNTIL = "`@timestamp` < {until: DateTime64(3, 'UTC')}"
_AFTER = """
(`@timestamp`, ifNull(`alert.risk_score`, -1)) < ({at: DateTime64(3, 'UTC')}, {risk: Int64})
OR (`@timestamp`, ifNull(`alert.risk_score`, -1)) = ({at: DateTime64(3, 'UTC')}, {risk: Int64})
    AND `event.id` > {id: String}
"""
_ONE_OF = "{column: Identifier} IN {values: Array(String)}"
_ANY_OF = "hasAny({column: Identifier}, {values: Array(String)})"


MAX_RISK = 2**62
"""What `alert.risk_score`, an Int64, is compared with."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts; every condition given must hold, each for one of its values."""

    since: datetime | None = None
    until: datetime | None = None
    """`since` <= time < `until`."""
    statuses: Sequence[str] = ()
    severities: Sequence[str] = ()
    assignees: Sequence[str] = ()
    tags: Sequence[str] = ()
    rules: Sequence[str] = ()
    """Ids of rules."""
    query: str = ""
    language: str = "kql"
    """A condition on alerts' fields, in a language that has conditions."""
    building_blocks: bool = False
    """Whether building blocks are among them."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the alerts."""

    alerts: list[dict[str, Any]]
    after: str | None
    """Where the next page begins; None at the end."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL with its parameters."""

    trees: Sequence[exp.Expr]
    parameters: dict[str, Value]


def page(
    engine: Engine, schema: Schema, table: str, wanted: AlertFilter, now: datetime, limit: int, after: str = ""
) -> Page:
    """The newest alerts that fit, or those behind `after`. Raises a `QueryError` for a query that is wrong."""
    condition = condition_of(schema, table, wanted, now)
    tree: exp.Expr = parse_one(_PAGE, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    parameters = condition.parameters | {"table": table, "limit": limit + 1}
    if after:
        tree = tree.where(parse_one(f"({_AFTER})", dialect="clickhouse"))
        parameters |= _place(after)
    tree = tree.where(*condition.trees).select(*map(column, COLUMNS))
    found = rows(engine, tree, parameters, settings=READ_ONLY)
    alerts = [shown(orjson.loads(row["alert"]), row) for row in found[:limit]]
    return Page(alerts, _cursor(found[limit - 1]) if len(found) > limit else None)


def condition_of(schema: Schema, table: str, wanted: AlertFilter, now: datetime) -> Condition:
    """What an alert must fulfil."""
    trees: list[exp.Expr] = []
    parameters: dict[str, Value] = {}
    for name, template, values in (
        (STATUS, _ONE_OF, wanted.statuses),
        ("alert.severity", _ONE_OF, wanted.severities),
        ("rule.id", _ONE_OF, wanted.rules),
        (ASSIGNEES, _ANY_OF, wanted.assignees),
        (TAGS, _ANY_OF, wanted.tags),
    ):
        if values:
            bound = f"f{len(trees)}"
            trees.append(_condition(template, name, bound))
            parameters[bound] = list(values)
    for template, called, at in ((_SINCE, "since", wanted.since), (_UNTIL, "until", wanted.until)):
        if at is not None:
            trees.append(parse_one(template, dialect="clickhouse"))
            parameters[called] = date_text(at)
    own = schema.only([table])
    if wanted.query.strip() not in ("", "*"):
        binder = Binder("q")
        trees.append(predicate(to_ir(wanted.query, wanted.language, own, now), own.narrow(table), binder))
        parameters |= {name: bound.value for name, bound in binder.params.items()}
    if not wanted.building_blocks and (is_none := without_building_blocks(own).get(table)):
        trees.append(predicate(is_none, own.narrow(table), Binder("b")))
    return Condition(trees, parameters)


def _condition(template: str, name: str, bound: str) -> exp.Expr:
    tree: exp.Expr = parse_one(template, dialect="clickhouse")
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name == "column":
            node.replace(column(name))
        else:
            node.set("this", exp.Var(this=bound))
    return tree


def _cursor(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row["at"], row["risk"], row["id"]])).decode()


def _place(cursor: str) -> dict[str, Value]:
    try:
        at, risk, id = orjson.loads(base64.urlsafe_b64decode(cursor))
        if abs(int(risk)) > MAX_RISK:
            raise ValueError(risk)
        return {"at": date_text(datetime.fromisoformat(at)), "risk": int(risk), "id": str(id)}
    except (ValueError, TypeError, OverflowError) as error:
        hint = "give what the page before said, as it was"
        raise ChangeRefused("it is no place in a list of alerts", where="after", hint=hint) from error
