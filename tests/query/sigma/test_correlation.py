"""Correlations: what is read of them, and what is refused where."""

import pytest

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.sigma.correlation import CorrelationKind, RuleExpression, SigmaCorrelation, Threshold
from bartizan.query.sigma.rule import read_rules


def correlation(body: str) -> SigmaCorrelation:
    (found,) = read_rules("title: c\nname: c\ncorrelation:\n" + "".join(f"  {line}\n" for line in body.splitlines()))
    assert isinstance(found, SigmaCorrelation)
    return found


BASE = "rules: [a, b]\ngroup-by: [user.name, source.ip]\ntimespan: 5m\n"
READ = [
    ("event_count", "condition: {gte: 10}", Threshold("gte", 10)),
    ("value_count", "condition: {gt: 3, field: user.name}", Threshold("gt", 3, ("user.name",))),
    (
        "value_count",
        "condition: {eq: 3, field: [user.name, host.name]}",
        Threshold("eq", 3, ("user.name", "host.name")),
    ),
    ("value_sum", "condition: {lt: 1.5, field: source.bytes}", Threshold("lt", 1.5, ("source.bytes",))),
    ("value_avg", "condition: {lte: 2, field: source.bytes}", Threshold("lte", 2, ("source.bytes",))),
    ("value_median", "condition: {neq: 2, field: source.bytes}", Threshold("neq", 2, ("source.bytes",))),
    (
        "value_percentile",
        "condition: {gte: 2, field: source.bytes, percentile: 95}",
        Threshold("gte", 2, ("source.bytes",), 95),
    ),
    ("temporal", "generate: true", Threshold("gte", 2)),
    ("temporal_ordered", "", Threshold("gte", 2)),
    ("temporal", "condition: a and b", RuleExpression("a and b")),
]


@pytest.mark.parametrize(("kind", "rest", "condition"), READ)
def test_read(kind: str, rest: str, condition: Threshold | RuleExpression) -> None:
    found = correlation(f"type: {kind}\n{BASE}{rest}")
    assert (found.kind, found.rules, found.condition) == (CorrelationKind(kind), ("a", "b"), condition)
    assert (found.group_by, found.timespan_s) == (("user.name", "source.ip"), 300)
    assert found.generate is (rest == "generate: true")


def test_aliases() -> None:
    found = correlation(f"type: temporal\n{BASE}aliases: {{ip: {{a: source.ip, b: destination.ip}}}}")
    assert found.aliases == (("ip", (("a", "source.ip"), ("b", "destination.ip"))),)


REFUSED = [
    ("type: sometimes\n" + BASE, "type", 4),
    ("type: event_count\nrules: [a]\ntimespan: soon\ncondition: {gte: 1}", "Timespan", 6),
    ("type: event_count\nrules: [a]\ntimespan: 99999d\ncondition: {gte: 1}", "ten years", 6),
    ("type: event_count\nrules: [a]\ncondition: {gte: 1}", "timespan", 3),
    ("type: event_count\nrules: 5\ntimespan: 5m\ncondition: {gte: 1}", "`rules` is", 5),
    ("type: event_count\nrules: []\ntimespan: 5m\ncondition: {gte: 1}", "1 to 100 rules", 5),
    ("type: event_count\n" + BASE + "condition: {gte: 1, lt: 5}", "exactly one", 8),
    ("type: event_count\n" + BASE + "condition: {gte: many}", "count", 8),
    ("type: value_count\n" + BASE + "condition: {gte: 1}", "field reference", 3),
    ("type: value_percentile\n" + BASE + "condition: {gte: 1, field: a}", "percentile", 8),
    ("type: value_percentile\n" + BASE + "condition: {gte: 1, field: a, percentile: 200}", "percentile", 8),
    ("type: event_count\n" + BASE + "condition: a and b", "emporal", 8),
    ("type: temporal\n" + BASE + "condition: a and (b", "condition", 8),
    ("type: temporal\n" + BASE + "aliases: {ip: {x: source.ip}}", "none of `rules`", 8),
]


@pytest.mark.parametrize(("body", "message", "line"), REFUSED)
def test_refused(body: str, message: str, line: int) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        correlation(body)
    assert message in str(caught.value)
    assert caught.value.line in (line, 3)
