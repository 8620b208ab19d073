"""`/rules`: the rules that are loaded, those whose files are not valid, and one rule by its id."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from bartizan.api.errors import NotFound, Problem, problem_of
from bartizan.api.route import Route, Served, Serving
from bartizan.detect.document import threat
from bartizan.detect.rule import Rule

if TYPE_CHECKING:
    from bartizan.state.rule_states import RuleState


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
    failures: int
    """Runs in a row that failed."""
    last_error: str
    """Why the last run failed; empty after one that did not."""


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


class RuleChange(BaseModel):
    """What of a rule is to change."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None
    """Whether it runs; null is as its file says."""


RuleId = Annotated[str, Path(max_length=200)]


async def rules(serving: Serving) -> Rules:
    """List rules."""
    rulebook = serving.services.rulebook
    states = await serving.threads.call(serving.services.state.rule_states.all)
    return Rules(
        rules=[RuleSummary.model_validate(_described(rule, states)) for rule in rulebook],
        problems=[problem_of(problem) for problem in rulebook.problems],
    )


async def rule(serving: Serving, id: RuleId) -> RuleDetail:
    """Read one rule."""
    found = _found(serving, id)
    states = await serving.threads.call(serving.services.state.rule_states.all)
    return RuleDetail.model_validate(_described(found, states))


async def change_rule(serving: Serving, id: RuleId, asked: RuleChange) -> RuleDetail:
    """Switch a rule on or off.

    A rule that is switched on again sees what arrived meanwhile.
    """
    found = _found(serving, id)
    store = serving.services.state.rule_states
    await serving.threads.call(store.enable, [id], asked.enabled)
    return RuleDetail.model_validate(_described(found, await serving.threads.call(store.all)))


def _found(serving: Served, id: str) -> Rule:
    found = serving.services.rulebook.rules.get(id)
    if found is None:
        raise NotFound("there is no rule by this id", where="id")
    return found


def _described(rule: Rule, states: Mapping[str, "RuleState"]) -> dict[str, Any]:
    state = states.get(rule.id)
    return {
        **asdict(rule),
        "threat": threat(rule.threats),
        "enabled": state is None or state.enabled is not False,
        "failures": state.outcome.failures if state else 0,
        "last_error": state.outcome.last_error if state else "",
    }


ROUTES = (
    Route("GET", "/rules", rules, Rules),
    Route("GET", "/rules/{id}", rule, RuleDetail),
    Route("PATCH", "/rules/{id}", change_rule, RuleDetail),
)
