"""Which alerts go to which connectors: by severity, rule and tag."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bartizan.connector_config import NotifyRoute
from bartizan.respond.document import value
from bartizan.respond.notification import SEVERITIES, severity


@dataclass(frozen=True, slots=True)
class Routed:
    """An alert that is to go to a connector."""

    connector: str
    alert: Mapping[str, Any]


def route(
    alerts: Iterable[Mapping[str, Any]], routes: Sequence[NotifyRoute], chosen: Mapping[str, Sequence[str]]
) -> Iterator[Routed]:
    """Each alert with each connector that it goes to, once: by the routes that take it, and as its rule itself chooses
    (`chosen`: rule's id to connectors)."""
    for alert in alerts:
        named = [name for one in routes if takes(one, alert) for name in one.connectors]
        named += chosen.get(str(value(alert, "rule.id")), ())
        for connector in dict.fromkeys(named):
            yield Routed(connector, alert)


def takes(one: NotifyRoute, alert: Mapping[str, Any]) -> bool:
    """Whether an alert goes along a route."""
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
