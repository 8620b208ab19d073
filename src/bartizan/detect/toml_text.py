"""Writes plain data as TOML as our rules have it: long texts literal, tables last (toml.io, version 1.0)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL = re.compile(r"[\t\n\x20-\x7e\x80-\U0010ffff]*")
"""What a multi-line literal string may hold beside `'''`; a carriage return would be read as a line feed."""
_ESCAPES: Mapping[str, str] = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\b": "\\b",
    "\f": "\\f",
}
_LINE = 100
"""Characters of a list that stands on one line."""


def toml_text(entry: Mapping[str, Any]) -> str:
    """A file; what is a table, or a list of tables, stands after all else."""
    tables = {key: value for key, value in entry.items() if _is_table(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in entry.items() if key not in tables]
    for key, value in tables.items():
        for one in value if isinstance(value, list) else [value]:
            heading = f"[[{_key(key)}]]" if isinstance(value, list) else f"[{_key(key)}]"
            lines += ["", heading, *(f"{_key(name)} = {_value(said)}" for name, said in one.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _basic(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return value.isoformat()
        case str():
            return _string(value)
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
        case _:
            return _list([_value(one) for one in value])


def _list(items: list[str]) -> str:
    inline = f"[{', '.join(items)}]"
    if len(inline) <= _LINE and "\n" not in inline:
        return inline
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _string(text: str) -> str:
    if "\n" in text and "'''" not in text and not text.endswith("'") and _LITERAL.fullmatch(text):
        return f"'''\n{text}'''"
    if ('"' in text or "\\" in text) and "'" not in text and "\n" not in text and _LITERAL.fullmatch(text):
        return f"'{text}'"
    return _basic(text)


def _basic(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'
