"""What is fuzzed: each language from its text to SQL, and the translators of regular expressions; with good seeds."""

import ast
import contextlib
import functools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import re2

from bartizan.ecs import load_registry
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_wanted
from bartizan.query.errors import NoStreams, QuerySyntaxError
from bartizan.query.language import FRONT_ENDS, language_of
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.lucene import lucene_to_re2
from bartizan.query.regex.pcre import pcre_to_re2
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import COLUMNS, NOW, OWN_FIELDS

HERE = Path(__file__).parents[1]
SIGMA_HEAD = "title: case\nlogsource:\n  product: test\ndetection:\n"
COLUMNS_OF_EACH_KIND = (
    *("@timestamp", "event.id", "event.action", "event.category", "event.severity", "event.risk_score", "message"),
    *("user.name", "source.ip", "related.ip", "source.bytes", "entity.attributes.mfa_enabled", "process.name"),
    *("dns.answers", "aws.cloudtrail.flattened.request_parameters"),
)
"""Few, so that a value without a field is soon compared with all of them."""

_STEP = re.compile(r"\[([A-Z])\]")


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: `run` reads a text, and raises what it shouldn't, `WrongError` for an error without a place."""

    run: Callable[[str], None]
    seeds: Callable[[], Sequence[str]]


class WrongError(AssertionError):
    """An error that doesn't say where in the text it is."""


def targets() -> Mapping[str, Target]:
    """What there is to fuzz, by name."""
    found = {
        name: Target(functools.partial(_language, name), functools.partial(_queries, folder))
        for name, folder in FRONT_ENDS.items()
        if name != "kuery" and folder != "sigma"
    }
    found["sigma"] = Target(functools.partial(_language, "sigma"), _rules)
    found["lucene regex"] = Target(functools.partial(_regex, lucene_to_re2), functools.partial(_patterns, "lucene"))
    found["pcre"] = Target(functools.partial(_regex, pcre_to_re2), functools.partial(_patterns, "pcre"))
    return found


def _language(name: str, text: str) -> None:
    """For one text in sixteen unknown names are errors, as for people; the search for the nearest name takes long."""
    schema = _schema("error" if sum(map(ord, text)) % 16 == 0 else "missing")
    try:
        if language_of(name).table is not None:
            _table(name, text, schema)
        else:
            _condition(name, text, schema)
    except QuerySyntaxError as error:
        _check_place(error, text)


def _table(name: str, text: str, schema: Schema) -> None:
    table = language_of(name).table
    assert table is not None
    with contextlib.suppress(NoStreams):
        table(text, schema, NOW, Reading()).tree.sql(dialect="clickhouse")


def _condition(name: str, text: str, schema: Schema) -> None:
    what = to_wanted(text, name, schema, NOW).what
    if not isinstance(what, ir.Sequence | ir.Sample):
        predicate(what, _schema("missing"), Binder()).sql(dialect="clickhouse")


def _check_place(error: QuerySyntaxError, text: str) -> None:
    if not (1 <= error.line <= text.count("\n") + 1 and error.column >= 1 and 0 <= error.span.start <= len(text)):
        raise WrongError(f"{error.span} lies outside the text") from error
    if not all(line.isprintable() for line in str(error).split("\n")):
        raise WrongError("the message has control characters") from error


def _regex(translate: Callable[[str], str], pattern: str) -> None:
    with contextlib.suppress(UnfitValue):
        re2.compile(translate(pattern), _options())


@functools.cache
def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


@functools.cache
def _schema(unknown_fields: str) -> Schema:
    registry = load_registry().with_fields(OWN_FIELDS)
    columns = {name: COLUMNS[name] for name in COLUMNS_OF_EACH_KIND}
    return Schema({"logs-all-default": columns}, registry, unknown_fields)  # type: ignore[arg-type]


def _cases(folder: str) -> list[dict[str, str]]:
    files = sorted((HERE / folder / "cases").glob("*.toml"))
    return [case for file in files for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]


def _queries(folder: str) -> Sequence[str]:
    found = [case["query"] for case in _cases(folder)]
    if folder == "eql":
        found += [_STEP.sub(r'[any where event.action == "\1"]', case["query"]) for case in _cases("sequence")]
    if folder == "esql":
        questions = tomllib.loads((HERE / "equal_questions.toml").read_text(encoding="utf-8"))["question"]
        found += [f"FROM logs-* | WHERE {question['esql']}" for question in questions]
        found += [text for text in _texts("esql/test_parser.py") if text.startswith(("FROM ", "ROW ", "SHOW "))]
    return found


def _texts(file: str) -> Iterator[str]:
    """Every text that stands in a file of tests."""
    for node in ast.walk(ast.parse((HERE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _rules() -> Sequence[str]:
    return [SIGMA_HEAD + "".join(f"  {line}\n" for line in case["detection"].splitlines()) for case in _cases("sigma")]


def _patterns(name: str) -> Sequence[str]:
    """Every short text of the translator's own tests."""
    return [text for text in _texts(f"regex/test_{name}.py") if 0 < len(text) < 200]
