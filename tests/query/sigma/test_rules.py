"""What is wrong with a rule is told with its place; hostile YAML is refused; no text breaks the front-end."""

from contextlib import suppress
from textwrap import dedent, indent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.query.compile import to_ir
from bartizan.query.errors import QueryError, QuerySyntaxError
from bartizan.query.schema import Schema
from bartizan.query.sigma.rule import read_rules
from tests.query.conftest import NOW

HEAD = "title: t\nlogsource: {product: test}\n"


def rule(detection: str) -> str:
    return f"{HEAD}detection:\n{indent(dedent(detection).strip(), '  ')}\n"


WRONG = [
    ("sel:\n  user.name|containz: x\ncondition: sel", "Unknown modifier", 5),
    ("sel:\n  user.nam: x\ncondition: sel", "unknown field `user.nam`", 5),
    ("sel:\n  user.name: x\ncondition: sell", "no detection `sell`", 6),
    ("sel:\n  user.name: x\ncondition: sel and", "the condition can't be read", 6),
    ("sel:\n  user.name: x\ncondition: sel\t\tsel", "the condition can't be read", 6),
    ("sel:\n  user.name: x\ncondition: 1 of filter*", "no detection of the rule is called `filter*`", 6),
    ("sel:\n  user.name: x\ncondition: sel | count() > 5", "old aggregation syntax", 6),
    ("sel:\n  user.name: x\ncondition: " + "(" * 60 + "sel" + ")" * 60, "brackets", 6),
    ("sel:\n  user.name: x", "a rule has a `condition`", 3),
    ("sel:\n  user.name|re: '(?=a)'\ncondition: sel", "a lookahead at character 1", 5),
    ("sel:\n  user.name|re: null\ncondition: sel", "a regular expression is a text", 5),
    ("sel:\n  user.name|re: false\ncondition: sel", "a regular expression is a text", 5),
    ("sel:\n  a: 1\n  source.ip|cidr: 10.0.0.300/8\ncondition: sel", "CIDR", 6),
    ("sel:\n  source.bytes|gt: abc\ncondition: sel", "gt", 5),
    ("sel:\n  '@timestamp|hour': 3\ncondition: sel", "parts of a time", 5),
    ("sel:\n  user.name|fieldref|startswith: user.id\ncondition: sel", "only whole values", 5),
    ("sel:\n  user.name: {a: b}\ncondition: sel", "Unsupported type|can't be read", 5),
    ("sel: {}\ncondition: sel", "Detection is empty", 3),
    ("sel:\n  message|contains|windash: ' -a -b -c -d '\ncondition: sel", "windash", 5),
    ("sel:\n  user.name: '" + "a*" * 200 + "'\ncondition: sel", "too long a pattern", 5),
]


@pytest.mark.parametrize(("detection", "message", "line"), WRONG)
def test_what_is_wrong_has_a_place(detection: str, message: str, line: int, schema: Schema) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        to_ir(rule(detection), "sigma", schema, NOW)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert caught.value.line == line


def test_the_place_in_a_condition_counts_a_tab_as_one_character(schema: Schema) -> None:
    text = rule("sel:\n  user.name: x\ncondition: sel\t\tsel")
    with pytest.raises(QuerySyntaxError) as caught:
        to_ir(text, "sigma", schema, NOW)
    assert text[caught.value.span.start :].rstrip() == "sel"


HOSTILE = [
    "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{c}: &{c} [{','.join([f'*{chr(ord(c) - 1)}'] * 9)}]\n" for c in "bcdefghi"),
    "a: &a\n  b: *a\n",
    "a: &a {x: 1}\nb:\n  <<: *a\n",
    "[" * 5000,
    "- " * 3000 + "x",
    "{" + "a: {" * 200,
    "x: " + "[a," * 12_000 + "a" + "]" * 12_000,
    "a: [" + "x," * 20_000 + "]",
    "title: !!python/object/apply:os.system ['true']",
    "a" * 600_000,
    "? [a, b]\n: c\n",
    "a: 1\na: 2\n",
    "date: 2024-13-45\n",
    "- a\n- b\n",
    "\x00",
    "a: \ud800",
    "",
    "a: " + "9" * 6000,
    "%YAML 9.9\n---\na: b",
    f"{HEAD}detection: []\n",
    f"{HEAD}detection: {{sel: {{1: x}}, condition: sel}}\n",
    f"{HEAD}detection: {{sel: {{a: b}}, condition: 5}}\n",
    "title: t\nlogsource: x\ndetection: {sel: {a: b}, condition: sel}\n",
    "title: [t]\nlogsource: {product: 5}\ndetection: {sel: {a: b}, condition: sel}\n",
    "action: global\n",
    "title: f\nfilter: {rules: any}\n",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused(text: str, schema: Schema) -> None:
    with pytest.raises(QueryError):
        to_ir(text, "sigma", schema, NOW)


_NAMES = st.sampled_from(["user.name", "source.ip", "process.args", "message", "", "aws.cloudtrail"])
_MODIFIERS = st.lists(
    st.sampled_from(
        [
            "contains",
            "all",
            "re",
            "i",
            "cidr",
            "windash",
            "base64",
            "base64offset",
            "wide",
            "expand",
            "fieldref",
            "cased",
            "exists",
            "lt",
            "neq",
            "hour",
            "x",
        ]
    ),
    max_size=3,
)
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(alphabet="a*?\\%/-.0(\n", max_size=8))
_VALUES = st.recursive(_PLAIN, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below))


@settings(max_examples=150)
@given(_NAMES, _MODIFIERS, _VALUES, st.text(alphabet="sel ()notadr1f*_|", max_size=12) | st.just("sel"))
def test_no_rule_raises_anything_else(
    schema: Schema, name: str, modifiers: list[str], value: object, condition: str
) -> None:
    detection = {"sel": {"|".join([name, *modifiers]): value}, "condition": condition}
    with suppress(QueryError):
        to_ir(HEAD + yaml.safe_dump({"detection": detection}), "sigma", schema, NOW)


@settings(max_examples=150)
@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>'\"# \n?%@<", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(QueryError):
        read_rules(text)
