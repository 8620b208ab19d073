"""What all tests share: the one embedded engine that a test process may have."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chdb
import pytest
from hypothesis import settings

from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits

pytest_plugins = ["tests.control_plane"]
"""Fixtures of the control-plane databases."""

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """What the collection left, thousands of tests and every module, stays: the collector needn't walk it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def chdb_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to chDB on a folder of its own; a process can open one folder only, so isolate by database."""
    folder: Path = tmp_path_factory.mktemp("chdb")
    connection = chdb.connect(str(folder))
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def chdb_folder(chdb_connection: Any) -> str:
    """The folder that this process has open."""
    answer = chdb_connection.query("SELECT path FROM system.disks WHERE name = 'default'", "JSONEachRow")
    return str(json.loads(answer.bytes())["path"]).rstrip("/")


@pytest.fixture(scope="session")
def engine(chdb_folder: str) -> Iterator[Engine]:
    """The embedded engine over it."""
    opened = open_engine(f"chdb://{chdb_folder}", Limits())
    yield opened
    opened.close()
