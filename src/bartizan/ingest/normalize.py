"""Records to ECS documents with nothing stored: the same SELECT that loads a stream, over a throw-away segment."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bartizan.clock import Clock
from bartizan.ecs.document import document
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, rows
from bartizan.engine.inserts import UNOPTIMISED
from bartizan.engine.literals import date_text
from bartizan.engine.statements import Prepared
from bartizan.errors import BartizanError
from bartizan.ingest.mend import mend
from bartizan.ingest.objects import Reading, find_files, open_file, origin_of, read_object, shown
from bartizan.ingest.progress import NOTHING
from bartizan.ingest.rows import ordered_select
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
        self._ready: dict[str, Prepared] = {}

    def documents(
        self, paths: list[Path], reading: Reading, failed: Callable[[BartizanError], None] | None = None
    ) -> Iterator[dict[str, Any]]:
        """One document a record. What `read_object` raises, after the documents before the fault, goes to `failed`;
        then the next file's turn comes. Without `failed` it is raised."""
        with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
            for path in find_files(paths):
                try:
                    yield from self._file(path, reading, Path(folder))
                except BartizanError as error:
                    if failed is None:
                        raise
                    failed(error)

    def _file(self, path: Path, reading: Reading, folder: Path) -> Iterator[dict[str, Any]]:
        with open_file(path) as file:
            origin = origin_of(file)
        for routed in read_object(open_file(path), shown(path), origin, reading, lambda _: NOTHING):
            writer = SegmentWriter(folder, 0)
            writer.append(routed.entry)
            segment = writer.seal(0)
            yield from self._segment(segment, routed.stream)
            segment.unlink()

    def _segment(self, segment: Path, stream: Stream) -> Iterator[dict[str, Any]]:
        mend(self._engine, segment)
        parameters = {"ingested": date_text(self._clock()), "namespace": self._namespace}
        file = as_local_file(segment)
        for row in rows(self._engine, self._select(stream), parameters, file=file, settings=UNOPTIMISED):
            yield document(row, self._registry)

    def _select(self, stream: Stream) -> Prepared:
        if stream.dataset not in self._ready:
            mapping = load_mapping(stream, self._macros)
            self._ready[stream.dataset] = Prepared(ordered_select(mapping))
        return self._ready[stream.dataset]
