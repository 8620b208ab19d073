"""The queries that compare one field, and those without one, each a function from its JSON to the IR.

Source: elastic.co, "Term-level queries" and "Full text queries". An option that would change what is found is refused
unless it is understood.
"""

from collections.abc import Callable, Mapping

from bartizan.query import ir
from bartizan.query.errors import QuerySyntaxError, UnsupportedOperation
from bartizan.query.ir import Kind, Wild
from bartizan.query.lucene.lower import lucene_to_ir
from bartizan.query.lucene.values import proximity
from bartizan.query.operators import equal_or_like, match
from bartizan.query.query_dsl.context import (
    Asked,
    Context,
    check_nested,
    condition,
    find,
    flag,
    one_field,
    options,
    permitted,
    scalar,
    shorthand,
    syntax_fault,
    texts,
    word,
    written,
)
from bartizan.query.query_dsl.faults import Fault, UnknownName
from bartizan.query.query_dsl.json_tree import Member, Node, Object, Value
from bartizan.query.query_dsl.ranges import range_query
from bartizan.query.query_dsl.wildcards import fits, one_word, read_pattern
from bartizan.query.regex.lucene import lucene_to_re2

MAX_TERMS = 65_536
"""Longest list of a `terms` query; Elasticsearch's own default (`index.max_terms_count`)."""

MAX_SLOP = 100
"""Largest `slop` of a phrase."""

ID_FIELD = "event.id"
"""What `ids` compares with."""

_CASE = frozenset({"case_insensitive"})
_PATTERN = _CASE | {"rewrite"}
_MATCH = frozenset({"operator", "lenient", "zero_terms_query", "auto_generate_synonyms_phrase_query", "type", "slop"})
_OPTIONAL_OPERATORS = frozenset('~&<>@#"')

Lower = Callable[[Node, Context], ir.Expr]


def _term(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "term"), context)
    value, given = shorthand(asked.node.value, "value", _CASE, "term")
    caseless = flag(given, "case_insensitive")
    return condition(asked, value, lambda ref, own: _equal(ref, written(value), caseless or own, context))


def _equal(ref: ir.FieldRef, value: str, ignore_case: bool, context: Context) -> ir.Expr:
    if ref.kind is Kind.TEXT:
        return one_word(ref, (value,), ignore_case)
    return equal_or_like(ref, (value,) if value else (), True, context.now, ignore_case)


def _terms(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "terms"), context)
    if isinstance(asked.node.value, Object):
        hint = "write the values as a list"
        raise Fault(asked.node.value, "`terms` of another index aren't looked up", hint, UnsupportedOperation)
    values = texts(asked.node.value, MAX_TERMS, "terms")
    return ir.any_of([_one_of(asked, value, context) for value in values])


def _one_of(asked: Asked, value: Value, context: Context) -> ir.Expr:
    return condition(asked, value, lambda ref, own: _equal(ref, written(value), own, context))


def _match(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "match"), context)
    value, given = shorthand(asked.node.value, "query", _MATCH, "match")
    kind = word(given, "type", frozenset({"boolean", "phrase"}), "boolean")
    if kind == "phrase":
        return _phrase_of(asked.node, context)
    every = word(given, "operator", frozenset({"or", "and"}), "or") == "and"
    nothing = word(given, "zero_terms_query", frozenset({"none", "all"}), "none")
    return condition(asked, value, lambda ref, own: _words(ref, written(value), every, nothing, own, context))


def _words(ref: ir.FieldRef, value: str, every: bool, nothing: str, own: bool, context: Context) -> ir.Expr:
    if ref.kind is not Kind.TEXT:
        return equal_or_like(ref, (value,) if value else (), True, context.now, own)
    found = match(ref, (value,), phrase=False)
    if isinstance(found, ir.Match):
        return ir.And(tuple(ir.Match(ref, (phrase,)) for phrase in found.phrases)) if every else found
    return ir.Constant(nothing == "all")


def _match_phrase(node: Node, context: Context) -> ir.Expr:
    return _phrase_of(one_field(node, "match_phrase"), context)


def _phrase_of(field: Member, context: Context) -> ir.Expr:
    asked = find(field, context)
    known = frozenset({"slop", "zero_terms_query", "type"})
    value, given = shorthand(field.value, "query", known, "match_phrase")
    slop = _slop(given)
    nothing = word(given, "zero_terms_query", frozenset({"none", "all"}), "none")

    def build(ref: ir.FieldRef, own: bool) -> ir.Expr:
        found = proximity(ref, written(value), slop, context.now, own) if slop else _phrase(ref, value, own, context)
        return ir.Constant(nothing == "all") if ref.kind is Kind.TEXT and found == ir.Constant(False) else found

    return condition(asked, value, build)


def _phrase(ref: ir.FieldRef, value: Value, own: bool, context: Context) -> ir.Expr:
    source = written(value)
    return equal_or_like(ref, (source,) if source else (), True, context.now, own)


def _slop(given: Mapping[str, Member]) -> int:
    if "slop" not in given:
        return 0
    node = given["slop"].value
    if isinstance(node, Value) and type(node.value) is int and 0 <= node.value <= MAX_SLOP:
        return node.value
    raise Fault(node, f"`slop` is a number from 0 to {MAX_SLOP}")


def _exists(node: Node, context: Context) -> ir.Expr:
    given = options(node, frozenset({"field"}), "exists")
    if "field" not in given:
        raise Fault(node, "`exists` lacks its `field`", 'write `{"exists": {"field": "user.name"}}`')
    value = scalar(given["field"].value, "exists")
    name = written(value)
    schema = context.schema
    check_nested(value, name, context)
    if "*" in name:
        found = schema.matching(name)
    else:
        known = schema.resolve(name)
        found = schema.below(name) if known is None else (known,)
        if known is None and not schema.is_group(name):
            raise UnknownName(value, name, schema.nearest(name))
    return ir.any_of([ir.Exists(ir.FieldRef(one.name, one.kind, value.span)) for one in found])


def _wildcard(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "wildcard"), context)
    name = "wildcard" if isinstance(asked.node.value, Object) and _has(asked.node.value, "wildcard") else "value"
    value, given = shorthand(asked.node.value, name, _PATTERN, "wildcard")
    caseless, pattern = flag(given, "case_insensitive"), read_pattern(written(value))
    return condition(asked, value, lambda ref, own: fits(ref, pattern, caseless or own, context))


def _has(node: Object, name: str) -> bool:
    return any(member.name == name for member in node.members)


def _prefix(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "prefix"), context)
    value, given = shorthand(asked.node.value, "value", _PATTERN, "prefix")
    caseless, start = flag(given, "case_insensitive"), written(value)
    pattern: ir.Pattern = (start, Wild.MANY) if start else (Wild.MANY,)
    return condition(asked, value, lambda ref, own: fits(ref, pattern, caseless or own, context))


def _regexp(node: Node, context: Context) -> ir.Expr:
    asked = find(one_field(node, "regexp"), context)
    known = _PATTERN | {"flags", "max_determinized_states"}
    value, given = shorthand(asked.node.value, "value", known, "regexp")
    caseless, pattern = flag(given, "case_insensitive"), written(value)
    if "flags" in given and not _are_all(given["flags"].value) and set(pattern) & _OPTIONAL_OPERATORS:
        message = "`flags` that make some operators plain characters aren't understood"
        raise Fault(given["flags"], message, "leave it out, and escape the characters", UnsupportedOperation)
    return condition(asked, value, lambda ref, own: _regex(ref, pattern, caseless or own))


def _regex(ref: ir.FieldRef, pattern: str, ignore_case: bool) -> ir.Expr:
    return ir.Regex(ref, lucene_to_re2(pattern), ignore_case, words=ref.kind is Kind.TEXT)


def _are_all(node: Node) -> bool:
    return isinstance(node, Value) and node.value in ("ALL", "all")


def _ids(node: Node, context: Context) -> ir.Expr:
    given = options(node, frozenset({"values"}), "ids")
    if "values" not in given:
        raise Fault(node, "`ids` lacks its `values`", 'write `{"ids": {"values": ["..."]}}`')
    values = texts(given["values"].value, MAX_TERMS, "ids")
    ref = ir.FieldRef(ID_FIELD, Kind.KEYWORD)
    return ir.any_of([_equal(ref, written(value), False, context) for value in values])


def _everything(node: Node, context: Context) -> ir.Expr:
    options(node, frozenset(), "match_all")
    return ir.Constant(True)


def _nothing(node: Node, context: Context) -> ir.Expr:
    options(node, frozenset(), "match_none")
    return ir.Constant(False)


def _query_string(node: Node, context: Context) -> ir.Expr:
    known = frozenset({"query", "analyze_wildcard", "lenient", "default_operator", "default_field", "fields"})
    given = options(node, known, "query_string")
    if "query" not in given:
        raise Fault(node, "`query_string` lacks its `query`", 'write `{"query_string": {"query": "..."}}`')
    word(given, "default_operator", frozenset({"or"}), "or")
    if context.nested:
        raise Fault(node, "`query_string` within `nested` isn't understood", "use other queries", UnsupportedOperation)
    for name in ("default_field", "fields"):
        if name in given and [one.value for one in texts(given[name].value, 1, name)] != ["*"]:
            raise Fault(
                given[name], f"`{name}` is understood as `*` only", "name fields in the query", UnsupportedOperation
            )
    value = scalar(given["query"].value, "query")
    try:
        return permitted(lucene_to_ir(written(value), context.schema, context.now), value)
    except QuerySyntaxError as error:
        raise syntax_fault(value, error) from None


LEAVES: Mapping[str, Lower] = {
    "exists": _exists,
    "ids": _ids,
    "match": _match,
    "match_all": _everything,
    "match_none": _nothing,
    "match_phrase": _match_phrase,
    "prefix": _prefix,
    "query_string": _query_string,
    "range": range_query,
    "regexp": _regexp,
    "term": _term,
    "terms": _terms,
    "wildcard": _wildcard,
}
"""The queries by their names."""
