"""Folders of rules of all forms at once."""

import json
import os
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.rule_entry import rule_entry
from bartizan.detect.rule_file import load_rule
from bartizan.detect.rulebook import load_rulebook
from tests.detect.conftest import RULE

ELASTIC = {"rule_id": "e-1", "type": "query", "query": "event.action: x"}
SIGMA = "title: S\nid: s-1\nlogsource: {product: aws}\ndetection: {sel: {eventName: X}, condition: sel}\n"


def test_all_forms_are_read_mixed(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.toml").write_text(RULE)
    (tmp_path / "a.match.ndjson").write_text("{}")
    (tmp_path / "deep" / "b.ndjson").write_text(f"{json.dumps(ELASTIC)}\nnot json\n{json.dumps(ELASTIC)}\n")
    (tmp_path / "deep" / "c.yml").write_text(SIGMA)
    (tmp_path / "d.toml").write_text('[rule]\nrule_id = "e-2"\ntype = "query"\nquery = "*"\n')
    (tmp_path / "README.md").write_text("no rule")
    os.mkfifo(tmp_path / "pipe.toml")
    book = load_rulebook([tmp_path], attack)
    assert sorted(book.rules) == ["e-1", "e-2", "r-1", "s-1"]
    assert [problem.where.rpartition("/")[2] for problem in book.problems] == ["b.ndjson:2", "b.ndjson:3"]
    assert "is already the one of" in str(book.problems[1])


def test_our_own_export_of_lines_is_read(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.toml").write_text(RULE)
    own = load_rule(tmp_path / "a.toml", attack)
    (tmp_path / "b.ndjson").write_text(json.dumps(rule_entry(own)))
    (found,) = load_rulebook([tmp_path / "b.ndjson"], attack)
    assert rule_entry(found) == rule_entry(own)


def test_what_is_too_large_is_told(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.toml").write_text("x = 1\n" * 1_000_000)
    (tmp_path / "b.toml").write_text("x = " + "[" * 100_000)
    (tmp_path / "c.ndjson").write_text("{" + " " * 4_000_001)
    book = load_rulebook([tmp_path], attack)
    assert all(isinstance(problem, RuleError) for problem in book.problems)
    assert [Path(problem.where.partition(":")[0]).name for problem in book.problems] == ["a.toml", "b.toml", "c.ndjson"]
