"""Functions of numbers (elastic.co, ES|QL "Mathematical functions"); what is no finite number is null."""

from collections.abc import Mapping

from sqlglot import exp

from bartizan.query.esql.functions.signature import INTEGER, NUMBER, Built, Function
from bartizan.query.esql.operators import finite
from bartizan.query.esql.typed import CLICKHOUSE, Tree, Type, Typed, number, once
from bartizan.query.sql import call, text


def _double(tree: Tree) -> Tree:
    return call("toFloat64", tree)


def _of_double(function: str) -> Function:
    """A function of doubles with a double result."""
    return Function((NUMBER,), lambda built: Typed(finite(call(function, _double(built[0]))), Type.DOUBLE))


def _within(function: str, low: float, high: float) -> Function:
    """As `_of_double`, null outside the function's domain."""

    def build(built: Built) -> Typed:
        value = _double(built[0])
        inside = exp.And(
            this=exp.GTE(
                this=value, expression=exp.Literal.number(low) if low >= 0 else exp.Neg(this=exp.Literal.number(-low))
            ),
            expression=exp.LTE(this=value.copy(), expression=exp.Literal.number(high)),
        )
        return Typed(finite(call("if", inside, call(function, value.copy()), exp.Null())), Type.DOUBLE)

    return Function((NUMBER,), build)


def _same(function: str) -> Function:
    """A function whose result has the type of its argument; whole numbers stay as they are where it only rounds."""

    def build(built: Built) -> Typed:
        first = built.arguments[0]
        if first.type is not Type.DOUBLE and function != "abs":
            return Typed(built[0], first.type)
        tree = call(function, built[0])
        if first.type is Type.DOUBLE:
            return Typed(finite(_double(tree)), Type.DOUBLE)
        return Typed(
            call("accurateCastOrNull", call("abs", call("toInt128", built[0])), text(CLICKHOUSE[first.type])),
            first.type,
        )

    return Function((NUMBER,), build)


_NEARLY_ONE = "1.00000000000000022"


def _round(built: Built) -> Typed:
    """Half away from zero, as Java's `HALF_UP`; ClickHouse rounds half to even. A value that its decimal digits show as
    a half counts as one, though its binary digits are a bit less (2.675)."""
    first = built.arguments[0]
    digits = call("toInt64", built[1]) if built.has(1) else number(0)
    value = _double(built[0])
    rounded = once(value, "_x", lambda x: once(call("exp10", _double(digits)), "_d", lambda scale: _rounded(x, scale)))
    if first.type is Type.DOUBLE:
        return Typed(finite(rounded), Type.DOUBLE)
    if not built.has(1):
        return Typed(built[0], first.type)
    return Typed(call("accurateCastOrNull", rounded, text(CLICKHOUSE[first.type])), first.type)


def _rounded(value: Tree, scale: Tree) -> Tree:
    scaled = call("multiply", call("abs", value), scale)
    nearly = call("multiply", scaled, exp.Literal.number(_NEARLY_ONE))
    moved = call("floor", call("plus", nearly, exp.Literal.number("0.5")))
    found = call("multiply", call("sign", value.copy()), call("divide", moved, scale.copy()))
    is_exact = call("greaterOrEquals", scaled.copy(), exp.Literal.number("1e15"))
    is_nothing = call("equals", scale.copy(), number(0))
    return call("multiIf", is_exact, value.copy(), is_nothing, call("multiply", value.copy(), number(0)), found)


def _power(built: Built) -> Typed:
    return Typed(finite(call("pow", _double(built[0]), _double(built[1]))), Type.DOUBLE)


def _log(built: Built) -> Typed:
    """`LOG(base, value)` or the natural one; null where there is none."""
    value = _logarithm(_double(built[len(built) - 1]))
    if not built.has(1):
        return Typed(value, Type.DOUBLE)
    return Typed(finite(call("divide", value, _logarithm(_double(built[0])))), Type.DOUBLE)


def _logarithm(value: Tree) -> Tree:
    return call("if", exp.GT(this=value, expression=number(0)), call("log", value.copy()), exp.Null())


def _log10(built: Built) -> Typed:
    value = _double(built[0])
    found = call("if", exp.GT(this=value, expression=number(0)), call("log10", value.copy()), exp.Null())
    return Typed(finite(found), Type.DOUBLE)


def _sqrt(built: Built) -> Typed:
    value = _double(built[0])
    return Typed(
        call("if", exp.GTE(this=value, expression=number(0)), call("sqrt", value.copy()), exp.Null()), Type.DOUBLE
    )


def _signum(built: Built) -> Typed:
    return Typed(_double(call("sign", built[0])), Type.DOUBLE)


def _of_two(function: str) -> Function:
    return Function(
        (NUMBER, NUMBER), lambda built: Typed(finite(call(function, _double(built[0]), _double(built[1]))), Type.DOUBLE)
    )


def _constant(function: str) -> Function:
    return Function((), lambda _: Typed(call("toNullable", call(function)), Type.DOUBLE))


def _tau(_: Built) -> Typed:
    return Typed(call("toNullable", call("multiply", number(2), call("pi"))), Type.DOUBLE)


def _hypot(built: Built) -> Typed:
    return Typed(finite(call("hypot", _double(built[0]), _double(built[1]))), Type.DOUBLE)


def _scalb(built: Built) -> Typed:
    return Typed(finite(call("multiply", _double(built[0]), call("exp2", _double(built[1])))), Type.DOUBLE)


def _copy_sign(built: Built) -> Typed:
    magnitude, sign = call("abs", _double(built[0])), _double(built[1])
    negative = exp.LT(this=sign, expression=number(0))
    return Typed(
        call(
            "if",
            call("isNull", sign.copy()),
            exp.Null(),
            call("if", negative, call("negate", magnitude), magnitude.copy()),
        ),
        Type.DOUBLE,
    )


NUMBERS_OF: Mapping[str, Function] = {
    "abs": _same("abs"),
    "acos": _within("acos", -1, 1),
    "acosh": _of_double("acosh"),
    "asin": _within("asin", -1, 1),
    "asinh": _of_double("asinh"),
    "atan": _of_double("atan"),
    "atanh": _of_double("atanh"),
    "atan2": _of_two("atan2"),
    "cbrt": _of_double("cbrt"),
    "ceil": _same("ceil"),
    "copy_sign": Function((NUMBER, NUMBER), _copy_sign),
    "cos": _of_double("cos"),
    "cosh": _of_double("cosh"),
    "e": _constant("e"),
    "exp": _of_double("exp"),
    "floor": _same("floor"),
    "hypot": Function((NUMBER, NUMBER), _hypot),
    "log": Function((NUMBER, NUMBER), _log, optional=1),
    "log10": Function((NUMBER,), _log10),
    "pi": _constant("pi"),
    "pow": Function((NUMBER, NUMBER), _power),
    "round": Function((NUMBER, INTEGER), _round, optional=1),
    "scalb": Function((NUMBER, INTEGER), _scalb),
    "signum": Function((NUMBER,), _signum),
    "sin": _of_double("sin"),
    "sinh": _of_double("sinh"),
    "sqrt": Function((NUMBER,), _sqrt),
    "tan": _of_double("tan"),
    "tanh": _of_double("tanh"),
    "tau": Function((), _tau),
    "to_degrees": _of_double("degrees"),
    "to_radians": _of_double("radians"),
}
"""What each takes and gives."""
