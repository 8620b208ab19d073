"""From pieces to a stream's rows, as one SELECT tree: records, the mapping over them, and what the loader adds."""

from sqlglot import exp, parse_one

from bartizan.ecs.registry import ECS_VERSION
from bartizan.ingest.segment import intact
from bartizan.integrations.mapping import Mapping
from bartizan.integrations.stream import Stream

_RECORDS = """
SELECT
    if(endsWith(record, '\\r'), substring(record, 1, length(record) - 1), record) AS `record.message`,
    `record.message` AS message,
    meta,
    lower(hex(sipHash128(origin, ordinal + number))) AS id,
    origin AS `record.origin`,
    ordinal + number AS `record.ordinal`,
    path AS `record.path`
FROM (
    SELECT
        toLowCardinality(origin) AS origin, toLowCardinality(path) AS path, meta, ordinal,
        if(framing != 'joined', [], arrayMap(
            rest -> concat('{"eventVersion":', rest, '}'),
            splitByString('},{"eventVersion":', substring(body, 29, length(body) - 31))
        )) AS parts,
        multiIf(
            framing = 'lines', splitByChar('\\n', body),
            framing = 'joined' AND arrayAll(part -> isValidJSON(part), parts), parts,
            framing IN ('records', 'joined'), JSONExtractArrayRaw(body, 'Records'),
            framing = 'array', JSONExtractArrayRaw(body),
            [body]
        ) AS framed
    FROM pieces
    WHERE throwIf(
        framing IN ('records', 'joined', 'array') AND empty(framed) AND NOT isValidJSON(body),
        'a document does not parse as a whole'
    ) = 0
)
ARRAY JOIN framed AS record, arrayEnumerate(framed) AS number
WHERE record NOT IN ('', '\\r')
"""

"""Records out of pieces. AWS begins each record of a CloudTrail document with `eventVersion`: the text is cut there,
and when each part is JSON by itself, every record is stored byte for byte. Of other documents ClickHouse gives each
record's JSON written anew."""

_QUICK = """
SELECT
    record AS `record.message`,
    record AS message,
    meta,
    lower(hex(sipHash128(origin, ordinal + number))) AS id,
    origin AS `record.origin`,
    ordinal + number AS `record.ordinal`,
    path AS `record.path`
FROM (
    SELECT
        toLowCardinality(origin) AS origin, toLowCardinality(path) AS path, meta, ordinal,
        arrayMap(
            rest -> concat(if(is_joined, '{"eventVersion":', ''), rest, if(is_joined, '}', '')),
            splitByString(
                '},{"eventVersion":', substring(body, if(is_joined, 29, 1), length(body) - if(is_joined, 31, 0))
            )
        ) AS framed
    FROM (
        SELECT *, framing = 'joined' AS is_joined FROM pieces
        WHERE throwIf(framing NOT IN ('joined', 'whole'), 'a piece of another framing') = 0
    )
)
ARRAY JOIN framed AS record, arrayEnumerate(framed) AS number
"""
"""The same for joined documents and single records, cut without a look at the document as a whole: a third of the time.
A wrong place leaves two halves that are no JSON, so the statement is refused when a record is not understood
(`_REFUSED`)."""

_REFUSED = "throwIf(mapped.`error.message` != '', 'a record was not understood')"

_LOADED = """
SELECT
    if(timely, assumeNotNull(mapped.`@timestamp`), {ingested: DateTime64(3, 'UTC')}) AS `@timestamp`,
    {ingested: DateTime64(3, 'UTC')} AS `event.ingested`,
    multiIf(
        mapped.`error.message` != '',
        concat('record ', toString(mapped.`record.ordinal`), ': ', mapped.`error.message`),
        NOT timely, concat(
            'record ', toString(mapped.`record.ordinal`), ': ',
            if(
                mapped.`@timestamp` IS NULL, 'no readable time',
                concat('implausible time ', toString(mapped.`@timestamp`))
            ),
            ', the time of ingest stands in'
        ),
        ''
    ) AS `error.message`,
    if(
        mapped.`event.id` = '',
        lower(hex(sipHash128(mapped.`record.origin`, mapped.`record.ordinal`))), mapped.`event.id`
    ) AS `event.id`,
    mapped.`record.message` AS `event.original`,
    mapped.`record.path` AS `log.file.path`
FROM (SELECT 1) AS mapped
"""

_TIMELY = """
SELECT ifNull(
    mapped.`@timestamp` >= toDateTime64('2000-01-01 00:00:00', 3, 'UTC')
    AND mapped.`@timestamp` <= {ingested: DateTime64(3, 'UTC')} + toIntervalDay(2), 0
) AS timely
"""
"""A time before AWS was, or more than two days ahead, is a broken clock's; the raw record keeps what it said."""

_LOADER_OWN = ("@timestamp", "error.message", "event.kind", "event.id")


def records_select() -> exp.Query:
    """The records of `PIECES` as they are: `message`, `record.origin`, `record.ordinal`, `record.path`."""
    records = intact(_parsed(_RECORDS))
    assert isinstance(records, exp.Query)
    return records


def load_select(mapping: Mapping) -> exp.Select:
    """The rows of a stream out of `PIECES`, with the parameters `{ingested: DateTime64(3, 'UTC')}` and
    `{namespace: String}`, the stream's.

    Beside the mapping's columns: `event.ingested`, `event.original`, `log.file.path`, `data_stream.*`, `event.dataset`,
    `event.module`, `ecs.version`. A record that was not understood has `event.kind` `pipeline_error`.
    """
    return _load_select(mapping, _RECORDS)


def quick_select(mapping: Mapping) -> exp.Select:
    """`load_select` for a segment of `QUICK_FRAMINGS` alone: the engine refuses it when a record is not understood, and
    `load_select` then tells why."""
    rows = _load_select(mapping, _QUICK)
    message = next(column for column in rows.expressions if column.alias == "error.message")
    # Not a WHERE: that alone, over all the columns, is a quarter of the statement's analysis.
    message.set("this", _understood(message.this))
    return rows


def _understood(message: exp.Expr) -> exp.Expr:
    refused = parse_one(_REFUSED, dialect="clickhouse")
    return exp.func("if", refused, exp.Literal.string(""), message.copy(), dialect="clickhouse")


def _load_select(mapping: Mapping, records_sql: str) -> exp.Select:
    records = intact(_parsed(records_sql))
    assert isinstance(records, exp.Query)
    inner = mapping.over(records)
    rows = _parsed(_LOADED)
    rows.set("from_", exp.From(this=inner.subquery("mapped", copy=False)))
    for node in list(rows.find_all(exp.Column)):
        if node.name == "timely" and not node.table:
            node.replace(exp.paren(_parsed(_TIMELY).expressions[0].this))
    rows = rows.select(_kind(mapping), *_constants(mapping.stream), copy=False)
    kept = (name for name in mapping.columns if name not in _LOADER_OWN)
    return rows.select(*(_mapped(name).as_(name, quoted=True) for name in kept), copy=False)


def whole_select(mapping: Mapping, loaded: exp.Select) -> exp.Select:
    """What `load_select` gave, taken over, with the stream's derived columns: what a reader of the table sees."""
    return _with_derived(mapping, loaded, exp.Star()) if mapping.derived else loaded


def ordered_select(mapping: Mapping) -> exp.Select:
    """`whole_select` in the order of the records."""
    ordinal = exp.to_identifier("record.ordinal", quoted=True)
    rows = load_select(mapping).select(_mapped("record.ordinal").as_("record.ordinal", quoted=True))
    everything = exp.Star(except_=[ordinal])
    return _with_derived(mapping, rows, everything).order_by(exp.column(ordinal.copy()), copy=False)


def _with_derived(mapping: Mapping, loaded: exp.Select, stored: exp.Star) -> exp.Select:
    derived = (column.copy() for column in mapping.derived)
    return exp.select(stored, *derived).from_(loaded.subquery("loaded", copy=False), copy=False)


def _kind(mapping: Mapping) -> exp.Expr:
    kind: exp.Expr = _mapped("event.kind") if "event.kind" in mapping.columns else exp.Literal.string("event")
    failed = exp.NEQ(this=_mapped("error.message"), expression=exp.Literal.string(""))
    return exp.func("if", failed, exp.Literal.string("pipeline_error"), kind, dialect="clickhouse").as_(
        "event.kind", quoted=True
    )


def _constants(stream: Stream) -> list[exp.Expr]:
    literal = exp.Literal.string
    values: dict[str, exp.Expr] = {
        "data_stream.type": literal(stream.type),
        "data_stream.dataset": literal(stream.dataset),
        "data_stream.namespace": exp.Placeholder(this="namespace", kind="String"),
        "event.dataset": literal(stream.dataset),
        "event.module": literal(stream.module),
        "ecs.version": literal(ECS_VERSION),
    }
    return [value.as_(name, quoted=True) for name, value in values.items()]


def _mapped(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table="mapped")


def _parsed(sql: str) -> exp.Select:
    tree = parse_one(sql, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    return tree
