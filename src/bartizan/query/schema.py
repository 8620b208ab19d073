"""The fields that the selected streams have: which column answers a name, as what type, what a missing one means."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bartizan.ecs import Registry
from bartizan.query.globs import fits
from bartizan.query.ir import Kind

UnknownFields = Literal["error", "missing"]
"""Whether a name that nobody knows is an error (people's queries) or a field without values (imported rules)."""

CONFLICT = "Dynamic"
"""`clickhouse_type` of a field that streams store as different types; it compares by its text."""

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("keyword", "constant_keyword", "wildcard", "version"), Kind.KEYWORD),
    **dict.fromkeys(("match_only_text", "text"), Kind.TEXT),
    **dict.fromkeys(("long", "integer", "short", "byte", "unsigned_long"), Kind.NUMBER),
    **dict.fromkeys(("float", "double", "half_float", "scaled_float"), Kind.NUMBER),
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "date_nanos": Kind.DATE,
    "ip": Kind.IP,
    "geo_point": Kind.GEO,
    **dict.fromkeys(("flattened", "object", "nested"), Kind.JSON),
}
MAX_JSON_KEYS = 20
"""Most keys of a path below a column of JSON, Elasticsearch's own default (`depth_limit` of `flattened`)."""

_CASELESS = "caseless"
_VIEWS = {"text": "match_only_text", "caseless": "keyword", "keyword": "keyword"}
"""Multi-fields: other ways to compare the field they hang below (`caseless` is Elastic Defend's)."""

_INFERRED = (
    (re.compile(r"U?Int|Decimal"), "long"),
    (re.compile(r"Float"), "double"),
    (re.compile(r"Bool"), "boolean"),
    (re.compile(r"Date"), "date"),
    (re.compile(r"IPv"), "ip"),
)
_WRAPPER = re.compile(r"^(Nullable|LowCardinality|Array)\((.*)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SchemaField:
    """How a name is answered: `source` is the column that is read, `path` the keys to follow in its JSON."""

    name: str
    ecs_type: str
    clickhouse_type: str
    is_array: bool
    column: bool
    """Whether there is a column to read; without one the field has no value in any event."""
    source: str = ""
    path: tuple[str, ...] = ()
    ignore_case: bool = False
    """Comparisons of this field ignore case, whatever the language says (`process.name.caseless`)."""

    @property
    def kind(self) -> Kind:
        """What its values compare as; an unknown ECS type compares as keyword."""
        return kind_of(self.ecs_type)


class Schema:
    """The fields of `streams` (`{stream: {column: ClickHouse type}}`), typed by the registry where it knows them."""

    def __init__(
        self,
        streams: Mapping[str, Mapping[str, str]],
        registry: Registry,
        unknown_fields: UnknownFields = "error",
        derived: frozenset[str] = frozenset(),
    ) -> None:
        self.streams = streams
        self.derived = derived
        """Columns that are computed of stored ones when they are read."""
        self.registry = registry
        self.unknown_fields = unknown_fields
        self.columns: Mapping[str, str] = _merge(streams)
        self._groups = frozenset(prefix for name in self.columns for prefix, _ in _cuts(name))

    def only(self, streams: Iterable[str], unknown_fields: UnknownFields | None = None) -> "Schema":
        """The schema of some of the streams; `unknown_fields` says anew what a name is that nobody knows."""
        own = {stream: self.streams[stream] for stream in streams}
        return Schema(own, self.registry, unknown_fields or self.unknown_fields, self.derived)

    def narrow(self, stream: str) -> "Schema":
        """The schema of one stream: what only others have is missing in it."""
        return Schema({stream: self.streams[stream]}, self.registry, "missing", self.derived)

    def resolve(self, name: str) -> SchemaField | None:
        """The field called `name`; one without values if only the registry knows it, None if nobody does."""
        if name in self.columns:
            return self._own(name)
        return self._below_json(name) or self._view(name) or self._aliased(name) or self._without_values(name)

    def is_group(self, name: str) -> bool:
        """Whether `name` is no field itself but has fields below it, as `source.geo` has."""
        return name in self._groups or self.registry.is_group(name)

    def below(self, name: str) -> tuple[SchemaField, ...]:
        """The columns below the group `name`."""
        return tuple(self._own(column) for column in self.columns if column.startswith(f"{name}."))

    def matching(self, pattern: str) -> tuple[SchemaField, ...]:
        """The columns whose whole name fits `pattern` (`*` stands for any characters, dots included)."""
        return tuple(self._own(column) for column in self.columns if fits(pattern, column))

    def knows_pattern(self, pattern: str) -> bool:
        """Whether the registry has a field whose whole name fits `pattern`."""
        return any(fits(pattern, name) for name in self.registry.names)

    def all_fields(self) -> tuple[SchemaField, ...]:
        """Every column as a field."""
        return tuple(map(self._own, self.columns))

    def stored_fields(self) -> tuple[SchemaField, ...]:
        """Every column that is stored: what derived ones hold stands in these and in the raw record."""
        return tuple(self._own(name) for name in self.columns if name not in self.derived)

    def nearest(self, name: str) -> str | None:
        """The known name most like `name`, to suggest: one that there are columns for, or else one of the registry."""
        return Registry(()).nearest(name, self.columns) or self.registry.nearest(name)

    def _own(self, name: str) -> SchemaField:
        clickhouse_type = self.columns[name]
        known = self.registry.get(name)
        ecs_type = known.type if known else _infer(clickhouse_type)
        if _KINDS.get(ecs_type) is Kind.JSON and base_type(clickhouse_type) != "String":
            ecs_type = _infer(clickhouse_type)
        return SchemaField(name, ecs_type, clickhouse_type, is_array(clickhouse_type), True, name)

    def _below_json(self, name: str) -> SchemaField | None:
        for prefix, rest in _cuts(name):
            if prefix in self.columns and self._own(prefix).kind is Kind.JSON and rest.count(".") < MAX_JSON_KEYS:
                known = self.registry.get(name)
                path = tuple(rest.split("."))
                return SchemaField(name, known.type if known else "keyword", "String", True, True, prefix, path)
        return None

    def _view(self, name: str) -> SchemaField | None:
        base, _, view = name.rpartition(".")
        if view not in _VIEWS or base not in self.columns:
            return None
        own = self._own(base)
        caseless = view == _CASELESS
        return SchemaField(name, _VIEWS[view], own.clickhouse_type, own.is_array, True, base, ignore_case=caseless)

    def _aliased(self, name: str) -> SchemaField | None:
        """The field that a stream has `name` as another name for, no alias itself; in other streams it is missing."""
        for stream in self.streams:
            target = self.registry.alias(name, stream)
            if target is None or self.registry.alias(target, stream) is not None:
                continue
            if found := self.resolve(target):
                return replace(found, name=name)
        return None

    def _without_values(self, name: str) -> SchemaField | None:
        known = self.registry.get(name)
        if known is not None:
            return SchemaField(name, known.type, "", known.is_array, False)
        if self.is_group(name):
            return None
        base, _, view = name.rpartition(".")
        known_base = self.registry.get(base) is not None and view in _VIEWS
        if known_base or self.unknown_fields == "missing" or self._below_known_json(name):
            return SchemaField(name, "keyword", "", False, False)
        return None

    def _below_known_json(self, name: str) -> bool:
        known = (self.registry.get(prefix) for prefix, rest in _cuts(name) if rest.count(".") < MAX_JSON_KEYS)
        return any(field is not None and _KINDS.get(field.type) is Kind.JSON for field in known)


def kind_of(ecs_type: str) -> Kind:
    """What values of an ECS type compare as; an unknown type compares as keyword."""
    return _KINDS.get(ecs_type, Kind.KEYWORD)


def base_type(clickhouse_type: str) -> str:
    """The type within `Nullable`, `LowCardinality` and `Array`."""
    while wrapped := _WRAPPER.match(clickhouse_type):
        clickhouse_type = wrapped.group(2)
    return clickhouse_type


def is_array(clickhouse_type: str) -> bool:
    """Whether the column holds many values."""
    return clickhouse_type.startswith("Array(")


def is_nullable(clickhouse_type: str) -> bool:
    """Whether a value (of the column or of its arrays) can be NULL."""
    return "Nullable(" in clickhouse_type


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    """`a.b.c` as (a.b, c) and (a, b.c): longest prefix first."""
    prefix, _, rest = name.rpartition(".")
    while prefix:
        yield prefix, rest
        prefix, _, last = prefix.rpartition(".")
        rest = f"{last}.{rest}"


def _infer(clickhouse_type: str) -> str:
    base = base_type(clickhouse_type)
    return next((ecs_type for pattern, ecs_type in _INFERRED if pattern.match(base)), "keyword")


def _merge(streams: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for columns in streams.values():
        for name, clickhouse_type in columns.items():
            merged[name] = _common(merged.get(name, clickhouse_type), clickhouse_type)
    return merged


def _common(first: str, second: str) -> str:
    if first == second:
        return first
    if base_type(first) != base_type(second):
        return CONFLICT
    if is_array(first) or is_array(second):
        return first if is_array(first) else second
    return first if is_nullable(first) else second
