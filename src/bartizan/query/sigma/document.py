"""A rule file's YAML as plain data with the place of each key, read as the hostile input that it may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from sigma.exceptions import SigmaError
from sigma.rule.base import SigmaYAMLLoader, check_alias_expansion

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.span import Span

MAX_CHARS = 500_000
"""Longest rule file, in characters; Sigma's longest public ones have 60,000."""
MAX_DEPTH = 20
"""Deepest nesting of lists and maps."""
MAX_NODES = 10_000
"""Most values and keys of a file, each place where an alias is used counted as one."""
MAX_ALIASES = 100
"""Most uses of aliases (`*name`)."""
MAX_ALIAS_EXPANSION = 10_000
"""Most values that aliases may add to what is written ("billion laughs")."""

_MERGE_KEY = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its data, and the tree that knows where each part of it stands in `text`."""

    text: str
    data: dict[str, Any]
    node: yaml.MappingNode

    def span(self, *path: str | int) -> Span:
        """Where the key (or the list's item) at `path` stands; the nearest part above it that exists."""
        node: yaml.Node = self.node
        found = Span(0, 1)
        for step in path:
            below = child(node, step)
            if below is None:
                break
            found, node = span_of(self.text, below[0]), below[1]
        return found

    def below(self, *path: str | int) -> yaml.Node | None:
        """The tree at `path`, if there is one."""
        node: yaml.Node = self.node
        for step in path:
            below = child(node, step)
            if below is None:
                return None
            node = below[1]
        return node


def read_documents(text: str) -> tuple[Document, ...]:
    """Every document of a file. Raises `QuerySyntaxError` for what is no YAML, `QueryTooLarge` beyond the limits."""
    if len(text) > MAX_CHARS:
        raise QueryTooLarge(f"the file has more than {MAX_CHARS:,} characters", text, Span(0, 1))
    try:
        _check_size(text)
        return tuple(_documents(text))
    except yaml.YAMLError as error:
        raise QuerySyntaxError(f"no YAML: {_sentence(error)}", text, _place(text, error)) from None
    except (SigmaError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise QuerySyntaxError(f"no YAML that can be read: {error}", text, Span(0, 1)) from None


@dataclass(frozen=True, slots=True)
class PlainDocument:
    """One document of a file: its data and its own text, which begins at `line`."""

    data: dict[str, Any]
    text: str
    line: int


def plain_documents(text: str) -> tuple[PlainDocument, ...]:
    """Every document of a file, read fast and without places. Raises what `read_documents` raises."""
    if len(text) > MAX_CHARS:
        raise QueryTooLarge(f"the file has more than {MAX_CHARS:,} characters", text, Span(0, 1))
    loader = None
    try:
        _check_size(text)
        loader = yaml.CSafeLoader(text)
        return tuple(_plain(text, loader))
    except yaml.YAMLError as error:
        raise QuerySyntaxError(f"no YAML: {_sentence(error)}", text, _place(text, error)) from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise QuerySyntaxError(f"no YAML that can be read: {error}", text, Span(0, 1)) from None
    finally:
        if loader is not None:
            loader.dispose()


def _plain(text: str, loader: yaml.CSafeLoader) -> Iterator[PlainDocument]:
    while loader.check_node():
        node = loader.get_node()
        assert node is not None
        data = loader.construct_document(node)
        if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, str) for key in data):
            raise QuerySyntaxError("a rule is a map whose keys are names", text, span_of(text, node))
        start = _offset(text, node.start_mark) - int(node.start_mark.column)
        yield PlainDocument(data, text[start : _offset(text, node.end_mark)], int(node.start_mark.line) + 1)


def child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value of a map at `step`, or a list's item twice."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def span_of(text: str, node: yaml.Node) -> Span:
    """Where `node` stands."""
    return Span(_offset(text, node.start_mark), max(_offset(text, node.end_mark), _offset(text, node.start_mark) + 1))


def _documents(text: str) -> Iterator[Document]:
    loader = SigmaYAMLLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            data = loader.construct_document(node)
            check_alias_expansion(data, max_expansion=MAX_ALIAS_EXPANSION)
            if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, str) for key in data):
                raise QuerySyntaxError("a rule is a map whose keys are names", text, span_of(text, node))
            yield Document(text, data, node)
    finally:
        loader.dispose()


def _check_size(text: str) -> None:
    depth = nodes = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        _check_limits(text, event, depth, nodes, aliases)


def _check_limits(text: str, event: yaml.Event, depth: int, nodes: int, aliases: int) -> None:
    at = Span(_offset(text, event.start_mark), _offset(text, event.start_mark) + 1)
    for count, limit, what in (
        (depth, MAX_DEPTH, "lists and maps within each other"),
        (nodes, MAX_NODES, "values"),
        (aliases, MAX_ALIASES, "uses of aliases"),
    ):
        if count > limit:
            raise QueryTooLarge(f"more than {limit:,} {what}", text, at, hint="split the file")
    if isinstance(event, yaml.ScalarEvent) and (event.tag == _MERGE_KEY or (event.value == "<<" and event.implicit[0])):
        raise QuerySyntaxError("merge keys are not read", text, at, hint="write the map out")


def _offset(text: str, mark: Any) -> int:
    """YAML's mark as an offset; its `index` counts characters."""
    return min(int(mark.index), len(text))


def _place(text: str, error: yaml.YAMLError) -> Span:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    start = _offset(text, mark) if mark else 0
    return Span(start, start + 1)


def _sentence(error: yaml.YAMLError) -> str:
    parts = [getattr(error, "context", None), getattr(error, "problem", None)]
    return ", ".join(part for part in parts if part) or " ".join(str(error).split())
