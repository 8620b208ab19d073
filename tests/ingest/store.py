"""A store of one small stream for tests of the way in: the real parts over the one engine of the test process."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlglot import parse_one

from bartizan.ecs.registry import load_registry
from bartizan.engine.base import Engine, rows
from bartizan.ingest.codecs import Bounds
from bartizan.ingest.inserts import Inserts
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.loader import Loader
from bartizan.ingest.objects import Reading
from bartizan.ingest.pieces import Piece
from bartizan.ingest.segment import Entry
from bartizan.ingest.spool import Spool
from bartizan.integrations.catalog import Catalog, load_catalog
from bartizan.integrations.macros import load_macros
from bartizan.pipeline.intake import Intake, Source, Told

STREAM_FOLDER = Path(__file__).parent / "stream"
CATALOG = load_catalog((STREAM_FOLDER,))
MACROS = load_macros()
REGISTRY = load_registry()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def inserts_over(engine: Engine) -> Inserts:
    """Made once for all stores of the test process."""
    return Inserts(engine, CATALOG, MACROS, REGISTRY)


@dataclass
class SetClock:
    """A clock that stands where it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def jump(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class Store:
    """A spool folder of its own, and a table of its own in the shared engine."""

    engine: Engine
    folder: Path
    namespace: str
    segment_bytes: int = 1024 * 1024
    piece_bytes: int = 4096
    clock: SetClock = field(default_factory=SetClock)
    catalog: Catalog = field(default_factory=lambda: CATALOG)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start as a new process would."""
        self.spool = Spool(self.folder / "spool", self.segment_bytes, self.clock)
        self.ledger = Ledger(self.engine)
        inserts = inserts_over(self.engine) if self.catalog is CATALOG else None
        self.loader = Loader(
            self.engine, self.spool, self.catalog, MACROS, REGISTRY, self.ledger, self.quarantine, inserts
        )
        self.intake = Intake(self.spool, self.loader, self.ledger, self.namespace)

    def reopen(self) -> None:
        """Stop without sealing anything, then start again."""
        self.spool.close()
        self.open()

    @property
    def quarantine(self) -> Path:
        return self.folder / "quarantine"

    @property
    def table(self) -> str:
        return f"logs-test.event-{self.namespace}"

    def reading(self, dataset: str | None = None) -> Reading:
        return Reading(self.catalog, Bounds(), self.piece_bytes, dataset)

    def ingest(self, *objects: bytes | Source, dataset: str | None = None) -> list[Told]:
        """Take objects in; bytes are named `object-0`, `object-1`..."""
        sources = [
            given if isinstance(given, Source) else source(given, f"object-{n}") for n, given in enumerate(objects)
        ]
        return list(self.intake.ingest(sources, self.reading(dataset)))

    def query(self, sql: str) -> list[dict[str, Any]]:
        return rows(self.engine, parse_one(sql, dialect="clickhouse"), {"table": self.table})

    def stored(self) -> Counter[str]:
        """How often each raw record is stored."""
        found = self.query("SELECT `event.original` AS raw, count() AS n FROM {table: Identifier} GROUP BY raw")
        return Counter({row["raw"]: row["n"] for row in found})


def source(content: bytes, name: str = "object") -> Source:
    return Source(name, len(content), lambda: io.BytesIO(content))


def entry(body: bytes, origin: str, ordinal: int = 0, framing: str = "lines", is_last: bool = True) -> Entry:
    piece = Piece(framing, body, ordinal, ordinal + body.count(b"\n") + 1)  # type: ignore[arg-type]
    return Entry(origin, "somewhere", {}, piece, is_last)


def failures(told: Iterable[Told]) -> list[str]:
    return [str(one.failed) for one in told if one.failed]


def acknowledged(told: Iterable[Told]) -> list[str]:
    return [name for one in told for name in one.acknowledged]


def records(mark: str, numbers: Iterable[int]) -> Iterator[bytes]:
    """Records that no other test has, when `mark` is none of another's."""
    for number in numbers:
        yield b'{"time":"2026-03-01T10:00:00Z","action":"act","id":"%s-%d"}' % (mark.encode(), number)
