"""`indicator_match`: events with a value of an indicator; new events meet all indicators, new indicators stored events.

Both sides are compared by 64 bits of their values, so ten million indicators are a set of numbers in the engine; what
agrees is then compared as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from bartizan.detect.arrivals import Span, Window, during, instant
from bartizan.detect.executor import Asking, Chosen, Executor, Hit, Question, Row, Statement
from bartizan.detect.executors.found import asked, event_hit, field_ref, most
from bartizan.detect.meaning import Knowledge, streams_of, wanted_of
from bartizan.detect.rule import Rule
from bartizan.detect.settings import IndicatorSettings
from bartizan.ecs.document import document
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.compile import to_ir
from bartizan.query.index_patterns import select_streams
from bartizan.query.schema import Schema
from bartizan.query.sequence.branches import PLACE, branches_of, key_columns, rows_of
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import call, column, named, number, union


@dataclass(frozen=True, slots=True)
class _Side:
    """Events or indicators: which, of which streams, by which fields of each alternative."""

    expr: ir.Expr
    schema: Schema
    fields: tuple[tuple[str, ...], ...]


def _settings(rule: Rule) -> IndicatorSettings:
    assert isinstance(rule.settings, IndicatorSettings)
    return rule.settings


def choose(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """The rule's events; new indicators make it due too."""
    chosen = streams_of(rule, schema)
    indicators = _indicators(rule, schema, known)
    also = dict.fromkeys(indicators.schema.streams, indicators.expr)
    return Chosen(EXECUTOR, wanted_of(rule, chosen, known), chosen, also)


def _indicators(rule: Rule, stored: Schema, known: Knowledge) -> _Side:
    own = _settings(rule)
    schema = stored.only(select_streams(own.index, stored.streams), rule.unknown_fields)
    expr = to_ir(own.query, own.language, schema, known.now)
    if own.filters:
        expr = ir.And((expr, to_ir(own.filters, "dsl", schema, known.now)))
    return _Side(expr, schema, tuple(tuple(pair.indicator for pair in pairs) for pairs in own.match))


def _events(asking: Asking) -> _Side:
    assert isinstance(asking.wanted.what, ir.Expr)
    fields = tuple(tuple(pair.field for pair in pairs) for pairs in _settings(asking.rule).match)
    return _Side(asking.wanted.what, asking.schema, fields)


def _plan(asking: Asking) -> list[Question]:
    events, indicators = _events(asking), _indicators(asking.rule, asking.stored, asking.known)
    windows, binder = asking.arrivals.windows, Binder()
    new = _matched(_rows(events, asking.arrivals.new(), binder), _rows(indicators, _known(indicators, windows), binder))
    found = [new, _retro(asking, events, indicators, binder)]
    trees = [tree for tree in found if tree is not None]
    if not trees:
        return []
    together = union(trees)
    shown = [*map(column, PLACE), named(call("min", call("tuple", column("_n"), column("_v"))), "_match")]
    tree = exp.Select(expressions=shown).from_(together.subquery(alias="_matched", copy=False))
    tree = tree.group_by(*map(column, PLACE), copy=False).order_by(column("_t"), column("_i"), copy=False)
    return [Statement(tree.limit(most(asking.rule), copy=False), binder.params, asked(asking, {}))]


def _retro(asking: Asking, events: _Side, indicators: _Side, binder: Binder) -> exp.Query | None:
    """Stored events that new indicators match."""
    own, windows = _settings(asking.rule), asking.arrivals.windows
    fresh = {stream: windows[stream].new for stream in indicators.schema.streams if stream in windows}
    if not own.retro_s or not fresh or all(w.after >= w.until for s, w in windows.items() if s in fresh):
        return None
    newest_ms = max(int(instant(windows[stream].until).timestamp() * 1000) for stream in fresh)
    lately = during([Span(newest_ms - own.retro_s * 1000, newest_ms + 86_400_000)])
    before = {stream: ir.And((windows[stream].before, lately)) for stream in events.schema.streams if stream in windows}
    return _matched(_rows(events, before, binder), _rows(indicators, fresh, binder))


def _known(side: _Side, windows: Mapping[str, Window]) -> dict[str, ir.Expr]:
    return {stream: windows[stream].known for stream in side.schema.streams if stream in windows}


def _rows(side: _Side, within: Mapping[str, ir.Expr], binder: Binder) -> exp.Query | None:
    """A row for each alternative that an event has values for: its place, the alternative's number `_n`, the values
    `_v` as one text."""
    settings = Asked(streams=tuple(side.schema.streams), within=within, each_value=True)
    found: list[exp.Query] = []
    for alternative, names in enumerate(side.fields):
        step = ir.Step(side.expr, tuple(field_ref(name, side.schema) for name in names))
        branches = branches_of([step], side.schema, settings, binder)
        if branches:
            keys = key_columns(branches)
            rows = rows_of(branches, keys, 1, settings, binder, lambda own: {})
            shown = [*map(column, PLACE), named(number(alternative), "_n"), named(_text(keys.names), "_v")]
            found.append(exp.Select(expressions=shown).from_(rows.subquery(alias="_rows", copy=False)))
    return union(found) if found else None


def _matched(events: exp.Query | None, indicators: exp.Query | None) -> exp.Query | None:
    """The events with a value of an indicator. Of the indicators only those are kept in memory that some event has."""
    if events is None or indicators is None:
        return None
    own = exp.Select(expressions=[_bits()]).from_(events.copy().subquery(alias="_own", copy=False))
    known = exp.Select(expressions=[_bits()]).from_(indicators.subquery(alias="_indicators", copy=False))
    known = known.where(exp.In(this=_bits(), query=own.subquery(copy=False)), copy=False)
    rows = exp.Select(expressions=[exp.Star()]).from_(events.subquery(alias="_events", copy=False))
    return rows.where(exp.In(this=_bits(), query=known.subquery(copy=False)), copy=False)


def _named(asking: Asking, rows: list[Row]) -> Statement | None:
    """The newest indicator of each match, as `_event`, with `_n` and `_v`."""
    side, binder = _indicators(asking.rule, asking.stored, asking.known), Binder()
    matches = sorted({(int(row["_match"][0]), str(row["_match"][1])) for row in rows})
    read = _rows(side, _known(side, asking.arrivals.windows), binder) if matches else None
    if read is None:
        return None
    newest = call("argMax", call("tuple", *map(column, PLACE)), column("_t"))
    chosen = exp.In(this=column("_v"), expressions=[binder.array([value for _, value in matches])])
    tree = exp.Select(expressions=[column("_n"), column("_v"), named(newest, "_newest")])
    tree = tree.from_(read.subquery(alias="_indicators", copy=False)).where(chosen, copy=False)
    grouped = tree.group_by(column("_n"), column("_v"), copy=False)
    parts = [named(call("tupleElement", column("_newest"), number(at)), name) for at, name in enumerate(PLACE, 1)]
    shown = exp.Select(expressions=[column("_n"), column("_v"), *parts])
    settings = Asked(streams=tuple(side.schema.streams))
    return Statement(shown.from_(grouped.subquery(alias="_found", copy=False)), binder.params, settings, side.schema)


def _hits(asking: Asking, rows: list[Row], indicators: list[Row]) -> Iterator[Hit]:
    """An alert for each event, the indicator beside it; two values whose 64 bits agree by chance match no indicator."""
    by_match = {(int(row["_n"]), str(row["_v"])): row["_event"] for row in indicators}
    for row in rows:
        match = int(row["_match"][0]), str(row["_match"][1])
        if (indicator := by_match.get(match)) is not None:
            pairs = _settings(asking.rule).match[match[0]]
            hit = event_hit(asking.rule, row["_event"])
            enrichments = [_enrichment(asking, indicator, pair.field, match[1], len(pairs)) for pair in pairs]
            also = {"threat": {"enrichments": enrichments}}
            yield replace(hit, also=also)


def _enrichment(asking: Asking, indicator: Row, field: str, value: str, pairs: int) -> Row:
    """ECS `threat.enrichments`: the indicator and what of the event matched it (elastic.co, ECS "Threat fields")."""
    own = {name: value for name, value in indicator.items() if name.startswith("threat.indicator.")}
    read = document(own, asking.schema.registry).get("threat", {}).get("indicator", {})
    matched = {"field": field, "id": indicator["event.id"], "type": "indicator_match_rule"}
    return {"indicator": read, "matched": {**matched, **({"atomic": value} if pairs == 1 else {})}}


def _text(keys: Sequence[str]) -> exp.Expression:
    if len(keys) == 1:
        return column(keys[0])
    return call("toString", exp.array(*map(column, keys), dialect="clickhouse"))


def _bits() -> exp.Expression:
    return call("cityHash64", column("_n"), column("_v"))


EXECUTOR = Executor(
    span_ms=lambda rule, wanted: 3_600_000, plan=_plan, hits=_hits, is_each_round=True, follow_up=_named
)
