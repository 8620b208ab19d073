"""Functions are total: whatever the values, a call gives a value or null, never an error of the engine.

Every function is called with columns of edge values of each type that it takes; what must be a constant is one of
`CONSTANTS`, the first that is accepted.
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from sqlglot import exp, parse_one

from bartizan.query.binder import Binder
from bartizan.query.esql.functions import AGGREGATES, SCALARS, aggregate_of
from bartizan.query.esql.functions.aggregates import Aggregate
from bartizan.query.esql.functions.signature import Function, call_of
from bartizan.query.esql.typed import CLICKHOUSE, SPANS, Constant, Env, Mistake, TimeSpan, Type, Typed
from bartizan.query.sql import call, column, named
from tests.query.conftest import NOW, Ask

TEXTS = [
    "",
    " ",
    "a",
    "-1",
    "1e400",
    "nan",
    "9223372036854775808",
    "%",
    "%4",
    "%zz",
    "\\",
    "é",
    "👩‍👩‍👧",
    "\u0000",
    "[",
    "{",
    '{"a":[1]}',
    "2024-02-30",
    "2024-13-01T99:00:00Z",
    "0000-00-00",
    "99999-01-01",
    "::1",
    "10.0.0.1",
    "POINT (1 2)",
    "POINT (1e999 -)",
]
EDGES: dict[Type, list[str]] = {
    Type.INTEGER: ["0", "1", "-1", "2147483647", "-2147483648"],
    Type.LONG: ["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "1700000000000"],
    Type.UNSIGNED_LONG: ["0", "1", "18446744073709551615"],
    Type.DOUBLE: ["0", "-0.5", "2.5", "1e308", "-1e308", "5e-324", "1e19", "-1e19"],
    Type.BOOLEAN: ["true", "false"],
    Type.DATETIME: [
        "'1970-01-01 00:00:00'",
        "'1900-01-01 00:00:00'",
        "'2299-12-31 23:59:59.999'",
        "'2024-02-29 12:00:00'",
    ],
    Type.IP: ["'::'", "'::ffff:10.0.0.1'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"],
    Type.VERSION: ["'1.2.3'", "''", "'9.9.9-SNAPSHOT'"],
    Type.GEO_POINT: ["'POINT (1.0 2.0)'", "'POINT (-180.0 90.0)'"],
}
CONSTANTS: tuple[tuple[Constant, Type], ...] = (
    (50, Type.INTEGER),
    ("md5", Type.KEYWORD),
    ("days", Type.KEYWORD),
    ("year", Type.KEYWORD),
    ("asc", Type.KEYWORD),
    ("yyyy-MM-dd", Type.KEYWORD),
    ("10.0.0.0/8", Type.KEYWORD),
    (TimeSpan(0, 3_600_000, "hour", 1), Type.TIME_DURATION),
    (TimeSpan(1, 0, "month", 1), Type.DATE_PERIOD),
)
AT_ONCE = 20
KINDS = [*EDGES, Type.KEYWORD]


def quoted(value: str) -> str:
    return str(exp.Literal.string(value).sql(dialect="clickhouse"))


def values_of(type: Type) -> list[str]:
    return [quoted(value) for value in TEXTS] if type is Type.KEYWORD else EDGES[type]


@cache
def table() -> exp.Expression:
    """Rows with an edge value of each type, as one value, as several, and null; the columns of a type differ."""
    longest = max(len(values_of(type)) for type in KINDS)
    columns = []
    for type, place in itertools.product(KINDS, (0, 1, 2)):
        kind, values = CLICKHOUSE[type], values_of(type)
        listed, size = ", ".join(values), len(values)
        nullable, array = quoted(f"Array(Nullable({kind}))"), quoted(f"Array({kind})")
        row = f"1 + modulo(number * {(1, 3, 7)[place]} + {place}, {size + 1})"
        part = f"1 + modulo(number + {place}, {size}), modulo(number, 4)"
        columns.append(f"arrayElement(CAST([NULL, {listed}], {nullable}), {row}) AS `{type}{place}`")
        columns.append(f"CAST(arraySlice([{listed}], {part}), {array}) AS `{type}{place}s`")
    return parse_one(f"SELECT {', '.join(columns)} FROM numbers({longest * 3})", dialect="clickhouse")


def stored(type: Type, place: int, *, many: bool) -> Typed:
    return Typed(column(f"{type.value}{place % 3}{'s' if many else ''}"), type, many)


def constants(env: Env, accepted: frozenset[Type]) -> list[Typed]:
    found = []
    for value, type in CONSTANTS:
        if type in accepted:
            tree = exp.Null() if isinstance(value, TimeSpan) else env.binder.scalar(value)
            found.append(Typed(tree, type, constant=value))
    return found


Call = Callable[[list[Typed]], Typed]


def calls(parameters: tuple[frozenset[Type], ...], optional: int, env: Env, make: Call) -> list[Typed]:
    """The calls with columns of every type that each parameter takes, and with constants where it wants these."""
    built = []
    for count, many in itertools.product(range(len(parameters) - optional, len(parameters) + 1), (False, True)):
        options = [
            constants(env, accepted) + [stored(type, place, many=many) for type in KINDS if type in accepted]
            for place, accepted in enumerate(parameters[:count])
        ]
        for turn in range(2 * max(map(len, options), default=1)):
            chosen = [
                given[(turn * (place + 1) + turn // len(given)) % len(given)] for place, given in enumerate(options)
            ]
            with suppress(Mistake):
                built.append(make(chosen))
    return [one for one in built if one.type not in SPANS]


def scalar_calls(name: str, function: Function, env: Env) -> list[Typed]:
    repeated = (function.parameters[-1],) if function.variadic else ()
    return calls(
        (*function.parameters, *repeated), function.optional, env, lambda given: call_of(name, function, given, env)
    )


def aggregate_calls(name: str, function: Aggregate, env: Env) -> list[Typed]:
    condition = column("boolean0")
    plain = calls(
        function.parameters, function.optional, env, lambda given: aggregate_of(name, function, given, None, env)
    )
    return plain + calls(
        function.parameters, function.optional, env, lambda given: aggregate_of(name, function, given, condition, env)
    )


def batched(built: list[Typed], size: int) -> list[list[Typed]]:
    return [built[place : place + size] for place in range(0, len(built), size)]


def refused(built: list[Typed], binder: Binder, ask: Ask) -> list[str]:
    """What the engine refuses of `built`, with its reason."""
    parts = batched(built, AT_ONCE)
    built = [one for part in parts if run(part, binder, ask) for one in part]
    return [
        f"{one.tree.sql(dialect='clickhouse')[:300]}\n  {error[:300]}"
        for one in built
        if (error := run([one], binder, ask))
    ]


def run(built: list[Typed], binder: Binder, ask: Ask) -> str:
    """The error of a select of the calls, or a result that hasn't the type that it should have, or nothing."""
    columns = [named(call("toTypeName", one.tree.copy()), f"r{place}") for place, one in enumerate(built)]
    hashed = [call("cityHash64", call("toString", one.tree.copy())) for one in built]
    try:
        rows = ask(exp.Select(expressions=[*columns, *hashed]).from_(exp.Subquery(this=table().copy())), binder.params)
    except RuntimeError as error:
        return str(error)
    wrong = [rows[0][f"r{place}"] for place, one in enumerate(built) if not fits(rows[0][f"r{place}"], one)]
    return f"{wrong}" if wrong else ""


def fits(found: str, typed: Typed) -> bool:
    """Whether a ClickHouse type holds values of a type of ES|QL; constants are bound as 64 bits,
    comparisons are 0 or 1."""
    if typed.tree.find(exp.Column) is None:
        return True
    kind = CLICKHOUSE[typed.type]
    if typed.type is Type.BOOLEAN:
        found = found.replace("UInt8", "Bool")
    if typed.type is Type.INTEGER and typed.tree.find(exp.Placeholder):
        found = found.replace("Int64", "Int32")
    return found in ((f"Array({kind})",) if typed.many else (kind, f"Nullable({kind})"))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SCALARS))
def test_scalar_is_total(name: str, ask: Ask) -> None:
    env = Env(Binder(), NOW)
    built = scalar_calls(name, SCALARS[name], env)
    assert refused(built, env.binder, ask) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(AGGREGATES))
def test_aggregate_is_total(name: str, ask: Ask) -> None:
    env = Env(Binder(), NOW)
    built = aggregate_calls(name, AGGREGATES[name], env)
    assert refused(built, env.binder, ask) == []
