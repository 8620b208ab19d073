"""Files in, a table of records out: JSON in any framing, CSV, Parquet or plain lines, compressed or not.

The engine reads copies under names of ours: no path of a user's is a pattern, a URL or part of a statement.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from sqlglot import exp, parse_one

from bartizan.engine.base import Engine, LocalFile, Settings, Value
from bartizan.engine.errors import EngineError
from bartizan.errors import BartizanError
from bartizan.ingest.codecs import Bounds, members
from bartizan.ingest.errors import BadObject, NoRecords
from bartizan.ingest.mend import mend
from bartizan.ingest.objects import open_file, shown
from bartizan.ingest.pieces import cut
from bartizan.ingest.rows import records_select
from bartizan.ingest.segment import Entry, SegmentWriter, as_local_file
from bartizan.ingest.shape import Shape, shape_of
from bartizan.query.errors import UnreadableFile

MAX_CSV_COLUMNS = 2_000
RECORDS_STRUCTURE = {"position": "Tuple(UInt32, UInt64)", "is_text": "Bool", "message": "String"}
"""A record: its file and its number in it; whether its values are all text (CSV);
its JSON, or its line."""

_PARQUET_MAGIC = b"PAR1"
_CSV_SUFFIX = ".csv"
_COMPRESSIONS = {".gz", ".gzip", ".zst", ".zstd", ".bz2"}
_DELIMITERS = ",;\t|"
_PIECE_BYTES = 8 * 1024 * 1024

_IN_ORDER: Settings = {
    "max_threads": 1,
    "max_insert_threads": 1,
    "input_format_parallel_parsing": 0,
    "input_format_parquet_preserve_order": 1,
}
_CSV: Settings = {
    "input_format_with_names_use_header": 0,
    "input_format_csv_allow_variable_number_of_columns": 1,
    "input_format_csv_trim_whitespaces": 0,
}
_CSV_RECORDS = """
SELECT tuple({source: UInt32}, rowNumberInAllBlocks()) AS position, true AS is_text,
    toJSONString(mapFromArrays({names: Array(String)}, arrayMap(cell -> toValidUTF8(cell), cells))) AS message
FROM (SELECT [] AS cells FROM pieces)
"""
_PARQUET_RECORDS = """
SELECT tuple({source: UInt32}, rowNumberInAllBlocks()) AS position, false AS is_text,
    toValidUTF8(formatRowNoNewline('JSONEachRow', *)) AS message
FROM pieces
"""
_JSON_RECORDS = """
SELECT tuple({source: UInt32}, `record.ordinal`) AS position, false AS is_text, message FROM records
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Puts the records of files into a table of `RECORDS_STRUCTURE`."""

    engine: Engine
    table: str
    folder: Path
    """For copies, each gone when it is read."""
    bounds: Bounds

    def read(self, paths: Iterable[Path]) -> None:
        """Read the files one after another. Raises `UnreadableFile`, `BadObject` or `NoRecords` at the first that has
        a fault: a search over half of what was named would mislead."""
        numbers = count()
        for path in paths:
            with open_file(path) as file:
                for member in members(file, shown(path), self.bounds):
                    try:
                        self._member(member.chunks, member.name, next(numbers))
                    except EngineError as error:
                        raise _unreadable(error, member.name) from error
                    except BadObject as error:
                        raise BadObject(error.message, where=error.where or member.name, hint=error.hint) from error

    def _member(self, chunks: Iterator[bytes], name: str, number: int) -> None:
        first = next(chunks, b"")
        if not first.strip():
            raise NoRecords("it is empty", where=name)
        body = chain([first], chunks)
        if first.startswith(_PARQUET_MAGIC):
            self._parquet(body, number)
        elif header := _csv_header(first, name):
            self._csv(body, header, number)
        else:
            self._pieces(first, chunks, name, number)

    def _pieces(self, first: bytes, chunks: Iterator[bytes], name: str, number: int) -> None:
        shape = shape_of(first)
        writer = SegmentWriter(self.folder, number)
        for piece in cut(chain([first[shape.header_bytes :]], chunks), _headless(shape), _PIECE_BYTES):
            writer.append(Entry(str(number), name, {}, piece, is_last=False))
        segment = writer.seal(number)
        mend(self.engine, segment)
        records = parse_one(_JSON_RECORDS, dialect="clickhouse")
        records.find(exp.Table).replace(exp.Subquery(this=records_select()))  # type: ignore[union-attr]
        self._insert(records, as_local_file(segment), {"source": number}, _IN_ORDER)

    def _csv(self, body: Iterator[bytes], header: "_Header", number: int) -> None:
        if len(header.names) > MAX_CSV_COLUMNS:
            raise UnreadableFile(f"a header of {len(header.names)} columns: {MAX_CSV_COLUMNS} is the most")
        cells = [f"c{index}" for index in range(len(header.names))]
        records = parse_one(_CSV_RECORDS, dialect="clickhouse")
        records.find(exp.Array).replace(exp.array(*map(exp.column, cells), dialect="clickhouse"))  # type: ignore[union-attr]
        structure = ", ".join(f"{cell} String" for cell in cells)
        file = LocalFile(self._copied(body, number), "CSVWithNames", structure)
        settings = {**_IN_ORDER, **_CSV, "format_csv_delimiter": header.delimiter}
        self._insert(records, file, {"source": number, "names": header.names}, settings)

    def _parquet(self, body: Iterator[bytes], number: int) -> None:
        file = LocalFile(self._copied(body, number), "Parquet", "auto")
        self._insert(parse_one(_PARQUET_RECORDS, dialect="clickhouse"), file, {"source": number}, _IN_ORDER)

    def _copied(self, body: Iterator[bytes], number: int) -> Path:
        copy = self.folder / f"{number}.copy"
        with copy.open("wb") as file:
            for chunk in body:
                file.write(chunk)
        return copy

    def _insert(self, records: exp.Expr, file: LocalFile, parameters: dict[str, Value], settings: Settings) -> None:
        target = exp.Table(this=exp.to_identifier(self.table, quoted=True))
        insert = exp.Insert(this=target, expression=records)
        self.engine.query(insert, parameters, file=file, format="Null", settings=settings)
        file.path.unlink()


@dataclass(frozen=True, slots=True)
class _Header:
    names: list[str]
    delimiter: str


def _csv_header(first: bytes, name: str) -> _Header | None:
    """The header of a CSV file: named so, or two lines at least of as many cells, the first without numbers."""
    text = first[:_PIECE_BYTES].decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] in ("{", "["):
        return None
    line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=line.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header, second = next(rows, []), next(rows, [])
    except csv.Error:
        return None
    if not _is_named_csv(name) and not _looks_like_header(header, second):
        return None
    return _Header(_unique(header), delimiter)


def _is_named_csv(name: str) -> bool:
    path = Path(name.lower())
    return (path.with_suffix("") if path.suffix in _COMPRESSIONS else path).suffix == _CSV_SUFFIX


def _looks_like_header(header: list[str], second: list[str]) -> bool:
    if len(header) < 2 or len(header) != len(second) or len(set(header)) < len(header):
        return False
    return all(cell.strip() and cell.strip()[0].isalpha() | (cell.strip()[0] in "_@") for cell in header)


def _unique(header: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for number, cell in enumerate(header, 1):
        name = base = cell.strip() or f"column_{number}"
        copies = count(2)
        while name in names:
            name = f"{base}_{next(copies)}"
        names[name] = None
    return list(names)


def _headless(shape: Shape) -> Shape:
    return Shape(shape.framing, 0, "", shape.samples)


def _unreadable(error: EngineError, name: str) -> BartizanError:
    """What the engine said of a file, as an error of the file."""
    return out_of_memory(error) or UnreadableFile(f"it can't be read: {error.message}", where=name)


def out_of_memory(error: EngineError) -> BartizanError | None:
    """The error to show when the engine's memory bound was met (ClickHouse's code 241); None for another one."""
    if error.code != 241:
        return None
    return UnreadableFile(
        "the files need more memory than the engine may take",
        hint="raise engine.max_memory_bytes, search fewer files, or `bartizan ingest` them",
    )
