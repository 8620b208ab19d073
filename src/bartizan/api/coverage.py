"""`/rules/coverage`: which techniques of ATT&CK the rules look for, and whether there is data to find them in."""

from typing import Any

from pydantic import BaseModel

from bartizan.api.route import Route, Served, Serving
from bartizan.detect.attack.registry import ATTACK_VERSION
from bartizan.detect.coverage import Covered, coverage, stored_data
from bartizan.detect.coverage_layer import coverage_layer, coverage_rows
from bartizan.detect.meaning import Knowledge


class TechniqueCoverage(BaseModel):
    """A technique, used for one tactic."""

    tactic: str
    technique: str
    name: str
    rules: int
    with_data: int
    """Of the rules, those that read a stream that has events."""
    last_run: str | None
    """When one of the rules last ran; null for never."""
    rule_ids: list[str]


class Coverage(BaseModel):
    """What the rules cover."""

    attack_version: str
    techniques: list[TechniqueCoverage]


async def rule_coverage(serving: Serving) -> Coverage:
    """List techniques with their rules, those that have data, and the last run."""
    covered = await serving.threads.call(_covered, serving)
    rows = [TechniqueCoverage.model_validate(row) for row in coverage_rows(covered)]
    return Coverage(attack_version=ATTACK_VERSION, techniques=rows)


async def navigator_layer(serving: Serving) -> dict[str, Any]:
    """Read the same as a layer for the ATT&CK Navigator, format 4.5."""
    return coverage_layer(await serving.threads.call(_covered, serving))


def _covered(serving: Served) -> tuple[Covered, ...]:
    services = serving.services
    data = stored_data(services.schema(), services.detection.ledger)
    return coverage(services.rulebook, data, Knowledge(services.clock()))


ROUTES = (
    Route("GET", "/rules/coverage", rule_coverage, Coverage),
    Route("GET", "/rules/coverage/navigator", navigator_layer, dict[str, Any]),
)
