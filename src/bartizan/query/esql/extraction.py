"""DISSECT and GROK: columns cut out of a text."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from bartizan.query.esql import ast
from bartizan.query.esql.dissect import dissected
from bartizan.query.esql.grok import grokked
from bartizan.query.esql.pipeline import Pipeline
from bartizan.query.esql.plan import Column
from bartizan.query.esql.printer import expression
from bartizan.query.esql.typed import Env, Mistake, Tree, Type, Typed, null, one
from bartizan.query.span import Span
from bartizan.query.sql import call, column, one_of

MAX_COLUMNS = 200
"""Most columns of one pattern."""


def dissect(command: Any, pipeline: Pipeline) -> None:
    """Add the stages of a `Dissect`."""
    separator = ""
    for name, value in command.options:
        if name != "append_separator" or not isinstance(value, ast.Literal) or not isinstance(value.value, str):
            raise pipeline.context.faults.at(value.span, f"`{name}` is no option", 'write `APPEND_SEPARATOR=","`')
        separator = value.value
    value = _text(command.item, pipeline)
    pattern = _pattern(command.pattern, pipeline)
    _put(_columns(partial(dissected, pattern, separator), value, "dissect", command.pattern.span, pipeline), pipeline)


def grok(command: Any, pipeline: Pipeline) -> None:
    """Add the stages of a `Grok`: the columns of the first pattern that finds something."""
    value = _text(command.item, pipeline)
    found = []
    for node in command.patterns:
        pattern = _pattern(node, pipeline)
        found.append(_columns(partial(grokked, pattern), value, "grok", node.span, pipeline))
    if len(found) == 1:
        _put(found[0], pipeline)
        return
    names = dict.fromkeys(own.name for columns in found for own in columns)
    _put([_first(name, found, command, pipeline) for name in names], pipeline)


def _put(columns: Sequence[Column], pipeline: Pipeline) -> None:
    pipeline.scope = pipeline.scope.put(columns)


def _text(item: ast.Expression, pipeline: Pipeline) -> tuple[Tree, str]:
    value = pipeline.expressions().value(item)
    if not value.is_text and value.type is not Type.NULL:
        hint = "convert it in an `EVAL` before: `::string`"
        raise pipeline.context.faults.at(item.span, f"a text was expected, this is {value.type}", hint)
    shown = expression(item)
    made = pipeline.define(Typed(one(value), Type.KEYWORD), shown, shown)
    return column(made.id), shown


def _pattern(node: ast.Expression, pipeline: Pipeline) -> str:
    if not isinstance(node, ast.Literal) or not isinstance(node.value, str):
        raise pipeline.context.faults.at(node.span, "a pattern is a text in quotes")
    return node.value


def _columns(
    read: Callable[[], Sequence[Any]], value: tuple[Tree, str], word: str, span: Span, pipeline: Pipeline
) -> list[Column]:
    tree, shown = value
    env = Env(pipeline.context.binder, pipeline.context.now)
    try:
        parts = [(own.name, own.build(tree.copy(), env)) for own in read()]
    except Mistake as mistake:
        raise pipeline.context.faults.at(span, mistake.message, mistake.hint) from None
    if len(parts) > MAX_COLUMNS:
        raise pipeline.context.faults.at(span, f"a pattern has at most {MAX_COLUMNS} columns")
    return [pipeline.define(typed, name, f"{word} {shown}") for name, typed in parts]


def _first(name: str, found: Sequence[Sequence[Column]], command: ast.Grok, pipeline: Pipeline) -> Column:
    """The column `name` of the first pattern that found something, none if that pattern doesn't name it."""
    own = [next((one_ for one_ in columns if one_.name == name), None) for columns in found]
    known = next(one_ for one_ in own if one_ is not None)
    if any(one_ is not None and one_.type is not known.type for one_ in own):
        message = f"the patterns make `{name}` a column of different types"
        raise pipeline.context.faults.at(command.span, message)
    many = any(one_ is not None and one_.many for one_ in own)
    nothing = null(known.type, many=many).tree
    branches: list[Tree] = []
    for columns, made in zip(found, own, strict=True):
        if columns:
            branches += [one_of([_has_value(one_) for one_ in columns]), _value(made, many, nothing)]
    return pipeline.define(Typed(call("multiIf", *branches, nothing), known.type, many), name, f"{name} of the first")


def _value(made: Column | None, many: bool, nothing: Tree) -> Tree:
    if made is None:
        return nothing.copy()
    if made.many or not many:
        return column(made.id)
    return call("arrayFilter", _not_null(), exp.array(column(made.id), dialect="clickhouse"))


def _not_null() -> Tree:
    return exp.Lambda(this=call("isNotNull", exp.column("_v")), expressions=[exp.to_identifier("_v")])


def _has_value(own: Column) -> Tree:
    return call("notEmpty" if own.many else "isNotNull", column(own.id))
