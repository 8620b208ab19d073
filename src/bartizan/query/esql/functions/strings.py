"""Functions of texts (elastic.co, ES|QL "String functions")."""

from collections.abc import Mapping

from sqlglot import exp

from bartizan.query.esql.functions.signature import INTEGER, TEXT, Built, Function, gives
from bartizan.query.esql.typed import Mistake, Tree, Type, Typed, number
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.pcre import pcre_to_re2
from bartizan.query.sql import call, text

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
    """The place of a text counted from 1; 0 if it isn't there."""
    start = call("greatest", _int(built[2]), number(1)) if built.has(2) else number(1)
    found = call("positionUTF8", built[0], built[1], call("toUInt64", start))
    return call("toInt32", found)


def _replace(built: Built) -> Tree:
    r"""All that the expression finds; `$1` in the replacement is a group, as in Java."""
    try:
        pattern = pcre_to_re2(built.text(1))
    except UnfitValue as error:
        raise Mistake(str(error), error.hint, 1) from error
    replacement = _java_replacement(built.text(2))
    binder = built.env.binder
    return call("replaceRegexpAll", built[0], binder.scalar(pattern), binder.scalar(replacement))


def _java_replacement(written: str) -> str:
    out, position = [], 0
    while position < len(written):
        character, following = written[position], written[position + 1 : position + 2]
        if character == "$" and following.isdigit():
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


def _trim(where: str) -> Function:
    """White space as Java's `strip` sees it."""
    pattern = {"both": r"^\s+|\s+$", "left": r"^\s+", "right": r"\s+$"}[where]
    return Function(
        (TEXT,), gives(Type.KEYWORD, lambda built: call("replaceRegexpAll", built[0], text(pattern), text("")))
    )


def _repeat(built: Built) -> Tree:
    times = _int(built[1])
    size = call("multiply", _int(call("length", call("ifNull", built[0], text("")))), times.copy())
    fits = exp.And(
        this=exp.GTE(this=times.copy(), expression=_zero()),
        expression=exp.LTE(this=size, expression=number(MAX_REPEAT_BYTES)),
    )
    return call("if", fits, call("repeat", built[0], times), exp.Null())


def _space(built: Built) -> Tree:
    times = _int(built[0])
    fits = exp.And(
        this=exp.GTE(this=times.copy(), expression=_zero()),
        expression=exp.LTE(this=times.copy(), expression=number(MAX_REPEAT_BYTES)),
    )
    return call("if", fits, call("repeat", text(" "), times), exp.Null())


def _contains(built: Built) -> Tree:
    return exp.GT(this=call("positionUTF8", built[0], built[1]), expression=_zero())


def _concat(built: Built) -> Tree:
    return call("concat", *(built[index] for index in range(len(built))))


def _encoded(function: str) -> Function:
    return Function((TEXT,), gives(Type.KEYWORD, lambda built: call(function, built[0])))


def _url_component(built: Built) -> Tree:
    return call("encodeURLComponent", built[0])


def _url_encode(built: Built) -> Tree:
    """As `URLEncoder` of Java: a space is `+`."""
    return call("encodeURLFormComponent", built[0])


def _decoded_url(built: Built) -> Tree:
    """`+` is a space; a broken escape makes it null."""
    broken = call("match", built[0], text("%([^0-9A-Fa-f]|$|[0-9A-Fa-f]([^0-9A-Fa-f]|$))"))
    return call("if", broken, exp.Null(), call("decodeURLFormComponent", built[0]))


def _from_base64(built: Built) -> Tree:
    return call("nullIf", call("tryBase64Decode", built[0]), text(""))


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
    "to_lower": _encoded("lowerUTF8"),
    "to_upper": _encoded("upperUTF8"),
    "trim": _trim("both"),
    "url_decode": Function(_ONE, gives(Type.KEYWORD, _decoded_url)),
    "url_encode": Function(_ONE, gives(Type.KEYWORD, _url_encode)),
    "url_encode_component": Function(_ONE, gives(Type.KEYWORD, _url_component)),
}
"""What each takes and gives."""

_HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha-1": "SHA1", "sha-256": "SHA256", "sha-512": "SHA512"}


def _digest(function: str) -> Function:
    return Function((TEXT,), gives(Type.KEYWORD, lambda built: call("lower", call("hex", call(function, built[0])))))


def _hash(built: Built) -> Tree:
    function = _HASHES.get(built.text(0).lower())
    if function is None:
        raise Mistake(f"`{built.text(0)[:40]}` is no algorithm", "take MD5, SHA-1, SHA-256 or SHA-512", 0)
    return call("lower", call("hex", call(function, built[1])))


HASHES: Mapping[str, Function] = {
    "hash": Function(_TWO, gives(Type.KEYWORD, _hash)),
    "md5": _digest("MD5"),
    "sha1": _digest("SHA1"),
    "sha256": _digest("SHA256"),
}
"""Digests of texts, in lower case hexadecimal."""


def _json(built: Built) -> Tree:
    """The value at a path such as `a.b[0].c`: a text without quotes, other values as JSON; null if it isn't there."""
    path = _json_path(built.text(1))
    arguments = [built.env.binder.scalar(one) if isinstance(one, str) else number(one + 1) for one in path]
    raw = call("JSONExtractRaw", call("ifNull", built[0], text("")), *arguments)
    shown = call("if", call("startsWith", raw.copy(), text('"')), call("JSONExtractString", raw.copy()), raw.copy())
    is_nothing = exp.In(this=raw, expressions=[text(""), text("null")])
    return call("if", is_nothing, exp.Null(), shown)


def _json_path(written: str) -> list[str | int]:
    parts: list[str | int] = []
    for name in written.removeprefix("$").strip(".").split("."):
        head, *places = name.replace("]", "").split("[")
        parts += [head] if head else []
        parts += [int(place) if place.isdigit() else place.strip("'\"") for place in places]
    return parts


JSON: Mapping[str, Function] = {"json_extract": Function(_TWO, gives(Type.KEYWORD, _json))}
"""Functions of JSON texts."""
