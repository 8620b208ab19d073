"""Records to ECS documents with nothing stored: the same SELECT that loads a stream, over a throw-away segment."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlglot import exp

from bartizan.clock import Clock
from bartizan.ecs.document import document
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, rows
from bartizan.ingest.ledger import Progress
from bartizan.ingest.loader import instant
from bartizan.ingest.mend import mend
from bartizan.ingest.objects import Reading, find_files, origin_of, read_object
from bartizan.ingest.rows import invalid_pieces, load_select
from bartizan.ingest.segment import SegmentWriter, as_local_file
from bartizan.integrations.macros import Macros
from bartizan.integrations.mapping import load_mapping
from bartizan.integrations.stream import Stream


class Normalizer:
    """Turns files into documents, in order."""

    def __init__(self, engine: Engine, macros: Macros, registry: Registry, namespace: str, clock: Clock) -> None:
        self._engine = engine
        self._macros = macros
        self._registry = registry
        self._namespace = namespace
        self._clock = clock

    def documents(self, paths: list[Path], reading: Reading) -> Iterator[dict[str, Any]]:
        """One document a record. Raises what `read_object` raises, after the documents before the fault."""
        with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
            for path in find_files(paths):
                yield from self._file(path, reading, Path(folder))

    def _file(self, path: Path, reading: Reading, folder: Path) -> Iterator[dict[str, Any]]:
        with path.open("rb") as file:
            origin = origin_of(file)
        for routed in read_object(path.open("rb"), str(path), origin, reading, lambda _: Progress()):
            writer = SegmentWriter(folder, 0)
            writer.append(routed.entry)
            segment = writer.seal(0)
            yield from self._segment(segment, routed.stream)
            segment.unlink()

    def _segment(self, segment: Path, stream: Stream) -> Iterator[dict[str, Any]]:
        if bad := {row["number"] for row in rows(self._engine, invalid_pieces(), file=as_local_file(segment))}:
            mend(segment, bad)
        select = load_select(load_mapping(stream, self._macros), self._namespace)
        ordered = select.order_by(exp.column(exp.to_identifier("record.ordinal", quoted=True), table="mapped"))
        now = instant(int(self._clock().timestamp() * 1000))
        for row in rows(self._engine, ordered, {"ingested": now}, file=as_local_file(segment)):
            yield document(row, self._registry)
