"""`new_terms`: values that no event had for a while. The first event that brings them is the alert's.

First is in the order of arrival: what is known now is not made new by an older event that arrives later.
"""

from collections.abc import Iterator

from sqlglot import exp

from bartizan.detect.executor import Asking, Executor, Hit, Question, Row, Statement
from bartizan.detect.executors.found import asked, event_hit, field_ref, most
from bartizan.detect.rule import Rule
from bartizan.detect.settings import NewTermsSettings
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.correlation.statement import in_window
from bartizan.query.sequence.branches import PLACE, Branch, KeyColumns, branches_of, key_columns, rows_of
from bartizan.query.sequence.order import arrival
from bartizan.query.sql import all_of, call, column, named, number, union

_ORDER = ("_g", "_t", "_i")


def _settings(rule: Rule) -> NewTermsSettings:
    assert isinstance(rule.settings, NewTermsSettings)
    return rule.settings


def _plan(asking: Asking) -> list[Question]:
    """New events, each with the newest time that its values had before; those for which that is long ago are given."""
    own, binder = _settings(asking.rule), Binder()
    history_ms = own.history_s * 1000
    new = _rows(asking, asking.arrivals.new(), binder)
    if new is None:
        return []
    rows, keys = new
    before = _rows(asking, asking.arrivals.before(history_ms), binder)
    known = rows if before is None else _with_history(rows, before[0], keys.names)
    latest = in_window(call("max", column("_t")), _earlier(keys.names))
    seen = exp.Select(expressions=[exp.Star(), named(latest, "_latest")]).from_(
        known.subquery(alias="_known", copy=False)
    )
    is_new = all_of(
        [
            exp.GT(this=column("_m"), expression=number(0)),
            exp.GTE(this=column("_t"), expression=number(asking.arrivals.since_ms)),
            exp.LT(this=column("_latest"), expression=call("minus", column("_t"), number(history_ms))),
        ]
    )
    found = exp.Select(expressions=[*map(column, keys.names), *map(column, PLACE)])
    found = found.from_(seen.subquery(alias="_seen", copy=False)).where(is_new, copy=False)
    ordered = found.order_by(column("_t"), column("_i"), copy=False).limit(most(asking.rule), copy=False)
    return [Statement(ordered, binder.params, asked(asking, {}))]


def _rows(asking: Asking, within: dict[str, ir.Expr], binder: Binder) -> tuple[exp.Query, KeyColumns] | None:
    settings = asked(asking, within, each_value=True)
    assert isinstance(asking.wanted.what, ir.Expr)
    fields = tuple(field_ref(name, asking.schema) for name in _settings(asking.rule).fields)
    branches: list[Branch] = branches_of([ir.Step(asking.wanted.what, fields)], asking.schema, settings, binder)
    if not branches:
        return None
    keys = key_columns(branches)
    rows = rows_of(branches, keys, 1, settings, binder, lambda schema: {"_g": arrival(schema, settings.arrival)})
    return rows, keys


def _with_history(new: exp.Query, before: exp.Query, keys: tuple[str, ...]) -> exp.Query:
    """The new rows, and for each of their keys one that stands for all that were there before."""
    own = exp.Select(expressions=[*map(column, keys)]).from_(new.copy().subquery(alias="_new", copy=False))
    is_wanted = exp.In(
        this=exp.Tuple(expressions=[*map(column, keys)]), query=own.distinct(copy=False).subquery(copy=False)
    )
    stands = {
        "_t": call("max", column("_t")),
        "_i": call("toUInt64", number(0)),
        "_s": call("toUInt16", number(0)),
        "_m": call("toUInt8", number(0)),
        "_g": call("toInt64", number(-1)),
    }
    shown = [*map(column, keys), *(named(tree, name) for name, tree in stands.items())]
    old = exp.Select(expressions=shown).from_(before.subquery(alias="_before", copy=False))
    old = old.where(is_wanted, copy=False).group_by(*map(column, keys), copy=False)
    return union([new, old])


def _earlier(keys: tuple[str, ...]) -> exp.Window:
    ordered = [exp.Ordered(this=column(name), nulls_first=False) for name in _ORDER]
    spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=number(1), end_side="PRECEDING")
    return exp.Window(this=None, partition_by=[*map(column, keys)], order=exp.Order(expressions=ordered), spec=spec)


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    for row in rows:
        yield event_hit(asking.rule, row["_event"])


EXECUTOR = Executor(span_ms=lambda rule, wanted: 3_600_000, plan=_plan, hits=_hits)
