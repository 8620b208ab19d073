"""The types of rules: which executor a rule has, by its type and what its query asks for."""

from collections.abc import Callable, Mapping

from bartizan.detect.executor import Chosen, Executor
from bartizan.detect.executors import (
    correlation,
    esql,
    events,
    indicator_match,
    machine_learning,
    new_terms,
    sequences,
    suppressed_events,
    threshold,
    windows,
)
from bartizan.detect.meaning import Knowledge, streams_of, wanted_of
from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.schema import Schema

Choose = Callable[[Rule, Schema, Knowledge], Chosen]


def executor_of(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """The executor of a rule and what the rule wants of which streams of `schema`. Raises what `wanted_of` raises."""
    return _BY_TYPE[rule.type](rule, schema, known)


def _query(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """By what is asked for: EQL has events and sequences, Sigma has events and correlations."""
    chosen = streams_of(rule, schema)
    wanted = wanted_of(rule, chosen, known)
    match wanted.what:
        case ir.Sequence() | ir.Sample():
            return Chosen(sequences.EXECUTOR, wanted, chosen)
        case ir.Correlation():
            return Chosen(windows.EXECUTOR, wanted, chosen)
        case _:
            return Chosen(suppressed_events.EXECUTOR if rule.suppression else events.EXECUTOR, wanted, chosen)


def _with(executor: Executor) -> Choose:
    def choose(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
        chosen = streams_of(rule, schema)
        return Chosen(executor, wanted_of(rule, chosen, known), chosen)

    return choose


_BY_TYPE: Mapping[str, Choose] = {
    "query": _query,
    "eql": _query,
    "threshold": _with(threshold.EXECUTOR),
    "new_terms": _with(new_terms.EXECUTOR),
    "indicator_match": indicator_match.choose,
    "esql": esql.choose,
    "correlation": correlation.choose,
    "machine_learning": machine_learning.choose,
}
