"""What exceptions would hide: told before they are saved, of every type of rule, with nothing stored."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError, UnknownRule
from bartizan.detect.exceptions import Entry, RuleException
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview.exceptions import hidden_by
from bartizan.detect.preview.hidden import HiddenOfRule, HiddenPreview
from bartizan.detect.preview.proposed import Proposed, trials_of
from bartizan.detect.preview.result import Progress
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.tuning import Tuning
from bartizan.query.budget import SearchCancelled
from bartizan.state.database import sqlite_url
from bartizan.state.errors import Missing
from bartizan.state.stores import State, open_state
from tests.detect.preview.test_preview import ALL, EVENTS, RULES, evaluator, made
from tests.detect.store import NOW, DetectStore

BOB = RuleException("bob", (Entry("user.name", "is", ("bob",)),))
ONE_ADDRESS = RuleException("one", (Entry("source.ip", "in_cidr", ("192.0.2.9/32",)),))
ALL_OF_IT = RuleException("all", (Entry("event.action", "exists"),))


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    found = make_store()
    for start in range(0, len(EVENTS), 6):
        found.add(*EVENTS[start : start + 6])
    return found


@pytest.fixture(scope="module")
def rules(store: DetectStore, attack: Attack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rule]:
    """By short name, the alerts of all of them stored."""
    folder = tmp_path_factory.mktemp("rules")
    found = {id: made(folder, attack, store, id, text) for id, text in RULES.items()}
    list(store.detection([*found.values()]).run())
    return found


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(sqlite_url(tmp_path / "control.sqlite"), lambda: NOW)
    yield opened
    opened.close()


def hidden(store: DetectStore, rules: dict[str, Rule], state: State, proposed: Proposed) -> HiddenPreview:
    book = Rulebook({rule.id: rule for rule in rules.values()}, ())
    trials = trials_of(proposed, book, Tuning(state), NOW)
    known = replace(evaluator(store), known=Knowledge(NOW, trials.lists))
    *progress, found = hidden_by(known, trials, ALL)
    assert isinstance(found, HiddenPreview)
    assert isinstance(progress[-1], Progress)
    assert progress[-1].done == progress[-1].total
    return found


def named(found: HiddenPreview) -> dict[str, HiddenOfRule]:
    return {one.id.rpartition("-")[0]: one for one in found.rules}


def of_all(rules: dict[str, Rule], *exceptions: RuleException) -> Proposed:
    return Proposed(exceptions, tuple(rule.id for rule in rules.values()))


def test_what_is_hidden_of_each_type(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    found = hidden(store, rules, state, of_all(rules, BOB))
    assert [one.error for one in found.rules if one.error] == []
    assert {id: (one.alerts, one.hidden, one.left, one.stored, one.open) for id, one in named(found).items()} == {
        "query": (8, 1, 7, 1, 1),
        "wide": (13, 2, 11, 2, 2),
        "threshold": (1, 0, 1, 0, 0),
        "sequence": (2, 0, 2, 0, 0),
        "missing": (1, 1, 0, 1, 1),
        "terms": (4, 1, 4, 1, 1),
        "suppressed": (5, 1, 4, 1, 1),
        "table": (1, 0, 1, 0, 0),
        "rows": (3, 1, 2, 1, 1),
    }
    assert (named(found)["terms"].changed, named(found)["missing"].hides_all) == (1, True)
    assert (found.events, found.covered) == (len(EVENTS), 2)
    assert found.warnings == ("it would hide everything that one rule found in the period: narrow it",)
    query = named(found)["query"]
    assert [sample["user"]["name"] for sample in query.samples] == ["bob"]
    assert query.entities["source.ip"][0].value == "192.0.2.9"


def test_what_hides_everything_is_warned_of(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    found = hidden(store, rules, state, of_all(rules, ALL_OF_IT))
    assert all(one.hides_all and one.left == 0 and one.hidden == one.alerts for one in found.rules)
    assert found.covered == found.events
    everything, silent = found.warnings
    assert "every one of the 13 events" in everything
    assert "everything that 9 rules found" in silent


def test_what_hides_nothing_or_has_expired_is_told(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    nobody = RuleException("nobody", (Entry("user.name", "is", ("nobody",)),))
    only = {"query": rules["query"]}
    assert hidden(store, only, state, of_all(only, nobody)).warnings == ("it would hide nothing of the period",)
    old = replace(BOB, expires_at=NOW - timedelta(days=1))
    found = hidden(store, only, state, of_all(only, old))
    assert (found.hidden, found.warnings[-1]) == (0, "the exception `bob` has expired and has no effect")


def test_what_can_not_be_is_told_of_its_rules(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    lost = RuleException("lost", (Entry("source.ip", "in_list", ("none",)),))
    found = hidden(store, rules, state, of_all(rules, lost))
    assert (found.failed, found.hidden) == (len(rules), 0)
    assert all("there is no value list `none`" in one.error for one in found.rules)


def entry(state: State, list_id: str, value: str, **more: Any) -> str:
    condition = {"field": "user.name", "operator": "is", "values": [value]}
    return state.exceptions.add_entry(list_id, {"name": value, "conditions": [condition], **more}, "me").id


def test_stored_exceptions_and_changes_of_them(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    shared = state.exceptions.create("shared", "", "me")
    using = {"query": replace(rules["query"], exception_lists=("shared",)), "wide": rules["wide"]}
    bob = entry(state, shared.id, "bob")
    entry(state, shared.id, "alice", rules=[rules["wide"].id])
    ids = [using[name].id for name in ("query", "wide")]
    whole = hidden(store, using, state, Proposed(list_id=shared.id))
    assert {one.id: (one.alerts, one.hidden) for one in whole.rules} == {ids[0]: (8, 1), ids[1]: (13, 11)}
    alone = hidden(store, using, state, Proposed(list_id=shared.id, entry_id=bob))
    assert [(one.id, one.alerts, one.hidden) for one in alone.rules] == [(ids[0], 8, 1)]
    changed = hidden(store, using, state, Proposed((ONE_ADDRESS,), None, shared.id, bob))
    assert [(one.id, one.alerts, one.hidden) for one in changed.rules] == [(ids[0], 8, 2)]
    added = hidden(store, using, state, Proposed((ONE_ADDRESS,), None, shared.id))
    assert [(one.id, one.alerts, one.hidden) for one in added.rules] == [(ids[0], 7, 1)]


def test_a_rules_own_exceptions(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    own = replace(rules["query"], exceptions=(BOB, ONE_ADDRESS))
    found = hidden(store, {}, state, Proposed(added=(own,)))
    assert [(one.alerts, one.hidden, one.stored) for one in found.rules] == [(8, 2, 2)]


def test_what_is_for_no_rule_is_refused(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    shared = state.exceptions.create("shared", "", "me")
    with pytest.raises(RuleError, match="no exception of a rule"):
        hidden(store, rules, state, Proposed((BOB,), None, shared.id))
    with pytest.raises(UnknownRule):
        hidden(store, rules, state, Proposed((BOB,), ("none",)))
    with pytest.raises(Missing):
        hidden(store, rules, state, Proposed(list_id="none"))


def test_it_ends_when_it_is_cancelled(store: DetectStore, rules: dict[str, Rule], state: State) -> None:
    trials = trials_of(of_all(rules, BOB), Rulebook({one.id: one for one in rules.values()}, ()), Tuning(state), NOW)
    told = iter([False, False, True])
    with pytest.raises(SearchCancelled):
        list(hidden_by(evaluator(store), trials, ALL, lambda: next(told)))
