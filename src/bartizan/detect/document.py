"""An alert as an ECS document: the fields of event, rule, ATT&CK and alert; the same input gives the same id."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from bartizan.detect.attack.registry import Threat
from bartizan.detect.executor import Hit
from bartizan.detect.overrides import name_of, risk_score_of, severity_of
from bartizan.detect.reason import reason
from bartizan.detect.rule import Rule
from bartizan.ecs.document import document
from bartizan.ecs.registry import ECS_VERSION, Registry

_EVENT_ONLY = ("event.original", "event.kind", "event.ingested", "error.message", "ecs.version")
"""Columns of the event that an alert doesn't take over."""
_OF_ALERTS = ("alert.", "rule.", "threat.", "data_stream.")
"""Beginnings of names that are the alert's own, also where its events are alerts."""

STATUS_OPEN = "open"


def alert_id(rule_id: str, identity: Iterable[str]) -> str:
    """The identity of an alert: the same rule over the same events is the same alert."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (rule_id, *identity):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()


def alert_of(hit: Hit, registry: Registry) -> dict[str, Any]:
    """The alert of something that a rule found."""
    rule = hit.rule
    own = {
        name: value for name, value in hit.fields.items() if name not in _EVENT_ONLY and not name.startswith(_OF_ALERTS)
    }
    alert = document(own, registry)
    alert["@timestamp"] = hit.at
    alert["event"] = {**alert.get("event", {}), "kind": "signal"}
    alert["ecs"] = {"version": ECS_VERSION}
    alert["rule"] = _rule(rule, hit)
    alert["threat"] = threat(rule.threats) | (hit.also or {}).get("threat", {})
    alert["alert"] = _alert(hit)
    return alert


def _alert(hit: Hit) -> dict[str, Any]:
    rule = hit.rule
    return {
        "id": alert_id(rule.id, hit.identity),
        "status": STATUS_OPEN,
        "severity": severity_of(hit),
        "risk_score": risk_score_of(hit),
        "reason": reason(rule, hit),
        "events": list(hit.events),
        "rule": {"type": rule.type},
        "start": hit.start,
        "end": hit.at,
        **({"threshold": {"count": hit.count}} if hit.count > 1 else {}),
        **({"suppression": {"count": hit.suppressed}} if hit.suppressed else {}),
        **({"building_block_type": "default"} if rule.is_building_block else {}),
    }


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


def _rule(rule: Rule, hit: Hit) -> dict[str, Any]:
    described: Mapping[str, Any] = {
        "id": rule.id,
        "name": name_of(hit),
        "description": rule.description,
        "category": list(rule.tags),
        "reference": rule.references[0] if rule.references else "",
    }
    return {name: value for name, value in described.items() if value}


def _named(names: Mapping[str, str]) -> dict[str, list[str]]:
    return {"id": list(names), "name": list(names.values())}
