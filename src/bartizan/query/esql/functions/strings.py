"""Functions of texts (elastic.co, ES|QL "String functions")."""

from collections.abc import Mapping

import re2
from sqlglot import exp

from bartizan.query.esql.functions.signature import INTEGER, TEXT, Built, Function, gives
from bartizan.query.esql.typed import Mistake, Tree, Type, Typed, number
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.pcre import pcre_to_re2
from bartizan.query.sql import call, each, text

MAX_REPEAT_BYTES = 1_000_000
"""Longest text that `REPEAT` and `SPACE` make; a longer one is null."""


def _zero() -> Tree:
    return number(0)


def _int(tree: Tree) -> Tree:
    return call("toInt64", tree)


def _substring(built: Built) -> Tree:
    """From a place counted from 1, from the end if negative; 0 is 1; a negative length is none."""
    source, start = built[0], _int(built[1])
    size = _int(call("lengthUTF8", source.copy()))
    behind = call("greatest", call("plus", size, call("plus", start.copy(), number(1))), number(1))
    negative = exp.LT(this=start.copy(), expression=_zero())
    place = call("multiIf", negative, behind, exp.EQ(this=start.copy(), expression=_zero()), number(1), start)
    if not built.has(2):
        return call("substringUTF8", source, place)
    length = call("greatest", _int(built[2]), _zero())
    return call("substringUTF8", source, place, length)


def _left(built: Built) -> Tree:
    return call("substringUTF8", built[0], number(1), call("greatest", _int(built[1]), _zero()))


def _right(built: Built) -> Tree:
    wanted = call("greatest", _int(built[1]), _zero())
    start = call(
        "greatest", call("minus", _int(call("lengthUTF8", built[0])), call("minus", wanted, number(1))), number(1)
    )
    return call("substringUTF8", built[0], start)


def _locate(built: Built) -> Tree:
    """The place of a text counted from 1, searched from a place that may count from the end; 0 if it isn't there."""
    if not built.has(2):
        return call("toInt32", call("positionUTF8", built[0], built[1]))
    start, size = _int(built[2]), _int(call("lengthUTF8", built[0]))
    is_negative = exp.LT(this=start, expression=_zero())
    behind = call("plus", size, call("plus", start.copy(), number(1)))
    place = call("greatest", call("if", is_negative, behind, start.copy()), number(1))
    return call("toInt32", call("positionUTF8", built[0], built[1], call("toUInt64", place)))


def _replace(built: Built) -> Tree:
    r"""All that the expression finds; `$1` in the replacement is a group, as in Java."""
    try:
        pattern = pcre_to_re2(built.text(1))
    except UnfitValue as error:
        raise Mistake(str(error), error.hint, 1) from error
    replacement = _java_replacement(built.text(2), re2.compile(pattern).groups)
    binder = built.env.binder
    return call("replaceRegexpAll", built[0], binder.scalar(pattern), binder.scalar(replacement))


def _java_replacement(written: str, groups: int) -> str:
    """A replacement of Java as RE2 reads it. Raises `Mistake` for a group that the expression doesn't have."""
    out, position = [], 0
    while position < len(written):
        character, following = written[position], written[position + 1 : position + 2]
        if character == "$" and following.isdigit():
            if int(following) > groups:
                raise Mistake(f"the expression has no group {following}", "write `\\$` for a dollar sign", 2)
            out.append(f"\\{following}")
            position += 1
        elif character == "\\" and following:
            out.append("\\\\" if following == "\\" else following)
            position += 1
        else:
            out.append("\\\\" if character == "\\" else character)
        position += 1
    return "".join(out)


def _split(built: Built) -> Typed:
    """A list of the parts; an empty delimiter is refused, since there would be no parts."""
    if not built.text(1):
        raise Mistake("`SPLIT` needs a delimiter of a character", "", 1)
    parts = call("splitByString", built.env.binder.scalar(built.text(1)), call("ifNull", built[0], text("")))
    none = call("CAST", exp.array(dialect="clickhouse"), text("Array(String)"))
    return Typed(call("if", call("isNull", built[0]), none, parts), Type.KEYWORD, True)


_SPACE = r"[\x{09}-\x{0d}\x{1c}-\x{20}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}]"
"""What Java's `Character.isWhitespace` takes for white space: no-break spaces are none."""


def _trim(where: str) -> Function:
    """A text without the white space around it."""
    pattern = {"both": f"^{_SPACE}+|{_SPACE}+$", "left": f"^{_SPACE}+", "right": f"{_SPACE}+$"}[where]
    return Function(
        (TEXT,), gives(Type.KEYWORD, lambda built: call("replaceRegexpAll", built[0], text(pattern), text("")))
    )


def _repeat(built: Built) -> Tree:
    return _repeated(built[0], _int(built[1]))


def _repeated(source: Tree, times: Tree) -> Tree:
    """Null where there would be too much of it; the engine never sees how often that would be."""
    longest = call("greatest", _int(call("length", call("ifNull", source.copy(), text("")))), number(1))
    most = call("intDiv", number(MAX_REPEAT_BYTES), longest)
    some = call("ifNull", times, number(-1))
    fits = call("and", call("greaterOrEquals", some, _zero()), call("lessOrEquals", some.copy(), most))
    return call("if", fits, call("repeat", source, call("if", fits.copy(), some.copy(), _zero())), exp.Null())


def _space(built: Built) -> Tree:
    return _repeated(text(" "), _int(built[0]))


def _contains(built: Built) -> Tree:
    return exp.GT(this=call("positionUTF8", built[0], built[1]), expression=_zero())


def _concat(built: Built) -> Tree:
    return call("concat", *(built[index] for index in range(len(built))))


def _encoded(function: str) -> Function:
    return Function((TEXT,), gives(Type.KEYWORD, lambda built: call(function, built[0])))


def _each(function: str) -> Function:
    """A function of every value of its argument."""

    def build(built: Built) -> Typed:
        if not built.arguments[0].many:
            return Typed(call(function, built[0]), Type.KEYWORD)
        changed = call("arrayMap", each("_t", lambda value: call(function, value)), built.arguments[0].tree.copy())
        return Typed(changed, Type.KEYWORD, True)

    return Function((TEXT,), build)


def _url_component(built: Built) -> Tree:
    return _as_java(call("encodeURLComponent", built[0]))


def _url_encode(built: Built) -> Tree:
    """As `URLEncoder` of Java: a space is `+`, `*` stays and `~` doesn't."""
    return _as_java(call("encodeURLFormComponent", built[0]))


def _as_java(encoded: Tree) -> Tree:
    without = call("replaceAll", encoded, text("%2A"), text("*"))
    return call("replaceAll", without, text("~"), text("%7E"))


def _decoded_url(built: Built) -> Tree:
    """`+` is a space; a broken escape makes it null."""
    broken = call("match", built[0], text("%([^0-9A-Fa-f]|$|[0-9A-Fa-f]([^0-9A-Fa-f]|$))"))
    return call("if", broken, exp.Null(), call("toValidUTF8", call("decodeURLFormComponent", built[0])))


def _from_base64(built: Built) -> Tree:
    """Null for what is no Base64; bytes that are no UTF-8 become the replacement character."""
    decoded = call("toValidUTF8", call("tryBase64Decode", built[0]))
    is_broken = call("and", call("empty", decoded), call("notEmpty", built[0]))
    return call("if", is_broken, exp.Null(), decoded.copy())


def _reverse(built: Built) -> Tree:
    return call("reverseUTF8", built[0])


_ONE = (TEXT,)
_TWO = (TEXT, TEXT)
STRINGS: Mapping[str, Function] = {
    "bit_length": Function(
        _ONE, gives(Type.INTEGER, lambda built: call("toInt32", call("multiply", call("length", built[0]), number(8))))
    ),
    "byte_length": Function(_ONE, gives(Type.INTEGER, lambda built: call("toInt32", call("length", built[0])))),
    "concat": Function(_TWO, gives(Type.KEYWORD, _concat), variadic=True),
    "contains": Function(_TWO, gives(Type.BOOLEAN, _contains)),
    "ends_with": Function(_TWO, gives(Type.BOOLEAN, lambda built: call("endsWith", built[0], built[1]))),
    "from_base64": Function(_ONE, gives(Type.KEYWORD, _from_base64)),
    "left": Function((TEXT, INTEGER), gives(Type.KEYWORD, _left)),
    "length": Function(_ONE, gives(Type.INTEGER, lambda built: call("toInt32", call("lengthUTF8", built[0])))),
    "locate": Function((TEXT, TEXT, INTEGER), gives(Type.INTEGER, _locate), optional=1),
    "ltrim": _trim("left"),
    "repeat": Function((TEXT, INTEGER), gives(Type.KEYWORD, _repeat)),
    "replace": Function((TEXT, TEXT, TEXT), gives(Type.KEYWORD, _replace)),
    "reverse": Function(_ONE, gives(Type.KEYWORD, _reverse)),
    "right": Function((TEXT, INTEGER), gives(Type.KEYWORD, _right)),
    "rtrim": _trim("right"),
    "space": Function((INTEGER,), gives(Type.KEYWORD, _space)),
    "split": Function(_TWO, _split),
    "starts_with": Function(_TWO, gives(Type.BOOLEAN, lambda built: call("startsWith", built[0], built[1]))),
    "substring": Function((TEXT, INTEGER, INTEGER), gives(Type.KEYWORD, _substring), optional=1),
    "to_base64": _encoded("base64Encode"),
    "to_lower": _each("lowerUTF8"),
    "to_upper": _each("upperUTF8"),
    "trim": _trim("both"),
    "url_decode": Function(_ONE, gives(Type.KEYWORD, _decoded_url)),
    "url_encode": Function(_ONE, gives(Type.KEYWORD, _url_encode)),
    "url_encode_component": Function(_ONE, gives(Type.KEYWORD, _url_component)),
}
"""What each takes and gives."""
