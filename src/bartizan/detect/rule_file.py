"""A rule as its TOML file says it; every key is checked when it is read."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from bartizan.detect.attack.registry import Attack, Threat
from bartizan.detect.errors import RuleError
from bartizan.detect.exceptions import OPERATORS, Entry, RuleException
from bartizan.detect.keys import Keys
from bartizan.detect.responses import read_actions, read_notify
from bartizan.detect.rule import SEVERITIES, Rule, Schedule
from bartizan.detect.rule_settings import LANGUAGES, TYPES, read_settings
from bartizan.detect.settings import Overrides, SeverityOverride, Suppression
from bartizan.detect.toml_keys import check_keys
from bartizan.errors import BartizanError

MAX_FILE_BYTES = 4_000_000
MAX_QUERY_CHARACTERS = 1_000_000
MAX_DEPTH = 5
"""Levels of nested entries of an exception."""
_WITHOUT_QUERY = ("correlation", "machine_learning")
WITHOUT_INDEX = {"esql": ("logs-*",), "correlation": ("alerts-*",), "machine_learning": ("anomalies-*",)}
"""Where types look that needn't say it: ES|QL's own FROM narrows it."""


def load_rule(file: Path, attack: Attack) -> Rule:
    """Read one rule; raises `RuleError` that names file and key."""
    return read_rule(load_toml(file), str(file), file, attack)


def load_toml(file: Path) -> dict[str, Any]:
    """What a TOML file says. Raises `RuleError` for what can't be read or is longer than `MAX_FILE_BYTES`."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RuleError(f"cannot read it: {error}", where=str(file)) from error
    return read_toml(content, str(file))


def read_toml(content: bytes, where: str) -> dict[str, Any]:
    """What the bytes of a TOML file say; raises `RuleError` like `load_toml`."""
    if len(content) > MAX_FILE_BYTES:
        raise RuleError(f"the file has more than {MAX_FILE_BYTES:,} bytes", where=where)
    try:
        text = content.decode()
        check_keys(text, where)
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RuleError(f"cannot read it: {error}", where=where) from error


def read_rule(entry: Mapping[str, Any], where: str, file: Path, attack: Attack) -> Rule:
    """The rule that `entry` is, by the keys of a rule's file; `where` is told with what is wrong."""
    keys = Keys(entry, where)
    rule = _rule(keys, attack, file)
    keys.done()
    return rule


def _rule(keys: Keys, attack: Attack, file: Path) -> Rule:
    id, name, type = keys.text("id"), keys.text("name"), keys.text("type")
    if type not in TYPES:
        raise RuleError(f"unknown rule type `{type}`", where=keys.where, hint=f"known are {', '.join(TYPES)}")
    return Rule(
        id=id,
        name=name,
        type=type,
        language=keys.text("language", LANGUAGES.get(type)),
        query=_query(keys, type),
        index=_index(keys, type),
        severity=keys.choice("severity", SEVERITIES),
        risk_score=keys.whole("risk_score", most=100),
        threats=_threats(keys, attack),
        description=keys.text("description"),
        reason=keys.text("reason", ""),
        schedule=_schedule(keys),
        guide=keys.text("guide", ""),
        false_positives=keys.texts("false_positives"),
        references=keys.texts("references"),
        tags=keys.texts("tags"),
        file=file,
        max_alerts=keys.whole("max_alerts", 1000, least=1),
        settings=read_settings(type, keys),
        filters=keys.text("filters", ""),
        suppression=_suppression(keys),
        overrides=_overrides(keys),
        exceptions=tuple(map(_exception, keys.tables("exceptions"))),
        exception_lists=keys.texts("exception_lists"),
        is_building_block=keys.flag("building_block"),
        notify=read_notify(keys),
        actions=read_actions(keys),
        unknown_fields="missing"
        if keys.choice("unknown_fields", ("error", "missing"), "error") == "missing"
        else "error",
    )


def _query(keys: Keys, type: str) -> str:
    query = keys.text("query", "" if type in _WITHOUT_QUERY else None)
    if len(query) > MAX_QUERY_CHARACTERS:
        raise keys.error("query", f"is longer than {MAX_QUERY_CHARACTERS} characters")
    return query


def _index(keys: Keys, type: str) -> tuple[str, ...]:
    index = keys.texts("index", WITHOUT_INDEX.get(type))
    if not index:
        raise keys.error("index", "must list index patterns")
    return index


def _threats(keys: Keys, attack: Attack) -> tuple[Threat, ...]:
    try:
        return tuple(attack.reference(reference) for reference in keys.texts("attack"))
    except RuleError:
        raise
    except BartizanError as error:
        raise RuleError(error.message, where=keys.where, hint=error.hint) from error


def _schedule(keys: Keys) -> Schedule:
    own = keys.table("schedule", '{ every = "5m", lookback = "1m" }')
    if own is None:
        return Schedule()
    schedule = Schedule(own.seconds("every", "5m"), own.seconds("lookback", "1m"))
    own.done()
    return schedule


def _suppression(keys: Keys) -> Suppression | None:
    own = keys.table("suppress", '{ by = ["user.name"], span = "1h" }')
    if own is None:
        return None
    by = own.texts("by", None)
    if not 1 <= len(by) <= 5:
        raise own.error("by", "must name one to five fields")
    span_s = own.seconds("span") if own.has("span") else None
    missing = own.choice("missing", ("together", "alone"), "together")
    own.done()
    return Suppression(by, span_s, "alone" if missing == "alone" else "together")


def _overrides(keys: Keys) -> Overrides:
    own = keys.table("override", '{ risk_score = "event.risk_score" }')
    if own is None:
        return Overrides()
    severity = tuple(map(_severity, own.tables("severity")))
    overrides = Overrides(severity, own.text("risk_score", ""), own.text("name", ""), own.text("timestamp", ""))
    own.done()
    return overrides


def _severity(keys: Keys) -> SeverityOverride:
    found = SeverityOverride(keys.text("field"), keys.text("value"), keys.choice("severity", SEVERITIES))
    keys.done()
    return found


def _exception(keys: Keys) -> RuleException:
    expires = keys.raw("expires")
    found = RuleException(keys.text("name"), _entries(keys, 1), _expiry(keys, expires))
    keys.done()
    return found


def _expiry(keys: Keys, said: object) -> datetime | None:
    match said:
        case None:
            return None
        case datetime():
            return said if said.tzinfo else said.replace(tzinfo=UTC)
        case date():
            return datetime.combine(said, time(), UTC)
        case str() if instant := _instant(said):
            return instant
        case _:
            raise keys.error("expires", "must be a date, 2026-12-31")


def _instant(text: str) -> datetime | None:
    """A date that is a text, as JSON has it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _entries(keys: Keys, depth: int) -> tuple[Entry, ...]:
    entries = tuple(_entry(one, depth) for one in keys.tables("entries"))
    if not entries:
        raise keys.error("entries", "must hold an entry: without one the exception would hide every alert")
    return entries


def _entry(keys: Keys, depth: int) -> Entry:
    if depth > MAX_DEPTH:
        raise keys.error("entries", f"nest deeper than {MAX_DEPTH} levels")
    operator = keys.choice("operator", OPERATORS, "is")
    nested = _entries(keys, depth + 1) if operator == "nested" else ()
    values = (keys.text("value"),) if keys.has("value") else keys.texts("values")
    if not values and operator not in ("exists", "nested"):
        raise keys.error("value", "must be there")
    found = Entry(keys.text("field"), operator, values, keys.flag("negate"), nested)
    keys.done()
    return found
