"""`/rules`: the rules that are loaded, those whose files are not valid, and one rule by its id."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bartizan.api.actor import Acting
from bartizan.api.errors import NotFound, Problem, problem_of
from bartizan.api.route import Route, Served, Serving
from bartizan.detect.document import threat
from bartizan.detect.responses import MAX_ACTIONS, MAX_CONNECTORS, finds
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.pipeline.responses import NOTHING, Responding
from bartizan.respond.actions import authorise, read_actions
from bartizan.state.outcome import NEW

if TYPE_CHECKING:
    from bartizan.state.rule_states import RuleState


class RuleOrigin(BaseModel):
    """The pack that a rule is of."""

    model_config = ConfigDict(from_attributes=True)

    pack: str
    """Id."""
    version: str
    is_tuned: bool
    """Whether it was changed here."""


class RuleOutcome(BaseModel):
    """How a rule's runs went."""

    last_run: datetime | None
    last_success: datetime | None
    failures: int
    """Runs in a row that failed."""
    last_error: str
    next_try: datetime | None
    """Not before this instant, after failures."""


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
    outcome: RuleOutcome


class RuleNotifyBody(BaseModel):
    """Whom a rule's alerts are told to."""

    model_config = ConfigDict(extra="forbid")

    connectors: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=MAX_CONNECTORS)
    """Their names; none tells nobody but whom the routes tell."""
    every: str = Field(default="", pattern=r"^([0-9]{1,6}[smhd])?$")
    """Least time between two notifications by one connector, `1h`; what comes sooner is told together. Empty tells
    each alert."""


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
    notify: RuleNotifyBody | None
    """Null for nobody but whom the routes tell."""
    actions: list[dict[str, str | list[str]]]
    """What is to be done about its alerts: `type`, and the type's settings."""
    response_problems: list[str]
    """What of these two is not honoured, and why; the rule runs all the same."""


class Rules(BaseModel):
    """The rules."""

    rules: list[RuleSummary]
    problems: list[Problem]
    """Files that hold no valid rule, with the reason."""


class RuleChange(BaseModel):
    """What of a rule is to change."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    """Whether it runs; null is as its file says."""
    notify: RuleNotifyBody | None = None
    """Whom its alerts are told to; null is as its file says."""
    actions: list[dict[str, str | list[str]]] | None = Field(default=None, max_length=MAX_ACTIONS)
    """What is to be done about its alerts; each needs its own privilege (`respond.api_privileges`). Null is as its file
    says. Members that are left out stay as they are."""

    @model_validator(mode="after")
    def _has_one(self) -> "RuleChange":
        if not self.model_fields_set:
            raise ValueError("give what is to change")
        return self


RuleId = Annotated[str, Path(max_length=200)]


async def rules(serving: Serving) -> Rules:
    """List rules."""
    rulebook = serving.services.rulebook
    states = await serving.threads.call(serving.services.state.rule_states.all)
    return Rules(
        rules=[RuleSummary.model_validate(_described(rule, states, rulebook)) for rule in rulebook],
        problems=[problem_of(problem) for problem in rulebook.problems],
    )


async def rule(serving: Serving, id: RuleId) -> RuleDetail:
    """Read one rule."""
    found = _found(serving, id)
    return await _detail(serving, found)


async def change_rule(serving: Serving, acting: Acting, id: RuleId, asked: RuleChange) -> RuleDetail:
    """Switch a rule on or off, and say whom its alerts are told to and what is to be done about them.

    A rule that is switched on again sees what arrived meanwhile. Actions are for what the rule finds now: when its
    query changes, they are put off until they are declared anew.
    """
    found = _found(serving, id)
    await serving.threads.call(_change, serving, found, asked, acting)
    return await _detail(serving, found)


async def _detail(serving: Served, rule: Rule) -> RuleDetail:
    states = await serving.threads.call(serving.services.state.rule_states.all)
    responding = await serving.threads.call(serving.services.responding)
    responses = _responses(responding.get(rule.id, NOTHING))
    return RuleDetail.model_validate({**_described(rule, states, serving.services.rulebook), **responses})


def _change(serving: Served, rule: Rule, asked: RuleChange, by: str) -> None:
    state, given = serving.services.state, asked.model_fields_set
    if "actions" in given and asked.actions is not None:
        where = f"rule {rule.id}"
        authorise(read_actions(asked.actions, where), serving.services.declaring.api, where)
    if "enabled" in given:
        state.rule_states.enable([rule.id], asked.enabled)
    if "notify" in given:
        state.rule_responses.set_notify(rule.id, None if asked.notify is None else _notify(asked.notify), by)
    if "actions" in given:
        state.rule_responses.set_actions(rule.id, asked.actions, finds(rule), by)


def _notify(asked: RuleNotifyBody) -> dict[str, Any]:
    """As a rule's file has it; empty for nobody."""
    if not asked.connectors:
        return {}
    return {"connectors": asked.connectors, **({"every": asked.every} if asked.every else {})}


def _responses(found: Responding) -> dict[str, Any]:
    return {
        "notify": dict(found.notify) or None,
        "actions": [dict(one) for one in found.actions],
        "response_problems": list(found.problems),
    }


def _found(serving: Served, id: str) -> Rule:
    found = serving.services.rulebook.rules.get(id)
    if found is None:
        raise NotFound("there is no rule by this id", where="id")
    return found


def _described(rule: Rule, states: Mapping[str, "RuleState"], rulebook: Rulebook) -> dict[str, Any]:
    state = states.get(rule.id)
    return {
        **asdict(rule),
        "threat": threat(rule.threats),
        "enabled": state is None or state.enabled is not False,
        "origin": rulebook.origins.get(rule.id),
        "outcome": asdict(state.outcome if state else NEW),
    }


ROUTES = (
    Route("GET", "/rules", rules, Rules),
    Route("GET", "/rules/{id}", rule, RuleDetail),
    Route("PATCH", "/rules/{id}", change_rule, RuleDetail),
)
