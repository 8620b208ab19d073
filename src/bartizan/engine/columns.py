"""How a column is kept: a mapping's type and the field's registry type in, storage type, codec and skip index out."""

import re
from dataclasses import dataclass

from sqlglot import exp

from bartizan.ecs.registry import Registry

_BULKY_TYPES = {"match_only_text", "text", "wildcard", "flattened", "object", "nested"}
"""Field types that hold long or open text: a dictionary of them would not pay."""

_UNIQUE = re.compile(
    r"(^|[._])(id|ids|uid|uuid|hash|md5|sha1|sha256|arn|fingerprint|entity_id|request_id|community_id)$"
)
"""Names whose values hardly repeat: looked up one at a time, so they get a bloom filter instead of a dictionary."""

_REPEATING_IDS = re.compile(r"^(cloud|rule|agent|host|user|group|organization)\.|account_id$|access_key_id$")
"""Ids of few things: accounts, rules, hosts. A dictionary pays for them."""

LOOKED_UP = re.compile(
    r"^(event\.id|(source|destination|client|server|host)\.(ip|address)|related\.(ip|user|hash|hosts)"
    r"|user\.(id|name)|.*\.hash\.\w+|.*\.(access_key_id|arn|community_id|entity_id))$"
)
"""What analysts look up by one exact value (IPs, users, hashes, ids): these columns carry a bloom filter."""

RAW_RECORD = "event.original"
TIMES = ("@timestamp", "event.ingested")


@dataclass(frozen=True, slots=True)
class Column:
    """One column as its table keeps it."""

    name: str
    type: str
    """ClickHouse type, `LowCardinality(String)`."""
    codec: str
    """ClickHouse codec expression, `ZSTD(1)`."""
    index: str = ""
    """Type of the column's skip index, `bloom_filter(0.01)`; empty when it has none."""
    derived: exp.Expr | None = None
    """The expression over other columns that it is computed by when it is read; None for a stored column."""


def stored(name: str, mapped_type: str, registry: Registry, derived: exp.Expr | None = None) -> Column:
    """The column that keeps a mapping's column; the mapping's own type decides unless it is plain text."""
    if derived is not None:
        return Column(name, _plain(mapped_type), "", derived=derived)
    field = registry.get(name)
    bulky = name == RAW_RECORD or (field is not None and field.type in _BULKY_TYPES)
    mapped_type = _plain(mapped_type)
    kept = mapped_type if bulky or _is_unique(name) else _with_dictionary(mapped_type)
    return Column(name, kept, _codec(name), _index(name))


def _is_unique(name: str) -> bool:
    return bool(_UNIQUE.search(name)) and not _REPEATING_IDS.search(name)


def _with_dictionary(mapped_type: str) -> str:
    return {"String": "LowCardinality(String)", "Array(String)": "Array(LowCardinality(String))"}.get(
        mapped_type, mapped_type
    )


def _plain(mapped_type: str) -> str:
    """Texts have '' for no value, so they are never NULL; nor are elements of an array; only texts get dictionaries."""
    plain = re.sub(r"^LowCardinality\((?!String|Nullable\(String)(.*)\)$", r"\1", mapped_type)
    plain = re.sub(r"^Array\(Nullable\((.*)\)\)$", r"Array(\1)", plain)
    return plain.replace("Nullable(String)", "String")


def _codec(name: str) -> str:
    return "Delta(8), ZSTD(1)" if name in TIMES else "ZSTD(1)"


def _index(name: str) -> str:
    if name in TIMES:
        return "minmax"
    return "bloom_filter(0.01)" if LOOKED_UP.match(name) else ""
