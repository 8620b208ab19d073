"""The questions of `equal_questions.toml` find the same events in every language."""

import tomllib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.language import FRONT_ENDS
from bartizan.query.schema import Schema
from tests.query.conftest import DATABASE, HERE, NOW, Ask, matching_ids

QUESTIONS: list[dict[str, Any]] = tomllib.loads((HERE / "equal_questions.toml").read_text(encoding="utf-8"))["question"]
LANGUAGES = ("kql", "lucene", "eql", "esql")
BEFORE = {"eql": "any where "}
REFUSALS_SHARE = 10
"""At most one cell in so many may be a reason instead of a query."""


def cells() -> Iterator[Any]:
    for question in QUESTIONS:
        for language in LANGUAGES:
            if isinstance(question[language], str):
                yield pytest.param(language, question, id=f"{language}: {question['asks']}")


@pytest.mark.parametrize(("language", "question"), [*cells()])
def test_finds_the_same_events(language: str, question: dict[str, Any], schema: Schema, ask: Ask) -> None:
    find = _find_esql if language == "esql" else _find
    assert find(BEFORE.get(language, "") + question[language], language, schema, ask) == question["ids"]


def _find(query: str, language: str, schema: Schema, ask: Ask) -> list[str]:
    binder = Binder()
    return matching_ids(ask, predicate(to_ir(query, language, schema, NOW), schema, binder), binder)


def _find_esql(condition: str, language: str, schema: Schema, ask: Ask) -> list[str]:
    if language not in FRONT_ENDS:
        pytest.skip("ES|QL isn't among the languages")
    esql = import_module("bartizan.query.esql.compile")
    text = f"FROM logs-all-default | WHERE {condition} | KEEP event.id | SORT event.id"
    table = esql.compile_esql(text, schema, NOW, reading=esql.Reading(database=DATABASE))
    return [next(iter(row.values())) for row in ask(table.tree, table.params)]


def test_every_question_is_asked_in_every_language() -> None:
    assert len({question["asks"] for question in QUESTIONS}) == len(QUESTIONS) >= 60
    reasons = [
        question[language]["cannot"] for question in QUESTIONS for language in LANGUAGES if _refused(question, language)
    ]
    assert all(reasons)
    assert len(reasons) * REFUSALS_SHARE <= len(QUESTIONS) * len(LANGUAGES)


def _refused(question: dict[str, Any], language: str) -> bool:
    return not isinstance(question[language], str)
