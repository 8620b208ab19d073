"""Both control-plane databases: SQLite in a file always, PostgreSQL where its server can be started (slow)."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bartizan.state import database as database_module
from bartizan.state.database import open_database, sqlite_url
from bartizan.state.stores import State, open_state

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Time:
    """A wall clock and a steady one, moved by hand, each by itself."""

    def __init__(self) -> None:
        self.now = START
        self.steady_s = 1000.0

    def clock(self) -> datetime:
        return self.now

    def steady(self) -> float:
        return self.steady_s

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.steady_s += seconds


def _binaries() -> Path | None:
    """The folder of PostgreSQL's server: Debian keeps it off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own, on a free loopback port."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    user = _user() if os.getuid() == 0 else None
    if os.getuid() == 0 and user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
    with tempfile.TemporaryDirectory(prefix="bartizan-postgresql-") as folder:
        if user:
            shutil.chown(folder, user)
        with _server(binaries, folder, user) as address:
            yield address


@contextmanager
def _server(binaries: Path, folder: str, user: str | None) -> Iterator[str]:
    def run(program: str, *words: str) -> None:
        command = [str(binaries / program), "-D", f"{folder}/data", *words]
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run("initdb", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off", "start")
    try:
        yield f"postgresql://tests@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def _user() -> str | None:
    """Whom root may run the server as: it refuses to run as root."""
    return next((name for name in ("postgres", "nobody") if _is_user(name)), None)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    found: str = request.param
    return found


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "with space %41" / "control.sqlite")
    else:
        with _created(request.getfixturevalue("postgresql"), "template1") as address:
            yield address


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A migrated database of its own: a copy, for migrating takes a tenth of a second, and this process doesn't wait
    for the disk at each commit: its kill leaves what the system has."""
    pragmas = (*database_module._PRAGMAS, "PRAGMA synchronous = OFF")
    monkeypatch.setattr(database_module, "_PRAGMAS", pragmas)
    template = request.getfixturevalue(f"migrated_{kind}")
    if kind == "sqlite":
        shutil.copy(template, tmp_path / "control.sqlite")
        yield sqlite_url(tmp_path / "control.sqlite")
    else:
        with _created(request.getfixturevalue("postgresql"), template) as address:
            yield address


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "control.sqlite"
    open_database(sqlite_url(file)).close()
    return file


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> Iterator[str]:
    with _created(postgresql, "template1") as address:
        open_database(address).close()
        yield address.rpartition("/")[2]


@contextmanager
def _created(server: str, template: str) -> Iterator[str]:
    """A database of the server for as long as it is needed."""
    name = f"t{uuid.uuid4().hex}"
    address = f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def time() -> Time:
    return Time()


Open = Callable[[], State]


@pytest.fixture
def open_another(url: str, time: Time) -> Iterator[Open]:
    """Opens the database again, as another process would."""
    opened: list[State] = []

    def open_one() -> State:
        opened.append(open_state(url, time.clock, time.steady))
        return opened[-1]

    yield open_one
    for state in opened:
        state.close()


@pytest.fixture
def state(open_another: Open) -> State:
    return open_another()
