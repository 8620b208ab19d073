"""Functions that choose among their arguments (elastic.co, ES|QL "Conditional functions")."""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from bartizan.query.esql.conversions import coerced
from bartizan.query.esql.functions.signature import ANY, ORDERED, Built, Function
from bartizan.query.esql.typed import (
    CLICKHOUSE,
    NUMBERS,
    TEXTS,
    Env,
    Mistake,
    Tree,
    Type,
    Typed,
    all_values,
    cast,
    null,
    one,
)
from bartizan.query.sql import call

_WIDTHS = (Type.DOUBLE, Type.UNSIGNED_LONG, Type.LONG, Type.INTEGER)


def common_type(values: Sequence[Typed], name: str, first: int = 0) -> Type:
    """The type that all can have. Raises `Mistake` if there is none."""
    types = {Type.KEYWORD if one.type is Type.TEXT else one.type for one in values} - {Type.NULL}
    if not types:
        return Type.NULL
    if types <= NUMBERS:
        return next(type for type in _WIDTHS if type in types)
    if len(types) > 1:
        place = first + next(n for n, one in enumerate(values) if one.type not in (values[0].type, Type.NULL))
        told = " and ".join(sorted(types))
        raise Mistake(f"the values of `{name.upper()}` are of one type, not {told}", "convert with `::type`", place)
    return types.pop()


def as_common(values: Sequence[Typed], type: Type, *, many: bool) -> list[Tree]:
    """Trees of one ClickHouse type for values of a common type."""
    kind = CLICKHOUSE[type]
    if many:
        return [cast(all_values(value), f"Array({kind})") for value in values]
    return [cast(one(value), f"Nullable({kind})") for value in values]


def _typed_alike(values: Sequence[Typed], env: Env) -> list[Typed]:
    """Constant texts beside times and addresses as these."""
    others = {value.type for value in values} - TEXTS - {Type.NULL}
    if len(others) != 1:
        return list(values)
    (type,) = others
    return [coerced(value, type, env) or value if type not in NUMBERS else value for value in values]


def _case(built: Built) -> Typed:
    """`CASE(condition, value, ..., otherwise)`; null if no condition holds and nothing is said."""
    arguments = built.arguments
    if len(arguments) < 2:
        raise Mistake("`CASE` takes a condition and a value", 'write `CASE(x > 1, "many", "few")`')
    conditions = [arguments[place] for place in range(0, len(arguments) - 1, 2)]
    for place, condition in enumerate(conditions):
        if condition.type not in (Type.BOOLEAN, Type.NULL):
            raise Mistake(f"a condition was expected here, not {condition.type}", "compare it: `== ...`", place * 2)
    given = [arguments[place] for place in range(1, len(arguments), 2)]
    otherwise = [arguments[-1]] if len(arguments) % 2 else [null()]
    values = _typed_alike([*given, *otherwise], built.env)
    type, many = common_type(values, "case", 1), any(value.many for value in values)
    trees = as_common(values, type, many=many)
    tests = [exp.false() if one_.type is Type.NULL else call("ifNull", one(one_), exp.false()) for one_ in conditions]
    pairs = [tree for pair in zip(tests, trees, strict=False) for tree in pair]
    return Typed(call("multiIf", *pairs, trees[-1]), type, many)


def _coalesce(built: Built) -> Typed:
    """The first argument that has a value."""
    values = _typed_alike(built.arguments, built.env)
    type, many = common_type(values, "coalesce"), any(value.many for value in values)
    if not many:
        return Typed(call("coalesce", *as_common(values, type, many=False)), type)
    trees = as_common(values, type, many=True)
    pairs = [tree for one_ in trees[:-1] for tree in (call("notEmpty", one_.copy()), one_)]
    return Typed(call("multiIf", *pairs, trees[-1]) if pairs else trees[0], type, True)


def _extreme(name: str) -> Function:
    """The greatest or least argument; null if one has no value, several values make it null."""

    def build(built: Built) -> Typed:
        values = _typed_alike(built.arguments, built.env)
        type = common_type(values, name)
        trees = as_common(values, type, many=False)
        listed = exp.array(*(call("assumeNotNull", tree.copy()) for tree in trees), dialect="clickhouse")
        present = [call("isNull", tree) for tree in trees]
        missing = call("or", *present) if len(present) > 1 else present[0]
        pick = call("arrayMax" if name == "greatest" else "arrayMin", listed)
        if type in (Type.KEYWORD, Type.IP, Type.VERSION, Type.BOOLEAN):
            pick = call("arrayElement", call("arraySort", listed.copy()), exp.Literal.number(1))
            if name == "greatest":
                pick = call("arrayElement", call("arrayReverseSort", listed.copy()), exp.Literal.number(1))
        return Typed(call("if", missing, exp.Null(), call("toNullable", pick)), type)

    return Function((ORDERED,), build, variadic=True)


CONDITIONALS: Mapping[str, Function] = {
    "case": Function((ANY,), _case, variadic=True, takes_null=True),
    "coalesce": Function((ANY,), _coalesce, variadic=True, takes_null=True),
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
}
"""What each takes and gives."""
