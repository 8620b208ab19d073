"""What people set for rules' alerts: each by itself, back to what the file says, bounded."""

import pytest

from bartizan.state.errors import Invalid
from bartizan.state.rule_responses import SetResponses
from bartizan.state.stores import State
from tests.control_plane import START

ACTIONS = [{"type": "isolate_host", "connector": "soar"}]


def test_each_is_set_by_itself(state: State) -> None:
    own = state.rule_responses
    own.set_notify("r-1", {"connectors": ["soc"]}, "me")
    own.set_actions("r-1", ACTIONS, "digest", "you")
    own.set_notify("r-2", {}, "me")
    assert own.all() == {
        "r-1": SetResponses({"connectors": ["soc"]}, ACTIONS, "digest", START, "you"),
        "r-2": SetResponses({}, None, "", START, "me"),
    }
    own.set_notify("r-1", None, "me")
    assert own.all()["r-1"] == SetResponses(None, ACTIONS, "digest", START, "me")


def test_what_is_too_long_is_refused(state: State) -> None:
    with pytest.raises(Invalid):
        state.rule_responses.set_notify("r-1", {"connectors": ["x" * 70_000]}, "me")
    assert state.rule_responses.all() == {}
