"""An alert as an ECS document: the fields of event, rule, ATT&CK and alert; the same input gives the same id."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from bartizan.detect.attack.registry import Threat
from bartizan.detect.reason import reason
from bartizan.detect.rule import Rule
from bartizan.detect.scan import Match
from bartizan.ecs.document import document
from bartizan.ecs.registry import ECS_VERSION, Registry

_EVENT_ONLY = ("event.original", "event.kind", "event.ingested", "error.message", "ecs.version")
"""Columns of the event that an alert doesn't take over."""

STATUS_OPEN = "open"


def alert_id(rule_id: str, event_ids: Iterable[str]) -> str:
    """The identity of an alert: the same rule over the same events is the same alert."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (rule_id, *sorted(event_ids)):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()


def event_alert(match: Match, registry: Registry) -> dict[str, Any]:
    """The alert of a rule that matches single events."""
    rule, row = match.planned.rule, match.row
    own = {
        name: value for name, value in row.items() if name not in _EVENT_ONLY and not name.startswith("data_stream.")
    }
    alert = document(own, registry)
    event_id, at = row["event.id"], row["@timestamp"]
    alert["event"] = {**alert.get("event", {}), "kind": "signal"}
    alert["ecs"] = {"version": ECS_VERSION}
    alert["rule"] = _rule(rule)
    alert["threat"] = threat(rule.threats)
    alert["alert"] = {
        "id": alert_id(rule.id, [event_id]),
        "status": STATUS_OPEN,
        "severity": rule.severity,
        "risk_score": rule.risk_score,
        "reason": reason(rule, row),
        "events": [event_id],
        "rule": {"type": rule.type},
        "start": at,
        "end": at,
    }
    return alert


def threat(threats: Iterable[Threat]) -> dict[str, Any]:
    """ECS `threat.*`; `technique.id` names sub-techniques beside their techniques, as arrays without repetition."""
    tactics = {item.tactic.id: item.tactic.name for item in threats}
    techniques: dict[str, str] = {}
    subtechniques: dict[str, str] = {}
    for item in threats:
        techniques[item.technique.id] = item.technique.name
        if item.subtechnique:
            techniques[item.subtechnique.id] = subtechniques[item.subtechnique.id] = item.subtechnique.name
    if not tactics:
        return {}
    return {
        "framework": "MITRE ATT&CK",
        "tactic": _named(tactics),
        "technique": {**_named(techniques), **({"subtechnique": _named(subtechniques)} if subtechniques else {})},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    described: Mapping[str, Any] = {
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "category": list(rule.tags),
        "reference": rule.references[0] if rule.references else "",
    }
    return {name: value for name, value in described.items() if value}


def _named(names: Mapping[str, str]) -> dict[str, list[str]]:
    return {"id": list(names), "name": list(names.values())}
