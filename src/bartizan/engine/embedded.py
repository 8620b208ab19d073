"""ClickHouse inside this process (chDB) on one folder: `chdb:///path`. One process owns a folder at a time."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlglot import exp

from bartizan.engine.base import LocalFile, Settings, Value
from bartizan.engine.cluster import Cluster
from bartizan.engine.errors import StoreUnusable, translated
from bartizan.engine.limits import MAX_STATEMENT_BYTES, Limits
from bartizan.engine.literals import bound
from bartizan.engine.read_only import check_read_only
from bartizan.engine.statements import OUTPUT_SETTINGS, Prepared, prepared, with_settings
from bartizan.engine.store_lock import refuse_when_owned

_PATTERN_SIGNS = "?*{}"
"""In a path `file()` takes them for a pattern (clickhouse.com/docs/sql-reference/table-functions/file, globs)."""


_PATH = "bartizan_file"
"""Parameter that carries a file's path, so that the statement's text is the same for each file."""


_ALLOCATOR = ("JE_MALLOC_CONF", "thp:always,dirty_decay_ms:30000")
"""How chDB's allocator keeps memory (jemalloc.net, TUNING): in huge pages where the system grants them, and for half a
minute from one insert to the next. The pages of each insert faulted in one by one were a twentieth of an ingest's time.
What the user has set in the environment counts more."""


class EmbeddedEngine:
    """chDB on a folder, for many threads: each statement has a connection to itself, a long one holds up no other."""

    name = "chdb"
    cluster: Cluster | None = None

    def __init__(self, folder: Path | None, limits: Limits) -> None:
        """Open (and make) `folder`; None keeps everything in memory.

        Raises `StoreInUse` when another process has it, `StoreUnusable` when it can't be made or written.
        """
        self._limits = limits
        self._idle: deque[Any] = deque()
        self._is_open = True
        if folder is not None:
            _claim(folder)
        self._address = f"{folder if folder is not None else ':memory:'}?{urlencode(limits.server_settings())}"
        with self._connection():
            pass

    def query(
        self,
        statement: exp.Expr | Prepared,
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; the engine reads `file` where it lies. See `Engine.query`."""
        ready = prepared(statement)
        check_read_only(ready.statement, settings)
        source = _file_function(file) if file is not None else None
        values = {**(parameters or {}), **({_PATH: str(file.path)} if file is not None else {})}
        own = {**OUTPUT_SETTINGS, **self._limits.embedded_settings(), **(settings or {})}
        sql = with_settings(ready.text(source), own)
        with self._connection() as connection:
            try:
                answer = connection.query(sql, format, params=bound(values) or None)
            except Exception as error:  # chDB raises RuntimeError and its own kinds alike
                raise translated(error) from error
        return bytes(answer.bytes()) if answer is not None else b""

    def close(self) -> None:
        """Close every connection; the folder is free afterwards."""
        self._is_open = False
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _connect(self._address)
        try:
            yield connection
        except BaseException:
            connection = self._replaced(connection)
            raise
        finally:
            if self._is_open:
                self._idle.append(connection)
            else:
                connection.close()

    def _replaced(self, connection: Any) -> Any:
        """Another connection. What a statement had written when it failed stays in chDB's, before the next result. The
        new one opens first: with its last connection chDB would let go of the store."""
        another = _connect(self._address)
        connection.close()
        return another


def _claim(folder: Path) -> None:
    if any(sign in str(folder) for sign in _PATTERN_SIGNS):
        raise StoreUnusable(f"the path of a data folder can't hold any of `{_PATTERN_SIGNS}`", where=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_when_owned(folder)
    except OSError as error:
        raise StoreUnusable(
            f"it can't be used: {error.strerror}", where=str(folder), hint="use another --data"
        ) from error


def _file_function(file: LocalFile) -> exp.Expr:
    path = exp.Placeholder(this=_PATH, kind="String")
    return exp.func("file", path, exp.Literal.string(file.format), exp.Literal.string(file.structure))


def _connect(address: str) -> Any:
    os.environ.setdefault(*_ALLOCATOR)
    import chdb  # noqa: PLC0415 - half a second and 400 MB: only for who opens an embedded engine

    connect: Any = chdb.connect
    try:
        connection = connect(address)
        connection.query(f"SET max_query_size = {MAX_STATEMENT_BYTES}")  # counts from the next statement on
        return connection
    except Exception as error:
        raise _unopened(error) from error


def _unopened(error: Exception) -> StoreUnusable:
    """Why chDB did not open; one process can open one folder, and what else is wrong chDB says at length."""
    said = translated(error)
    return StoreUnusable(f"the embedded engine can't open it: {said.message or said}", code=said.code)
