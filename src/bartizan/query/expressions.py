"""Makes ClickHouse trees from the IR's values and comparisons of values.

A missing text is NULL here, not '': what has no value gives none. A field that holds many values becomes the variable
of an `arrayExists` around the whole comparison.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.functions import FUNCTIONS, Built
from bartizan.query.ir import Call, Compare, FieldRef, Kind, Literal, Value
from bartizan.query.schema import Schema, base_type
from bartizan.query.sql import call, false_if_null, text
from bartizan.query.sql import comparison as compared
from bartizan.query.storage import Scope, read

_TEXTS = (Kind.KEYWORD, Kind.TEXT)


@dataclass(slots=True)
class _Reading:
    """What values are read from, and the arrays among it by the variable that stands for one of their elements."""

    schema: Schema
    binder: Binder
    scope: Scope | None
    arrays: dict[str, exp.Expression] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def comparison(compare: Compare, schema: Schema, binder: Binder, scope: Scope | None = None) -> exp.Expression:
    """The condition that `compare` is; never NULL."""
    reading = _Reading(schema, binder, scope)
    left, right = _tree(compare.left, reading), _tree(compare.right, reading)
    tree = false_if_null(compared(compare.operator, left, right))
    for variable, array in reading.arrays.items():
        tree = call("arrayExists", exp.Lambda(this=tree, expressions=[exp.to_identifier(variable)]), array)
    return tree


def kind_of(value: Value) -> Kind | None:
    """What a value compares as; None for no value."""
    match value:
        case FieldRef(_, kind):
            return kind
        case Call(function):
            return FUNCTIONS[function].result
        case Literal(None):
            return None
        case Literal(bool()):
            return Kind.BOOLEAN
        case Literal(int() | float()):
            return Kind.NUMBER
        case _:
            return Kind.KEYWORD


def _tree(value: Value, reading: _Reading) -> exp.Expression:
    match value:
        case FieldRef():
            return _field(value, reading)
        case Literal(None):
            return exp.Null()
        case Literal(scalar):
            assert scalar is not None
            return reading.binder.scalar(scalar)
        case Call(function, arguments):
            trees = [_tree(argument, reading) for argument in arguments]
            integers = all(_is_integer(argument, reading.schema) for argument in arguments)
            return FUNCTIONS[function].build(Built(value, trees, reading.binder, integers))


def _field(ref: FieldRef, reading: _Reading) -> exp.Expression:
    found = reading.schema.resolve(ref.name)
    if found is None or not found.column:
        return exp.Null()
    stored = read(found, reading.binder, reading.scope)
    if not stored.is_array:
        return _or_null(stored.tree, found.kind)
    variable = reading.variables.setdefault(ref.name, f"_x{len(reading.variables)}")
    reading.arrays[variable] = stored.tree
    return _or_null(exp.column(exp.to_identifier(variable)), found.kind)


def _or_null(tree: exp.Expression, kind: Kind) -> exp.Expression:
    return call("nullIf", tree, text("")) if kind in (*_TEXTS, Kind.JSON) else tree


def _is_integer(value: Value, schema: Schema) -> bool:
    match value:
        case FieldRef(name):
            found = schema.resolve(name)
            return found is not None and "Int" in base_type(found.clickhouse_type)
        case Literal(scalar):
            return isinstance(scalar, int) and not isinstance(scalar, bool)
        case Call(function, arguments):
            known = FUNCTIONS[function]
            if known.result is not Kind.NUMBER or function == "number":
                return False
            return known.gives_integers or all(_is_integer(argument, schema) for argument in arguments)
