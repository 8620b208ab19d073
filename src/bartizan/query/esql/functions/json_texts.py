"""Functions of JSON texts (elastic.co, ES|QL "JSON_EXTRACT")."""

import re
from collections.abc import Mapping

from sqlglot import exp

from bartizan.query.esql.functions.signature import TEXT, Built, Function, gives
from bartizan.query.esql.typed import Mistake, Tree, Type, number
from bartizan.query.sql import call, one_of, text

MAX_STEPS = 20
"""Most steps of a path."""


_STEP = re.compile(r"""\.?([^.\[\]'"*?]+)|\[\s*(\d{1,9})\s*\]|\[\s*(?:'([^']*)'|"([^"]*)")\s*\]""")


def _json(built: Built) -> Tree:
    """The value at a path: a text without quotes, other values as JSON; null if it isn't there, or is `null`."""
    steps = _steps(built.text(1))
    arguments = [built.env.binder.scalar(step) if isinstance(step, str) else number(step + 1) for step in steps]
    source = call("ifNull", built[0], text(""))
    raw = call("JSONExtractRaw", source, *arguments)
    shown = call("if", call("startsWith", raw.copy(), text('"')), call("JSONExtractString", raw.copy()), raw.copy())
    nothing: list[Tree] = [exp.In(this=raw, expressions=[text(""), text("null")])]
    # A number means a member of an object too in ClickHouse.
    for place, step in enumerate(steps):
        if isinstance(step, int):
            kind = call("toString", call("JSONType", source.copy(), *(one.copy() for one in arguments[:place])))
            nothing.append(exp.NEQ(this=kind, expression=text("Array")))
    return call("if", one_of(nothing), exp.Null(), shown)


def _steps(path: str) -> list[str | int]:
    """`$.a['b'][0]` as a, b, 0. Raises `Mistake` for what is no such path."""
    rest, position = path.removeprefix("$"), 0
    steps: list[str | int] = []
    while position < len(rest):
        found = _STEP.match(rest, position)
        if found is None or len(steps) == MAX_STEPS:
            hint = "write `a.b[0]['c.d']`; wildcards, slices and filters are not supported"
            raise Mistake(f"`{path[:60]}` is no path of JSON", hint, 1)
        name, index, *quoted = found.groups()
        steps.append(int(index) if index else name or next((key for key in quoted if key is not None), ""))
        position = found.end()
    return steps


def first_member(path: str) -> str | None:
    """The member of an object in which a path lies; None for a path into an array, and for what is no path."""
    try:
        steps = _steps(path)
    except Mistake:
        return None
    return steps[0] if steps and isinstance(steps[0], str) else None


JSON: Mapping[str, Function] = {"json_extract": Function((TEXT, TEXT), gives(Type.KEYWORD, _json))}
"""Functions of JSON texts."""
