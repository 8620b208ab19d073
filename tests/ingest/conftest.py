"""Stores over the engine of the test process."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from bartizan.engine.base import Engine
from tests.ingest.store import Store

_numbers = count(1)


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
        store.query("DROP TABLE IF EXISTS {table: Identifier}")


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()
