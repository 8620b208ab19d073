"""Brings the database to the newest schema, once, whoever starts first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, table
from sqlalchemy.sql import column

from bartizan.state.errors import NewerSchema

FOLDER = Path(__file__).parent / "migrations"
NEWEST = "0004"
"""The newest revision in `migrations/versions`; a database that has it is opened without loading Alembic."""

_LOCK = 0x42415254
"""Key of PostgreSQL's advisory lock: the bytes of `BART`."""
_VERSION = table("alembic_version", column("version_num"))


def migrate(engine: Engine) -> None:
    """Run the revisions that are missing, all in one transaction. Raises `NewerSchema`."""
    is_sqlite = engine.dialect.name == "sqlite"
    if _is_newest(engine):
        return
    with _one_process(Path(engine.url.database or "").parent) if is_sqlite else nullcontext():
        if is_sqlite:
            _use_wal(engine)
        with engine.connect() as connection:
            connection = connection.execution_options(bartizan_writes=True)
            with connection.begin():
                if not is_sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                _upgrade(connection)


def _is_newest(engine: Engine) -> bool:
    with engine.connect() as connection, connection.begin():
        return _revision(connection) == NEWEST


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of a second, and seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(FOLDER))
    revision = _revision(connection)
    if revision is not None and revision not in {known.revision for known in script.walk_revisions()}:
        raise NewerSchema(
            f"the database has schema `{revision[:40]}`, this Bartizan knows up to `{NEWEST}`",
            hint="run the newer Bartizan that wrote it, or restore a copy from before the upgrade",
        )
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _use_wal(engine: Engine) -> None:
    """Write-ahead logging is the file's property from then on: readers and a writer don't wait for each other."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()
    finally:
        raw.close()


@contextmanager
def _one_process(folder: Path) -> Iterator[None]:
    """A lock on the folder (flock(2)) that ends with the process: SQLite's own can't be had while it changes to WAL."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
