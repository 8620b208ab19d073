"""The shared scan: every match once per rule, what can't match left out, and what is cut told."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.detect.arrivals import Window
from bartizan.detect.choosing import choose
from bartizan.detect.findings import Cut
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import Only, Planned
from bartizan.detect.planner import Planner
from bartizan.detect.rule import Rule
from bartizan.detect.runner import by_stream
from bartizan.detect.scan import Match, scan
from bartizan.detect.spans import spans
from bartizan.query.schema import Schema
from tests.detect.conftest import varied
from tests.detect.store import NOW, DetectStore, record

END = "2299-01-01 00:00:00.000"
ACTIONS = ("StopLogging", "DeleteTrail", "DescribeTrails", "PutObject")
HOSTILE = ("'; DROP TABLE x --", '\\"', "{r0:String}", "`event.id`", "\x00", "*", "a\tb\\n")
QUERIES = (
    "event.action: StopLogging",
    "event.action: (StopLogging or DeleteTrail) and event.provider: cloudtrail.amazonaws.com",
    "event.action: Delete*",
    "not event.action: StopLogging",
    "event.provider: s3.amazonaws.com",
    "event.action: DeleteTrail and not user.name: alice",
    "aws.cloudtrail.request_parameters: *name=main* and event.action: PutObject",
    "aws.cloudtrail.flattened.request_parameters.name: main",
    "source.ip: 198.51.100.0/24 and event.outcome: success",
    "event.action: NeverSeen",
)


def planned_for(store: DetectStore, rules: Sequence[Rule]) -> tuple[list[Planned], Schema]:
    schema = store.schema()
    own = [varied(rule, index=(store.stream,)) for rule in rules]
    plans, failed = Planner().plans(own, schema, Knowledge(NOW))
    assert not failed
    return by_stream(plans)[store.stream], schema


def found(store: DetectStore, planned: Sequence[Planned], schema: Schema) -> set[tuple[str, str]]:
    window = Window(store.stream, BEGINNING, END)
    matches = [item for item in scan(store.engine, window, planned, schema) if isinstance(item, Match)]
    pairs = [(match.planned.rule.id, match.row["event.id"]) for match in matches]
    assert len(pairs) == len(set(pairs))
    return set(pairs)


@pytest.fixture
def rules(rule: Rule) -> list[Rule]:
    return [varied(rule, id=f"r-{number}", query=query) for number, query in enumerate(QUERIES)]


@pytest.fixture(scope="module")
def filled(make_store: Callable[[], DetectStore]) -> DetectStore:
    made = make_store()
    made.add(*(record(number, ACTIONS[number % len(ACTIONS)]) for number in range(40)))
    return made


def test_together_they_find_what_each_finds_alone(filled: DetectStore, rules: list[Rule]) -> None:
    planned, schema = planned_for(filled, rules)
    alone = set().union(*(found(filled, [plan], schema) for plan in planned))
    assert found(filled, planned, schema) == alone
    counts = {rule: len([pair for pair in alone if pair[0] == rule]) for rule, _ in alone}
    assert counts == {"r-0": 10, "r-1": 20, "r-2": 10, "r-3": 30, "r-6": 10, "r-7": 40, "r-8": 40}


def test_rules_left_out_are_those_that_cannot_match(filled: DetectStore, rules: list[Rule]) -> None:
    planned, schema = planned_for(filled, rules)
    chosen = choose(filled.engine, Window(filled.stream, BEGINNING, END), planned, schema)
    left_out = {plan.rule.id for plan in planned} - {plan.rule.id for plan in chosen}
    assert left_out == {"r-4", "r-9"}
    assert found(filled, chosen, schema) == found(filled, planned, schema)


@pytest.mark.slow
def test_300_rules_in_one_scan(filled: DetectStore, rule: Rule) -> None:
    many = [varied(rule, id=f"m-{n}", query=f'event.action: StopLogging and not user.name: "u{n}"') for n in range(300)]
    planned, schema = planned_for(filled, many)
    assert len(found(filled, planned, schema)) == 300 * 10


def test_what_is_cut_is_counted(filled: DetectStore, rule: Rule) -> None:
    few = [varied(rule, id="cut", query="*", max_alerts=3), varied(rule, id="whole")]
    planned, schema = planned_for(filled, few)
    findings = list(scan(filled.engine, Window(filled.stream, BEGINNING, END), planned, schema))
    matches = [item.planned.rule.id for item in findings if isinstance(item, Match)]
    assert (matches.count("cut"), matches.count("whole")) == (3, 10)
    assert [(item.rule.id, item.found) for item in findings if isinstance(item, Cut)] == [("cut", 40)]


def test_rows_have_derived_columns(filled: DetectStore, rule: Rule) -> None:
    planned, schema = planned_for(filled, [rule])
    window = Window(filled.stream, BEGINNING, END)
    match = next(item for item in scan(filled.engine, window, planned, schema) if isinstance(item, Match))
    assert match.row["aws.cloudtrail.request_parameters"] == "{name=main}"


def test_hostile_values_stay_values(store: DetectStore, rule: Rule) -> None:
    store.add(*(record(n, "StopLogging", awsRegion=text) for n, text in enumerate(HOSTILE)), record(50, "StopLogging"))
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in HOSTILE]
    rules = [varied(rule, id=f"h-{n}", query=f'cloud.region: "{text}"') for n, text in enumerate(quoted)]
    planned, schema = planned_for(store, rules)
    assert found(store, planned, schema) == {(f"h-{n}", f"event-{n}") for n in range(len(HOSTILE))}


CONDITIONS = st.sampled_from(
    [
        *(f"event.action: {action}" for action in (*ACTIONS, "NeverSeen", "Delete*", "(StopLogging or NeverSeen)")),
        *(f"event.provider: {provider}.amazonaws.com" for provider in ("cloudtrail", "s3", "*")),
        "not event.action: *",
        "user.name: alice",
        "user.name: nobody",
        "event.outcome: success",
    ]
)
PREDICATES = st.recursive(
    CONDITIONS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda one: f"not ({one})")
    ),
    max_leaves=5,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries=st.lists(PREDICATES, min_size=8, max_size=12))
@pytest.mark.slow
def test_no_rule_that_matches_is_left_out(filled: DetectStore, rule: Rule, queries: list[str]) -> None:
    rules = [varied(rule, id=f"p-{number}", query=query) for number, query in enumerate(queries)]
    planned, schema = planned_for(filled, rules)
    chosen = choose(filled.engine, Window(filled.stream, BEGINNING, END), planned, schema)
    assert found(filled, chosen, schema) == found(filled, planned, schema)


def test_rare_rules_are_looked_for_among_few_events(store: DetectStore, rule: Rule) -> None:
    store.add(record(0, "StopLogging"), record(1, "DeleteTrail"), *(record(n, "DescribeTrails") for n in range(2, 20)))
    queries = {"stop": "event.action: StopLogging", "delete": "event.action: Del*", "all": "user.name: alice"}
    planned, schema = planned_for(store, [varied(rule, id=id, query=query) for id, query in queries.items()])
    chosen = choose(store.engine, Window(store.stream, BEGINNING, END), planned, schema)
    rare = Only("event.action", ("DeleteTrail", "StopLogging"))
    assert {plan.rule.id: plan.only for plan in chosen} == {"stop": rare, "delete": rare, "all": None}
    assert found(store, chosen, schema) == found(store, planned, schema)
    assert spans(store.engine, Window(store.stream, BEGINNING, END), chosen, schema) == spans(
        store.engine, Window(store.stream, BEGINNING, END), planned, schema
    )


def test_rules_are_not_chosen_by_what_is_no_text(filled: DetectStore, rule: Rule) -> None:
    planned, schema = planned_for(filled, [rule])
    columns = {**schema.streams[filled.stream], "event.action": "Array(String)", "event.provider": "UInt8"}
    columns["data_stream.dataset"] = "UInt8"
    other = Schema({filled.stream: columns}, schema.registry)
    assert choose(filled.engine, Window(filled.stream, BEGINNING, END), planned, other) == planned
