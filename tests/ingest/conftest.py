"""Stores over the engine of the test process."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits
from tests.ingest.store import Store

_numbers = count(1)


@pytest.fixture(scope="session")
def engine(chdb_connection: Any) -> Iterator[Engine]:
    answer = chdb_connection.query("SELECT path FROM system.disks WHERE name = 'default'", "JSONEachRow")
    opened = open_engine(f"chdb://{json.loads(answer.bytes())['path'].rstrip('/')}", Limits())
    yield opened
    opened.close()


@pytest.fixture
def mark() -> str:
    """A word that no other test has in its records."""
    return f"mark{next(_numbers)}"


@pytest.fixture
def make_store(engine: Engine, tmp_path: Path, mark: str) -> Iterator[Callable[..., Store]]:
    stores: list[Store] = []

    def make(**settings: int) -> Store:
        stores.append(Store(engine, tmp_path, mark, **settings))
        return stores[-1]

    yield make
    for store in stores:
        store.spool.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()
