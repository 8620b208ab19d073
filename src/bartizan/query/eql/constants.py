"""Comparisons of one side with a constant: of a field they are leaves of the IR, which indexes answer."""

from collections.abc import Callable

from bartizan.query import ir
from bartizan.query.eql.ast import Literal
from bartizan.query.eql.calls import condition_of
from bartizan.query.eql.fields import Context, Known
from bartizan.query.errors import InvalidValue
from bartizan.query.expressions import kind_of
from bartizan.query.functions import read_wildcards
from bartizan.query.operators import UnfitValue, compare, equal_or_like, wildcard
from bartizan.query.regex.lucene import lucene_to_re2
from bartizan.query.span import Span

Side = Known | ir.Value
TEXTS = (ir.Kind.KEYWORD, ir.Kind.TEXT)

IR_OPERATORS = {"==": "=", ":": "="}
"""EQL's operators by the names that the IR has for them; the others have the same."""


def with_constant(operator: str, side: Side, constant: Literal, context: Context) -> ir.Expr:
    """`side operator constant`; `!=` is left to the caller."""
    if constant.value is None:
        return _is_null(side) if operator in ("==", ":") else ir.Constant(False)
    if operator == ":":
        return like(side, constant, True, context)
    if isinstance(side, Known):
        return _field_with_constant(side, operator, constant, context)
    other = ir.Literal(constant.value)
    check_comparable(side, other, constant.span, context)
    return ir.Compare(IR_OPERATORS.get(operator, operator), side, other)


def one_of(operator: str, side: Side, constant: Literal, context: Context) -> ir.Expr:
    """`side` is, or fits, one `constant` of a list; `operator` is that of the list."""
    if constant.value is None:
        return ir.Constant(False)
    name, ignore_case = operator.removesuffix("~"), operator.endswith("~")
    if name in (":", "like"):
        return like(side, constant, ignore_case or name == ":", context)
    if name == "regex":
        return _regex(side, constant, ignore_case, context)
    if ignore_case and isinstance(constant.value, str):
        return _equal_caseless(side, constant.value, constant.span, context)
    return with_constant("==", side, constant, context)


def like(side: Side, constant: Literal, ignore_case: bool, context: Context) -> ir.Expr:
    """`side` fits a text with wildcards; what is no text is compared as it is."""
    if not isinstance(constant.value, str):
        return with_constant("==", side, constant, context)
    if isinstance(side, Known):
        return _fits(side, read_wildcards(constant.value), ignore_case, constant.span, context)
    _check_text(side, constant.span, context)
    return condition_of(ir.Call("wildcard", (side, ir.Literal(constant.value)), ignore_case))


def check_comparable(left: ir.Value, right: ir.Value, span: Span, context: Context) -> None:
    """Raise `InvalidValue` for two values of kinds that don't compare."""
    kinds = [ir.Kind.KEYWORD if kind in TEXTS else kind for kind in (kind_of(left), kind_of(right))]
    if None in kinds or kinds[0] is kinds[1]:
        return
    message = f"{_named(kinds[0])} and {_named(kinds[1])} can't be compared"
    raise InvalidValue(message, context.text, span, hint="`string(...)` and `number(...)` turn one into the other")


def _is_null(side: Side) -> ir.Expr:
    match side:
        case Known():
            return ir.Not(ir.Exists(side.ref))
        case ir.Literal(value):
            return ir.Constant(value is None)
        case _:
            as_text = ir.Call("string", (side,))
            return ir.Not(ir.Compare(">=", ir.Call("length", (as_text,)), ir.Literal(0)))


def _field_with_constant(known: Known, operator: str, constant: Literal, context: Context) -> ir.Expr:
    assert constant.value is not None
    value = str(constant.value).lower() if isinstance(constant.value, bool) else str(constant.value)
    if operator == "==":
        return _fits(known, (value,) if value else (), False, constant.span, context)
    return _fitting(lambda: compare(known.whole, operator, value, context.now), constant.span, context)


def _fits(known: Known, pattern: ir.Pattern, ignore_case: bool, span: Span, context: Context) -> ir.Expr:
    ignore_case = ignore_case or known.ignore_case
    if pattern == (ir.Wild.MANY,):
        return ir.Exists(known.ref)
    if any(isinstance(part, ir.Wild) for part in pattern):
        return _fitting(lambda: wildcard(known.whole, pattern, ignore_case), span, context)
    return _fitting(lambda: equal_or_like(known.whole, pattern, True, context.now, ignore_case), span, context)


def _equal_caseless(side: Side, value: str, span: Span, context: Context) -> ir.Expr:
    if isinstance(side, Known):
        return _fits(side, (value,) if value else (), True, span, context)
    _check_text(side, span, context)
    return ir.Compare("=", ir.Call("lower", (side,)), ir.Literal(value.lower()))


def _regex(side: Side, constant: Literal, ignore_case: bool, context: Context) -> ir.Expr:
    if not isinstance(constant.value, str):
        raise InvalidValue("a regular expression is a text", context.text, constant.span, hint='write `regex "..."`')
    source = constant.value
    if isinstance(side, Known):
        return _fitting(
            lambda: ir.Regex(side.whole, lucene_to_re2(source), ignore_case or side.ignore_case), constant.span, context
        )
    _check_text(side, constant.span, context)
    return _fitting(
        lambda: condition_of(ir.Call("regex", (side, ir.Literal(lucene_to_re2(source))), ignore_case)),
        constant.span,
        context,
    )


def _fitting(read: Callable[[], ir.Expr], span: Span, context: Context) -> ir.Expr:
    try:
        return read()
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, span, hint=error.hint) from None


def _check_text(value: ir.Value, span: Span, context: Context) -> None:
    if kind_of(value) not in (*TEXTS, None):
        message = f"a pattern fits text, not {_named(kind_of(value))}"
        raise InvalidValue(message, context.text, span, hint="`string(...)` makes a text of it")


def _named(kind: ir.Kind | None) -> str:
    return "text" if kind in TEXTS else f"{kind.value} values" if kind else "null"
