"""The interface that both engines have: a statement with bound parameters in, bytes, rows or an Arrow table out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import pyarrow as pa
from sqlglot import exp

from bartizan.engine.cluster import Cluster

if TYPE_CHECKING:
    from bartizan.engine.statements import Prepared

Value = str | int | float | bool | None | Sequence["Value"]
"""What a parameter may hold; its ClickHouse type stands in the statement's `{name:Type}`."""

Settings = Mapping[str, str | int | float]
"""ClickHouse settings of one statement."""

PIECES = "pieces"
"""The relation that stands for a local file in a statement; each engine puts the file in its place."""

READ_ONLY: Settings = {"readonly": 1}
"""For what a user asked: no writes, and nothing that reaches outside the store (`engine.read_only`)."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine that a statement reads as the relation `PIECES`."""

    path: Path
    format: str
    """ClickHouse's name of its format, `RowBinary`."""
    structure: str
    """Names and types of its columns, `a String, b UInt64`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with what it took to get them."""

    rows: list[dict[str, Any]]
    rows_read: int
    """Rows that the engine read from tables."""
    bytes_read: int
    """Bytes of them, as they are in memory."""
    elapsed_s: float
    """Seconds in the engine."""


class Engine(Protocol):
    """A ClickHouse. Errors are `EngineUnavailable` (retry) or `StatementRefused` (don't)."""

    name: str
    """`chdb` or `clickhouse`."""

    cluster: Cluster | None
    """Where tables are spread; None keeps them on one machine."""

    def query(
        self,
        statement: "exp.Expr | Prepared",
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement, `file` in the place of `PIECES`, and give its result in a ClickHouse format."""

    def close(self) -> None:
        """Let go of the engine; an embedded one frees its folder."""


def rows(
    engine: Engine,
    statement: "exp.Expr | Prepared",
    parameters: Mapping[str, Value] | None = None,
    *,
    file: LocalFile | None = None,
    settings: Settings | None = None,
) -> list[dict[str, Any]]:
    """The result as dicts by column name; dates as ISO text with `Z`, IPs as text."""
    answer = engine.query(statement, parameters, file=file, settings=settings)
    return [orjson.loads(line) for line in answer.splitlines()]


def answer(
    engine: Engine,
    statement: "exp.Expr | Prepared",
    parameters: Mapping[str, Value] | None = None,
    *,
    settings: Settings | None = None,
) -> Answer:
    """The result as `rows` gives it, with the statistics of ClickHouse's JSON format."""
    told = orjson.loads(engine.query(statement, parameters, format="JSON", settings=settings))
    statistics = told["statistics"]
    return Answer(told["data"], statistics["rows_read"], statistics["bytes_read"], statistics["elapsed"])


def arrow(
    engine: Engine,
    statement: "exp.Expr | Prepared",
    parameters: Mapping[str, Value] | None = None,
    *,
    settings: Settings | None = None,
) -> pa.Table:
    """The result as an Arrow table."""
    answer = engine.query(statement, parameters, format="ArrowStream", settings=settings)
    with pa.ipc.open_stream(answer) as reader:
        return reader.read_all()
