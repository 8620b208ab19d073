"""Random trees of the IR, evaluated by ClickHouse and by the reference evaluator, find the same events."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate
from bartizan.query.explain import explain
from bartizan.query.ir import Kind
from bartizan.query.passes import run_passes
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, DATABASE, HERE, Ask
from tests.query.reference import holds, load

EVENTS = dict(load(HERE / "events.ndjson", COLUMNS))
BATCH = 100
"""Trees of one statement."""

KINDS = {
    Kind.KEYWORD: (
        *("event.action", "event.provider", "event.category", "event.type", "tags", "user.name", "url.path"),
        *("process.name", "process.args", "process.executable", "process.command_line"),
    ),
    Kind.NUMBER: ("event.severity", "source.bytes", "destination.port", "process.exit_code", "host.uptime"),
    Kind.IP: ("source.ip", "destination.ip", "related.ip"),
    Kind.DATE: ("@timestamp",),
    Kind.BOOLEAN: ("entity.attributes.mfa_enabled",),
}
TEXT_FIELDS = ("message", "error.message")
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def values_of(kind: Kind) -> st.SearchStrategy[ir.Scalar]:
    found = [value for event in EVENTS.values() for name in KINDS[kind] for value in event[name]]
    if kind is Kind.NUMBER:
        return st.sampled_from(found) | st.integers(-3, 500)
    return st.sampled_from(found)


def field(kind: Kind) -> st.SearchStrategy[ir.FieldRef]:
    return st.sampled_from(KINDS[kind]).map(lambda name: ir.FieldRef(name, kind))


@st.composite
def patterns(draw: st.DrawFn) -> ir.Pattern:
    """A value with some of its parts made wild."""
    text = str(draw(values_of(Kind.KEYWORD)))
    cut = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2)))
    parts: list[str | ir.Wild] = []
    for part in (text[: cut[0]], draw(st.sampled_from(ir.Wild)), text[cut[1] :]):
        if part != "":
            parts.append(part)
    return tuple(parts)


@st.composite
def ranges(draw: st.DrawFn) -> ir.Expr:
    kind = draw(st.sampled_from([Kind.KEYWORD, Kind.NUMBER, Kind.IP, Kind.DATE]))
    ends = st.none() | st.builds(ir.Bound, values_of(kind), st.booleans())
    low, high = draw(ends), draw(ends)
    return ir.Range(draw(field(kind)), low, high) if low or high else ir.Exists(draw(field(kind)))


def equalities(kind: Kind) -> st.SearchStrategy[ir.Expr]:
    caseless = st.booleans() if kind is Kind.KEYWORD else st.just(False)
    many = st.lists(values_of(kind), min_size=1, max_size=4).map(tuple)
    return st.builds(ir.Equals, field(kind), values_of(kind), caseless) | st.builds(ir.In, field(kind), many, caseless)


WORDS = st.sampled_from(["console", "ALICE", "without", "mfa", "json", "byte", "17", "done", "it", "日本語"])
PHRASES = st.lists(WORDS.map(lambda word: (word,)), min_size=1, max_size=3).map(tuple)
TEXTS = st.sampled_from(TEXT_FIELDS).map(lambda name: ir.FieldRef(name, Kind.TEXT))
NETWORKS = st.builds(
    lambda address, bits: ir.IPv6Network((address, bits), strict=False), values_of(Kind.IP), st.integers(0, 128)
)
NUMBERS = st.deferred(
    lambda: (
        st.integers(-5, 500).map(ir.Literal)
        | field(Kind.NUMBER)
        | st.builds(lambda text: ir.Call("length", (text,)), STRINGS)
        | st.builds(lambda name, *both: ir.Call(name, both), ARITHMETIC, SMALL, SMALL)
        | st.builds(lambda *texts: ir.Call("index_of", texts), STRINGS, SHORT)
    )
)
ARITHMETIC = st.sampled_from(["add", "subtract", "multiply", "divide", "modulo"])
SMALL = st.integers(-5, 50).map(ir.Literal) | st.sampled_from(
    [ir.FieldRef("destination.port", Kind.NUMBER), ir.FieldRef("event.severity", Kind.NUMBER)]
)
SHORT = st.sampled_from(["a", "e", "exe", "A", "", ".", "日"]).map(ir.Literal)
STRINGS = st.deferred(
    lambda: (
        field(Kind.KEYWORD)
        | SHORT
        | st.builds(lambda text: ir.Call("lower", (text,)), field(Kind.KEYWORD))
        | st.builds(lambda *texts: ir.Call("concat", texts), field(Kind.KEYWORD), SHORT)
        | st.builds(lambda text, *ends: ir.Call("substring", (text, *ends)), field(Kind.KEYWORD), PLACES)
        | st.builds(lambda text, *ends: ir.Call("substring", (text, *ends)), field(Kind.KEYWORD), PLACES, PLACES)
        | st.builds(lambda *texts: ir.Call("between", texts), field(Kind.KEYWORD), SHORT, SHORT)
    )
)
PLACES = st.integers(-4, 8).map(ir.Literal)
TESTS = st.builds(
    lambda name, ignore_case, *texts: ir.Compare("=", ir.Call(name, texts, ignore_case), ir.Literal(True)),
    st.sampled_from(["starts_with", "ends_with", "contains"]),
    st.booleans(),
    STRINGS,
    SHORT | field(Kind.KEYWORD),
)
LEAVES = (
    st.sampled_from(list(KINDS)).flatmap(equalities)
    | st.sampled_from(list(KINDS)).flatmap(field).map(ir.Exists)
    | st.builds(ir.Wildcard, field(Kind.KEYWORD), patterns(), st.booleans())
    | ranges()
    | st.builds(ir.CidrMatch, field(Kind.IP), NETWORKS)
    | st.builds(ir.Match, TEXTS, st.lists(PHRASES, min_size=1, max_size=2).map(tuple))
    | st.builds(ir.Compare, OPERATORS, NUMBERS, NUMBERS)
    | st.builds(ir.Compare, OPERATORS, STRINGS, STRINGS)
    | TESTS
    | st.booleans().map(ir.Constant)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        .map(tuple)
        .flatmap(lambda items: st.sampled_from([ir.And(items), ir.Or(items)]))
        | inner.map(ir.Not)
    ),
    max_leaves=8,
)


class Batch(tuple[ir.Expr, ...]):
    """Trees that are not printed: the message of a failure shows the one that matters."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self)} trees"


def batches(size: int) -> st.SearchStrategy[Batch]:
    return st.lists(TREES, min_size=size, max_size=size).map(Batch)


def found_by_engine(trees: Batch, schema: Schema, ask: Ask) -> list[set[str]]:
    """The ids that each tree finds, all in one statement."""
    binder = Binder()
    shown = [
        exp.Alias(this=predicate(run_passes(tree, schema), schema, binder), alias=exp.to_identifier(f"t{number}"))
        for number, tree in enumerate(trees)
    ]
    table = exp.table_(exp.to_identifier("logs-all-default", quoted=True), db=exp.to_identifier(DATABASE, quoted=True))
    rows = ask(exp.select(exp.column("event.id", quoted=True), *shown).from_(table), binder.params)
    return [{row["event.id"] for row in rows if row[f"t{number}"]} for number in range(len(trees))]


def check(trees: Batch, schema: Schema, ask: Ask) -> None:
    for tree, found in zip(trees, found_by_engine(trees, schema, ask), strict=True):
        expected = {name for name, event in EVENTS.items() if holds(tree, event)}
        if found != expected:
            pytest.fail(f"{explain(tree)}: ClickHouse finds {sorted(found)}, the reference {sorted(expected)}")


# No shrinking: an example holds many trees, and the message shows the one that fails.
WITHOUT_HURRY = settings(
    deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=(Phase.explicit, Phase.generate)
)


@settings(WITHOUT_HURRY, max_examples=2)
@given(trees=batches(BATCH // 2))
def test_random_trees(trees: Batch, schema: Schema, ask: Ask) -> None:
    check(trees, schema, ask)


@pytest.mark.slow
@settings(WITHOUT_HURRY, max_examples=100)
@given(trees=batches(BATCH))
def test_ten_thousand_random_trees(trees: Batch, schema: Schema, ask: Ask) -> None:
    check(trees, schema, ask)
