"""Checks an integration's stream against its own promises: names and types against ECS, samples against documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError, Terminal
from bartizan.ingest.inserts import DatasetInserts
from bartizan.ingest.normalize import Normalizer
from bartizan.ingest.objects import Reading
from bartizan.integrations.errors import IntegrationError
from bartizan.integrations.macros import Macros
from bartizan.integrations.mapping import load_mapping
from bartizan.integrations.stream import Stream

EXPECTED_SUFFIX = ".expected.json"

_RUN_DEPENDENT = re.compile(r"^(event\.(original|ingested|created)|ecs\.version|data_stream\..*|log\.file\.path)$")
"""Fields that name the run and not the event."""

_RUN_FILLED = ("event.id", "@timestamp")
"""Fields that the run fills where the record has none; a sample may leave them out."""

_TYPES = {
    "keyword": r"String",
    "constant_keyword": r"String",
    "wildcard": r"String",
    "match_only_text": r"String",
    "text": r"String",
    "flattened": r"String",
    "object": r"String",
    "nested": r"String",
    "ip": r"IPv[46]",
    "date": r"DateTime64\(.*\)",
    "boolean": r"Bool|UInt8",
    "long": r"U?Int\d+",
    "integer": r"U?Int\d+",
    "short": r"U?Int\d+",
    "float": r"Float\d+|U?Int\d+",
    "double": r"Float\d+|U?Int\d+",
    "scaled_float": r"Float\d+|U?Int\d+",
    "geo_point": r"String|Point|Tuple\(.*\)",
}
"""ClickHouse types, within Nullable, LowCardinality and Array, that hold a field's type."""

_JSON_TYPES = {"flattened", "object", "nested"}
"""Kept as JSON text, whether one or many."""

_REQUIRED_FILES = ("stream.toml", "mapping.sql", "README.md", "dashboard.toml")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and in which file."""

    file: Path
    message: str


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks streams with the machinery that loads them."""

    engine: Engine
    registry: Registry
    macros: Macros
    normalizer: Normalizer
    reading: Reading

    def problems(self, stream: Stream) -> Iterator[Problem]:
        """Everything that is wrong with a stream; nothing when all is well."""
        for name in _REQUIRED_FILES:
            if not (stream.folder / name).is_file():
                yield Problem(stream.folder / name, "the file is missing")
        try:
            yield from self._columns(stream)
        except IntegrationError as error:
            yield Problem(Path(error.where), error.message)
            return
        except BartizanError as error:
            yield Problem(stream.folder / "mapping.sql", str(error))
            return
        yield from self._samples(stream)

    def _columns(self, stream: Stream) -> Iterator[Problem]:
        columns = DatasetInserts(self.engine, load_mapping(stream, self.macros), self.registry).columns
        file = stream.folder / "mapping.sql"
        for column in columns:
            if message := _contradiction(column.name, column.type, self.registry):
                yield Problem(file, message)
        for name in stream.sort_key:
            if name not in {column.name for column in columns}:
                yield Problem(stream.folder / "stream.toml", f"the sort key's `{name}` is no column of the mapping")
        for field in stream.fields:
            if field.type not in _TYPES:
                yield Problem(stream.folder / "fields.toml", f"`{field.name}` has the unknown type `{field.type}`")
            if not any(_gives(column.name, field.name) for column in columns):
                yield Problem(stream.folder / "fields.toml", f"the mapping never gives `{field.name}`")

    def _samples(self, stream: Stream) -> Iterator[Problem]:
        samples = sorted((stream.folder / "samples").glob("*.log"))
        if not samples:
            yield Problem(stream.folder / "samples", "there are no samples")
        for sample in samples:
            expected = sample.with_name(sample.name + EXPECTED_SUFFIX)
            if not expected.is_file():
                yield Problem(expected, "the sample has no expected documents")
                continue
            try:
                yield from self._sample(stream, sample, _documents(expected))
            except NoDocuments as error:
                yield Problem(expected, error.message)
            except BartizanError as error:
                yield Problem(sample, str(error))

    def _sample(self, stream: Stream, sample: Path, expected: list[dict[str, Any]]) -> Iterator[Problem]:
        reading = replace(self.reading, dataset=stream.dataset)
        given = list(self.normalizer.documents([sample], reading))
        if len(given) != len(expected):
            yield Problem(sample, f"{len(given)} documents, expected {len(expected)}")
        for number, (have, want) in enumerate(zip(given, expected, strict=False), 1):
            have_flat, want_flat = dict(_leaves(have)), dict(_leaves(want))
            for name in sorted(have_flat.keys() | want_flat.keys()):
                if _RUN_DEPENDENT.match(name) or (name in _RUN_FILLED and name not in want_flat):
                    continue
                if have_flat.get(name) != want_flat.get(name):
                    shown = f"`{name}` is {_shown(have_flat.get(name))}, expected {_shown(want_flat.get(name))}"
                    yield Problem(sample, f"record {number}: {shown}")


class NoDocuments(BartizanError, Terminal):
    """A sample's expected documents can't be read."""


def _documents(file: Path) -> list[dict[str, Any]]:
    try:
        documents = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise NoDocuments(f"it is no JSON: {error}") from error
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise NoDocuments("a JSON array of documents is expected")
    return documents


def _contradiction(name: str, column_type: str, registry: Registry) -> str:
    field = registry.get(name)
    if field is None:
        near = registry.nearest(name)
        return f"`{name}` is no ECS field and not in fields.toml" + (f"; did you mean `{near}`?" if near else "")
    inner, is_array = _unwrapped(column_type)
    if field.is_array != is_array and field.type not in _JSON_TYPES:
        return (
            f"`{name}` is {'' if field.is_array else 'not '}an array in the registry, the mapping gives {column_type}"
        )
    if not re.fullmatch(_TYPES.get(field.type, ".*"), inner):
        return f"`{name}` is of type {field.type}, the mapping gives {column_type}"
    return ""


def _unwrapped(column_type: str) -> tuple[str, bool]:
    is_array = column_type.startswith("Array(")
    while wrapped := re.fullmatch(r"(?:Array|Nullable|LowCardinality)\((.*)\)", column_type):
        column_type = wrapped[1]
    return column_type, is_array


def _gives(column: str, field: str) -> bool:
    return column == field or field.startswith(f"{column}.")


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and node:
        for key, child in node.items():
            yield from _leaves(child, f"{path}.{key}" if path else key)
    else:
        yield path, node


def _shown(value: Any) -> str:
    return "missing" if value is None else f"`{orjson.dumps(value).decode()}`"
