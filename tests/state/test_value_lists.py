"""Value lists: filled from files whose bad lines are told, replaced whole, large."""

import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.state import value_lists
from bartizan.state.errors import Duplicate, Invalid, Missing, Outdated
from bartizan.state.list_values import Rejected, ValueType, read_value, read_values
from bartizan.state.stores import State
from bartizan.state.value_lists import ValueList


@pytest.fixture
def office(state: State) -> ValueList:
    return state.value_lists.create("office", ValueType.IP, "Our offices", "maria")


def test_it_is_filled_read_and_removed(state: State, office: ValueList) -> None:
    lines = [
        b"10.0.0.1\n",
        b"# the old office\n",
        b"\n",
        b"  10.0.0.2 \r\n",
        b"10.0.0.1\n",
        b"10.0.0\n",
        b"2001:DB8::1",
    ]
    imported = state.value_lists.add(office.id, lines, "paul")
    assert (imported.added, imported.known, imported.rejected) == (3, 1, 1)
    assert imported.first_rejected == [Rejected(6, "it is no address")]
    found = state.value_lists.get(office.id)
    assert (found.size, found.written.version, found.written.updated_by) == (3, 2, "paul")
    assert state.value_lists.values(office.id) == ("10.0.0.1", "10.0.0.2", "2001:db8::1")
    assert state.value_lists.values(office.id, after="10.0.0.1", limit=1) == ("10.0.0.2",)
    assert state.value_lists.add(office.id, lines, "paul").added == 0
    assert state.value_lists.named("office") == state.value_lists.get(office.id)
    state.value_lists.delete(office.id)
    with pytest.raises(Missing):
        state.value_lists.values(office.id)
    assert state.value_lists.lists() == ()


def test_replacing_leaves_nothing_of_the_old(state: State, office: ValueList) -> None:
    state.value_lists.add(office.id, [b"10.0.0.1", b"10.0.0.2"], "maria")
    imported = state.value_lists.replace(office.id, [b"10.0.0.2", b"10.0.0.3", b"junk"], "maria")
    assert (imported.added, imported.rejected) == (2, 1)
    assert state.value_lists.values(office.id) == ("10.0.0.2", "10.0.0.3")
    assert state.value_lists.get(office.id).size == 2
    state.value_lists.replace(office.id, [], "maria")
    assert state.value_lists.values(office.id) == ()


def test_a_replacement_that_fails_changes_nothing(
    state: State, office: ValueList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_lists, "_BATCH", 1)
    state.value_lists.add(office.id, [b"10.0.0.1"], "maria")

    def changed_meanwhile():  # type: ignore[no-untyped-def]
        yield b"10.0.0.2"
        state.value_lists.add(office.id, [b"10.0.0.9"], "paul")
        yield b"10.0.0.3"

    with pytest.raises(Outdated):
        state.value_lists.replace(office.id, changed_meanwhile(), "maria")
    assert state.value_lists.values(office.id) == ("10.0.0.1", "10.0.0.9")


def test_bounds_and_names(state: State, office: ValueList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_lists, "MAX_VALUES", 2)
    three = [b"10.0.0.1", b"10.0.0.2", b"10.0.0.3"]
    for fill in (state.value_lists.replace, state.value_lists.add):
        with pytest.raises(Invalid, match="at most 2"):
            fill(office.id, three, "maria")
    assert state.value_lists.get(office.id).size == 0
    with pytest.raises(Duplicate):
        state.value_lists.create("office", ValueType.KEYWORD, "", "maria")
    with pytest.raises(Invalid):
        state.value_lists.create("Our Office", ValueType.KEYWORD, "", "maria")


def test_one_value_is_taken_out(state: State, office: ValueList) -> None:
    state.value_lists.add(office.id, [b"2001:db8::1", b"10.0.0.2"], "maria")
    assert state.value_lists.remove_value(office.id, "2001:DB8:0::1", "maria").size == 1
    assert state.value_lists.values(office.id) == ("10.0.0.2",)
    with pytest.raises(Missing):
        state.value_lists.remove_value(office.id, "10.0.0.9", "maria")
    with pytest.raises(Invalid):
        state.value_lists.remove_value(office.id, "ten", "maria")


@pytest.mark.parametrize(
    ("line", "type", "expected"),
    [
        (b"a,b;\"c' --", "keyword", ("a,b;\"c' --",)),
        (b"# no comment", "keyword", ("# no comment",)),
        (b"=cmd()", "keyword", ("=cmd()",)),
        (b"\xff", "keyword", "not UTF-8"),
        (b"a\0b", "keyword", "can't be seen"),
        (b"x" * 1025, "keyword", "longer"),
        (b"::ffff:10.0.0.1", "ip", ("10.0.0.1",)),
        (b"fe80::1%eth0", "ip", "zone"),
        (b"010.0.0.1", "ip", "no address"),
        (b"10.0.0.0/8", "ip", "no address"),
        (b"10.1.2.3/8", "ip_range", ("10.0.0.0/8",)),
        (b"10.0.0.7", "ip_range", ("10.0.0.7/32",)),
        (b"10.0.0.1 - 10.0.0.4", "ip_range", ("10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32")),
        (b"10.0.0.4-10.0.0.1", "ip_range", "ends before"),
        (b"10.0.0.4-::1", "ip_range", "ends before"),
        (b"x-y", "ip_range", "no address"),
    ],
)
def test_one_line(line: bytes, type: str, expected: tuple[str, ...] | str) -> None:
    (read,) = read_values([line], ValueType(type))
    if isinstance(read, Rejected):
        assert isinstance(expected, str) and expected in read.reason
    else:
        assert read == expected


@given(st.lists(st.binary(max_size=40)), st.sampled_from(ValueType))
def test_whatever_a_file_holds_is_a_value_or_told(lines: list[bytes], type: ValueType) -> None:
    for read in read_values(lines, type):
        if isinstance(read, Rejected):
            assert 1 <= read.line <= len(lines)
        else:
            assert [read_value(value, type) for value in read] == [(value,) for value in read]


@given(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_a_range_is_exactly_its_networks(ends: tuple[int, int]) -> None:
    first, last = sorted(ends)
    networks = [ip_network(text) for text in read_value(f"{ip_address(first)}-{ip_address(last)}", ValueType.IP_RANGE)]
    assert sum(network.num_addresses for network in networks) == last - first + 1
    assert (int(networks[0][0]), int(networks[-1][-1])) == (first, last)


REPLACING = """
import os, signal, sys
from bartizan.clock import system_clock
from bartizan.state.stores import open_state
state = open_state(sys.argv[1], system_clock)
def lines():
    for number in range(100_000):
        if number == 90_000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield b"value %d" % number
state.value_lists.replace(state.value_lists.named("large").id, lines(), "killed")
"""


@pytest.mark.slow
def test_a_replacement_that_is_killed_changes_nothing_and_leaves_nothing(url: str, state: State) -> None:
    large = state.value_lists.create("large", ValueType.KEYWORD, "", "maria")
    state.value_lists.add(large.id, [b"old"], "maria")
    assert subprocess.run([sys.executable, "-c", REPLACING, url], check=False).returncode == -9
    assert state.value_lists.values(large.id) == ("old",)
    state.value_lists.replace(large.id, [b"new"], "maria")
    with state.database.read() as connection:
        assert connection.execute(value_lists.select(value_lists.LIST_VALUES.c.value)).scalars().all() == ["new"]


@pytest.mark.slow
def test_a_million_values(state: State, tmp_path: Path) -> None:
    file = tmp_path / "values.txt"
    file.write_text("".join(f"value {number}\n" for number in range(1_000_000)))
    large = state.value_lists.create("large", ValueType.KEYWORD, "", "maria")
    with file.open("rb") as lines:
        assert state.value_lists.replace(large.id, lines, "maria").added == 1_000_000
    assert len(state.value_lists.values(large.id)) == 1_000_000
    with pytest.raises(Invalid, match="at most"):
        state.value_lists.add(large.id, [b"one more"], "maria")
    state.value_lists.delete(large.id)
