"""Response actions that a rule declares: which there are, the privilege each needs, and what one would do.

Whoever saves a rule answers for every action in it, also for those that stood there before: a changed query makes an
old action act on something else.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bartizan.respond.errors import ActionInvalid, NotAuthorised
from bartizan.respond.template import render

CONNECTOR = "connector"
"""Setting of every action but `notify`: the connector that is asked to carry it out."""

NOTIFY = "notify"


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of action."""

    type: str
    privilege: str
    """Right that declaring it needs."""
    description: str
    """What it would do about an alert, with `{ecs.field}` places."""
    parameters: frozenset[str] = frozenset()
    """Settings that it may have; all are texts or lists of texts."""
    required: frozenset[str] = frozenset()
    """Those that it must have."""


KINDS: Mapping[str, ActionKind] = MappingProxyType(
    {
        kind.type: kind
        for kind in (
            ActionKind(
                NOTIFY,
                "respond:notify",
                "tell the connectors of {alert.id}",
                frozenset({"connectors"}),
                frozenset({"connectors"}),
            ),
            ActionKind(
                "disable_access_key",
                "respond:disable_key",
                "disable the access key {aws.cloudtrail.user_identity.access_key_id} of {user.name|user.id} in account"
                " {cloud.account.id}",
                frozenset({CONNECTOR}),
            ),
            ActionKind(
                "revoke_sessions",
                "respond:revoke_sessions",
                "refuse every session of {user.name|user.id} in account {cloud.account.id} that began before now",
                frozenset({CONNECTOR}),
            ),
            ActionKind(
                "isolate_host",
                "respond:isolate_host",
                "cut {host.name|host.id} off the network but for Bartizan",
                frozenset({"comment", CONNECTOR}),
            ),
            ActionKind(
                "kill_process",
                "respond:kill_process",
                "end the process {process.name} ({process.pid}) on {host.name|host.id}",
                frozenset({"comment", CONNECTOR}),
            ),
        )
    }
)
"""Every kind of action."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action as a rule declares it."""

    kind: ActionKind
    parameters: Mapping[str, Any]


def read_actions(declared: Any, where: str) -> tuple[Action, ...]:
    """A rule's `actions`, a list of tables with a `type` each; raises `ActionInvalid` that names what is wrong."""
    if not isinstance(declared, list):
        raise ActionInvalid('`actions` must be a list of tables, [{ type = "isolate_host" }]', where=where)
    return tuple(_action(entry, where) for entry in declared)


def unauthorised(actions: Iterable[Action], privileges: Collection[str]) -> tuple[Action, ...]:
    """The actions that somebody with these privileges may not declare."""
    return tuple(action for action in actions if action.kind.privilege not in privileges)


def authorise(actions: Iterable[Action], privileges: Collection[str], where: str) -> None:
    """Raise `NotAuthorised` unless all actions of a rule, as it is about to be saved, may be declared: those added,
    those changed and those left as they were. An action is free to be taken out."""
    if missing := unauthorised(actions, privileges):
        kind = missing[0].kind
        raise NotAuthorised(
            f"its action `{kind.type}` needs the privilege `{kind.privilege}`",
            where=where,
            hint="take the action out of the rule, or have it saved by somebody with the privilege",
        )


def describe(action: Action, alert: Mapping[str, Any]) -> str:
    """A dry run: what the action would do for an alert, as one sentence. Nothing is done."""
    text = render(action.kind.description, alert)
    said = {name: value for name, value in action.parameters.items() if name != CONNECTOR}
    told = ", ".join(f"{name}: {value}" for name, value in sorted(said.items()))
    return f"{text} ({told})" if told else text


def request(action: Action, alert: Mapping[str, Any]) -> dict[str, Any]:
    """The alert's document with the action that its connector is asked for, as `alert.action`: `type`, `description`
    and `parameters`. Its reason says it too, for targets that show a text."""
    told = describe(action, alert)
    own = alert.get("alert")
    parameters = {name: one for name, one in action.parameters.items() if name != CONNECTOR}
    asked = {"type": action.kind.type, "description": told, "parameters": parameters}
    inner = {**(own if isinstance(own, Mapping) else {}), "reason": f"asked for: {told}", "action": asked}
    return {**alert, "alert": inner}


def _action(entry: Any, where: str) -> Action:
    if not isinstance(entry, dict):
        raise ActionInvalid(f"an action is a table with a `type`, not `{entry}`", where=where)
    kind = KINDS.get(str(entry.get("type", "")))
    if kind is None:
        hint = f"known are {', '.join(sorted(KINDS))}"
        raise ActionInvalid(f"there is no action `{entry.get('type', '')}`", where=where, hint=hint)
    parameters = {name: value for name, value in entry.items() if name != "type"}
    if unknown := sorted(parameters.keys() - kind.parameters):
        raise ActionInvalid(f"`{kind.type}` has no setting `{unknown[0]}`", where=where)
    if missing := sorted(kind.required - parameters.keys()):
        raise ActionInvalid(f"`{kind.type}` needs `{missing[0]}`", where=where)
    for name, value in parameters.items():
        if not _is_text(value) and not (isinstance(value, list) and value and all(map(_is_text, value))):
            raise ActionInvalid(f"`{kind.type}.{name}` must be a text or a list of texts", where=where)
    return Action(kind, MappingProxyType(parameters))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
