"""ClickHouse inside this process (chDB) on one folder: `chdb:///path`. One process owns a folder at a time."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlglot import exp

from bartizan.engine.base import FileInsert, Settings, Value
from bartizan.engine.errors import translated
from bartizan.engine.limits import Limits
from bartizan.engine.literals import bound
from bartizan.engine.statements import ONE_BLOCK, OUTPUT_SETTINGS, insert_tree, text, with_settings

class EmbeddedEngine:
    """chDB on a folder. Each thread has a connection of its own, so that a long query holds up no short one."""

    name = "chdb"

    def __init__(self, folder: Path | None, limits: Limits) -> None:
        """Open (and make) `folder`; None keeps everything in memory. Raises `StoreInUse` when another process has it."""
        self._address = _address(folder, limits)
        self._limits = limits
        self._local = threading.local()
        self._connections: list[Any] = []
        self._opening = threading.Lock()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._connection()

    def query(
        self,
        statement: exp.Expression,
        parameters: Mapping[str, Value] | None = None,
        *,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; see `Engine.query`."""
        sql = with_settings(text(statement), {**OUTPUT_SETTINGS, **self._limits.settings(), **(settings or {})})
        return self._run(sql, format, parameters or {})

    def insert_file(self, insert: FileInsert) -> None:
        """Run an insert whose SELECT reads the file where it lies; see `Engine.insert_file`."""
        source = exp.func(
            "file", *(exp.Literal.string(value) for value in (str(insert.file), insert.format, insert.structure))
        )
        settings = {**ONE_BLOCK, **self._limits.settings(), "insert_deduplication_token": insert.token}
        self._run(with_settings(text(insert_tree(insert, source)), settings), "Null", insert.parameters)

    def close(self) -> None:
        """Close every connection; the folder is free afterwards."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def _run(self, sql: str, format: str, parameters: Mapping[str, Value]) -> bytes:
        try:
            answer = self._connection().query(sql, format, params=bound(parameters) or None)
        except Exception as error:  # chDB raises RuntimeError and its own kinds alike
            raise translated(error) from error
        return bytes(answer.bytes()) if answer is not None else b""

    def _connection(self) -> Any:
        found = getattr(self._local, "connection", None)
        if found is None:
            with self._opening:
                found = self._local.connection = _connect(self._address)
                self._connections.append(found)
        return found


def _connect(address: str) -> Any:
    import chdb  # noqa: PLC0415 - half a second and 400 MB: only for who opens an embedded engine

    try:
        return chdb.connect(address)
    except Exception as error:
        raise translated(error) from error


def _address(folder: Path | None, limits: Limits) -> str:
    return f"{folder if folder is not None else ':memory:'}?{urlencode(limits.server_settings())}"
