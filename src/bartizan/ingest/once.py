"""Inserts that are looked up before and after: the engine's memory of a batch may survive a crash without its rows."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.inserts import insert_once
from bartizan.engine.statements import Prepared, fixed
from bartizan.ingest.segment import as_local_file
from bartizan.ingest.spool import Segment

ATTEMPTS = 3
"""Tokens tried for one batch: each crash between a token and its rows costs one."""


def insert_checked(
    engine: Engine,
    insert: Prepared,
    segment: Segment,
    parameters: Mapping[str, Value],
    present: str,
    file: Path | None = None,
) -> None:
    """Insert a segment's rows (out of `file`, where that is another) unless they are there: `present` is a SELECT that
    counts them, over the same parameters. Of a new segment nothing can be there, and its token is its own.

    The engine writes a batch's token down before the batch's part gets its name (ClickHouse, MergeTreeSink.cpp): killed
    between the two, it takes the repeated batch for stored. So what counts are the rows; a token without rows is spent.
    On a cluster a batch may be there on some shards only, and the token alone tells.
    """
    rows_of = as_local_file(file or segment.file)
    if segment.is_new:
        insert_once(engine, insert, rows_of, segment.token, parameters)
        return
    is_stored = partial(_is_stored, engine, fixed(present), parameters)
    if engine.cluster is None and is_stored():
        return
    for attempt in range(ATTEMPTS):
        token = f"{segment.token}-{attempt}" if attempt else segment.token
        insert_once(engine, insert, rows_of, token, parameters)
        if is_stored():
            return


def _is_stored(engine: Engine, present: Prepared, parameters: Mapping[str, Value]) -> bool:
    return any(count for row in rows(engine, present, parameters) for count in row.values())
