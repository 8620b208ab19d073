"""`/rules`: the rules that are loaded, those whose files are not valid, and one rule by its id."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from bartizan.api.errors import NotFound, Problem, problem_of
from bartizan.api.route import Route, Served, Serving
from bartizan.detect.document import threat
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.schedule import NEW


class RuleOrigin(BaseModel):
    """The pack that a rule is of."""

    model_config = ConfigDict(from_attributes=True)

    pack: str
    """Id."""
    version: str
    is_tuned: bool
    """Whether it was changed here."""


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
    enabled: bool
    """Whether it runs."""
    origin: RuleOrigin | None
    """Null for a rule that is of no pack."""


class RuleOutcome(BaseModel):
    """How a rule's runs went since the server started."""

    last_run: datetime | None
    last_success: datetime | None
    failures: int
    """Runs in a row that failed."""
    last_error: str
    next_try: datetime | None
    """Not before this instant, after failures."""


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
    outcome: RuleOutcome


class Rules(BaseModel):
    """The rules."""

    rules: list[RuleSummary]
    problems: list[Problem]
    """Files that hold no valid rule, with the reason."""


class RuleChange(BaseModel):
    """What of a rule is to change."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None
    """Whether it runs; null is as its file says."""


RuleId = Annotated[str, Path(max_length=200)]


async def rules(serving: Serving) -> Rules:
    """List rules."""
    rulebook = serving.services.rulebook
    off = await serving.threads.call(_off, serving)
    return Rules(
        rules=[RuleSummary.model_validate(_described(rule, rule.id not in off, rulebook)) for rule in rulebook],
        problems=[problem_of(problem) for problem in rulebook.problems],
    )


async def rule(serving: Serving, id: RuleId) -> RuleDetail:
    """Read one rule."""
    found = _found(serving, id)
    return await _detail(serving, found)


async def change_rule(serving: Serving, id: RuleId, asked: RuleChange) -> RuleDetail:
    """Switch a rule on or off.

    A rule that is switched on again sees what arrived meanwhile.
    """
    found = _found(serving, id)
    await serving.threads.call(serving.services.state.rule_states.enable, [id], asked.enabled)
    return await _detail(serving, found)


async def _detail(serving: Served, rule: Rule) -> RuleDetail:
    off = await serving.threads.call(_off, serving)
    outcome = asdict(serving.services.detection.outcomes.get(rule.id, NEW))
    described = _described(rule, rule.id not in off, serving.services.rulebook)
    return RuleDetail.model_validate({**described, "outcome": outcome})


def _off(serving: Served) -> set[str]:
    """Ids of the rules that people have switched off."""
    states = serving.services.state.rule_states.all()
    return {id for id, state in states.items() if state.enabled is False}


def _found(serving: Served, id: str) -> Rule:
    found = serving.services.rulebook.rules.get(id)
    if found is None:
        raise NotFound("there is no rule by this id", where="id")
    return found


def _described(rule: Rule, is_on: bool, rulebook: Rulebook) -> dict[str, Any]:
    origin = rulebook.origins.get(rule.id)
    return {**asdict(rule), "threat": threat(rule.threats), "enabled": is_on, "origin": origin}


ROUTES = (
    Route("GET", "/rules", rules, Rules),
    Route("GET", "/rules/{id}", rule, RuleDetail),
    Route("PATCH", "/rules/{id}", change_rule, RuleDetail),
)
