"""The ledger: how far objects were stored, told again after every restart."""

from collections.abc import Callable

from bartizan.ingest.progress import Progress
from tests.ingest.store import Store, entry


def recorded(store: Store, *entries: tuple[bytes, str, int, bool]) -> None:
    for body, origin, ordinal, is_last in entries:
        store.spool.append(store.table, entry(body, origin, ordinal, is_last=is_last))
    for segment in store.spool.flush():
        store.ledger.record(segment, "2026-03-01 12:00:00.000")


def test_progress_is_the_furthest_of_all_segments(store: Store, mark: str) -> None:
    a, b = f"{mark}-a", f"{mark}-b"
    recorded(store, (b"1\n2", a, 0, False), (b"3", a, 2, False), (b"1", b, 0, True))
    assert store.ledger.progress([a, b, "unknown"]) == {a: Progress(3, False), b: Progress(1, True)}
    recorded(store, (b"4\n5", a, 3, True))
    store.reopen()
    assert store.ledger.progress([a]) == {a: Progress(5, True)}


def test_a_segment_is_recorded_once(store: Store, mark: str) -> None:
    store.spool.append(store.table, entry(b"1", mark))
    (segment,) = store.spool.flush()
    for _ in range(3):
        store.ledger.record(segment, "2026-03-01 12:00:00.000")
    assert store.query(f"SELECT count() AS n FROM `ingest-ledger` WHERE origin = '{mark}'") == [{"n": 1}]


def test_segments_of_one_moment_are_recorded_each(store: Store, mark: str) -> None:
    """Two streams may seal in the same millisecond: a ledger row is a segment's, not a moment's."""
    for stream in ("logs-a-x", "logs-b-x"):
        store.spool.append(stream, entry(b"1", f"{mark}-{stream}"))
    for segment in store.spool.flush():
        store.ledger.record(segment, "2026-03-01 12:00:00.000")
    assert len(store.ledger.progress([f"{mark}-logs-a-x", f"{mark}-logs-b-x"])) == 2


def test_objects_are_asked_for_in_groups(make_store: Callable[..., Store], mark: str) -> None:
    """One question for all the files of a group: twenty thousand files would be as many statements else."""
    store = make_store()
    asked: list[int] = []
    progress = store.ledger.progress

    def counted(origins: list[str]) -> dict[str, Progress]:
        asked.append(len(origins))
        return progress(origins)

    store.ledger.progress = counted  # type: ignore[assignment, method-assign]
    store.ingest(*[b'{"time":"2026-03-01T10:00:00Z","action":"%s-%d"}' % (mark.encode(), n) for n in range(300)])
    assert asked == [256, 44]
