"""Both engines over the one chDB folder of the test process: embedded, and as a server through the official client."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlglot import exp, parse_one

from bartizan.ecs.registry import Registry, load_registry
from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits
from tests.engine.clickhouse_http import ClickHouseServer, serving

_numbers = count(1)


@pytest.fixture(scope="session")
def server(chdb_folder: str) -> Iterator[ClickHouseServer]:
    with serving(chdb_folder) as started:
        yield started


@pytest.fixture(scope="session", params=["chdb", "clickhouse"])
def engine(request: pytest.FixtureRequest, chdb_folder: str, server: ClickHouseServer) -> Iterator[Engine]:
    """Each engine in turn."""
    url = f"chdb://{chdb_folder}" if request.param == "chdb" else f"clickhouse://{server.address}/default"
    opened = open_engine(url, Limits())
    assert opened.name == request.param
    yield opened
    opened.close()


@pytest.fixture
def table_name() -> str:
    """A name that no other test uses; no stream's."""
    return f"engine-test-{next(_numbers)}"


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


def sql(text: str) -> exp.Expr:
    """A statement as a tree."""
    return parse_one(text, dialect="clickhouse")
