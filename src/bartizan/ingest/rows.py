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
    lower(hex(sipHash128(origin, ordinal + number))) AS `record.id`,
    `record.id` AS id,
    ordinal + number AS `record.ordinal`,
    path AS `record.path`
FROM (
    SELECT
        origin, path, meta, ordinal,
        framing = 'records'
            AND startsWith(body, '{"Records":[{"eventVersion":') AND endsWith(body, '}]}')
            AND JSONLength(body, 'Records') = countSubstrings(body, '},{"eventVersion":') + 1 AS as_aws_writes,
        multiIf(
            framing = 'lines', splitByChar('\\n', body),
            framing = 'records' AND as_aws_writes, arrayMap(
                rest -> concat('{"eventVersion":', rest, '}'),
                splitByString('},{"eventVersion":', substring(body, 29, length(body) - 31))
            ),
            framing = 'records', JSONExtractArrayRaw(body, 'Records'),
            framing = 'array', JSONExtractArrayRaw(body),
            [body]
        ) AS framed
    FROM pieces
    WHERE throwIf(
        framing IN ('records', 'array') AND empty(framed) AND NOT isValidJSON(body),
        'a document does not parse as a whole'
    ) = 0
)
ARRAY JOIN framed AS record, arrayEnumerate(framed) AS number
WHERE record NOT IN ('', '\\r')
"""

"""Records out of pieces. AWS begins each record of such a document with `eventVersion`: when there are as many places
that say so as there are records, the text is cut there, and every record is stored byte for byte. Of other documents
ClickHouse gives each record's JSON written anew."""

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
    if(mapped.`event.id` = '', mapped.`record.id`, mapped.`event.id`) AS `event.id`,
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


def load_select(mapping: Mapping, namespace: str) -> exp.Select:
    """The rows of a stream out of `PIECES`, with the parameter `{ingested: DateTime64(3, 'UTC')}`.

    Beside the mapping's columns: `event.ingested`, `event.original`, `log.file.path`, `data_stream.*`, `event.dataset`,
    `event.module`, `ecs.version`. A record that was not understood has `event.kind` `pipeline_error`.
    """
    records = intact(_parsed(_RECORDS))
    assert isinstance(records, exp.Query)
    inner = mapping.over(records)
    rows = _parsed(_LOADED)
    rows.set("from_", exp.From(this=inner.subquery("mapped", copy=False)))
    for node in list(rows.find_all(exp.Column)):
        if node.name == "timely" and not node.table:
            node.replace(exp.paren(_parsed(_TIMELY).expressions[0].this))
    rows = rows.select(_kind(mapping), *_constants(mapping.stream, namespace), copy=False)
    kept = (name for name in mapping.columns if name not in _LOADER_OWN)
    return rows.select(*(_mapped(name).as_(name, quoted=True) for name in kept), copy=False)


def whole_select(mapping: Mapping, loaded: exp.Select) -> exp.Select:
    """What `load_select` gave, taken over, with the stream's derived columns: what a reader of the table sees."""
    return _with_derived(mapping, loaded, exp.Star()) if mapping.derived else loaded


def ordered_select(mapping: Mapping, namespace: str) -> exp.Select:
    """`whole_select` in the order of the records."""
    ordinal = exp.to_identifier("record.ordinal", quoted=True)
    rows = load_select(mapping, namespace).select(_mapped("record.ordinal").as_("record.ordinal", quoted=True))
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


def _constants(stream: Stream, namespace: str) -> list[exp.Expr]:
    values = {
        "data_stream.type": stream.type,
        "data_stream.dataset": stream.dataset,
        "data_stream.namespace": namespace,
        "event.dataset": stream.dataset,
        "event.module": stream.module,
        "ecs.version": ECS_VERSION,
    }
    return [exp.Literal.string(value).as_(name, quoted=True) for name, value in values.items()]


def _mapped(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table="mapped")


def _parsed(sql: str) -> exp.Select:
    tree = parse_one(sql, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    return tree
