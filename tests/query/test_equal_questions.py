"""The questions of `equal_questions.toml` find the same events in every language."""

import tomllib
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.language import language_of
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import DATABASE, HERE, NOW, Ask, matching_ids

QUESTIONS: list[dict[str, Any]] = tomllib.loads((HERE / "equal_questions.toml").read_text(encoding="utf-8"))["question"]
LANGUAGES = ("kql", "lucene", "eql", "esql")
BEFORE = {"eql": "any where "}
CELLS_FOR_A_REASON = 10
"""At most one cell in so many may have a reason in the place of a query."""


@pytest.mark.parametrize("question", QUESTIONS, ids=[question["asks"] for question in QUESTIONS])
def test_every_language_finds_the_same_events(question: dict[str, Any], schema: Schema, ask: Ask) -> None:
    asked = {language: question[language] for language in LANGUAGES if isinstance(question[language], str)}
    known: dict[str, list[str]] = {}
    found = {
        language: _find_table(text, language, schema, ask)
        if language_of(language).table
        else _find(BEFORE.get(language, "") + text, language, schema, ask, known)
        for language, text in asked.items()
    }
    assert found == dict.fromkeys(asked, question["ids"])


def _find(query: str, language: str, schema: Schema, ask: Ask, known: dict[str, list[str]]) -> list[str]:
    """What a condition finds; the engine is asked once for conditions that are the same."""
    binder = Binder()
    tree = predicate(to_ir(query, language, schema, NOW), schema, binder)
    statement = f"{tree.sql(dialect='clickhouse')} {binder.params}"
    if statement not in known:
        known[statement] = matching_ids(ask, tree, binder)
    return known[statement]


def _find_table(condition: str, language: str, schema: Schema, ask: Ask) -> list[str]:
    table = language_of(language).table
    assert table is not None
    text = f"FROM logs-all-default | WHERE {condition} | KEEP event.id | SORT event.id"
    found = table(text, schema, NOW, Reading(database=DATABASE))
    return [row[found.columns[0].id] for row in ask(found.tree, found.params)]


def test_every_question_is_asked_in_every_language() -> None:
    assert len({question["asks"] for question in QUESTIONS}) == len(QUESTIONS) >= 60
    cells = [question[language] for question in QUESTIONS for language in LANGUAGES]
    reasons = [cell["cannot"] for cell in cells if not isinstance(cell, str)]
    assert all(reasons)
    assert len(reasons) * CELLS_FOR_A_REASON <= len(cells)
