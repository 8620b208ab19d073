"""A stored row as the ECS document it stands for: dotted columns in, a nested object without empty fields out."""

from collections.abc import Mapping
from typing import Any

import orjson

from bartizan.ecs.registry import Registry

_JSON_TYPES = {"flattened", "object", "nested"}
_MAPPED_IPV4 = "::ffff:"

MAX_LEVELS = 100
"""Levels of JSON that an open field is shown with; what is deeper stays text, since few can read or write it (`orjson`
writes 254)."""


def document(row: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The nested document; '' , null and [] are left out, JSON text of open fields is parsed back."""
    nested: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value in ("", []):
            continue
        _put(nested, name.split("."), _rendered(name, value, registry))
    return nested


def _rendered(name: str, value: Any, registry: Registry) -> Any:
    field = registry.get(name)
    if field is None:
        return value
    if field.type in _JSON_TYPES and isinstance(value, str):
        return _parsed(value)
    if field.type == "ip":
        return [address(one) for one in value] if isinstance(value, list) else address(value)
    return value


def address(text: str) -> str:
    """IPv4 addresses are stored as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) and shown as what they are."""
    short = text.removeprefix(_MAPPED_IPV4)
    return short if "." in short else text


def _parsed(text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    may_be_deep = text.count("{") + text.count("[") > MAX_LEVELS
    return text if may_be_deep and _is_deeper(value, MAX_LEVELS) else value


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_is_deeper(one, levels - 1) for one in inner))


def _put(nested: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a value by its path; where a scalar and an object claim one name, the object keeps the scalar as `value`."""
    for step in path[:-1]:
        child = nested.setdefault(step, {})
        if not isinstance(child, dict):
            child = nested[step] = {"value": child}
        nested = child
    last = path[-1]
    if isinstance(nested.get(last), dict) and not isinstance(value, dict):
        nested[last]["value"] = value
    elif isinstance(nested.get(last), dict):
        nested[last].update(value)
    else:
        nested[last] = value
