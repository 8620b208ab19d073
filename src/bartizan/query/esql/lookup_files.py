"""Lookup tables as CSV files: a header of names, each with `:type` if the values don't tell it, and rows."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bartizan.query.errors import UnreadableFile
from bartizan.query.esql.tables import MAX_ROWS, Cell, LookupTable
from bartizan.query.esql.typed import Type
from bartizan.query.values import read_address, read_boolean, read_number

MAX_BYTES = 10_000_000
"""Largest file."""

_READERS: Mapping[Type, Callable[[str], Cell]] = {
    Type.BOOLEAN: read_boolean,
    Type.INTEGER: lambda value: _whole(value, 31),
    Type.LONG: lambda value: _whole(value, 63),
    Type.DOUBLE: lambda value: None if (number := read_number(value)) is None else float(number),
    Type.IP: lambda value: None if (found := read_address(value)) is None else str(found),
    Type.KEYWORD: lambda value: value,
}
"""Types of columns and how a value is read; None is no value of that type."""

_GUESSED = (Type.BOOLEAN, Type.LONG, Type.DOUBLE, Type.IP)


def read_table(path: Path) -> LookupTable:
    """The table of a file; an empty field is no value. Raises `UnreadableFile`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"a lookup table has at most {MAX_BYTES:,} bytes", where=path.name)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"the lookup table can't be read: {error}", where=path.name) from error
    if not 1 < len(rows) <= MAX_ROWS + 1:
        raise UnreadableFile(f"a lookup table has a header and 1 to {MAX_ROWS:,} rows", where=path.name)
    header, *body = rows
    if any(len(row) != len(header) for row in body):
        raise UnreadableFile("the rows of a lookup table are as long as its header", where=path.name)
    columns = [_column(name, [row[place] for row in body], path) for place, name in enumerate(header)]
    if len({name for name, _, _ in columns}) < len(columns):
        raise UnreadableFile("the columns of a lookup table have names of their own", where=path.name)
    values = list(zip(*(values for _, _, values in columns), strict=True))
    return LookupTable({name: type_ for name, type_, _ in columns}, values)


def _column(header: str, values: Sequence[str], path: Path) -> tuple[str, Type, list[Cell]]:
    name, _, said = header.strip().rpartition(":")
    if name and said not in {type_.value for type_ in _READERS}:
        known = ", ".join(_READERS)
        raise UnreadableFile(
            f"`{said}` is no type of a lookup table's column", where=path.name, hint=f"there are {known}"
        )
    type_ = Type(said) if name else _guessed(values)
    read = [_READERS[type_](value) if value else None for value in values]
    for value, found in zip(values, read, strict=True):
        if value and found is None:
            raise UnreadableFile(f"`{value[:40]}` is no {type_} value", where=path.name)
    return name or said, type_, read


def _guessed(values: Sequence[str]) -> Type:
    filled = [value for value in values if value]
    fitting = (type_ for type_ in _GUESSED if filled and all(_READERS[type_](value) is not None for value in filled))
    return next(fitting, Type.KEYWORD)


def _whole(value: str, bits: int) -> int | None:
    number = read_number(value)
    return number if isinstance(number, int) and -(2**bits) <= number < 2**bits else None
