"""A rule as its TOML file says it; every key is checked when it is read."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bartizan.detect.attack.registry import Attack, Threat
from bartizan.detect.errors import RuleError
from bartizan.errors import BartizanError

SEVERITIES = ("low", "medium", "high", "critical")
MAX_QUERY_CHARACTERS = 1_000_000
_SPAN = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a rule runs, and how far before its window it looks."""

    every_s: int = 300
    lookback_s: int = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, how grave it is, and what it means in ATT&CK."""

    id: str
    name: str
    type: str
    language: str
    query: str
    index: tuple[str, ...]
    """Index patterns of the streams it reads."""
    severity: str
    risk_score: int
    threats: tuple[Threat, ...]
    description: str
    reason: str
    """One sentence for people with `{ecs.field}` places; empty takes a general one."""
    schedule: Schedule
    guide: str
    false_positives: tuple[str, ...]
    references: tuple[str, ...]
    tags: tuple[str, ...]
    file: Path
    max_alerts: int = 1000
    """Alerts of one run; what is cut is counted and told."""


_REQUIRED = ("id", "name", "type", "language", "query", "index", "severity", "risk_score", "description")
_OPTIONAL = ("attack", "reason", "schedule", "guide", "false_positives", "references", "tags", "max_alerts")
_TEXTS = ("id", "name", "type", "language", "query", "severity", "description")
_LISTS = ("index", "attack", "false_positives", "references", "tags")
TYPES = ("query",)


def load_rule(file: Path, attack: Attack) -> Rule:
    """Read one rule; raises `RuleError` that names file and key."""
    try:
        entry = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"cannot read it: {error}", where=str(file)) from error
    _check(entry, file)
    return Rule(
        **{key: entry[key] for key in _REQUIRED if key != "index"},
        index=tuple(entry["index"]),
        threats=_threats(entry.get("attack", ()), attack, file),
        reason=entry.get("reason", ""),
        schedule=_schedule(entry.get("schedule", {}), file),
        guide=entry.get("guide", ""),
        false_positives=tuple(entry.get("false_positives", ())),
        references=tuple(entry.get("references", ())),
        tags=tuple(entry.get("tags", ())),
        file=file,
        max_alerts=entry.get("max_alerts", 1000),
    )


def _check(entry: Mapping[str, Any], file: Path) -> None:
    where = str(file)
    if missing := [key for key in _REQUIRED if key not in entry]:
        raise RuleError(f"key `{missing[0]}` is missing", where=where)
    if unknown := sorted(entry.keys() - {*_REQUIRED, *_OPTIONAL}):
        raise RuleError(f"unknown key `{unknown[0]}`", where=where, hint="rules/README.md lists the keys")
    _check_kinds(entry, where)
    if entry["type"] not in TYPES:
        raise RuleError(f"unknown rule type `{entry['type']}`", where=where, hint=f"known are {', '.join(TYPES)}")
    if entry["severity"] not in SEVERITIES:
        raise RuleError(f"`severity` must be one of {', '.join(SEVERITIES)}", where=where)
    if not 0 <= entry["risk_score"] <= 100:
        raise RuleError("`risk_score` must be a whole number from 0 to 100", where=where)
    if entry.get("max_alerts", 1) < 1:
        raise RuleError("`max_alerts` must be a whole number from 1 on", where=where)
    if not entry["index"]:
        raise RuleError("`index` must list index patterns", where=where)
    if len(entry["query"]) > MAX_QUERY_CHARACTERS:
        raise RuleError(f"`query` is longer than {MAX_QUERY_CHARACTERS} characters", where=where)


def _check_kinds(entry: Mapping[str, Any], where: str) -> None:
    for key in _TEXTS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise RuleError(f"`{key}` must be a text", where=where)
    for key in ("reason", "guide"):
        if not isinstance(entry.get(key, ""), str):
            raise RuleError(f"`{key}` must be a text", where=where)
    for key in _LISTS:
        texts = entry.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise RuleError(f"`{key}` must be a list of texts", where=where)
    for key in ("risk_score", "max_alerts"):
        if type(entry.get(key, 1)) is not int:
            raise RuleError(f"`{key}` must be a whole number", where=where)


def _threats(references: Any, attack: Attack, file: Path) -> tuple[Threat, ...]:
    try:
        return tuple(attack.reference(reference) for reference in references)
    except BartizanError as error:
        raise RuleError(error.message, where=str(file), hint=error.hint) from error


def _schedule(entry: Any, file: Path) -> Schedule:
    if not isinstance(entry, dict):
        raise RuleError('`schedule` must be a table, { every = "5m", lookback = "1m" }', where=str(file))
    if unknown := sorted(entry.keys() - {"every", "lookback"}):
        raise RuleError(f"unknown key `schedule.{unknown[0]}`", where=str(file))
    every = _seconds(entry.get("every", "5m"), file)
    return Schedule(every, _seconds(entry.get("lookback", "1m"), file))


def _seconds(span: Any, file: Path) -> int:
    found = _SPAN.fullmatch(str(span))
    if not found:
        raise RuleError(f"`{span}` is not a time span", where=str(file), hint="write 30s, 5m, 1h or 1d")
    return int(found[1]) * _SECONDS[found[2]]
