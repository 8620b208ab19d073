"""What is fuzzed: each language from its text to SQL, and the translators of regular expressions; with good seeds."""

import contextlib
import functools
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import re2

from bartizan.ecs import load_registry
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.errors import QuerySyntaxError
from bartizan.query.language import FRONT_ENDS
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.lucene import lucene_to_re2
from bartizan.query.regex.pcre import pcre_to_re2
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, NOW, OWN_FIELDS

HERE = Path(__file__).parents[1]
SIGMA_HEAD = "title: case\nlogsource:\n  product: test\ndetection:\n"
_QUOTED = re.compile(r'r?"((?:[^"\\]|\\.)+)"')


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
    try:
        strict = sum(map(ord, text)) % 16 == 0
        expr = to_ir(text, name, _schema("error" if strict else "missing"), NOW)
        predicate(expr, _schema("missing"), Binder()).sql(dialect="clickhouse")
    except QuerySyntaxError as error:
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
    return Schema({"logs-all-default": COLUMNS}, registry, unknown_fields)  # type: ignore[arg-type]


def _cases(folder: str) -> list[dict[str, str]]:
    files = sorted((HERE / folder / "cases").glob("*.toml"))
    return [case for file in files for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]


def _queries(folder: str) -> Sequence[str]:
    return [case["query"] for case in _cases(folder)]


def _rules() -> Sequence[str]:
    return [SIGMA_HEAD + "".join(f"  {line}\n" for line in case["detection"].splitlines()) for case in _cases("sigma")]


def _patterns(name: str) -> Sequence[str]:
    """Every quoted text of the translator's own tests."""
    source = (HERE / "regex" / f"test_{name}.py").read_text(encoding="utf-8")
    return [found for found in _QUOTED.findall(source) if len(found) < 200]
