"""What rules want told and done: honoured as far as who declared it may, and as connectors are there."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.responses import finds
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.pipeline.responses import Declaring, Responding, responding
from bartizan.respond.route import Choice
from bartizan.state.rule_responses import SetResponses
from tests.detect.conftest import RULE

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ISOLATE = {"type": "isolate_host", "connector": "soar"}
ALL = frozenset({"respond:isolate_host", "respond:notify"})
THERE = Declaring(frozenset({"soc", "soar"}))


@pytest.fixture(scope="module")
def attack() -> Attack:
    return load_attack()


@pytest.fixture
def rule(tmp_path: Path, attack: Attack) -> Rule:
    """One whose file wants both."""
    file = tmp_path / "rule.toml"
    wanted = 'notify = { connectors = ["soc", "gone"], every = "1h" }\n[[actions]]\ntype = "isolate_host"\n'
    file.write_text(f'{RULE}\n{wanted}connector = "soar"\n')
    return load_rule(file, attack)


def of(rule: Rule, declaring: Declaring, **stored: Any) -> Responding:
    known = {"notify": None, "actions": None, "finds": finds(rule), "updated_at": NOW, "updated_by": "me"}
    own = {rule.id: SetResponses(**{**known, **stored})} if stored else {}
    return responding([rule], own, declaring)[rule.id]


def test_an_unknown_connector_is_told_and_the_others_are_used(rule: Rule) -> None:
    found = of(replace(rule, actions=()), THERE)
    assert (found.choice, found.problems) == (Choice(("soc",), 3600), ("there is no connector `gone`",))


def test_actions_of_files_are_honoured_only_where_files_may_declare_them(rule: Rule) -> None:
    own = replace(rule, notify=None)
    refused = of(own, replace(THERE, api=ALL))
    assert refused.choice == Choice()
    assert refused.actions == (ISOLATE,)
    assert "`isolate_host` needs the privilege `respond:isolate_host`, which `respond.file_priv" in refused.problems[0]
    allowed = of(own, replace(THERE, files=ALL))
    assert ([one.kind.type for one in allowed.choice.actions], allowed.problems) == (["isolate_host"], ())


def test_what_people_declared_goes_before_the_file_and_needs_their_privilege(rule: Rule) -> None:
    other = [{"type": "notify", "connectors": ["soc"]}]
    honoured = of(rule, replace(THERE, api=ALL), notify={"connectors": ["soar"]}, actions=other)
    assert (honoured.choice, honoured.problems) == (Choice(("soar", "soc")), ())
    taken_back = of(rule, replace(THERE, files=ALL), notify={}, actions=other)
    assert (taken_back.choice, len(taken_back.problems)) == (Choice(), 1)
    assert "`respond.api_privileges` does not give" in taken_back.problems[0]


def test_actions_are_for_what_the_rule_found_when_they_were_declared(rule: Rule) -> None:
    changed = replace(rule, query="event.action: *", notify=None)
    found = of(changed, replace(THERE, api=ALL), actions=[ISOLATE], finds=finds(rule))
    assert (found.choice, len(found.problems)) == (Choice(), 1)
    assert "declared anew" in found.problems[0]


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([{"type": "isolate_host"}], "`connector` names nobody"),
        ([{"type": "isolate_host", "connector": "gone"}], "there is no connector `gone`"),
        ([{"type": "format_disk"}], "there is no action `format_disk`"),
        ([ISOLATE, {"type": "kill_process", "connector": "soar"}], "`kill_process` needs the privilege"),
    ],
)
def test_actions_that_can_not_be_are_told(rule: Rule, actions: list[dict[str, Any]], said: str) -> None:
    found = of(replace(rule, notify=None), replace(THERE, api=ALL), actions=actions)
    assert found.choice.actions == ()
    assert said in found.problems[0]


def test_rules_that_want_nothing_are_not_told(rule: Rule) -> None:
    assert responding([replace(rule, notify=None, actions=())], {}, THERE) == {}
