"""Servers over one store: seats, marks that never go back, silent ones put out, one at a time alone."""

import threading

import pytest

from bartizan.state import servers as servers_module
from bartizan.state.errors import LeaseLost, StateUnusable
from bartizan.state.servers import TTL_S, Seat
from bartizan.state.stores import State
from tests.control_plane import Open, Time


def beat(state: State, seat: Seat, mark_ms: int, newest_ms: int = 0, is_detecting: bool = True) -> tuple[int, int]:
    view = state.servers.beat(seat, mark_ms, newest_ms, is_detecting)
    return view.least_ms, view.newest_ms


def fall_silent(others: State, by: Seat, time: Time) -> list[str]:
    assert others.servers.put_out_silent(by) == []
    time.pass_s(TTL_S)
    return others.servers.put_out_silent(by)


def test_the_least_mark_is_that_of_who_is_furthest_behind(state: State, open_another: Open) -> None:
    other = open_another()
    a, b = state.servers.join("a"), other.servers.join("b")
    assert a.slot != b.slot
    assert beat(state, a, 100) == (0, 0)
    assert beat(other, b, 70, 60) == (70, 60)
    assert beat(state, a, 90, 95) == (70, 95)
    assert state.servers.greatest_ms() == 100
    assert beat(other, b, 120) == (100, 95)
    assert [(one.id, one.mark_ms) for one in state.servers.standings()] == [("a", 100), ("b", 120)]


def test_a_new_server_begins_after_all_marks_and_holds_nobody_up(state: State, open_another: Open) -> None:
    a = state.servers.join("a")
    beat(state, a, 100)
    b = open_another().servers.join("b")
    assert b.passed_ms == 100
    assert beat(state, a, 200) == (100, 0)


def test_who_falls_silent_is_put_out_and_learns_so(state: State, open_another: Open, time: Time) -> None:
    other = open_another()
    a, b = state.servers.join("a"), other.servers.join("b")
    beat(state, a, 100)
    beat(other, b, 500)
    assert fall_silent(other, b, time) == ["a"]
    assert beat(other, b, 600) == (600, 0)
    assert not state.servers.stands(a)
    with pytest.raises(LeaseLost, match="`a` was put out"):
        state.servers.beat(a, 700, 0, True)
    again = state.servers.join("a")
    assert (again.passed_ms, again.slot) == (600, a.slot)
    assert state.servers.stands(again)


def test_who_beats_is_not_put_out_and_who_was_held_briefly_goes_on(
    state: State, open_another: Open, time: Time
) -> None:
    other = open_another()
    a, b = state.servers.join("a"), other.servers.join("b")
    assert other.servers.put_out_silent(b) == []
    time.pass_s(TTL_S - 1)
    beat(state, a, 100)
    time.pass_s(1)
    assert other.servers.put_out_silent(b) == []
    time.pass_s(TTL_S * 3)
    assert state.servers.stands(a)
    beat(state, a, 200)


def test_a_restart_takes_its_own_seat_at_once(state: State, open_another: Open) -> None:
    before = state.servers.join("a")
    beat(state, before, 100)
    after = open_another().servers.join("a")
    assert (after.slot, after.passed_ms) == (before.slot, 100)
    assert not state.servers.stands(before)


def test_who_leaves_holds_nobody_up(state: State, open_another: Open) -> None:
    other = open_another()
    a, b = state.servers.join("a"), other.servers.join("b")
    state.servers.leave(a)
    assert beat(other, b, 500) == (500, 0)
    state.servers.leave(a)
    assert state.servers.join("a").passed_ms == 500


def test_a_seat_is_given_on_when_all_were_had(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers_module, "SLOTS", 2)
    a, b = state.servers.join("a"), state.servers.join("b")
    with pytest.raises(StateUnusable, match="2 servers"):
        state.servers.join("c")
    beat(state, a, 300)
    state.servers.leave(a)
    c = state.servers.join("c")
    assert (c.slot, c.passed_ms) == (a.slot, 300)
    assert beat(state, b, 400) == (300, 0)


def test_one_at_a_time_is_alone(state: State, open_another: Open) -> None:
    other, inside = open_another(), []

    def enter() -> None:
        with other.servers.alone("alerts"):
            inside.append("other")

    thread = threading.Thread(target=enter)
    with state.servers.alone("alerts"):
        thread.start()
        thread.join(0.2)
        inside.append("first")
    thread.join()
    assert inside == ["first", "other"]
