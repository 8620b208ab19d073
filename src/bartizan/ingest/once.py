"""Inserts that are looked up before and after: the engine's memory of a batch may survive a crash without its rows."""

from collections.abc import Mapping
from functools import partial

from sqlglot import exp, parse_one

from bartizan.engine.base import Engine, LocalFile, Value, rows
from bartizan.engine.inserts import insert_once
from bartizan.engine.statements import Prepared

ATTEMPTS = 3
"""Tokens tried for one batch: each crash between a token and its rows costs one."""


def insert_checked(
    engine: Engine,
    insert: Prepared,
    file: LocalFile,
    token: str,
    parameters: Mapping[str, Value],
    present: str,
) -> None:
    """Insert a segment's rows unless they are there: `present` is a SELECT that counts them, over the same parameters.

    The engine writes a batch's token down before the batch's part gets its name (ClickHouse, MergeTreeSink.cpp): killed
    between the two, it takes the repeated batch for stored. So what counts are the rows; a token without rows is spent.
    On a cluster a batch may be there on some shards only, and the token alone tells.
    """
    is_stored = partial(_is_stored, engine, parse_one(present, dialect="clickhouse"), parameters)
    if engine.cluster is None and is_stored():
        return
    for attempt in range(ATTEMPTS):
        insert_once(engine, insert, file, f"{token}-{attempt}" if attempt else token, parameters)
        if is_stored():
            return


def _is_stored(engine: Engine, present: exp.Expr, parameters: Mapping[str, Value]) -> bool:
    return any(count for row in rows(engine, present, parameters) for count in row.values())
