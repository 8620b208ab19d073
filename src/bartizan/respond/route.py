"""Which alerts go to which connectors: by severity, rule and tag, and as their rules choose."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bartizan.connector_config import NotifyRoute
from bartizan.respond.actions import CONNECTOR, Action
from bartizan.respond.document import value
from bartizan.respond.notification import SEVERITIES, severity


@dataclass(frozen=True, slots=True)
class Routed:
    """An alert that is to go to a connector."""

    connector: str
    alert: Mapping[str, Any]
    every_s: int = 0
    """Least seconds between two notifications of its rule by this connector; 0 is any."""
    action: Action | None = None
    """What the connector is asked to do about the alert; None to tell it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rule itself wants for its alerts; all of it allowed."""

    connectors: tuple[str, ...] = ()
    every_s: int = 0
    """Least seconds between two notifications of the rule by one of them; 0 is any."""
    actions: tuple[Action, ...] = ()
    """Each names the `connector` that is to carry it out."""


def route(
    alerts: Iterable[Mapping[str, Any]], routes: Sequence[NotifyRoute], chosen: Mapping[str, Choice]
) -> Iterator[Routed]:
    """Each alert with each connector that it goes to, once: by the routes that take it, and as its rule itself chooses
    (`chosen`, by the rule's id), whose pace goes before. Building blocks go nowhere but where their rule sends them.
    Then what is to be done about it."""
    for alert in alerts:
        own = chosen.get(str(value(alert, "rule.id")), _NO_CHOICE)
        paced = dict.fromkeys(own.connectors, own.every_s)
        named = (name for one in routes if takes(one, alert) for name in one.connectors)
        for connector, every_s in {**dict.fromkeys(named, 0), **paced}.items():
            yield Routed(connector, alert, every_s)
        for action in own.actions:
            yield Routed(str(action.parameters[CONNECTOR]), alert, action=action)


_NO_CHOICE = Choice()


def takes(one: NotifyRoute, alert: Mapping[str, Any]) -> bool:
    """Whether an alert goes along a route."""
    if value(alert, "alert.building_block_type"):
        return False
    if SEVERITIES.index(severity(alert)) < SEVERITIES.index(one.min_severity):
        return False
    if one.rules and not any(_fits(pattern, str(value(alert, "rule.id"))) for pattern in one.rules):
        return False
    return not one.tags or not set(one.tags).isdisjoint(_tags(alert))


def _fits(pattern: str, rule: str) -> bool:
    """Only `*` is special in a pattern."""
    return fnmatchcase(rule, pattern.replace("[", "[[]").replace("?", "[?]"))


def _tags(alert: Mapping[str, Any]) -> set[str]:
    """A rule's tags: a list, or one text with commas as the store has it."""
    found = value(alert, "rule.category")
    if isinstance(found, str):
        return {tag.strip() for tag in found.split(",")}
    return set(map(str, found)) if isinstance(found, list) else set()
