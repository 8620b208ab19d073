"""What a rule wants told and done about its alerts, as it is declared. Whether that is done is not decided here."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from bartizan.detect.imported import Imported
from bartizan.detect.keys import Keys, span_text
from bartizan.detect.rule import DeclaredAction, Rule, RuleNotify

MAX_CONNECTORS = 20
MAX_ACTIONS = 20
_EXAMPLE = '{ connectors = ["soc"], every = "1h" }'


def read_notify(keys: Keys) -> RuleNotify | None:
    """The table `notify`; None where it is not there. Raises `RuleError`."""
    own = keys.table("notify", _EXAMPLE)
    if own is None:
        return None
    connectors = own.texts("connectors", None)
    if not 1 <= len(connectors) <= MAX_CONNECTORS or len(set(connectors)) < len(connectors):
        raise own.error("connectors", f"must name one to {MAX_CONNECTORS} connectors, each once")
    every_s = own.seconds("every") if own.has("every") else 0
    own.done()
    return RuleNotify(connectors, every_s)


def read_actions(keys: Keys) -> tuple[DeclaredAction, ...]:
    """The tables `actions`, each with a `type` and settings that are texts or lists of texts. Raises `RuleError`."""
    tables = keys.tables("actions")
    if len(tables) > MAX_ACTIONS:
        raise keys.error("actions", f"must be {MAX_ACTIONS} at most")
    return tuple(map(_action, tables))


def _action(keys: Keys) -> DeclaredAction:
    type = keys.text("type")
    settings: dict[str, str | tuple[str, ...]] = {}
    for name in keys.unasked():
        value = keys.raw(name)
        settings[name] = keys.texts(name) if isinstance(value, list) else keys.text(name)
    return DeclaredAction(type, tuple(settings.items()))


def notify_entry(notify: RuleNotify | None) -> dict[str, Any]:
    """As a rule's file has it; empty for none."""
    if notify is None:
        return {}
    return {"connectors": list(notify.connectors), **({"every": span_text(notify.every_s)} if notify.every_s else {})}


def action_entry(action: DeclaredAction) -> dict[str, Any]:
    """As a rule's file has it."""
    settings = {name: list(value) if isinstance(value, tuple) else value for name, value in action.settings}
    return {"type": action.type, **settings}


def without_responses(imported: Imported) -> Imported:
    """A rule that comes from somebody else, without what it wants told and done here: that is noted, and for people to
    declare again."""
    rule, notes = imported.rule, list(imported.notes)
    if rule.notify:
        notes.append(f"`notify` is left out, it named {', '.join(rule.notify.connectors)}")
    if rule.actions:
        notes.append(f"`actions` are left out: {', '.join(action.type for action in rule.actions)}")
    return replace(imported, rule=undeclared(rule), notes=tuple(notes))


def undeclared(rule: Rule) -> Rule:
    """The rule without what it wants told and done."""
    return replace(rule, notify=None, actions=())


def finds(rule: Rule) -> str:
    """A digest of what a rule finds: actions that were declared for it are for that and nothing else."""
    said: Mapping[str, Any] = {
        "type": rule.type,
        "language": rule.language,
        "query": rule.query,
        "index": rule.index,
        "filters": rule.filters,
        "settings": repr(rule.settings),
    }
    return hashlib.blake2b(orjson.dumps(said), digest_size=16).hexdigest()
