"""A rule's file: what it may say, and the message for each way of being wrong."""

from pathlib import Path

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.rule_file import load_rule
from bartizan.detect.rulebook import load_rulebook
from tests.detect.conftest import RULE

WRONG = [
    ('severity = "high"', 'severity = "grave"', "`severity` must be one of low, medium, high, critical"),
    ("risk_score = 73", "risk_score = 101", "`risk_score` must be a whole number from 0 to 100"),
    ("risk_score = 73", "", "key `risk_score` is missing"),
    ('type = "query"', 'type = "spell"', "unknown rule type `spell`"),
    ('index = ["logs-aws.cloudtrail-*"]', "index = []", "`index` must list index patterns"),
    ('name = "Logging stopped"', 'name = ""', "`name` must be a text"),
    ('name = "Logging stopped"', 'name = "x"\nspeed = 3', "unknown key `speed`"),
    ("TA0005/T1562.008", "TA0005/T9999", "T9999"),
    ('name = "Logging stopped"', "name = [", "cannot read it"),
    ("risk_score = 73", "risk_score = true", "`risk_score` must be a whole number"),
    ("risk_score = 73", "risk_score = 73.5", "`risk_score` must be a whole number"),
    ('["logs-aws.cloudtrail-*"]', "[5]", "`index` must be a list of texts"),
    ('["TA0005/T1562.008"]', '"TA0005/T1562.008"', "`attack` must be a list of texts"),
    ('["TA0005/T1562.008"]', "[5]", "`attack` must be a list of texts"),
    ("risk_score = 73", "risk_score = 73\ntags = 5", "`tags` must be a list of texts"),
    ("risk_score = 73", "risk_score = 73\nreferences = [[]]", "`references` must be a list of texts"),
    ("risk_score = 73", "risk_score = 73\nguide = 5", "`guide` must be a text"),
    ("risk_score = 73", "risk_score = 73\nmax_alerts = 0", "`max_alerts` must be a whole number from 1 on"),
    ("risk_score = 73", 'risk_score = 73\nmax_alerts = "x"', "`max_alerts` must be a whole number"),
    ("risk_score = 73", "risk_score = 73\nschedule = 5", "`schedule` must be a table"),
    ("risk_score = 73", "risk_score = 73\nschedule = { every = 5 }", "`5` is not a time span"),
    ("risk_score = 73", 'risk_score = 73\nschedule = { evry = "5m" }', "unknown key `schedule.evry`"),
]


def test_a_rule_has_what_its_file_says(tmp_path: Path, attack: Attack) -> None:
    file = tmp_path / "rule.toml"
    file.write_text(RULE + 'schedule = { every = "1h", lookback = "30s" }\nmax_alerts = 5\n')
    rule = load_rule(file, attack)
    assert (rule.schedule.every_s, rule.schedule.lookback_s, rule.max_alerts) == (3600, 30, 5)
    assert [item.subtechnique.id for item in rule.threats if item.subtechnique] == ["T1562.008"]
    assert rule.index == ("logs-aws.cloudtrail-*",)


@pytest.mark.parametrize(("said", "wrong", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_file(
    tmp_path: Path, attack: Attack, said: str, wrong: str, message: str
) -> None:
    file = tmp_path / "rule.toml"
    file.write_text(RULE.replace(said, wrong))
    with pytest.raises(RuleError) as caught:
        load_rule(file, attack)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_span_that_is_none_is_refused(tmp_path: Path, attack: Attack) -> None:
    file = tmp_path / "rule.toml"
    file.write_text(RULE + 'schedule = { every = "often" }\n')
    with pytest.raises(RuleError, match="`often` is not a time span"):
        load_rule(file, attack)


def test_of_two_rules_with_one_id_the_first_is_kept_and_both_files_are_named(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.toml").write_text(RULE)
    (tmp_path / "b.toml").write_text(RULE)
    (tmp_path / "c.toml").write_text(RULE.replace("r-1", "r-2"))
    book = load_rulebook([tmp_path], attack)
    assert sorted(book.rules) == ["r-1", "r-2"]
    (problem,) = book.problems
    assert str(tmp_path / "a.toml") in str(problem)
    assert str(tmp_path / "b.toml") in str(problem)


def test_a_bad_rule_stops_no_other(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.toml").write_text("not = [toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "c.toml").write_text(RULE)
    book = load_rulebook([tmp_path, tmp_path / "nowhere"], attack)
    assert list(book.rules) == ["r-1"]
    assert len(book.problems) == 3
