"""Conditions of exceptions: what they look like as JSON, checked when they are written, typed when they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from bartizan.state.errors import Invalid
from bartizan.state.texts import at_most, line, name, text

MAX_CONDITIONS = 100
"""Conditions of an entry, or in a nested one."""
MAX_VALUES = 1000
"""Values of `is_one_of` and `in_cidr`; more belong into a value list."""
MAX_VALUE_CHARACTERS = 8192
MAX_FIELD_CHARACTERS = 500

Scalar = str | int | float | bool


class Operator(StrEnum):
    """How a field is compared."""

    IS = "is"
    IS_ONE_OF = "is_one_of"
    EXISTS = "exists"
    MATCHES = "matches"
    """With `*` for any characters and `?` for one, ignoring case."""
    IN_CIDR = "in_cidr"
    """Its address is in one of the networks."""
    IN_LIST = "in_list"
    """It is in the value list of this name."""
    NESTED = "nested"
    """One object of the field meets all conditions, whose fields are named below it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; an entry's conditions must all hold."""

    field: str
    operator: Operator
    values: tuple[Scalar, ...] = ()
    """One for `is`, `matches` and `in_list`, any number for `is_one_of` and `in_cidr`, none else."""
    conditions: tuple["Condition", ...] = ()
    """Of `nested` alone."""
    negate: bool = False
    """It must not hold."""


_MEMBERS = frozenset({"field", "operator", "values", "conditions", "negate"})
_COUNTS: dict[Operator, tuple[int, int]] = {
    Operator.IS: (1, 1),
    Operator.IS_ONE_OF: (1, MAX_VALUES),
    Operator.EXISTS: (0, 0),
    Operator.MATCHES: (1, 1),
    Operator.IN_CIDR: (1, MAX_VALUES),
    Operator.IN_LIST: (1, 1),
    Operator.NESTED: (0, 0),
}

_TOO_LARGE = 2**63
"""No number is stored from here on; neither infinity nor what is no number is below it."""


def read_conditions(documents: Sequence[Any], where: str = "conditions") -> tuple[Condition, ...]:
    """Conditions from JSON objects with the members of `Condition`. Raises `Invalid`, `where` names the member."""
    if not documents:
        raise Invalid("there is no condition, so it would hide everything", where=where)
    at_most(documents, MAX_CONDITIONS, where, "conditions")
    return tuple(_condition(one, f"{where}.{number}", is_nested=False) for number, one in enumerate(documents))


def as_json(condition: Condition) -> dict[str, Any]:
    """A condition as JSON; `read_conditions` reads it back."""
    found: dict[str, Any] = {"field": condition.field, "operator": condition.operator.value}
    if condition.values:
        found["values"] = list(condition.values)
    if condition.conditions:
        found["conditions"] = [as_json(inner) for inner in condition.conditions]
    return {**found, "negate": condition.negate}


def _condition(document: Any, where: str, *, is_nested: bool) -> Condition:
    if not isinstance(document, Mapping):
        raise Invalid("it is no object", where=where)
    if unknown := sorted(map(str, document.keys() - _MEMBERS)):
        raise Invalid(f"there is no `{unknown[0][:100]}`", where=where, hint=f"known are {', '.join(sorted(_MEMBERS))}")
    operator = _operator(document.get("operator"), f"{where}.operator")
    negate = document.get("negate", False)
    if not isinstance(negate, bool):
        raise Invalid("it is true or false", where=f"{where}.negate")
    if is_nested and operator is Operator.NESTED:
        raise Invalid("a nested condition holds none that is nested", where=where)
    return Condition(
        field=line(_typed(document.get("field"), str, f"{where}.field"), f"{where}.field", MAX_FIELD_CHARACTERS),
        operator=operator,
        values=_values(operator, document.get("values") or [], f"{where}.values"),
        conditions=_inner(operator, document.get("conditions") or [], f"{where}.conditions"),
        negate=negate,
    )


def _operator(found: Any, where: str) -> Operator:
    try:
        return Operator(found)
    except ValueError as error:
        raise Invalid("there is no such operator", where=where, hint=f"known are {', '.join(Operator)}") from error


def _inner(operator: Operator, found: Any, where: str) -> tuple[Condition, ...]:
    documents = _typed(found, list, where)
    if bool(documents) != (operator is Operator.NESTED):
        raise Invalid("`nested` has conditions, no other operator has", where=where)
    at_most(documents, MAX_CONDITIONS, where, "conditions")
    return tuple(_condition(one, f"{where}.{number}", is_nested=True) for number, one in enumerate(documents))


def _values(operator: Operator, found: Any, where: str) -> tuple[Scalar, ...]:
    values = _typed(found, list, where)
    least, most = _COUNTS[operator]
    if not least <= len(values) <= most:
        expected = str(least) if least == most else f"{least} to {most}"
        raise Invalid(f"`{operator}` takes {expected} values, not {len(values)}", where=where)
    return tuple(_value(operator, value, f"{where}.{number}") for number, value in enumerate(values))


def _value(operator: Operator, value: Any, where: str) -> Scalar:
    if operator is Operator.IN_LIST:
        return name(_typed(value, str, where), where)
    if operator is Operator.IN_CIDR:
        return _network(_typed(value, str, where), where)
    if operator is Operator.MATCHES:
        return text(_typed(value, str, where), where, MAX_VALUE_CHARACTERS, needed=True)
    if isinstance(value, str):
        return text(value, where, MAX_VALUE_CHARACTERS)
    if isinstance(value, bool | int | float) and abs(value) < _TOO_LARGE:
        return value
    raise Invalid("it is a text, a number of 64 bits, true or false", where=where)


def _network(value: str, where: str) -> str:
    try:
        return str(ip_network(value.strip(), strict=False))
    except ValueError as error:
        raise Invalid(
            f"`{value[:100]}` is no network", where=where, hint="write 10.0.0.0/8 or 2001:db8::/32"
        ) from error


def _typed(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        raise Invalid("it is missing" if value is None else "it has the wrong type", where=where)
    return value
