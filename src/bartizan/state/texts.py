"""What people write, before it is stored: bounded, and free of what one of the databases could not keep."""

import re
from collections.abc import Sized
from typing import Any

import orjson

from bartizan.state.errors import Invalid

MAX_NAME_CHARACTERS = 200
NAME_PATTERN = "[a-z0-9][a-z0-9._-]{0,99}"
"""Names that other documents refer to."""
_NAME = re.compile(NAME_PATTERN)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(value: str, where: str, max_characters: int, *, needed: bool = False) -> str:
    """A text of several lines. Raises `Invalid` for one that is too long, or holds NUL, other control characters or
    half a surrogate pair (PostgreSQL's text keeps none of these)."""
    if len(value) > max_characters:
        raise Invalid(f"it is longer than {max_characters} characters", where=where)
    if _CONTROL.search(value) or not _is_unicode(value):
        raise Invalid("it holds control characters or broken Unicode", where=where)
    if needed and not value.strip():
        raise Invalid("it is empty", where=where)
    return value


def line(value: str, where: str, max_characters: int = MAX_NAME_CHARACTERS, *, needed: bool = True) -> str:
    """A text of one line, without blanks around it."""
    stripped = text(value.strip(), where, max_characters, needed=needed)
    if not stripped.isprintable():
        raise Invalid("it holds line breaks or characters that can't be seen", where=where)
    return stripped


def name(value: str, where: str = "name") -> str:
    """A name that other documents refer to. Raises `Invalid`."""
    if not _NAME.fullmatch(value):
        hint = "up to 100 of a-z, 0-9, `.`, `_`, `-`, the first a letter or digit"
        raise Invalid(f"`{value[:100]}` is no name", where=where, hint=hint)
    return value


def kept(value: str, max_characters: int) -> str:
    """What a program wrote, an error perhaps, cut and made storable instead of refused."""
    cut = value[:max_characters].encode(errors="replace").decode()
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", cut)


def document(value: Any, where: str, max_bytes: int) -> Any:
    """A JSON value of bounded size. Raises `Invalid`."""
    try:
        written = orjson.dumps(value)
    except TypeError as error:
        raise Invalid(f"it can't be written as JSON: {error}", where=where) from error
    if len(written) > max_bytes:
        raise Invalid(f"it is larger than {max_bytes} bytes", where=where)
    return value


def at_most(values: Sized, limit: int, where: str, what: str) -> None:
    """Raise `Invalid` for more than `limit` of them."""
    if len(values) > limit:
        raise Invalid(f"there are more than {limit} {what}", where=where)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
