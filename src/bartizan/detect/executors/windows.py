"""Sigma's correlations: events that share fields fulfil a condition within a window of time.

The alert of a key is one for each span as long as the window: it stays the same alert while more events arrive.
"""

from collections.abc import Iterator, Sequence

from bartizan.detect.executor import Asking, Executor, Hit, Question, Row, Statement
from bartizan.detect.executors.found import asked, date_of, keys_of, most
from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.correlation.bursts import Burst, burst_statement


def burst_question(asking: Asking, burst: Burst, each_value: bool = False) -> list[Question]:
    """The statement that finds a burst's new keys and spans; one row more than the rule may raise alerts for."""
    settings = asked(asking, asking.arrivals.known(burst.window_ms, burst.window_ms), each_value=each_value)
    binder = Binder()
    found = burst_statement(burst, asking.schema, settings, binder, most(asking.rule))
    return [] if found is None else [Statement(found.tree, binder.params)]


def burst_hits(rule: Rule, names: Sequence[str], rows: Sequence[Row]) -> Iterator[Hit]:
    """A hit for each key and span."""
    for row in rows:
        keys = keys_of(row, names)
        ids = tuple(str(event[1]) for event in row["_events"])
        identity = ("burst", *(f"{name}={value}" for name, value in keys.items()), str(row["_bucket"]))
        start, end, count = date_of(row["_start"]), date_of(row["_end"]), int(row["_count"])
        yield Hit(rule, identity, end, start, keys, ids, count)


def _correlation(wanted: ir.Wanted) -> ir.Correlation:
    assert isinstance(wanted.what, ir.Correlation)
    return wanted.what


def _plan(asking: Asking) -> list[Question]:
    what = _correlation(asking.wanted)
    return burst_question(asking, Burst(what.steps, what.window_ms, (what.holds,)))


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    names = [key.name for key in _correlation(asking.wanted).steps[0].keys]
    return burst_hits(asking.rule, names, rows)


EXECUTOR = Executor(span_ms=lambda rule, wanted: _correlation(wanted).window_ms, plan=_plan, hits=_hits)
