"""EQL's parser: sequences and samples, what it refuses and where, and that no text makes it do anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.query.compile import to_ir, to_wanted
from bartizan.query.eql.ast import Field, Literal, Sample, Sequence
from bartizan.query.eql.parser import parse
from bartizan.query.eql.printer import to_eql
from bartizan.query.errors import InvalidValue, QuerySyntaxError, QueryTooLarge, UnknownField, UnsupportedOperation
from bartizan.query.limits import MAX_LOGIC_DEPTH
from bartizan.query.schema import Schema
from tests.query.conftest import NOW

SEQUENCES = {
    "two steps": "sequence [process where true] [file where true]",
    "shared key": "sequence by host.id [process where true] [file where true]",
    "keys of each step": "sequence [process where true] by user.name, host.id [file where true] by file.owner, host.id",
    "an optional key": "sequence by host.id, ?user.name [process where true] [file where true]",
    "maxspan": "sequence by host.id with maxspan=5m [process where true] [file where true]",
    "maxspan before by": "sequence with maxspan=500ms by host.id [process where true] [file where true]",
    "runs": "sequence by host.id [process where true] with runs=10 [file where true]",
    "by and runs": "sequence [process where true] by host.id with runs=3 [file where true] by host.id",
    "until": "sequence by host.id [process where true] [file where true] until [process where true]",
    "until by": "sequence [process where true] by a [file where true] by b until [process where true] by c",
    "missing": "sequence with maxspan=1h [process where true] ![file where true]",
    "one step": "sequence with maxspan=1h [process where true] with runs=5",
    "pipes": "sequence [process where true] [file where true] | head 5 | tail 2",
    "sample": "sample by host.id [process where true] [file where true]",
    "sample by each": "sample [process where true] by host.id [file where true] by host.name",
}


@pytest.mark.parametrize("text", SEQUENCES.values(), ids=SEQUENCES)
def test_sequences_print_and_parse_to_the_same(text: str) -> None:
    tree = parse(text)
    assert isinstance(tree.body, Sequence | Sample)
    assert parse(to_eql(tree)) == tree


def test_the_parts_of_a_sequence() -> None:
    text = """
    sequence by host.id, ?user.name with maxspan = 1.5 h // a comment
      [process where process.name == "a"] by process.entity_id with runs=3
      ![file where true] by file.entity_id
    until [network where true] by network.entity_id
    | head 7"""
    query = parse(text)
    assert isinstance(query.body, Sequence)
    first, second = query.body.steps
    assert query.body.keys == (Field("host.id"), Field("user.name", optional=True))
    assert query.body.maxspan_ms == 5_400_000
    assert (first.keys, first.runs, first.is_missing) == ((Field("process.entity_id"),), 3, False)
    assert (second.is_missing, second.event.condition) == (True, Literal(True))
    assert query.body.until is not None
    assert query.body.until.keys == (Field("network.entity_id"),)
    assert [(pipe.name, pipe.count) for pipe in query.pipes] == [("head", 7)]


SPANS = {"30s": 30_000, "1m": 60_000, "2h": 7_200_000, "1d": 86_400_000, "1.5h": 5_400_000}


@pytest.mark.parametrize("span, milliseconds", SPANS.items())
def test_time_spans(span: str, milliseconds: int) -> None:
    body = parse(f"sequence with maxspan={span} [any where true] [any where true]").body
    assert isinstance(body, Sequence)
    assert body.maxspan_ms == milliseconds


REFUSED = {
    "nothing": ("", "the query ends where an event category"),
    "no condition": ("process where", "the query ends where a field or a value was expected"),
    "no category": ("where true", "`true` stands where"),
    "one equals sign": ('process where user.name = "x"', "compare with `==`"),
    "single quotes": ("process where user.name == 'x'", "double quotes"),
    "an open string": ('process where user.name == "x', "never closed"),
    "an open raw string": ('process where user.name == """x', "stands where"),
    "an escape there is none of": (r'process where user.name == "\q"', "is no escape"),
    "half a character": (r'process where user.name == "\u{d800}"', "is no escape"),
    "beyond the last character": (r'process where user.name == "\u{110000}"', "is no escape"),
    "a question mark string": ('process where user.name == ?"x"', "raw strings are in triple quotes"),
    "an array's place": ('process where process.args[0] == "x"', "no places in arrays"),
    "an open bracket": ("process where (true", "`)`"),
    "a bracket too many": ("process where true)", "there is no `(` for it"),
    "an empty list": ("process where user.name in ()", "a field or a value was expected"),
    "a chain": ("any where 1 < 2 < 3", "`<` stands where"),
    "an unknown pipe": ("process where true | sort x", "stands where"),
    "a pipe of old": ("process where true | unique 3", "there is no pipe `unique`"),
    "too long a span": (f"sequence with maxspan={'1' * 330}h [any where true] [any where true]", "a hundred years"),
    "no such unit": ("sequence with maxspan=5y [any where true] [any where true]", "no time span"),
    "no unit": ("sequence with maxspan=5 [any where true] [any where true]", "did you mean `5s`"),
    "no span at all": ("sequence with maxspan=0s [any where true] [any where true]", "longer than nothing"),
    "no runs": ("sequence [any where true] with runs=0", "from 1 to 100"),
    "too many runs": ("sequence [any where true] with runs=101", "from 1 to 100"),
    "too many events": ("sequence " + "[any where true] with runs=100 " * 3, "256 events"),
    "missing without a span": ("sequence [any where true] ![any where true]", "needs `with maxspan`"),
    "nothing but missing": ("sequence with maxspan=1s ![any where true] ![any where true]", "all events"),
    "missing with runs": ("sequence with maxspan=1s [any where true] ![any where true] with runs=2", "no `with runs`"),
    "one event": ("sequence [any where true]", "at least two events"),
    "one event of a sample": ("sample by host.id [any where true]", "at least two events"),
    "other keys": ("sequence [any where true] by a [any where true]", "`by`"),
    "other keys of until": ("sequence by x [any where true] [any where true] until [any where true] by a", "`by`"),
    "a sample with an end": ("sample by a [any where true] [any where true] until [any where true]", "use `sequence`"),
    "a sample with a span": ("sample with maxspan=1s [any where true] [any where true]", "use `sequence`"),
    "a sample without keys": ("sample [any where true] [any where true]", "needs join keys"),
    "a sample with runs": ("sample by host.id [any where true] with runs=2", "neither missing events nor runs"),
    "a huge number": ("any where source.bytes == " + "9" * 40, "at most 18 digits"),
    "an endless number": ("any where source.bytes == 1e999", "too large"),
    "a NUL byte": ("any where \0 == 1", "stands where"),
    "a right-to-left mark": ("any where \u200fuser.name == 1", "stands where"),
    "SQL": ("any where user.name == 1; DROP TABLE x", "`;` stands where"),
    "a typed placeholder": ("any where {p0:String}", "`{` stands where"),
    "a backtick": ("any where `user.name == 1", "stands where"),
}


@pytest.mark.parametrize("text, message", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert refused.value.line >= 1
    assert "^" in refused.value.caret


UNFIT = {
    "an unknown field": ('any where user.nmae == "x"', UnknownField, "did you mean `user.name`"),
    "an unknown function": ("any where lenght(user.name) > 1", InvalidValue, "did you mean `length`"),
    "a function of old": ('any where arrayContains(user.name, "x")', InvalidValue, "there is no function"),
    "too few arguments": ("any where length() > 1", InvalidValue, "takes 1 arguments, got 0"),
    "too many": ('any where endsWith(user.name, "a", "b")', InvalidValue, "takes 2 arguments, got 3"),
    "no form without case": ("any where length~(user.name) > 1", InvalidValue, "has no form that ignores case"),
    "a number for a text": ("any where length(source.bytes) > 1", InvalidValue, "is a text, not a number"),
    "a text for a number": ("any where add(user.name, 1) > 1", InvalidValue, "is a number, not a text"),
    "no network": ('any where cidrMatch(source.ip, "x")', InvalidValue, "takes networks"),
    "a field as a network": ("any where cidrMatch(source.ip, user.name)", InvalidValue, "must be a constant"),
    "text and number": ("any where user.name == source.bytes", InvalidValue, "can't be compared"),
    "length and text": ('any where length(user.name) == "x"', InvalidValue, "can't be compared"),
    "no number": ('any where source.bytes == "x"', InvalidValue, "no number"),
    "no address": ('any where source.ip == "x"', InvalidValue, "no IP address"),
    "no date": ('any where @timestamp > "soon"', InvalidValue, "no date"),
    "no boolean": ('any where entity.attributes.mfa_enabled == "maybe"', InvalidValue, "no boolean"),
    "a value alone": ("any where 5", InvalidValue, "a condition was expected"),
    "a sum alone": ("any where source.bytes + 1", InvalidValue, "a condition was expected"),
    "a text function alone": ("any where concat(user.name)", InvalidValue, "gives no condition"),
    "a condition as a value": ("any where (user.name == null) == true", InvalidValue, "a value was expected"),
    "a field in a list": ("any where user.name in (event.action)", InvalidValue, "a list holds constants"),
    "wildcards on addresses": ('any where source.ip : "10.*"', UnsupportedOperation, "fit no pattern"),
    "a pattern on a number": ('any where length(user.name) : "1*"', InvalidValue, "a pattern fits text"),
    "a regex of a number": ("any where user.name regex 5", InvalidValue, "a regular expression is a text"),
    "a sequence": ("sequence [any where true] [any where true]", UnsupportedOperation, "a condition on one event"),
    "a pipe": ("any where true | head 5", UnsupportedOperation, "has no place"),
}


@pytest.mark.parametrize("text, kind, message", UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_the_fields(schema: Schema, text: str, kind: type[QuerySyntaxError], message: str) -> None:
    with pytest.raises(kind) as refused:
        to_ir(text, "eql", schema, NOW)
    assert message in str(refused.value)


UNFIT_SEQUENCES = {
    "an unknown key": (
        "sequence by user.nmae [any where true] [any where true]",
        UnknownField,
        "did you mean `user.name`",
    ),
    "an object as a key": (
        "sequence by aws.cloudtrail.flattened.request_parameters [any where true] [any where true]",
        UnsupportedOperation,
        "can't be joined by",
    ),
    "a step that does not fit": (
        'sequence [any where true] [any where source.ip == "x"]',
        InvalidValue,
        "no IP address",
    ),
    "until that does not fit": (
        'sequence [any where true] [any where true] until [any where source.ip == "x"]',
        InvalidValue,
        "no IP address",
    ),
}


@pytest.mark.parametrize("text, kind, message", UNFIT_SEQUENCES.values(), ids=UNFIT_SEQUENCES)
def test_sequences_that_do_not_fit(schema: Schema, text: str, kind: type[QuerySyntaxError], message: str) -> None:
    with pytest.raises(kind) as refused:
        to_wanted(text, "eql", schema, NOW)
    assert message in str(refused.value)
    assert "^" in refused.value.caret


def test_bounds() -> None:
    assert parse("any where " + " or ".join(["user.name == 1"] * 3_000))
    assert parse("any where user.name in (" + ", ".join(f'"{n}"' for n in range(5_000)) + ")")
    for deep in ("(" * 100_000 + "true", "any where " + "(" * 300 + "true" + ")" * 300):
        with pytest.raises(QueryTooLarge):
            parse(deep)
    with pytest.raises(QueryTooLarge, match="deeper than"):
        parse("any where " + "not " * (MAX_LOGIC_DEPTH + 1) + "true")
    with pytest.raises(QueryTooLarge, match="at most 1000000 are read"):
        parse("any where user.name == " + '"' + "x" * 1_000_000 + '"')


SOURCE = r"""process any where and or not in in~ like regex~ sequence sample by with maxspan runs until
= == != : < ( ) [ ] ![ , | head 5 5m 1.5 - * % null true user.name ?user.id `a.b` "x*" "" "\u{41}" "a\q" length ~ //"""
WORDS = st.sampled_from(SOURCE.split())


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60))
def test_any_text_parses_or_is_refused_in_its_place(text: str) -> None:
    try:
        tree = parse(text)
    except QuerySyntaxError as error:
        assert error.line >= 1
    else:
        assert parse(to_eql(tree)) == tree
