"""`/rules`: the rules that are loaded, those whose files are not valid, and one rule by its id."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel

from bartizan.api.errors import NotFound, Problem, problem_of
from bartizan.api.route import Route, Serving
from bartizan.detect.document import threat
from bartizan.detect.rule import Rule


class RuleSummary(BaseModel):
    """A rule in the list."""

    id: str
    name: str
    type: str
    language: str
    index: list[str]
    severity: str
    risk_score: int
    threat: dict[str, Any]
    """ECS `threat.*`: tactics and techniques of ATT&CK."""
    tags: list[str]


class RuleDetail(RuleSummary):
    """All of a rule."""

    query: str
    description: str
    reason: str
    guide: str
    false_positives: list[str]
    references: list[str]
    schedule: dict[str, int]
    max_alerts: int


class Rules(BaseModel):
    """The rules."""

    rules: list[RuleSummary]
    problems: list[Problem]
    """Files that hold no valid rule, with the reason."""


async def rules(serving: Serving) -> Rules:
    """List rules."""
    rulebook = serving.services.rulebook
    return Rules(
        rules=[RuleSummary.model_validate(_described(rule)) for rule in rulebook],
        problems=[problem_of(problem) for problem in rulebook.problems],
    )


async def rule(serving: Serving, id: Annotated[str, Path(max_length=200)]) -> RuleDetail:
    """Read one rule."""
    found = serving.services.rulebook.rules.get(id)
    if found is None:
        raise NotFound("there is no rule by this id", where="id")
    return RuleDetail.model_validate(_described(found))


def _described(rule: Rule) -> dict[str, Any]:
    return {**asdict(rule), "threat": threat(rule.threats)}


ROUTES = (
    Route("GET", "/rules", rules, Rules),
    Route("GET", "/rules/{id}", rule, RuleDetail),
)
