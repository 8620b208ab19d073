"""What new alerts lead to: what rules want told and done, held against who may declare it and which connectors there
are. What can't be is told of the rule, which runs all the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bartizan.detect.keys import Keys
from bartizan.detect.responses import action_entry, finds, notify_entry, read_notify
from bartizan.detect.rule import Rule
from bartizan.errors import BartizanError
from bartizan.respond.actions import CONNECTOR, NOTIFY, Action, read_actions, unauthorised
from bartizan.respond.route import Choice

if TYPE_CHECKING:  # with SQLAlchemy
    from bartizan.state.rule_responses import SetResponses


@dataclass(frozen=True, slots=True)
class Declaring:
    """Who may declare which actions, and what there is to name."""

    connectors: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    """Privileges that rules' files have."""
    api: frozenset[str] = frozenset()
    """Privileges of who uses the API."""


@dataclass(frozen=True, slots=True)
class Responding:
    """What a rule wants, and what comes of it."""

    notify: Mapping[str, Any]
    """As in a rule's file; empty for nobody."""
    actions: tuple[Mapping[str, Any], ...]
    """As in a rule's file, those that are not honoured too."""
    choice: Choice
    """What is honoured."""
    problems: tuple[str, ...]
    """What is not, and why."""


NOTHING = Responding({}, (), Choice(), ())


def responding(
    rules: Iterable[Rule], stored: Mapping[str, "SetResponses"], declaring: Declaring
) -> dict[str, Responding]:
    """What each rule leads to that wants something, by its id: as people have set it, else as its file says."""
    found = {rule.id: _of_rule(rule, stored.get(rule.id), declaring) for rule in rules}
    return {id: one for id, one in found.items() if one != NOTHING}


def _of_rule(rule: Rule, stored: "SetResponses | None", declaring: Declaring) -> Responding:
    problems: list[str] = []
    notify = notify_entry(rule.notify) if stored is None or stored.notify is None else stored.notify
    if stored is None or stored.actions is None:
        entries: list[Mapping[str, Any]] = [action_entry(one) for one in rule.actions]
        actions = _honoured(rule, entries, "file_privileges", declaring.files, problems)
    else:
        entries = [*stored.actions]
        actions = _honoured(rule, entries, "api_privileges", declaring.api, problems)
        if actions and stored.finds != finds(rule):
            problems.append("its actions are put off until they are declared anew: what it finds has changed since")
            actions = ()
    choice = _choice(notify, actions, declaring, problems)
    return Responding(notify, tuple(entries), choice, tuple(dict.fromkeys(problems)))


def _choice(notify: Mapping[str, Any], actions: Iterable[Action], declaring: Declaring, problems: list[str]) -> Choice:
    """What of it there are connectors for."""
    connectors, every_s = _told(notify, problems)
    also = [name for one in actions if one.kind.type == NOTIFY for name in _names(one.parameters["connectors"])]
    asked = (one for one in actions if one.kind.type != NOTIFY)
    return Choice(
        _known([*connectors, *also], declaring, problems),
        every_s,
        tuple(one for one in asked if _has_connector(one, declaring, problems)),
    )


def _honoured(
    rule: Rule, entries: list[Mapping[str, Any]], setting: str, privileges: frozenset[str], problems: list[str]
) -> tuple[Action, ...]:
    """All of a rule's actions, or none: one that may not be declared makes the others doubtful."""
    try:
        actions = read_actions(entries, f"rule {rule.id}")
    except BartizanError as error:
        problems.append(f"its actions are not honoured: {error.message}")
        return ()
    if missing := unauthorised(actions, privileges):
        problems.append(
            f"its actions are not honoured: `{missing[0].kind.type}` needs the privilege `{missing[0].kind.privilege}`,"
            f" which `respond.{setting}` does not give"
        )
        return ()
    return actions


def _told(notify: Mapping[str, Any], problems: list[str]) -> tuple[tuple[str, ...], int]:
    if not notify:
        return (), 0
    try:
        read = read_notify(Keys({"notify": notify}, "notify"))
    except BartizanError as error:
        problems.append(f"nobody is told: {error.message}")
        return (), 0
    return (read.connectors, read.every_s) if read else ((), 0)


def _known(names: Iterable[str], declaring: Declaring, problems: list[str]) -> tuple[str, ...]:
    named = dict.fromkeys(names)
    problems += [f"there is no connector `{name}`" for name in named if name not in declaring.connectors]
    return tuple(name for name in named if name in declaring.connectors)


def _has_connector(action: Action, declaring: Declaring, problems: list[str]) -> bool:
    named = action.parameters.get(CONNECTOR)
    if isinstance(named, str) and named in declaring.connectors:
        return True
    said = f"there is no connector `{named}`" if named else f"`{CONNECTOR}` names nobody who carries it out"
    problems.append(f"its action `{action.kind.type}` is not asked for: {said}")
    return False


def _names(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []
