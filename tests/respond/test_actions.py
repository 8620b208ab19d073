"""Who may declare which response action."""

from typing import Any

import pytest

from bartizan.respond.actions import KINDS, authorise, describe, read_actions, request, unauthorised
from bartizan.respond.errors import ActionInvalid, NotAuthorised
from tests.respond.conftest import alert

EDIT = {"rules:edit"}
ISOLATE = [{"type": "isolate_host", "comment": "worm"}]


def test_every_kind_needs_a_privilege_of_its_own() -> None:
    assert len({kind.privilege for kind in KINDS.values()}) == len(KINDS)
    assert all(kind.privilege.startswith("respond:") for kind in KINDS.values())


SAVED: list[tuple[str, list[dict[str, Any]], set[str], bool]] = [
    ("added", ISOLATE, EDIT, False),
    ("added with the privilege", ISOLATE, EDIT | {"respond:isolate_host"}, True),
    ("with another privilege", ISOLATE, EDIT | {"respond:disable_key"}, False),
    ("one of two", [*ISOLATE, {"type": "disable_access_key"}], EDIT | {"respond:isolate_host"}, False),
    ("taken out", [], EDIT, True),
    ("no privilege at all", [{"type": "notify", "connectors": ["a"]}], set(), False),
]


@pytest.mark.parametrize(("case", "actions", "privileges", "is_allowed"), SAVED)
def test_a_rule_is_saved_only_with_actions_that_the_editor_may_declare(
    case: str, actions: list[dict[str, Any]], privileges: set[str], is_allowed: bool
) -> None:
    """The rule as it will be counts: nobody keeps an action alive that they may not declare."""
    declared = read_actions(actions, "rule r-1")
    if is_allowed:
        authorise(declared, privileges, "rule r-1")
        return
    with pytest.raises(NotAuthorised, match=r"rule r-1: its action `\w+` needs the privilege `respond:\w+`"):
        authorise(declared, privileges, "rule r-1")
    assert unauthorised(declared, privileges)


WRONG: list[Any] = [
    {},
    "isolate_host",
    ["isolate_host"],
    [{"type": "format_disk"}],
    [{}],
    [{"type": ["isolate_host"]}],
    [{"type": "isolate_host", "hosts": "*"}],
    [{"type": "isolate_host", "comment": 7}],
    [{"type": "isolate_host", "comment": " "}],
    [{"type": "notify"}],
    [{"type": "notify", "connectors": []}],
    [{"type": "notify", "connectors": [{"type": "isolate_host"}]}],
]


@pytest.mark.parametrize("declared", WRONG, ids=repr)
def test_what_is_no_action_is_named(declared: Any) -> None:
    with pytest.raises(ActionInvalid, match="rule r-1: "):
        read_actions(declared, "rule r-1")


def test_a_dry_run_says_what_would_be_done() -> None:
    (action,) = read_actions(ISOLATE, "r")
    told = describe(action, alert() | {"host": {"name": "web-1\n{user.name}"}})
    assert told == "cut web-1\\n{user.name} off the network but for Bartizan (comment: worm)"


def test_a_request_says_what_is_asked_and_of_which_alert() -> None:
    (action,) = read_actions([{"type": "isolate_host", "comment": "worm", "connector": "soar"}], "rule r-1")
    asked = request(action, {**alert(), "host": {"name": "web-1"}})
    told = "cut web-1 off the network but for Bartizan (comment: worm)"
    assert asked["alert"]["action"] == {"type": "isolate_host", "description": told, "parameters": {"comment": "worm"}}
    assert (asked["alert"]["reason"], asked["alert"]["id"]) == (f"asked for: {told}", "a1")
