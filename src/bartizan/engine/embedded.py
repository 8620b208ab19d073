"""ClickHouse inside this process (chDB) on one folder: `chdb:///path`. One process owns a folder at a time."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlglot import exp

from bartizan.engine.base import LocalFile, Settings, Value
from bartizan.engine.errors import translated
from bartizan.engine.limits import Limits
from bartizan.engine.literals import bound
from bartizan.engine.statements import OUTPUT_SETTINGS, text, with_settings, with_source


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
        statement: exp.Expr,
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        """Run a statement; the engine reads `file` where it lies. See `Engine.query`."""
        if file is not None:
            statement = with_source(statement, _file_function(file))
        sql = with_settings(text(statement), {**OUTPUT_SETTINGS, **self._limits.settings(), **(settings or {})})
        try:
            answer = self._connection().query(sql, format, params=bound(parameters or {}) or None)
        except Exception as error:  # chDB raises RuntimeError and its own kinds alike
            raise translated(error) from error
        return bytes(answer.bytes()) if answer is not None else b""

    def close(self) -> None:
        """Close every connection; the folder is free afterwards."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def _connection(self) -> Any:
        found = getattr(self._local, "connection", None)
        if found is None:
            with self._opening:
                found = self._local.connection = _connect(self._address)
                self._connections.append(found)
        return found


def _file_function(file: LocalFile) -> exp.Expr:
    return exp.func("file", *(exp.Literal.string(part) for part in (str(file.path), file.format, file.structure)))


def _connect(address: str) -> Any:
    import chdb  # noqa: PLC0415 - half a second and 400 MB: only for who opens an embedded engine

    try:
        return chdb.connect(address)  # type: ignore[no-untyped-call]
    except Exception as error:
        raise translated(error) from error


def _address(folder: Path | None, limits: Limits) -> str:
    return f"{folder if folder is not None else ':memory:'}?{urlencode(limits.server_settings())}"
