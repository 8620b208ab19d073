"""The registry of known fields: looks a name up, and suggests the nearest one for a name that nobody knows.

The data file `fields.csv` beside this module is written by `tools/generate_ecs.py`; integrations add their own fields.
"""

import csv
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

ECS_VERSION = "9.4.0"
"""The release of the Elastic Common Schema that the data file follows (it has the `entity.relationships.*` of 9.4)."""

LONGEST_NAME_CHARS = 120
"""No field's name is longer; comparing one that is would cost more than a suggestion is worth."""

SUGGESTION_CUTOFF = 0.7
"""How alike a suggestion must be, as `difflib.SequenceMatcher.ratio`: below it a suggestion misleads."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its dotted name, its Elasticsearch type (`keyword`, `ip`...), whether it is multi-valued."""

    name: str
    type: str
    is_array: bool


class Registry:
    """Known fields by name; immutable, `with_fields` gives a wider one."""

    def __init__(self, fields: Iterable[Field], aliases: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`aliases` are other names of fields, by the beginning of the names of the streams that they hold in; `x.*`
        stands for every name below `x`."""
        self._aliases = aliases or {}
        self._fields: Mapping[str, Field] = {field.name: field for field in fields}
        self._groups = frozenset(prefix for name in self._fields for prefix in _prefixes(name))

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in the order of the data file, integrations' own last."""
        return tuple(self._fields)

    def get(self, name: str) -> Field | None:
        """The field called exactly `name` (nested, reused and multi-fields such as `process.name.text` included)."""
        return self._fields.get(name)

    def is_group(self, name: str) -> bool:
        """Whether fields exist below `name`, as `source.geo` has `source.geo.city_name`."""
        return name in self._groups

    def alias(self, name: str, stream: str) -> str | None:
        """The field that `name` is another name for in a stream; None if it is no alias there."""
        for beginning, aliases in self._aliases.items():
            if stream.startswith(beginning):
                return aliases.get(name) or _below_alias(name, aliases)
        return None

    def nearest(self, name: str, extra: Iterable[str] = ()) -> str | None:
        """The known name (or one of `extra`) most like `name`; None when nothing is alike enough to suggest."""
        if len(name) > LONGEST_NAME_CHARS:
            return None
        folded = name.lower()
        known = dict.fromkeys((*extra, *self._fields))
        by_leaf = [candidate for candidate in known if candidate.lower() == folded or candidate.endswith(f".{folded}")]
        if by_leaf:
            return min(by_leaf, key=len)
        alike = difflib.get_close_matches(name, known, n=1, cutoff=SUGGESTION_CUTOFF)
        return alike[0] if alike else None

    def with_fields(self, fields: Iterable[Field]) -> "Registry":
        """This registry and `fields` (an integration's own, any type); a name in both takes the new definition."""
        return Registry((*self._fields.values(), *fields), self._aliases)

    def with_aliases(self, aliases: Mapping[str, Mapping[str, str]]) -> "Registry":
        """This registry and aliases, as its constructor has them."""
        return Registry(self._fields.values(), {**self._aliases, **aliases})


def load_registry() -> Registry:
    """Reads the packaged data file; takes milliseconds, so callers keep the result."""
    text = resources.files("bartizan.ecs").joinpath("fields.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines()[1:])
    return Registry(Field(name, ecs_type, is_array == "1") for name, ecs_type, is_array in rows)


def _below_alias(name: str, aliases: Mapping[str, str]) -> str | None:
    for prefix in _prefixes(name):
        if target := aliases.get(f"{prefix}.*"):
            return target.removesuffix("*") + name.removeprefix(f"{prefix}.")
    return None


def _prefixes(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))
