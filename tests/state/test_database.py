"""The database: opened by many at once, migrated once, and what fails in a transaction leaves nothing."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text, update

from bartizan.app import App
from bartizan.config import Config, StateConfig
from bartizan.errors import Transient
from bartizan.state import database as database_module
from bartizan.state.database import Database, open_database, sqlite_url
from bartizan.state.errors import Duplicate, NewerSchema, StatementFailed, StateUnavailable, StateUnusable
from bartizan.state.migrate import FOLDER, NEWEST
from bartizan.state.stores import State
from bartizan.state.tables import JOBS, METADATA

OPENING = """
import sys
from bartizan.state.database import open_database
database = open_database(sys.argv[1])
print("open")
database.close()
"""


def test_the_revisions_lead_to_the_tables(state: State) -> None:
    with state.database.write() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)
    assert found == []


def test_the_newest_revision_is_known() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [NEWEST]


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", OPENING, empty_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    assert [(process.communicate(), process.returncode) for process in started] == [((b"open\n", b""), 0)] * 6


def test_threads_that_start_together_migrate_once(empty_url: str) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(empty_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for database in opened:
        database.close()


def test_a_newer_schema_is_refused(url: str, state: State) -> None:
    with state.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match=f"has schema `9999`, this Bartizan knows up to `{NEWEST}`; run the newer"):
        open_database(url)


def test_what_fails_leaves_nothing(state: State) -> None:
    kept = state.jobs.create("a", {}, "test")
    with pytest.raises(StatementFailed), state.database.write() as connection:
        connection.execute(update(JOBS).values(kind="b"))
        connection.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(RuntimeError), state.database.write() as connection:
        connection.execute(update(JOBS).values(kind="b"))
        raise RuntimeError
    assert state.jobs.get(kept.id).kind == "a"


def test_a_double_is_told_without_its_values(state: State) -> None:
    state.exceptions.create("secret-name", "", "test")
    with pytest.raises(Duplicate) as double:
        state.exceptions.create("secret-name", "", "test")
    assert "secret-name" not in str(double.value)


def test_instants_come_back_in_utc_and_need_a_zone(state: State) -> None:
    before = datetime(2026, 5, 1, 14, 0, 0, 123456, tzinfo=UTC)
    job = state.jobs.create("a", {}, "test")
    with state.database.write() as connection:
        connection.execute(update(JOBS).values(updated_at=before))
    assert state.jobs.get(job.id).updated_at == before
    with pytest.raises(StatementFailed), state.database.read() as connection:
        connection.execute(select(JOBS).where(JOBS.c.updated_at > datetime(2026, 5, 1)))


def test_sqlite_is_set_up_to_last_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "control.sqlite"
    database = open_database(sqlite_url(file))
    with database.write() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
        assert stat.S_IMODE(file.with_name("control.sqlite-wal").stat().st_mode) == 0o600
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    database.close()


def test_a_reader_waits_for_no_writer_and_a_second_writer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_PRAGMAS", ("PRAGMA busy_timeout = 20", "PRAGMA foreign_keys = ON"))
    first, second = (open_database(sqlite_url(tmp_path / "control.sqlite")) for _ in range(2))
    with first.write():
        with second.read() as reading:
            assert reading.execute(select(JOBS)).all() == []
        with pytest.raises(StateUnavailable, match="database is locked") as locked, second.write():
            pass
    assert isinstance(locked.value, Transient)
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "no address of a database"),
        ("mysql://u:secret@h/d", "no address of a database"),
        ("postgresql://u:secret@h:port/d", "no address of a database"),
        ("sqlite://", "absolute path"),
        ("sqlite:///relative", "absolute path"),
        ("sqlite:////dev/null/x", "can't be made"),
    ],
)
def test_an_address_that_is_none(url: str, said: str) -> None:
    with pytest.raises(StateUnusable, match=said) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_transient_and_its_password_untold() -> None:
    with pytest.raises(StateUnavailable) as gone:
        open_database("postgresql://u:secret@127.0.0.1:1/d")
    assert "secret" not in str(gone.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_connection_that_is_lost_is_transient_and_the_next_transaction_works(url: str) -> None:
    database, other = open_database(url), open_database(url)
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(StateUnavailable), database.write() as connection:
        connection.execute(select(JOBS))
        with other.read() as killing:
            killing.execute(others)
        connection.execute(select(JOBS))
    with database.read() as connection:
        connection.execute(select(JOBS))
    database.close()
    other.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "control.sqlite").write_bytes(b"hello " * 1000)
    with pytest.raises(StateUnusable, match="not a database"):
        open_database(sqlite_url(tmp_path / "control.sqlite"))


@pytest.mark.skipif(os.getuid() == 0, reason="root writes everywhere")
def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    open_database(sqlite_url(tmp_path / "control.sqlite")).close()
    (tmp_path / "control.sqlite").chmod(0o400)
    with pytest.raises(StateUnusable), open_database(sqlite_url(tmp_path / "control.sqlite")).write():
        pass


def test_a_disk_that_is_full_is_transient_and_nothing_is_half_written(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "control.sqlite"))
    with pytest.raises(StateUnavailable, match="full"), database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(100000) AS bytes")
    with database.read() as connection:
        assert not inspect(connection).has_table("large")
    database.close()


MIGRATION_KILLED = """
import os, signal, sys
from alembic import op
from bartizan.state import migrate
create, made = op.create_table, []
def create_and_die(*args, **kwargs):
    made.append(create(*args, **kwargs))
    if len(made) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
op.create_table = create_and_die
from bartizan.state.database import open_database
open_database(sys.argv[1])
"""


@pytest.mark.slow
def test_a_migration_that_is_killed_leaves_nothing_and_is_repeated(empty_url: str) -> None:
    killed = subprocess.run([sys.executable, "-c", MIGRATION_KILLED, empty_url], check=False)
    assert killed.returncode == -9
    raw = create_engine(empty_url.replace("postgresql:", "postgresql+psycopg:"))
    assert inspect(raw).get_table_names() == []
    raw.dispose()
    open_database(empty_url).close()


def test_the_app_opens_it_in_the_data_folder_or_where_it_is_told(tmp_path: Path) -> None:
    with App(Config(data=tmp_path)) as app:
        assert app.state.rule_states.all() == {}
    assert sqlite3.connect(tmp_path / "control.sqlite").execute("SELECT * FROM alembic_version").fetchone() == (NEWEST,)
    config = Config(data=tmp_path, state=StateConfig(url="postgresql://u:secret@h/d"))
    assert "secret" not in repr(config)
