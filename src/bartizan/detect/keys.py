"""Reads the keys of a rule's file, each checked for its kind; what is wrong names the key and the file."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bartizan.detect.errors import RuleError

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span_text(seconds: int) -> str:
    """A time span as a rule's file has it, in the largest unit that fits: 3600 is `1h`."""
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


class Keys:
    """A table of a TOML file. `done` refuses what nobody has asked for."""

    def __init__(self, entry: Mapping[str, Any], where: str, path: str = "") -> None:
        self._entry = entry
        self._asked: set[str] = set()
        self.where = where
        self._path = path

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._entry

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not blank; without a default the key must be there."""
        value = self._value(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.error(key, "must be a text")
        return value

    def texts(self, key: str, default: Sequence[str] | None = ()) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value(key, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.error(key, "must be a list of texts")
        return tuple(value)

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        """A whole number within bounds."""
        value = self._value(key, default)
        if type(value) is not int:
            raise self.error(key, "must be a whole number")
        if value < least or (most is not None and value > most):
            raise self.error(key, f"must be a whole number from {least} {'on' if most is None else f'to {most}'}")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where it is not there."""
        value = self._value(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def seconds(self, key: str, default: str | None = None) -> int:
        """A time span, `30s`, `5m`, `1h` or `1d`, in seconds."""
        value = self._value(key, default)
        found = _SPAN.fullmatch(str(value))
        if not found:
            hint = "write 30s, 5m, 1h or 1d"
            raise RuleError(f"`{self._path}{key}`: `{value}` is not a time span", where=self.where, hint=hint)
        return int(found[1]) * _SECONDS[found[2]]

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of some texts."""
        value = self.text(key, default)
        if value not in choices:
            raise self.error(key, f"must be one of {', '.join(choices)}")
        return value

    def table(self, key: str, example: str) -> "Keys | None":
        """A table below this one; None where it is not there."""
        value = self._value(key, {}) if key in self._entry else None
        self._asked.add(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, {example}")
        return Keys(value, self.where, f"{self._path}{key}.")

    def tables(self, key: str) -> list["Keys"]:
        """A list of tables; empty where it is not there."""
        value = self._value(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, "must be a list of tables")
        return [Keys(one, self.where, f"{self._path}{key}[{at}].") for at, one in enumerate(value)]

    def raw(self, key: str) -> Any:
        """Whatever stands there; None where nothing does."""
        return self._value(key, None) if key in self._entry else None

    def unasked(self) -> list[str]:
        """Keys that nobody has asked for."""
        return sorted(self._entry.keys() - self._asked)

    def done(self) -> None:
        """Refuse keys that nobody has asked for."""
        if unknown := self.unasked():
            hint = "rules/README.md lists the keys"
            raise RuleError(f"unknown key `{self._path}{unknown[0]}`", where=self.where, hint=hint)

    def error(self, key: str, message: str) -> RuleError:
        """What is wrong with a key."""
        return RuleError(f"`{self._path}{key}` {message}", where=self.where)

    def _value(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        if key in self._entry:
            return self._entry[key]
        if default is None:
            raise RuleError(f"key `{self._path}{key}` is missing", where=self.where)
        return default
