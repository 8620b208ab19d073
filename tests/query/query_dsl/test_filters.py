"""Filters that can't be used say where; those of a public rule corpus, which is not part of this project, compile."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ecs import Registry
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.errors import InvalidValue, QuerySyntaxError, QueryTooLarge, UnknownField, UnsupportedOperation
from bartizan.query.query_dsl.faults import InvalidFilter
from bartizan.query.query_dsl.lower import filters_to_ir
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, NOW

SHARED = os.environ.get("BARTIZAN_SHARED", "")


def bools(depth: int, innermost: Any) -> Any:
    query = innermost
    for _ in range(depth):
        query = {"bool": {"must": [query]}}
    return query


CYCLE: dict[str, Any] = {}
CYCLE["bool"] = CYCLE
WRONG: list[tuple[Any, str, str]] = [
    (
        {"bool": {"must": [{"match_all": {}}, {"fuzzy": {}}]}},
        ".bool.must[1].fuzzy",
        "the query `fuzzy` isn't understood",
    ),
    ({"term": {"user.nam": "x"}}, ".term.user.nam", "did you mean `user.name`?"),
    ({"term": {"source.ip": "nonsense"}}, ".term.source.ip", "is no IP address"),
    ({"term": {"source.ip": {"value": 1}}}, ".term.source.ip.value", "`1` is no IP address"),
    ({"term": {"user.name": None}}, ".term.user.name", "takes a text"),
    ({"term": {"user.name": {"value": "x", "case": 1}}}, ".term.user.name.case", "isn't understood"),
    ({"term": {"user.name": "x", "user.id": "y"}}, ".term", "takes one field"),
    ({"terms": {"user.name": {"index": "i", "id": "1", "path": "p"}}}, ".terms.user.name", "aren't looked up"),
    ({"terms": {"user.name": ["x", ["y"]]}}, ".terms.user.name[1]", "takes a text"),
    ({"range": {"message": {"gt": "a"}}}, ".range.message.gt", "have no order"),
    ({"range": {"@timestamp": {"gt": "soon"}}}, ".range.@timestamp.gt", "is no date"),
    ({"range": {"@timestamp": {"gt": "2024", "format": "dd/MM"}}}, ".range.@timestamp.format", "isn't understood"),
    (
        {"range": {"@timestamp": {"gt": "2024", "time_zone": "Mars"}}},
        ".range.@timestamp.time_zone",
        "no such time zone",
    ),
    ({"range": {"source.bytes": {"gt": 1, "gte": 2}}}, ".range.source.bytes", "one lower and one upper end"),
    ({"wildcard": {"destination.port": "4*"}}, ".wildcard.destination.port", "fit no pattern"),
    ({"regexp": {"user.name": "(a"}}, ".regexp.user.name", "never closed"),
    ({"regexp": {"user.name": {"value": "a<1-2>", "flags": "NONE"}}}, ".regexp.user.name.flags", "aren't understood"),
    ({"match": {"message": {"query": "x", "fuzziness": 1}}}, ".match.message.fuzziness", "isn't understood"),
    ({"query_string": {"query": "a AND"}}, ".query_string.query", "of the text"),
    ({"query_string": {"query": "message:>a"}}, ".query_string.query", "have no order"),
    ({"query_string": {"query": "a", "default_field": "user.name"}}, ".query_string.default_field", "`*` only"),
    (
        {"bool": {"should": [{"match_all": {}}], "minimum_should_match": "3<75%"}},
        ".bool.minimum_should_match",
        "a share",
    ),
    ({"bool": {"adjust_pure_negative": False}}, ".bool.adjust_pure_negative", "only `true`"),
    (
        {"nested": {"path": "dns.answers", "query": {"exists": {"field": "user.name"}}}},
        ".exists.field",
        "is no part of",
    ),
    (
        {"nested": {"path": "dns.answers", "query": {"query_string": {"query": "x"}}}},
        ".query_string",
        "within `nested`",
    ),
    ({"bool": {"mus": []}}, ".bool.mus", "isn't understood"),
    ({"bool": []}, ".bool", "takes an object"),
    ({"nested": {"path": "dns.answers", "query": {"term": {"user.name": "x"}}}}, ".term.user.name", "is no part of"),
    ({"exists": {}}, ".exists", "lacks its `field`"),
    ({"a\nb": {}}, "['a\\nb']", "isn't understood"),
    ({}, "", "an object with one name"),
    ([], "", "an object with one name"),
    ("text", "", "an object with one name"),
    (bools(31, {"match_all": {}}), ".bool", "nest deeper"),
    (bools(3000, {"match_all": {}}), ".bool", "beyond the bounds"),
    (CYCLE, ".bool", "beyond the bounds"),
    ({"term": {"user.name": "\ud800"}}, ".term.user.name", "half a character"),
    ({"term": {"source.bytes": 10**500}}, ".term.source.bytes", "too large"),
    ({"term": {"source.bytes": float("nan")}}, ".term.source.bytes", "too large"),
    ({"term": {"user.name": b"x"}}, ".term.user.name", "can't be read"),
    ({"term": {1: "x"}}, ".term", "no text"),
    ({"terms": {"user.name": ["x"] * 70_001}}, ".terms.user.name[", "beyond the bounds"),
    (
        {"bool": {"should": [{"match_all": {}}] * 30, "minimum_should_match": 15}},
        ".minimum_should_match",
        "combinations",
    ),
]


@pytest.mark.parametrize(("query", "path", "says"), WRONG, ids=[says for _, _, says in WRONG])
def test_a_wrong_filter_says_where(query: Any, path: str, says: str, schema: Schema) -> None:
    with pytest.raises(InvalidFilter) as caught:
        filters_to_ir([{"meta": {}, "query": query}], schema, NOW)
    assert caught.value.where.startswith(("filters[0].query", "..."))
    assert path in caught.value.where
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "path"),
    [
        ([{"meta": {"negate": "perhaps"}, "query": {"match_all": {}}}], "filters[0].meta.negate"),
        ([{"meta": 1, "query": {"match_all": {}}}], "filters[0].meta"),
        ([{"meta": {}}], "filters[0]"),
        ([{"meta": {}, "exists": {"field": "user.name"}, "range": {}}], "filters[0]"),
        ([{"query": {"match_all": {}}, "exists": {"field": "user.name"}}], "filters[0].exists"),
        ([{"query": {"match_all": {}}}, None], "filters[1]"),
        ([{"meta": {"type": "combined", "relation": "XOR", "params": []}}], "filters[0]"),
        ([{"meta": {"type": "combined", "relation": "OR", "params": []}}], "filters[0].meta.params"),
        ({"query": {}}, "filters"),
    ],
)
def test_a_wrong_list_says_where(listed: Any, path: str, schema: Schema) -> None:
    with pytest.raises(InvalidFilter) as caught:
        filters_to_ir(listed, schema, NOW)
    assert caught.value.where == path


@pytest.mark.parametrize(
    ("text", "error", "column", "says"),
    [
        ('{"bool": {"must": [{"fuzzy": {}}]}}', UnsupportedOperation, 21, "at `bool.must[0].fuzzy`"),
        ('{"term": {"user.nam": "x"}}', UnknownField, 11, "did you mean `user.name`?"),
        ('{"term": {"source.ip": "x"}}', InvalidValue, 24, "is no IP address, which `source.ip` holds, at `term"),
        ('[{"meta": {}, "query": {}}]', InvalidValue, 24, "at `filters[0].query`"),
        ('{"term": {"user.name": "x"}} x', QuerySyntaxError, 30, "nothing more was expected"),
        ('{"term": {"user.name": "x", "user.name": "y"}}', QuerySyntaxError, 29, "twice"),
        ('{"term": {user.name: "x"}}', QuerySyntaxError, 11, 'a name in `"` was expected'),
        ('{"term": {"user.name" "x"}}', QuerySyntaxError, 23, "`:` was expected"),
        ('{"term": {"user.name": "x"', QuerySyntaxError, 27, "`,` or `}` was expected"),
        ('{"term": {"user.name": "x}}', QuerySyntaxError, 24, "unterminated string"),
        ('{"term": {"source.bytes": 1e999}}', QuerySyntaxError, 27, "too large"),
        (f'{{"term": {{"source.bytes": {"1" * 5000}}}}}', QuerySyntaxError, 27, "too large"),
        ('{"term": {"source.bytes": NaN}}', QuerySyntaxError, 27, "not `NaN`"),
        ('{"term": {"user.name": "\\ud800"}}', QuerySyntaxError, 24, "half a character"),
        ('{"term": {"user.name": "a\nb"}}', QuerySyntaxError, 26, "invalid control character"),
        ("", QuerySyntaxError, 1, "not the end"),
        ("*", QuerySyntaxError, 1, "not `*`"),
        ('\\"' * 100_000, QuerySyntaxError, 1, "not `\\`"),
        ("[" * 500, QueryTooLarge, 201, "nest deeper"),
        ("[" * 180 + "]" * 180, QueryTooLarge, 152, "levels"),
        (f"[{'1,' * 70_000}1]", QueryTooLarge, 140_000, "more than 70,000 values"),
    ],
)
def test_a_wrong_text_says_where(
    text: str, error: type[QuerySyntaxError], column: int, says: str, schema: Schema
) -> None:
    with pytest.raises(error) as caught:
        to_ir(text, "dsl", schema, NOW)
    assert caught.value.column == column
    assert says in str(caught.value)


def test_many_optional_clauses(schema: Schema) -> None:
    some = [{"term": {"event.action": f"a{number}"}} for number in range(1000)]
    for least in (None, 1, "0"):
        query = {"bool": {"should": some} | ({} if least is None else {"minimum_should_match": least})}
        expr = filters_to_ir([{"query": query}], schema, NOW)
        assert isinstance(expr, ir.In)
        assert len(expr.values) == 1000


def test_filters_of_imported_rules_may_have_unknown_fields(registry: Registry) -> None:
    lenient = Schema({"s": COLUMNS}, registry, unknown_fields="missing")
    listed = [{"meta": {"negate": True}, "query": {"term": {name: "x"}}} for name in ("vendor.own", "source.geo")]
    assert predicate(filters_to_ir(listed, lenient, NOW), lenient, Binder()).sql() == "TRUE"


KEYS = "query meta bool must should must_not minimum_should_match term terms match range gte lt nested path wildcard"
MORE_KEYS = "value exists field query_string regexp prefix negate type params user.name source.ip @timestamp message"
NAMES = st.sampled_from([*KEYS.split(), *MORE_KEYS.split(), "event.severity", "dns.answers.type"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | NAMES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=2),
    max_leaves=12,
)


@settings(max_examples=80)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3) | VALUES, max_size=3))
def test_any_data_is_a_condition_or_refused(schema: Schema, listed: Any) -> None:
    try:
        predicate(filters_to_ir(listed, schema, NOW), schema, Binder()).sql(dialect="clickhouse")
    except InvalidFilter as error:
        assert error.where.startswith("filters")
        assert str(error).isprintable()


def corpus_filters() -> Iterator[list[dict[str, Any]]]:
    file = Path(SHARED) / "corpus" / "elastic-rules.jsonl"
    if not SHARED or not file.exists():
        pytest.skip("BARTIZAN_SHARED names no folder with corpus/elastic-rules.jsonl")
    for line in file.read_text(encoding="utf-8").splitlines():
        rule = json.loads(line)
        yield from (rule[name] for name in ("filters", "threat_filters") if rule.get(name))


def test_all_filters_of_the_corpus_compile(registry: Registry) -> None:
    lenient = Schema({"s": COLUMNS}, registry, unknown_fields="missing")
    count = 0
    for listed in corpus_filters():
        count += len(listed)
        assert filters_to_ir(listed, lenient, NOW) == to_ir(json.dumps(listed), "dsl", lenient, NOW)
        predicate(filters_to_ir(listed, lenient, NOW), lenient, Binder()).sql(dialect="clickhouse")
    assert count >= 20


def test_a_number_beyond_all_others_is_refused_or_is_text(schema: Schema) -> None:
    with pytest.raises(QuerySyntaxError):
        to_ir('{"term": {"source.bytes": ' + "1" * 400 + "}}", "dsl", schema, NOW)
    assert to_ir('{"term": {"user.name": ' + "1" * 400 + "}}", "dsl", schema, NOW)
