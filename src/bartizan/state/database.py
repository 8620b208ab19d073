"""The control-plane database itself: SQLite in the data folder or PostgreSQL, migrated when it is opened, and its
transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bartizan.state.errors import StateUnusable, translated
from bartizan.state.migrate import migrate

LOCK_TIMEOUT_MS = 15_000
"""Milliseconds that a transaction waits for another's lock before it fails as `StateUnavailable`."""
CONNECT_TIMEOUT_S = 10
_WRITES = "bartizan_writes"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # with WAL, anything less loses commits when the power goes
)


class Database:
    """Gives transactions; safe for many threads. What fails in one is raised as `StateError`, and nothing of it stays.

    SQLite has one writer at a time, so whatever a `write` reads stays true until it ends. On PostgreSQL (READ
    COMMITTED) a transaction that decides by what it read reads it `with_for_update()`, which SQLite ignores.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect.name
        """`sqlite` or `postgresql`."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: on SQLite one snapshot that waits for nobody."""
        with _raising_ours(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end of the block, rolled back by any exception."""
        with _raising_ours(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def check(self) -> None:
        """Raise `StateError` unless it answers."""
        with self.read() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def open_database(url: str) -> Database:
    """The database at `sqlite:////absolute/path` or `postgresql://user:password@host/database`, at the newest schema.

    Any number of processes may open it at once. Raises `StateUnusable` for an address that can't be used,
    `NewerSchema` when a newer Bartizan wrote it, `StateUnavailable` while it doesn't answer.
    """
    address = _address(url)
    with _raising_ours():
        engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    return Database(engine)


def sqlite_url(file: Path) -> str:
    """The address of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(file.absolute())).render_as_string()


def _address(url: str) -> URL:
    """Neither the address nor the driver's words are repeated: they may hold the password."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise StateUnusable(
            "`state.url` is no address of a database",
            hint="write postgresql://user:password@host/database, or leave it empty for SQLite in the data folder",
        )
    return address


def _sqlite(address: URL) -> Engine:
    _create_file(Path(address.database or ""))
    engine = _engine(address.set(drivername="sqlite"), {})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_file(file: Path) -> None:
    """Made here so that only its owner can read it; SQLite gives its `-wal` and `-shm` the same mode."""
    if not file.is_absolute():
        raise StateUnusable("a SQLite address holds an absolute path", hint="write sqlite:////absolute/path")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StateUnusable(f"can't be made or opened: {error.strerror}", where=str(file)) from error


def _postgresql(address: URL) -> Engine:
    connecting = {"connect_timeout": CONNECT_TIMEOUT_S, "options": f"-c lock_timeout={LOCK_TIMEOUT_MS}"}
    return _engine(address.set(drivername="postgresql+psycopg"), connecting)


def _engine(address: URL, connecting: dict[str, Any]) -> Engine:
    return create_engine(
        address,
        connect_args=connecting,
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=_read_json,
        pool_pre_ping=True,
        pool_timeout=CONNECT_TIMEOUT_S,
    )


def _read_json(value: Any) -> Any:
    """SQLite keeps a JSON number as a number."""
    return value if isinstance(value, int | float) else orjson.loads(value)


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions by itself: `_begin_sqlite` does
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that began as a reader could only fail when it comes to write."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _raising_ours() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise translated(error) from error
