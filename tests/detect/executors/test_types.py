"""Every type of rule over events that arrive in several runs: what it finds, once, and what its alerts say."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from tests.detect.store import DetectStore, record

HEAD = """
name = "A rule"
severity = "high"
risk_score = 73
description = "What it finds."
"""

Make = Callable[..., Rule]
_numbers = count(1)


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """One store for all tests: each looks at users of its own."""
    return make_store()


@pytest.fixture
def user() -> str:
    """A user that no other test's records have."""
    return f"user{next(_numbers)}"


@pytest.fixture
def make(tmp_path: Path, attack: Attack, store: DetectStore) -> Make:
    """A rule from the text of its file; `{index}` is the store's stream."""

    def made(text: str, id: str = "r", store: DetectStore = store) -> Rule:
        file = tmp_path / f"{id}.toml"
        top = text.partition("\n[")[0]
        index = "" if "index =" in top or 'type = "esql"' in top else 'index = ["{index}"]\n'
        own = f'id = "{id}-{tmp_path.name}"\n{HEAD}{index}{text}'
        file.write_text(own.replace("{index}", store.stream).replace("{namespace}", store.namespace))
        return load_rule(file, attack)

    return made


def at(minute: float, user: str, action: str = "ConsoleLogin", **changes: Any) -> dict[str, Any]:
    """An event of a user, so many minutes after ten."""
    seconds = round(minute * 60)
    time = f"2026-03-01T{10 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
    identity = {"type": "IAMUser", "userName": user}
    return record(next(_numbers), action, eventTime=time, userIdentity=identity, **changes)


def run(store: DetectStore, *rules: Rule) -> list[dict[str, Any]]:
    """New alerts, by time."""
    detected = store.run(rules)
    assert not [str(failed.error) for one in detected for failed in one.failed]
    return sorted((dict(alert) for one in detected for alert in one.alerts), key=lambda alert: str(alert["@timestamp"]))


def ids(alerts: list[Any]) -> list[str]:
    """The alerts' own ids."""
    return [alert["alert"]["id"] for alert in alerts]


THRESHOLD = """
type = "threshold"
language = "kql"
query = "user.name: {user} and event.action: ConsoleLogin"
[threshold]
fields = ["user.name", "source.ip"]
count = 3
span = "5m"
"""


def test_a_threshold_is_reached_over_several_runs_and_in_any_order(store: DetectStore, make: Make, user: str) -> None:
    rule = make(THRESHOLD.replace("{user}", user))
    store.add(at(4, user), at(30, user))
    assert run(store, rule) == []
    store.add(at(1, user))
    assert run(store, rule) == []
    store.add(at(3, user), at(31, user))
    (alert,) = run(store, rule)
    assert alert["alert"]["threshold"] == {"count": 3}
    assert (alert["alert"]["start"], alert["alert"]["end"]) == ("2026-03-01T10:01:00.000Z", "2026-03-01T10:04:00.000Z")
    assert alert["user"]["name"] == user
    assert alert["source"]["ip"] == "198.51.100.7"
    assert alert["alert"]["reason"] == f"A rule: 3 events of user.name {user}, source.ip 198.51.100.7"
    store.add(at(2, user))
    assert run(store, rule) == []


def test_a_threshold_counts_within_its_span_and_by_its_fields(store: DetectStore, make: Make, user: str) -> None:
    rule = make(THRESHOLD.replace("{user}", user))
    store.add(at(0, user), at(4, user), at(8, user), at(1, user, sourceIPAddress="192.0.2.1"))
    assert run(store, rule) == []
    store.add(at(2, user))
    assert len(run(store, rule)) == 1


def test_a_threshold_can_ask_for_different_values(store: DetectStore, make: Make, user: str) -> None:
    text = THRESHOLD.replace("{user}", user).replace('["user.name", "source.ip"]', '["user.name"]')
    rule = make(text + 'cardinality = { field = "source.ip", count = 3 }\n')
    store.add(*(at(minute, user) for minute in range(4)), at(4, user, sourceIPAddress="192.0.2.1"))
    assert run(store, rule) == []
    store.add(at(3, user, sourceIPAddress="192.0.2.2"))
    assert len(run(store, rule)) == 1


SEQUENCE = """
type = "eql"
query = '''sequence by user.name with maxspan=5m
  [any where event.action == "A" and user.name == "{user}"]
  [any where event.action == "B" and user.name == "{user}"]'''
"""


def test_a_sequence_spans_runs_and_its_parts_arrive_in_any_order(store: DetectStore, make: Make, user: str) -> None:
    rule = make(SEQUENCE.replace("{user}", user))
    store.add(at(3, user, "B"))
    assert run(store, rule) == []
    store.add(at(1, user, "A"), at(20, user, "A"))
    (alert,) = run(store, rule)
    assert len(alert["alert"]["events"]) == 2
    assert (alert["alert"]["start"], alert["@timestamp"]) == ("2026-03-01T10:01:00.000Z", "2026-03-01T10:03:00.000Z")
    assert alert["user"]["name"] == user
    assert "action" not in alert["event"]
    store.add(at(24, user, "B"))
    assert len(run(store, rule)) == 1
    assert run(store, rule) == []


@pytest.fixture(scope="module")
def quiet(make_store: Callable[[], DetectStore]) -> DetectStore:
    """A store in which time passes with the events of one test."""
    return make_store()


def test_a_missing_event_is_missing_once_its_time_has_passed(quiet: DetectStore, make: Make, user: str) -> None:
    text = SEQUENCE.replace("{user}", user).replace('[any where event.action == "B"', '![any where event.action == "B"')
    rule, store = make(text, store=quiet), quiet
    store.add(at(0, user, "A"))
    assert run(store, rule) == []
    store.add(at(4, "somebody"))
    assert run(store, rule) == []
    store.add(at(6, "somebody"))
    assert len(run(store, rule)) == 1
    assert run(store, rule) == []


NEW_TERMS = """
type = "new_terms"
language = "kql"
query = "user.name: {user}"
[new_terms]
fields = ["user.name", "event.action"]
history = "1h"
"""


def test_new_terms_are_those_that_nobody_had_before(store: DetectStore, make: Make, user: str) -> None:
    rule = make(NEW_TERMS.replace("{user}", user))
    store.add(at(0, user, "A"), at(1, user, "A"))
    assert [alert["event"]["action"] for alert in run(store, rule)] == ["A"]
    store.add(at(2, user, "A"), at(3, user, "B"))
    assert [alert["event"]["action"] for alert in run(store, rule)] == ["B"]
    store.add(at(50, user, "A"), at(120, user, "A"))
    assert [alert["@timestamp"] for alert in run(store, rule)] == ["2026-03-01T12:00:00.000Z"]


def test_what_is_known_is_not_made_new_by_an_older_event(store: DetectStore, make: Make, user: str) -> None:
    rule = make(NEW_TERMS.replace("{user}", user))
    store.add(at(60, user, "A"))
    assert len(run(store, rule)) == 1
    store.add(at(30, user, "A"))
    assert run(store, rule) == []


ESQL = """
type = "esql"
query = '''FROM {index} METADATA _id | WHERE user.name == "{user}" | EVAL who = TO_UPPER(user.name) | KEEP _id, who'''
"""


def test_rows_of_events_are_alerts_with_all_of_the_event(store: DetectStore, make: Make, user: str) -> None:
    rule = make(ESQL.replace("{user}", user))
    store.add(at(0, user))
    (alert,) = run(store, rule)
    assert (alert["user"]["name"], alert["who"]) == (user, user.upper())
    store.add(at(1, user), at(2, "somebody"))
    assert [alert["@timestamp"] for alert in run(store, rule)] == ["2026-03-01T10:01:00.000Z"]


GROUPED = """
type = "esql"
query = '''FROM {index} | WHERE user.name == "{user}" | STATS n = COUNT(*) BY source.ip, user.name | WHERE n >= 2'''
[esql]
span = "10m"
"""


def test_groups_are_asked_for_when_their_time_is_over(quiet: DetectStore, make: Make, user: str) -> None:
    rule, store = make(GROUPED.replace("{user}", user), store=quiet), quiet
    store.add(at(61, user), at(62, user))
    assert run(store, rule) == []
    store.add(at(71, "somebody"))
    (alert,) = run(store, rule)
    assert (alert["user"]["name"], alert["source"]["ip"], alert["n"]) == (user, "198.51.100.7", 2)
    store.add(at(63, user))
    assert run(store, rule) == []


CORRELATION = """
type = "correlation"
index = ["alerts-detection-{namespace}"]
[correlation]
rules = ["one-{test}", "two-{test}"]
by = ["user.name"]
span = "10m"
"""


@pytest.mark.parametrize(("order", "own"), [("", ""), ("ordered = true\n", ""), ("", "building_block = true\n")])
def test_alerts_of_several_rules_about_one_entity(
    store: DetectStore, make: Make, user: str, tmp_path: Path, order: str, own: str
) -> None:
    query = 'query = "user.name: {user}* and event.action: {action}"\n'.replace("{user}", user)
    simple = f'{own}type = "query"\nlanguage = "kql"\n{query}'
    one, two = make(simple.replace("{action}", "A"), "one"), make(simple.replace("{action}", "B"), "two")
    both = make(CORRELATION.replace("{test}", tmp_path.name) + order, "both")
    store.add(at(0, f"{user}x", "A"), at(1, f"{user}y", "B"), at(2, f"{user}z", "A"))
    assert [alert["rule"]["id"] for alert in run(store, one, two, both) if alert["rule"]["id"] == both.id] == []
    store.add(at(4, f"{user}z", "B"))
    (alert,) = [alert for alert in run(store, one, two, both) if alert["rule"]["id"] == both.id]
    assert alert["user"]["name"] == f"{user}z"
    assert len(alert["alert"]["events"]) == 2
    assert run(store, one, two, both) == []


INDICATORS = """
type = "indicator_match"
language = "kql"
query = "user.name: {user}"
[indicator_match]
index = ["logs-ti_*:{namespace}"]
query = "threat.feed.name: {user}"
match = [
    [{ field = "source.ip", indicator = "threat.indicator.ip" }],
    [
        { field = "event.action", indicator = "threat.indicator.url.domain" },
        { field = "user.name", indicator = "threat.feed.name" },
    ],
]
"""


def indicator(feed: str, **own: Any) -> dict[str, Any]:
    """An indicator as a feed has it."""
    return {"@timestamp": "2026-02-01T00:00:00Z", "threat": {"feed": {"name": feed}, "indicator": own}}


def test_events_meet_indicators_whichever_comes_first(store: DetectStore, make: Make, user: str) -> None:
    rule = make(INDICATORS.replace("{user}", user))
    store.add_indicators(indicator(user, ip="192.0.2.66", confidence="High"), indicator("other", ip="198.51.100.7"))
    store.add(at(0, user), at(1, user, sourceIPAddress="192.0.2.66"), at(2, user, sourceIPAddress="192.0.2.67"))
    (alert,) = run(store, rule)
    (found,) = alert["threat"]["enrichments"]
    assert found["indicator"]["ip"] == "192.0.2.66"
    assert {**found["matched"], "id": ""} == {
        "field": "source.ip",
        "atomic": "192.0.2.66",
        "id": "",
        "type": "indicator_match_rule",
    }
    store.add_indicators(indicator(user, ip="192.0.2.67"))
    assert [alert["source"]["ip"] for alert in run(store, rule)] == ["192.0.2.67"]
    assert run(store, rule) == []


def test_pairs_hold_for_one_indicator(store: DetectStore, make: Make, user: str) -> None:
    rule = make(INDICATORS.replace("{user}", user).replace('"threat.feed.name: {user}"', '"*"'))
    store.add(at(0, user, "evil.example"), at(1, user, "good.example"))
    store.add_indicators(indicator("other", url={"domain": "good.example"}))
    assert run(store, rule) == []
    store.add_indicators(indicator(user, url={"domain": "evil.example"}))
    assert [alert["event"]["action"] for alert in run(store, rule)] == ["evil.example"]


SUPPRESSED = """
type = "query"
language = "kql"
query = "user.name: {user}"
max_alerts = 2
suppress = { by = ["source.ip"], span = "10m" }
"""


def test_suppression_counts_and_comes_before_the_cut(store: DetectStore, make: Make, user: str) -> None:
    rule = make(SUPPRESSED.replace("{user}", user))
    store.add(*(at(minute / 10, user) for minute in range(50)), at(1, user, sourceIPAddress="192.0.2.9"))
    detected = store.run([rule])
    alerts = [alert for one in detected for alert in one.alerts]
    assert sorted(alert["alert"]["suppression"]["count"] for alert in alerts) == [1, 50]
    assert not [cut for one in detected for cut in one.cuts]
    store.add(at(2, user))
    assert run(store, rule) == []
    raised = [shown["alert"]["suppression"]["count"] for shown in map(store.alerts.get, ids(alerts)) if shown]
    assert sorted(raised) == [1, 51]
    store.add(at(11, user))
    assert len(run(store, rule)) == 1


EXCEPTION = """
type = "query"
language = "kql"
query = "user.name: {user}"
[[exceptions]]
name = "the scanner"
{expires}
entries = [
    { field = "source.ip", operator = "in_cidr", values = ["192.0.2.0/24"] },
    { field = "event.action", value = "A" },
]
"""


@pytest.mark.parametrize(("expires", "found"), [("", 2), ("expires = 2020-01-01", 3)])
def test_exceptions_leave_events_out_until_they_expire(
    store: DetectStore, make: Make, user: str, expires: str, found: int
) -> None:
    rule = make(EXCEPTION.replace("{user}", user).replace("{expires}", expires))
    scanner = {"sourceIPAddress": "192.0.2.7"}
    store.add(at(0, user, "A", **scanner), at(1, user, "B", **scanner), at(2, user, "A"))
    assert len(run(store, rule)) == found


def test_the_event_decides_what_the_rule_lets_it(store: DetectStore, make: Make, user: str) -> None:
    text = f'type = "query"\nlanguage = "kql"\nquery = "user.name: {user}"\n'
    override = """
[override]
name = "event.action"
severity = [{ field = "event.action", value = "A", severity = "critical" }]
"""
    store.add(at(0, user, "A"), at(1, user, "B"))
    first, second = run(store, make(text + override))
    assert (first["alert"]["severity"], first["rule"]["name"]) == ("critical", "A")
    assert (second["alert"]["severity"], second["rule"]["name"]) == ("high", "B")


def test_a_rule_that_reads_everything_does_not_read_alerts(store: DetectStore, make: Make, user: str) -> None:
    rule = make(f'index = ["*"]\ntype = "query"\nlanguage = "kql"\nquery = "user.name: {user}"\n')
    store.add(at(0, user))
    assert len(run(store, rule)) == 1
    assert run(store, rule) == []


def test_a_rule_that_cannot_be_asked_stops_no_other(store: DetectStore, make: Make, user: str) -> None:
    bad = make(THRESHOLD.replace("{user}", user).replace('"source.ip"', '"event.original.nothing"'), "bad")
    good = make(THRESHOLD.replace("{user}", user), "good")
    store.add(*(at(minute, user) for minute in range(3)))
    detected = store.run([bad, good])
    assert [alert["rule"]["id"] for one in detected for alert in one.alerts] == [good.id]
    assert json.dumps(store.alerts.latest("2026-01-01 00:00:00", (), 1))
