"""Whether an event that has some known values can match a predicate: rules are chosen by this before a scan."""

from collections.abc import Iterable, Mapping, Sequence

from bartizan.query.globs import fits_parts
from bartizan.query.ir import And, Constant, Equals, Exists, Expr, In, Not, Or, Pattern, Scalar, Wild, Wildcard

Known = Mapping[str, str]
"""An event's only value by field; the empty text stands for none. Of fields that aren't in it nothing is known."""


def is_possible(expr: Expr, known: Known) -> bool:
    """Whether `expr` can be true of an event that has these values."""
    return _truth(expr, known) is not False


def _truth(expr: Expr, known: Known) -> bool | None:
    """Whether it is true; None if these values don't tell."""
    match expr:
        case Constant(value):
            return value
        case And(items):
            return _first(items, known, False)
        case Or(items):
            return _first(items, known, True)
        case Not(item):
            truth = _truth(item, known)
            return None if truth is None else not truth
        case Equals(field, value, ignore_case) if field.name in known:
            return _one_of(known[field.name], (value,), ignore_case)
        case In(field, values, ignore_case) if field.name in known:
            return _one_of(known[field.name], values, ignore_case)
        case Wildcard(field, pattern, ignore_case) if field.name in known:
            return _like(known[field.name], pattern, ignore_case)
        case Exists(field) if field.name in known:
            return bool(known[field.name])
        case _:
            return None


def _first(items: Iterable[Expr], known: Known, deciding: bool) -> bool | None:
    """`deciding` if it is the truth of one of the items."""
    truth: bool | None = not deciding
    for item in items:
        own = _truth(item, known)
        if own is deciding:
            return deciding
        if own is None:
            truth = None
    return truth


def _one_of(held: str, values: Sequence[Scalar], ignore_case: bool) -> bool | None:
    texts = [value for value in values if isinstance(value, str) and value]
    if len(texts) < len(values) or (ignore_case and not _is_ascii(held, texts)):
        return None
    return held.lower() in map(str.lower, texts) if ignore_case else held in texts


def _like(held: str, pattern: Pattern, ignore_case: bool) -> bool | None:
    if not held:
        return False
    parts = [""]
    for part in pattern:
        match part:
            case str(text):
                parts[-1] += text
            case Wild.MANY:
                parts.append("")
            case _:
                return None
    if ignore_case and not _is_ascii(held, parts):
        return None
    return fits_parts([part.lower() for part in parts], held.lower()) if ignore_case else fits_parts(parts, held)


def _is_ascii(held: str, texts: Iterable[str]) -> bool:
    """What Python and the engine call the same letter may differ elsewhere."""
    return held.isascii() and all(map(str.isascii, texts))
