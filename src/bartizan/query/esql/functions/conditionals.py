"""Functions that choose among their arguments (elastic.co, ES|QL "Conditional functions")."""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from bartizan.query.esql.conversions import coerced, convert
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
    number,
    one,
)
from bartizan.query.sql import call, each, one_of

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


def as_common(values: Sequence[Typed], type: Type, env: Env, *, many: bool) -> list[Tree]:
    """Trees of one ClickHouse type for values of a common type; a number that doesn't fit it is null."""
    kind = CLICKHOUSE[type]
    is_changed = {Type.NULL} | NUMBERS
    alike = [convert(value, type, env) if value.type in is_changed else value for value in values]
    if many:
        return [cast(all_values(value), f"Array({kind})") for value in alike]
    return [cast(one(value), f"Nullable({kind})") for value in alike]


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
    trees = as_common(values, type, built.env, many=many)
    tests = [exp.false() if one_.type is Type.NULL else call("ifNull", one(one_), exp.false()) for one_ in conditions]
    pairs = [tree for pair in zip(tests, trees, strict=False) for tree in pair]
    return Typed(call("multiIf", *pairs, trees[-1]), type, many)


def _coalesce(built: Built) -> Typed:
    """The first argument that has a value."""
    values = _typed_alike(built.arguments, built.env)
    type, many = common_type(values, "coalesce"), any(value.many for value in values)
    if not many:
        return Typed(call("coalesce", *as_common(values, type, built.env, many=False)), type)
    trees = as_common(values, type, built.env, many=True)
    pairs = [tree for one_ in trees[:-1] for tree in (call("notEmpty", one_.copy()), one_)]
    return Typed(call("multiIf", *pairs, trees[-1]) if pairs else trees[0], type, True)


def _extreme(name: str) -> Function:
    """The greatest or least of all values of the arguments; null if one of them has none."""

    def build(built: Built) -> Typed:
        values = _typed_alike(built.arguments, built.env)
        type = common_type(values, name)
        if len(values) == 1 and not values[0].many:
            return Typed(one(values[0]), type)
        lists = as_common(values, type, built.env, many=True)
        missing = one_of([call("empty", tree) for tree in lists])
        joined = call("arrayConcat", *(tree.copy() for tree in lists))
        ordered = call("arraySort", *_version_order(type), joined)
        pick = call("arrayElement", ordered, number(-1 if name == "greatest" else 1))
        return Typed(call("if", missing, exp.Null(), call("toNullable", pick)), type)

    return Function((ORDERED,), build, variadic=True)


def _version_order(type: Type) -> list[Tree]:
    return [each("_v", lambda value: call("naturalSortKey", value))] if type is Type.VERSION else []


def _clamped(*ends: str) -> Function:
    """The value, or the end of the range that it is beyond."""

    def build(built: Built) -> Typed:
        values = _typed_alike(built.arguments, built.env)
        type = common_type(values, built.name)
        value, *limits = as_common(values, type, built.env, many=False)
        missing = one_of([call("isNull", tree) for tree in (value, *limits)])
        for function, limit in zip(ends, limits, strict=True):
            value = call("if", call(function, value.copy(), limit), limit.copy(), value)
        return Typed(call("if", missing, exp.Null(), value), type)

    return Function((ORDERED,) * (len(ends) + 1), build)


CONDITIONALS: Mapping[str, Function] = {
    "case": Function((ANY,), _case, variadic=True, takes_null=True),
    "clamp": _clamped("less", "greater"),
    "clamp_max": _clamped("greater"),
    "clamp_min": _clamped("less"),
    "coalesce": Function((ANY,), _coalesce, variadic=True, takes_null=True),
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
}
"""What each takes and gives."""
