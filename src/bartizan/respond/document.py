"""Reads a field of an alert by its ECS name."""

from collections.abc import Mapping
from typing import Any


def value(document: Mapping[str, Any], name: str) -> Any:
    """The value by its dotted name, whether the document nests or has the name as it is; None when there is none."""
    if name in document:
        return document[name]
    found: Any = document
    for step in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found
