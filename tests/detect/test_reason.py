"""The sentence that explains an alert."""

from collections.abc import Mapping

import pytest

from bartizan.detect.executor import Hit
from bartizan.detect.reason import fields, reason
from bartizan.detect.rule import Rule
from tests.detect.conftest import varied

ROW = {"user.name": "", "user.id": "AIDA1", "source.ip": "::ffff:198.51.100.7", "tags": ["a", "b"], "n": 3}


def told(rule: Rule, row: Mapping[str, object], count: int = 1) -> str:
    return reason(rule, Hit(rule, ("e",), "", "", row, count=count))


CASES = [
    ("{user.name|user.id} from {source.ip}", "AIDA1 from 198.51.100.7"),
    ("{user.name} from {nowhere}", "(unknown) from (unknown)"),
    ("{tags} and {n}", "a, b and 3"),
    ("nothing", "nothing"),
    ("{not a place}", "{not a place}"),
]


@pytest.mark.parametrize(("template", "sentence"), CASES)
def test_places_take_the_first_value_there_is(rule: Rule, template: str, sentence: str) -> None:
    assert told(varied(rule, reason=template), ROW) == sentence


@pytest.mark.parametrize("hostile", ["{source.ip}", "{0.__class__}", "{{7*7}}", "${jndi:ldap://x}", "%s", "\\1"])
def test_a_value_is_never_read_as_a_place_again(rule: Rule, hostile: str) -> None:
    assert told(varied(rule, reason="by {user.name}"), {**ROW, "user.name": hostile}) == f"by {hostile}"


def test_long_values_are_cut(rule: Rule) -> None:
    assert told(varied(rule, reason="{user.name}"), {"user.name": "x" * 1000}) == "x" * 120 + "..."


def test_a_rule_without_a_sentence_gets_a_general_one(rule: Rule) -> None:
    assert told(varied(rule, reason=""), {**ROW, "event.action": "StopLogging"}) == (
        "Logging stopped: StopLogging by AIDA1 from 198.51.100.7"
    )


def test_several_events_are_told_by_how_many_and_what_they_share(rule: Rule) -> None:
    row = {"user.name": "{x}", "source.ip": "::ffff:198.51.100.7"}
    assert told(varied(rule, reason=""), row, count=12) == (
        "Logging stopped: 12 events of user.name {x}, source.ip 198.51.100.7"
    )


def test_fields_of_a_sentence() -> None:
    assert fields("{user.name|user.id} did {event.action}") == ("user.name", "user.id", "event.action")
