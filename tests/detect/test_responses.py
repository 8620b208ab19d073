"""What a rule wants told and done: read with care, left out of what is imported."""

from pathlib import Path

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.responses import finds, without_responses
from bartizan.detect.rule import DeclaredAction, Rule, RuleNotify
from bartizan.detect.rule_file import load_rule
from tests.detect.conftest import RULE, varied

DECLARED = """
notify = { connectors = ["soc"], every = "1h" }
[[actions]]
type = "isolate_host"
comment = "worm"
connector = "soar"
"""


def test_they_are_read(tmp_path: Path, attack: Attack) -> None:
    file = tmp_path / "rule.toml"
    file.write_text(RULE + DECLARED)
    rule = load_rule(file, attack)
    assert rule.notify == RuleNotify(("soc",), 3600)
    assert rule.actions == (DeclaredAction("isolate_host", (("comment", "worm"), ("connector", "soar"))),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('notify = ["soc"]', "must be a table"),
        ("notify = { connectors = [] }", "must name one to"),
        ('notify = { connectors = ["a", "a"] }', "each once"),
        ('notify = { connectors = ["a"], every = "soon" }', "is not a time span"),
        ('notify = { connectors = ["a"], at = "1h" }', "unknown key `notify.at`"),
        ("notify = {}", "key `notify.connectors` is missing"),
        ('actions = "isolate_host"', "must be a list of tables"),
        ("actions = [{}]", "key `actions[0].type` is missing"),
        ('actions = [{ type = "x", n = 1 }]', "must be a text"),
        ('actions = [{ type = "x", n = [1] }]', "must be a list of texts"),
        ("actions = [" + 21 * '{ type = "x" },' + "]", "must be 20 at most"),
    ],
)
def test_what_is_wrong_names_the_key(tmp_path: Path, attack: Attack, text: str, said: str) -> None:
    file = tmp_path / "rule.toml"
    file.write_text(f"{RULE}\n{text}\n")
    with pytest.raises(RuleError) as raised:
        load_rule(file, attack)
    assert said in str(raised.value)


def test_an_import_brings_none_of_them(rule: Rule) -> None:
    actions = (DeclaredAction("isolate_host"), DeclaredAction("kill_process"))
    found = without_responses(Imported(varied(rule, notify=RuleNotify(("soc",)), actions=actions), "x", ("a",)))
    assert (found.rule.notify, found.rule.actions) == (None, ())
    assert found.notes == (
        "a",
        "`notify` is left out, it named soc",
        "`actions` are left out: isolate_host, kill_process",
    )
    assert without_responses(Imported(rule, "x")) == Imported(rule, "x")


def test_what_a_rule_finds_is_told_apart(rule: Rule) -> None:
    assert finds(rule) == finds(varied(rule, severity="low", name="another", tags=()))
    assert finds(rule) != finds(varied(rule, query="event.action: *"))
    assert finds(rule) != finds(varied(rule, index=("logs-*",)))
