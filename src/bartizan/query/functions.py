"""Functions over values, one table for all languages: what each takes, what it gives, which ClickHouse tree it is.

The semantics are those of Elasticsearch's EQL function reference (elastic.co, EQL function reference); positions count
characters from 0. A tree's function names come from here, never from a query.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.ir import Call, FieldRef, Kind, Literal, Value, Wild
from bartizan.query.patterns import lower_pattern, wildcard
from bartizan.query.sql import all_of, call, number, text

Tree = exp.Expression


@dataclass(frozen=True, slots=True)
class Built:
    """A call being built: its arguments as trees, the same as values (for constants), and what binds."""

    call: Call
    arguments: Sequence[Tree]
    binder: Binder
    integers: bool
    """Whether every argument is a whole number."""

    def caseless(self, index: int) -> Tree:
        """An argument, in lower case if the call ignores case."""
        argument = self.arguments[index].copy()
        return call("lowerUTF8", argument) if self.call.ignore_case else argument

    def given(self, index: int) -> Tree | None:
        """An optional argument, None if it was left out."""
        return self.arguments[index].copy() if index < len(self.arguments) else None


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and gives. The last kind of a `variadic` one repeats; None takes any kind."""

    parameters: tuple[Kind | None, ...]
    result: Kind
    build: Callable[[Built], Tree]
    optional: int = 0
    """How many of the last parameters may be left out."""
    variadic: bool = False
    gives_integers: bool = False
    """Whether its numbers are whole ones, whatever it is given."""


def _minus(left: Tree, right: Tree) -> Tree:
    return call("minus", left, right)


def _plus(left: Tree, right: Tree) -> Tree:
    return call("plus", left, right)


def _arithmetic(function: str) -> Callable[[Built], Tree]:
    return lambda built: call(function, *built.arguments)


def _divide(built: Built) -> Tree:
    dividend, divisor = built.arguments
    function = "intDivOrNull" if built.integers else "divideOrNull"
    return call(function, dividend, divisor)


def _modulo(built: Built) -> Tree:
    dividend, divisor = built.arguments
    return call("moduloOrNull", dividend, divisor)


def _length(built: Built) -> Tree:
    return call("lengthUTF8", built.arguments[0])


def _starts_with(built: Built) -> Tree:
    return call("startsWith", built.caseless(0), built.caseless(1))


def _ends_with(built: Built) -> Tree:
    return call("endsWith", built.caseless(0), built.caseless(1))


def _contains(built: Built) -> Tree:
    found = exp.GT(this=call("position", built.caseless(0), built.caseless(1)), expression=number(0))
    return all_of([exp.NEQ(this=built.arguments[1].copy(), expression=text("")), found])


def _concat(built: Built) -> Tree:
    return call("concat", *(call("toString", argument) for argument in built.arguments))


def _lower(built: Built) -> Tree:
    return call("lowerUTF8", built.arguments[0])


def _string(built: Built) -> Tree:
    shown = call("toString", built.arguments[0])
    match built.call.arguments[0]:
        case FieldRef(_, Kind.IP):
            return call("replaceRegexpOne", shown, text("^::ffff:"), text(""))
        case _:
            return shown


def _to_number(built: Built) -> Tree:
    """A hexadecimal text or a decimal one; what is neither has no value."""
    trimmed = call("trimBoth", built.arguments[0])
    base = built.call.arguments[1] if len(built.call.arguments) > 1 else Literal(None)
    digits = call("replaceRegexpOne", trimmed.copy(), text("^0[xX]"), text(""))
    hexadecimal = call("if", call("match", digits.copy(), text("^[0-9a-fA-F]{1,15}$")), _from_hex(digits), exp.Null())
    if base == Literal(16):
        return call("toFloat64", hexadecimal)
    decimal = call("toFloat64OrNull", trimmed.copy())
    return call("if", call("match", trimmed, text("^0[xX]")), call("toFloat64", hexadecimal), decimal)


def _from_hex(digits: Tree) -> Tree:
    padded = call("leftPad", digits.copy(), number(16), text("0"))
    return call("reinterpretAsUInt64", call("reverse", call("unhex", padded)))


def _index_of(built: Built) -> Tree:
    """Where the text first is, at or after a start; an empty text is at the start."""
    source, searched = built.caseless(0), built.caseless(1)
    start = built.given(2)
    after = number(0) if start is None else call("greatest", call("toInt64", start), number(0))
    found = call("positionUTF8", source.copy(), searched.copy(), call("toUInt64", _plus(after.copy(), number(1))))
    is_empty = exp.EQ(this=searched.copy(), expression=text(""))
    beyond = exp.GT(this=after.copy(), expression=call("lengthUTF8", source.copy()))
    nowhere = exp.EQ(this=found.copy(), expression=number(0))
    place = _minus(call("toInt64", found), number(1))
    placed = call("multiIf", beyond, exp.Null(), is_empty, after.copy(), nowhere, exp.Null(), place)
    return _unless_missing((source, searched), placed)


def _unless_missing(arguments: Sequence[Tree], tree: Tree) -> Tree:
    """NULL where one of the texts is NULL: a branch of `if` would hide it."""
    is_missing = call("isNull", call("concat", *(argument.copy() for argument in arguments)))
    return call("if", is_missing, exp.Null(), tree)


def _substring(built: Built) -> Tree:
    """From a start to before an end, both from the text's end if negative."""
    source = built.arguments[0]
    length = call("toInt64", call("lengthUTF8", source.copy()))
    start = _from_end(built.arguments[1].copy(), length)
    end = length if (given := built.given(2)) is None else _from_end(given, length)
    size = call("greatest", _minus(end, start.copy()), number(0))
    return call("substringUTF8", source, _plus(start, number(1)), size)


def _from_end(position: Tree, length: Tree) -> Tree:
    position = call("toInt64", position)
    counted = call("if", exp.LT(this=position, expression=number(0)), _plus(length.copy(), position.copy()), position)
    return call("least", call("greatest", counted, number(0)), length.copy())


def _between(built: Built) -> Tree:
    """What stands between the first `left` and the next `right` after it, with `greedy` the last one; else ''."""
    source, left, right = (built.caseless(index) for index in range(3))
    greedy = len(built.call.arguments) > 3 and built.call.arguments[3] == Literal(True)
    begin = call("positionUTF8", source.copy(), left.copy())
    start = _plus(begin.copy(), call("lengthUTF8", left.copy()))
    rest = call("substringUTF8", source.copy(), start.copy())
    if greedy:
        turned = call("positionUTF8", call("reverseUTF8", rest.copy()), call("reverseUTF8", right.copy()))
        ends = call("lengthUTF8", rest.copy()), call("lengthUTF8", right.copy())
        last = _minus(_minus(ends[0], _minus(turned.copy(), number(1))), ends[1])
        size = call("if", exp.GT(this=turned, expression=number(0)), last, number(-1))
    else:
        size = _minus(call("toInt64", call("positionUTF8", rest, right.copy())), number(1))
    is_found = all_of([exp.GT(this=begin, expression=number(0)), exp.GTE(this=size.copy(), expression=number(0))])
    # Read from the text as it is: a text in lower case has as many characters, since `lowerUTF8` keeps each one.
    between = call("substringUTF8", built.arguments[0].copy(), start, call("greatest", size, number(0)))
    return _unless_missing((source, left, right), call("if", is_found, between, text("")))


def _wildcard(built: Built) -> Tree:
    pattern = _pattern(built.call.arguments[1])
    if built.call.ignore_case:
        pattern = lower_pattern(pattern)
    return wildcard(built.caseless(0), pattern, built.binder)


def _pattern(value: Value) -> tuple[str | Wild, ...]:
    assert isinstance(value, Literal)
    return read_wildcards(str(value.value))


def read_wildcards(source: str) -> tuple[str | Wild, ...]:
    """A text in which `*` stands for any characters and `?` for one."""
    if "*" not in source and "?" not in source:
        return (source,) if source else ()
    parts: list[str | Wild] = []
    for character in source:
        if character in "*?":
            wild = Wild(character)
            if wild is not Wild.MANY or not parts or parts[-1] is not Wild.MANY:
                parts.append(wild)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += character
        else:
            parts.append(character)
    return tuple(parts)


def _regex(built: Built) -> Tree:
    pattern = built.call.arguments[1]
    assert isinstance(pattern, Literal)
    fits = f"(?i){pattern.value}" if built.call.ignore_case else str(pattern.value)
    return call("match", built.arguments[0], built.binder.scalar(fits))


def _cidr(built: Built) -> Tree:
    address = call("toIPv6OrNull", call("toString", built.arguments[0]))
    inside = [call("isIPAddressInRange", call("toString", address.copy()), one) for one in built.arguments[1:]]
    return call("if", call("isNull", address), exp.Null(), call("greatest", *inside))


_TEXT = Kind.KEYWORD
_NUMBERS = (Kind.NUMBER, Kind.NUMBER)

FUNCTIONS: Mapping[str, Function] = {
    "add": Function(_NUMBERS, Kind.NUMBER, _arithmetic("plus")),
    "subtract": Function(_NUMBERS, Kind.NUMBER, _arithmetic("minus")),
    "multiply": Function(_NUMBERS, Kind.NUMBER, _arithmetic("multiply")),
    "divide": Function(_NUMBERS, Kind.NUMBER, _divide),
    "modulo": Function(_NUMBERS, Kind.NUMBER, _modulo),
    "between": Function((_TEXT, _TEXT, _TEXT, Kind.BOOLEAN), Kind.KEYWORD, _between, optional=1),
    "cidr_match": Function((None, _TEXT), Kind.BOOLEAN, _cidr, variadic=True),
    "concat": Function((None,), Kind.KEYWORD, _concat, variadic=True),
    "ends_with": Function((_TEXT, _TEXT), Kind.BOOLEAN, _ends_with),
    "index_of": Function((_TEXT, _TEXT, Kind.NUMBER), Kind.NUMBER, _index_of, optional=1, gives_integers=True),
    "length": Function((_TEXT,), Kind.NUMBER, _length, gives_integers=True),
    "lower": Function((_TEXT,), Kind.KEYWORD, _lower),
    "number": Function((_TEXT, Kind.NUMBER), Kind.NUMBER, _to_number, optional=1),
    "regex": Function((_TEXT, _TEXT), Kind.BOOLEAN, _regex),
    "starts_with": Function((_TEXT, _TEXT), Kind.BOOLEAN, _starts_with),
    "string": Function((None,), Kind.KEYWORD, _string),
    "contains": Function((_TEXT, _TEXT), Kind.BOOLEAN, _contains),
    "substring": Function((_TEXT, Kind.NUMBER, Kind.NUMBER), Kind.KEYWORD, _substring, optional=1),
    "wildcard": Function((_TEXT, _TEXT), Kind.BOOLEAN, _wildcard),
}
"""Every function by the name that the IR calls it."""
