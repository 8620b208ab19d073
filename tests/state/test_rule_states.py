"""Rules' states: thousands at once; people and the runner don't overwrite each other."""

from datetime import timedelta

from bartizan.state.outcome import Outcome
from bartizan.state.rule_states import RuleState
from bartizan.state.stores import State
from tests.control_plane import START


def test_what_is_written_is_read(state: State) -> None:
    outcomes = {
        f"rule-{number}": Outcome(START, START - timedelta(minutes=number), number, "broke" * number, START)
        for number in range(2000)
    }
    state.rule_states.note(outcomes)
    assert state.rule_states.all().keys() == outcomes.keys()
    state.rule_states.note({"rule-1": Outcome(START, START)})
    found = state.rule_states.all()
    assert found["rule-1"] == RuleState(None, Outcome(START, START, 0, "", None))
    assert found["rule-2"].outcome == outcomes["rule-2"]


def test_people_and_runner_write_different_things(state: State) -> None:
    state.rule_states.enable(["a", "b"], False)
    outcome = Outcome(START, None, 3, "the engine refused it", START + timedelta(minutes=5))
    state.rule_states.note({"a": outcome})
    state.rule_states.enable(["a"], True)
    assert state.rule_states.all() == {"a": RuleState(True, outcome), "b": RuleState(False)}
    state.rule_states.enable(["a"], None)
    assert state.rule_states.all()["a"] == RuleState(None, outcome)
    state.rule_states.enable([], True)


def test_an_error_that_quotes_hostile_data_is_kept(state: State) -> None:
    state.rule_states.note({"a": Outcome(last_error="\0\ud800'; DROP TABLE rule_states; --")})
    assert state.rule_states.all()["a"].outcome.last_error == "\N{REPLACEMENT CHARACTER}?'; DROP TABLE rule_states; --"
