"""The spool: what it seals, in which order, and what it does when the disk refuses."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.ingest.errors import SpoolInUse
from bartizan.ingest.progress import NOTHING, Progress
from bartizan.ingest.segment import entries
from bartizan.ingest.spool import Segment, Spool
from tests.ingest.store import SetClock, entry


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def bodies(segment: Segment) -> list[bytes]:
    with segment.file.open("rb") as file:
        return [entry.piece.body for entry in entries(file)]


def opened(folder: Path, clock: SetClock, segment_bytes: int = 10_000) -> Spool:
    return Spool(folder, segment_bytes, clock)


def sealed(spool: Spool, stream: str, body: bytes) -> Segment:
    spool.append(stream, entry(body, body.decode()))
    (segment,) = spool.flush(stream)
    return segment


def test_a_full_segment_is_sealed_by_itself(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock, segment_bytes=250)
    given = [spool.append("logs-a", entry(b"x" * 100, f"origin-{n}")) for n in range(6)]
    filled = [segment for segment in given if segment]
    assert [len(bodies(segment)) for segment in filled] == [2, 2, 2]
    assert list(spool.pending()) == filled


def test_a_segment_of_many_small_records_is_full_too(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.ingest.spool.MAX_SEGMENT_RECORDS", 10)
    spool = opened(tmp_path, clock)
    given = [spool.append("logs-a", entry(b"1\n2\n3\n4", f"origin-{n}")) for n in range(6)]
    assert [bool(segment) for segment in given] == [False, False, True, False, False, True]


def test_flush_seals_what_it_names(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    for stream in ("a", "b", "c"):
        spool.append(stream, entry(stream.encode(), "origin"))
    assert [segment.stream for segment in spool.flush("b")] == ["b"]
    assert [segment.stream for segment in spool.flush()] == ["a", "c"]
    assert spool.flush() == []


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(hours=-1), timedelta(days=-400), timedelta(hours=1)])
def test_ingest_times_rise_whatever_the_clock_does(tmp_path: Path, clock: SetClock, jump: timedelta) -> None:
    spool = opened(tmp_path, clock)
    segments = []
    for number in range(5):
        segments.append(sealed(spool, "a", b"%d" % number))
        clock.now += jump
        if number == 2:
            spool.close()
            spool = opened(tmp_path, clock)
    assert [segment.ingested_ms for segment in segments] == sorted({segment.ingested_ms for segment in segments})
    assert list(spool.pending()) == segments


def test_ingest_times_rise_above_what_is_stored(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    floor = int(clock().timestamp() * 1000) + 5000
    spool.raise_floor("a", floor)
    assert sealed(spool, "a", b"x").ingested_ms == floor + 1
    assert sealed(spool, "b", b"x").ingested_ms == floor + 2, "all streams have one order"


def test_what_a_crash_left_unsealed_is_dropped(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    kept = sealed(spool, "a", b"kept")
    spool.append("a", entry(b"unsealed", "origin"))
    spool.close()
    (tmp_path / "a" / "0000000000000009.partial").write_bytes(b"torn")
    again = opened(tmp_path, clock)
    assert list(again.pending()) == [kept]
    assert not list(tmp_path.glob("*/*.partial"))


def test_it_knows_how_far_objects_are_in_it(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    spool.append("a", entry(b"1\n2", "origin", 0, is_last=False))
    assert spool.progress("origin") == Progress(2, False)
    assert spool.unsealed("origin") == {"a"}
    (segment,) = spool.flush()
    assert (spool.progress("origin"), spool.unsealed("origin")) == (Progress(2, False), set())
    spool.append("a", entry(b"3", "origin", 2))
    assert spool.progress("origin") == Progress(3, True)
    spool.close()
    again = opened(tmp_path, clock)
    assert again.progress("origin") == Progress(2, False), "what was not sealed is forgotten"
    again.remove(segment)
    assert again.progress("origin") == NOTHING
    assert again.removed == 1
    assert not list(again.pending())


def test_a_segment_set_aside_is_named_and_forgotten(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path / "spool", clock)
    segment = sealed(spool, "a", b"x")
    kept = spool.set_aside(segment, tmp_path / "aside")
    assert kept.read_bytes()
    assert kept.name.startswith("a-")
    assert (list(spool.pending()), spool.progress("x")) == ([], NOTHING)


def test_a_segment_can_get_a_later_time(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    first, second = sealed(spool, "a", b"1"), sealed(spool, "a", b"2")
    moved = spool.restamp(first)
    assert moved.ingested_ms > second.ingested_ms
    assert list(spool.pending()) == [second, moved]
    assert bodies(moved) == [b"1"]
    assert spool.progress("1") == Progress(1, True)


def test_one_process_has_the_folder(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    with pytest.raises(SpoolInUse, match="another process writes here; stop it, or use another --data"):
        opened(tmp_path, clock)
    spool.close()
    opened(tmp_path, clock).close()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from bartizan.clock import system_clock
from bartizan.ingest.errors import SpoolUnavailable
from bartizan.ingest.progress import NOTHING
from bartizan.ingest.spool import Spool
from tests.ingest.store import entry

spool = Spool(Path(sys.argv[1]), 10_000_000, system_clock)
spool.append("a", entry(b"safe", "safe"))
(segment,) = spool.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, -1))  # stands for a disk that is full
try:
    for number in range(50):
        spool.append("a", entry(b"x" * 10_000, f"origin-{number}"))
    spool.flush()
except SpoolUnavailable as error:
    print(error)
assert spool.progress("origin-1") == NOTHING, "what is gone is to be read again"
spool.append("a", entry(b"again", "again"))
print([path.suffix for path in Path(sys.argv[1]).glob("a/*.rb")], len(spool.flush()))
"""


def test_a_full_disk_tears_nothing(tmp_path: Path) -> None:
    """Unsealed pieces are gone as a whole, sealed ones stay, and it works again afterwards."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "ignore", "-c", FULL_DISK, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=60)
    assert answer.returncode == 0, answer.stderr
    said, then = answer.stdout.splitlines()
    assert said == (
        f"{tmp_path}: can't write: File too large; what was acknowledged is safe; make room, then ingest the rest again"
    )
    assert then == "['.rb'] 1"
    spool = Spool(tmp_path, 1, SetClock())
    assert [bodies(segment) for segment in spool.pending()] == [[b"safe"], [b"again"]]


def test_low_water_is_kept_by_what_waits_and_by_what_comes_later(tmp_path: Path, clock: SetClock) -> None:
    spool = opened(tmp_path, clock)
    first = sealed(spool, "logs-a", b"1")
    clock.jump(seconds=10)
    second = sealed(spool, "logs-b", b"2")
    assert spool.low_water(0) == first.ingested_ms
    assert spool.low_water(0, {first.token}) == second.ingested_ms
    spool.remove(first)
    spool.remove(second)
    ahead_ms = second.ingested_ms + 3_600_000
    assert spool.low_water(ahead_ms) == ahead_ms
    clock.jump(hours=-1)
    assert sealed(spool, "logs-a", b"3").ingested_ms >= ahead_ms


def test_spools_that_take_turns_give_different_instants(tmp_path: Path, clock: SetClock) -> None:
    spools = [opened(tmp_path / name, clock) for name in "ab"]
    for number, spool in enumerate(spools):
        spool.take_turn(number, 8)
    given = [sealed(spool, "logs-a", b"%d" % n).ingested_ms for n in range(4) for spool in spools]
    assert {instant % 8 for instant in given[::2]} == {0} and {instant % 8 for instant in given[1::2]} == {1}
    assert sorted(given[::2]) == given[::2]
