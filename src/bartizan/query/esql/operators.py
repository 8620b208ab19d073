"""ES|QL's operators over typed values (elastic.co, "ES|QL operators"): null makes null, several values make null."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from bartizan.query.esql.conversions import coerced, convert, type_named
from bartizan.query.esql.typed import (
    CLICKHOUSE,
    MISSING,
    SPANS,
    Env,
    Mistake,
    TimeSpan,
    Tree,
    Type,
    Typed,
    null,
    number,
    once,
    one,
)
from bartizan.query.ir import Pattern, Wild
from bartizan.query.operators import UnfitValue
from bartizan.query.patterns import has_phrase, split_words, wildcard
from bartizan.query.regex.lucene import lucene_to_re2
from bartizan.query.sql import call, comparison, text

_COMPARE = {"==": "=", **{operator: operator for operator in ("!=", "<", "<=", ">", ">=")}}
"""What the IR calls each comparison."""
_ARITHMETIC = {"+": "plus", "-": "minus", "*": "multiply"}
_MAX_PATTERN = 4096


def binary(operator: str, left: Typed, right: Typed, env: Env) -> Typed:
    """`left operator right`. Raises `Mistake` for types that it doesn't join."""
    return _comparison(operator, left, right, env) if operator in _COMPARE else _arithmetic(operator, left, right, env)


def _comparison(operator: str, left: Typed, right: Typed, env: Env) -> Typed:
    if Type.NULL in (left.type, right.type):
        return null(Type.BOOLEAN)
    left, right = coerced(left, right.type, env) or left, coerced(right, left.type, env) or right
    _check_comparable(operator, left, right)
    sides = one(left), one(right)
    if left.type is Type.VERSION:
        sides = call("naturalSortKey", sides[0]), call("naturalSortKey", sides[1])
    return Typed(comparison(_COMPARE[operator], *sides), Type.BOOLEAN)


def _check_comparable(operator: str, left: Typed, right: Typed) -> None:
    is_order = operator not in ("==", "!=")
    for side in (left, right):
        if side.type in SPANS or (is_order and side.type in (Type.BOOLEAN, Type.GEO_POINT)):
            raise Mistake(f"{side.type} values can't be compared with `{operator}`")
    alike = left.type is right.type or (left.is_text and right.is_text) or (left.is_number and right.is_number)
    if not alike:
        raise Mistake(f"`{operator}` can't compare {left.type} with {right.type}", "convert one of them with `::type`")


def _arithmetic(operator: str, left: Typed, right: Typed, env: Env) -> Typed:
    if left.type in SPANS or right.type in SPANS:
        return _moved(operator, left, right, env)
    if Type.NULL in (left.type, right.type):
        other = right.type if left.type is Type.NULL else left.type
        return null(other if other is not Type.NULL else Type.NULL)
    for side in (left, right):
        if not side.is_number:
            raise Mistake(f"`{operator}` takes numbers, not {side.type}", "convert it with `::double` or `::long`")
    type = _wider(left.type, right.type)
    sides = one(left), one(right)
    if operator == "/":
        return _divided(sides, type)
    if operator == "%":
        return Typed(_fitted(call("moduloOrNull", *sides), type), type)
    return Typed(_fitted(call(_ARITHMETIC[operator], *(_widened(side, type) for side in sides)), type), type)


def _wider(left: Type, right: Type) -> Type:
    """The type of a result of two numbers (elastic.co, "ES|QL operators", the tables of supported types)."""
    if Type.DOUBLE in (left, right):
        return Type.DOUBLE
    if Type.UNSIGNED_LONG in (left, right):
        return Type.UNSIGNED_LONG
    return Type.LONG if Type.LONG in (left, right) else Type.INTEGER


def _widened(tree: Tree, type: Type) -> Tree:
    return tree if type is Type.DOUBLE else call("toInt128", tree)


def _fitted(tree: Tree, type: Type) -> Tree:
    """Null where the result doesn't fit its type, or is no number."""
    if type is not Type.DOUBLE:
        return call("accurateCastOrNull", tree, text(CLICKHOUSE[type]))
    return finite(call("toFloat64", tree))


def finite(tree: Tree) -> Tree:
    """A double; null for infinities and what is no number."""
    return once(tree, "_f", lambda value: call("if", call("isFinite", value), value.copy(), exp.Null()))


def _divided(sides: tuple[Tree, Tree], type: Type) -> Typed:
    if type is Type.DOUBLE:
        return Typed(finite(call("divideOrNull", *sides)), type)
    return Typed(_fitted(call("intDivOrNull", *(call("toInt128", side) for side in sides)), type), type)


def _moved(operator: str, left: Typed, right: Typed, env: Env) -> Typed:
    """A time some span later or earlier."""
    if operator == "+" and left.type in SPANS:
        left, right = right, left
    left = coerced(left, Type.DATETIME, env) or left
    if operator not in ("+", "-") or right.type not in SPANS or left.type not in (Type.DATETIME, Type.NULL):
        raise Mistake(f"`{operator}` can't join {left.type} with {right.type}", "write `time + 1 hour`")
    if left.type is Type.NULL:
        return null(Type.DATETIME)
    assert isinstance(right.constant, TimeSpan)
    return Typed(shifted(one(left), right.constant, -1 if operator == "-" else 1), Type.DATETIME)


def shifted(time: Tree, span: TimeSpan, sign: int = 1) -> Tree:
    """A time moved by a span; months keep the day where the month has it."""
    if span.months:
        return call("addMonths", time, number(sign * span.months))
    return call("addMilliseconds", time, number(sign * span.milliseconds))


def cast_to(item: Typed, name: str, env: Env) -> Typed:
    """`item::name`. Raises `Mistake` for a type that there is none of."""
    to = type_named(name)
    if to is None:
        raise Mistake(f"there is no type `{name}`", "types are keyword, long, double, boolean, datetime, ip, version")
    return convert(item, to, env)


def negative(item: Typed, env: Env) -> Typed:
    """`-item`."""
    if isinstance(item.constant, TimeSpan):
        span = item.constant
        return Typed(item.tree, item.type, constant=TimeSpan(-span.months, -span.milliseconds, span.unit, -span.count))
    zero = Typed(env.binder.scalar(0), Type.INTEGER, constant=0)
    found = _arithmetic("-", zero, item, env)
    if isinstance(item.constant, int | float) and not isinstance(item.constant, bool):
        return Typed(env.binder.scalar(-item.constant), found.type, constant=-item.constant)
    return found


def and_(items: Sequence[Typed]) -> Typed:
    """`a AND b`, of three values: null with false is false. Raises `Mistake` for what is no condition."""
    return Typed(_joined(exp.And, items), Type.BOOLEAN)


def or_(items: Sequence[Typed]) -> Typed:
    """`a OR b`, of three values: null with true is true."""
    return Typed(_joined(exp.Or, items), Type.BOOLEAN)


def _joined(connector: type[exp.And] | type[exp.Or], items: Sequence[Typed]) -> Tree:
    trees = [exp.Paren(this=_condition(item)) for item in items]
    while len(trees) > 1:
        pairs: list[exp.Paren] = [
            exp.Paren(this=connector(this=left, expression=right))
            for left, right in zip(trees[::2], trees[1::2], strict=False)
        ]
        trees = [*pairs, trees[-1]] if len(trees) % 2 else pairs
    return trees[0]


def not_(item: Typed) -> Typed:
    """`NOT item`; null stays null."""
    return Typed(exp.Not(this=exp.Paren(this=_condition(item))), Type.BOOLEAN)


def _condition(item: Typed) -> Tree:
    if item.type is Type.NULL:
        return null(Type.BOOLEAN).tree
    if item.type is not Type.BOOLEAN:
        raise Mistake(f"a condition was expected here, not {item.type}", "compare it: `== ...`")
    return one(item)


def is_null(item: Typed) -> Typed:
    """`item IS NULL`; several values are some."""
    if item.many:
        return Typed(call("empty", item.tree.copy()), Type.BOOLEAN)
    return Typed(call("isNull", item.tree.copy()), Type.BOOLEAN)


def in_(item: Typed, values: Sequence[Typed], env: Env) -> Typed:
    """`item IN (values)`: as `==` with each of them."""
    texts = [value.constant for value in values if value.is_text and value.constant is not MISSING]
    if item.is_text and len(texts) == len(values):
        return Typed(exp.In(this=one(item), expressions=[env.binder.array(tuple(map(str, texts)))]), Type.BOOLEAN)
    return or_([binary("==", item, value, env) for value in values])


def like(item: Typed, patterns: Sequence[Typed], env: Env) -> Typed:
    """`item LIKE pattern` with `*` and `?`; one of several patterns is enough."""
    return _fits_one("LIKE", item, patterns, lambda pattern: _like(item, pattern, env))


def rlike(item: Typed, patterns: Sequence[Typed], env: Env) -> Typed:
    """`item RLIKE pattern` in Lucene's syntax, for the whole text; one of several patterns is enough."""
    return _fits_one("RLIKE", item, patterns, lambda pattern: _rlike(item, pattern, env))


def _fits_one(word: str, item: Typed, patterns: Sequence[Typed], fits: Callable[[str], Tree]) -> Typed:
    if item.type is Type.NULL:
        return null(Type.BOOLEAN)
    if not item.is_text:
        raise Mistake(f"`{word}` takes texts, not {item.type}", "convert it with `::string`", 0)
    for place, pattern in enumerate(patterns, 1):
        if not isinstance(pattern.constant, str):
            raise Mistake(f"a pattern of `{word}` is a constant text", "write the text itself", place)
    trees = [Typed(fits(str(pattern.constant)), Type.BOOLEAN) for pattern in patterns]
    return trees[0] if len(trees) == 1 else or_(trees)


def _rlike(item: Typed, pattern: str, env: Env) -> Tree:
    try:
        return call("match", one(item), env.binder.scalar(lucene_to_re2(pattern)))
    except UnfitValue as error:
        raise Mistake(str(error), error.hint, 1) from error


def _like(item: Typed, pattern: str, env: Env) -> Tree:
    read = read_like(pattern)
    if all(isinstance(part, str) for part in read):
        return exp.EQ(this=one(item), expression=env.binder.scalar("".join(map(str, read))))
    return wildcard(one(item), read, env.binder)


def read_like(pattern: str) -> Pattern:
    r"""A LIKE pattern's parts; `\` makes the next character itself. Raises `Mistake` for one that is too long."""
    if len(pattern) > _MAX_PATTERN:
        raise Mistake(f"a pattern has at most {_MAX_PATTERN} characters", "write a shorter one")
    parts: list[str | Wild] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character in "*?":
            wild = Wild.MANY if character == "*" else Wild.ONE
            if not (parts and parts[-1] is wild is Wild.MANY):
                parts.append(wild)
        else:
            position += character == "\\" and position + 1 < len(pattern)
            _add(parts, pattern[position])
        position += 1
    return tuple(parts)


def _add(parts: list[str | Wild], character: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += character
    else:
        parts.append(character)


def match(item: Typed, query: Typed, env: Env, *, all_words: bool = False, is_phrase: bool = False) -> Typed:
    """`item : query` and `MATCH(item, query)`: words of a text, one of them being enough; other types compare whole
    values, one of several being enough (elastic.co, "Match operator")."""
    if query.constant is MISSING or query.constant is None:
        raise Mistake("what is looked for must be a constant", "write the text itself", 1)
    if query.many:
        raise Mistake("what is looked for is one value, not a list", "join conditions with `OR`", 1)
    if item.type is Type.NULL:
        return null(Type.BOOLEAN)
    if item.type is Type.TEXT:
        return Typed(_words(item, str(query.constant), env, all_words, is_phrase), Type.BOOLEAN)
    wanted = (
        query
        if not (query.is_number and item.is_text)
        else Typed(env.binder.scalar(str(query.constant)), Type.KEYWORD, constant=str(query.constant))
    )
    if item.many:
        wanted = coerced(wanted, item.type, env) or wanted
        _check_comparable("==", item, wanted)
        return Typed(call("has", item.tree.copy(), wanted.tree), Type.BOOLEAN)
    return binary("==", item, wanted, env)


def _words(item: Typed, query: str, env: Env, all_words: bool, is_phrase: bool) -> Tree:
    words = split_words((query,))
    if not words:
        return exp.false()
    phrases = [words] if is_phrase else [(word,) for word in words]
    value = call("arrayStringConcat", item.tree.copy(), text("\n")) if item.many else item.tree.copy()
    found = [Typed(has_phrase(value.copy(), one, env.binder), Type.BOOLEAN) for one in phrases]
    return (and_(found) if all_words else or_(found)).tree
