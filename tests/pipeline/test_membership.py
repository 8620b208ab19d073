"""Servers over one store: what arrived is read in one order, and is there once, whoever is late, held or gone."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.alerts.store import drop_unstored
from bartizan.engine.base import Engine
from bartizan.ingest import once
from bartizan.ingest.loader import Loader
from bartizan.ingest.spool import Segment
from bartizan.pipeline.membership import Membership, server_id
from bartizan.state.servers import SLOTS, TTL_S
from bartizan.state.stores import State
from tests.control_plane import Open, Time
from tests.ingest.store import MACROS, REGISTRY, Store, entry, records

_numbers = count(1)


@dataclass
class Server:
    """One of several over one table."""

    store: Store
    membership: Membership

    def seal(self, *numbers: int) -> Segment:
        """Acknowledge records as one object."""
        self.store.loader.prepare(self.store.table)
        body = b"\n".join(records(self.store.namespace, numbers))
        self.store.spool.append(self.store.table, entry(body, f"{self.store.namespace}-{numbers}"))
        (segment,) = self.store.spool.flush()
        return segment

    def load(self) -> None:
        """Store what waits."""
        for segment in self.store.spool.pending():
            self.store.loader.load(segment)

    def instants(self) -> list[int]:
        """When what is stored arrived."""
        query = "SELECT toUnixTimestamp64Milli(`event.ingested`) AS at FROM {table: Identifier} GROUP BY at ORDER BY at"
        return [int(row["at"]) for row in self.store.query(query)]


Make = Callable[[str], Server]


@pytest.fixture
def make(engine: Engine, tmp_path: Path, open_another: Open, time: Time) -> Iterator[Make]:
    stores: dict[str, Store] = {}
    namespace = f"membership{next(_numbers)}"

    def made(name: str) -> Server:
        if name in stores:
            stores[name].reopen()
        else:
            stores[name] = Store(engine, tmp_path / name, namespace, clock=time.clock)  # type: ignore[arg-type]
        return joined(stores[name], open_another())

    yield made
    for store in stores.values():
        store.spool.close()


def joined(store: Store, state: State) -> Server:
    """A process that has just started."""
    membership = Membership(state.servers, store.spool, server_id(store.folder / "spool"))
    store.loader = Loader(
        store.engine, store.spool, store.catalog, MACROS, REGISTRY, store.ledger, store.quarantine, order=membership
    )
    membership.join()
    return Server(store, membership)


def expected(server: Server, *numbers: int) -> Counter[str]:
    return Counter(record.decode() for record in records(server.store.namespace, numbers))


def put_out(by: Server, time: Time) -> None:
    """All others have been silent for long."""
    by.membership.put_out_silent()
    time.pass_s(TTL_S)
    by.membership.put_out_silent()
    by.membership.beat()


def test_nobody_reads_past_what_another_has_yet_to_store(make: Make, time: Time) -> None:
    slow, quick = make("slow"), make("quick")
    late = slow.seal(1)
    time.pass_s(10)
    slow.membership.beat()
    quick.seal(2)
    quick.load()
    assert quick.membership.beat().least_ms == late.ingested_ms < quick.instants()[0]
    slow.load()
    time.pass_s(1)
    slow.membership.beat()
    assert quick.membership.beat().least_ms > quick.instants()[-1]
    assert quick.store.stored() == expected(quick, 1, 2)


@pytest.mark.slow
def test_marks_go_on_whatever_the_clocks_say(make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    time.pass_s(3600)
    one.seal(1)
    one.load()
    one.membership.beat()
    time.now = time.now.replace(year=2025)
    other.seal(2)
    other.load()
    for server in (other, one, other):
        view = server.membership.beat()
    assert view.least_ms > one.instants()[-1]


def test_two_servers_never_give_one_instant(make: Make) -> None:
    servers = [make(name) for name in "abc"]
    given = [server.seal(number).ingested_ms for number in range(5) for server in servers]
    assert len(set(given)) == len(given)
    assert len({instant % SLOTS for instant in given}) == len(servers)


@pytest.mark.slow
def test_what_a_dead_server_had_yet_to_store_arrives_when_it_comes_back(make: Make, time: Time) -> None:
    dead, alive = make("dead"), make("alive")
    left = dead.seal(1)
    dead.membership.beat()
    alive.seal(2)
    alive.load()
    assert alive.membership.beat().least_ms == left.ingested_ms
    put_out(alive, time)
    passed_ms = alive.membership.least_ms
    assert passed_ms > left.ingested_ms
    back = make("dead")
    back.load()
    assert back.store.stored() == expected(back, 1, 2)
    assert back.instants()[-1] >= passed_ms


@pytest.mark.slow
def test_a_server_that_starts_again_soon_keeps_its_place(make: Make, time: Time) -> None:
    dead, alive = make("dead"), make("alive")
    left = dead.seal(1)
    dead.membership.beat()
    alive.seal(2)
    alive.load()
    back = make("dead")
    back.load()
    assert back.instants()[0] == left.ingested_ms
    assert back.store.stored() == expected(back, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_server_that_is_held_while_it_stores_does_so_again(
    make: Make, time: Time, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, other = make("held"), make("other")
    segment = held.seal(1)
    insert = once.insert_once

    def holding(*given: Any) -> None:
        monkeypatch.undo()
        if moment == "after":
            insert(*given)
        put_out(other, time)
        if moment == "before":
            insert(*given)

    monkeypatch.setattr(once, "insert_once", holding)
    held.store.loader.load(segment)
    assert held.store.stored() == expected(held, 1)
    assert held.instants()[0] >= other.membership.least_ms > segment.ingested_ms


@pytest.mark.slow
def test_an_object_that_two_servers_were_given_is_stored_once(make: Make) -> None:
    silent, other = make("silent"), make("other")
    silent.seal(1, 2)
    silent.seal(3)
    other.seal(1, 2)
    other.load()
    silent.load()
    assert silent.store.stored() == expected(silent, 1, 2, 3)
    assert not list(silent.store.spool.pending())


def test_alerts_that_are_not_stored_are_found_again(make: Make) -> None:
    server = make("one")
    server.store.spool.append("alerts-detection-default", entry(b"{}", "detection"))
    server.store.spool.flush()
    kept = server.seal(1)
    drop_unstored(server.store.spool)
    assert list(server.store.spool.pending()) == [kept]
    assert [*make("one").store.spool.pending()] == [kept]


def test_rules_are_shared_by_those_that_run_them(make: Make, time: Time) -> None:
    servers = [make(name) for name in "abc"]
    for server in servers[:2]:
        server.membership.look()
    views = [server.membership.beat() for server in servers]
    assert {view.detecting for view in views} == {views[0].detecting}
    rules = [f"rule-{number}" for number in range(300)]
    owned = [{rule for rule in rules if server.membership.owns(rule)} for server in servers]
    assert owned[0] | owned[1] == set(rules)
    assert not owned[0] & owned[1] and not owned[2]
    servers[0].membership.leave()
    servers[1].membership.beat()
    assert servers[1].membership.has_news
    assert all(servers[1].membership.owns(rule) for rule in rules)
