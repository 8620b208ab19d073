"""Sigma's log sources and field names as streams and ECS fields, from the tables in `logsources/*.toml`.

Names follow the Elastic Common Schema and, where it has none, the field names of Elastic's integrations for the source.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bartizan.ecs.registry import Registry
from bartizan.query.sigma.rule import LogSource

ALL_LOGS = ("logs-*",)


@dataclass(frozen=True, slots=True)
class Source:
    """What a log source is here."""

    logsource: LogSource
    index: tuple[str, ...]
    """Patterns of the streams that hold it."""
    conditions: Mapping[str, tuple[str, ...]]
    """Values that its events have: one of them, for each field."""
    fields: Mapping[str, str]
    """Sigma's field names, and ours."""
    namespace: str = ""
    """What precedes a field's name that is in neither `fields` nor ECS, with its dot; '' leaves it as it is."""
    known: bool = True

    def field(self, name: str, registry: Registry) -> str:
        """Our name of a rule's field: the table's, ECS's own, or one in the source's namespace."""
        if name in self.fields:
            return self.fields[name]
        head, dot, rest = name.partition(".")
        if dot and f"{head}.*" in self.fields:
            return self.fields[f"{head}.*"].replace("*", rest)
        if registry.get(name) is not None or not self.namespace or name.startswith(self.namespace):
            return name
        return f"{self.namespace}{name}"


def source_of(logsource: LogSource) -> Source:
    """The table's entry that says most about `logsource`; one that passes all names as they are if there is none."""
    fitting = [source for source in _sources() if _covers(source.logsource, logsource)]
    unknown = Source(logsource, ALL_LOGS, {}, {}, known=False)
    return max(fitting, key=lambda source: _weight(source.logsource), default=unknown)


def all_fields() -> frozenset[str]:
    """Every field name that the tables give."""
    named = {target for source in _sources() for target in source.fields.values() if "*" not in target}
    return frozenset(named | {name for source in _sources() for name in source.conditions})


def _covers(entry: LogSource, asked: LogSource) -> bool:
    return all(not own or own == other for own, other in zip(_parts(entry), _parts(asked), strict=True))


def _weight(entry: LogSource) -> tuple[int, int]:
    return sum(map(bool, _parts(entry))), bool(entry.service) * 2 + bool(entry.category)


def _parts(logsource: LogSource) -> tuple[str, str, str]:
    return logsource.product, logsource.category, logsource.service


@cache
def _sources() -> tuple[Source, ...]:
    """Every entry of every table; the files are part of the package and don't change."""
    folder = resources.files("bartizan.query.sigma") / "logsources"
    found: list[Source] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [_source(entry, table.get("fields", {})) for entry in table["source"]]
    return tuple(found)


def _source(entry: Mapping[str, object], groups: Mapping[str, Mapping[str, str]]) -> Source:
    fields: dict[str, str] = {}
    for group in _texts(entry.get("fields", [])):
        fields.update(groups[group])
    conditions = entry.get("conditions", {})
    assert isinstance(conditions, dict)
    logsource = LogSource(*(str(entry.get(key, "")) for key in ("product", "category", "service")))
    return Source(
        logsource,
        _texts(entry["index"]),
        {name: _texts(values) for name, values in conditions.items()},
        fields,
        str(entry.get("namespace", "")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
