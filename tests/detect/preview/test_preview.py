"""What rules would have found: the same as what they find, over the period asked for, with nothing stored."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview import shared
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.result import Preview, Progress, RulePreview
from bartizan.detect.preview.run import previewed
from bartizan.detect.preview.select import as_asked
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.detect.runner import Evaluator
from bartizan.detect.tuning import Tuning
from bartizan.engine.errors import StatementRefused
from bartizan.query.budget import Budget, SearchCancelled
from bartizan.state.database import sqlite_url
from bartizan.state.list_values import ValueType
from bartizan.state.stores import open_state
from tests.detect.store import NOW, DetectStore, record

HEAD = """
name = "A rule"
severity = "high"
risk_score = 73
description = "What it finds."
"""
RULES = {
    "query": 'type = "query"\nlanguage = "kql"\nquery = "event.action: ConsoleLogin"',
    "wide": 'type = "query"\nlanguage = "kql"\nquery = "event.action: *"',
    "threshold": """
type = "threshold"
language = "kql"
query = "event.action: ConsoleLogin"
[threshold]
fields = ["user.name"]
count = 3
span = "5m"
""",
    "sequence": """
type = "eql"
query = 'sequence by user.name with maxspan=5m [any where event.action == "A"] [any where event.action == "B"]'
""",
    "missing": """
type = "eql"
query = 'sequence by user.name with maxspan=5m [any where event.action == "A"] ![any where event.action == "B"]'
""",
    "terms": """
type = "new_terms"
language = "kql"
query = "event.action: ConsoleLogin"
[new_terms]
fields = ["source.ip"]
history = "1h"
""",
    "suppressed": """
type = "query"
language = "kql"
query = "event.action: ConsoleLogin"
[suppress]
by = ["user.name"]
span = "1h"
""",
    "table": """
type = "esql"
query = "FROM {stream} | STATS n = COUNT(*) BY user.name | WHERE n > 2"
""",
    "rows": """
type = "esql"
query = "FROM {stream} METADATA _id | WHERE event.action == \\"A\\""
""",
}
"""One rule of each type that needs no stream beside."""


def at(hour: int, minute: int, number: int, action: str, **changes: Any) -> dict[str, Any]:
    return record(number, action, eventTime=f"2026-03-01T{hour:02d}:{minute:02d}:00Z", **changes)


def by(user: str) -> dict[str, Any]:
    return {"userIdentity": {"type": "IAMUser", "userName": user}}


EVENTS = [
    at(8, 0, 1, "ConsoleLogin"),
    at(9, 58, 2, "A"),
    at(9, 59, 3, "ConsoleLogin", sourceIPAddress="192.0.2.1"),
    *(at(10, minute, 10 + minute, "ConsoleLogin") for minute in range(4)),
    at(10, 1, 20, "B"),
    at(10, 20, 21, "A", **by("bob")),
    at(10, 30, 22, "A"),
    at(10, 31, 23, "B"),
    at(11, 0, 24, "ConsoleLogin", sourceIPAddress="192.0.2.9", **by("bob")),
    at(11, 30, 25, "ConsoleLogin", sourceIPAddress="192.0.2.9"),
]
ALL = Period(0, int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000))
HOUR = Period(
    int(datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp() * 1000),
    int(datetime(2026, 3, 1, 11, tzinfo=UTC).timestamp() * 1000),
)


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """Events of four hours, in three objects."""
    made = make_store()
    for start in range(0, len(EVENTS), 6):
        made.add(*EVENTS[start : start + 6])
    return made


@pytest.fixture(scope="module")
def rules(store: DetectStore, attack: Attack, tmp_path_factory: pytest.TempPathFactory) -> list[Rule]:
    folder = tmp_path_factory.mktemp("rules")
    return [made(folder, attack, store, id, text) for id, text in RULES.items()]


def made(folder: Path, attack: Attack, store: DetectStore, id: str, text: str) -> Rule:
    file = folder / f"{id}.toml"
    index = "" if 'type = "esql"' in text else 'index = ["{stream}"]\n'
    file.write_text(f'id = "{id}-{store.namespace}"\n{HEAD}{index}{text}'.replace("{stream}", store.stream))
    return load_rule(file, attack)


def evaluator(store: DetectStore, budget: Budget = Budget()) -> Evaluator:  # noqa: B008 - frozen
    return Evaluator(store.engine, store.schema(), Knowledge(NOW), budget)


def preview(store: DetectStore, rules: list[Rule], period: Period, budget: Budget = Budget()) -> Preview:  # noqa: B008
    *progress, last = previewed(evaluator(store, budget), rules, period)
    assert isinstance(last, Preview)
    assert all(isinstance(one, Progress) for one in progress)
    assert progress[-1].done == progress[-1].total  # type: ignore[union-attr]
    return last


def named(found: Preview) -> dict[str, RulePreview]:
    return {one.id.rpartition("-")[0]: one for one in found.rules}


def test_over_everything_it_is_what_the_rules_find(store: DetectStore, rules: list[Rule]) -> None:
    found = preview(store, rules, ALL)
    assert [one.error for one in found.rules if one.error] == []
    assert DetectionLedger(store.engine).watermarks(store.stream) == {}
    assert store.alerts.latest("1970-01-01 00:00:00", (), 10) == []
    counts = {one.id: one.alerts for one in found.rules}
    stored = [alert for detected in store.detection(rules).run() for alert in detected.alerts]
    assert counts == {rule.id: sum(alert["rule"]["id"] == rule.id for alert in stored) for rule in rules}
    assert all(counts.values())
    shown = {sample["alert"]["id"] for one in found.rules for sample in one.samples}
    assert shown <= {alert["alert"]["id"] for alert in stored}


def test_a_period_counts_what_happened_in_it_and_looks_back_before(store: DetectStore, rules: list[Rule]) -> None:
    found = named(preview(store, rules, HOUR))
    assert {id: one.alerts for id, one in found.items()} == {
        "query": 4,
        "wide": 8,
        "threshold": 1,
        "sequence": 2,
        "missing": 1,
        "terms": 1,
        "suppressed": 1,
        "table": 1,
        "rows": 2,
    }
    assert (found["suppressed"].matched, found["suppressed"].suppressed) == (4, 3)


def test_counts_entities_and_samples(store: DetectStore, rules: list[Rule]) -> None:
    found = preview(store, rules[:1], HOUR)
    (one,) = found.rules
    assert (found.bucket_s, len(found.buckets), found.events) == (300, 12, 8)
    assert found.buckets[0] == "2026-03-01T10:00:00Z"
    assert one.histogram == found.histogram == (4, *(0,) * 11)
    assert (one.per_day, one.share, one.cut, one.matched) == (96.0, 0.5, 0, 4)
    assert [(name, top[0].value, top[0].alerts) for name, top in one.entities.items()] == [
        ("user.name", "alice", 4),
        ("source.ip", "198.51.100.7", 4),
        ("cloud.region", "eu-west-1", 4),
        ("event.action", "ConsoleLogin", 4),
    ]
    assert [sample["alert"]["events"] for sample in one.samples] == [["event-13"], ["event-12"], ["event-11"]]


def test_what_exceeds_max_alerts_is_counted_on(store: DetectStore, tmp_path: Path, attack: Attack) -> None:
    rule = made(tmp_path, attack, store, "few", f"max_alerts = 2\n{RULES['wide']}")
    (one,) = preview(store, [rule], ALL).rules
    assert (one.alerts, one.cut, one.is_least) == (len(EVENTS), len(EVENTS) - 2, False)


def test_slices_of_time_add_up(store: DetectStore, rules: list[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = preview(store, rules[:2], HOUR)
    monkeypatch.setattr("bartizan.detect.preview.slices.SLICE_EVENTS", 1)
    assert preview(store, rules[:2], HOUR) == whole


TERMS = 5_000
WRONG = 'type = "query"\nlanguage = "kql"\nquery = "user.nmae: alice"'


def test_rules_at_fault_are_told_and_the_others_go_on(
    store: DetectStore, rules: list[Rule], tmp_path: Path, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = " or ".join(f"a{number}" for number in range(TERMS))
    heavy = f'type = "query"\nlanguage = "kql"\nquery = \'event.action: ({terms} or ConsoleLogin)\''
    added = [made(tmp_path, attack, store, id, text) for id, text in (("wrong", WRONG), ("heavy", heavy))]
    count = shared._count

    def failing(engine: Any, window: Any, planned: Any, *rest: Any) -> None:
        if any(plan.rule.id == rules[1].id for plan in planned):
            raise StatementRefused("too much")
        count(engine, window, planned, *rest)

    monkeypatch.setattr(shared, "_count", failing)
    found = named(preview(store, [*rules[:2], *added], HOUR))
    assert {id for id, one in found.items() if one.error} == {"wrong", "wide"}
    assert "did you mean `user.name`" in found["wrong"].error
    assert found["heavy"].alerts == found["query"].alerts == 4


def test_a_rule_beyond_its_budget_is_told(store: DetectStore, rules: list[Rule]) -> None:
    found = named(preview(store, rules, ALL, Budget(max_rows=5)))
    assert "would read more than 5 rows" in found["sequence"].error


def test_it_ends_when_it_is_cancelled(store: DetectStore, rules: list[Rule]) -> None:
    told = iter([False, False, True])
    with pytest.raises(SearchCancelled):
        list(previewed(evaluator(store), rules, ALL, lambda: next(told)))


def test_nothing_stored_is_nothing_found(store: DetectStore, rules: list[Rule]) -> None:
    found = preview(store, rules, Period(0, 60_000))
    assert (found.alerts, found.events, set(found.histogram)) == (0, 0, {0})
    assert preview(store, [], HOUR).histogram == (0,) * 12


def test_exceptions_count_and_a_rule_that_is_off_is_previewed(
    store: DetectStore, rules: list[Rule], tmp_path: Path
) -> None:
    with closing(open_state(sqlite_url(tmp_path / "control.sqlite"), lambda: NOW)) as state:
        listed = state.value_lists.create("known", ValueType.IP, "", "me")
        state.value_lists.add(listed.id, [b"192.0.2.9"], "me")
        shared = state.exceptions.create("shared", "", "me")
        condition = {"field": "source.ip", "operator": "in_list", "values": ["known"]}
        state.exceptions.add_entry(shared.id, {"name": "n", "conditions": [condition], "rules": [rules[0].id]}, "me")
        state.rule_states.enable([rules[0].id], False)
        counts = {}
        for without in (False, True):
            tuned = as_asked(rules[:2], Tuning(state), NOW, without)
            known = replace(evaluator(store), known=Knowledge(NOW, tuned.lists))
            *_, found = previewed(known, tuned.rules, ALL, off=tuned.off)
            assert isinstance(found, Preview)
            counts[without] = {
                id: (one.alerts, one.exceptions, one.is_off, one.error) for id, one in named(found).items()
            }
    assert counts == {
        False: {"query": (6, 1, True, ""), "wide": (len(EVENTS), 0, False, "")},
        True: {"query": (8, 0, True, ""), "wide": (len(EVENTS), 0, False, "")},
    }
