"""What a courier does round by round: a clock that is set, a connector that answers as told."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bartizan.respond.courier import MAX_PAUSE_S, Courier
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused, OutboxError, SecretMissing
from bartizan.respond.notification import MAX_ALERT_BYTES, Notification, bounded, delivery_id, risk
from bartizan.respond.outbox import Entry
from bartizan.respond.sqlite_outbox import SqliteOutbox
from bartizan.respond.throttle import Bucket
from tests.respond.conftest import NOW, alert


class World:
    """One courier, its outbox, and what its connector saw."""

    def __init__(self, file: Path) -> None:
        self.now: datetime = NOW
        self.outbox = SqliteOutbox(file)
        self.seen: list[Notification] = []
        self.answers: Callable[[Notification], str] = lambda _: "ok"
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        bucket = Bucket(4, 60, self.now)
        return Courier("c", self.send, self.outbox, bucket, 3, lambda: self.now, lambda: 1.0)

    def send(self, notification: Notification) -> str:
        self.seen.append(notification)
        return self.answers(notification)

    def offer(self, *severities: str) -> None:
        at = len(self.seen) * 100
        alerts = [alert(f"{at + n}", severity, 50) for n, severity in enumerate(severities)]
        entries = [
            Entry(delivery_id("c", [one["alert"]["id"]]), "c", one["alert"]["id"], risk(one), bounded(one))
            for one in alerts
        ]
        self.outbox.add(entries, self.now)

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def steps(self, rounds: int) -> None:
        """Rounds, each when the one before says."""
        for _ in range(rounds):
            self.pass_s(self.courier.step())

    def counts(self) -> dict[str, int]:
        return dict(self.outbox.counts().get("c", {}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "n.sqlite")
    yield made
    made.outbox.close()


def fails(error: Exception) -> Callable[[Notification], str]:
    def answer(_: Notification) -> str:
        raise error

    return answer


def test_each_alert_goes_once_gravest_first(world: World) -> None:
    world.offer("low", "critical", "high")
    world.steps(3)
    assert [one.alerts[0]["alert"]["severity"] for one in world.seen] == ["critical", "high", "low"]
    assert [one.more for one in world.seen] == [0, 0, 0]
    assert world.counts() == {"sent": 3}
    assert len({one.id for one in world.seen}) == 3


def test_what_is_too_much_is_folded_into_one(world: World) -> None:
    world.offer(*["low"] * 40, "critical")
    world.courier.step()
    assert [len(one.alerts) + one.more for one in world.seen] == [1, 1, 1, 38]
    assert (len(world.seen[-1].alerts), world.seen[-1].more) == (10, 28)
    assert world.seen[0].alerts[0]["alert"]["severity"] == "critical"
    assert world.counts() == {"sent": 41}
    world.offer("low", "low", "low")
    assert world.courier.step() == 15
    assert len(world.seen) == 4
    world.pass_s(15)
    world.steps(1)
    assert len(world.seen[-1].alerts) == 3


def test_a_failure_is_tried_again_with_longer_pauses_under_the_same_id(world: World) -> None:
    world.answers = fails(DeliveryFailed("no"))
    world.offer("low")
    pauses = [world.courier.step()]
    for _ in range(2):
        world.pass_s(pauses[-1])
        pauses.append(world.courier.step())
    assert pauses[:2] == [5, 10]
    assert len({one.id for one in world.seen}) == 1
    assert world.counts() == {"dead": 1}
    assert world.outbox.records("dead", "c", 1)[0].error == "no"


def test_a_summary_is_the_same_at_each_attempt(world: World) -> None:
    world.answers = fails(DeliveryFailed("no"))
    world.offer(*["low"] * 12)
    world.steps(1)
    world.answers = lambda _: "ok"
    world.offer("critical")
    world.pass_s(3600)
    world.steps(5)
    by_id = {one.id: one for one in world.seen}
    assert all(by_id[one.id] == one for one in world.seen)
    assert world.counts() == {"sent": 13}


def test_what_the_target_asks_to_wait_is_waited(world: World) -> None:
    world.answers = fails(DeliveryFailed("429", retry_after_s=300))
    world.offer("low", "low")
    assert world.courier.step() == 300
    assert len(world.seen) == 1
    world.pass_s(299)
    assert world.courier.step() == 1
    assert len(world.seen) == 1


def test_one_bad_alert_does_not_hold_up_the_others_for_long(world: World) -> None:
    def answer(notification: Notification) -> str:
        if notification.alerts[0]["alert"]["severity"] == "critical":
            raise DeliveryFailed("500")
        return "ok"

    world.answers = answer
    world.courier.max_attempts = 100
    world.offer("critical", "low", "low")
    world.steps(4)
    assert world.counts() == {"waiting": 1, "sent": 2}
    world.pass_s(36000)
    assert world.courier.step() <= MAX_PAUSE_S


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeliveryRefused("404"), "dead"),
        (DeliveryFailed("500"), "waiting"),
        (SecretMissing("not set"), "waiting"),
        (KeyError("hush-hush"), "waiting"),
    ],
)
def test_an_error_says_whether_it_is_given_up(world: World, error: Exception, state: str) -> None:
    world.answers = fails(error)
    world.offer("low")
    world.steps(1)
    assert world.counts() == {state: 1}
    assert "hush" not in world.outbox.records(None, "c", 1)[0].error


def test_another_process_goes_on_where_one_stopped(world: World) -> None:
    world.answers = fails(SystemExit())
    world.offer(*["low"] * 6)
    with pytest.raises(SystemExit):
        world.courier.step()
    world.answers = lambda _: "ok"
    world.courier = world.new_courier()
    world.steps(3)
    assert world.seen[0] == world.seen[1]
    assert world.counts() == {"sent": 6}


def test_what_arrived_is_not_sent_again_while_the_outbox_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutboxError("disk full")

    world.offer("low")
    with monkeypatch.context() as broken:
        broken.setattr(SqliteOutbox, "sent", full)
        for _ in range(3):
            with pytest.raises(OutboxError):
                world.courier.step()
    world.courier.step()
    assert len(world.seen) == 1
    assert world.counts() == {"sent": 1}


def test_a_clock_that_goes_back_stops_nothing_for_ever(world: World) -> None:
    world.offer("low")
    world.pass_s(-3600)
    assert world.courier.step() > 0
    world.pass_s(3600)
    world.steps(1)
    assert world.counts() == {"sent": 1}


def test_a_large_alert_is_told_in_short() -> None:
    large = alert() | {"message": "x" * MAX_ALERT_BYTES}
    assert len(bounded(large)) < 10_000
    assert b'"alert.id":"a1"' in bounded(large)


def test_an_alert_that_is_no_json_is_told_as_far_as_it_can_be() -> None:
    assert b'"alert.id":"\\\\ud800"' in bounded(alert("\ud800"))
