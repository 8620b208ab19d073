"""Records of JSON to names and values: objects become dotted names, level by level, in the engine."""

from collections.abc import Sequence
from functools import cache

from sqlglot import exp, parse_one

from bartizan.query.binder import Binder

LEVELS = 16
"""Objects within objects that become dotted names; what is deeper stays JSON, in which paths are followed."""

POSITION = "_position"
"""The column that orders records as the files have them; a field of that name is called `_position_`."""

POSITION_TYPE = "Tuple(UInt32, UInt64)"
"""The file's number among the files, the record's in the file."""

FIELDS_STRUCTURE = {
    "position": POSITION_TYPE,
    "is_text": "Bool",
    "is_object": "Bool",
    "names": "Array(LowCardinality(String))",
    "raws": "Array(String)",
}
"""A record's names and, at the same places, the JSON of their values."""

_NAME = r"""
replaceRegexpAll(
    replaceRegexpAll(substringUTF8(key, 1, 300), '[\\\\"`\\x00-\\x1f\\x7f]', '_'), '^(_position|)$', '_position_'
)
"""
"""A key as a part of a column's name: without what a quoted name can't hold. Below it is `as_name(key)`."""

_WHOLE_RECORD = """
SELECT position, is_text, isValidJSON(message) AND JSONType(message) = 'Object' AS is_object,
    if(
        is_object,
        arrayMap(
            pair -> tuple(as_name(tupleElement(pair, 1)), tupleElement(pair, 2)), JSONExtractKeysAndValuesRaw(message)
        ),
        [tuple('message', toJSONString(toValidUTF8(message)))]
    ) AS pairs
FROM source
"""
_NEXT_LEVEL = """
SELECT position, is_text, is_object, arrayFlatten(arrayMap(
    pair -> if(
        startsWith(tupleElement(pair, 2), '{') AND NOT has(kept, tupleElement(pair, 1)),
        arrayMap(
            child -> tuple(
                concat(tupleElement(pair, 1), '.', as_name(tupleElement(child, 1))), tupleElement(child, 2)
            ),
            JSONExtractKeysAndValuesRaw(tupleElement(pair, 2))
        ),
        [pair]
    ),
    pairs
)) AS pairs
FROM source
"""
_FIELDS = """
SELECT
    position, is_text, is_object,
    arrayMap(pair -> tupleElement(pair, 1), valued) AS names, arrayMap(pair -> tupleElement(pair, 2), valued) AS raws
FROM (
    SELECT
        position, is_text, is_object,
        arrayFilter(pair -> tupleElement(pair, 2) NOT IN ('null', '""', '[]', '{}'), pairs) AS valued
    FROM source
)
"""


def flattened(records: str, kept: Sequence[str], binder: Binder) -> exp.Query:
    """Rows of `FIELDS_STRUCTURE` from the table `records`; objects called as in `kept` stay whole."""
    tree = _over(_WHOLE_RECORD, exp.Table(this=exp.to_identifier(records, quoted=True)))
    whole = binder.array(kept or [""])
    for _ in range(LEVELS - 1):
        tree = _over(_NEXT_LEVEL, tree.subquery(copy=False), whole)
    return _over(_FIELDS, tree.subquery(copy=False))


def _over(sql: str, source: exp.Expr, kept: exp.Expr | None = None) -> exp.Query:
    """The source comes last: what it holds needn't be looked through again."""
    tree = _template(sql).copy()
    assert isinstance(tree, exp.Query)
    for node in list(tree.find_all(exp.Column)):
        if kept is not None and node.name == "kept":
            node.replace(kept.copy())
    for table in list(tree.find_all(exp.Table)):
        if table.name == "source":
            table.replace(source)
    return tree


@cache
def _template(sql: str) -> exp.Expr:
    tree = parse_one(sql, dialect="clickhouse")
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name == "as_name":
            node.replace(_as_name(node.expressions[0]))
    return tree


def _as_name(key: exp.Expr) -> exp.Expr:
    tree = parse_one(_NAME, dialect="clickhouse")
    for node in list(tree.find_all(exp.Column)):
        node.replace(key.copy())
    return tree
