"""Single events with suppression: one alert for each group of them, whole before any cut, with how many it stands for.

Where the rule gives a span, a group is what lies within one of the spans since 1970, new or not: its alert is the same
whenever it is asked for. Without one a group is what a run finds.
"""

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from bartizan.detect.executor import Asking, Executor, Hit, Question, Row, Statement
from bartizan.detect.executors.found import asked, event_hit, most
from bartizan.detect.rule import Rule
from bartizan.detect.settings import HOUR_S, Suppression
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.sequence.branches import PLACE, branches_of, key_columns, rows_of
from bartizan.query.sql import call, column, named, number, one_of, text

_ALONE = "_kalone"


def _suppression(rule: Rule) -> Suppression:
    assert rule.suppression is not None
    return rule.suppression


def _plan(asking: Asking) -> list[Question]:
    """Rows: the group's values, its span's number `_bucket`, how many events `_count`, the place of the first."""
    own, binder = _suppression(asking.rule), Binder()
    assert isinstance(asking.wanted.what, ir.Expr)
    settings = asked(asking, asking.arrivals.known(0, 0) if own.span_s else asking.arrivals.new())
    keys = tuple(ir.FieldRef(name, ir.Kind.KEYWORD) for name in own.by)
    step = ir.Step(asking.wanted.what, keys, optional_keys=(True,) * len(keys))
    branches = branches_of([step], asking.schema, settings, binder)
    if not branches:
        return []
    names = key_columns(branches)
    rows = rows_of(branches, names, 1, settings, binder, lambda schema: {})
    groups = _groups(rows, names.names, own).limit(most(asking.rule), copy=False)
    parts = [named(call("tupleElement", column("_first"), number(at)), name) for at, name in enumerate(PLACE, 1)]
    shown = exp.Select(expressions=[exp.Star(), *parts]).from_(groups.subquery(alias="_groups", copy=False))
    return [Statement(shown, binder.params, settings)]


def _groups(rows: exp.Query, keys: tuple[str, ...], suppression: Suppression) -> exp.Select:
    alone = _alone(keys) if suppression.missing == "alone" else text("")
    span_ms = number((suppression.span_s or 0) * 1000)
    bucket = call("intDiv", column("_t"), span_ms) if suppression.span_s else call("toInt64", number(0))
    shown = {
        _ALONE: alone,
        "_bucket": bucket,
        "_first": call("min", call("tuple", *map(column, PLACE))),
        "_count": call("count"),
    }
    found = exp.Select(expressions=[*map(column, keys), *(named(tree, name) for name, tree in shown.items())])
    groups = (*map(column, keys), column(_ALONE), column("_bucket"))
    return found.from_(rows.subquery(alias="_rows", copy=False)).group_by(*groups, copy=False)


def _alone(keys: tuple[str, ...]) -> exp.Expression:
    """Tells events without a value of a key from all others."""
    is_missing = one_of([exp.EQ(this=column(name), expression=text("")) for name in keys])
    return call("if", is_missing, call("toString", column("_i")), text(""))


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    own = _suppression(asking.rule)
    for row in rows:
        keys = [str(value) for name, value in sorted(row.items()) if name.startswith("_k")]
        hit = event_hit(asking.rule, row["_event"])
        identity = ("suppressed", *keys, str(row["_bucket"])) if own.span_s else hit.identity
        yield replace(hit, identity=identity, suppressed=int(row["_count"]))


EXECUTOR = Executor(
    span_ms=lambda rule, wanted: 1000 * (_suppression(rule).span_s or HOUR_S),
    plan=_plan,
    hits=_hits,
    is_each_round=True,
)
