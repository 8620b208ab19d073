"""What a rule means on each stream: its query as IR per stream, and the values without which it can't match there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.compile import to_ir
from bartizan.query.index_patterns import select_streams
from bartizan.query.passes import run_passes
from bartizan.query.required import required_values
from bartizan.query.schema import Schema

CHOOSING_FIELDS = ("event.provider", "event.action")
"""Columns whose distinct values in a range tell which rules can match there at all."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A rule on one stream."""

    rule: Rule
    expr: ir.Expr
    required: Mapping[str, frozenset[str]]
    """For some of `CHOOSING_FIELDS`: the values of which one must be present."""


def plan_rule(rule: Rule, schema: Schema, now: datetime) -> dict[str, Planned]:
    """The rule on each stream that it reads and can match in. Raises a `QueryError` for a query that is wrong."""
    chosen = select_streams(rule.index, schema.streams)
    if not chosen:
        return {}
    own = schema.only(chosen)
    expr = to_ir(rule.query, rule.language, own, now)
    planned = {}
    for stream in chosen:
        narrowed = run_passes(expr, own.narrow(stream))
        if narrowed != ir.Constant(False):
            planned[stream] = Planned(rule, narrowed, _required(narrowed))
    return planned


def _required(expr: ir.Expr) -> dict[str, frozenset[str]]:
    found = ((field, required_values(expr, field)) for field in CHOOSING_FIELDS)
    return {field: values for field, values in found if values is not None}
